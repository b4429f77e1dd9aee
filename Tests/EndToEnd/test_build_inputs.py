"""`almanac build` from datasets, RocksDB directories made elsewhere, and live servers."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from support import data
from support.data_directory import flip_bit, truncate
from support.fake_redis import Session, fake_redis
from support.foreign_rocksdb import LDB, generation, ldb, put
from support.resp import bulk, request, wait_until
from support.server import BINARY, ENVIRONMENT, Redis, almanac, free_port
from support.swap_load import fingerprint

pytestmark = pytest.mark.almanac_only


class Side:
    """What `Redis` needs of a dataset."""

    def __init__(self, pairs):
        self._pairs = dict(pairs)

    def pairs(self):
        return iter(self._pairs.items())


def build(output, *inputs):
    done = almanac("build", *inputs, "--output", output)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def refused(code, word, directory, *arguments):
    """Runs a build that must fail with `code` and one line that has `word` in it, and leave nothing."""
    before = set(os.listdir(directory))
    done = almanac("build", *arguments, "--output", directory / "refused")
    assert done.returncode == code and word in done.stderr.decode(), (done.returncode, done.stderr)
    assert set(os.listdir(directory)) == before
    return done.stderr.decode()


def rows_file(directory, name, pairs):
    path = directory / f"{name}.resp"
    path.write_bytes(b"".join(request("SET", *pair) for pair in pairs.items()))
    return path


def check(serve, directory, rows):
    with serve(directory) as server, server.connect() as connection:
        assert connection.ask("DBSIZE") == len(rows)
        connection.send(b"".join(request("GET", key) for key in rows))
        assert connection.replies(len(rows)) == [bulk(value) for value in rows.values()]


def is_equal(first, second):
    done = almanac("compare", first, second)
    return done.returncode == 0 and done.stdout.endswith(b"\nequal\n")


def count(summary, row):
    """The number in a row of the summary."""
    line = next(line for line in summary.splitlines() if line.strip().startswith(row))
    return int(line.strip().removeprefix(row).split()[0].replace(",", ""))


# Datasets.


def test_a_version_and_a_data_directory_are_inputs_and_stay_as_they_are(serve, tmp_path):
    rows = dict(data.oracle_pairs())
    source = rows_file(tmp_path, "rows", rows)
    store = tmp_path / "store"
    done = almanac("build", source, "--data-dir", store, "--version-id", "v1", "--activate")
    assert done.returncode == 0, done.stderr
    before = fingerprint(store)
    build(tmp_path / "of-version", store / "versions/v1")
    build(tmp_path / "of-current", store)
    assert fingerprint(store) == before
    for name in ("of-version", "of-current"):
        assert is_equal(store, tmp_path / name)
        check(serve, tmp_path / name, rows)


def test_datasets_and_files_are_inputs_together_and_the_last_one_wins(serve, tmp_path):
    build(tmp_path / "one", rows_file(tmp_path, "one", {b"a": b"1", b"b": b"1", b"c": b"1"}))
    build(tmp_path / "two", rows_file(tmp_path, "two", {b"c": b"2", b"d": b"2"}))
    three = rows_file(tmp_path, "three", {b"b": b"3", b"d": b"3"})
    summary = build(tmp_path / "out", tmp_path / "one", tmp_path / "two", three)
    assert count(summary, "rows read") == 7 and count(summary, "duplicates dropped") == 3
    check(serve, tmp_path / "out", {b"a": b"1", b"b": b"3", b"c": b"2", b"d": b"3"})
    text = refused(65, "the key", tmp_path, tmp_path / "one", tmp_path / "two", "--duplicates", "fail")
    assert f"{tmp_path}/two:" in text and f"{tmp_path}/one:" in text and 'the key "c"' in text


def segments(directory):
    """The bytes of a packed version, by file."""
    return {path.name: path.read_bytes() for path in directory.glob("*.packed")}


def test_a_packed_version_comes_back_from_rocksdb_and_from_redis_byte_by_byte(serve, logs, tmp_path):
    rows = dict(data.oracle_pairs())
    first = tmp_path / "packed"
    build(first, rows_file(tmp_path, "rows", rows), "--format", "packed")
    build(tmp_path / "rocksdb", first, "--format", "rocksdb")
    build(tmp_path / "again", tmp_path / "rocksdb", "--format", "packed", "--jobs", 3)
    assert not segments(tmp_path / "rocksdb")
    assert segments(first) == segments(tmp_path / "again") and len(segments(first)) == 16
    with Redis(logs, [Side(rows)]) as redis:
        build(tmp_path / "of-redis", f"redis://127.0.0.1:{redis.port}", "--format", "packed")
    with serve(first) as server:
        build(tmp_path / "of-almanac", f"redis://127.0.0.1:{server.port}", "--format", "packed")
    assert segments(first) == segments(tmp_path / "of-redis") == segments(tmp_path / "of-almanac")
    for other in ("rocksdb", "again"):
        assert is_equal(first, tmp_path / other)
    check(serve, tmp_path / "rocksdb", rows)
    check(serve, tmp_path / "again", rows)


def test_segment_files_without_a_manifest_are_a_dataset_too(tmp_path):
    build(tmp_path / "one", rows_file(tmp_path, "rows", dict(data.small_pairs())), "--format", "packed")
    (tmp_path / "bare").mkdir()
    for name, content in segments(tmp_path / "one").items():
        (tmp_path / "bare" / name).write_bytes(content)
    build(tmp_path / "two", tmp_path / "bare", "--format", "packed")
    assert segments(tmp_path / "one") == segments(tmp_path / "two")
    next((tmp_path / "bare").glob("segment-08192*")).unlink()
    refused(65, "8192", tmp_path, tmp_path / "bare")


def test_a_version_of_a_format_that_nobody_knows_is_refused(tmp_path):
    build(tmp_path / "new", rows_file(tmp_path, "rows", dict(data.small_pairs())))
    manifest = tmp_path / "new/manifest.json"
    text = manifest.read_text()
    changed = re.sub(r'"format" : "\w+"', '"format" : "papyrus"', text)
    assert changed != text
    manifest.chmod(0o644)
    manifest.write_text(changed)
    refused(65, "papyrus", tmp_path, tmp_path / "new")


@pytest.mark.parametrize("format", ["packed", "rocksdb"])
def test_a_damaged_version_is_told_and_leaves_nothing(tmp_path, format):
    build(tmp_path / "whole", rows_file(tmp_path, "rows", dict(data.numbered_pairs(20_000))), "--format", format)
    largest = max((tmp_path / "whole").iterdir(), key=lambda path: path.stat().st_size).name
    for name, change in (("flipped", flip_bit), ("cut", truncate), ("gone", os.unlink)):
        shutil.copytree(tmp_path / "whole", tmp_path / name)
        (tmp_path / name / largest).chmod(0o644)
        change(tmp_path / name / largest)
        refused(65, str(tmp_path / name), tmp_path, tmp_path / name)


def test_keys_that_the_manifest_counts_and_the_files_lack_are_noticed(tmp_path):
    build(tmp_path / "short", rows_file(tmp_path, "rows", dict(data.small_pairs())))
    manifest = tmp_path / "short/manifest.json"
    text = manifest.read_text()
    assert '"key_count" : 1000' in text
    manifest.chmod(0o644)
    manifest.write_text(text.replace('"key_count" : 1000', '"key_count" : 1001'))
    refused(65, "1000 keys were found, where there must be 1001", tmp_path, tmp_path / "short")


def test_what_holds_no_dataset(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "data/versions").mkdir(parents=True)
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost/current").symlink_to("versions/nosuch")
    refused(64, "holds no dataset", tmp_path, tmp_path / "empty")
    refused(64, "no version is current", tmp_path, tmp_path / "data")
    refused(64, "", tmp_path, tmp_path / "lost")
    refused(64, "--column-family", tmp_path, rows_file(tmp_path, "rows", {b"a": b"1"}), "--column-family", "x")


# RocksDB databases made elsewhere.


@pytest.mark.skipif(not LDB, reason="needs ldb of rocksdb-tools")
class TestForeignRocksDB:
    def check(self, serve, tmp_path, rows, *options):
        before = fingerprint(tmp_path / "db")
        build(tmp_path / "out", tmp_path / "db", *options)
        assert fingerprint(tmp_path / "db") == before
        check(serve, tmp_path / "out", rows)
        shutil.rmtree(tmp_path / "out")

    @pytest.mark.parametrize("compression", ["no", "snappy", "zlib", "lz4", "lz4hc", "zstd"])
    def test_one_of_any_compression(self, serve, tmp_path, compression):
        option = f"--compression_type={compression}"
        put(tmp_path / "db", 0, 1500, "same words over and over", option)
        ldb(tmp_path / "db", option, "compact")
        self.check(serve, tmp_path, generation("same words over and over", 0, 1500))

    def test_one_of_several_levels_with_deletions_and_a_log(self, serve, tmp_path):
        db = tmp_path / "db"
        put(db, 0, 1000, "oldest")
        ldb(db, "compact")
        put(db, 200, 500, "newer")
        ldb(db, "delete", "k00001")
        ldb(db, "put", "k00002", "from the log")
        rows = generation("oldest", 0, 1000) | generation("newer", 200, 500) | {b"k00002": b"from the log"}
        del rows[b"k00001"]
        self.check(serve, tmp_path, rows)

    def test_a_column_family(self, serve, tmp_path):
        db = tmp_path / "db"
        put(db, 0, 10, "default")
        ldb(db, "create_column_family", "features")
        ldb(db, "--column_family=features", "put", "k00003", "of features")
        self.check(serve, tmp_path, generation("default", 0, 10))
        self.check(serve, tmp_path, {b"k00003": b"of features"}, "--column-family", "features")
        text = refused(64, "people", tmp_path, db, "--column-family", "people")
        assert "features" in text


# Live servers.


def test_a_hundred_thousand_keys_of_a_live_redis(serve, logs, tmp_path):
    rows = dict(data.numbered_pairs(100_000)) | dict(data.oracle_pairs())
    with Redis(logs, [Side({}), Side(rows)]) as redis:
        address = f"redis://127.0.0.1:{redis.port}/1"
        summary = build(tmp_path / "out", address)
        assert count(summary, "keys") == count(summary, "rows read") == len(rows)
        assert "note:" not in summary
        assert is_equal(tmp_path / "out", address)
    check(serve, tmp_path / "out", rows)
    assert json.loads((tmp_path / "out/manifest.json").read_text())["key_count"] == len(rows)


def test_an_almanac_is_a_live_server_too(serve, tmp_path):
    rows = dict(data.oracle_pairs())
    build(tmp_path / "one", rows_file(tmp_path, "rows", rows))
    with serve(tmp_path / "one") as server:
        build(tmp_path / "out", f"redis://127.0.0.1:{server.port}")
    assert is_equal(tmp_path / "one", tmp_path / "out")


def test_keys_of_other_kinds_are_malformed_rows_and_those_that_expire_are_told(serve, logs, tmp_path):
    with Redis(logs, [], read_only=False) as redis:
        client = redis.redis()
        client.mset({"a": "1", "empty": "", "": "of the empty key"})
        client.set("mortal", "2", ex=1000)
        client.rpush("list", "x")
        client.hset("hash", "f", "x")
        address = f"redis://127.0.0.1:{redis.port}"
        assert "holds no string" in refused(65, address, tmp_path, address)
        refused(65, "--skip-bad allows 1", tmp_path, address, "--skip-bad", 1)
        done = almanac("build", address, "--output", tmp_path / "out", "--skip-bad", 2)
        assert done.returncode == 0, done.stderr
        told, summary = done.stderr.decode(), done.stdout.decode()
        assert '"list" holds no string' in told and '"hash" holds no string' in told
        assert count(summary, "bad rows skipped") == 2 and count(summary, "keys") == 4
        notes = [line for line in summary.splitlines() if "note:" in line]
        assert len(notes) == 2 and notes[0].endswith("hold no string, and were passed over: 2")
        assert notes[1].endswith("expire there, and never in a version: 1")
    check(serve, tmp_path / "out", {b"a": b"1", b"empty": b"", b"": b"of the empty key", b"mortal": b"2"})


def test_a_node_of_a_cluster_is_told_to_be_one_of_several(serve, logs, tmp_path):
    with Redis(logs, [], read_only=False, flags=("--cluster-enabled", "yes")) as redis:
        client = redis.redis()
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        wait_until(lambda: "cluster_state:ok" in str(client.execute_command("CLUSTER", "INFO")))
        client.set("a", "1")
        done = almanac("build", f"redis://127.0.0.1:{redis.port}", "--output", tmp_path / "out")
        assert done.returncode == 0 and b"one node of a cluster" in done.stderr
    check(serve, tmp_path / "out", {b"a": b"1"})


def test_a_unix_socket_and_large_values(serve, logs, tmp_path):
    rows = dict(data.large_pairs(20))
    with Redis(logs, [Side({}), Side(rows)], flags=("--unixsocket", tmp_path / "socket")):
        build(tmp_path / "out", f"unix://{tmp_path}/socket?db=1", "--memory", "64MiB")
    check(serve, tmp_path / "out", rows)


def test_an_empty_database(logs, tmp_path):
    with Redis(logs, []) as redis:
        address = f"redis://127.0.0.1:{redis.port}"
        refused(65, "no rows", tmp_path, address)
        build(tmp_path / "out", address, "--allow-empty")


class Rehashing(Session):
    """A Redis that is resized and written to: SCAN gives keys twice, and keys that are gone when they are asked for."""

    PAIRS = {b"a": b"1", b"b": b"2", b"c": b"3"}
    PAGES = {b"0": (b"7", [b"a", b"b", b"b", b"gone"]), b"7": (b"9", []), b"9": (b"0", [b"c", b"a"])}


def test_a_key_that_scan_gives_twice_is_no_duplicate(serve, tmp_path):
    file = rows_file(tmp_path, "rows", {b"a": b"0"})
    with fake_redis(Rehashing) as address:
        summary = build(tmp_path / "out", address, "--duplicates", "fail")
        assert count(summary, "rows read") == count(summary, "keys") == 3
        assert count(summary, "duplicates dropped") == 0
        assert "were gone when their values were asked for: 1" in summary
        check(serve, tmp_path / "out", Rehashing.PAIRS)
        # Between two inputs it is one.
        refused(65, 'the key "a" was already at', tmp_path, file, address, "--duplicates", "fail")
        summary = build(tmp_path / "both", file, address)
        assert count(summary, "duplicates dropped") == 1 and count(summary, "rows read") == 4


class Swapping(Rehashing):
    """An Almanac whose version changes while it is read."""

    asked = 0

    def answer(self, command, *words):
        if command != b"INFO":
            return super().answer(command, *words)
        Swapping.asked += 1
        return bulk(b"# Almanac\r\ndataset0:name=users,version=v%d,format=packed\r\n" % min(Swapping.asked, 3))


class Short(Rehashing):
    """An Almanac that gives fewer keys than it has."""

    def answer(self, command, *words):
        if command == b"INFO":
            return bulk(b"dataset0:name=users,version=v1,format=packed,keys=7,keys_exact=1\r\n")
        return b":7\r\n" if command == b"DBSIZE" else super().answer(command, *words)


class Counting(Rehashing):
    """A Redis whose DBSIZE counts keys that expired and have yet to be removed, which SCAN passes over."""

    def answer(self, command, *words):
        return b":7\r\n" if command == b"DBSIZE" else super().answer(command, *words)


def test_keys_that_a_server_has_and_does_not_give_are_told(tmp_path):
    with fake_redis(Short) as address:
        refused(65, "gave 6 keys of the 7 that it has", tmp_path, address)
    with fake_redis(Counting) as address:
        assert "it counts and did not give: 1\n" in build(tmp_path / "out", address)


class Leaving(Rehashing):
    def answer(self, command, *words):
        return None if command == b"SCAN" and words[0] == b"9" else super().answer(command, *words)


class Failing(Rehashing):
    def answer(self, command, *words):
        return b"-ERR the disk is on fire\r\n" if words == (b"c",) else super().answer(command, *words)


class Nonsense(Rehashing):
    def answer(self, command, *words):
        return b":1\r\n" if command == b"SCAN" else super().answer(command, *words)


def test_servers_that_fail_in_the_middle_leave_nothing(tmp_path):
    for session, word in ((Leaving, "closed the connection"), (Failing, "refused GET: ERR the disk is on fire"),
                          (Nonsense, "does not answer SCAN as Redis does"), (Swapping, "has swapped its version")):
        with fake_redis(session) as address:
            text = refused(69, word, tmp_path, address)
            assert address in text and text.count("\n") == 1


def start(directory, address):
    """Begins a build that reads from `address` at the latest when this returns."""
    child = subprocess.Popen([BINARY, "build", address, "--output", directory / "out"], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    wait_until(lambda: child.poll() is not None or any(".partial-" in name for name in os.listdir(directory)))
    assert child.poll() is None, child.communicate()
    return child


@pytest.fixture
def full(tmp_path_factory):
    """A Redis that takes a while to be read, and need not live on."""
    redis = Redis(tmp_path_factory.mktemp("redis"), [], read_only=False).__enter__()
    try:
        assert redis.redis().execute_command("DEBUG", "POPULATE", 300_000, "key", 100)
        yield redis
    finally:
        redis.kill()


def is_connected(port):
    """Whether a connection to a local port stands, though nobody may have accepted it."""
    lines = [line.split() for line in open("/proc/net/tcp").readlines()[1:]]
    return any(remote.endswith(f":{port:04X}") and state == "01" for _, _, remote, state, *_ in lines)


def test_a_redis_that_dies_in_the_middle_leaves_nothing(full, tmp_path):
    child = start(tmp_path, f"redis://127.0.0.1:{full.port}")
    full.kill()
    output, errors = child.communicate(timeout=60)
    assert child.returncode == 69, (output, errors)
    assert f"127.0.0.1:{full.port}" in errors.decode()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_wait_for_a_redis_that_hangs(full, tmp_path, number):
    wait_until(lambda: not is_connected(full.port))
    full.signal(signal.SIGSTOP)
    # It is the kernel that takes the connection; the build waits for the first answer.
    child = subprocess.Popen([BINARY, "build", f"redis://127.0.0.1:{full.port}", "--output", tmp_path / "out"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    try:
        wait_until(lambda: is_connected(full.port))
        child.send_signal(number)
        _, errors = child.communicate(timeout=60)
        assert child.returncode == -number and b"interrupted" in errors
        assert os.listdir(tmp_path) == []
    finally:
        child.kill()
        child.wait()
        full.signal(signal.SIGCONT)


def test_a_signal_ends_the_reading_of_a_redis(full, tmp_path):
    child = start(tmp_path, f"redis://127.0.0.1:{full.port}")
    child.send_signal(signal.SIGTERM)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGTERM and b"interrupted" in errors
    assert os.listdir(tmp_path) == []


def test_passwords_are_used_and_never_shown(serve, logs, tmp_path):
    with Redis(logs, [Side({b"a": b"1"})], read_only=False) as redis:
        client = redis.redis()
        client.lpush("list", "x")
        client.config_set("requirepass", "s3cret/pass")
        address = f"127.0.0.1:{redis.port}/0"
        done = almanac("build", f"redis://:s3cret%2Fpass@{address}", "--output", tmp_path / "out", "--skip-bad", 1)
        assert done.returncode == 0 and b"s3cret" not in done.stdout + done.stderr
        assert b"s3cret" not in (tmp_path / "out/manifest.json").read_bytes()
        assert "wr0ng" not in refused(69, "WRONGPASS", tmp_path, f"redis://:wr0ng@{address}")
        refused(69, "NOAUTH", tmp_path, f"redis://{address}")
        done = almanac(
            "build", f"redis://{address}", "--output", tmp_path / "again", "--skip-bad", 1,
            env={"ALMANAC_SERVER_PASSWORD": "s3cret/pass"})
        assert done.returncode == 0, done.stderr
        assert "/nosuch does not exist" in refused(
            64, "password", tmp_path, f"redis://{address}", "--server-password-file", "/nosuch")
        redis.redis(password="s3cret/pass").config_set("requirepass", "")
    check(serve, tmp_path / "out", {b"a": b"1"})


def test_servers_that_cannot_be_asked(logs, tmp_path):
    refused(69, "Connection refused", tmp_path, f"redis://127.0.0.1:{free_port()}")
    refused(69, "no such host", tmp_path, "redis://nosuch.invalid:6379")
    refused(64, "cacert", tmp_path, "rediss://127.0.0.1:6379?what")
    refused(64, "unknown", tmp_path, "http://127.0.0.1:6379")
    with Redis(logs, []) as redis:
        refused(69, "refused SELECT", tmp_path, f"redis://127.0.0.1:{redis.port}/15")
        # Found before any of the files is read.
        bad = tmp_path / "bad.jsonl"
        bad.write_text("nonsense\n")
        refused(69, "Connection refused", tmp_path, bad, "redis://127.0.0.1:1")
