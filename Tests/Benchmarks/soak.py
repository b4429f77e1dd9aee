#!/usr/bin/env python3
"""Swaps two versions a thousand times under constant load, and tells what the server holds before and after.

Clients GET at pipelines 1 and 16, MGET, and run MULTI blocks; others walk all keys with SCAN. Every value carries its
version: each reply, MGET, block and batch must be of one version, no connection may go back to an earlier one, each
walk must return every key, and nobody may see an error, an absent key or a closed connection (swap_load.c checks).
After the last swap the server must hold no more descriptors, threads and mappings than after the first ones, its
memory must have stayed, and the dataset's files must be as they were.
"""

import argparse
import os
import shutil
import signal
import sys
import time

from versions import ROOT, Target, compile_load, require_space, say
from support.swap_load import (
    Announcements, Load, ReloadSwapper, fingerprint, make_versions, resources, version_id, violations)

# Memory that may come and go: what the allocator keeps, sampled keys, log lines.
MEMORY_GROWTH_MAX = 64 << 20
SETTLED_AFTER = 20


def start_loads(program, port, options, announced):
    common = {"keys": options.keys, "value_bytes": options.value_bytes, "zipf": 0.99}
    kinds = [("get", {"connections": 8}), ("get", {"connections": 8, "pipeline": 16}),
             ("get", {"connections": 4, "rate": 500}), ("mget", {"connections": 4, "each": 50}),
             ("mget", {"connections": 2, "each": 2000}), ("multi", {"connections": 2, "each": 10}),
             ("scan", {"connections": 2, "each": 1000})]
    return [Load(program, port, kind, announced, seed=seed, **common, **more)
            for seed, (kind, more) in enumerate(kinds, 1)]


class Soak:
    """The server, its loads, and the swaps."""

    def __init__(self, options, work):
        self.options = options
        self.program = compile_load(work)
        self.directory = work / "soak"
        require_space(work, 8 * options.keys * (options.value_bytes + 24))
        say(f"building two versions of {options.keys:,} keys")
        self.data = make_versions(self.program, options.binary, self.directory, (1, 2), options.keys,
                                  options.value_bytes)
        command = [options.binary, "serve", f"soak={self.data.directory}", "--port", "{port}", "--bind", "127.0.0.1",
                   "--loops", options.loops, "--rollback-window", options.rollback_window,
                   # Caches that are full before the first reading: what grows then is a leak.
                   "--cache-size", "32MiB", "--row-cache-size", "32MiB",
                   *options.serve_flags.split()]
        self.server = Target("soak-server", command, work).start()
        self.announced = Announcements(work / "soak.announced", 1)
        self.readings, self.times = {}, []

    def swap(self, swapper, index):
        number = 2 - index % 2
        self.announced.announce(number)
        begin = time.monotonic()
        swapper.swap(number)
        self.times.append((time.monotonic() - begin) * 1e3)
        self.announced.settle()

    def run(self):
        """What was wrong, in lines; the loads' results."""
        swapper = ReloadSwapper(("127.0.0.1", self.server.port), self.data)
        checkpoints = {SETTLED_AFTER, 100, 500, self.options.count}
        before = fingerprint(self.data.directory / "versions")
        loads = start_loads(self.program, self.server.port, self.options, self.announced)
        wrong, begin = [], time.monotonic()
        try:
            for load in loads:
                load.wait_until_running()
            for index in range(self.options.count):
                self.swap(swapper, index)
                if index + 1 in checkpoints:
                    self.readings[index + 1] = self.settled_resources()
                    say(f"{index + 1} swaps, {time.monotonic() - begin:.0f} s: {self.readings[index + 1]}")
            results = [load.stop(120) for load in loads]
        except (AssertionError, OSError, RuntimeError) as error:
            results = []
            wrong.append(f"swap {len(self.times) + 1}: {error}")
        finally:
            for load in loads:
                load.kill()
        if fingerprint(self.data.directory / "versions") != before:
            wrong.append("the dataset's files were touched")
        return wrong + self.problems(results), results

    def settled_resources(self):
        """The least of each over a second, as a replaced version may just be closing."""
        readings, end = [], time.monotonic() + 1
        while time.monotonic() < end:
            readings.append(resources(self.server.pid))
            time.sleep(0.05)
        return {name: min(reading[name] for reading in readings) for name in readings[0]}

    def problems(self, results):
        wrong = []
        for result in results:
            if violations(result):
                wrong.append(f"{result['name']}: {violations(result)} {result['said']}")
            if result["name"].startswith("scan"):
                if not result["walks_across"]:
                    wrong.append("no walk saw a swap")
            elif len(result["versions"]) < min(2, self.options.count):
                wrong.append(f"{result['name']} saw only one version")
        counts = sorted(self.readings)
        if len(counts) > 1:
            early, late = self.readings[counts[0]], self.readings[counts[-1]]
            for name in ("descriptors", "threads"):
                if late[name] > early[name]:
                    wrong.append(f"{name} grew from {early[name]} to {late[name]}")
            # A mapping more or less is the allocator's; one a swap would be a leak.
            if late["mappings"] > early["mappings"] + max(20, (counts[-1] - counts[0]) // 20):
                wrong.append(f"mappings grew from {early['mappings']} to {late['mappings']}")
            if late["anonymous_bytes"] > early["anonymous_bytes"] + MEMORY_GROWTH_MAX:
                wrong.append(f"memory grew from {early['anonymous_bytes']:,} to {late['anonymous_bytes']:,} bytes")
        return wrong


def show(soak, results):
    times = sorted(soak.times)
    print(f"{len(times)} swaps; each answered after {times[len(times) // 2]:.1f} ms (median), "
          f"{times[-1]:.1f} ms (longest)")
    print(f"{'load':<20}{'requests':>14}{'values':>14}{'late':>8}{'p50 us':>10}{'p99.9 us':>10}  versions, walks")
    for result in results:
        seen = result["versions"] or f"{result['walks']} walks, {result['walks_across']} across a swap"
        latencies = "".join(f"{result[name]:>10.0f}" for name in ("p50", "p999"))
        print(f"{result['name']:<20}{result['requests']:>14,}{result['values']:>14,}{result['late']:>8,}{latencies}"
              f"  {seen}")
    print(f"{'after swaps':<14}{'descriptors':>12}{'threads':>9}{'mappings':>10}{'resident MiB':>14}"
          f"{'anonymous MiB':>15}")
    for count, each in sorted(soak.readings.items()):
        print(f"{count:<14,}{each['descriptors']:>12}{each['threads']:>9}{each['mappings']:>10}"
              f"{each['resident_bytes'] / 2**20:>14.1f}{each['anonymous_bytes'] / 2**20:>15.1f}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak swaps", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--value-bytes", type=int, default=100)
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--rollback-window", default="0s",
                        help="with 0s every swap opens a version and closes one; with a longer one both stay open")
    parser.add_argument("--serve-flags", default="", help="more flags for almanac serve, in one word")
    parser.add_argument("--binary", default=os.environ.get("ALMANAC_BINARY", str(ROOT / ".build/release/almanac")))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = ROOT / ".build/soak"
    work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(work / "soak", ignore_errors=True)
    soak = Soak(options, work)
    try:
        if not ReloadSwapper.is_known_to(("127.0.0.1", soak.server.port)):
            sys.exit("this binary has no DATASET RELOAD")
        wrong, results = soak.run()
        if soak.times:
            show(soak, results)
    finally:
        soak.server.stop()
        shutil.rmtree(work / "soak", ignore_errors=True)
    if soak.server.process.returncode != 0:
        wrong.append(f"the server ended with {soak.server.process.returncode}")
    for line in wrong:
        print(f"WRONG: {line}")
    print("nothing was wrong" if not wrong else f"{len(wrong)} things were wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
