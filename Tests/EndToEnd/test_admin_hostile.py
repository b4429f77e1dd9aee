"""The admin port under clients that mean no good: whatever they send, the server lives and gives nothing away."""

import base64
import contextlib
import random
import re
import socket

import pytest

from support import web
from support.certificates import Authority
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
        sockets = server.idle_socket_count()
        wait_until(lambda: web.get(port, "/warmz").status == 200, what="the version to be in memory")
        for _ in range(50):
            exchange(port, request_of(randomness), randomness)
        wait_until(lambda: admin_threads(server) == 0, what="the connections to end")
        memory = server.anonymous_bytes()
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
        wait_until(lambda: server.socket_count() == sockets, what="the sockets to be closed")
        assert server.anonymous_bytes() < memory + (32 << 20)


def admin_threads(server):
    """Threads of connections, which libmicrohttpd names."""
    return sum(name.startswith("MHD-connection") for name in server.thread_cpu_seconds())


def test_connections_that_say_nothing_are_few_and_do_not_last(small, serve):
    port = free_port()
    with serve(small, flags=("--admin-port", port)) as server:
        before = server.idle_socket_count()
        silent = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(200)]
        try:
            # Those past the limit are told so at once, the others when they have been silent for ten seconds.
            replies = [read_to_end(connection) for connection in silent]
            assert sum(b" 503 " in reply for reply in replies) >= 200 - 16 * 3
            assert sum(reply == b"" or b" 408 " in reply for reply in replies) >= 16
        finally:
            for connection in silent:
                connection.close()
        wait_until(lambda: server.socket_count() == before, what="the sockets to be closed")
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


@contextlib.contextmanager
def serving_users(serve, small, tmp_path, lines, *flags):
    """A server with these users; gives the server, and what asks its admin port as one of them."""
    users = tmp_path / "users.acl"
    users.write_text("".join(f"user {line}\n" for line in lines))
    port = free_port()
    server = serve(small, flags=("--admin-port", port, "--users-file", users, *flags))
    server.start()

    def ask(path, user=None):
        headers = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()} if user else {}
        return web.get(port, path, headers=headers)
    try:
        wait_until(lambda: web.answers(port, "/readyz"), what="the server to be ready")
        yield server, ask
    finally:
        server.kill()


TELLING_DATA = ["/lookup", "/lookup?key=a", "/hotkeys", "/debug/slow", "/debug/trace?seconds=1"]


@pytest.mark.parametrize("rules", [
    "~pub:* +get", "~* +get", "~pub:* +@all", "~* +@all -monitor", "~* +@all -get", "~* +@all db=1", "%W~* +@all",
    "~pub:* +@all (~* +get)"])
def test_an_open_user_with_rules_opens_nothing_that_tells_data(small, serve, tmp_path, rules):
    lines = [f"default on nopass {rules}", "ops on >secret ~* &* +@all"]
    with serving_users(serve, small, tmp_path, lines) as (_, ask):
        assert [ask(path).status for path in TELLING_DATA] == [401] * len(TELLING_DATA)
        assert [ask(path, "ops:secret").status for path in TELLING_DATA[:4]] == [200] * 4
        assert ask("/status.json").status == 200


def test_an_open_user_who_may_see_all_opens_what_tells_data(small, serve, tmp_path):
    with serving_users(serve, small, tmp_path, ["default on nopass ~* +@read +monitor"]) as (_, ask):
        assert [ask(path).status for path in TELLING_DATA[:4]] == [200] * 4


def test_a_look_up_goes_by_the_rules_of_its_user(small, serve, tmp_path):
    lines = ["default off", "mon on >m +monitor", "app on >a +get ~key:1*", "ops on >o +@all ~* &*",
             "two on >t +@all ~* db=1"]
    with serving_users(serve, small, tmp_path, lines) as (_, ask):
        def look(key, user):
            reply = ask(f"/lookup?key={key}", user)
            assert ("Hit:" in reply.text or "Miss:" in reply.text) == (reply.status == 200)
            return reply.status

        assert [look("key:1", user) for user in ("ops:o", "app:a", "mon:m", "two:t")] == [200, 200, 403, 403]
        assert [look("key:2", user) for user in ("ops:o", "app:a", "mon:m", "two:t")] == [200, 403, 403, 403]
        # Hot keys are what others ask for.
        pages = [ask("/lookup", user) for user in ("ops:o", "app:a", "mon:m")]
        assert [page.status for page in pages] == [200] * 3
        assert ["who may run MONITOR" in page.text for page in pages] == [False, True, False]
        assert [ask("/hotkeys", user).status for user in ("ops:o", "app:a", "mon:m")] == [200, 401, 200]


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
def test_refused_passwords_are_told_with_the_address_they_came_from(small, serve, tmp_path, encrypted):
    port, context, flags = free_port(), None, ()
    if encrypted:
        authority = Authority(tmp_path)
        certificate, key = authority.sign("server")
        context = authority.client()
        flags = ("--admin-tls", "yes", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no")
    with serve(small, flags=("--admin-port", port, *flags)) as server, server.connect() as client:
        assert client.ask("ACL", "SETUSER", "ops", "on", ">secret", "~key:1", "+get") == "+OK"
        assert client.ask("ACL", "SETUSER", "default", "resetpass", ">other") == "+OK"

        def look(user, key):
            plain = socket.create_connection(("127.0.0.1", port), 60, source_address=("127.0.0.9", 0))
            address = "%s:%d" % plain.getsockname()
            with context.wrap_socket(plain, server_hostname="localhost") if context else plain as connection:
                secret = base64.b64encode(user.encode()).decode()
                connection.sendall(f"GET /lookup?key={key} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                   f"Authorization: Basic {secret}\r\n\r\n".encode())
                return address, int(read_to_end(connection)[9:12])

        def latest():
            entry = client.ask("ACL", "LOG", "1")[0]
            fields = dict(zip(entry[::2], entry[1::2]))
            assert " user=" in fields[b"client-info"].decode()
            return ([fields[name].decode() for name in (b"reason", b"context", b"object", b"username")],
                    re.search(r" addr=(\S+) ", fields[b"client-info"].decode())[1])

        address, status = look("ops:wrong", "key:1")
        assert status == 401
        assert latest() == (["auth", "toplevel", "/lookup", "ops"], address)
        lines = [line for line in server.log.splitlines() if "refused a password" in line]
        assert len(lines) == 1 and f"client={address}" in lines[0] and "user=ops" in lines[0]

        address, status = look("ops:secret", "key:2")
        assert status == 403
        assert latest() == (["key", "toplevel", "key:2", "ops"], address)
        # One line a second at most, however many.
        for _ in range(50):
            assert look("ops:wrong", "key:1")[1] == 401
        assert look("ops:secret", "key:1")[1] == 200
        assert sum("refused a password" in line for line in server.log.splitlines()) < 30


def test_with_a_password_keys_are_told_to_users_who_may_watch(small, serve, tmp_path):
    lines = ["default off", "ops on >secret +@all ~* &*", "app on >other +get ~*"]
    with serving_users(serve, small, tmp_path, lines) as (_, ask):
        def status(user=None):
            return ask("/hotkeys", user).status

        assert status("ops:secret") == 200
        refused = [None, "ops:wrong", "app:other", "nobody:secret", "ops", ":secret", "default:"]
        assert [status(user) for user in refused] == [401] * len(refused)
        assert ask("/hotkeys").headers["WWW-Authenticate"].startswith("Basic ")
        assert ask("/livez").status == 200
