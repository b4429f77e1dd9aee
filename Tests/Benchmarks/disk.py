#!/usr/bin/env python3
"""Data larger than memory: how often the disk is read for a hit and for a miss, and latency beside the disk's own.

The server's memory, page cache and all, is limited to a quarter of its files. Keys are chosen uniformly, by as many
connections as reads are to be under way at once, one request each. Beside every run a small program reads 4 KiB at
random places of the same files, past the page cache, as many at once: what the disk itself takes. Reads are counted by
a cgroup, and their bytes by the kernel for the process. A part of the keys is in memory; so hits that needed the disk,
as the server counts them, are shown, too.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from machine import DiskCounter, MemoryGroup, drop_pages, files_of, raise_priority, require_space, say, size_of
from servers import ROOT, Rows, Target, compiled_program, load

READS_A_HIT_BAR, READS_A_MISS_BAR, P99_BAR = 1.05, 0.01, 2.0
BLOCK_BYTES = 4096


class DiskServer:
    """Almanac on one format's files, in a group with a quarter of the memory that they would need."""

    def __init__(self, options, work, form, dataset):
        limit = str(int(size_of(dataset) * options.memory_share))
        self.form, self.dataset, self.limit = form, dataset, int(limit)
        self.group = MemoryGroup(limit)
        self.disk = DiskCounter(dataset, self.group)
        drop_pages(dataset)
        command = [options.binary, "serve", dataset, "--port", "{port}", "--bind", "127.0.0.1", "--loops", 1,
                   *options.serve_flags.split()]
        self.target = Target(f"disk {form}", command, work, group=self.group)
        self.target.start(self.disk.wrapper())

    def run(self, program, rows, kind, options):
        counts, fetched = self.disk.reads(), self.target.read_bytes()
        cold, cpu = self.cold_look_ups(), self.target.cpu()[0]
        result = load(program, self.target.port, (kind, options.depth, 1, 1), rows, options.seconds)
        fetched = self.target.read_bytes() - fetched
        reads = fetched / BLOCK_BYTES if counts is None else self.disk.reads() - counts
        return {"form": self.form, "kind": kind, "reads": reads / result["keys"],
                "read_bytes": fetched / result["keys"], "cold": (self.cold_look_ups() - cold) / result["keys"],
                "cpu_us": (self.target.cpu()[0] - cpu) / 1e3 / result["keys"],
                "keys_per_second": result["keys"] / result["seconds"], "p50_us": result["p50"],
                "p99_us": result["p99"], "p999_us": result["p999"]}

    def cold_look_ups(self):
        return int(self.target.info().get("cold_lookups", 0))

    def stop(self):
        self.target.stop()
        self.disk.remove()
        self.group.remove()


def device(program, dataset, options):
    """The disk by itself, at the same depth."""
    files = [path for path in files_of(dataset) if path.name != "manifest.json"]
    done = subprocess.run([program, str(options.seconds), str(options.depth), *files], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the disk could not be read: {done.stderr}")
    return json.loads(done.stdout)


def measured(options, work, servers, rows):
    program, device_program = compiled_program(work, "load"), compiled_program(work, "device")
    runs = []
    for server in servers:  # fills what memory there is
        server.target.wait_until_resident()
        load(program, server.target.port, ("get", options.depth, 1, 1), rows, 4 * options.seconds)
        say(f"{server.form} is warm")
    for repetition in range(1, options.repetitions + 1):
        for server in servers:
            alone = device(device_program, server.dataset, options)
            for kind in ("get", "miss"):
                runs.append({"repetition": repetition, "device_p50_us": alone["p50"], "device_p99_us": alone["p99"],
                             "device_reads_per_second": alone["reads"] / alone["seconds"],
                             **server.run(program, rows, kind, options)})
        say(f"repetition {repetition} of {options.repetitions}")
    return runs


def judged(value, bar):
    return f"{value:.4f} (≤ {bar:g}: {'yes' if value <= bar else '**no**'})"


def show(report, runs):
    print(report["title"] + "\n")
    print("| | reads of the disk each | bytes each | needed the disk | p50 / p99, µs | p99 ÷ the disk's own | keys/s | "
          "CPU, µs |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    for form in dict.fromkeys(run["form"] for run in runs):
        for kind, name, bar in (("get", "hit", READS_A_HIT_BAR), ("miss", "miss", READS_A_MISS_BAR)):
            of = [run for run in runs if run["form"] == form and run["kind"] == kind]
            middle = {field: statistics.median(run[field] for run in of) for field in of[0]
                      if field not in ("form", "kind")}
            times = statistics.median(run["p99_us"] / run["device_p99_us"] for run in of)
            needed = f"{100 * middle['cold']:.1f} %"
            if middle["cold"] > 0.01:
                needed += f", by {middle['reads'] / middle['cold']:.2f} reads each"
            print(f"| {form}, {name} | {judged(middle['reads'], bar)} | {middle['read_bytes']:,.0f} | "
                  f"{needed} | {middle['p50_us']:,.0f} / {middle['p99_us']:,.0f} | "
                  f"{judged(times, P99_BAR) if kind == 'get' else ''} | {middle['keys_per_second']:,.0f} | "
                  f"{middle['cpu_us']:.1f} |")
    print(f"\nthe disk by itself at a depth of {report['depth']}: p50 "
          f"{statistics.median(run['device_p50_us'] for run in runs):,.0f} µs, p99 "
          f"{statistics.median(run['device_p99_us'] for run in runs):,.0f} µs, "
          f"{statistics.median(run['device_reads_per_second'] for run in runs):,.0f} reads/s")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench disk", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=20_000_000)
    parser.add_argument("--value-bytes", type=int, default=100)
    parser.add_argument("--formats", nargs="+", choices=["packed", "rocksdb"], default=["packed", "rocksdb"])
    parser.add_argument("--memory-share", type=float, default=0.25, help="of the files' size")
    parser.add_argument("--depth", type=int, default=16, help="connections, with one request each")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run")
    parser.add_argument("--serve-flags", default="", help="more flags for almanac serve, in one word")
    parser.add_argument("--binary", type=Path,
                        default=Path(os.environ.get("ALMANAC_BINARY", ROOT / ".build/release/almanac")))
    parser.add_argument("--data", type=Path, default=ROOT / ".build/bench", help="where datasets are made")
    parser.add_argument("--keep", action="store_true", help="the datasets, for the next run")
    parser.add_argument("--json", type=Path, default=ROOT / ".build/bench/disk.json")
    options = parser.parse_args()
    work = ROOT / ".build/bench"
    for directory in (work, options.data):
        directory.mkdir(parents=True, exist_ok=True)
    rows = Rows(compiled_program(work, "rows"), options.keys, options.value_bytes)
    require_space(options.data, 4 * rows.kept_bytes)
    servers, datasets, is_first = [], [], raise_priority()
    try:
        for form in options.formats:
            datasets.append(rows.build(options.binary, options.data / f"{rows.name}.{form}", "--format", form))
            say(f"{form} is built")
            servers.append(DiskServer(options, work, form, datasets[-1]))
        limits = ", ".join(f"{server.form} {server.limit / 2**20:,.0f} of {size_of(server.dataset) / 2**20:,.0f} MiB"
                           for server in servers)
        report = {"title": f"{options.keys:,} keys, values of {options.value_bytes} bytes; memory: {limits}; "
                           f"medians of {options.repetitions} runs of {options.seconds:g} s",
                  "depth": options.depth, "goes_first": is_first}
        report["runs"] = measured(options, work, servers, rows)
    finally:
        for server in servers:
            server.stop()
        if not options.keep:
            for dataset in datasets:
                shutil.rmtree(dataset, ignore_errors=True)
    options.json.write_text(json.dumps(report, indent=1))
    show(report, report["runs"])
    say(f"all of it: {options.json}")


if __name__ == "__main__":
    main()
