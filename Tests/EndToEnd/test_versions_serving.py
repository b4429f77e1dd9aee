"""Versions come, are refused, and go, in a server that goes on answering."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest
import redis

from support.data_directory import DataDirectory, flip_bit, truncate, value
from support.resp import bulk, request, wait_until
from support.server import Almanac, almanac

pytestmark = pytest.mark.almanac_only


@pytest.fixture
def data(tmp_path):
    """Version A, announced."""
    directory = DataDirectory(tmp_path / "data")
    directory.add("A")
    return directory


def assert_serves(server, version, database=0, keys=1000):
    with server.connect() as connection:
        assert connection.ask("SELECT", database) == "+OK"
        numbers = (0, keys // 2, keys - 1)
        reply = connection.ask("MGET", *[b"key:%d" % number for number in numbers])
        assert reply == [value(version, number) for number in numbers]
        assert connection.ask("DBSIZE") == keys


def status(client):
    flat = client.execute_command("DATASET", "STATUS")
    return dict(zip([name.decode() for name in flat[::2]], flat[1::2]))


def reload(server):
    with server.connect() as connection:
        return connection.ask("DATASET", "RELOAD")


@contextlib.contextmanager
def steady_gets(server, version):
    """Has clients ask without a pause; at the end every answer must have been of `version`, and there some."""
    wrong, count, is_over = [], [0], threading.Event()

    def ask(pipeline):
        numbers = range(pipeline)
        batch = b"".join(request("GET", b"key:%d" % number) for number in numbers)
        expected = [bulk(value(version, number)) for number in numbers]
        try:
            with server.connect() as connection:
                while not is_over.is_set():
                    connection.send(batch)
                    if (replies := connection.replies(pipeline)) != expected:
                        wrong.append(replies)
                        return
                    count[0] += 1
        except OSError as error:
            wrong.append(error)

    clients = [threading.Thread(target=ask, args=(pipeline,)) for pipeline in (1, 50)]
    for client in clients:
        client.start()
    try:
        yield count
    finally:
        is_over.set()
        for client in clients:
            client.join()
    assert not wrong, wrong[0]
    assert count[0] > 0


# Swaps.


def test_reload_swaps_and_tells_what_happened(data, serve):
    with serve(data.path) as server, server.redis() as client:
        assert client.execute_command("DATASET", "RELOAD") == b"OK A is being served already"
        data.add("B", keys=1100)
        answer = client.execute_command("DATASET", "RELOAD").decode()
        assert re.fullmatch(r"OK B is being served, after A: 1100 keys, \d+ ms \(.*open \d+ ms.*\)", answer)
        assert_serves(server, "B", keys=1100)
        now = status(client)
        assert (now["version"], now["state"], now["keys"], now["swaps"]) == (b"B", b"serving", 1100, 1)
        assert now["retired"] == [b"A"]
        info = client.info("dataset")
        assert info["dataset0_version"] == "B" and info["dataset0_swaps"] == 1


def test_sighup_swaps_where_current_has_changed_and_only_then(data, serve):
    with serve(data.path) as server:
        wait_until(lambda: data.serving().get("triggers_answered") == 0)
        server.signal(signal.SIGHUP)
        wait_until(lambda: data.serving()["triggers_answered"] == 1)
        assert data.serving()["outcome"] == "A is being served already"
        assert_serves(server, "A")
        data.add("B")
        assert_serves(server, "A")
        server.signal(signal.SIGHUP)
        wait_until(lambda: data.serving()["triggers_answered"] == 2)
        assert data.serving()["version_id"] == "B" and data.serving()["process_id"] == server.pid
        assert_serves(server, "B")


def test_each_dataset_goes_its_own_way(tmp_path, serve):
    first, second = DataDirectory(tmp_path / "first"), DataDirectory(tmp_path / "second")
    for directory in (first, second):
        directory.add("A")
    with serve(f"one={first.path}", f"two={second.path}") as server, server.connect() as connection:
        first.add("B")
        second.add("C")
        assert connection.ask("DATASET", "RELOAD", "two").startswith("+OK C is being served, after A")
        assert_serves(server, "A", database=0)
        assert_serves(server, "C", database=1)
        server.signal(signal.SIGHUP)
        wait_until(lambda: first.serving()["version_id"] == "B")
        assert_serves(server, "B", database=0)
        assert connection.ask("DATASET", "ROLLBACK", "B").startswith("-ERR no dataset 'B'")
        assert connection.ask("DATASET", "ROLLBACK", "two").startswith("+OK A is being served, after C")
        assert_serves(server, "B", database=0)
        assert_serves(server, "A", database=1)


def test_redis_cli_prints_what_dataset_answers(data, serve):
    data.add("B", activate=False)
    with serve(f"users={data.path}") as server:

        def lines(*words):
            command = ["redis-cli", "-p", str(server.port), "DATASET", *words]
            done = subprocess.run(command, capture_output=True, check=True, timeout=60, stdin=subprocess.DEVNULL,
                                  env={**os.environ, "FAKETTY": "1"})
            return [line.strip() for line in done.stdout.decode().splitlines() if line]

        assert lines("HELP")[0].endswith("DATASET <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
        listing = lines("LIST")
        assert listing[0] == '1)  1) "name"' and listing[1] == '2) "users"' and '8) "serving"' in listing
        assert ['7) "version"', '8) "A"'] == lines("STATUS")[6:8]
        shown = lines("VERSIONS")
        assert shown[0] == '1)  1) "version"' and '2) "B"' in shown and '4) "available"' in shown
        assert '4) "current"' in shown
        assert lines("RELOAD") == ["OK A is being served already"]
        assert lines("ROLLBACK") == ["(error) ERR there is no version older than A"]


def test_two_clients_that_reload_at_once_are_both_answered_of_one_swap(data, serve):
    with serve(data.path) as server, server.connect() as one, server.connect() as two:
        data.add("B")
        for connection in (one, two):
            connection.send(request("DATASET", "RELOAD"))
        first, second = sorted((connection.reply().decode() for connection in (one, two)), key=len, reverse=True)
        assert first.startswith("+OK B is being served, after A")
        assert second == "+OK B is being served already\r\n"
        assert server.redis().info("dataset")["dataset0_swaps"] == 1


def test_whoever_waits_for_a_reload_keeps_nobody_else_waiting(data, serve):
    data.add("B", keys=300_000)
    data.copy("B")
    data.announce("A")
    with serve(data.path, flags=["--loops", 1, "--max-keys-ratio", 100]) as server, server.connect() as connection:
        with steady_gets(server, "A") as count:
            wait_until(lambda: count[0] > 0)
            data.announce("B")
            # Its own next command waits with it: replies keep their order. It is refused at the end, by its size.
            connection.send(request("DATASET", "RELOAD") + request("PING"))
            before = count[0]
            replies = connection.replies(2)
            assert count[0] - before >= 2
        assert replies[0].startswith(b"-REFUSED B: guardrail: it has 300000 keys, more than 100.0 times the 1000 of A")
        assert replies[1] == b"+PONG\r\n"


def open_files(server, version):
    """Of this version, by the server."""
    names = []
    for entry in os.listdir(f"/proc/{server.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            names.append(os.readlink(f"/proc/{server.pid}/fd/{entry}"))
    return [name for name in names if f"/versions/{version}/" in name]


def test_a_version_replaced_closes_and_lets_go_of_its_files(data, serve):
    with serve(data.path, flags=["--rollback-window", "0s"]) as server, server.connect() as connection:
        assert open_files(server, "A")
        data.add("B")
        assert connection.ask("DATASET", "RELOAD").startswith("+OK B")
        wait_until(lambda: not open_files(server, "A"), what="version A to close")
        descriptors = server.descriptor_count()
        for version in ["A", "B"] * 10:
            data.announce(version)
            assert connection.ask("DATASET", "RELOAD").startswith(f"+OK {version}")
        wait_until(lambda: not open_files(server, "A"))
        wait_until(lambda: server.descriptor_count() == descriptors, what="as many descriptors as before")
        assert_serves(server, "B")


# Refusals.


def test_every_file_that_is_changed_cut_or_gone_has_its_version_refused(data, tmp_path, serve):
    assert almanac("keygen", "--output", tmp_path / "publisher").returncode == 0
    private, public = tmp_path / "publisher.key", tmp_path / "publisher.pub"
    assert private.exists() and public.exists(), sorted(tmp_path.iterdir())
    assert almanac("sign", data.version("A"), "--key", private).returncode == 0
    data.add("B", activate=False, flags=["--sign", private])
    good = data.copy("B", tmp_path / "good")
    names = sorted(file.name for file in good.iterdir())
    assert {"manifest.json", "manifest.sig", "segment-00000.packed"} < set(names)
    with serve(data.path, flags=["--trusted-keys", public, "--require-signature", "yes"]) as server:
        with steady_gets(server, "A"):
            for name in names:
                if name == "verified.json":
                    continue
                for harm in (flip_bit, truncate, os.unlink):
                    data.remove("B")
                    shutil.copytree(good, data.version("B"))
                    harm(data.version("B") / name)
                    data.announce("B")
                    answer = reload(server)
                    assert answer.startswith("-REFUSED B: "), (name, harm.__name__, answer)
                    assert answer.endswith("; A goes on being served")
                    assert data.refusals().keys() == {"B"}
                    assert reload(server).startswith("-REFUSED B: ")
                    (data.path / "quarantine" / "B.json").unlink()
        # Whole, it is served.
        data.remove("B")
        shutil.copytree(good, data.version("B"))
        assert reload(server).startswith("+OK B is being served, after A")
        assert_serves(server, "B")


def test_an_empty_version_is_refused_and_can_be_forced(data, serve):
    with serve(data.path) as server, server.connect() as connection:
        data.add("B", keys=0)
        assert connection.ask("DATASET", "RELOAD").startswith("-REFUSED B: guardrail: it has 0 keys, fewer than 1")
        assert data.refusals() == {"B": "guardrail"}
        assert_serves(server, "A")
        assert connection.ask("DATASET", "RELOAD", "FORCE").startswith("+OK B is being served, after A: 0 keys")
        assert connection.ask("DBSIZE") == 0 and data.refusals() == {}


def test_an_unsigned_version_is_refused_where_signatures_are_required(data, tmp_path, serve):
    for name in ("publisher", "stranger"):
        assert almanac("keygen", "--output", tmp_path / name).returncode == 0
    assert almanac("sign", data.version("A"), "--key", tmp_path / "publisher.key").returncode == 0
    flags = ["--trusted-keys", tmp_path / "publisher.pub", "--require-signature", "yes"]
    with serve(data.path, flags=flags) as server:
        for version, sign in (("B", []), ("C", ["--sign", tmp_path / "stranger.key"])):
            data.add(version, flags=sign)
            assert reload(server).startswith(f"-REFUSED {version}: signature: it is")
            assert_serves(server, "A")
        assert data.refusals() == {"B": "signature", "C": "signature"}
        data.add("D", flags=["--sign", tmp_path / "publisher.key"])
        assert reload(server).startswith("+OK D is being served, after A")


# Going back.


def test_rollback_answers_within_a_second_and_lasts(data, serve):
    with serve(data.path) as server, server.connect() as connection:
        data.add("B")
        assert reload(server).startswith("+OK B")
        start = time.monotonic()
        assert connection.ask("DATASET", "ROLLBACK").startswith("+OK A is being served, after B")
        assert time.monotonic() - start < 1
        assert_serves(server, "A")
        assert data.current == "A" and data.refusals() == {"B": "rolled-back"}
        data.announce("B")
        assert reload(server).startswith("-REFUSED B: rolled-back")
    with serve(data.path) as server:
        assert_serves(server, "A")


def test_a_pin_holds_across_a_restart(data, serve):
    with serve(data.path) as server, server.connect() as connection:
        assert connection.ask("DATASET", "PIN").startswith("+OK the dataset stays with A")
        data.add("B", activate=False)
        data.announce("B")
        assert reload(server).startswith("+OK A goes on being served: the dataset is pinned to it")
    with serve(data.path) as server, server.connect() as connection:
        assert_serves(server, "A")
        assert status(server.redis())["pinned"] == b"A"
        assert connection.ask("DATASET", "UNPIN").startswith("+OK")
        assert reload(server).startswith("+OK B is being served, after A")


def test_a_version_deleted_by_hand_goes_on_being_served_and_is_left_when_asked(data, serve):
    data.add("B")
    with serve(data.path) as server, server.connect() as connection:
        with steady_gets(server, "B"):
            data.remove("B")
            assert_serves(server, "B")
            answer = reload(server)
            assert answer.startswith("-ERR ") and "versions/B is not there" in answer
            assert_serves(server, "B")
        assert connection.ask("DATASET", "ROLLBACK").startswith("+OK A is being served, after B")
        assert_serves(server, "A")
        assert data.current == "A"


# Starts.


@pytest.mark.parametrize("milliseconds", [0, 2, 10, 50])
def test_a_server_killed_between_flip_and_answer_begins_with_what_was_announced(data, serve, milliseconds):
    data.add("B", keys=50_000, activate=False)
    data.copy("B")
    server = serve(data.path)
    with contextlib.suppress(AssertionError):
        with server, server.connect() as connection:
            data.announce("B")
            connection.send(request("DATASET", "RELOAD"))
            # The moment is what is tried out here.
            time.sleep(milliseconds / 1000)
            server.kill()
    assert server.child.returncode == -signal.SIGKILL
    with serve(data.path) as server:
        assert_serves(server, "B", keys=50_000)
        assert data.refusals() == {}


def test_a_server_whose_version_was_damaged_begins_with_the_one_before(data, serve):
    data.add("B")
    data.add("C")
    os.chmod(data.version("C"), 0o755)
    segment = next(data.version("C").glob("*.packed"))
    os.chmod(segment, 0o644)
    truncate(segment)
    with serve(data.path) as server:
        assert_serves(server, "B")
        assert data.refusals() == {"C": "damaged"} and data.current == "B"
        assert server.log.count("another version than the one wanted is served") == 1
        assert server.log.count("this version is refused") == 1


def test_a_server_finds_damage_behind_its_start_and_goes_back(data, serve):
    data.add("B")
    data.copy("B")
    flip_bit(next(data.version("B").glob("*.packed")))
    with serve(data.path) as server:
        wait_until(lambda: data.serving().get("version_id") == "A", what="the way back")
        assert_serves(server, "A")
        assert data.refusals() == {"B": "damaged"} and data.current == "A"


def test_a_server_with_nothing_but_damage_does_not_begin(data):
    os.chmod(data.version("A"), 0o755)
    segment = next(data.version("A").glob("*.packed"))
    segment.unlink()
    done = almanac("serve", data.path, "--port", 0)
    assert done.returncode == 65
    assert f"{segment} is missing" in done.stderr.decode().splitlines()[-1]


def test_a_server_may_wait_for_the_first_version(tmp_path, serve):
    data = DataDirectory(tmp_path / "data")
    server = serve(data.path, flags=["--wait", "yes"])
    try:
        server.start()
        wait_until(lambda: "waiting for the first version" in server.log)
        assert not server.answers()
        data.add("A")
        wait_until(server.answers)
        assert_serves(server, "A")
        assert server.log.count("waiting for the first version") == 1
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    finally:
        server.kill()


# A data directory that cannot be written.


class ReadOnly(Almanac):
    """A server that sees its data directory through a mount of its own, which is read-only."""

    def spawn(self, command, env=None):
        mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
        super().spawn(["unshare", "-m", "sh", "-c", mount, self.datasets[0], *command], env)


def can_mount():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="mounting takes a right that these tests have not")
def test_a_read_only_data_directory_is_served_and_refusals_are_remembered(data, logs):
    data.add("B", keys=10, activate=False)
    data.add("C", activate=False)
    with ReadOnly(logs, [data.path]) as server, server.connect() as connection:
        assert_serves(server, "A")
        data.announce("B")
        assert reload(server).startswith("-REFUSED B: guardrail")
        assert reload(server).startswith("-REFUSED B: guardrail")
        data.announce("C")
        assert reload(server).startswith("+OK C is being served, after A")
        # B, refused, is not what a rollback goes to.
        assert connection.ask("DATASET", "ROLLBACK").startswith("+OK A is being served, after C")
        assert reload(server).startswith("-REFUSED C: rolled-back")
        assert connection.ask("DATASET", "PIN").startswith("-ERR cannot write")
        assert_serves(server, "A")
        assert data.refusals() == {} and data.current == "C" and data.serving() == {}


def test_redis_py_sees_errors_as_errors(data, serve):
    with serve(data.path) as server, server.redis() as client:
        with pytest.raises(redis.ResponseError, match="^there is no version older than A$"):
            client.execute_command("DATASET", "ROLLBACK")
