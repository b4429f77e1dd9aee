#!/usr/bin/env python3
"""Whole walks by SCAN: keys a second a core, whether they are linear, and the memory that cursors take.

A walk is linear where the last 100,000 keys take as long as the first. Rates are keys by the server's processor time,
which other work on the machine disturbs less than time, and which is not held up by the client. Another server is
started for each walk of Almanac, so that the memory is this walk's; redis-server is loaded once.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import sys
import time
from pathlib import Path

from machine import raise_priority, require_space, say
from servers import ROOT, Rows, Target, compiled_program

PIECE = 100_000
KEYS_A_CORE_BAR = 2_000_000


def walk(target, count):
    """Seconds and the server's CPU seconds of each 100,000 keys, those of all, and how many keys there were."""
    pieces, found, due = [], 0, PIECE
    suffix = b"\r\n$5\r\nCOUNT\r\n" + b"$%d\r\n%d\r\n" % (len(str(count)), count)
    with socket.create_connection(("127.0.0.1", target.port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        cursor = b"0"
        began, cpu = time.perf_counter(), target.cpu()[0] / 1e9
        first_cpu = cpu
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
                now, cpu_now = time.perf_counter(), target.cpu()[0] / 1e9
                if found >= due:
                    pieces.append((now - began, cpu_now - cpu))
                began, cpu, due = now, cpu_now, due + PIECE
            if is_over:
                return {"pieces": pieces, "cpu_seconds": cpu_now - first_cpu, "found": found}


def walked(target, count, keys):
    """One whole walk, after one that has met everything."""
    walk(target, PIECE)
    before = target.status_mib("RssAnon")
    result = walk(target, count) | {"count": count, "grown_mib": target.status_mib("RssAnon") - before}
    if result["found"] != keys:
        sys.exit(f"{target.name} returned {result['found']:,} of {keys:,} keys")
    return result


def line(name, result):
    tenth = max(len(result["pieces"]) // 10, 1)
    cpu = [piece[1] * 1e3 for piece in result["pieces"]]
    first, last = statistics.median(cpu[:tenth]), statistics.median(cpu[-tenth:])
    rate = result["found"] / result["cpu_seconds"]
    cell = f"{rate / 1e6:.2f} M"
    if name == "almanac packed" and result["count"] == 1000:
        cell += f" (≥ {KEYS_A_CORE_BAR / 1e6:g} M: {'yes' if rate >= KEYS_A_CORE_BAR else '**no**'})"
    return (f"| {result['count']} | {name} | {cell} | {first:.0f} | {last:.0f} ({last / first:.2f} times) | "
            f"{result['grown_mib']:.1f} |")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench scan", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=5_000_000)
    parser.add_argument("--value-bytes", type=int, default=20)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 100, 10], help="COUNT of each walk")
    parser.add_argument("--servers", nargs="+", choices=["packed", "rocksdb", "redis"],
                        default=["packed", "rocksdb", "redis"])
    parser.add_argument("--binary", type=Path,
                        default=Path(os.environ.get("ALMANAC_BINARY", ROOT / ".build/release/almanac")))
    parser.add_argument("--data", type=Path, default=ROOT / ".build/bench", help="where datasets are made")
    parser.add_argument("--keep", action="store_true", help="the datasets, for the next run")
    parser.add_argument("--json", type=Path, default=ROOT / ".build/bench/scan.json")
    options = parser.parse_args()
    work = ROOT / ".build/bench"
    for directory in (work, options.data):
        directory.mkdir(parents=True, exist_ok=True)
    rows = Rows(compiled_program(work, "rows"), options.keys, options.value_bytes)
    require_space(options.data, 4 * rows.kept_bytes)
    raise_priority()
    found, servers, redis, datasets = {}, {}, None, []
    try:
        if "redis" in options.servers:
            binary = shutil.which("redis-server") or sys.exit("redis-server is missing")
            redis = Target("scan redis", [binary, "--port", "{port}", "--bind", "127.0.0.1", "--save", "",
                                          "--appendonly", "no", "--dir", work], work, rows).start()
        for form in options.servers:
            if form != "redis":
                datasets.append(rows.build(options.binary, options.data / f"{rows.name}.{form}", "--format", form))
                small = ["--cache-size", "256MiB", "--row-cache-size", 0] if form == "rocksdb" else []
                servers[form] = Target(f"scan {form}", [options.binary, "serve", datasets[-1], "--port", "{port}",
                                                        "--bind", "127.0.0.1", "--loops", 1, *small], work)
        print(f"{options.keys:,} keys of 16 bytes\n\n| COUNT | | keys/s a core | CPU of the first 100,000 keys, ms | "
              "of the last | memory grew, MiB |\n|---:|---|---:|---:|---:|---:|")
        for count in options.counts:
            for form in options.servers:
                target = redis if form == "redis" else servers[form].start()
                try:
                    result = walked(target, count, options.keys)
                finally:
                    if form != "redis":
                        target.stop()
                found[f"{form} {count}"] = result
                print(line("redis-server" if form == "redis" else f"almanac {form}", result), flush=True)
    finally:
        if redis:
            redis.stop()
        if not options.keep:
            for dataset in datasets:
                shutil.rmtree(dataset, ignore_errors=True)
    options.json.write_text(json.dumps(found, indent=1))
    say(f"all of it: {options.json}")


if __name__ == "__main__":
    main()
