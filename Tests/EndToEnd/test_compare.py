"""`almanac compare`: datasets and live servers, counted against what Python counts."""

import json
import random
import threading

import pytest

from support import data
from support.fake_redis import Session, fake_redis
from support.resp import request
from support.server import Redis, almanac

pytestmark = pytest.mark.almanac_only


def build(directory, name, pairs):
    source = directory / f"{name}.resp"
    source.write_bytes(b"".join(request("SET", *pair) for pair in pairs.items()))
    done = almanac("build", source, "--output", directory / name, "--allow-empty")
    assert done.returncode == 0, done.stderr
    return directory / name


def differences(first, second):
    shared = first.keys() & second.keys()
    equal = sum(first[key] == second[key] for key in shared)
    return {"equal": equal, "changed": len(shared) - equal, "missing": len(first) - len(shared),
            "new": len(second) - len(shared)}


def two_sides(seed, count=5000):
    source = random.Random(seed)
    first = dict(data.oracle_pairs()) if seed == 0 else {
        b"k%d" % source.randrange(count * 2): source.randbytes(source.randrange(60)) for _ in range(count)}
    second = {key: value + b"!" if source.random() < 0.1 else value for key, value in first.items()
              if source.random() < 0.9}
    second.update({b"new:%d" % number: b"" for number in range(count // 20)})
    return first, second


def compare(*arguments):
    done = almanac("compare", *arguments, "--json")
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def check(found, expected, first, second, exact=True):
    counts = {name: found["result"][name] for name in expected}
    assert counts == expected and found["result"]["exact"] == exact
    for kind in ("changed", "missing", "new"):
        samples = found["result"]["samples"][kind]
        assert len(samples) == min(10, expected[kind])
        for sample in samples:
            if "text" in sample:
                key = sample["text"].encode()
                assert {"changed": key in first and key in second and first[key] != second[key],
                        "missing": key in first and key not in second,
                        "new": key in second and key not in first}[kind], (kind, key)


class Side:
    """What `load` needs of a dataset."""

    def __init__(self, pairs):
        self._pairs = pairs

    def pairs(self):
        return iter(self._pairs.items())


@pytest.mark.parametrize("seed", range(3))
def test_every_pair_of_kinds_counts_the_same(serve, logs, tmp_path, seed):
    first, second = two_sides(seed)
    expected = differences(first, second)
    one, other = build(tmp_path, "one", first), build(tmp_path, "other", second)
    with serve(one, other) as server, Redis(logs, [Side(first), Side(second)]) as redis:
        sides_of_a = [one, f"redis://127.0.0.1:{server.port}/0", f"redis://127.0.0.1:{redis.port}/0"]
        sides_of_b = [other, f"redis://127.0.0.1:{server.port}/1", f"redis://127.0.0.1:{redis.port}/1"]
        for a in sides_of_a:
            for b in sides_of_b:
                code, found = compare(a, b)
                check(found, expected, first, second)
                assert code == 1 and not found["passes"]
            code, found = compare(a, one)
            assert code == 0 and found["result"]["equal"] == len(first)
        done = almanac("compare", one, "--server", f"127.0.0.1:{redis.port}/1")
        assert done.returncode == 1 and b"different" in done.stdout


def test_what_is_tolerated(tmp_path):
    first = {b"key:%d" % number: b"x" for number in range(1000)}
    second = {**first, b"key:1": b"y", b"new": b"z"}
    one, other = build(tmp_path, "one", first), build(tmp_path, "other", second)
    for tolerance, code in (("0", 1), ("1", 1), ("2", 0), ("0.1%", 1), ("0.2%", 0), ("100%", 0)):
        assert compare(one, other, "--tolerate", tolerance)[0] == code, tolerance
    assert almanac("compare", one, other, "--tolerate", "-1").returncode == 64


def test_empty_sides(serve, logs, tmp_path):
    one, empty = build(tmp_path, "one", {b"a": b"1"}), build(tmp_path, "empty", {})
    with Redis(logs, []) as redis:
        nothing = f"redis://127.0.0.1:{redis.port}/0"
        assert compare(empty, empty)[0] == compare(empty, nothing)[0] == compare(nothing, nothing)[0] == 0
        for side in (empty, nothing):
            assert compare(one, side)[1]["result"]["missing"] == 1
            assert compare(side, one)[1]["result"]["new"] == 1


def test_keys_of_a_live_redis_that_hold_no_string_are_told_apart(logs, tmp_path):
    one = build(tmp_path, "one", {b"a": b"1", b"b": b"2", b"c": b"3"})
    with Redis(logs, [], read_only=False) as redis:
        client = redis.redis()
        client.set("a", "1")
        client.rpush("b", "2")
        client.hset("d", "f", "v")
        server = f"redis://127.0.0.1:{redis.port}"
        _, found = compare(one, server)
        assert {name: found["result"][name] for name in ("equal", "changed", "missing", "new", "not_strings")} == {
            "equal": 1, "changed": 1, "missing": 1, "new": 1, "not_strings": 2}
        _, found = compare(server, server)
        assert found["result"]["not_strings"] == 2 and found["result"]["equal"] == 1


def test_a_redis_that_is_written_to_meanwhile_is_said_to_be(logs, tmp_path):
    pairs = dict(data.numbered_pairs(20_000))
    one = build(tmp_path, "one", pairs)
    with Redis(logs, [Side(pairs)], read_only=False) as redis:
        stop = threading.Event()

        def write():
            client, number = redis.redis(), 0
            while not stop.is_set():
                client.mset({f"more:{number}:{index}": "x" for index in range(50)})
                number += 1

        thread = threading.Thread(target=write)
        thread.start()
        try:
            _, found = compare(one, f"redis://127.0.0.1:{redis.port}")
        finally:
            stop.set()
            thread.join()
        assert found["result"]["equal"] == len(pairs) and not found["result"]["exact"]
        assert "changed meanwhile" in found["result"]["notes"][0]


class Rehashing(Session):
    """A Redis whose table is resized during SCAN: it gives keys twice, within a page and on the next."""

    PAIRS = {b"a": b"1", b"b": b"2", b"new:1": b"x", b"new:2": b"y"}
    PAGES = {b"0": (b"7", [b"a", b"new:1", b"new:1"]), b"7": (b"0", [b"new:2", b"new:1", b"b", b"a"])}


def test_a_key_that_scan_gives_twice_is_counted_once(tmp_path):
    first = {b"a": b"1", b"b": b"other", b"gone": b""}
    one = build(tmp_path, "one", first)
    expected = differences(first, Rehashing.PAIRS)
    with fake_redis(Rehashing) as address:
        _, found = compare(one, address)
        check(found, expected, first, Rehashing.PAIRS)
        code, found = compare(address, address)
        assert code == 0 and found["result"]["equal"] == len(Rehashing.PAIRS)


def test_passwords_are_used_and_never_shown(logs, tmp_path):
    one = build(tmp_path, "one", {b"a": b"1"})
    with Redis(logs, [Side({b"a": b"1"})]) as redis:
        with redis.connect() as connection:
            assert connection.ask("CONFIG", "SET", "requirepass", "s3cret/pass") == "+OK"
        address = f"127.0.0.1:{redis.port}/0"
        done = almanac("compare", one, f"redis://:s3cret%2Fpass@{address}")
        assert done.returncode == 0 and b"s3cret" not in done.stdout + done.stderr
        done = almanac("compare", one, f"redis://:wr0ng@{address}")
        assert done.returncode == 69 and b"wr0ng" not in done.stdout + done.stderr and b"WRONGPASS" in done.stderr
        assert b"NOAUTH" in almanac("compare", one, f"redis://{address}").stderr
        secret = tmp_path / "secret"
        secret.write_text("s3cret/pass\n")
        assert almanac("compare", one, "--server", address, "--server-password-file", secret).returncode == 0
        assert almanac("compare", one, f"redis://default:@{address}", env={"ALMANAC_SERVER_PASSWORD": "s3cret/pass"}).returncode == 0
        with redis.connect() as connection:
            connection.call("AUTH", "s3cret/pass")
            connection.call("CONFIG", "SET", "requirepass", "")


def test_what_cannot_be_compared(small, tmp_path):
    def fails(code, word, *arguments):
        done = almanac("compare", *arguments)
        assert done.returncode == code and word in done.stderr.decode(), done.stderr
        assert done.stderr.count(b"\n") == 1 and done.stdout == b""

    fails(69, "Connection refused", small.directory, "redis://127.0.0.1:1")
    fails(64, "cacert", small.directory, "rediss://127.0.0.1:1?what")
    fails(64, "unknown", small.directory, "http://127.0.0.1:1")
    fails(74, "no such file", small.directory, tmp_path / "none")
    (tmp_path / "empty").mkdir()
    fails(65, "no RocksDB database", small.directory, tmp_path / "empty")
    fails(64, "two sides", small.directory)
    fails(64, "two sides", small.directory, small.directory, small.directory)
