"""The admin port through TLS, with the certificates of the Redis port."""

import contextlib
import http.client
import signal
import socket
import ssl

import pytest

from support import web
from support.certificates import Authority
from support.resp import wait_until
from support.server import almanac, free_port

pytestmark = pytest.mark.almanac_only


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


def flags_of(certificate, port, clients="no"):
    return ("--admin-port", port, "--admin-tls", "yes", "--tls-cert-file", certificate[0],
            "--tls-key-file", certificate[1], "--tls-auth-clients", clients)


def test_probes_and_pages_come_through_tls_and_nothing_in_the_clear(small, serve, authority):
    port, context = free_port(), authority.client()
    with serve(small, flags=flags_of(authority.sign("server"), port)) as server:
        assert "admin server listening with TLS" in server.log
        for path in ("/livez", "/readyz"):
            assert web.get(port, path, context=context).text == "ok\n"
        assert web.get(port, "/datasets", context=context).json["datasets"][0]["keys"] > 0

        # Many requests over one connection, answers in pieces among them.
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        for _ in range(50):
            connection.request("GET", "/endpoints")
            assert connection.getresponse().read().startswith(b"/")
        connection.close()

        with pytest.raises((OSError, http.client.HTTPException)):
            web.get(port, "/livez")
        with pytest.raises(ssl.SSLCertVerificationError):
            web.get(port, "/livez", context=ssl.create_default_context())
        wait_until(lambda: threads(server) == 0, what="the connections to end")


def threads(server):
    return sum(name.startswith("admin-tls") for name in server.thread_cpu_seconds())


def test_clients_show_certificates_where_the_settings_want_them(small, serve, authority):
    port = free_port()
    flags = flags_of(authority.sign("server"), port, "yes")
    with serve(small, flags=(*flags, "--tls-ca-cert-file", authority.path)):
        known = authority.client(authority.sign("prometheus"))
        assert web.get(port, "/readyz", context=known).status == 200
        with pytest.raises((OSError, http.client.HTTPException)):
            web.get(port, "/readyz", context=authority.client())


def test_another_certificate_is_taken_up_by_a_signal(small, serve, authority):
    port, context = free_port(), authority.client()
    certificate = authority.sign("first")
    with serve(small, flags=flags_of(certificate, port)) as server:
        def served():
            with socket.create_connection(("127.0.0.1", port), 60) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as wrapped:
                    return wrapped.getpeercert(binary_form=True)

        before = served()
        second = authority.sign("second")
        for old, new in zip(certificate, second):
            old.write_bytes(new.read_bytes())
        server.signal(signal.SIGHUP)
        wait_until(lambda: served() != before, what="the new certificate")


def test_handshakes_that_do_not_end_are_ended(small, serve, authority):
    port, context = free_port(), authority.client()
    with serve(small, flags=flags_of(authority.sign("server"), port)) as server:
        before = server.idle_socket_count()
        silent = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(40)]
        silent[0].sendall(b"\x16\x03\x01\x02\x00\x01")
        for connection in silent:
            try:
                while connection.recv(4096):
                    pass
            except ConnectionResetError:
                pass
            connection.close()
        wait_until(lambda: server.socket_count() == before, what="the sockets to be closed")
        assert web.get(port, "/livez", context=context).status == 200


def unread(port, context, address):
    """A client that asks for a lot and reads none of it; `None` where it is turned away."""
    plain = socket.socket()
    try:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        plain.settimeout(60)
        plain.bind((address, 0))
        plain.connect(("127.0.0.1", port))
        client = context.wrap_socket(plain, server_hostname="localhost")
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 40)
        client.setblocking(False)
        return client
    except (ssl.SSLError, OSError):
        plain.close()
        return None


def test_clients_that_do_not_read_are_few_and_do_not_last(small, serve, authority):
    port, context = free_port(), authority.client()
    with serve(small, flags=flags_of(authority.sign("server"), port)) as server:
        sockets = server.idle_socket_count()
        # Some stop within the handshake, and make room for others when all places are taken.
        halfway = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(4)]
        for connection in halfway:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01")
        clients = [client for number in range(80)
                   if (client := unread(port, context, f"127.0.0.{2 + number % 8}"))]
        try:
            assert 40 < len(clients) <= 64

            def send_more():
                # What they go on sending gains them nothing.
                for client in clients[::2]:
                    with contextlib.suppress(ssl.SSLError, OSError):
                        client.send(b"GET ")

            def are_gone():
                send_more()
                count = threads(server)
                assert count <= 64
                return count == 0
            # They hold their places for as long as the server has anything of theirs.
            wait_until(lambda: threads(server) == 64, what="all places to be taken")
            assert unread(port, context, "127.0.0.99") is None
            wait_until(are_gone, what="the relays to end")
            wait_until(lambda: server.socket_count() == sockets, what="the sockets to be closed")
            assert web.get(port, "/livez", context=context).status == 200
        finally:
            for connection in clients + halfway:
                connection.close()


def test_tls_without_a_certificate_is_a_wrong_setting(small):
    done = almanac("serve", small.directory, "--admin-port", free_port(), "--admin-tls", "yes", timeout=60)
    assert done.returncode == 78
    assert "admin-tls: tls-cert-file must name the server's certificate" in done.stderr.decode()
