#!/usr/bin/env python3
"""How long a polite client waits beside a greedy one, in Almanac and in redis-server.

The polite client has one GET in flight. The greedy one, on one connection, asks again and again for as much as it
can: a pipeline of a million GETs, an MGET of 100,000 keys, or KEYS * over all keys. Almanac runs with one loop, as
Redis has one thread for commands, so that both clients share it; --loops gives it more. Percentiles are medians of the
repetitions, which alternate between the servers. What the greedy client got done is shown too: a server that keeps it
waiting would be polite at its cost.
"""

import argparse
import json
import os
import platform
import socket
import statistics
import sys
import threading
import time
from pathlib import Path

from bench import Maker
from machine import say
from servers import ROOT, compiled_program, load
from versions import raise_priority


def bulk(data):
    return b"$%d\r\n%b\r\n" % (len(data), data)


class Greedy:
    """Sends the same requests over and over, and counts the bytes of the replies to tell when they are all there."""

    def __init__(self, target, requests, reply_bytes):
        self.requests, self.reply_bytes = requests, reply_bytes
        self.connection = socket.create_connection(("127.0.0.1", target.port), 120)
        self.received, self.is_stopping, self.failure = 0, threading.Event(), None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            while not self.is_stopping.is_set():
                # Written from a thread of its own: who reads only afterwards would be held up by its own replies.
                writer = threading.Thread(target=self.write, daemon=True)
                writer.start()
                left = self.reply_bytes
                while left > 0:
                    data = self.connection.recv(1 << 20)
                    if not data:
                        raise ConnectionError("closed")
                    if left == self.reply_bytes and data[:1] == b"-":
                        raise RuntimeError(data[:200])
                    left -= len(data)
                    self.received += len(data)
                if left < 0:
                    raise RuntimeError(f"{-left} bytes too many")
                writer.join()
        except (OSError, RuntimeError) as error:
            if not self.is_stopping.is_set():
                self.failure = error

    def write(self):
        try:
            self.connection.sendall(self.requests)
        except OSError as error:
            if not self.is_stopping.is_set():
                self.failure = error

    @property
    def rounds(self):
        return self.received / self.reply_bytes

    def __enter__(self):
        self.began = time.monotonic()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_stopping.set()
        self.took = time.monotonic() - self.began
        self.connection.shutdown(socket.SHUT_RDWR)
        self.thread.join(60)
        self.connection.close()
        if self.failure:
            sys.exit(f"the greedy client failed: {self.failure}")


class Nobody:
    rounds, took = 0, 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def scenarios(options):
    """name: (what the greedy client sends, bytes of the replies, what one round counts for, in which unit)"""
    def key(number):
        return b"key:%012d" % number

    value = options.value_bytes + len(b"$%d\r\n\r\n" % options.value_bytes)
    pipeline, many = options.pipeline, min(100_000, options.keys)
    gets = b"".join(b"*2\r\n$3\r\nGET\r\n" + bulk(key(number * 7919 % options.keys)) for number in range(pipeline))
    mget = b"*%d\r\n$4\r\nMGET\r\n" % (many + 1) + b"".join(bulk(key(number)) for number in range(many))
    return {
        "alone": None,
        f"a pipeline of {pipeline:,} GETs": (gets, pipeline * value, pipeline, "keys"),
        f"an MGET of {many:,} keys": (mget, len(b"*%d\r\n" % many) + many * value, many, "keys"),
        f"KEYS * over {options.keys:,}": (
            b"*2\r\n$4\r\nKEYS\r\n$1\r\n*\r\n",
            len(b"*%d\r\n" % options.keys) + options.keys * len(bulk(key(0))), options.keys, "names"),
    }


def measure(target, program, greedy, options):
    with Greedy(target, *greedy[:2]) if greedy else Nobody() as other:
        result = load(program, target.port, ("get", 1, 1, 1), options, options.seconds)
    done = other.rounds * greedy[2] / other.took if greedy else 0
    return {"p50": result["p50"], "p99": result["p99"], "p999": result["p999"],
            "gets_per_second": result["requests"] / result["seconds"], "greedy_per_second": done}


def table(report):
    names = report["targets"]
    head = f"{'beside':<30}" + "".join(f"{name + ' p50/p99/p99.9, us':>36}{'greedy a second':>20}" for name in names)
    lines = [report["title"], "", head, "-" * len(head)]
    for scenario, row in report["summary"].items():
        line = f"{scenario:<30}"
        for name in names:
            of = row[name]
            line += f"{of['p50']:>12,.0f} /{of['p99']:>9,.0f} /{of['p999']:>9,.0f}   "
            line += f"{of['greedy_per_second']:>19,.0f} " if of["greedy_per_second"] else " " * 20
        lines.append(line)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--value-bytes", type=int, default=100)
    parser.add_argument("--pipeline", type=int, default=1_000_000, help="GETs of the greedy pipeline")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run")
    parser.add_argument("--format", choices=["packed", "rocksdb"], default="rocksdb", help="of Almanac's storage")
    parser.add_argument("--loops", type=int, default=1, help="of Almanac; Redis has one")
    parser.add_argument("--binary", default=os.environ.get("ALMANAC_BINARY", str(ROOT / ".build/release/almanac")))
    parser.add_argument("--json", default=str(ROOT / ".build/bench/fairness.json"))
    options = parser.parse_args()
    if not raise_priority():
        say("other work of the machine disturbs what is measured")
    work = ROOT / ".build/bench"
    work.mkdir(parents=True, exist_ok=True)
    program = compiled_program(work, "load")
    targets = Maker(options, work).targets(options.keys)
    runs = []
    try:
        for target in targets:
            target.start()
            target.touch_all(program, options)
        for repetition in range(options.repetitions + 1):
            for name, greedy in scenarios(options).items():
                for target in targets:
                    run = measure(target, program, greedy, options)
                    if repetition > 0:  # the first one warms up, and is not counted
                        runs.append({"target": target.name, "scenario": name, **run})
            say(f"repetition {repetition} of {options.repetitions}" if repetition else "warm")
    finally:
        for target in targets:
            if hasattr(target, "process"):
                target.stop()
    names = [target.name for target in targets]
    summary = {
        scenario: {
            name: {figure: statistics.median(run[figure] for run in runs
                                             if run["target"] == name and run["scenario"] == scenario)
                   for figure in ("p50", "p99", "p999", "gets_per_second", "greedy_per_second")}
            for name in names}
        for scenario in scenarios(options)}
    report = {
        "title": f"one GET in flight; {options.keys:,} keys of {options.value_bytes} bytes, {options.repetitions} "
                 f"repetitions of {options.seconds} s, {os.cpu_count()} cores, {platform.release()}, "
                 f"{time.strftime('%Y-%m-%d %H:%M')}",
        "options": vars(options), "targets": names, "summary": summary, "runs": runs,
    }
    Path(options.json).write_text(json.dumps(report, indent=1))
    print(table(report))
    print(f"all of it: {options.json}")


if __name__ == "__main__":
    main()
