"""CLIENT PAUSE: who is held back is answered afterwards, may leave meanwhile, and is told of another version."""

import signal
import socket
import struct
import time

import pytest

from support.data_directory import DataDirectory, value
from support.resp import bulk, request, wait_until

INVALIDATION = b">2\r\n$10\r\ninvalidate\r\n_\r\n"


def test_requests_sent_in_a_pause_are_answered_after_it_and_in_order(small, serve):
    with serve(small) as server, server.connect() as pausing, server.connect() as held:
        assert held.ask("PING") == "+PONG"
        began = time.monotonic()
        # What follows in the same pipeline is held back, too.
        pausing.send(request("CLIENT", "PAUSE", 700) + request("ECHO", "later"))
        assert pausing.reply() == b"+OK\r\n"
        held.send(request("GET", "key:000001") + request("PING", "second"))
        assert held.replies(2) == [b"$10\r\nvalue of 1\r\n", b"$6\r\nsecond\r\n"]
        assert pausing.reply() == b"$5\r\nlater\r\n"
        assert time.monotonic() - began >= 0.69


def test_a_pause_of_writers_holds_nobody_back_who_reads(small, serve):
    with serve(small) as server, server.connect() as pausing, server.connect() as reader:
        assert pausing.ask("CLIENT", "PAUSE", 60_000, "WRITE") == "+OK"
        assert reader.call("GET", "key:000001") == b"$10\r\nvalue of 1\r\n"
        assert pausing.ask("CLIENT", "UNPAUSE") == "+OK"


@pytest.mark.almanac_only
def test_an_idle_timeout_does_not_close_who_is_held_back(small, serve):
    with serve(small, flags=("--idle-timeout", "1s")) as server, server.connect() as pausing:
        with server.connect() as held:
            assert held.ask("PING") == "+PONG"
            assert pausing.ask("CLIENT", "PAUSE", 2500) == "+OK"
            held.send(request("GET", "key:000001"))
            assert held.reply() == b"$10\r\nvalue of 1\r\n"


@pytest.mark.almanac_only
def test_who_leaves_in_a_pause_leaves_nothing_behind(small, serve):
    with serve(small, flags=("--loops", 2)) as server, server.connect() as pausing:
        assert pausing.ask("PING") == "+PONG"
        before = server.socket_count()
        leaving = [server.connect() for _ in range(20)]
        for connection in leaving:
            assert connection.ask("PING") == "+PONG"
        assert pausing.ask("CLIENT", "PAUSE", 30_000) == "+OK"
        for number, connection in enumerate(leaving):
            if number % 2:
                connection.send(request("GET", "key:000001"))
            else:
                connection.close()
        wait_until(lambda: server.socket_count() <= before + 10, what="those who closed to be gone")
        for connection in leaving[1::2]:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        wait_until(lambda: server.socket_count() <= before, what="those with a request held back to be gone")
        # A stop answers what is held back rather than wait for the end.
        pausing.send(request("PING"))
        server.signal(signal.SIGTERM)
        assert pausing.reply() == b"+PONG\r\n"


@pytest.mark.almanac_only
def test_a_cache_is_told_of_another_version_in_a_pause(data, serve):
    directory = DataDirectory(data)
    directory.add("A")
    directory.add("B", activate=False)
    with serve(f"users={directory.path}") as server, server.connect() as caching, server.connect() as pausing:
        assert caching.call("HELLO", 3)[:1] == b"%"
        assert caching.ask("CLIENT", "TRACKING", "ON") == "+OK"
        assert caching.call("GET", "key:1") == bulk(value("A", 1))
        began = time.monotonic()
        assert pausing.ask("CLIENT", "PAUSE", 8_000) == "+OK"
        caching.send(request("GET", "key:1"))
        directory.announce("B")
        server.signal(signal.SIGHUP)
        assert caching.reply() == INVALIDATION
        assert time.monotonic() - began < 7
        server.signal(signal.SIGTERM)
        assert caching.reply() == bulk(value("B", 1))
