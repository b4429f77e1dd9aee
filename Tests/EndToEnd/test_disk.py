"""Disks that stall, fail and lie, under the engine of RocksDB: only who asks for what lies there may notice."""

import errno
import json
import signal
import statistics
import time

import pytest

from support.data import numbered_value
from support.faults import DiskFaults
from support.resp import bulk, decode, request, wait_until

pytestmark = pytest.mark.almanac_only

KEYS = 100_000


def key(number):
    return b"key:%012d" % number


@pytest.fixture
def faulty(built, serve, logs):
    """A server whose disk can be made to fail, and the switches; nothing has been read of it yet."""
    faults = DiskFaults(logs)
    with serve(built("hundred-thousand", "rocksdb"), flags=("--loops", 2), preload=faults.library, env=faults.env) as server:
        assert faults.reads > 0, "the shim saw no read of a table file"
        yield server, faults
        faults.hold = faults.fail_with = faults.flip = 0


def unread(server, number):
    """`number`, or the next one that shares no block with a canary: the server has looked those up already."""
    manifest = json.loads((server.datasets[0].directory / "manifest.json").read_bytes())
    tried = [int(canary["key"]["text"][4:]) for canary in manifest["canaries"] if canary["key"]["text"].startswith("key:")
             and not canary.get("absent")]
    while any(abs(number - other) < 200 for other in tried):
        number += 1
    return number


def read_into_cache(server, number):
    with server.connect() as connection:
        assert connection.call("GET", key(number)) == bulk(numbered_value(number))


def test_resident_keys_are_answered_while_cold_ones_wait_for_the_disk(faulty):
    server, faults = faulty
    read_into_cache(server, 7)
    faults.hold = 1
    with server.connect() as one, server.connect() as two:
        cold = [server.connect() for _ in range(8)]
        try:
            numbers = [unread(server, 50_000 + 5_000 * index) for index in range(len(cold))]
            last = unread(server, 99_000)
            for connection, number in zip(cold, numbers):
                connection.send(request("GET", key(number)) + request("ECHO", "after"))
            wait_until(lambda: faults.waiting > 0, what="a look-up to wait for the disk")
            latencies = []
            for _ in range(2_000):
                for connection in (one, two):
                    start = time.perf_counter()
                    assert connection.call("GET", key(7)) == bulk(numbered_value(7))
                    latencies.append(time.perf_counter() - start)
            print(f"\nresident GETs beside stalled ones: {percentiles(latencies)}")
            assert not any(connection.has_bytes() for connection in cold), "a cold GET was answered without the disk"
            assert faults.waiting > 0
            # A new connection is served too, and one that has both kinds keeps its order.
            with server.connect() as mixed:
                mixed.send(request("GET", key(last)) + request("GET", key(7)) + request("PING"))
                assert one.call("GET", key(7)) == bulk(numbered_value(7))
                assert not mixed.has_bytes()
                faults.hold = 0
                assert mixed.replies(3) == [bulk(numbered_value(last)), bulk(numbered_value(7)), b"+PONG\r\n"]
            for connection, number in zip(cold, numbers):
                assert connection.replies(2) == [bulk(numbered_value(number)), b"$5\r\nafter\r\n"]
        finally:
            faults.hold = 0
            for connection in cold:
                connection.close()


def test_a_peer_that_leaves_while_its_keys_are_read_harms_nobody(faulty):
    server, faults = faulty
    read_into_cache(server, 7)
    faults.hold = 1
    for index in range(20):
        with server.connect() as connection:
            connection.send(request("GET", key(40_000 + 1_000 * index)))
    wait_until(lambda: faults.waiting > 0, what="a look-up to wait for the disk")
    read_into_cache(server, 7)
    faults.hold = 0
    wait_until(lambda: faults.waiting == 0, what="the look-ups to end")
    read_into_cache(server, 41_000)


def test_a_stop_while_the_disk_stalls_ends_within_the_drain_timeout(built, serve, logs):
    faults = DiskFaults(logs)
    server = serve(built("hundred-thousand", "rocksdb"), flags=("--drain-timeout", "1s"), preload=faults.library, env=faults.env)
    with server:
        faults.hold = 1
        with server.connect() as connection:
            connection.send(request("GET", key(unread(server, 77_000))))
            wait_until(lambda: faults.waiting > 0, what="a look-up to wait for the disk")
            server.signal(signal.SIGTERM)
            wait_until(lambda: not server.is_alive(), 30, "the server to end though the disk does not answer")
        faults.hold = 0


@pytest.mark.parametrize("command", ["GET", "MGET", "EXISTS", "STRLEN", "TYPE", "TTL"])
def test_a_read_error_is_an_error_reply_and_not_an_absent_key(faulty, command):
    server, faults = faulty
    faults.fail_with = errno.EIO
    with server.connect() as connection:
        number = unread(server, 60_000)
        reply = connection.call(command, key(number))
        assert reply[:1] == b"-" and b"/" not in reply, reply
        assert connection.call("PING") == b"+PONG\r\n"
    faults.fail_with = 0
    read_into_cache(server, number)


def test_flipped_bits_are_an_error_reply_and_never_a_value(faulty):
    server, faults = faulty
    faults.flip = 1
    with server.connect() as connection:
        replies = [connection.call("GET", key(number)) for number in range(10_000, 90_000, 5_000)]
        right = [bulk(numbered_value(number)) for number in range(10_000, 90_000, 5_000)]
        for reply, value in zip(replies, right):
            assert reply == value or reply[:1] == b"-", reply
        assert any(reply[:1] == b"-" for reply in replies)
    faults.flip = 0
    read_into_cache(server, 20_000)


@pytest.mark.parametrize("command", [("KEYS", "*"), ("SCAN", 0, "COUNT", 100_000), ("RANDOMKEY",)], ids=str)
def test_a_walk_over_a_failing_disk_is_an_error_reply(faulty, command):
    server, faults = faulty
    faults.fail_with = errno.EIO
    with server.connect() as connection:
        assert connection.call(*command)[:1] == b"-"
        assert connection.call("PING") == b"+PONG\r\n"


def test_keys_over_a_stalled_disk_delays_nobody_else(faulty):
    server, faults = faulty
    read_into_cache(server, 7)
    faults.hold = 1
    with server.connect() as walker:
        walker.send(request("KEYS", "*"))
        wait_until(lambda: faults.waiting > 0, what="the walk to wait for the disk")
        for _ in range(200):
            read_into_cache(server, 7)
        assert not walker.has_bytes()
        faults.hold = 0
        assert len(decode(walker.reply())) == KEYS


def percentiles(latencies):
    cuts = statistics.quantiles(latencies, n=1000)
    return (f"p50 {cuts[499] * 1e6:.0f} us, p99 {cuts[989] * 1e6:.0f} us, p99.9 {cuts[998] * 1e6:.0f} us, "
            f"max {max(latencies) * 1e6:.0f} us of {len(latencies)}")
