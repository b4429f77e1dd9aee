#!/usr/bin/env python3
"""The swap curve: latency of GETs before, during and after swaps of a dataset larger than the server's memory.

The server runs in a memory cgroup. Keys are asked for by Zipf's law (0.99), on a schedule: a latency counts from the
time at which its request was due. Each swap is of a fresh copy, made meanwhile as a download would make it: written
in pieces, synced, and dropped from the page cache; then `current` is flipped and DATASET RELOAD sent. The same is
measured at two rates, with warming and without, and beside each a control run without any swap, in which only the
machine's own noise is to be seen. Half of the requests are for all keys (`all`), the other half, on connections of its
own, for the thousand most asked for (`resident`).

  steady    the control run, and what comes before the first copy
  download  while a copy is being written, at --copy-rate
  swap      from DATASET RELOAD until two seconds after its answer
  worst     the two seconds of the steady state with the highest p99.9: what the machine does by itself
"""

import argparse
import array
import itertools
import json
import os
import re
import sys
import time
from pathlib import Path

from chart import curve_chart
from versions import (
    ROOT, BenchDirectory, Load, MemoryGroup, Watcher, add_dataset_options, ask, bytes_of, cached_dataset,
    compile_load, drop_pages, known_settings, load_wrapper, raise_priority, say, serve, size_of, violations)

AFTER_NS = 2_000_000_000
RATIO_MAX = 1.2
OVERLOAD_US = 5_000


class Samples:
    """Every latency of a load, as swap_load.c writes them: when it was due, how long it took, whether resident."""

    def __init__(self, path, began_ns):
        self.began_ns = began_ns
        numbers = array.array("I")
        with open(path, "rb") as file:
            numbers.frombytes(file.read())
        path.unlink()
        self.due_us, self.marks = numbers[::2], numbers[1::2]

    def chosen(self, spans, stream):
        """Latencies in us, sorted, of what was due within the spans of monotonic nanoseconds."""
        found = []
        for begin, end in spans:
            begin, end = (begin - self.began_ns) // 1000, (end - self.began_ns) // 1000
            found += [(mark & 0x7FFFFFFF) / 10 for due, mark in zip(self.due_us, self.marks)
                      if begin <= due < end and mark >> 31 == (stream == "resident")]
        return sorted(found)


def percentiles(latencies):
    if not latencies:
        return None
    last = len(latencies) - 1
    return {name: latencies[round(share * last)] for name, share in (("p50", .5), ("p99", .99), ("p999", .999))} | {
        "count": len(latencies)}


def read_windows(path):
    lines = path.read_text().splitlines()
    names = lines[0].split(",")
    return [{name: cell if name == "stream" else float(cell) for name, cell in zip(names, line.split(","))}
            for line in lines[1:]]


class Measurement:
    """One server, with or without warming: its control runs and its runs with swaps."""

    def __init__(self, options, program, dataset, work, group, flags, name):
        self.options, self.program, self.work, self.name = options, program, work, name
        self.data = BenchDirectory(options.cache / "swap", dataset)
        self.numbers, self.seed = itertools.count(1), 0
        self.current = f"v{next(self.numbers):06d}"
        self.data.land(self.current)
        self.data.flip(self.current)
        drop_pages(dataset)
        self.server = serve(options, work, self.data, group, *flags)

    def close(self):
        self.server.stop()
        self.data.remove()

    def load(self, **more):
        # A seed of its own, or the keys of the last run would be asked for again.
        options, self.seed = self.options, self.seed + 1
        return Load(self.program, self.server.port, "get", check=False, wrapper=options.wrapper, keys=options.keys,
                    value_bytes=options.value_bytes, connections=options.connections, zipf=0.99,
                    resident=options.resident, seed=self.seed, **more)

    def warm_up(self):
        """Fills the caches; then requests a second of all that the server can do."""
        self.load(seconds=self.options.warm_up).finish(timeout=120)
        result = self.load(seconds=2).finish(timeout=120)
        return result["requests"] / result["seconds"]

    def run(self, rate, swaps):
        options = self.options
        name = f"{self.name}-{rate}-{'swaps' if swaps else 'control'}".replace(" ", "-")
        samples, windows = self.work / f"{name}.samples", self.work / f"{name}.csv"
        watcher = Watcher(self.server)
        load = self.load(rate=rate, samples=samples, windows=windows)
        events, refusal, began = [], None, time.monotonic_ns()
        try:
            time.sleep(options.seconds)
            for _ in range(swaps):
                refusal = refusal or self.swap(events)
                time.sleep(options.rest)
            if swaps:
                time.sleep(options.seconds)
            ended = time.monotonic_ns()
            result = load.stop(timeout=120)
        finally:
            load.kill()
        rows = watcher.finish()
        return {"rate": rate, "warming": self.name, "events": events, "result": result, "rows": rows,
                "began_ns": began, "end_ns": ended, "refusal": refusal, "samples": Samples(samples, result["began_ns"]),
                "windows": read_windows(windows), "csv": str(windows)}

    def swap(self, events):
        """Copies, flips and reloads; why it was refused, if it was."""
        name = f"v{next(self.numbers):06d}"
        begin = time.monotonic_ns()
        self.data.land(name, bytes_of(self.options.copy_rate))
        landed = time.monotonic_ns()
        events.append({"kind": "download", "begin_ns": begin, "end_ns": landed})
        self.data.flip(name)
        reply = ask(self.server, "DATASET", "RELOAD")
        answered = time.monotonic_ns()
        if str(reply).startswith("-"):
            return str(reply)
        events.append({"kind": "swap", "begin_ns": landed, "end_ns": answered, "version": name, "reply": str(reply)})
        self.data.keep_only({self.current, name})
        self.current = name
        return None


def hit_ratio(rows, begin, end):
    """Share of look-ups that did not wait for a reader, between two times; None when there were none."""
    inside = [row for row in rows if begin <= row["ns"] <= end]
    if len(inside) < 2 or inside[-1]["look_ups"] == inside[0]["look_ups"]:
        return None
    return 1 - (inside[-1]["cold"] - inside[0]["cold"]) / (inside[-1]["look_ups"] - inside[0]["look_ups"])


def recovery(run, event):
    """Hit ratio in the 5 s before a swap and in the first second after, and seconds until it is within 5 % again."""
    rows = run["rows"]
    adopted = next((row["ns"] for row in rows if row["version"] == event["version"]), event["end_ns"])
    before = hit_ratio(rows, event["begin_ns"] - 5_000_000_000, event["begin_ns"])
    first = hit_ratio(rows, adopted, adopted + 1_100_000_000)
    back = None
    for row in rows:
        if row["ns"] >= adopted and before is not None:
            half = hit_ratio(rows, row["ns"], row["ns"] + 550_000_000)
            if half is not None and half >= 0.95 * before:
                back = (row["ns"] - adopted) / 1e9
                break
    return {"before": before, "first_second": first, "seconds_to_within_5_percent": back,
            "milliseconds": (event["end_ns"] - event["begin_ns"]) / 1e6,
            "phases": "".join(re.findall(r" \([^()]* ms[^()]*\)$", event["reply"]))}


def cores_used(rows):
    if len(rows) < 2:
        return 0
    return (rows[-1]["cpu_ns"] - rows[0]["cpu_ns"]) / (rows[-1]["ns"] - rows[0]["ns"])


def evaluate(run, control):
    events = run["events"]
    spans = {
        "download": [(event["begin_ns"], event["end_ns"]) for event in events if event["kind"] == "download"],
        "swap": [(event["begin_ns"], event["end_ns"] + AFTER_NS) for event in events if event["kind"] == "swap"]}
    found = {"rate": run["rate"], "warming": run["warming"], "refusal": run["refusal"],
             "cores": {"control": cores_used(control["rows"]), "run": cores_used(run["rows"])},
             "violations": violations(run["result"]) | violations(control["result"]),
             "send_delay_max_us": {"control": max(w["send_delay_max_us"] for w in control["windows"]),
                                   "run": max(w["send_delay_max_us"] for w in run["windows"])},
             "swaps": [recovery(run, event) for event in events if event["kind"] == "swap"]}
    for stream in ("resident", "all"):
        row = {name: percentiles(run["samples"].chosen(where, stream)) for name, where in spans.items()}
        found[stream] = row | steady_state(run, control, stream)
    return found


def steady_state(run, control, stream):
    """Percentiles of the steady state, and of its worst part that is as long as what counts as a swap's end."""
    first = min((event["begin_ns"] for event in run["events"]), default=run["end_ns"])
    parts = []
    for source, end in ((control, control["end_ns"]), (run, first)):
        for begin in range(source["began_ns"], end - AFTER_NS + 1, AFTER_NS):
            parts.append(source["samples"].chosen([(begin, begin + AFTER_NS)], stream))
    worst = max(filter(None, map(percentiles, parts)), key=lambda each: each["p999"], default=None)
    return {"steady": percentiles(sorted(itertools.chain.from_iterable(parts))), "worst": worst}


def in_milliseconds(each):
    return " / ".join(f"{each[name] / 1000:.2f}" for name in ("p50", "p99", "p999"))


COLUMNS = ("steady", "worst", "download", "swap")


def table(title, findings):
    lines = [title, "", f"{'p50 / p99 / p99.9, ms':<36}" + "".join(f"{name:>24}" for name in COLUMNS)
             + f"{'p99.9 to steady':>26}", "-" * 158]
    for found in findings:
        for stream in ("resident", "all"):
            row = found[stream]
            line = f"{found['rate']:>7,}/s  {found['warming']:<15}{stream:<11}"
            for name in COLUMNS:
                each = row[name]
                line += f"{in_milliseconds(each) if each else '–':>24}"
            if row["steady"]:
                ratios = [f"{name} {row[name]['p999'] / row['steady']['p999']:.2f}" for name in ("worst", "swap")
                          if row[name]]
                line += f"{', '.join(ratios):>26}"
            lines.append(line)
    lines.append("")
    for found in findings:
        lines += remarks(found)
    return "\n".join(lines)


def remarks(found):
    head, indent = f"{found['rate']:>7,}/s  {found['warming']:<15}", " " * 26
    lines = [f"{head}server {found['cores']['control']:.2f} cores in control, {found['cores']['run']:.2f} with swaps; "
             f"the load itself was late by up to {found['send_delay_max_us']['control'] / 1e3:.1f} and "
             f"{found['send_delay_max_us']['run'] / 1e3:.1f} ms"]
    for number, swap in enumerate(found["swaps"], 1):
        before, first = ("–" if swap[name] is None else f"{100 * swap[name]:.1f} %" for name in
                         ("before", "first_second"))
        back = swap["seconds_to_within_5_percent"]
        lines.append(f"{indent}swap {number}: {swap['milliseconds']:.0f} ms{swap['phases']}; hit ratio {before} before, "
                     f"{first} in the first second after, within 5 % again "
                     f"{'never' if back is None else f'after {back:.1f} s'}")
    if found["refusal"]:
        lines.append(f"{indent}no swap: {found['refusal'].strip()}")
    if found["violations"]:
        lines.append(f"{indent}WRONG: {found['violations']}")
    resident = found["resident"]
    if resident["steady"] and resident["steady"]["p50"] > OVERLOAD_US:
        lines.append(f"{indent}overloaded: the machine did not hold this rate even without swaps, so this says little")
    if resident["swap"] and resident["steady"]:
        ratio = resident["swap"]["p999"] / resident["steady"]["p999"]
        verdict = "met" if ratio <= RATIO_MAX else "missed"
        if verdict == "missed" and resident["swap"]["p999"] <= resident["worst"]["p999"]:
            verdict = "missed, though no more than in the worst steady seconds"
        lines.append(f"{indent}target, p99.9 of resident keys at most {RATIO_MAX} x steady: {ratio:.2f}, {verdict}")
    return lines


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench swap", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_dataset_options(parser)
    parser.add_argument("--rate", type=int, default=500, help="requests a second; the other rate is half the maximum")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--resident", type=int, default=1000, help="how many of the most asked keys count as resident")
    parser.add_argument("--copy-rate", default="200MiB", help="bytes a second of a download (default: %(default)s)")
    parser.add_argument("--swaps", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of steady state, before the swaps and after")
    parser.add_argument("--rest", type=float, default=5, help="seconds after each swap")
    parser.add_argument("--warm-up", type=float, default=20, help="seconds of load before anything is measured")
    parser.add_argument("--short", action="store_true", help="about a minute, once the dataset is there")
    parser.add_argument("--json", type=Path, default=ROOT / ".build/bench/swap.json")
    parser.add_argument("--svg", type=Path, default=ROOT / ".build/bench/swap.svg")
    options = parser.parse_args()
    if options.short:
        options.swaps, options.seconds, options.rest, options.warm_up = 1, 3, 2, 4
        options.copy_rate = "400MiB"
    work = ROOT / ".build/bench"
    work.mkdir(parents=True, exist_ok=True)
    program = compile_load(work)
    dataset = cached_dataset(options, program)
    is_first, options.wrapper = raise_priority(), load_wrapper(options)
    settings = known_settings(options.binary)
    flags = ["--rollback-window", "0s"] if "rollback-window" in settings else []
    variants = [("warming on", flags)]
    if "warm-keys" in settings:
        variants.append(("warming off", [*flags, "--warm-keys", "0"]))
    runs, findings, rates = [], [], None
    group = MemoryGroup(options.memory)
    limited = group.path is not None
    try:
        for name, more in variants:
            measurement = Measurement(options, program, dataset, work, group, more, name)
            try:
                maximum = measurement.warm_up()
                rates = rates or [options.rate, int(maximum / 2)]
                say(f"{name}: at most {maximum:,.0f} requests/s")
                for rate in rates:
                    control = measurement.run(rate, 0)
                    run = measurement.run(rate, options.swaps)
                    findings.append(evaluate(run, control))
                    runs.append(run)
                    say(f"{name}, {rate:,} requests/s: done")
            finally:
                measurement.close()
    finally:
        group.remove()
    title = (f"{options.keys:,} keys, values of {options.value_bytes} bytes, {size_of(dataset) / 2**30:.1f} GiB of "
             f"files, {options.memory if limited else 'no'} memory limit, {options.loops} loop(s) on CPU "
             f"{options.cpus} of {os.cpu_count()}{', raised priority' if is_first else ''}")
    options.svg.write_text(curve_chart(title, runs))
    options.json.write_text(json.dumps({"title": title, "findings": findings, "windows": [run["csv"] for run in runs]},
                                       indent=1))
    print(table(title, findings))
    print(f"\nchart: {options.svg}\nfigures: {options.json}")
    return 1 if any(found["violations"] for found in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
