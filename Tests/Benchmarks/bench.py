#!/usr/bin/env python3
"""Almanac beside redis-server in one run: CPU per key, latency, memory, system calls, allocations; see --help.

What is compared is the CPU time of the server's threads per request or key (from /proc, in nanoseconds), because it
is less disturbed than throughput by the load, which runs on the same machine. Repetitions alternate between the
servers, so that what else the machine does hits both; medians are shown, and the ratio is the median of each
repetition's own ratio.

The engine's share is shown apart in two ways. `protocol`: ECHO of a value's size and PING at the same depths go
through read, parse, dispatch and write without any look-up. `look-up`: the code that the server calls for a batch
of keys, called alone in one thread (Tests/Benchmarks/lookup.cc), with RocksDB's plain rocksdb_get under default
options on the same keys beside it.
"""

import argparse
import json
import mmap
import os
import platform
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

from machine import say
from servers import HERE, ROOT, WORKLOADS, Rows, Target, compiled, compiled_program, load, measure


def count_system_calls(target, program, options):
    """System calls a request, by name, at pipeline 1 and 64."""
    if not shutil.which("strace"):
        return None
    found = {}
    for pipeline, requests in ((1, 20_000), (64, 128_000)):
        output = target.work / f"strace-{target.name}-{pipeline}"
        tracer = subprocess.Popen(["strace", "-c", "-f", "-qq", "-o", str(output), "-p", str(target.pid)],
                                  stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 10
            while not is_traced(target.pid) and time.monotonic() < end and tracer.poll() is None:
                time.sleep(0.02)
            if not is_traced(target.pid):
                return None
            load(program, target.port, ("get", 50, pipeline, 1), options, requests=requests)
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(20)
        calls = {}
        for line in output.read_text().splitlines():
            fields = line.split()
            if len(fields) >= 5 and re.fullmatch(r"[\d.]+", fields[0]) and fields[-1] != "total":
                calls[fields[-1]] = round(int(fields[3]) / requests, 4)
        found[f"pipeline {pipeline}"] = {name: each for name, each in calls.items() if each >= 0.0005}
    return found


def is_traced(pid):
    return all(re.search(r"TracerPid:\s+[1-9]", (task / "status").read_text())
               for task in Path(f"/proc/{pid}/task").iterdir())


def count_allocations(target, program, library, options):
    """Calls of malloc and its kin a request, in a server of its own; everything was asked for once before."""
    page_path = target.work / "malloccount"
    page_path.write_bytes(bytes(4096))
    with open(page_path, "r+b") as file:
        page = mmap.mmap(file.fileno(), 4096)
    target.start(env={"LD_PRELOAD": str(library), "MALLOCCOUNT": str(page_path)})
    found = {}
    try:
        target.touch_all(program, options)
        for name, workload, requests in (
                ("GET pipeline 1", ("get", 50, 1, 1), 40_000), ("GET pipeline 64", ("get", 50, 64, 1), 320_000),
                ("GET miss pipeline 1", ("miss", 50, 1, 1), 40_000), ("MGET 100", ("mget", 20, 1, 100), 4_000)):
            # Connections allocate when they come: the difference of two lengths of run cancels that.
            counts = []
            for part in (requests // 2, requests + requests // 2):
                load(program, target.port, workload, options, requests=requests // 4)
                before = struct.unpack_from("=Q", page)[0]
                load(program, target.port, workload, options, requests=part)
                counts.append(struct.unpack_from("=Q", page)[0] - before)
            found[name] = round((counts[1] - counts[0]) / requests, 4)
    finally:
        target.stop()
    return found


def count_instructions(target, program, options, work):
    """User-space instructions a key by callgrind, and how many of them within the engine's look-up."""
    output = work / f"callgrind-{target.name}"
    for old in work.glob(output.name + "*"):
        old.unlink()
    target.start(["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={output}"])
    found = {}
    try:
        for name, workload, requests in (
                ("GET pipeline 1", ("get", 50, 1, 1), 20_000), ("GET pipeline 64", ("get", 50, 64, 1), 64_000),
                ("MGET 100", ("mget", 20, 1, 100), 800), ("PING pipeline 64", ("ping", 50, 64, 1), 64_000)):
            load(program, target.port, workload, options, requests=requests // 4)

            def control(*words):
                subprocess.run(["callgrind_control", *words, str(target.pid)], capture_output=True, timeout=120)

            control("-z"), control("-i", "on"), control("-z")
            result = load(program, target.port, workload, options, requests=requests)
            control("-i", "off")
            for old in work.glob(output.name + "*"):
                old.unlink()
            control("-d")
            total = engine = 0
            for part in work.glob(output.name + "*"):
                text = part.read_text(errors="replace")
                total += int((re.findall(r"^(?:summary|totals): (\d+)", text, re.M) or [0])[-1])
                listing = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", part],
                                         capture_output=True, text=True).stdout
                at = re.search(r"^\s*([\d,]+) .*almanac_rocksdb_lookup", listing, re.M)
                engine += int(at[1].replace(",", "")) if at else 0
            found[name] = {"instructions": round(total / result["keys"], 1),
                           "in_engine": round(engine / result["keys"], 1) or None}
    finally:
        target.stop()
    return found


def look_ups(options, work, dataset):
    """CPU microseconds a key of the engine alone, and of plain rocksdb_get."""
    sources = sorted(str(path) for path in (ROOT / "Sources/CRocksDB").glob("*.cc"))
    program = compiled(work, "lookup", "g++", "-std=c++17", "-O2", "-ISources/CRocksDB/include", "-ISources/CRocksDB",
                       "-ISources/CLookup/include", str(HERE / "lookup.cc"), *sources, "-lrocksdb")
    directory = next(Path(dataset).rglob("CURRENT")).parent
    found = {}
    for name, command in {
            "engine, rows cached": [program, "engine", directory, options.keys, 1 << 30],
            "engine, blocks cached": [program, "engine", directory, options.keys, 0],
            "plain rocksdb_get": [program, "plain", work / "plain", options.keys, options.value_bytes]}.items():
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        found[name] = json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr.strip()}
    return found


def summarise(runs, base, names):
    rows = {}
    for workload in WORKLOADS:
        of = {name: [run for run in runs if run["workload"] == workload and run["target"] == name] for name in names}
        if not all(of.values()):
            continue
        row = {}
        for name in names:
            row[name] = {key: statistics.median(run[key] for run in of[name])
                         for key in of[name][0] if key not in ("workload", "target", "repetition")}
            bases = {run["repetition"]: run["cpu_us"] for run in of[base]}
            row[name]["ratio"] = statistics.median(
                run["cpu_us"] / bases[run["repetition"]] for run in of[name] if run["repetition"] in bases)
        rows[workload] = row
    return rows


def table(report):
    names, base = report["targets"], report["base"]
    lines = [report["title"], ""]
    head = f"{'server CPU, us a key':<22}" + "".join(f"{name:>12}{'':>9}" for name in names)
    lines += [head + "   p50/p99/p99.9 of a batch, us", "-" * (len(head) + 34)]
    for workload, row in report["summary"].items():
        line = f"{workload:<22}"
        for name in names:
            ratio = f"({row[name]['ratio']:.2f}x)" if name != base else ""
            line += f"{row[name]['cpu_us']:>12.3f} {ratio:<8}"
        lines.append(line + "   " + "   ".join(
            f"{name} {row[name]['p50_us']:.0f}/{row[name]['p99_us']:.0f}/{row[name]['p999_us']:.0f}" for name in names))
    lines.append("")
    lines.append("resident memory, MiB:  " + "  ".join(f"{n} {report['resident_mib'][n]:.0f}" for n in names))
    for what in ("system_calls", "allocations", "instructions"):
        for name in names:
            if report.get(what, {}).get(name):
                lines.append(f"{what.replace('_', ' ')} a request, {name}: {json.dumps(report[what][name])}")
    for name, row in report.get("look_ups", {}).items():
        lines.append(f"look-up only, us a key, {name}: {json.dumps(row)}")
    disturbed = sum(run["other_cores"] > 0.1 for run in report["runs"])
    lines.append(f"{disturbed} of {len(report['runs'])} runs were disturbed by other work of more than 0.1 core")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--value-bytes", type=int, default=100)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each run")
    parser.add_argument("--format", choices=["packed", "rocksdb"], default="rocksdb", help="of Almanac's storage")
    parser.add_argument("--loops", type=int, default=1, help="of Almanac; Redis has one")
    parser.add_argument("--binary", default=os.environ.get("ALMANAC_BINARY", str(ROOT / ".build/release/almanac")))
    parser.add_argument("--only", help="a regular expression of workloads' names")
    parser.add_argument("--instructions", action="store_true",
                        help="count instructions with callgrind, on a tenth of the keys")
    parser.add_argument("--quick", action="store_true", help="no system calls, allocations or look-ups")
    parser.add_argument("--json", default=str(ROOT / ".build/bench/results.json"))
    options = parser.parse_args()
    work = ROOT / ".build/bench"
    work.mkdir(parents=True, exist_ok=True)
    program = compiled_program(work, "load")
    library = compiled(work, "malloccount.so", "gcc", "-O2", "-shared", "-fPIC", str(HERE / "malloccount.c"), "-ldl")
    make = Maker(options, work)
    targets = make.targets(options.keys)
    chosen = {name: each for name, each in WORKLOADS.items() if not options.only or re.search(options.only, name)}

    runs, resident = [], {}
    try:
        for target in targets:
            target.start()
            target.touch_all(program, options)
        for repetition in range(options.repetitions + 1):
            for name, workload in chosen.items():
                for target in targets:
                    run = measure(target, program, workload, options, options.seconds)
                    if repetition == 0:  # warms up, and is not counted
                        continue
                    runs.append({"target": target.name, "workload": name, "repetition": repetition, **run})
            say(f"repetition {repetition} of {options.repetitions}" if repetition else "warm")
        resident = {target.name: target.resident_mib() for target in targets}
        calls = {} if options.quick else {
            target.name: count_system_calls(target, program, options) for target in targets}
    finally:
        for target in targets:
            if hasattr(target, "process"):
                target.stop()
    report = {
        "title": f"{options.keys:,} keys of {options.value_bytes} bytes, {options.format}, {options.repetitions} "
                 f"repetitions of {options.seconds} s, {os.cpu_count()} cores, {platform.release()}, "
                 f"{time.strftime('%Y-%m-%d %H:%M')}",
        "options": vars(options), "targets": [target.name for target in targets], "base": "redis",
        "summary": summarise(runs, "redis", [target.name for target in targets]), "resident_mib": resident,
        "system_calls": calls, "runs": runs,
    }
    if not options.quick:
        say("allocations")
        report["allocations"] = {
            target.name: count_allocations(target, program, library, options) for target in targets}
        if make.dataset and options.format == "rocksdb":
            say("look-ups")
            report["look_ups"] = look_ups(options, work, make.dataset)
    if options.instructions:
        say("instructions")
        options.keys = max(1000, options.keys // 10)
        report["instructions"] = {
            target.name: count_instructions(target, program, options, work) for target in make.targets(options.keys)}
    Path(options.json).write_text(json.dumps(report, indent=1))
    print(table(report))
    print(f"all of it: {options.json}")


class Maker:
    """Makes the targets: their data once for each size."""

    def __init__(self, options, work):
        self.options, self.work, self.dataset = options, work, None
        self.program = compiled_program(work, "rows")

    def targets(self, keys):
        options, work = self.options, self.work
        rows = Rows(self.program, keys, options.value_bytes)
        redis = shutil.which("redis-server") or sys.exit("redis-server is missing")
        command = [redis, "--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", work]
        made = [Target("redis", command, work, rows)]
        binary = Path(options.binary)
        if binary.name.startswith("redis-server"):  # to try the bench itself
            return made + [Target("redis-again", [binary, *command[1:]], work, rows)]
        self.dataset = rows.build(binary, work / f"{rows.name}.{options.format}", "--format", options.format)
        made.append(Target("almanac", [binary, "serve", self.dataset, "--port", "{port}", "--bind", "127.0.0.1",
                                       "--loops", options.loops, "--cache-size", "4GiB"], work))
        return made


if __name__ == "__main__":
    main()
