"""What the measurements of versions share: datasets kept between runs, data directories, servers in a memory cgroup."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "EndToEnd"))

from machine import (  # noqa: E402, F401
    FREE_BYTES_MIN, MemoryGroup, bytes_of, drop_pages, files_of, raise_priority, require_space, say, size_of)
from servers import ENVIRONMENT, HERE, ROOT, TICK, Target  # noqa: E402, F401
from support.resp import Connection  # noqa: E402
from support.swap_load import DataDirectory, Load, build_version, compile_load, violations  # noqa: E402, F401

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "almanac-bench"


def add_dataset_options(parser):
    parser.add_argument("--keys", type=int, default=20_000_000)
    parser.add_argument("--value-bytes", type=int, default=150, help="of each value, at least 23")
    parser.add_argument("--cache", type=Path, default=CACHE,
                        help="where datasets are kept between runs (default: %(default)s)")
    parser.add_argument("--loops", type=int, default=1)
    parser.add_argument("--memory", default="1GiB",
                        help="limit of the server's cgroup, page cache and all; none: no cgroup (default: %(default)s)")
    parser.add_argument("--cpus", default="0", help="what the server may run on, as taskset writes it; all: any")
    parser.add_argument("--serve-flags", default="", help="more flags for almanac serve, in one word")
    parser.add_argument("--binary", default=os.environ.get("ALMANAC_BINARY", str(ROOT / ".build/release/almanac")))


def load_wrapper(options):
    """What to put before the load, so that it is not late and does not take the server's CPU, as far as allowed."""
    wrapper = []
    if options.cpus != "all" and shutil.which("taskset"):
        pinned = subprocess.run(["taskset", "-c", options.cpus, sys.executable, "-c",
                                 "import os; print(*os.sched_getaffinity(0))"], capture_output=True, text=True)
        others = os.sched_getaffinity(0) - set(map(int, pinned.stdout.split()))
        if others:
            wrapper += ["taskset", "-c", ",".join(map(str, sorted(others)))]
    chrt = ["chrt", "--fifo", "1"]
    if shutil.which("chrt") and subprocess.run([*chrt, "true"], capture_output=True).returncode == 0:
        wrapper += chrt
    return wrapper


def cached_dataset(options, program):
    """The dataset of these options, built when it is not there."""
    directory = options.cache / f"{options.keys}x{options.value_bytes}"
    if not (directory / "manifest.json").exists():
        need = 3 * options.keys * (options.value_bytes + 24) + FREE_BYTES_MIN
        options.cache.mkdir(parents=True, exist_ok=True)
        require_space(options.cache, need)
        say(f"building {options.keys:,} keys with values of {options.value_bytes} bytes in {directory}")
        shutil.rmtree(directory, ignore_errors=True)
        build_version(program, options.binary, directory, 1, options.keys, options.value_bytes)
    return directory


def copy_slowly(source, target, rate, step=1 << 20):
    """Copies as a considerate download writes: at a rate, synced as it goes, leaving no pages behind."""
    start, done = time.monotonic(), 0
    with open(source, "rb", buffering=0) as reader, open(target, "wb", buffering=0) as writer:
        while data := reader.read(step):
            writer.write(data)
            os.fdatasync(writer.fileno())
            for file in (reader, writer):
                os.posix_fadvise(file.fileno(), done, len(data), os.POSIX_FADV_DONTNEED)
            done += len(data)
            time.sleep(max(0, start + done / rate - time.monotonic()))
        os.fsync(writer.fileno())


class BenchDirectory(DataDirectory):
    """A data directory whose versions are all made of one dataset, by links or by copies."""

    def __init__(self, directory, dataset):
        shutil.rmtree(directory, ignore_errors=True)
        super().__init__(directory)
        self.dataset, self.incoming = Path(dataset), self.directory / "incoming"
        self.incoming.mkdir(exist_ok=True)

    def land(self, name, copy_rate=None):
        """Puts version `name` in place: of links, or of copies made at a rate in bytes a second."""
        target = self.incoming / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        if copy_rate:
            require_space(self.directory, size_of(self.dataset) + FREE_BYTES_MIN)
        for path in files_of(self.dataset):
            if path.name == "manifest.json":
                continue
            if copy_rate:
                copy_slowly(path, target / path.name, copy_rate)
            else:
                os.link(path, target / path.name)
        manifest = json.loads((self.dataset / "manifest.json").read_text())
        manifest["version_id"] = name
        text = json.dumps(manifest, indent=2, sort_keys=True).encode() + b"\n"
        (target / "manifest.json").write_bytes(text)
        # What sync writes once it has checked every byte: the server need not read them all again.
        (target / "verified.json").write_text(json.dumps({
            "manifest_sha256": hashlib.sha256(text).hexdigest(), "directory_inode": target.stat().st_ino,
            "verified_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}) + "\n")
        target.rename(self.version(name))

    def keep_only(self, names):
        for path in (self.directory / "versions").iterdir():
            if path.name not in names:
                shutil.rmtree(path)

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def known_settings(binary):
    """The settings that this binary has."""
    text = subprocess.run([binary, "serve", "/any", "--print-settings"], capture_output=True, text=True,
                          env=ENVIRONMENT).stdout
    return set(re.findall(r"^(?:# )?([a-z-]+):", text, re.M))


def serve(options, work, data, group, *flags):
    """A running server of a data directory, in the group and on the CPUs of the options."""
    pin = [] if options.cpus == "all" or not shutil.which("taskset") else ["taskset", "-c", options.cpus]
    command = [options.binary, "serve", f"bench={data.directory}", "--port", "{port}", "--bind", "127.0.0.1",
               "--loops", options.loops, *options.serve_flags.split(), *flags]
    return Target("almanac", command, work).start([*group.wrapper(), *pin])


class Watcher(threading.Thread):
    """Asks a server every tenth of a second what it has looked up, and what it has used."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.rows, self.is_done = target, [], threading.Event()
        self.start()

    def run(self):
        with Connection(("127.0.0.1", self.target.port), deadline=60) as connection:
            while not self.is_done.wait(0.1):
                try:
                    text = connection.ask("INFO", "stats", "almanac").decode()
                    self.rows.append({
                        "ns": time.monotonic_ns(), "cpu_ns": self.cpu_ns(),
                        "look_ups": number_of(text, "keyspace_hits") + number_of(text, "keyspace_misses"),
                        "cold": number_of(text, "cold_lookups"),
                        "version": re.search(r"^dataset0:name=[^,]*,version=([^,\r]*)", text, re.M)[1]})
                except (OSError, TypeError):
                    return

    def cpu_ns(self):
        """Of the whole process, the threads that have ended included."""
        _, user, system = self.target.cpu()
        return (user + system) * 1_000_000_000 // TICK

    def finish(self):
        self.is_done.set()
        self.join(10)
        return self.rows


def number_of(info, field):
    return int(re.search(rf"^{field}:(\d+)", info, re.M)[1])


def ask(target, *words):
    with Connection(("127.0.0.1", target.port), deadline=300) as connection:
        return connection.ask(*words)
