"""What is served, where it listens, when it refuses to start, and that it leaves its data alone."""

import hashlib
import os
import re
import shutil
import socket
import subprocess

import pytest

from support.foreign_rocksdb import LDB, generation, ldb, put
from support.resp import Connection, bulk, request, wait_until
from support.server import BINARY, ENVIRONMENT, almanac, free_port


def fingerprint(directory):
    """Every entry with its kind, mode, owner, size, modification time in nanoseconds, and content."""
    found = {}
    for parent, directories, files in os.walk(directory):
        for name in [".", *directories, *files]:
            path = os.path.join(parent, name)
            status = os.lstat(path)
            digest = hashlib.sha256(open(path, "rb").read()).hexdigest() if name in files else ""
            found[path] = (status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_mtime_ns,
                           status.st_ctime_ns, digest)
    return found


def exercise(server):
    with server.connect() as connection:
        connection.send(b"".join(request("GET", b"key:%06d" % number) for number in range(1000)))
        assert connection.replies(1000) == [bulk(b"value of %d" % number) for number in range(1000)]
        assert connection.ask("DBSIZE") == 1000
        assert len(connection.ask("KEYS", "*")) == 1000


# Databases.


def test_datasets_are_databases_in_the_order_given(built, serve):
    with serve(built("small"), built("other")) as server, server.connect() as connection, server.connect() as fresh:
        assert connection.call("GET", "key:000950") == bulk(b"value of 950")
        assert connection.ask("SELECT", 1) == "+OK"
        assert connection.call("GET", "key:000950") == bulk(b"other value of 950")
        assert connection.call("GET", "key:000001") == bulk(None)
        assert connection.ask("DBSIZE") == 200
        assert connection.ask("SELECT", 2) == "-ERR DB index is out of range"
        assert connection.ask("SELECT", -1) == "-ERR DB index is out of range"
        assert connection.call("GET", "key:001050") == bulk(b"other value of 1050")
        assert fresh.call("GET", "key:000950") == bulk(b"value of 950")
        assert connection.ask("SELECT", 0) == "+OK"
        assert connection.call("GET", "key:000950") == bulk(b"value of 950")


def test_a_pipeline_that_changes_database_is_answered_from_each(built, serve):
    with serve(built("small"), built("other")) as server, server.connect() as connection:
        turns = 500
        connection.send((request("SELECT", 1) + request("GET", "key:000950") + request("SELECT", 0)
                         + request("GET", "key:000950")) * turns)
        expected = [b"+OK\r\n", bulk(b"other value of 950"), b"+OK\r\n", bulk(b"value of 950")] * turns
        assert connection.replies(4 * turns) == expected


@pytest.mark.almanac_only
def test_datasets_may_be_named(built, serve):
    with serve(f"packages={built('small').directory}", f"others={built('other').directory}") as server:
        with server.connect() as connection:
            assert connection.ask("DBSIZE") == 1000


# Addresses.


def test_it_listens_on_ipv4(small, serve):
    with serve(small) as server:
        exercise(server)


@pytest.mark.almanac_only
def test_it_listens_on_ipv6(small, serve):
    with serve(small, host="::1") as server:
        exercise(server)


@pytest.mark.almanac_only
def test_it_listens_on_several_addresses(small, serve):
    with serve(small, flags=("--bind", "::1")) as server:
        exercise(server)
        with Connection(("::1", server.port)) as connection:
            assert connection.call("PING") == b"+PONG\r\n"


@pytest.mark.almanac_only
def test_it_listens_on_a_unix_socket_and_removes_it_at_the_end(small, serve, tmp_path):
    path = str(tmp_path / "almanac.sock")
    for _ in range(2):
        with serve(small, flags=("--unix-socket", path)) as server:
            exercise(server)
            with Connection(path) as connection:
                connection.send(request("GET", "key:000001") * 1000)
                assert connection.replies(1000) == [bulk(b"value of 1")] * 1000
        assert not os.path.exists(path)


@pytest.mark.almanac_only
def test_a_socket_left_by_a_killed_server_is_no_obstacle(small, serve, tmp_path):
    path = str(tmp_path / "almanac.sock")
    with pytest.raises(RuntimeError):
        with serve(small, flags=("--unix-socket", path)) as server:
            server.kill()
            raise RuntimeError
    assert os.path.exists(path)
    with serve(small, flags=("--unix-socket", path)):
        with Connection(path) as connection:
            assert connection.call("PING") == b"+PONG\r\n"


@pytest.mark.almanac_only
def test_port_0_lets_the_kernel_choose_and_says_which(small, tmp_path):
    log = open(tmp_path / "log", "w+b")
    child = subprocess.Popen([BINARY, "serve", str(small.directory), "--port", "0", "--bind", "127.0.0.1"],
                             stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=ENVIRONMENT)
    try:
        def port():
            assert child.poll() is None, (tmp_path / "log").read_text()
            found = re.search(r"listening.*?127\.0\.0\.1[: ](?:port=)?(\d+)", (tmp_path / "log").read_text(), re.S)
            return int(found[1]) if found else None

        with Connection(("127.0.0.1", wait_until(port, what="the line that tells the port"))) as connection:
            assert connection.call("PING") == b"+PONG\r\n"
    finally:
        child.terminate()
        assert child.wait(60) == 0


# Refusing to start.


def refusal(*arguments, code, pattern, env=None):
    """Serves in vain; the exit code and what is said are checked. Lines of the log may come before it."""
    done = almanac("serve", *arguments, timeout=60, env=env)
    text = done.stderr.decode() + done.stdout.decode()
    assert done.returncode in (code if isinstance(code, tuple) else (code,)), (done.returncode, text)
    assert re.search(pattern, text, re.I), text
    return [line for line in text.splitlines() if line.startswith("almanac: ")]


@pytest.mark.almanac_only
class TestRefusal:
    def test_a_missing_path(self, tmp_path):
        complaints = refusal(tmp_path / "nosuch", "--port", 0, code=(65, 74, 78), pattern="nosuch")
        assert len(complaints) == 1, complaints

    def test_a_path_that_is_no_dataset(self, tmp_path):
        (tmp_path / "empty").mkdir()
        complaints = refusal(tmp_path / "empty", "--port", 0, code=(65, 74, 78), pattern="empty")
        assert len(complaints) == 1, complaints
        assert list((tmp_path / "empty").iterdir()) == []

    def test_a_path_that_is_a_file(self, tmp_path):
        (tmp_path / "file").write_text("text")
        refusal(tmp_path / "file", "--port", 0, code=(65, 74, 78), pattern="file")

    @pytest.mark.parametrize("victim", ["CURRENT", "MANIFEST-*", "*.sst"])
    @pytest.mark.parametrize("damage", ["missing", "truncated", "garbage"])
    def test_a_damaged_dataset(self, built, tmp_path, victim, damage):
        copy = tmp_path / "copy"
        shutil.copytree(built("small", "rocksdb").directory, copy)
        path = next(path for path in sorted(copy.rglob(victim)) if path.stat().st_size)
        path.chmod(0o644)
        path.parent.chmod(0o755)
        if damage == "missing":
            path.unlink()
        elif damage == "truncated":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        else:
            path.write_bytes(os.urandom(path.stat().st_size))
        before = fingerprint(copy)
        complaints = refusal(copy, "--port", 0, code=(65, 74), pattern="copy")
        assert len(complaints) == 1, complaints
        assert fingerprint(copy) == before

    def test_a_dataset_of_a_newer_rocksdb(self, built, tmp_path):
        copy = tmp_path / "copy"
        shutil.copytree(built("small", "rocksdb").directory, copy)
        for path in copy.rglob("*.sst"):
            path.chmod(0o644)
            data = bytearray(path.read_bytes())
            data[-12:-8] = (99).to_bytes(4, "little")  # the footer's format version
            path.write_bytes(data)
        refusal(copy, "--port", 0, code=65, pattern="newer|version")

    def test_a_taken_port(self, small, serve):
        with serve(small) as server:
            complaints = refusal(small.directory, "--port", server.port, "--bind", "127.0.0.1", code=(69, 74, 78),
                           pattern=str(server.port))
            assert len(complaints) == 1, complaints
            exercise(server)

    def test_a_port_taken_by_someone_else(self, small):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            refusal(small.directory, "--port", other.getsockname()[1], "--bind", "127.0.0.1", code=(69, 74, 78),
                    pattern="in use")

    def test_an_address_that_is_not_ours(self, small):
        refusal(small.directory, "--port", free_port(), "--bind", "203.0.113.7", code=(69, 74, 78),
                pattern="203.0.113.7")

    def test_all_mistakes_in_the_settings_are_told_at_once(self, small, tmp_path):
        file = tmp_path / "almanac.yaml"
        file.write_text("readers: many\nnosuch-setting: 1\n")
        complaints = refusal(small.directory, "--port", "70000", "--loops", "0", "--config", file, code=78, pattern="port",
                       env={"ALMANAC_CACHE_SIZE": "lots"})
        for name in ("port", "loops", "readers", "nosuch-setting", "cache"):
            assert any(name in line.lower() for line in complaints), (name, complaints)

    def test_a_missing_configuration_file(self, small, tmp_path):
        refusal(small.directory, "--config", tmp_path / "nosuch.yaml", code=(74, 78), pattern="nosuch.yaml")

    def test_no_path_at_all(self):
        refusal(code=(64, 78), pattern="path|dataset")

    def test_an_unknown_flag(self, small):
        refusal(small.directory, "--nosuch", code=64, pattern="nosuch")

    def test_an_unknown_column_family(self, built, small):
        database = built("small", "rocksdb").directory
        refusal(database, "--port", 0, "--column-family", "nosuch", code=(65, 78), pattern="nosuch")
        refusal(small.directory, "--port", 0, "--column-family", "nosuch", code=(65, 78), pattern="no column families")


@pytest.mark.almanac_only
def test_settings_come_from_flags_then_environment_then_file(small, serve, tmp_path):
    file = tmp_path / "almanac.yaml"
    file.write_text("clients-max: 111\nreaders: 3\nidle-timeout: 100s\n")
    flags = ("--config", file, "--clients-max", 333)
    with serve(small, flags=flags, env={"ALMANAC_CLIENTS_MAX": "222", "ALMANAC_IDLE_TIMEOUT": "200s"}) as server:
        with server.connect() as connection:
            assert connection.ask("CONFIG", "GET", "maxclients") == [b"maxclients", b"333"]
            assert connection.ask("CONFIG", "GET", "timeout") == [b"timeout", b"200"]


# The data stays as it is.


@pytest.mark.almanac_only
def test_the_dataset_is_byte_for_byte_unchanged_after_serving(small, serve):
    before = fingerprint(small.directory)
    for _ in range(3):
        with serve(small) as server:
            exercise(server)
            assert fingerprint(small.directory) == before
    assert fingerprint(small.directory) == before


@pytest.mark.almanac_only
def test_a_dataset_on_a_read_only_mount_is_served(small, serve, tmp_path):
    mount = tmp_path / "mount"
    mount.mkdir()
    if subprocess.run(["mount", "--bind", small.directory, mount], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", mount], check=True)
        with pytest.raises(OSError):
            (mount / "probe").write_text("")
        with serve(mount) as server:
            exercise(server)
    finally:
        subprocess.run(["umount", mount], check=True)


# RocksDB directories made elsewhere.

def serve_foreign(serve, directory, expected, flags=()):
    before = fingerprint(directory)
    with serve(directory, flags=flags) as server, server.connect() as connection:
        connection.send(b"".join(request("GET", key) for key in expected))
        assert connection.replies(len(expected)) == [bulk(value) for value in expected.values()]
        assert connection.call("GET", "nosuch") == bulk(None)
        present = {key for key, value in expected.items() if value is not None}
        assert set(connection.ask("KEYS", "*")) == present
        assert connection.ask("INFO", "server")
    assert fingerprint(directory) == before


@pytest.mark.almanac_only
@pytest.mark.skipif(not LDB, reason="needs ldb of rocksdb-tools")
class TestForeignRocksDB:
    def test_one_that_is_only_in_its_write_ahead_log(self, serve, tmp_path):
        put(tmp_path / "db", 0, 500, "wal")
        assert not list((tmp_path / "db").glob("*.sst"))
        serve_foreign(serve, tmp_path / "db", generation("wal", 0, 500))

    @pytest.mark.parametrize("compression", ["no", "snappy", "zlib", "lz4", "lz4hc", "zstd"])
    def test_one_of_any_compression(self, serve, tmp_path, compression):
        option = f"--compression_type={compression}"
        put(tmp_path / "db", 0, 1500, "same words over and over", option)
        ldb(tmp_path / "db", option, "compact")
        serve_foreign(serve, tmp_path / "db", generation("same words over and over", 0, 1500))

    def test_one_of_several_levels_with_newer_values_deletions_and_a_log(self, serve, tmp_path):
        db = tmp_path / "db"
        put(db, 0, 1000, "oldest")
        ldb(db, "compact")
        for number in range(3):
            put(db, 200 * number, 200 * number + 300, f"layer{number}")
        ldb(db, "delete", "k00001")
        ldb(db, "put", "k00002", "from the log")
        expected = generation("oldest", 0, 1000)
        for number in range(3):
            expected |= generation(f"layer{number}", 200 * number, 200 * number + 300)
        expected |= {b"k00001": None, b"k00002": b"from the log"}
        serve_foreign(serve, db, expected)

    def test_one_of_several_column_families(self, serve, tmp_path):
        db = tmp_path / "db"
        put(db, 0, 10, "default")
        ldb(db, "create_column_family", "features")
        ldb(db, "--column_family=features", "put", "k00003", "of features")
        serve_foreign(serve, db, generation("default", 0, 10))
        serve_foreign(serve, db, {b"k00003": b"of features", b"k00001": None}, ("--column-family", "features"))

    def test_column_families_of_one_directory_as_databases(self, serve, tmp_path):
        db = tmp_path / "db"
        put(db, 0, 10, "default")
        ldb(db, "create_column_family", "features")
        ldb(db, "--column_family=features", "put", "k00003", "of features")
        with serve(f"one={db}", f"two={db}", flags=("--column-family", "two=features")) as server:
            with server.connect() as connection:
                assert connection.call("GET", "k00003") == bulk(b"default 3")
                connection.ask("SELECT", 1)
                assert connection.call("GET", "k00003") == bulk(b"of features")
