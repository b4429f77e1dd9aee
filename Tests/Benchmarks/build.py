#!/usr/bin/env python3
"""Making versions from TSV: rows a second, a core, and bytes written for each byte kept.

Rows come from a file that is in the page cache, sorted by key or shuffled. CPU time is the whole process's, so rows a
second a core do not depend on how many threads there were. What is written is counted by the kernel. With enough memory
for all rows nothing but the version is written; with less, sorted runs on the way are, too.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import raise_priority, require_space, say, size_of
from servers import ENVIRONMENT, ROOT, Rows, compiled_program

ROWS_A_CORE_BAR, WRITTEN_BAR = 500_000, 1.1


def built(command):
    """Runs a build to its end: wall and CPU seconds, peak memory and bytes written."""
    begin = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, env=ENVIRONMENT)
    # What it wrote is known to the kernel until it is waited for.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    took = time.monotonic() - begin
    counters = dict(line.split(": ") for line in Path(f"/proc/{process.pid}/io").read_text().splitlines())
    complaint = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        sys.exit(f"a build failed: {complaint.strip()}")
    return {"seconds": took, "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss / 1024,
            "written_bytes": int(counters["write_bytes"])}


def measured(options, source, form, order, memory):
    directory = options.data / f"build.{form}"
    shutil.rmtree(directory, ignore_errors=True)
    command = [options.binary, "build", source, "--input-format", "tsv", "--value", "value", "--output", directory,
               "--version-id", "bench", "--quiet", "--format", form, "--memory", memory, *options.build_flags.split()]
    run = built(command)
    run |= {"form": form, "order": order, "memory": memory, "kept_bytes": size_of(directory)}
    shutil.rmtree(directory)
    return run


def show(options, runs):
    print(f"{options.keys:,} rows of 16-byte keys and {options.value_bytes}-byte values, TSV, {os.cpu_count()} cores; "
          f"medians of {options.repetitions}\n")
    print("| | rows | --memory | rows/s | rows/s a core | written ÷ kept | peak, MiB |\n"
          "|---|---|---:|---:|---:|---:|---:|")
    for form, order, memory in dict.fromkeys((run["form"], run["order"], run["memory"]) for run in runs):
        of = [run for run in runs if (run["form"], run["order"], run["memory"]) == (form, order, memory)]
        seconds, cpu, peak = (statistics.median(run[field] for run in of)
                              for field in ("seconds", "cpu_seconds", "peak_mib"))
        written = statistics.median(run["written_bytes"] / run["kept_bytes"] for run in of)
        a_core = options.keys / cpu
        cells = [f"{a_core:,.0f}", f"{written:.3f}"]
        if form == "packed":
            cells[0] += f" (≥ {ROWS_A_CORE_BAR:,}: {'yes' if a_core >= ROWS_A_CORE_BAR else '**no**'})"
            if memory == options.memory[-1]:  # with less, the sorted runs are written as well
                cells[1] += f" (≤ {WRITTEN_BAR}: {'yes' if written <= WRITTEN_BAR else '**no**'})"
        print(f"| {form} | {order} | {memory} | {options.keys / seconds:,.0f} | {' | '.join(cells)} | {peak:,.0f} |")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench build", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=5_000_000)
    parser.add_argument("--value-bytes", type=int, default=100)
    parser.add_argument("--formats", nargs="+", choices=["packed", "rocksdb"], default=["packed", "rocksdb"])
    parser.add_argument("--orders", nargs="+", choices=["sorted", "shuffled"], default=["sorted", "shuffled"])
    parser.add_argument("--memory", nargs="+", default=["512MiB", "3GiB"],
                        help="what sorting may use; the last should do for all rows (default: %(default)s)")
    parser.add_argument("--build-flags", default="", help="more flags for almanac build, in one word")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--binary", type=Path,
                        default=Path(os.environ.get("ALMANAC_BINARY", ROOT / ".build/release/almanac")))
    parser.add_argument("--data", type=Path, default=ROOT / ".build/bench", help="where versions are made")
    parser.add_argument("--json", type=Path, default=ROOT / ".build/bench/build.json")
    options = parser.parse_args()
    work = ROOT / ".build/bench"
    for directory in (work, options.data):
        directory.mkdir(parents=True, exist_ok=True)
    program = compiled_program(work, "rows")
    raise_priority()
    runs, sources = [], {}
    try:
        for order in options.orders:
            rows = Rows(program, options.keys, options.value_bytes, order)
            require_space(options.data, 5 * rows.kept_bytes)
            sources[order] = options.data / f"{rows.name}.{order}.tsv"
            with open(sources[order], "wb") as file:
                subprocess.run(rows.command("tsv"), stdout=file, check=True)
                os.fsync(file.fileno())
        for repetition in range(1, options.repetitions + 1):
            for order, source in sources.items():
                for form in options.formats:
                    for memory in options.memory:
                        runs.append(measured(options, source, form, order, memory))
            say(f"repetition {repetition} of {options.repetitions}")
    finally:
        for source in sources.values():
            source.unlink(missing_ok=True)
    options.json.write_text(json.dumps(runs, indent=1))
    show(options, runs)


if __name__ == "__main__":
    main()
