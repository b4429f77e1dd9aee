"""TLS on the Redis port, with real clients: who gets in, who does not, and what becomes of everybody else."""

import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
import redis

from support.addresses import other_address
from support.certificates import Authority, openssl, serial
from support.resp import Connection, request, wait_until
from support.server import BINARY, ENVIRONMENT, IS_STANDIN, Almanac, almanac, free_port

pytestmark = [pytest.mark.almanac_only, pytest.mark.skipif(IS_STANDIN, reason="tests Almanac's own TLS")]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.sign("server")


@pytest.fixture(scope="module")
def client_certificate(authority):
    return authority.sign("client")


class Encrypted(Connection):
    """A connection through TLS; `context` is Python's."""

    def __init__(self, address, context, deadline=60, session=None):
        super().__init__(address, deadline=deadline)
        self.socket.setblocking(True)
        self.socket.settimeout(deadline)
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost", session=session)


class EncryptedServer(Almanac):
    """A server with a TLS port beside its plain one."""

    def __init__(self, logs, datasets, flags=(), **options):
        self.tls_port = free_port()
        super().__init__(logs, datasets, ("--tls-port", self.tls_port, *flags), **options)

    @property
    def tls_address(self):
        return (self.host, self.tls_port)


@pytest.fixture
def serve_tls(logs, built, certificate):
    def make(*flags, clients="no", certificate=certificate, dataset="small", **options):
        return EncryptedServer(
            logs, [built(dataset)],
            ("--tls-cert-file", certificate[0], "--tls-key-file", certificate[1], "--tls-auth-clients", clients,
             *flags), **options)
    return make


def talk(context, address, *words):
    """One request over a connection of its own, by Python's ssl, and the first line of the reply."""
    with socket.create_connection(address, timeout=30) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as wrapped:
            wrapped.sendall(request(*words))
            received = b""
            while b"\r\n" not in received:
                chunk = wrapped.recv(65536)
                if not chunk:
                    raise ConnectionError("closed")
                received += chunk
            return received.partition(b"\r\n")[0]


def test_sessions_count_as_memory_of_clients(serve_tls, authority):
    context = authority.client()
    memory = lambda watcher: int(re.search(r"mem_clients_normal:(\d+)", watcher.ask("INFO", "memory").decode())[1])
    with serve_tls("--loops", 2) as server, server.connect() as watcher:
        before = memory(watcher)
        clients = [Encrypted(server.tls_address, context) for _ in range(50)]
        assert all(client.ask("PING") == "+PONG" for client in clients)
        assert memory(watcher) - before >= 50 * (24 << 10)
        assert watcher.ask("CONFIG", "SET", "maxmemory-clients", "1mb") == "+OK"
        wait_until(lambda: memory(watcher) - before <= 1.1 * (1 << 20), what="some to be closed")
        evicted = int(re.search(r"evicted_clients:(\d+)", watcher.ask("INFO", "stats").decode())[1])
        assert 5 <= evicted < 50
        for client in clients:
            client.close()
        wait_until(lambda: memory(watcher) <= before, what="all to be given back")


def redis_cli(server, *arguments):
    return subprocess.run(
        ["redis-cli", "-h", "127.0.0.1", "-p", str(server.tls_port), "--tls", *map(str, arguments)],
        capture_output=True, timeout=30, stdin=subprocess.DEVNULL, text=True)


def s_client(server, *arguments, stdin=""):
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", *map(str, arguments)],
        input=stdin, capture_output=True, timeout=30, text=True)


# MARK: Clients


def test_redis_cli_and_redis_py_are_served(serve_tls, authority):
    with serve_tls() as server:
        assert redis_cli(server, "--cacert", authority.path, "PING").stdout == "PONG\n"
        client = redis.Redis("127.0.0.1", server.tls_port, ssl=True, ssl_ca_certs=str(authority.path))
        plain = server.redis()
        keys = list(plain.scan_iter(count=1000))
        assert keys and client.mget(keys) == plain.mget(keys)
        assert client.config_get("tls-*")["tls-port"] == str(server.tls_port)
        assert "tls-key-file-pass" in client.config_get("tls-*")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_both_protocols_and_kinds_of_keys(serve_tls, authority, version, kind):
    with serve_tls(certificate=authority.sign(f"server-{kind}", key_kind=kind)) as server:
        context = authority.client(greatest=version, least=version)
        assert talk(context, server.tls_address, "PING") == b"+PONG"


def test_only_the_protocols_that_are_wanted(serve_tls, authority):
    with serve_tls("--tls-protocols", "TLSv1.3") as server:
        with pytest.raises(ssl.SSLError):
            talk(authority.client(greatest=ssl.TLSVersion.TLSv1_2), server.tls_address, "PING")
        assert talk(authority.client(), server.tls_address, "PING") == b"+PONG"


def test_old_protocols_are_refused(serve_tls):
    with serve_tls() as server:
        for version in ("-tls1", "-tls1_1"):
            refused = s_client(server, version, "-cipher", "ALL:@SECLEVEL=0")
            assert refused.returncode != 0 and "alert protocol version" in refused.stderr, refused.stderr


def test_renegotiation_is_refused(serve_tls, authority):
    with serve_tls() as server:
        # s_client renegotiates on a line of one R, and waits for the input to end otherwise.
        asked = s_client(server, "-tls1_2", stdin="R\n")
        assert "no renegotiation" in asked.stderr, asked.stderr
        assert talk(authority.client(), server.tls_address, "PING") == b"+PONG"


def test_sessions_are_resumed_unless_that_is_turned_off(serve_tls, authority):
    for caching in ("yes", "no"):
        with serve_tls("--tls-session-caching", caching) as server:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context, session, reused = authority.client(greatest=version, least=version), None, None
                for _ in range(2):
                    with socket.create_connection(server.tls_address, timeout=30) as plain:
                        with context.wrap_socket(plain, server_hostname="localhost", session=session) as wrapped:
                            wrapped.sendall(request("PING"))
                            assert wrapped.recv(100) == b"+PONG\r\n"
                            session, reused = wrapped.session, wrapped.session_reused
                assert reused == (caching == "yes"), version


def test_without_a_plain_port(serve_tls, authority):
    server = serve_tls("--port", 0)
    server.answers = lambda: "ready" in server.log
    with server:
        facts = redis.Redis("127.0.0.1", server.tls_port, ssl=True, ssl_ca_certs=str(authority.path)).info()
        assert facts["tcp_port"] == server.tls_port
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.address, timeout=5)


# MARK: Certificates of clients


def test_mutual_authentication(serve_tls, authority, client_certificate, tmp_path):
    stranger = Authority(tmp_path / "stranger", "stranger")
    with serve_tls("--tls-ca-cert-file", authority.path, clients="yes") as server:
        own = authority.client(client_certificate)
        assert talk(own, server.tls_address, "PING") == b"+PONG"
        for wrong in (authority.client(), authority.client(stranger.sign("stranger-client"))):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                talk(wrong, server.tls_address, "PING")
        reasons = "the peer's certificate", "peer did not return a certificate"
        wait_until(lambda: any(reason in server.log for reason in reasons), what="the reason to be logged")
    with serve_tls("--tls-ca-cert-file", authority.path, clients="optional") as server:
        assert talk(authority.client(), server.tls_address, "PING") == b"+PONG"
        assert talk(own, server.tls_address, "PING") == b"+PONG"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            talk(wrong, server.tls_address, "PING")


def test_authorities_in_a_directory(serve_tls, authority, client_certificate, tmp_path):
    directory = tmp_path / "authorities"
    directory.mkdir()
    shutil.copy(authority.path, directory / "authority.crt")
    openssl("rehash", directory)
    with serve_tls("--tls-ca-cert-dir", directory, clients="yes") as server:
        assert talk(authority.client(client_certificate), server.tls_address, "PING") == b"+PONG"


# MARK: What is wrong at the start


def test_mistakes_are_told_at_the_start(built, authority, certificate, client_certificate, tmp_path):
    cut = tmp_path / "cut.crt"
    cut.write_bytes(certificate[0].read_bytes()[:200])
    locked = authority.sign("locked", passphrase="secret")
    server, key = certificate
    cases = [
        (["--tls-auth-clients", "no"], "tls-cert-file must name"),
        (["--tls-auth-clients", "no", "--tls-cert-file", server], "tls-key-file must name"),
        (["--tls-cert-file", server, "--tls-key-file", key], "tls-ca-cert-file or tls-ca-cert-dir must name"),
        (["--tls-auth-clients", "no", "--tls-cert-file", "/none", "--tls-key-file", key],
         "tls-cert-file /none: No such file"),
        (["--tls-auth-clients", "no", "--tls-cert-file", cut, "--tls-key-file", key], f"{cut} holds no certificate"),
        (["--tls-auth-clients", "no", "--tls-cert-file", server, "--tls-key-file", client_certificate[1]],
         "key values mismatch"),
        (["--tls-auth-clients", "no", "--tls-cert-file", locked[0], "--tls-key-file", locked[1]],
         "is encrypted, and there is no passphrase: tls-key-file-pass"),
        (["--tls-auth-clients", "no", "--tls-cert-file", locked[0], "--tls-key-file", locked[1],
          "--tls-key-file-pass", "wrong"], "is encrypted, and tls-key-file-pass is not its passphrase"),
        (["--tls-auth-clients", "no", "--tls-cert-file", server, "--tls-key-file", key, "--tls-ciphers", "NONE-SUCH"],
         "tls-ciphers NONE-SUCH"),
        (["--tls-auth-clients", "no", "--tls-cert-file", server, "--tls-key-file", key, "--tls-ca-cert-file", key,
          "--tls-auth-clients", "yes"], "holds no certificates"),
        (["--tls-protocols", "TLSv1.1"], "TLSv1.1"),
    ]
    for flags, words in cases:
        failed = almanac("serve", built("small").directory, "--port", 0, "--tls-port", free_port(), *flags)
        text = failed.stderr.decode()
        assert failed.returncode == 78 and words in text, (flags, failed.returncode, text)


def test_an_encrypted_key_and_its_passphrase(serve_tls, authority):
    with serve_tls(certificate=authority.sign("sealed", passphrase="open sesame"),
                   env={"ALMANAC_TLS_KEY_FILE_PASS": "open sesame"}) as server:
        assert talk(authority.client(), server.tls_address, "PING") == b"+PONG"
        shown = server.redis().config_get("tls-key-file-pass")
        assert "open sesame" not in str(shown)


def test_an_expired_certificate_is_used_with_a_warning(serve_tls, authority):
    expired = authority.sign("expired", days=0)
    with serve_tls(certificate=expired) as server:
        wait_until(lambda: "the certificate has expired" in server.log, what="the warning")
        assert talk(ssl._create_unverified_context(), server.tls_address, "PING") == b"+PONG"
        with pytest.raises(ssl.SSLCertVerificationError):
            talk(authority.client(), server.tls_address, "PING")


# MARK: Strangers


def test_noise_is_closed_and_others_are_served(serve_tls, authority):
    with serve_tls() as server:
        for noise in (request("PING"), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 100, os.urandom(5000),
                      b"\x16\x03\x01\xff\xff" + os.urandom(100_000)):
            with socket.create_connection(server.tls_address, timeout=30) as stranger:
                with contextlib.suppress(ConnectionError):
                    stranger.sendall(noise)
                    answer = b"?"
                    while answer:
                        answer = stranger.recv(4096)
                        assert b"PONG" not in answer
        assert talk(authority.client(), server.tls_address, "PING") == b"+PONG"


def recorded_hello(context):
    """What a client sends first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


def test_a_handshake_may_break_off_at_every_byte(serve_tls, authority):
    hello = recorded_hello(authority.client())
    with serve_tls() as server:
        sockets = server.idle_socket_count()
        for length in range(len(hello) + 1):
            with socket.create_connection(server.tls_address, timeout=30) as stranger:
                stranger.sendall(hello[:length])
        wait_until(lambda: server.socket_count() == sockets, what="all to be closed")
        assert talk(authority.client(), server.tls_address, "PING") == b"+PONG"


def test_a_handshake_and_a_request_may_come_a_byte_at_a_time(serve_tls, authority):
    with serve_tls() as server, socket.create_connection(server.tls_address, timeout=30) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = authority.client().wrap_bio(incoming, outgoing, server_hostname="localhost")

        def send():
            for byte in outgoing.read():
                plain.sendall(bytes([byte]))

        def until_done(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    send()
                    incoming.write(plain.recv(1))
        until_done(session.do_handshake)
        session.write(request("ECHO", "byte by byte"))
        send()
        assert until_done(lambda: session.read(100)) == b"$12\r\nbyte by byte\r\n"


def test_slow_handshakes_end(serve_tls, authority):
    hello = recorded_hello(authority.client())
    with serve_tls("--tls-handshake-timeout", "300ms") as server:
        silent = [socket.create_connection(server.tls_address, timeout=30) for _ in range(20)]
        for number, stranger in enumerate(silent):
            stranger.sendall(hello[: number * 10])
        with Encrypted(server.tls_address, authority.client()) as patient:
            for stranger in silent:
                with contextlib.suppress(ConnectionError):
                    assert stranger.recv(1) == b""
                stranger.close()
            # Who has shaken hands may be silent for as long as it likes.
            patient.socket.sendall(request("PING"))
            assert patient.socket.recv(100) == b"+PONG\r\n"
        wait_until(lambda: "tls-handshake-timeout" in server.log, what="the reason to be logged")


def test_protected_mode_says_why_it_keeps_somebody_out(serve_tls, authority):
    context = authority.client()
    with serve_tls(host="*") as server:
        assert talk(context, ("127.0.0.1", server.tls_port), "PING") == b"+PONG"
        told = talk(context, (other_address(), server.tls_port), "PING")
        assert told.startswith(b"-DENIED protected mode: there is no password")
        wait_until(lambda: "protected mode keeps a client out" in server.log, what="the warning")


def test_a_fleet_that_comes_at_once_waits_instead_of_being_sent_away(serve_tls, authority):
    with serve_tls("--tls-handshakes-max", 5, "--tls-handshake-timeout", "10m", "--loops", 1) as server:
        fleet = [socket.create_connection(server.tls_address, timeout=60) for _ in range(60)]
        context = authority.client()
        sessions = []
        for client in fleet:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            with pytest.raises(ssl.SSLWantReadError):
                session.do_handshake()
            client.sendall(outgoing.read())
            sessions.append((client, session, incoming, outgoing))
        # Some of them go while they wait.
        for client, *_ in sessions[10:60:10]:
            client.close()
        for client, session, incoming, outgoing in sessions:
            if client.fileno() < 0:
                continue
            while True:
                try:
                    session.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    incoming.write(client.recv(65536))
            session.write(request("PING"))
            client.sendall(outgoing.read())
            client.close()
        assert talk(context, server.tls_address, "PING") == b"+PONG"


def test_who_stops_in_a_handshake_makes_room_in_time(serve_tls, authority):
    hello = recorded_hello(authority.client())
    with serve_tls("--tls-handshakes-max", 5, "--tls-handshake-timeout", "1s", "--loops", 1) as server:
        strangers = [socket.create_connection(server.tls_address, timeout=30) for _ in range(5)]
        for stranger in strangers:
            stranger.sendall(hello[:10])
        silent = [socket.create_connection(server.tls_address, timeout=30) for _ in range(20)]
        assert talk(authority.client(), server.tls_address, "PING") == b"+PONG"
        # It had to wait for one of them.
        strangers[0].setblocking(False)
        with contextlib.suppress(ConnectionError):
            assert strangers[0].recv(1) == b""
        for stranger in strangers + silent:
            stranger.close()


def test_a_thousand_clients_shake_hands_at_once(serve_tls, authority):
    with serve_tls("--tls-handshake-timeout", "5m") as server:
        sockets = server.idle_socket_count()
        clients = [socket.create_connection(server.tls_address, timeout=60) for _ in range(1000)]
        context = authority.client()
        sessions = []
        for client in clients:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            with contextlib.suppress(ssl.SSLWantReadError):
                session.do_handshake()
            client.sendall(outgoing.read())
            sessions.append((client, session, incoming, outgoing))

        def receive(client, incoming):
            data = client.recv(65536)
            assert data, "closed"
            incoming.write(data)
        for client, session, incoming, outgoing in sessions:
            while True:
                try:
                    session.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    receive(client, incoming)
            session.write(request("PING"))
            client.sendall(outgoing.read())
        for client, session, incoming, _ in sessions:
            while True:
                try:
                    assert session.read(100) == b"+PONG\r\n"
                    break
                except ssl.SSLWantReadError:
                    receive(client, incoming)
            client.close()
        wait_until(lambda: server.socket_count() == sockets, what="all to be closed")


def test_a_tls_client_of_the_plain_port_does_no_harm(serve_tls, authority):
    hello = recorded_hello(authority.client())
    with serve_tls() as server:
        with socket.create_connection(server.address, timeout=5) as lost:
            lost.sendall(hello + b"\r\n")
            with contextlib.suppress(ConnectionError):
                assert not lost.recv(4096).startswith(b"\x16")
        assert server.connect().call("PING") == b"+PONG\r\n"


# MARK: Much data


def test_pipelines_and_large_replies(serve_tls, authority, built):
    with serve_tls(dataset="large") as server:
        context = authority.client()
        plain = server.redis()
        keys = [key for key, _ in built("large").pairs()]
        with Encrypted(server.tls_address, context) as connection:
            for key in keys:
                expected = plain.get(key)
                connection.socket.sendall(request("GET", key))
                assert read_bulk(connection.socket) == expected
        # Nothing is read before all is written.
        words = request("ECHO", "x" * 100)
        with Encrypted(server.tls_address, context) as connection:
            connection.socket.sendall(words * 20_000)
            expected = (b"$100\r\n" + b"x" * 100 + b"\r\n") * 20_000
            received = bytearray()
            while len(received) < len(expected):
                chunk = connection.socket.recv(1 << 20)
                assert chunk
                received += chunk
            assert received == expected


def read_bulk(stream):
    received = bytearray()
    while b"\r\n" not in received:
        received += stream.recv(1 << 20)
    header, _, rest = bytes(received).partition(b"\r\n")
    assert header.startswith(b"$"), header[:100]
    count, value = int(header[1:]), bytearray(rest)
    while len(value) < count + 2:
        chunk = stream.recv(1 << 20)
        assert chunk
        value += chunk
    return bytes(value[:-2])


def test_the_end_of_a_clients_input_still_gets_its_replies(serve_tls, authority):
    with serve_tls() as server, socket.create_connection(server.tls_address, timeout=30) as plain:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = authority.client().wrap_bio(incoming, outgoing, server_hostname="localhost")
        while True:
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                incoming.write(plain.recv(65536))
        session.write(request("ECHO", "last words") * 100)
        with contextlib.suppress(ssl.SSLWantReadError):
            session.unwrap()
        plain.sendall(outgoing.read())
        plain.shutdown(socket.SHUT_WR)
        while chunk := plain.recv(65536):
            incoming.write(chunk)
        incoming.write_eof()
        received = b""
        # The server ends by saying so; without that it would be another error.
        with pytest.raises(ssl.SSLZeroReturnError):
            while True:
                received += session.read(65536)
        assert received == b"$10\r\nlast words\r\n" * 100


def test_a_drain_answers_and_says_goodbye(serve_tls, authority):
    with serve_tls() as server:
        connection = Encrypted(server.tls_address, authority.client())
        connection.socket.sendall(request("PING"))
        assert connection.socket.recv(100) == b"+PONG\r\n"
        server.signal(signal.SIGTERM)
        connection.socket.suppress_ragged_eofs = False
        assert connection.socket.recv(100) == b""
        assert server.wait() == 0


# MARK: Other certificates while it runs


def shown_serial(server):
    """The serial number of the certificate that a new connection is shown."""
    pem = ssl.get_server_certificate(server.tls_address)
    done = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True, text=True,
                          check=True)
    return done.stdout.strip().partition("=")[2]


def test_sighup_reads_certificates_again_and_keeps_good_ones(serve_tls, authority, tmp_path):
    pair = tmp_path / "pair.crt", tmp_path / "pair.key"
    first, second = authority.sign("first"), authority.sign("second")

    def install(certificate):
        for source, target in zip(certificate, pair):
            shutil.copy(source, target)
    install(first)
    with serve_tls(certificate=pair) as server:
        assert shown_serial(server) == serial(first[0])
        open_connection = Encrypted(server.tls_address, authority.client())
        install(second)
        server.signal(signal.SIGHUP)
        wait_until(lambda: shown_serial(server) == serial(second[0]), what="the other certificate")
        pair[0].write_text("nothing of use")
        server.signal(signal.SIGHUP)
        wait_until(lambda: "certificates and TLS are as before" in server.log, what="the refusal")
        assert shown_serial(server) == serial(second[0])
        # A key that is not the certificate's.
        install((first[0], second[1]))
        client = server.redis()
        with pytest.raises(redis.ResponseError, match="Unable to update TLS configuration"):
            client.config_set("tls-cert-file", str(pair[0]))
        assert shown_serial(server) == serial(second[0])
        client.config_set("tls-cert-file", str(first[0]), "tls-key-file", str(first[1]))
        assert shown_serial(server) == serial(first[0])
        open_connection.socket.sendall(request("PING"))
        assert open_connection.socket.recv(100) == b"+PONG\r\n"


def test_certificates_change_under_load_without_a_failed_request(serve_tls, authority, tmp_path):
    pair = tmp_path / "pair.crt", tmp_path / "pair.key"
    choices = [authority.sign("load-first"), authority.sign("load-second")]
    for source, target in zip(choices[0], pair):
        shutil.copy(source, target)
    context, failures, counts = authority.client(), [], [0, 0]
    done = threading.Event()
    with serve_tls(certificate=pair) as server:
        def stay():
            with Encrypted(server.tls_address, context) as connection:
                while not done.is_set():
                    connection.socket.sendall(request("PING") * 10)
                    received = b""
                    while len(received) < 70:
                        received += connection.socket.recv(1000)
                    counts[0] += 10

        def come_and_go():
            while not done.is_set():
                assert talk(context, server.tls_address, "PING") == b"+PONG"
                counts[1] += 1

        def watched(work):
            try:
                work()
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=watched, args=(work,)) for work in (stay, stay, come_and_go, come_and_go)]
        for thread in threads:
            thread.start()
        try:
            for number in range(1, 21):
                chosen = choices[number % 2]
                for source, target in zip(chosen, pair):
                    # Renamed into place, as tools that renew certificates do.
                    shutil.copy(source, f"{target}.new")
                    os.replace(f"{target}.new", target)
                before = server.log.count("settings read again")
                server.signal(signal.SIGHUP)
                wait_until(lambda: server.log.count("settings read again") > before, what="the settings")
                wait_until(lambda: shown_serial(server) == serial(chosen[0]), what="the other certificate")
        finally:
            done.set()
            for thread in threads:
                thread.join(60)
        assert not failures and min(counts) > 20, (failures, counts)


def test_nothing_is_left_behind_by_many_handshakes(serve_tls, authority):
    with serve_tls("--loops", 1) as server:
        context = authority.client()

        def many(count):
            for _ in range(count):
                assert talk(context, server.tls_address, "PING") == b"+PONG"
        many(200)
        before = server.idle_socket_count(), server.anonymous_bytes()
        many(800)
        wait_until(lambda: server.socket_count() == before[0], what="all to be closed")
        assert server.anonymous_bytes() - before[1] < 3 << 20


# MARK: Our own commands


def test_our_own_commands_speak_tls(serve_tls, authority, client_certificate, built, tmp_path):
    dataset = built("small").directory
    with serve_tls("--tls-ca-cert-file", authority.path, clients="yes") as server:
        place = f"rediss://127.0.0.1:{server.tls_port}/0"
        certificate, key = client_certificate
        trusted = f"{place}?cacert={authority.path}&cert={certificate}&key={key}"
        copied = almanac("build", trusted, "--output", tmp_path / "copy", "--quiet")
        assert copied.returncode == 0, copied.stderr
        for side in (tmp_path / "copy", dataset):
            same = almanac("compare", side, trusted)
            assert same.returncode == 0, same.stderr
        for wrong in (place, f"{place}?insecure", f"{place}?cacert={authority.path}"):
            refused = almanac("compare", dataset, wrong)
            assert refused.returncode == 69 and b"certificate" in refused.stderr, refused
    # Whom the certificate is not for.
    elsewhere = authority.sign("elsewhere", hosts="DNS:elsewhere.example")
    with serve_tls(certificate=elsewhere) as server:
        place = f"rediss://127.0.0.1:{server.tls_port}/0?cacert={authority.path}"
        refused = almanac("compare", dataset, place)
        assert refused.returncode == 69 and b"certificate" in refused.stderr, refused
        assert almanac("compare", dataset, f"{place}&insecure").returncode == 0
