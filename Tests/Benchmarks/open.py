#!/usr/bin/env python3
"""From the start of `almanac serve` to the first answered GET, whatever the number of keys.

A cold start comes after the dataset's pages were dropped from the kernel's cache, a warm one after a start that has
answered; the binary's own pages stay. The GET is for a key chosen anew each time, and its value is looked at.
Connections are tried every half a millisecond.
"""

import argparse
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import drop_pages, raise_priority, require_space, say, size_of
from servers import ENVIRONMENT, ROOT, Rows, compiled_program, free_port

BAR_MS = 100


def first_answer(options, work, dataset, number):
    """Milliseconds from the start of the process until the GET of a key by its number is answered."""
    port = free_port()
    command = [options.binary, "serve", dataset, "--port", port, "--bind", "127.0.0.1", *options.serve_flags.split()]
    with open(work / "open.log", "ab") as log:
        begin = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   env=ENVIRONMENT, cwd=work)
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 60) as connection:
                    connection.sendall(b"GET key:%012d\r\n" % number)
                    reply = connection.makefile("rb").read(6 + min(options.value_bytes, 12))
                    break
            except ConnectionRefusedError:
                if process.poll() is not None or time.monotonic() - begin > 120:
                    sys.exit(f"the server did not start; see {work / 'open.log'}")
                time.sleep(0.0005)
        took = (time.monotonic() - begin) * 1e3
        if b"%012d" % number not in reply:
            sys.exit(f"key:{number:012d} was answered with {reply!r}")
        return took
    finally:
        process.terminate()
        process.wait(60)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench open", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=100_000_000)
    parser.add_argument("--value-bytes", type=int, default=16, help="small, for the sake of the disk; at least 12")
    parser.add_argument("--formats", nargs="+", choices=["packed", "rocksdb"], default=["packed"])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--serve-flags", default="", help="more flags for almanac serve, in one word")
    parser.add_argument("--binary", type=Path,
                        default=Path(os.environ.get("ALMANAC_BINARY", ROOT / ".build/release/almanac")))
    parser.add_argument("--data", type=Path, default=ROOT / ".build/bench", help="where datasets are made")
    parser.add_argument("--keep", action="store_true", help="the datasets, for the next run")
    parser.add_argument("--json", type=Path, default=ROOT / ".build/bench/open.json")
    options = parser.parse_args()
    work = ROOT / ".build/bench"
    for directory in (work, options.data):
        directory.mkdir(parents=True, exist_ok=True)
    rows = Rows(compiled_program(work, "rows"), options.keys, options.value_bytes)
    raise_priority()
    chosen, found = random.Random(7), {}
    print(f"start to first answered GET, ms; {options.keys:,} keys, values of {options.value_bytes} bytes; medians of "
          f"{options.repetitions}\n\n| | files | cold | all | warm | all |\n|---|---:|---:|---|---:|---|")
    for form in options.formats:
        require_space(options.data, 3 * rows.kept_bytes)
        dataset = rows.build(options.binary, options.data / f"{rows.name}.{form}", "--format", form)
        say(f"{form} is built")
        try:
            times = found[form] = {"cold": [], "warm": []}
            for _ in range(options.repetitions):
                drop_pages(dataset)
                for kind in ("cold", "warm"):
                    times[kind].append(first_answer(options, work, dataset, chosen.randrange(options.keys)))
            cells = []
            for kind in ("cold", "warm"):
                middle = statistics.median(times[kind])
                kept = f" (≤ {BAR_MS}: {'yes' if middle <= BAR_MS else '**no**'})" if form == "packed" else ""
                cells += [f"{middle:.0f}{kept}", " ".join(f"{each:.0f}" for each in times[kind])]
            print(f"| {form} | {size_of(dataset) / 2**30:.1f} GiB | " + " | ".join(cells) + " |", flush=True)
        finally:
            if not options.keep:
                shutil.rmtree(dataset, ignore_errors=True)
    options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
