"""A server whose first version has yet to come: on a path that is not there, or a volume on which nobody has written."""

import signal

import pytest

from support.resp import bulk, request, wait_until
from support.server import Almanac, almanac

pytestmark = pytest.mark.almanac_only


@pytest.fixture(params=["absent", "empty", "formatted"])
def directory(request, tmp_path):
    directory = tmp_path / "data"
    if request.param != "absent":
        directory.mkdir()
    if request.param == "formatted":
        (directory / "lost+found").mkdir()
    return directory


@pytest.fixture
def waiting(directory, logs):
    server = Almanac(logs, [directory], ["--wait", "yes"])
    server.start()
    try:
        wait_until(lambda: "waiting for the first version" in server.log, what="the server to wait")
        yield server
    finally:
        server.kill()


def test_a_server_waits_for_its_first_version(waiting, directory, tmp_path):
    assert not waiting.answers()
    source = tmp_path / "rows.resp"
    source.write_bytes(request("SET", "key", "value"))
    built = almanac("build", source, "--input-format", "resp", "--data-dir", directory, "--activate", "--quiet")
    assert built.returncode == 0, built.stderr.decode()
    wait_until(waiting.answers, what="the first version to be served")
    with waiting.connect() as connection:
        assert connection.call("GET", "key") == bulk(b"value")


def test_a_waiting_server_ends_when_it_is_told_to(waiting):
    waiting.signal(signal.SIGTERM)
    assert waiting.wait(20) == 0


def test_a_server_that_is_not_to_wait_says_what_is_missing(directory):
    done = almanac("serve", directory, "--port", 0)
    assert done.returncode == 78
    assert str(directory) in done.stderr.decode() and done.stderr.count(b"\n") == 1


def test_a_directory_of_something_else_is_not_waited_for(tmp_path):
    (tmp_path / "notes.txt").write_text("no dataset\n")
    done = almanac("serve", tmp_path, "--port", 0, "--wait", "yes")
    assert done.returncode == 78
