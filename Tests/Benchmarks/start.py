#!/usr/bin/env python3
"""From the start of `almanac serve` to the first answered GET, and how long a rollback takes.

The dataset's pages are dropped from the kernel's cache before each cold start; warm starts follow one that has
answered. Both use the same binary, whose own pages stay. A rollback is timed from sending DATASET ROLLBACK to its
answer, and to a GET on another connection that is answered after it.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from versions import (
    ENVIRONMENT, ROOT, BenchDirectory, Connection, MemoryGroup, add_dataset_options, ask, cached_dataset, compile_load,
    drop_pages, known_settings, say, serve, size_of)
from servers import free_port

KEY = "key:000000000042"


def first_answer(options, work, data, log, figures):
    """Milliseconds from the start of the process until a GET is answered; resets on the way are counted."""
    port = free_port()
    command = [options.binary, "serve", f"bench={data.directory}", "--port", port, "--bind", "127.0.0.1", "--loops",
               options.loops, *options.serve_flags.split()]
    begin = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                               env=ENVIRONMENT, cwd=work)
    try:
        while True:
            try:
                with Connection(("127.0.0.1", port)) as connection:
                    reply = connection.ask("GET", KEY)
                    break
            except ConnectionError as error:
                figures["resets"] += not isinstance(error, ConnectionRefusedError)
                if process.poll() is not None or time.monotonic() - begin > 60:
                    sys.exit(f"the server did not start; see {log.name}")
                time.sleep(0.0005)
        took = (time.monotonic() - begin) * 1e3
        if reply[6:22] != KEY.encode():
            sys.exit(f"{KEY} has the value {reply[:60]!r}")
        return took
    finally:
        process.terminate()
        process.wait(30)


def rollbacks(options, work, data, group):
    """Milliseconds of each rollback until its answer, and until a later GET; None where there is no such command."""
    flags = ["--verify", "sealed"] if "verify" in known_settings(options.binary) else []
    server = serve(options, work, data, group, *flags)
    found = []
    try:
        if "unknown command" in str(ask(server, "DATASET", "LIST")):
            return None
        for number in range(2, 2 + options.repetitions):
            data.land(f"v{number:06d}")
            data.flip(f"v{number:06d}")
            reply = str(ask(server, "DATASET", "RELOAD"))
            if reply.startswith("-"):
                sys.exit(f"a reload was refused: {reply}")
            with Connection(("127.0.0.1", server.port)) as control, Connection(("127.0.0.1", server.port)) as client:
                client.ask("GET", KEY)
                begin = time.monotonic()
                reply = str(control.ask("DATASET", "ROLLBACK"))
                answered = time.monotonic()
                client.ask("GET", KEY)
                found.append(((answered - begin) * 1e3, (time.monotonic() - begin) * 1e3))
            if reply.startswith("-"):
                sys.exit(f"a rollback was refused: {reply}")
        return found
    finally:
        server.stop()


def line(name, times):
    return (f"{name:<44}{statistics.median(times):>9.1f} ms   ({', '.join(f'{each:.1f}' for each in times)})")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench start", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_dataset_options(parser)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", type=Path, default=ROOT / ".build/bench/start.json")
    options = parser.parse_args()
    work = ROOT / ".build/bench"
    work.mkdir(parents=True, exist_ok=True)
    dataset = cached_dataset(options, compile_load(work))
    data = BenchDirectory(options.cache / "start", dataset)
    figures = {"cold": [], "warm": [], "resets": 0}
    group = MemoryGroup(options.memory)
    try:
        data.land("v000001")
        data.flip("v000001")
        with open(work / "start.log", "ab") as log:
            for _ in range(options.repetitions):
                drop_pages(dataset)
                figures["cold"].append(first_answer(options, work, data, log, figures))
                figures["warm"].append(first_answer(options, work, data, log, figures))
        say("starts done")
        figures["rollback"] = rollbacks(options, work, data, group)
    finally:
        group.remove()
        data.remove()
    options.json.write_text(json.dumps(figures, indent=1))
    print(f"{options.keys:,} keys, values of {options.value_bytes} bytes, {size_of(dataset) / 2**30:.1f} GiB of files; "
          f"medians of {options.repetitions}")
    print(line("start to first answered GET, cold", figures["cold"]))
    print(line("start to first answered GET, warm", figures["warm"]))
    if figures["resets"]:
        print(f"{figures['resets']} connections were accepted and then reset while the server started")
    if figures["rollback"] is None:
        print("rollback: this binary has no DATASET ROLLBACK")
    else:
        print(line("rollback, until it is answered", [answered for answered, _ in figures["rollback"]]))
        print(line("rollback, until a later GET is answered", [read for _, read in figures["rollback"]]))
    print(f"figures: {options.json}")


if __name__ == "__main__":
    main()
