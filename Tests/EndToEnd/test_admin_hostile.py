"""The admin port under clients that mean no good: whatever they send, the server lives and gives nothing away."""

import base64
import random
import socket

import pytest

from support import web
from support.resp import wait_until
from support.server import free_port

pytestmark = pytest.mark.almanac_only

LINES = [
    b"GET /livez HTTP/1.1", b"HEAD / HTTP/1.1", b"GET /%zz HTTP/1.1", b"GET /..%2f..%2fetc/passwd HTTP/1.1",
    b"GET /lookup?key=%ff HTTP/1.1", b"GET http://h/livez HTTP/1.1", b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1",
    b"PRI * HTTP/2.0", b"GET /livez HTTP/9.9", b"GET /livez", b"GET", b"", b"\0" * 40, b"POST /livez HTTP/1.1",
    b"CONNECT 127.0.0.1:22 HTTP/1.1", b"GET /" + b"a" * 20_000 + b" HTTP/1.1", b"*1\r\n$4\r\nPING", b"\x16\x03\x01\x02",
    b"GET /datasets?" + b"a=b&" * 3_000 + b" HTTP/1.1", b"TRACE /livez HTTP/1.1", b"GET /metrics HTTP/1.0",
]
HEADERS = [
    b"Host: h", b"Host: a\r\nHost: b", b"Connection: keep-alive", b"Connection: close", b"Content-Length: 5",
    b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 4", b"Authorization: Basic " + b"A" * 5_000, b"X: " + b"y" * 20_000,
    b"\0: \0", b": nothing", b" folded", b"Expect: 100-continue", b"Upgrade: h2c", b"Range: bytes=0-1", b"Accept: \xff",
]


def request_of(randomness):
    """One request, seldom a good one."""
    parts = [randomness.choice(LINES)] + randomness.choices(HEADERS, k=randomness.randrange(5))
    data = b"\r\n".join(parts) + randomness.choice([b"\r\n\r\n", b"\r\n\r\n", b"\r\n", b"", b"\n\n", b"\r\n\r\nhello"])
    if randomness.random() < 0.3:
        data = bytearray(data)
        for _ in range(randomness.randrange(1, 5)):
            if data:
                data[randomness.randrange(len(data))] = randomness.randrange(256)
    return bytes(data)


def exchange(port, data, randomness):
    """Sends it whole, in pieces or cut short, and takes what comes until the server or this client has had enough."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        try:
            if randomness.random() < 0.2:
                middle = randomness.randrange(len(data) + 1)
                connection.sendall(data[:middle])
                connection.sendall(data[middle:])
            else:
                connection.sendall(data)
            if randomness.random() < 0.8:
                connection.shutdown(socket.SHUT_WR)
                received = b""
                while piece := connection.recv(65536):
                    received += piece
                return received
        except OSError:
            pass
    return b""


def test_two_thousand_hostile_requests_leave_nothing_behind(small, serve):
    port = free_port()
    randomness = random.Random(20261121)
    with serve(small, flags=("--admin-port", port)) as server:
        wait_until(lambda: web.get(port, "/warmz").status == 200, what="the version to be in memory")
        for _ in range(50):
            exchange(port, request_of(randomness), randomness)
        wait_until(lambda: admin_threads(server) == 0, what="the connections to end")
        descriptors, memory = server.descriptor_count(), server.anonymous_bytes()
        statuses = set()
        for _ in range(2_000):
            count = randomness.choice([1, 1, 1, 2, 5])
            reply = exchange(port, b"".join(request_of(randomness) for _ in range(count)), randomness)
            assert not reply or reply.startswith(b"HTTP/1."), reply[:100]
            assert b"root:" not in reply
            if reply:
                statuses.add(int(reply[9:12]))
        # Else nothing of what was sent was understood, or nothing refused.
        assert {200, 400, 405} <= statuses <= {100, 200, 400, 403, 404, 405, 413, 414, 431, 501, 505}, statuses
        assert web.get(port, "/livez").text == "ok\n"
        assert server.answers()
        wait_until(lambda: admin_threads(server) == 0, what="the connections to end")
        assert server.descriptor_count() <= descriptors
        assert server.anonymous_bytes() < memory + (32 << 20)


def admin_threads(server):
    """Threads of connections, which libmicrohttpd names."""
    return sum(name.startswith("MHD-connection") for name in server.thread_cpu_seconds())


def test_connections_that_say_nothing_are_few_and_do_not_last(small, serve):
    port = free_port()
    with serve(small, flags=("--admin-port", port)) as server:
        web.get(port, "/livez")
        before = server.descriptor_count()
        silent = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(200)]
        try:
            # Those past the limit are told so at once, the others when they have been silent for ten seconds.
            replies = [read_to_end(connection) for connection in silent]
            assert sum(b" 503 " in reply for reply in replies) >= 200 - 16 * 3
            assert sum(reply == b"" or b" 408 " in reply for reply in replies) >= 16
        finally:
            for connection in silent:
                connection.close()
        wait_until(lambda: server.descriptor_count() <= before, what="the descriptors to be closed")
        assert web.get(port, "/readyz").status == 200


def read_to_end(connection):
    received = b""
    try:
        while piece := connection.recv(4096):
            received += piece
    except ConnectionResetError:
        pass
    return received


def test_a_page_of_another_site_does_not_get_at_keys(small, serve):
    port = free_port()
    with serve(small, flags=("--admin-port", port)):
        assert web.get(port, "/hotkeys").status == 200
        for headers in ({"Host": "evil.example"}, {"Host": f"evil.example:{port}"}, {"Sec-Fetch-Site": "cross-site"}):
            assert web.get(port, "/hotkeys", headers=headers).status == 403
        # Probes and Prometheus come by whatever name, and learn no keys.
        assert web.get(port, "/livez", headers={"Host": "almanac.default.svc"}).status == 200


def test_with_a_password_keys_are_told_to_users_who_may_watch(small, serve, tmp_path):
    users = tmp_path / "users.acl"
    users.write_text("user default off\nuser ops on >secret +@all ~* &*\nuser app on >other +get ~*\n")
    port = free_port()
    server = serve(small, flags=("--admin-port", port, "--users-file", users))
    server.start()
    try:
        wait_until(lambda: web.answers(port, "/readyz"), what="the server to be ready")

        def status(user=None):
            headers = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()} if user else {}
            return web.get(port, "/hotkeys", headers=headers).status

        assert status("ops:secret") == 200
        refused = [None, "ops:wrong", "app:other", "nobody:secret", "ops", ":secret", "default:"]
        assert [status(user) for user in refused] == [401] * len(refused)
        assert web.get(port, "/hotkeys").headers["WWW-Authenticate"].startswith("Basic ")
        assert web.get(port, "/livez").status == 200
    finally:
        server.kill()
