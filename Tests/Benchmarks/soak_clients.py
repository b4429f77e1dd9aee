#!/usr/bin/env python3
"""Clients of the long soak that swap_load.c has none of: guests that come and go, encrypted ones, caching readers,
subscribers, slow readers, and those that hang up in the middle. Each reply is checked as swap_load.c checks it.

Runs until SIGTERM, then prints what each kind has counted as JSON.
"""

import argparse
import json
import mmap
import random
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "EndToEnd"))

from support.resp import Connection, Push, decode, request  # noqa: E402

KEY_BYTES, HEAD_BYTES = 16, 23


class Announced:
    """The versions that may be seen, in the order of their announcement; see Announcements in swap_load.py."""

    def __init__(self, path):
        with open(path, "rb") as file:
            page = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
        self._numbers, self._versions = page[:16].cast("Q"), page[16:].cast("I")

    @property
    def settled(self):
        return self._numbers[1]

    def index(self, version):
        """The place of a version; -1 where it was never announced."""
        for index in range(self._numbers[0] - 1, -1, -1):
            if self._versions[index] == version:
                return index
        return -1


class Wrong(Exception):
    """A reply that must not be."""


class Reader:
    """A connection whose replies must never go back to an earlier version."""

    def __init__(self, client, tls=None):
        self.client, self.seen = client, 0
        self.connection = Connection(("127.0.0.1", client.options.tls_port if tls else client.options.port))
        if tls:
            self.connection.socket = tls.wrap_socket(self.connection.socket, server_hostname="localhost")

    def close(self):
        self.connection.close()

    def values(self, numbers, replies, settled):
        """Checks the values of one answer, all of one version; returns that one's place."""
        places = set()
        for number, value in zip(numbers, replies, strict=True):
            if not isinstance(value, bytes):
                raise Wrong(f"key {number} is {value!r}")
            if value[6:HEAD_BYTES] != b"key:%012d:" % number or len(value) != self.client.options.value_bytes:
                raise Wrong(f"key {number} has {value[:40]!r}")
            places.add(self.client.announced.index(int(value[1:5])))
        if len(places) != 1:
            raise Wrong(f"one answer of several versions: {places}")
        place = places.pop()
        if place < max(settled, self.seen):
            raise Wrong(f"version {place} after {self.seen}, while {settled} is in place")
        self.seen = place
        self.client.count["values"] += len(numbers)
        return place

    def look_up(self, kind, count):
        """Asks for some keys at once, as GETs in a pipeline, an MGET, or a block."""
        numbers = [self.client.chance.randrange(self.client.options.keys) for _ in range(count)]
        keys = [b"key:%012d" % number for number in numbers]
        settled = self.client.announced.settled
        if kind == "mget":
            self.connection.send(request("MGET", *keys))
            values = decode(self.connection.reply())
        elif kind == "multi":
            gets = b"".join(request("GET", key) for key in keys)
            self.connection.send(request("MULTI") + gets + request("EXEC"))
            values = decode(self.connection.replies(count + 2)[-1])
        else:
            self.connection.send(b"".join(request("GET", key) for key in keys))
            values = [decode(reply) for reply in self.connection.replies(count)]
        self.client.count["requests"] += 1
        if not isinstance(values, list):
            raise Wrong(f"{kind} is {values!r}")
        self.values(numbers, values, settled)


class Client(threading.Thread):
    """One client's life, over and over until the end."""

    def __init__(self, kind, seed, options, announced, tls):
        super().__init__(daemon=True, name=kind)
        self.kind, self.options, self.announced, self.tls = kind, options, announced, tls
        self.chance = random.Random(f"{options.seed}/{kind}/{seed}")
        self.count = {"lives": 0, "requests": 0, "values": 0, "errors": 0, "wrong": 0, "events": 0}
        self.said = []
        self.is_done = threading.Event()

    def run(self):
        life = getattr(self, self.kind)
        while not self.is_done.is_set():
            self.count["lives"] += 1
            try:
                life()
            except Wrong as error:
                self.count["wrong"] += 1
                self.say(error)
            except (OSError, ValueError) as error:
                self.count["errors"] += 1
                self.say(repr(error))
                self.is_done.wait(0.5)

    def say(self, words):
        if len(self.said) < 5:
            self.said.append(f"{self.kind}: {words}")

    def pause(self, least, most):
        return self.is_done.wait(self.chance.uniform(least, most))

    def guest(self):
        reader = Reader(self)
        for _ in range(self.chance.randrange(1, 6)):
            reader.look_up(self.chance.choice(["get", "mget", "multi"]), self.chance.choice([1, 3, 40]))
        reader.close()
        self.pause(0.01, 0.2)

    def encrypted(self):
        reader = Reader(self, self.tls)
        end = time.monotonic() + self.chance.uniform(1, 60)
        while time.monotonic() < end and not self.pause(0, 0.02):
            reader.look_up(self.chance.choice(["get", "mget", "multi"]), self.chance.choice([1, 16, 100]))
        reader.close()

    def caching(self):
        """Keeps what it has read until told otherwise; that is never older than what was in place before a PING."""
        reader, kept = Reader(self), {}
        connection = reader.connection
        for words in (("HELLO", "3"), ("CLIENT", "TRACKING", "ON")):
            if str(connection.ask(*words)).startswith("-"):
                raise Wrong(f"{words} is refused")

        def next_reply():
            while isinstance(value := decode(connection.reply()), Push):
                if value != [b"invalidate", None]:
                    raise Wrong(f"told {value!r}")
                self.count["events"] += 1
                kept.clear()
            return value

        end = time.monotonic() + self.chance.uniform(20, 120)
        while time.monotonic() < end and not self.pause(0, 0.05):
            number = self.chance.randrange(100)
            settled = self.announced.settled
            if number not in kept:
                connection.send(request("GET", b"key:%012d" % number))
                value = next_reply()
                kept[number] = reader.values([number], [value], settled)
                self.count["requests"] += 1
            connection.send(request("PING"))
            if next_reply() != "+PONG":
                raise Wrong("no PONG")
            old = [place for place in kept.values() if place < settled]
            if old:
                raise Wrong(f"keeps version {old[0]} though {settled} was in place before its PING")
        reader.close()

    def subscriber(self):
        connection = Connection(("127.0.0.1", self.options.port), deadline=2)
        connection.send(request("SUBSCRIBE", "__dataset__"))
        connection.reply()
        end = time.monotonic() + self.chance.uniform(60, 300)
        while time.monotonic() < end and not self.is_done.is_set():
            try:
                kind, channel, message = decode(connection.reply())
            except TimeoutError:
                continue
            if (kind, channel) != (b"message", b"__dataset__") or not isinstance(json.loads(message), dict):
                raise Wrong(f"told {kind!r} {channel!r} {message!r}")
            self.count["events"] += 1
        connection.close()

    def slow(self):
        """Asks for much, reads little by little, and all that comes is right."""
        reader = Reader(self)
        reader.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        numbers = [self.chance.randrange(self.options.keys) for _ in range(2000)]
        settled = self.announced.settled
        keys = request("MGET", *(b"key:%012d" % number for number in numbers))
        reader.connection.send(keys * 10)
        for _ in range(10):
            reader.values(numbers, decode(reader.connection.reply()), settled)
            self.count["requests"] += 1
            if self.pause(0.1, 1):
                return
        reader.close()

    def leaver(self):
        """Hangs up in the middle of a request or with replies unread; now and then so that the kernel says reset."""
        with socket.create_connection(("127.0.0.1", self.options.port)) as peer:
            keys = request("MGET", *(b"key:%012d" % number for number in range(500)))
            peer.sendall(keys * self.chance.randrange(1, 20) + keys[:self.chance.randrange(len(keys))])
            if self.chance.random() < 0.5:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.count["requests"] += 1
        self.pause(0.05, 0.5)


COUNTS = {"guest": 4, "encrypted": 4, "caching": 2, "subscriber": 2, "slow": 1, "leaver": 1}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls-port", type=int, default=0, help="0: no encrypted clients")
    parser.add_argument("--tls-ca", help="what the server's certificate is checked with")
    parser.add_argument("--announced", required=True)
    parser.add_argument("--keys", type=int, required=True)
    parser.add_argument("--value-bytes", type=int, required=True)
    parser.add_argument("--seed", default="0")
    options = parser.parse_args()
    tls = ssl.create_default_context(cafile=options.tls_ca) if options.tls_port else None
    announced = Announced(options.announced)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    clients = [
        Client(kind, number, options, announced, tls)
        for kind, count in COUNTS.items() for number in range(count) if kind != "encrypted" or tls]
    for client in clients:
        client.start()
    stop.wait()
    for client in clients:
        client.is_done.set()
    for client in clients:
        client.join(30)
    report = {}
    for client in clients:
        kind = report.setdefault(client.kind, {"clients": 0, "said": [], "hanging": 0})
        kind["clients"] += 1
        kind["hanging"] += client.is_alive()
        kind["said"] += client.said
        for name, count in client.count.items():
            kind[name] = kind.get(name, 0) + count
    print(json.dumps(report))


if __name__ == "__main__":
    main()
