#!/usr/bin/env python3
"""Whole walks by SCAN: the time of each 100,000 keys from start to end, and the memory that cursors take.

A walk is linear where the last 100,000 keys take as long as the first. Time is the client's; processor time is the
server's, which other work on the machine disturbs less.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))

from support.resp import request  # noqa: E402
from support.server import Almanac  # noqa: E402

PIECE = 100_000


def build(binary, keys, directory):
    """A version of keys `user:N`, in order."""
    command = [binary, "build", "-", "--input-format", "tsv", "--value", "value", "--output", directory, "--quiet",
               "--memory", "256MiB"]
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE) as process:
        process.stdin.write(b"key\tvalue\n")
        for first in range(0, keys, PIECE):
            numbers = range(first, min(first + PIECE, keys))
            process.stdin.write(b"".join(b"user:%09d\tvalue-of-%09d\n" % (number, number) for number in numbers))
        process.stdin.close()
        if process.wait() != 0:
            sys.exit("the dataset could not be built")


def walk(server, count):
    """Seconds and the server's CPU seconds of each 100,000 keys, and how many keys there were."""
    pieces, found, due = [], 0, PIECE
    suffix = b"\r\n$5\r\nCOUNT\r\n" + b"$%d\r\n%d\r\n" % (len(str(count)), count)
    with socket.create_connection(server.address) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        cursor = b"0"
        began, cpu = time.perf_counter(), sum(server.thread_cpu_seconds().values())
        while True:
            client.sendall(b"*4\r\n$4\r\nSCAN\r\n$%d\r\n%b%b" % (len(cursor), cursor, suffix))
            reply = client.recv(1 << 20)
            while reply.count(b"\r\n") < 4:
                reply += client.recv(1 << 20)
            # *2, $n, the cursor, *m, and then two lines a key.
            _, _, cursor, header, rest = reply.split(b"\r\n", 4)
            keys = int(header[1:])
            while rest.count(b"\r\n") < 2 * keys:
                rest += client.recv(1 << 20)
            found += keys
            is_over = cursor == b"0"
            if found >= due or is_over:
                now, cpu_now = time.perf_counter(), sum(server.thread_cpu_seconds().values())
                if found >= due:
                    pieces.append((now - began, cpu_now - cpu))
                began, cpu, due = now, cpu_now, due + PIECE
            if is_over:
                return pieces, found


def report(count, pieces, found, grown):
    tenth = max(len(pieces) // 10, 1)
    print(f"COUNT {count}: {found:,} keys in {sum(piece[0] for piece in pieces):.1f} s; "
          f"the server's memory grew by {grown / 2**20:.1f} MiB")
    for place, name in enumerate(("time", "server's CPU")):
        values = [piece[place] * 1e3 for piece in pieces]
        ratio = statistics.median(values[-tenth:]) / statistics.median(values[:tenth])
        print(f"  {name:>12} of 100,000 keys in ms: first tenth {statistics.median(values[:tenth]):.0f}, "
              f"last tenth {statistics.median(values[-tenth:]):.0f} ({ratio:.2f} times), "
              f"median {statistics.median(values):.0f}, most {max(values):.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=20_000_000)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 100, 10], help="COUNT of each walk")
    parser.add_argument("--dataset", type=Path, help="serve this, instead of building one")
    options = parser.parse_args()
    binary = Path(os.environ.get("ALMANAC_BINARY", ROOT / ".build/release/almanac"))
    with tempfile.TemporaryDirectory(prefix="almanac-scan-") as work:
        dataset = options.dataset or Path(work) / "data"
        if not options.dataset:
            build(binary, options.keys, dataset)
        for count in options.counts:
            # Another server each, so that the memory is this walk's.
            with Almanac(work, [dataset], ["--cache-size", "256MiB", "--row-cache-size", 0, "--loops", 1]) as server:
                with server.connect() as connection:
                    connection.send(request("SCAN", 0, "COUNT", 100_000))
                    connection.reply()
                before = server.anonymous_bytes()
                pieces, found = walk(server, count)
                report(count, pieces, found, server.anonymous_bytes() - before)


if __name__ == "__main__":
    main()
