"""Web servers that mean harm: endless, lying, dripping. Each is left with a reason, in little memory and time, and
what a version is made of never comes from elsewhere."""

import gzip
import signal
import subprocess

import pytest

from support import versions
from support.hostile_http import HostileServer, endless, plain
from support.measured import measured, refused
from support.resp import wait_until
from support.server import BINARY, ENVIRONMENT

pytestmark = pytest.mark.almanac_only

OK = b"HTTP/1.1 200 OK\r\n"
POINTER, MANIFEST = "/current.json", "/versions/v1/manifest.json"
SIGNATURE, DATA = "/versions/v1/manifest.sig", "/versions/v1/data-00.bin"
BOMB = gzip.compress(bytes(50 << 20))


def reply(*arguments, **options):
    return lambda send, _: send(plain(*arguments, **options))


def redirect(location):
    return reply(b"", "302 Found", f"Location: {location}")


# By name: the path that lies, what it does, the exit code and a word of the reason.
ANSWERS = {
    "redirects to a file": (POINTER, redirect("file:///etc/passwd"), 69, "protocol"),
    "redirects to gopher": (POINTER, redirect("gopher://127.0.0.1:1/x"), 69, "protocol"),
    "redirects in a circle": (POINTER, redirect("/current.json"), 69, "redirects"),
    "pointer without end": (POINTER, endless(OK + b"\r\n"), 65, "longer than"),
    "chunks without end": (
        POINTER, endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"), 65,
        "longer than"),
    "a chunk beyond counting": (
        POINTER, lambda send, _: send(OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx"), 69, POINTER),
    "headers without end": (POINTER, endless(OK, b"X-A: " + b"y" * 1000 + b"\r\n"), 69, POINTER),
    "a header without end": (POINTER, endless(OK + b"X: "), 69, POINTER),
    "a length below nothing": (POINTER, reply(b"{}", length=-5), 69, POINTER),
    "a length too short": (POINTER, reply(versions.pointer("v1", b""), length=10), 65, "no pointer"),
    "unchanged, unasked": (POINTER, reply(b"", "304 Not Modified"), 69, "304"),
    "a part, unasked": (POINTER, reply(b"{}", "206 Partial Content", "Content-Range: bytes 0-1/2"), 69, "206"),
    "a page for people": (POINTER, reply(b"<html>Please log in</html>"), 65, "no pointer"),
    "no HTTP at all": (POINTER, lambda send, _: send(versions.pointer("v1", b"")), 69, POINTER),
    "a bomb as a pointer": (POINTER, reply(BOMB, "200 OK", "Content-Encoding: gzip"), 65, "current.json"),
    "a manifest without end": (MANIFEST, endless(OK + b"\r\n"), 65, "longer than"),
    "a signature without end": (SIGNATURE, endless(OK + b"\r\n"), 65, "longer than"),
    "a file without end": (DATA, endless(OK + b"\r\n"), 65, "longer than"),
    "a file too short": (DATA, reply(b"x" * 10), 65, "10 bytes"),
    "a bomb as a file": (DATA, reply(BOMB, "200 OK", "Content-Encoding: gzip"), 65, "data-00.bin"),
    "a file redirects to a file": (DATA, redirect("file:///etc/passwd"), 69, "protocol"),
}


@pytest.fixture
def hostile(source):
    """A web server with version v1, whose answers can be replaced."""
    versions.publish_by_hand(source, "v1", versions.files(count=1, size=100_000))
    with HostileServer() as server:
        for file in source.rglob("*"):
            if file.is_file():
                server.answers[f"/{file.relative_to(source)}"] = reply(file.read_bytes())
        yield server


def arguments(url, data):
    return "sync", "--source", url, "--data-dir", data, "--once", "--reserve", "0", "--progress", "none"


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_lies_is_left(hostile, data, case):
    path, answer, code, reason = ANSWERS[case]
    hostile.answers[path] = answer
    refused(measured(*arguments(hostile.url, data), timeout=60), code, reason, hostile.url)
    assert versions.current(data) is None and not list((data / "versions").iterdir())


@pytest.mark.parametrize("wish", ["-99999999999999999", "9" * 30, "-1", "soon", ""])
def test_a_wish_to_be_left_alone_is_kept_within_reason(hostile, data, wish):
    """A pause that cannot be counted is none; the source is asked again."""
    whole = hostile.answers[POINTER]
    first = []

    def busy(send, head):
        if first:
            return whole(send, head)
        first.append(head)
        send(plain(b"", "503 Service Unavailable", f"Retry-After: {wish}"))

    hostile.answers[POINTER] = busy
    done = measured(*arguments(hostile.url, data))
    assert done.returncode == 0 and versions.is_whole(data / "versions/v1"), done.stderr


@pytest.mark.parametrize("path", [POINTER, MANIFEST, DATA])
def test_a_source_that_drips_is_left_when_asked(hostile, data, path):
    hostile.answers[path] = lambda send, _: hostile.drip(send, OK + b"Content-Length: 100000\r\n\r\n")
    child = subprocess.Popen(
        [BINARY, *map(str, arguments(hostile.url, data))], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        env=ENVIRONMENT)
    try:
        wait_until(lambda: any(asked == path for asked, _ in hostile.requests), what="the request")
        child.send_signal(signal.SIGTERM)
        _, text = child.communicate(timeout=10)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 143 and b"stopped" in text
    assert versions.current(data) is None


def test_what_another_host_gives_must_be_what_was_promised(hostile, data):
    """A redirect to another host is followed, as buckets behind a balancer need; its bytes are checked all the same."""
    with HostileServer() as other:
        other.answers["/elsewhere"] = reply(b"y" * 100_000)
        hostile.answers[DATA] = redirect(f"{other.url}/elsewhere")
        refused(measured(*arguments(hostile.url, data)), 65, "corrupt at its source")
        assert other.requests and versions.current(data) is None
