"""Servers under measurement: their data, their start and end, the load on them, and what it costs them."""

import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TICK = os.sysconf("SC_CLK_TCK")

# Almanac refuses settings that it does not know, those in the environment too.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("ALMANAC_")}

SEEDS = itertools.count(1)

# name: (kind, connections, pipeline, keys a request)
WORKLOADS = {
    "GET pipeline 64": ("get", 50, 64, 1),
    "GET pipeline 16": ("get", 50, 16, 1),
    "GET pipeline 1": ("get", 50, 1, 1),
    "MGET 10": ("mget", 20, 1, 10),
    "MGET 100": ("mget", 20, 1, 100),
    "GET miss pipeline 64": ("miss", 50, 64, 1),
    "GET miss pipeline 16": ("miss", 50, 16, 1),
    "GET miss pipeline 1": ("miss", 50, 1, 1),
    "PING pipeline 1": ("ping", 50, 1, 1),
    "PING pipeline 64": ("ping", 50, 64, 1),
    "ECHO pipeline 1": ("echo", 50, 1, 1),
    "ECHO pipeline 16": ("echo", 50, 16, 1),
    "ECHO pipeline 64": ("echo", 50, 64, 1),
}


def compiled(work, name, *command):
    """Compiles in place of an old one at once, which another bench may be running."""
    output = work / name
    partial = work / f"{name}.{os.getpid()}"
    subprocess.run([*command, "-o", partial], check=True, cwd=ROOT)
    return partial.rename(output)


def compiled_program(work, name):
    """The program of `name`.c beside this file."""
    return compiled(work, name, "gcc", "-O2", "-Wall", str(HERE / f"{name}.c"), "-lpthread")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Rows:
    """Rows made from their numbers by rows.c: every server is given the same."""

    def __init__(self, program, keys, value_bytes, order="sorted"):
        self.program, self.keys, self.value_bytes, self.order = program, keys, value_bytes, order

    @property
    def name(self):
        return f"{self.keys}x{self.value_bytes}"

    @property
    def kept_bytes(self):
        """Of all keys and values."""
        return self.keys * (16 + self.value_bytes)

    def command(self, form):
        return [str(self.program), form, str(self.keys), str(self.value_bytes), self.order]

    def pipe(self, form, command, **options):
        """Runs a command with the rows as its input, and returns what it printed."""
        with subprocess.Popen(self.command(form), stdout=subprocess.PIPE) as rows:
            try:
                done = subprocess.run(list(map(str, command)), stdin=rows.stdout, capture_output=True, text=True,
                                      env=ENVIRONMENT, **options)
            finally:
                rows.stdout.close()  # a command that ended early: the rows end, too
        if done.returncode or rows.returncode:
            sys.exit(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def build(self, binary, directory, *flags):
        """The version of these rows in `directory`, built anew unless this binary has made it."""
        stamp = directory.with_name(directory.name + ".made-by")
        made_by = f"{binary.stat().st_size} {binary.stat().st_mtime_ns} {' '.join(map(str, flags))}"
        if not (stamp.exists() and stamp.read_text() == made_by and directory.exists()):
            shutil.rmtree(directory, ignore_errors=True)
            self.pipe("tsv", [binary, "build", "-", "--input-format", "tsv", "--value", "value", "--output", directory,
                              "--version-id", "bench", "--quiet", *flags])
            stamp.write_text(made_by)
        return directory


class Target:
    """A server under measurement; `rows` are what it is filled with once it runs, if it comes up empty."""

    def __init__(self, name, command, work, rows=None, group=None):
        self.name, self.command, self.work, self.rows, self.group = name, command, work, rows, group

    def start(self, wrapper=(), env=None):
        self.port = free_port()
        wrapper = [*(self.group.wrapper() if self.group else ()), *wrapper]
        command = [*wrapper, *[str(word).replace("{port}", str(self.port)) for word in self.command]]
        self.log = open(self.work / f"{self.name.replace(' ', '-')}.log", "ab")
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, env={**ENVIRONMENT, **(env or {})}, cwd=self.work)
        self.pid = self.process.pid
        end = time.monotonic() + 120
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"{self.name} does not answer; see {self.log.name}")
            time.sleep(0.02)
        if self.rows:
            said = self.rows.pipe("resp", ["redis-cli", "-p", self.port, "--pipe"])
            if f"errors: 0, replies: {self.rows.keys}" not in said:
                sys.exit(f"{self.name} did not take its rows: {said}")
        return self

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as probe:
                probe.sendall(b"PING\r\n")
                return probe.recv(100) == b"+PONG\r\n"
        except OSError:
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def cpu(self):
        """(nanoseconds of all threads, user ticks, system ticks)"""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return total, int(fields[11]), int(fields[12])

    def status_mib(self, field):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", status, re.M)[1]) / 1024

    def resident_mib(self):
        return self.status_mib("VmRSS")

    def charged_mib(self):
        """What its cgroup is charged: its memory, the page cache of what it read, its sockets; None without one."""
        charged = self.group.charged_bytes() if self.group else None
        return None if charged is None else charged / 2**20

    def read_bytes(self):
        """What it has had the kernel fetch from a disk."""
        return int(re.search(r"^read_bytes: (\d+)", Path(f"/proc/{self.pid}/io").read_text(), re.M)[1])

    def info(self):
        """The fields of INFO."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            connection.sendall(b"*2\r\n$4\r\nINFO\r\n$10\r\neverything\r\n")
            file = connection.makefile("rb")
            text = file.read(int(file.readline()[1:])).decode()
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line and line[0] != "#")

    def wait_until_resident(self, deadline=600):
        """Until INFO says that what the server means to keep in memory is there, if it says anything of it."""
        end = time.monotonic() + deadline
        while self.info().get("dataset0_residency_complete", "1") != "1":
            if time.monotonic() > end:
                sys.exit(f"{self.name} is not in memory after {deadline} s")
            time.sleep(0.1)

    def touch_all(self, program, rows):
        """Asks for every key once, so that what is measured is resident, and sees that each has a value of its own."""
        result = load(program, self.port, ("all", 8, 1, 100), rows)
        if result["keys"] != rows.keys:
            sys.exit(f"{self.name} holds {result['keys']} of {rows.keys} keys")


def load(program, port, workload, rows, seconds=0.0, requests=0, copies=1):
    """What `copies` loads of this kind at once got done together: sums, and the worst of the percentiles."""
    kind, connections, pipeline, keys_each = workload
    command = [program, str(port), kind, str(connections), str(pipeline), str(keys_each), str(rows.keys), str(seconds),
               str(requests), str(rows.value_bytes)]
    # The same seed twice would ask for what the last run has brought into memory.
    loads = [subprocess.Popen([*command, str(next(SEEDS))], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
             for _ in range(copies)]
    results = []
    for each in loads:
        printed, complaint = each.communicate(timeout=600 + seconds)
        if each.returncode:
            raise RuntimeError(complaint)
        results.append(json.loads(printed))
    result = {field: (sum if field in ("requests", "keys", "errors", "nils", "bytes") else max)(
        each[field] for each in results) for field in results[0]}
    wrong = result["nils"] if kind in ("get", "mget", "all") else 0
    if result["errors"] or wrong or (kind == "miss" and result["nils"] != result["requests"]):
        raise RuntimeError(f"wrong replies: {result}")
    return result


def machine_cpu():
    fields = open("/proc/stat").readline().split()[1:9]
    return sum(int(value) for index, value in enumerate(fields) if index not in (3, 4)) / TICK


def measure(target, program, workload, rows, seconds, copies=1):
    """One run of a workload: what it cost, how fast it was, and how much else the machine did meanwhile."""
    before, busy = target.cpu(), machine_cpu()
    children = os.times()
    result = load(program, target.port, workload, rows, seconds, copies=copies)
    after = target.cpu()
    after_children = os.times()
    client = (after_children.children_user + after_children.children_system
              - children.children_user - children.children_system)
    spent = (after[0] - before[0]) / 1e9
    user, system = after[1] - before[1], after[2] - before[2]
    return {
        "cpu_us": spent * 1e6 / result["keys"],
        "user_share": user / max(1, user + system),
        "keys_per_second": result["keys"] / result["seconds"],
        "p50_us": result["p50"], "p99_us": result["p99"], "p999_us": result["p999"],
        "server_cores": spent / result["seconds"],
        # What neither the server nor the load used: a run with more than a tenth of a core was disturbed.
        "other_cores": max(0.0, (machine_cpu() - busy - spent - client) / result["seconds"]),
    }
