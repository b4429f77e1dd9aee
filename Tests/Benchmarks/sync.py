#!/usr/bin/env python3
"""`almanac sync` of a gigabyte from a local S3 server (SeaweedFS), beside `rclone copy` of the same objects.

Both write to the same disk and end with what they wrote on it: almanac hashes and fsyncs, rclone is followed by
`sync -f`. Each round runs every subject once, in turn. Then the CPU of a poll that finds nothing new.
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))

from support import versions  # noqa: E402
from support.object_store import KEY, REGION, SECRET, ObjectStore  # noqa: E402
from support.server import ENVIRONMENT  # noqa: E402

VERSION = "20261121T0300Z"


def run(command, env):
    """Wall and CPU seconds and peak resident MiB of one command and all that it starts."""
    begin = time.monotonic()
    child = subprocess.Popen(list(map(str, command)), env={**ENVIRONMENT, **env}, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}: {errors.decode(errors='replace')[-2000:]}")
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def drop_pages(directory):
    """Has the kernel write the files and forget their pages, so that every subject begins alike."""
    os.sync()
    for path in Path(directory).rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--mebibytes", type=int, default=64, help="of each file")
    parser.add_argument("--work", help="where everything is written; needs about four times the data")
    parser.add_argument("--binary", default=os.environ.get("ALMANAC_BINARY", ROOT / ".build/release/almanac"))
    options = parser.parse_args()

    work = Path(tempfile.mkdtemp(prefix="almanac-bench-sync-", dir=options.work))
    try:
        with ObjectStore(work) as store:
            measure(options, work, store)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_version(directory, count, size):
    """A mebibyte at a time: what this process ever held, its children are said to have held too."""
    directory.mkdir()
    files = []
    for number in range(count):
        path, digest = f"{number:06}.sst", hashlib.sha256()
        with open(directory / path, "wb") as file:
            for _ in range(size >> 20):
                piece = os.urandom(1 << 20)
                digest.update(piece)
                file.write(piece)
        files.append({"path": path, "bytes": size, "sha256": digest.hexdigest()})
    manifest = {**versions.manifest(VERSION, {}), "files": files}
    (directory / "manifest.json").write_text(json.dumps(manifest))


def measure(options, work, store):
    size = options.mebibytes << 20
    write_version(work / "version", options.files, size)
    env = store.env()
    source = store.source("bench")
    run([options.binary, "publish", work / "version", source], env)
    shutil.rmtree(work / "version")

    rclone = shutil.which("rclone", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    remote = {
        **env, "RCLONE_CONFIG_BENCH_TYPE": "s3", "RCLONE_CONFIG_BENCH_PROVIDER": "Other",
        "RCLONE_CONFIG_BENCH_ENDPOINT": store.endpoint, "RCLONE_CONFIG_BENCH_REGION": REGION,
        "RCLONE_CONFIG_BENCH_ACCESS_KEY_ID": KEY, "RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY": SECRET,
        "RCLONE_CONFIG": "/dev/null",
    }
    objects = f"BENCH:{store.bucket}/bench/versions/{VERSION}"
    target = work / "target"

    def copy(*flags):
        return ["sh", "-c", 'rclone=$1 from=$2 to=$3; shift 3; "$rclone" copy "$from" "$to" "$@" && sync -f "$to"',
                "sh", rclone, objects, target, *flags]

    subjects = {
        "almanac sync": ([options.binary, "sync", "--once", "--source", source, "--data-dir", target,
                          "--progress", "none"], env),
        "rclone copy": (copy(), remote),
        "rclone copy --transfers 8 --ignore-checksum": (copy("--transfers", "8", "--ignore-checksum"), remote),
    }
    results = {name: [] for name in subjects}
    for _ in range(options.rounds):
        for name, (command, environment) in subjects.items():
            shutil.rmtree(target, ignore_errors=True)
            drop_pages(work)
            results[name].append(run(command, environment))
    total = options.files * options.mebibytes
    print(f"{total:,} MiB in {options.files} files from SeaweedFS on this machine, {options.rounds} rounds\n")
    print(f"{'':44} {'wall s, median':>14} {'(each)':^34} {'CPU s':>6} {'MiB/s':>6} {'peak RSS MiB':>13}")
    for name, runs in results.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*runs))
        each = " ".join(f"{run[0]:.2f}" for run in runs)
        print(f"{name:44} {wall:14.2f} {each:^34} {cpu:6.2f} {total / wall:6.0f} {max(r[2] for r in runs):13.0f}")

    run(subjects["almanac sync"][0], env)  # Whichever came last, the version is there now.
    poll(options, source, target, env)


def poll(options, source, target, env, seconds=10):
    """CPU of a running sync that asks every 100 ms and finds nothing."""
    command = [options.binary, "sync", "--source", source, "--data-dir", target, "--interval", "100ms",
               "--progress", "none", "--log-level", "error"]
    child = subprocess.Popen(list(map(str, command)), env={**ENVIRONMENT, **env}, stdin=subprocess.DEVNULL)
    ticks = os.sysconf("SC_CLK_TCK")

    def cpu():
        fields = Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / ticks

    try:
        time.sleep(1)
        before = cpu()
        time.sleep(seconds)
        used = cpu() - before
    finally:
        child.terminate()
        child.wait(30)
    # Never fewer than the interval with all its jitter allows.
    polls = seconds / 0.1 / 1.1
    print(f"\na poll without news: at most {used / polls * 1000:.2f} ms of CPU")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    main()
