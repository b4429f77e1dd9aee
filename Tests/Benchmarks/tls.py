#!/usr/bin/env python3
"""What TLS costs: CPU a GET of Almanac and of redis-server, each with TLS and without, in one run.

redis-benchmark is the load of all four, over 50 connections; what is compared is the CPU time of the server's threads
(from /proc, in nanoseconds). Repetitions go round the four, so that what else the machine does hits all; medians are
shown, and a ratio is the median of each repetition's own.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from servers import ENVIRONMENT, ROOT, free_port

BINARY = Path(os.environ.get("ALMANAC_BINARY", ROOT / ".build/release/almanac"))


class Server:
    """A server with a plain and a TLS port, and what its threads have cost."""

    def __init__(self, name, command, work):
        self.name, self.port, self.tls_port = name, free_port(), free_port()
        self.log = open(work / f"{name}.log", "wb")
        command = [str(word).format(port=self.port, tls_port=self.tls_port) for word in command]
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                      env=ENVIRONMENT, cwd=work)

    def cpu_seconds(self):
        total = 0
        for thread in Path(f"/proc/{self.child.pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0])
        return total / 1e9

    def wait(self):
        end = time.monotonic() + 60
        while subprocess.run(["redis-cli", "-p", str(self.port), "PING"], capture_output=True).stdout != b"PONG\n":
            if self.child.poll() is not None or time.monotonic() > end:
                sys.exit(f"{self.name} did not start; see {self.log.name}")
            time.sleep(0.05)

    def stop(self):
        self.child.terminate()
        self.child.wait(60)
        self.log.close()


def cost(server, options, work, pipeline, is_encrypted):
    """Microseconds of CPU a GET; connections and handshakes, which a short and a long run have alike, cancel out."""
    count = options.requests * min(pipeline, 8)
    short, long = (spent(server, options, work, pipeline, is_encrypted, count * times) for times in (1, 3))
    return (long - short) / (2 * count) * 1e6


def spent(server, options, work, pipeline, is_encrypted, count):
    """Seconds of CPU for `count` GETs over connections of their own."""
    command = ["redis-benchmark", "-h", "127.0.0.1", "-p", server.tls_port if is_encrypted else server.port, "-c", 50,
               "-P", pipeline, "-n", count, "-r", options.keys, "-q", "--threads", 1]
    if is_encrypted:
        command += ["--tls", "--cacert", work / "server.crt"]
    command += ["GET", "key:__rand_int__"]
    before = server.cpu_seconds()
    # It waits for ever for a TLS port that refuses it.
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=120, text=True)
    if done.returncode or "requests per second" not in done.stdout:
        sys.exit(f"redis-benchmark failed: {done.stdout[-300:]}{done.stderr[-300:]}")
    return server.cpu_seconds() - before


def prepare(options, work):
    """Certificate, dataset, and both servers with the same rows."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", work / "server.key", "-out",
         work / "server.crt"], check=True, capture_output=True)
    value = "v" * options.value_bytes
    rows = work / "rows.tsv"
    rows.write_text("key\tvalue\n" + "".join(f"key:{number:012d}\t{value}\n" for number in range(options.keys)))
    subprocess.run([BINARY, "build", rows, "--value", "value", "--output", work / "rows", "--quiet"], check=True,
                   env=ENVIRONMENT)
    encrypted = ["--tls-port", "{tls_port}", "--tls-cert-file", work / "server.crt", "--tls-key-file",
                 work / "server.key", "--tls-auth-clients", "no"]
    servers = [Server("almanac", [BINARY, "serve", work / "rows", "--port", "{port}", "--loops", 1, *encrypted], work)]
    if shutil.which("redis-server"):
        servers.append(Server("redis", ["redis-server", "--port", "{port}", "--save", "", *encrypted,
                                        "--tls-ca-cert-file", work / "server.crt"], work))
    for server in servers:
        server.wait()
    for server in servers[1:]:
        commands = "".join(f"SET key:{number:012d} {value}\n" for number in range(options.keys))
        subprocess.run(["redis-cli", "-p", str(server.port), "--pipe"], input=commands.encode(), check=True,
                       capture_output=True)
    return servers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--value-bytes", type=int, default=100)
    parser.add_argument("--requests", type=int, default=50_000, help="of each run, times up to 8 when pipelined")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--pipelines", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        work = Path(directory)
        servers = prepare(options, work)
        for server in servers:
            stack.callback(server.stop)
        print("CPU a GET, µs       plain     TLS   ratio")
        for pipeline in options.pipelines:
            found = {server.name: ([], []) for server in servers}
            for _ in range(options.repetitions):
                for server in servers:
                    for is_encrypted in (False, True):
                        found[server.name][is_encrypted].append(cost(server, options, work, pipeline, is_encrypted))
            for name, (plain, encrypted) in found.items():
                ratio = statistics.median(one / other for one, other in zip(encrypted, plain))
                print(f"{name:8} pipeline {pipeline:2}{statistics.median(plain):8.3f}"
                      f"{statistics.median(encrypted):8.3f}{ratio:8.2f}", flush=True)
                figures[f"{name} pipeline {pipeline}"] = {"plain": plain, "tls": encrypted, "ratio": ratio}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
