"""What goes wrong around a server in the long soak: its source, its sidecar, its disk, and what is published."""

import json
import random
import signal
import subprocess
import threading
import time
import urllib.request

from support.faults import DiskFaults
from support.source_server import SourceServer, Truncated
from support.swap_load import ENVIRONMENT

# One in so many requests for a file of a version fails while failures are on.
FAILING = 3


class Source:
    """The web server that versions are fetched from, which fails when told to."""

    def __init__(self, directory, seed):
        self.directory, self.chance = directory, random.Random(f"{seed}/source")
        self.server = SourceServer(directory)
        self.is_failing, self.failures = False, 0
        # Sidecars that are killed hang up in the middle.
        self.server.server.handle_error = lambda *_: None
        self.server.__enter__()

    def watch(self, version):
        """Has requests for a version's files fail from now on, while failures are on."""
        for file in (self.directory / "versions" / version).iterdir():
            self.server.faults[f"versions/{version}/{file.name}"] = self.fault

    def fault(self, body):
        if not self.is_failing or body is None or self.chance.randrange(FAILING):
            return body
        self.failures += 1
        return self.chance.choice([500, 503, Truncated(body[:len(body) // 2]), Truncated(b"")])

    def close(self):
        self.server.__exit__()


class Sidecar:
    """`almanac sync`, started again whenever it is killed."""

    def __init__(self, binary, url, data, server_port, log_path):
        self.command = [
            binary, "sync", "--source", url, "--data-dir", data, "--server", f"redis://127.0.0.1:{server_port}/0",
            "--interval", "500ms", "--reserve", "0", "--keep", "3", "--log-format", "json", "--progress", "none"]
        self.log_path, self.kills, self.deaths = log_path, 0, []
        self.lock = threading.Lock()
        self.start()

    def start(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                list(map(str, self.command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT)

    def kill(self):
        with self.lock:
            self.child.kill()
            self.child.wait()
            self.kills += 1
            self.start()

    def poke(self):
        """Has it ask its source now: after failures its pauses are longer than those between versions."""
        with self.lock:
            self.child.send_signal(signal.SIGHUP)

    def revive(self):
        """Starts it again where it has ended by itself; only a poke at its very beginning may do that."""
        with self.lock:
            if self.child.poll() is not None:
                if self.child.returncode != -signal.SIGHUP:
                    self.deaths.append(self.child.returncode)
                self.start()

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait()

    def records(self):
        """What it has logged in all its lives; a line that was cut by a kill is passed over."""
        self.revive()
        found = []
        for line in self.log_path.read_bytes().splitlines():
            try:
                record = json.loads(line)
                found.append((record["message"], record.get("metadata", {})))
            except (ValueError, KeyError):
                continue
        return found

    def has_served(self, version):
        return any(message == "served" and facts.get("version") == version for message, facts in self.records())

    def has_refused(self, version):
        """Whether it, or the server through it, said no to a version."""
        return any(
            (message == "refused by the server" and facts.get("version") == version)
            or (message == "sync failed" and version in facts.get("error", ""))
            for message, facts in self.records())


class Troubles(threading.Thread):
    """Makes trouble every few seconds until the end, each kind by chance."""

    def __init__(self, source, sidecar, disk, seed):
        super().__init__(daemon=True)
        self.source, self.sidecar, self.disk = source, sidecar, disk
        self.chance, self.is_done = random.Random(f"{seed}/troubles"), threading.Event()
        self.counts = {"source failing": 0, "slow source": 0, "killed sidecar": 0, "stalled disk": 0}
        self.start()

    def run(self):
        kinds = [self.failing_source, self.slow_source, self.killed_sidecar]
        if self.disk:
            kinds.append(self.stalled_disk)
        while not self.is_done.wait(self.chance.uniform(1, 5)):
            self.chance.choice(kinds)()

    def failing_source(self):
        self.counts["source failing"] += 1
        self.source.is_failing = True
        self.is_done.wait(self.chance.uniform(1, 4))
        self.source.is_failing = False

    def slow_source(self):
        self.counts["slow source"] += 1
        self.source.server.bytes_per_second = 4 << 20
        self.is_done.wait(self.chance.uniform(1, 3))
        self.source.server.bytes_per_second = None

    def killed_sidecar(self):
        self.counts["killed sidecar"] += 1
        self.sidecar.kill()

    def stalled_disk(self):
        """Reads of segments wait; what is resident must be answered all the same."""
        self.counts["stalled disk"] += 1
        self.disk.hold = 1
        self.is_done.wait(self.chance.uniform(0.1, 1))
        self.disk.hold = 0

    def finish(self):
        """Ends it with everything in order."""
        self.is_done.set()
        self.join(30)
        self.source.is_failing, self.source.server.bytes_per_second = False, None
        if self.disk:
            self.disk.hold = 0


def disk_faults(work):
    """Stalls for the files of packed versions; `None` where no C compiler is to be had."""
    try:
        return DiskFaults(work, path_fragment=".packed")
    except (OSError, subprocess.CalledProcessError):
        return None


def slope_per_hour(samples):
    """By how much a figure grows in an hour: the line of least squares through (seconds, figure)."""
    count = len(samples)
    mean_x = sum(x for x, _ in samples) / count
    mean_y = sum(y for _, y in samples) / count
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return 3600 * sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0.0


class Scraper(threading.Thread):
    """Scrapes /metrics each second, and notes every counter that falls and every scrape that fails."""

    def __init__(self, url, wrong):
        super().__init__(daemon=True)
        self.url, self.wrong = url, wrong
        self.scrapes, self.longest, self.last = 0, 0.0, {}
        self.is_done = threading.Event()
        self.start()

    def run(self):
        while not self.is_done.wait(1):
            begin = time.monotonic()
            try:
                with urllib.request.urlopen(self.url, timeout=20) as answer:
                    text = answer.read().decode()
            except OSError as error:
                self.wrong.append(f"a scrape failed: {error}")
                continue
            self.longest = max(self.longest, time.monotonic() - begin)
            self.scrapes += 1
            self.check(text)

    def check(self, text):
        counters, found = set(), {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                if kind in ("counter", "histogram"):
                    counters.add(name)
            elif line and not line.startswith("#"):
                series, _, value = line.rpartition(" ")
                found[series] = float(value)
        for series, value in found.items():
            name = series.split("{")[0]
            family = name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")
            if (name in counters or family in counters) and value < self.last.get(series, 0):
                self.wrong.append(f"{series} fell from {self.last[series]} to {value}")
        if not found:
            self.wrong.append("a scrape without a sample")
        self.last = found

    def finish(self):
        self.is_done.set()
        self.join(30)
