"""What a connection, and what all connections together, may have waiting."""

import math
import re
import signal
import socket
import threading
import time
import urllib.request

import pytest

from support.data import large_value
from support.resp import bulk, request, wait_until
from support.server import Almanac, free_port, raise_descriptor_limit

pytestmark = pytest.mark.almanac_only

MIB = 1 << 20


@pytest.fixture(scope="module")
def large(built):
    """Values of 8 MiB."""
    return built("large")


def statistic(connection, name):
    return int(re.search(rb"%s:(\d+)\r\n" % name.encode(), connection.ask("INFO")).group(1))


def waiting(connection):
    """Bytes of requests and replies that all connections hold, besides the KiB that each takes anyway."""
    text = connection.ask("INFO")
    total, count = (int(re.search(rb"%s:(\d+)\r\n" % name, text).group(1))
                    for name in (b"mem_clients_normal", b"connected_clients"))
    return total - 1024 * count


def held(connection, number):
    """Bytes of replies that a connection leaves unread; infinitely many once it is closed."""
    line = connection.ask("CLIENT", "LIST", "ID", number).decode()
    return int(re.search(r" omem=(\d+) ", line).group(1)) if line else math.inf


def hoarder(server, watcher, requests=request("GET", "large:1")):
    """A client that asks and does not read, once its replies wait in the server."""
    connection = server.connect(receive_buffer=1 << 16)
    number = connection.ask("CLIENT", "ID")
    connection.send(requests)
    wait_until(lambda: held(watcher, number) > MIB, what="replies to wait")
    return connection, number


def test_a_hard_limit_closes_at_once_and_a_subscriber_has_its_own(large, serve):
    with serve(large, flags=("--pubsub-buffer-max", "1MiB", "--pubsub-buffer-soft-max", 0)) as server:
        with server.connect() as watcher:
            normal, number = hoarder(server, watcher)
            subscriber = server.connect(receive_buffer=1 << 16)
            # In RESP3 a subscriber may ask for keys.
            subscriber.send(request("HELLO", "3") + request("SUBSCRIBE", "c") + request("GET", "large:1"))
            wait_until(lambda: "output-buffer-limit" in server.log, what="the subscriber to be closed")
            assert statistic(watcher, "client_output_buffer_limit_disconnections") == 1
            assert MIB < held(watcher, number) < math.inf
            assert normal.reply() == bulk(large_value(1))
            assert watcher.ask("CLIENT", "LIST").count(b"\n") == 2
            normal.close(), subscriber.close()


def test_a_soft_limit_closes_after_a_while_and_not_who_reads_meanwhile(large, serve):
    flags = ("--output-buffer-soft-max", "1MiB", "--output-buffer-soft-time", "2s")
    with serve(large, flags=flags) as server, server.connect() as watcher:
        started = time.monotonic()
        hoarding, hoarding_number = hoarder(server, watcher)
        reading, reading_number = hoarder(server, watcher)
        assert reading.reply() == bulk(large_value(1))
        wait_until(lambda: held(watcher, hoarding_number) == math.inf, what="the hoarder to be closed")
        assert 2 <= time.monotonic() - started < 30
        assert "output-buffer-soft-limit" in server.log
        assert held(watcher, reading_number) == 0
        assert reading.ask("PING") == "+PONG"
        # Over the limit again: a while of its own has to pass.
        reading.send(request("GET", "large:2"))
        assert reading.reply() == bulk(large_value(2))
        hoarding.close(), reading.close()


def test_a_soft_limit_may_be_set_while_a_client_is_over_it(large, serve):
    with serve(large) as server, server.connect() as watcher:
        connection, number = hoarder(server, watcher)
        limit = f"normal {256 * MIB} {MIB} 1"
        assert watcher.ask("CONFIG", "SET", "client-output-buffer-limit", limit) == "+OK"
        wait_until(lambda: held(watcher, number) == math.inf, what="the hoarder to be closed")
        connection.close()


@pytest.mark.parametrize("loops", [1, 2])
def test_the_total_closes_who_holds_most_and_then_the_rest(large, serve, loops):
    """Each of six leaves a value of 8 MiB unread; more than half of it waits in the server."""
    with serve(large, flags=("--loops", loops)) as server, server.connect() as watcher:
        clients = [hoarder(server, watcher) for _ in range(6)]
        # Requests behind a value that nobody reads pile up.
        most, most_number = hoarder(server, watcher, request("GET", "large:1") + request("GET", "nosuch") * 200_000)
        wait_until(lambda: b" qbuf=0 " not in watcher.ask("CLIENT", "LIST", "ID", most_number), what="requests to wait")
        total = waiting(watcher)
        assert total > 6 * 2 * MIB
        assert watcher.ask("CONFIG", "SET", "maxmemory-clients", total - 1) == "+OK"
        wait_until(lambda: statistic(watcher, "evicted_clients") > 0, what="one to be closed")
        assert statistic(watcher, "evicted_clients") == 1
        assert held(watcher, most_number) == math.inf
        assert all(held(watcher, number) < math.inf for _, number in clients)
        assert watcher.ask("CONFIG", "SET", "maxmemory-clients", "1mb") == "+OK"
        wait_until(lambda: waiting(watcher) <= MIB, what="the rest to be closed")
        assert statistic(watcher, "evicted_clients") == 7
        assert "clients-memory-max" in server.log
        assert watcher.ask("PING") == "+PONG"
        for connection, _ in [*clients, (most, most_number)]:
            connection.close()


def test_no_evict_spares(large, serve):
    with serve(large, flags=("--loops", 2, "--clients-memory-max", "12MiB")) as server, server.connect() as watcher:
        spared = server.connect(receive_buffer=1 << 16)
        number = spared.ask("CLIENT", "ID")
        assert spared.ask("CLIENT", "NO-EVICT", "ON") == "+OK"
        spared.send(request("GET", "large:1"))
        wait_until(lambda: held(watcher, number) > MIB, what="its reply to wait")
        others = [hoarder(server, watcher) for _ in range(8)]
        wait_until(lambda: statistic(watcher, "evicted_clients") > 0, what="one to be closed")
        wait_until(lambda: waiting(watcher) <= 12 * MIB, what="the total to be kept")
        assert MIB < held(watcher, number) < math.inf
        assert spared.reply() == bulk(large_value(1))
        spared.close()
        for connection, _ in others:
            connection.close()


def test_what_was_held_is_given_back(large, serve):
    with serve(large, flags=("--loops", 2)) as server, server.connect() as watcher:
        for _ in range(3):
            clients = [hoarder(server, watcher) for _ in range(4)]
            assert waiting(watcher) > 4 * MIB
            for connection, _ in clients[:2]:
                connection.close()
            for connection, _ in clients[2:]:
                assert connection.reply() == bulk(large_value(1))
            wait_until(lambda: waiting(watcher) == 0, what="the total to be nothing")
            for connection, _ in clients[2:]:
                connection.close()


def test_what_strangers_send_in_part_is_little_and_bounded_together(small, serve):
    """As many arguments as Redis takes of a stranger, each as long, would be 160 KiB a connection."""
    count = 1_500
    if raise_descriptor_limit(2 * count + 500) < 2 * count + 500:
        pytest.skip("too few descriptors may be open here")
    full = b"$16384\r\n" + b"x" * 16_384 + b"\r\n"
    with serve(small, flags=("--password", "pw", "--loops", 2)) as server, server.connect() as friend:
        assert friend.ask("AUTH", "pw") == "+OK"
        # One argument of the greatest length is taken, beside a command; a second one is not.
        with server.connect() as stranger:
            stranger.send(b"*3\r\n$4\r\nAUTH\r\n" + full + b"$2\r\npw\r\n")
            assert stranger.reply().startswith(b"-WRONGPASS")
            stranger.send(b"*3\r\n$4\r\nAUTH\r\n" + full + b"$16384\r\n")
            assert stranger.read_to_end() == b"-ERR Protocol error: unauthenticated bulk length\r\n"
        with server.connect() as stranger:
            stranger.send(b"A" * 20_000)
            assert stranger.read_to_end() == b"-ERR Protocol error: too big inline request\r\n"
        before = server.anonymous_bytes()
        strangers = []
        for part in (b"*10\r\n" + full * 9 + b"$16384\r\n" + b"x" * 16_000, b"*2\r\n$16384\r\n" + b"x" * 16_383):
            for _ in range(count):
                strangers.append(server.connect())
                try:
                    strangers[-1].send(part)
                except ConnectionError:
                    pass
            assert friend.ask("GET", "key:000001") == b"value of 1"
            assert waiting(friend) <= 8 * MIB
            assert server.anonymous_bytes() - before < 40 * MIB
        assert "clients that have shown no password hold too much" in server.log
        with server.connect() as late:
            assert late.ask("AUTH", "pw") == "+OK"
        for stranger in strangers:
            stranger.close()


def test_memory_goes_back_by_itself_when_a_crowd_has_left(small, serve):
    """Every tenth stays, so that what the others held lies between pieces that are in use."""
    count, part = 800, b"*2\r\n$3\r\nGET\r\n$250000\r\n" + b"x" * 200_000
    if raise_descriptor_limit(count + 500) < count + 500:
        pytest.skip("too few descriptors may be open here")
    with serve(small, flags=("--loops", 2)) as server, server.connect() as watcher:
        before = server.anonymous_bytes()
        crowd = [server.connect() for _ in range(count)]
        for connection in crowd:
            connection.send(part)
        wait_until(lambda: waiting(watcher) >= count * 200_000, what="all parts to be there")
        assert server.anonymous_bytes() - before > 150 * MIB
        for place, connection in enumerate(crowd):
            if place % 10:
                connection.close()
        wait_until(lambda: "memory that clients held is given back" in server.log, what="memory to be given back")
        # A tenth of it, in buffers of a quarter of a MiB, and what those who left had in small pieces.
        assert server.anonymous_bytes() - before < 60 * MIB
        for connection in crowd[::10]:
            connection.close()


class Narrow(Almanac):
    """May open so many files and sockets."""

    def spawn(self, command, env=None):
        super().spawn(["sh", "-c", f'ulimit -n {self.descriptors}; exec "$@"', "sh", *command], env)


def test_clients_leave_descriptors_for_all_else(small, logs):
    admin = free_port()
    server = Narrow(logs, [small], ("--admin-port", admin, "--admin-bind", "127.0.0.1", "--loops", 2))
    server.descriptors = 400
    with server:
        with server.connect() as watcher:
            places = int(watcher.ask("CONFIG", "GET", "maxclients")[1])
            assert 64 < places < 250 and "clients-max is lowered" in server.log
            assert watcher.ask("CONFIG", "SET", "maxclients", 1_000_000) == (
                b"-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able "
                b"to handle the specified number of clients, try with %d" % places).decode()
            assert watcher.ask("CONFIG", "SET", "maxclients", places) == "+OK"
            crowd = [server.connect() for _ in range(places - 1)]
            assert all(connection.ask("PING") == "+PONG" for connection in crowd)
            with server.connect() as rejected:
                assert rejected.read_to_end() == b"-ERR max number of clients reached\r\n"
            for path in ("livez", "readyz", "metrics"):
                with urllib.request.urlopen(f"http://127.0.0.1:{admin}/{path}", timeout=30) as response:
                    assert response.status == 200
            assert b" is sound" in watcher.call("DATASET", "VERIFY", "small")
            # The settings still say 10,000, which is no change and no more to be had than before.
            server.signal(signal.SIGHUP)
            wait_until(lambda: "settings read again" in server.log, what="the settings to be read")
            assert watcher.ask("CONFIG", "GET", "maxclients")[1] == b"%d" % places
            assert "changed=nothing" in server.log and "cannot accept" not in server.log
            for connection in crowd:
                connection.close()


def test_too_few_descriptors_are_an_error_at_the_start(small, logs):
    server = Narrow(logs, [small], ("--loops", 2))
    server.descriptors = 60
    server.start()
    assert server.wait() == 78
    assert "may open 60 files and sockets" in server.log and "to serve 32 clients" in server.log


def test_a_burst_of_connections_gets_exactly_as_many_places_as_there_are(small, serve):
    """Two loops accept at the same time."""
    limit = 50
    with serve(small, flags=("--loops", 2, "--clients-max", limit)) as server:
        for _ in range(5):
            wait_until(lambda: server.answers() if server.is_alive() else None)
            sockets = []
            for _ in range(400):
                connection = socket.socket()
                connection.setblocking(False)
                connection.connect_ex(server.address)
                sockets.append(connection)
            outcomes = []
            for connection in sockets:
                connection.settimeout(60)
                try:
                    connection.sendall(b"PING\r\n")
                    outcomes.append(connection.recv(100))
                except (ConnectionResetError, BrokenPipeError):
                    outcomes.append(b"")
            assert outcomes.count(b"+PONG\r\n") == limit
            assert {outcome for outcome in outcomes if outcome} <= {
                b"+PONG\r\n", b"-ERR max number of clients reached\r\n"}
            for connection in sockets:
                connection.close()


def test_fewer_places_than_there_are_clients_close_nobody_and_let_nobody_in(small, serve):
    with serve(small, flags=("--loops", 2)) as server:
        connections = [server.connect() for _ in range(10)]
        for connection in connections:
            assert connection.ask("PING") == "+PONG"
        assert connections[0].ask("CONFIG", "SET", "maxclients", 5) == "+OK"
        with server.connect() as rejected:
            assert rejected.read_to_end() == b"-ERR max number of clients reached\r\n"
        assert all(connection.ask("PING") == "+PONG" for connection in connections)
        assert connections[0].ask("CONFIG", "SET", "maxclients", 11) == "+OK"
        wait_until(server.answers, what="a place")
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("greedy", ["GET", "MGET", "KEYS"])
def test_a_greedy_client_leaves_a_polite_one_its_turns(built, serve, greedy):
    """One loop: a server that finished what is greedy first would answer next to nothing meanwhile."""
    with serve(built("million"), flags=("--loops", 1)) as server:
        with server.connect() as polite, server.connect() as other:
            key = b"key:%012d" % 7
            expected = polite.call("GET", key)
            if greedy == "GET":
                requests, count = request("GET", key) * 400_000, 400_000
            elif greedy == "MGET":
                requests, count = request("MGET", *[b"key:%012d" % number for number in range(100_000)]) * 10, 10
            else:
                requests, count = request("KEYS", "*") * 3, 3
            writer = threading.Thread(target=other.send, args=(requests,))
            reader = threading.Thread(target=other.replies, args=(count,))
            writer.start()
            reader.start()
            turns = 0
            while reader.is_alive():
                assert polite.call("GET", key) == expected
                turns += 1
            writer.join()
            reader.join()
            print(f"\n{turns} GETs beside it")
            assert turns >= 100
