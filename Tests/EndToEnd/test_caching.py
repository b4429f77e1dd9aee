"""Client-side caching: who tracks is told of every swap once, between the last reply of the old version and the first
of the new one; so what clients keep is never stale.

The values of each version begin with `v` and its number (swap_load.c), and numbers only go up.
"""

import contextlib
import json
import re
import selectors
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from support.programs import python_environment, skip_without
from support.resp import Connection, request, wait_until
from support.server import BINARY, Redis
from support.swap_load import ReloadSwapper, compile_load, make_versions

PROGRAMS = Path(__file__).parent / "client_programs"
KEYS = 200
SWAPS = 100
EVERYTHING = ("push", [b"invalidate", None])
pytestmark = pytest.mark.almanac_only


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_load(tmp_path_factory.mktemp("swap-load"))


@pytest.fixture(scope="module")
def versions(program, tmp_path_factory):
    """Data of versions 1 to 101, for every test of this file; each flips `current` to 1 first."""
    return make_versions(program, BINARY, tmp_path_factory.mktemp("caching") / "data", range(1, SWAPS + 2), KEYS, 64)


@pytest.fixture
def server(versions, serve):
    versions.flip("v0001")
    with serve(versions.directory, flags=("--loops", 2, "--rollback-window", "0s", "--warm-keys", 0)) as server:
        yield server


class Incomplete(Exception):
    """The reply's last bytes have not arrived."""


def parse(data, position):
    """The frame of RESP2 or RESP3 at `position`, and where the next begins."""
    end = data.find(b"\r\n", position)
    if end < 0:
        raise Incomplete
    kind, line, position = bytes(data[position : position + 1]), bytes(data[position + 1 : end]), end + 2
    if kind == b"_" or line == b"-1" and kind in b"$*":
        return None, position
    if kind in b"$=":
        end = position + int(line)
        if len(data) < end + 2:
            raise Incomplete
        return bytes(data[position:end]), end + 2
    if kind in b"*~>%":
        items = []
        for _ in range(int(line) * (2 if kind == b"%" else 1)):
            item, position = parse(data, position)
            items.append(item)
        return ("push", items) if kind == b">" else items, position
    return {b":": int, b"+": bytes.decode, b"-": lambda text: RuntimeError(text.decode())}[kind](line), position


class Frames:
    """A connection read frame by frame."""

    def __init__(self, server, *requests):
        self.connection = Connection(server.address)
        self.buffer = bytearray()
        for words in requests:
            assert not isinstance(self.ask(*words.split()), RuntimeError), words

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def arrived(self):
        """The frames that are whole by now."""
        frames, position = [], 0
        while position < len(self.buffer):
            try:
                frame, position = parse(self.buffer, position)
            except Incomplete:
                break
            frames.append(frame)
        del self.buffer[:position]
        return frames

    def receive(self):
        data = self.connection.socket.recv(1 << 18)
        assert data, "closed by the server"
        self.buffer += data

    def next(self, count=1):
        frames = []
        while len(frames) < count:
            frames += self.arrived()
            if len(frames) < count:
                self.receive()
        assert len(frames) == count, frames[count:]
        return frames

    def ask(self, *words):
        self.connection.send(request(*words))
        return self.next()[0]


def version_of(reply):
    """The number of the version that a reply is of; 0 for one without values."""
    if isinstance(reply, list):
        numbers = set(map(version_of, reply)) - {0}
        assert len(numbers) <= 1, f"a reply of several versions: {numbers}"
        return numbers.pop() if numbers else 0
    return int(reply[1:5]) if isinstance(reply, bytes) else 0


# The protocol


MODES = ["", "OPTIN", "OPTOUT", "NOLOOP", "BCAST", "BCAST NOLOOP PREFIX key: PREFIX other:", "BCAST PREFIX nosuch"]


@pytest.mark.parametrize("mode", MODES)
def test_a_tracking_connection_is_told_of_each_swap_once(server, versions, mode):
    swapper = ReloadSwapper(server.address, versions)
    with Frames(server, "HELLO 3", f"CLIENT TRACKING ON {mode}") as client:
        assert version_of(client.ask("GET", "key:%012d" % 1)) == 1
        for number in range(2, 6):
            swapper.swap(number)
            client.connection.send(request("GET", "key:%012d" % 1) + request("PING"))
            told, value, pong = client.next(3)
            assert (told, version_of(value), pong) == (EVERYTHING, number, "PONG")
        assert client.ask("CLIENT", "TRACKING", "OFF") == "OK"
        swapper.swap(6)
        assert version_of(client.ask("GET", "key:%012d" % 1)) == 6
    swapper.close()


def test_an_idle_connection_is_told_without_asking(server, versions):
    swapper = ReloadSwapper(server.address, versions)
    with Frames(server, "HELLO 3", "CLIENT TRACKING ON") as client:
        swapper.swap(2)
        assert client.next() == [EVERYTHING]
    swapper.close()


def test_a_reload_that_changes_nothing_is_told_to_nobody(server, versions):
    swapper = ReloadSwapper(server.address, versions)
    with Frames(server, "HELLO 3", "CLIENT TRACKING ON") as client:
        swapper.swap(1)
        assert client.ask("PING") == "PONG"
        swapper.swap(2)
        assert client.next() == [EVERYTHING]
    swapper.close()


def test_a_message_waits_for_the_end_of_a_transaction_that_runs(server, versions):
    """Requests that are queued are answered together, from one version; the message is before or behind them."""
    swapper = ReloadSwapper(server.address, versions)
    with Frames(server, "HELLO 3", "CLIENT TRACKING ON", "MULTI", "GET key:000000000001", "MGET key:000000000002") as one:
        swapper.swap(2)
        one.connection.send(request("EXEC"))
        frames = one.next(2)
        assert frames.count(EVERYTHING) == 1
        values = next(frame for frame in frames if frame != EVERYTHING)
        assert version_of(values) == (2 if frames[0] == EVERYTHING else 1), frames
    swapper.close()


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_connection_has_another_told(server, versions, protocol):
    """In RESP2 the message is one of a channel; the client that reads hears nothing itself."""
    swapper = ReloadSwapper(server.address, versions)
    with Frames(server) as told, Frames(server) as client:
        number = told.ask("CLIENT", "ID")
        if protocol == 2:
            assert told.ask("SUBSCRIBE", "__redis__:invalidate")[0] == b"subscribe"
        else:
            assert told.ask("HELLO", 3)
        assert client.ask("CLIENT", "TRACKING", "ON", "REDIRECT", number) == "OK"
        for version in (2, 3):
            swapper.swap(version)
            message = told.next()[0]
            assert message == ([b"message", b"__redis__:invalidate", None] if protocol == 2 else EVERYTHING)
            assert version_of(client.ask("GET", "key:%012d" % 1)) == version
    swapper.close()


def test_who_had_another_told_hears_that_it_is_gone(server, versions):
    swapper = ReloadSwapper(server.address, versions)
    with Frames(server, "HELLO 3") as client:
        with Frames(server) as told:
            number = told.ask("CLIENT", "ID")
            assert client.ask("CLIENT", "TRACKING", "ON", "REDIRECT", number) == "OK"
            assert told.ask("QUIT") == "OK"
        with server.connect() as other:
            wait_until(lambda: b"id=%d " % number not in other.call("CLIENT", "LIST"), what="the end of the other")
        swapper.swap(2)
        assert client.next() == [("push", [b"tracking-redir-broken", number])]
        assert b"broken_redirect" in client.ask("CLIENT", "TRACKINGINFO")[1]
    swapper.close()


class Reader(Frames):
    """Keeps a few batches of reads in flight and holds each reply against what has been told by then."""

    def __init__(self, server, *requests, told=None, is_told=True):
        super().__init__(server, *requests)
        # Whose messages count for this one: its own, or those of a connection that is told instead.
        self.teller, self.is_told = told or self, is_told
        self.messages = 0
        self.floors = []
        self.replies = self.newest = 0
        self.seen = set()

    def ask_for_more(self, turn):
        keys = ["key:%012d" % ((turn * 31 + step * 7) % KEYS) for step in range(20)]
        queued = b"".join(request("GET", key) for key in keys[:3])
        self.connection.send(
            b"".join(request("GET", key) for key in keys) + request("MGET", *keys)
            + request("MULTI") + queued + request("EXEC"))
        self.floors += [1 + self.teller.messages] * (20 + 1 + 5)

    def take(self):
        self.receive()
        for frame in self.arrived():
            if frame == EVERYTHING:
                self.messages += 1
                continue
            self.replies += 1
            floor, number = self.floors.pop(0), version_of(frame)
            assert not isinstance(frame, (RuntimeError, tuple)), frame
            if not number:
                continue
            self.seen.add(number)
            assert number >= max(floor, self.newest), (number, floor, self.newest)
            self.newest = number
            if self.teller is self and self.is_told:
                assert number == 1 + self.messages, f"version {number} after {self.messages} messages"


class Told(Frames):
    """Reads nothing but the messages that are meant for others."""

    messages = 0

    def take(self):
        self.receive()
        for frame in self.arrived():
            assert frame in (EVERYTHING, [b"message", b"__redis__:invalidate", None]), frame
            self.messages += 1


def test_messages_keep_their_place_among_the_replies_of_many_connections(server, versions):
    """Forty connections with pipelines of reads in flight, thirty swaps."""
    swaps = 30
    readers = [Reader(server, "HELLO 3", f"CLIENT TRACKING ON {mode}") for mode in MODES * 4]
    readers += [Reader(server, "HELLO 3", is_told=False) for _ in range(2)]
    all_told = []
    for protocol in (2, 3, 2, 3, 2):
        told = Told(server, *(["HELLO 3"] if protocol == 3 else []))
        number = told.ask("CLIENT", "ID")
        if protocol == 2:
            told.ask("SUBSCRIBE", "__redis__:invalidate")
        all_told.append(told)
        readers.append(Reader(server, "HELLO 3", f"CLIENT TRACKING ON REDIRECT {number}", told=told))
    swapper = ReloadSwapper(server.address, versions)
    progress, failures, is_over = threading.Semaphore(0), [], threading.Event()

    def swap():
        try:
            for number in range(2, swaps + 2):
                assert progress.acquire(timeout=60), "no reads"
                swapper.swap(number)
        except Exception as error:  # whatever it is, it is the test's failure
            failures.append(error)
        is_over.set()

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        with selectors.DefaultSelector() as selector:
            for one in [*readers, *all_told]:
                selector.register(one.connection.socket, selectors.EVENT_READ, one)
            for reader in readers:
                reader.ask_for_more(0)
                reader.ask_for_more(1)
            turn, done, after = 2, 0, 0
            # On for a while after the last swap, until nothing of it can be on its way any more.
            while after < 3 * len(readers) or any(reader.floors for reader in readers):
                events = selector.select(60)
                assert events, "no replies"
                for key, _ in events:
                    one = key.data
                    one.take()
                    if isinstance(one, Reader) and len(one.floors) <= 26 and after < 3 * len(readers):
                        turn, done = turn + 1, done + 1
                        after += is_over.is_set()
                        one.ask_for_more(turn)
                        if done % (2 * len(readers)) == 0:
                            progress.release()
                assert not failures, failures
    finally:
        for _ in range(swaps):
            progress.release()
        swapping.join(60)
    assert not failures, failures
    for reader in readers:
        assert reader.newest == 1 + swaps and len(reader.seen) > swaps / 2, (reader.newest, reader.seen)
        if reader.teller is reader:
            assert reader.messages == (swaps if reader.is_told else 0)
        else:
            assert (reader.messages, reader.teller.messages) == (0, swaps)
        reader.connection.close()
    for told in all_told:
        told.connection.close()
    swapper.close()


# What Redis says, word by word


CONVERSATIONS = [[words.split() for words in conversation] for conversation in [
    ["CLIENT TRACKINGINFO", "CLIENT GETREDIR", "CLIENT TRACKING", "CLIENT TRACKING maybe", "CLIENT TRACKING ON what",
     "CLIENT TRACKING ON REDIRECT", "CLIENT TRACKING ON REDIRECT x", "CLIENT TRACKING ON REDIRECT 0",
     "CLIENT TRACKING ON REDIRECT -1", "CLIENT TRACKING ON REDIRECT 987654321", "CLIENT TRACKING OFF"],
    ["CLIENT TRACKING ON BCAST OPTIN", "CLIENT TRACKING ON BCAST OPTOUT", "CLIENT TRACKING ON OPTIN OPTOUT",
     "CLIENT TRACKING ON PREFIX a", "CLIENT TRACKING ON PREFIX", "CLIENT TRACKING ON BCAST PREFIX a PREFIX ab",
     "CLIENT TRACKING ON BCAST PREFIX a PREFIX a", "CLIENT TRACKINGINFO"],
    ["CLIENT TRACKING ON BCAST PREFIX a PREFIX b", "CLIENT TRACKING ON BCAST PREFIX abc",
     "CLIENT TRACKING ON BCAST PREFIX c", "CLIENT TRACKINGINFO", "CLIENT TRACKING ON", "CLIENT TRACKING ON OPTIN",
     "CLIENT CACHING YES", "CLIENT TRACKING OFF", "CLIENT TRACKINGINFO"],
    ["CLIENT TRACKING ON BCAST", "CLIENT TRACKINGINFO", "CLIENT TRACKING ON BCAST PREFIX a", "CLIENT TRACKINGINFO"],
    ["CLIENT CACHING YES", "CLIENT CACHING", "CLIENT CACHING maybe", "CLIENT TRACKING ON", "CLIENT CACHING YES",
     "CLIENT CACHING NO", "CLIENT CACHING maybe", "CLIENT TRACKING ON OPTIN", "CLIENT TRACKING ON OPTOUT"],
    ["CLIENT TRACKING ON OPTIN", "CLIENT CACHING NO", "CLIENT CACHING YES", "CLIENT TRACKINGINFO",
     "CLIENT TRACKINGINFO", "CLIENT TRACKING ON OPTOUT", "CLIENT TRACKING ON BCAST", "CLIENT TRACKING ON OPTIN NOLOOP",
     "CLIENT TRACKINGINFO", "CLIENT GETREDIR"],
    ["CLIENT TRACKING ON OPTOUT", "CLIENT CACHING YES", "CLIENT CACHING NO", "CLIENT TRACKINGINFO", "GET a",
     "CLIENT TRACKINGINFO", "CLIENT TRACKING ON OPTIN"],
    ["CLIENT TRACKING ON REDIRECT {other}", "CLIENT GETREDIR", "CLIENT TRACKINGINFO",
     "CLIENT TRACKING ON REDIRECT {other} REDIRECT {other}", "CLIENT TRACKING ON", "CLIENT GETREDIR"],
    ["MULTI", "CLIENT TRACKING ON OPTIN", "CLIENT CACHING YES", "CLIENT TRACKINGINFO", "EXEC", "CLIENT TRACKINGINFO",
     "RESET", "CLIENT TRACKINGINFO", "CLIENT GETREDIR"],
    ["CLIENT TRACKING ON OPTIN", "CLIENT CACHING YES", "MULTI", "GET a", "EXEC", "CLIENT TRACKINGINFO"],
]]


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with Redis(tmp_path_factory.mktemp("redis")) as redis:
        yield redis


def converse(server, protocol, conversation):
    """The decoded replies, with the number of the other client as one word."""
    with Frames(server) as other, Frames(server, f"HELLO {protocol}") as client:
        number = other.ask("CLIENT", "ID")
        replies = [client.ask(*[word.format(other=number) for word in words]) for words in conversation]
        return [re.sub(rf"\b{number}\b", "OTHER", repr(reply)) for reply in replies]


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda words: " ".join(words[0]))
def test_options_and_errors_are_those_of_redis(server, redis, protocol, conversation):
    here, there = converse(server, protocol, conversation), converse(redis, protocol, conversation)
    for words, one, other in zip(conversation, here, there):
        assert one == other, " ".join(words)


# Clients


class CachedReads:
    """A client program that reads until it is told to stop; `reads` is how far it has got, `newest` the newest version."""

    def __init__(self, server, command, seed, room=2 * KEYS):
        self.child = subprocess.Popen(
            [*map(str, command), server.host, str(server.port), str(KEYS), str(seed), str(room)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.reads, self.newest, self.counted = 0, 0, None
        self.thread = threading.Thread(target=self._follow)
        self.thread.start()

    def _follow(self):
        for line in self.child.stdout:
            if line.startswith("{"):
                self.counted = json.loads(line)
            else:
                self.reads, self.newest = map(int, line.split())

    def is_past(self, count):
        assert self.child.poll() is None, self.child.stderr.read()[-3000:]
        return self.reads >= count

    def stop(self):
        """Ends it; what it counted."""
        self.child.stdin.close()
        self.thread.join(60)
        error = self.child.stderr.read()
        assert self.child.wait(60) == 0 and self.counted, error[-3000:]
        return self.counted

    def kill(self):
        self.child.kill()
        self.child.wait()
        self.thread.join(60)


class DeafProxy:
    """Leads one connection to a server and leaves out what it tells of caches."""

    MESSAGE = b">2\r\n$10\r\ninvalidate\r\n_\r\n"

    def __init__(self, server):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self.listener.getsockname()
        self.left_out = 0
        self.sockets = [self.listener]
        self.threads = [threading.Thread(target=self._accept, args=(server.address,))]
        self.threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self.threads:
            thread.join(60)

    def _accept(self, address):
        client, _ = self.listener.accept()
        server = socket.create_connection(address)
        self.sockets += [client, server]
        self.threads.append(threading.Thread(target=self._pass_on, args=(client, server)))
        self.threads[-1].start()
        self._pass_on(server, client, self.MESSAGE)

    def _pass_on(self, one, other, without=None):
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                # The message comes in one piece: it is written at once, and nothing else is on its way.
                if without and without in data:
                    self.left_out += data.count(without)
                    data = data.replace(without, b"")
                other.sendall(data)


def keyspace_hits(server):
    with server.connect() as connection:
        return int(re.search(rb"keyspace_hits:(\d+)", connection.call("INFO", "stats"))[1])


def swap_beside(server, versions, clients, swaps, hits_wanted):
    """Swaps as the clients go on, until they have had `hits_wanted` hits between them; their counts and the hits."""
    share = hits_wanted * 21 // 20 // len(clients)
    swapper = ReloadSwapper(server.address, versions)
    try:
        for client in clients:
            wait_until(lambda: client.is_past(1), what="the first reads")
        before = keyspace_hits(server)
        reads_before = sum(client.reads for client in clients)
        for index in range(swaps):
            goal = share * (index + 1) // (swaps + 1)
            wait_until(lambda: all(client.is_past(goal) for client in clients), 300, "the reads before a swap")
            swapper.swap(index + 2)
        wait_until(
            lambda: all(client.is_past(share) and client.newest > swaps for client in clients), 300,
            "the last reads, and every client to have read the last version")
        # What reached the server was no hit; what is being read just now may count on either side.
        hits = sum(client.reads for client in clients) - reads_before - (keyspace_hits(server) - before)
        return [client.stop() for client in clients], hits
    finally:
        swapper.close()
        for client in clients:
            client.kill()


def assert_nothing_stale(counted, swaps):
    for counts in counted:
        assert counts["stale"] == [], (counts["client"], len(counts["stale"]), counts["stale"][:5])
        assert counts["newest"] == 1 + swaps and counts["messages"] == swaps, counts
        # A client that missed most versions would have proved little.
        assert counts["versions"] > swaps * 3 / 4, counts


def test_a_million_hits_in_the_cache_of_redis_py_are_never_stale(server, versions):
    """Two clients, a hundred swaps."""
    clients = [CachedReads(server, [sys.executable, PROGRAMS / "cached_reads.py"], seed) for seed in (1, 2)]
    counted, hits = swap_beside(server, versions, clients, SWAPS, 1_000_000)
    assert_nothing_stale(counted, SWAPS)
    assert hits >= 1_000_000, hits


def test_a_client_that_is_not_told_is_seen_to_be_stale(server, versions):
    """That the checks can fail: half of the keys have room in the cache, so that old and new values meet."""
    with DeafProxy(server) as proxy:
        client = CachedReads(proxy, [sys.executable, PROGRAMS / "cached_reads.py"], 1, room=KEYS // 2)
        swapper = ReloadSwapper(server.address, versions)
        try:
            wait_until(lambda: client.is_past(2000), what="the first reads")
            swapper.swap(2)
            reads = client.reads
            wait_until(lambda: client.is_past(reads + 4000), what="reads after the swap")
            counts = client.stop()
        finally:
            client.kill()
            swapper.close()
        assert proxy.left_out == 1 and counts["messages"] == 0 and counts["newest"] == 2, counts
        assert len(counts["stale"]) > 10, counts


def test_a_cache_over_two_resp2_connections_is_never_stale(server, versions):
    """Ruby: the one reads, the other is told of what is out of date."""
    skip_without("ruby", "-e", "require 'redis'")
    clients = [CachedReads(server, ["ruby", PROGRAMS / "cached_reads.rb"], seed) for seed in (1, 2)]
    counted, hits = swap_beside(server, versions, clients, 50, 100_000)
    assert_nothing_stale(counted, 50)
    assert hits >= 100_000 and sum(counts["hits"] for counts in counted) >= 100_000, (hits, counted)


def test_the_cache_of_coredis(server):
    """Within a version: this release does not take in a message that everything is out of date, Redis's neither."""
    command = [sys.executable, PROGRAMS / "coredis_cache.py", server.host, str(server.port), str(KEYS)]
    done = subprocess.run(command, capture_output=True, timeout=120, env=python_environment("coredis==6.9.0"))
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    counts = json.loads(done.stdout)
    assert counts["wrong"] == 0 and counts["hits"] >= counts["reads"] - KEYS, counts
