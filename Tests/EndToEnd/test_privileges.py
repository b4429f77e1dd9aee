"""A server that root starts and that becomes somebody else, and one that stays root."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from support import web
from support.data_directory import DataDirectory, value
from support.resp import Connection, bulk, wait_until
from support.server import BINARY, Process, almanac, free_port

pytestmark = pytest.mark.almanac_only
takes_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def open_data():
    """A data directory that every user may write, where pytest's own are root's alone."""
    directory = Path(tempfile.mkdtemp(prefix="almanac-privileges-"))
    directory.chmod(0o755)
    versions = DataDirectory(directory / "data")
    versions.add("v1")
    nobody = pwd.getpwnam("nobody")
    for path in [versions.path, *versions.path.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    yield versions
    shutil.rmtree(directory)


def thread_facts(pid):
    """What /proc tells of every thread of a process, by name."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        # One that has ended meanwhile has nothing to tell.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            yield dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())


@takes_root
@pytest.mark.parametrize("user", ["nobody", str(pwd.getpwnam("nobody").pw_uid)])
def test_a_server_that_root_starts_becomes_the_user_for_good(open_data, serve, user):
    with serve(open_data.path, flags=("--user", user)) as server:
        with server.connect() as connection:
            assert connection.call("GET", "key:1") == bulk(value("v1", 1))
            nobody = pwd.getpwnam("nobody")
            threads = list(thread_facts(server.pid))
            assert len(threads) > 2
            for facts in threads:
                assert set(facts["Uid"].split()) == {str(nobody.pw_uid)}
                assert set(facts["Gid"].split()) == {str(nobody.pw_gid)}
                assert facts["Groups"].split() == []
                for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                    assert int(facts[name], 16) == 0, name
                assert facts["NoNewPrivs"].strip() == "1"
            # What it did as it started it can do again.
            open_data.add("v2")
            for path in open_data.path.rglob("*"):
                os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
            server.signal(signal.SIGHUP)
            wait_until(lambda: connection.call("GET", "key:1") == bulk(value("v2", 1)), what="the second version")
        assert "running as root" not in server.log


@takes_root
def test_a_port_that_only_root_may_have_is_had_before_root_is_given_up(open_data, logs):
    free = (port for port in range(1023, 600, -1) if is_free(port))
    port, admin_port, path = next(free), next(free), open_data.path / "own.sock"
    server = Process(logs)
    server.name = "privileged"
    server.spawn([BINARY, "serve", open_data.path, "--user", "nobody", "--port", port, "--bind", "*", "--protected-mode",
                  "no", "--admin-port", admin_port, "--unix-socket", path])
    try:
        wait_until(lambda: "ready" in server.log, what="the server to be ready")
        for number in range(10):
            with Connection(("127.0.0.1", port)) as connection:
                assert connection.call("GET", f"key:{number}") == bulk(value("v1", number))
        with Connection(str(path)) as connection:
            assert connection.call("PING") == b"+PONG\r\n"
        assert web.get(admin_port, "/readyz").text == "ok\n"
        assert {facts["CapEff"].strip() for facts in thread_facts(server.pid)} == {"0" * 16}
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    finally:
        server.kill()


def is_free(port):
    try:
        Connection(("127.0.0.1", port), deadline=5).close()
        return False
    except OSError:
        return True


@takes_root
def test_a_server_that_stays_root_says_so(small, serve):
    with serve(small) as server:
        wait_until(lambda: re.search(r"warning .*running as root advice=", server.log), what="the warning")
        for facts in thread_facts(server.pid):
            assert facts["NoNewPrivs"].strip() == "1"


@pytest.mark.parametrize("user, words", [
    ("no-such-user", "user: there is no user no-such-user, or its group is root's"),
    ("root", "user: there is no user root, or its group is root's"),
    ("0", "user: there is no user 0, or its group is root's"),
    ("-x", "user"),
])
def test_a_user_that_cannot_be_become_ends_the_start(small, user, words):
    done = almanac("serve", small.directory, "--port", free_port(), f"--user={user}")
    assert done.returncode == 78
    assert words in done.stderr.decode()
