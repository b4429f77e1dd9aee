"""Peers that send too much, read too slowly, leave too early or are too many."""

import re
import resource
import socket
import statistics
import struct
import threading
import time

import pytest

from support.data import large_value, numbered_value
from support.resp import bulk, request, wait_until
from support.server import raise_descriptor_limit


def key(number):
    return b"key:%012d" % number


class Reader(threading.Thread):
    """GETs one key again and again on a connection of its own until told to stop; keeps every latency."""

    def __init__(self, server, name, value):
        super().__init__(daemon=True)
        self.connection, self.name_of_key, self.expected = server.connect(), name, bulk(value)
        self.is_stopping, self.latencies, self.wrong = threading.Event(), [], []

    def run(self):
        try:
            while not self.is_stopping.is_set():
                start = time.perf_counter()
                reply = self.connection.call("GET", self.name_of_key)
                self.latencies.append(time.perf_counter() - start)
                if reply != self.expected:
                    self.wrong.append(reply)
        except OSError as error:
            self.wrong.append(error)

    def __enter__(self):
        self.start()
        wait_until(lambda: self.latencies, what="the first reply")
        return self

    def __exit__(self, *_):
        self.is_stopping.set()
        self.join(60)
        assert not self.is_alive() and not self.wrong, self.wrong[:3]
        self.connection.close()
        cuts = statistics.quantiles(self.latencies, n=1000)
        print(f"\n{len(self.latencies)} GETs beside it: p50 {cuts[499] * 1e3:.2f} ms, p99 {cuts[989] * 1e3:.2f} ms, "
              f"p99.9 {cuts[998] * 1e3:.2f} ms, max {max(self.latencies) * 1e3:.2f} ms")


@pytest.fixture(scope="module")
def million(built, tmp_path_factory):
    """A server of a million keys, all in its cache once read."""
    from support.server import Almanac

    with Almanac(tmp_path_factory.mktemp("million"), [built("million")], ["--loops", 2]) as server:
        yield server


def test_400_000_gets_are_written_before_one_reply_is_read(million):
    count = 400_000
    with million.connect() as connection:
        connection.send(b"".join(request("GET", key(number % 1000)) for number in range(count)))
        for number in range(count):
            assert connection.reply() == bulk(numbered_value(number % 1000)), number


def test_a_half_closed_peer_gets_every_reply(million):
    count = 50_000
    with million.connect() as connection:
        connection.send(b"".join(request("GET", key(number)) for number in range(count)))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read_to_end() == b"".join(bulk(numbered_value(number)) for number in range(count))


def test_a_half_closed_peer_with_half_a_request_gets_the_replies_before_it(million):
    with million.connect() as connection:
        connection.send(request("GET", key(1)) + b"*2\r\n$3\r\nGET\r\n$16\r\nkey:")
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read_to_end() == bulk(numbered_value(1))


def test_an_mget_of_a_million_keys_leaves_other_connections_their_replies(million):
    count = 1_000_000
    with Reader(million, key(3), numbered_value(3)), Reader(million, key(4), numbered_value(4)):
        with million.connect() as connection:
            names = b"".join(b"$16\r\nkey:%012d\r\n" % number for number in range(count))
            connection.send(b"*%d\r\n$4\r\nMGET\r\n" % (count + 1) + names)
            reply = connection.reply()
    assert reply.startswith(b"*1000000\r\n" + bulk(numbered_value(0)) + bulk(numbered_value(1)))
    assert reply.endswith(bulk(numbered_value(count - 1)))
    assert len(reply) == len(b"*1000000\r\n") + count * len(bulk(numbered_value(0)))


def test_keys_over_a_million_leaves_other_connections_their_replies(million):
    with Reader(million, key(3), numbered_value(3)), Reader(million, key(4), numbered_value(4)):
        with million.connect() as connection:
            names = connection.ask("KEYS", "*")
    assert len(names) == 1_000_000 and len(set(names)) == 1_000_000


def test_a_full_scan_returns_each_of_a_million_keys_once(million):
    with million.connect() as connection:
        cursor, found = b"0", []
        while True:
            cursor, page = connection.ask("SCAN", cursor, "COUNT", 5000)
            found += page
            if cursor == b"0":
                break
    assert len(found) == 1_000_000 and len(set(found)) == 1_000_000


@pytest.mark.almanac_only
def test_a_slow_reader_of_a_gigabyte_costs_no_more_memory_than_the_output_limit(built, serve):
    """128 replies of 8 MiB are asked for at once; the cache is smaller than the values. The limit is the default."""
    limit = 256 << 20
    values = [bulk(large_value(number)) for number in range(16)]
    flags = ("--cache-size", "16MiB", "--loops", 1)
    with serve(built("large"), flags=flags) as server:
        with server.connect(receive_buffer=1 << 16) as connection, Reader(server, b"nosuch", None):
            before = server.anonymous_bytes()
            peak = 0
            connection.send(b"".join(request("GET", b"large:%d" % (number % 16)) for number in range(128)))
            for number in range(128):
                peak = max(peak, server.anonymous_bytes() - before)
                assert connection.reply() == values[number % 16]
        print(f"\npeak growth {peak >> 20} MiB")
        assert peak <= limit


@pytest.mark.almanac_only
def test_a_reply_beyond_the_output_limit_is_sent_in_pieces_or_closes_its_connection_only(built, serve):
    """One MGET of a gigabyte, whose reader reads nothing at first."""
    limit = 32 << 20
    with serve(built("large"), flags=("--output-buffer-max", limit, "--cache-size", "16MiB")) as server:
        before = server.anonymous_bytes()
        with server.connect(receive_buffer=1 << 16) as greedy, server.connect() as other:
            greedy.send(request("MGET", *[b"large:%d" % (number % 16) for number in range(128)]))
            peak = 0
            for _ in range(2000):
                peak = max(peak, server.anonymous_bytes() - before)
                assert other.call("PING") == b"+PONG\r\n"
            # Beside the reply: the cache, and the 8 MiB blocks that are read, unpacked and copied meanwhile.
            assert peak <= limit + (128 << 20), peak
            try:
                assert len(greedy.reply()) > 1 << 30
            except ConnectionError:
                pass
            assert other.call("PING") == b"+PONG\r\n"


@pytest.mark.almanac_only
def test_requests_beyond_the_query_buffer_limit_close_their_connection_only(built, serve):
    """A peer that never reads may pile up only so much."""
    with serve(built("large"), flags=("--query-buffer-max", "1MiB", "--output-buffer-max", "1MiB")) as server:
        with server.connect(receive_buffer=1 << 16) as greedy, server.connect() as other:
            data = request("GET", b"large:1") * 10_000
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                greedy.socket.settimeout(60)
                for _ in range(1_000):
                    greedy.send(data)
            assert other.call("PING") == b"+PONG\r\n"


def test_5000_connections_dropped_within_a_request_leak_nothing(small, serve):
    pieces = [b"*2\r\n$3\r\nGET\r\n$10\r\nkey:0", b"*1000\r\n$4\r\nMGET\r\n",
              b"*2\r\n$3\r\nGET\r\n$400000\r\n" + b"x" * 30_000, request("GET", "key:000001") * 100, b"", b"PIN", b"*1\r\n$4\r\nPING\r\n*"]
    with serve(small) as server:

        def drop(count):
            for number in range(count):
                connection = server.connect()
                connection.send(pieces[number % len(pieces)])
                if number % 2:  # with a reset, or a plain end
                    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
            with server.connect() as connection:
                assert connection.call("PING") == b"+PONG\r\n"
            wait_until(lambda: server.socket_count() == sockets, what="sockets to be closed")

        sockets = server.idle_socket_count()
        drop(1000)  # what is allocated once is allocated now
        before = server.anonymous_bytes()
        drop(5000)
        grown = server.anonymous_bytes() - before
        print(f"\ngrown by {grown >> 10} KiB over 5000 connections")
        assert grown < 4 << 20


def test_10_000_idle_connections_cost_less_than_10_kib_each(small, serve):
    wanted = min(10_000, raise_descriptor_limit(30_000) - 500)
    assert wanted >= 1000
    flags = () if serve(small).name == "redis" else ("--clients-max", 20_000)
    with serve(small, flags=flags) as server:
        connections = []
        try:
            with server.connect() as first:
                first.call("GET", "key:000001")
                before = server.resident_bytes()
                for _ in range(wanted):
                    connection = socket.create_connection(server.address)
                    connection.sendall(b"PING\r\n")
                    connections.append(connection)
                for connection in connections:
                    assert connection.recv(100) == b"+PONG\r\n"
                each = (server.resident_bytes() - before) / wanted
                print(f"\n{wanted} idle connections, {each / 1024:.1f} KiB each")
                assert each < 10 * 1024
                assert first.call("GET", "key:000001") == bulk(b"value of 1")
        finally:
            for connection in connections:
                connection.close()


@pytest.mark.almanac_only
def test_two_loops_share_50_long_lived_connections(small, serve):
    """However the kernel spread them: what counts is where they are once they have been at work."""
    with serve(small, flags=("--loops", 2)) as server:
        connections = [server.connect() for _ in range(50)]

        def counts():
            for _ in range(20):
                for connection in connections:
                    connection.send(request("GET", "key:000001"))
                for connection in connections:
                    connection.reply()
            loops = re.findall(r" loop=(\d+)", connections[0].ask("CLIENT", "LIST").decode())
            assert len(loops) == 50
            return [loops.count(loop) for loop in sorted(set(loops))]

        def counts_if_fair():
            found = counts()
            return found if len(found) == 2 and min(found) >= 20 else None

        try:
            spread = wait_until(counts_if_fair, what="both loops to have 20 connections or more")
            print(f"\nconnections by loop: {spread}")
            first = server.thread_cpu_seconds()
            for _ in range(20):
                counts()
            spent = {name: seconds - first.get(name, 0) for name, seconds in server.thread_cpu_seconds().items()}
            print({name: round(seconds, 3) for name, seconds in spent.items() if seconds > 0.001})
        finally:
            for connection in connections:
                connection.close()


@pytest.mark.almanac_only
def test_more_clients_than_allowed_get_an_error(small, serve):
    with serve(small, flags=("--clients-max", 3)) as server:
        def let_in():
            connection = server.connect()
            try:
                if connection.call("PING") == b"+PONG\r\n":
                    return connection
            except OSError:
                pass
            connection.close()

        # Whoever asked whether the server is up may be on its way out.
        connections = [wait_until(let_in, what="a place") for _ in range(3)]
        with server.connect() as rejected:
            assert rejected.read_to_end() == b"-ERR max number of clients reached\r\n"
        connections.pop().close()

        wait_until(let_in, what="a place to be free again").close()
        for connection in connections:
            assert connection.call("PING") == b"+PONG\r\n"
            connection.close()


@pytest.mark.almanac_only
def test_a_silent_connection_is_closed_and_a_busy_one_is_not(small, serve):
    with serve(small, flags=("--idle-timeout", "1s")) as server:
        with server.connect() as silent, server.connect() as busy:
            silent.call("PING")
            wait_until(lambda: busy.call("PING") == b"+PONG\r\n" and silent.has_bytes(), what="the end")
            assert silent.read_to_end() == b""
            assert busy.call("PING") == b"+PONG\r\n"
