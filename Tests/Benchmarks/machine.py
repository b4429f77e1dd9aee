"""What the measurements ask of the machine: priority, memory cgroups, the page cache, space."""

import atexit
import itertools
import os
import re
import shutil
import sys
import time
from pathlib import Path

FREE_BYTES_MIN = 2 << 30


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def bytes_of(text):
    number, unit = re.fullmatch(r"(\d+)(|KiB|MiB|GiB)", text).groups()
    return int(number) << {"": 0, "KiB": 10, "MiB": 20, "GiB": 30}[unit]


def raise_priority():
    """Goes before what else the machine does, and so do all children, among themselves as equals.

    Whether that is allowed.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    except PermissionError:
        return False
    group = Path("/sys/fs/cgroup/cpu") / f"almanac-bench-{os.getpid()}"
    try:
        group.mkdir()
        atexit.register(leave_group, group)
        (group / "cpu.shares").write_text("262144")
        (group / "cgroup.procs").write_text("0")
        # Without a share of its own, a group may have no real-time threads, which the load would like to be.
        (group / "cpu.rt_runtime_us").write_text("900000")
    except OSError:
        pass  # only version 1 of cgroups has it: nice alone has to do
    return True


def leave_group(group):
    (group.parent / "cgroup.procs").write_text("0")
    try:
        group.rmdir()
    except OSError:
        pass


def require_space(path, need):
    free = shutil.disk_usage(path).free
    if free < need:
        sys.exit(f"{path} has {free >> 20} MiB free, and {need >> 20} MiB are needed")


def files_of(directory):
    return [path for path in sorted(Path(directory).rglob("*")) if path.is_file() and not path.is_symlink()]


def size_of(directory):
    return sum(path.stat().st_size for path in files_of(directory))


def drop_pages(directory):
    """Has the kernel forget the files' contents, as for a version that nobody has read."""
    for path in files_of(directory):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


class MemoryGroup:
    """A memory cgroup of its own, version 1 or 2; `path` is None where none can be made.

    The limit is a size, `none` for no group, or None for a group that only counts.
    """

    numbers = itertools.count()

    def __init__(self, limit):
        self.path = None
        if limit == "none":
            return
        roots = [(Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"), (Path("/sys/fs/cgroup"), "memory.max")]
        name = f"almanac-bench-{os.getpid()}-{next(self.numbers)}"
        for root, file in roots:
            path = root / name
            try:
                if file == "memory.max":
                    (root / "cgroup.subtree_control").write_text("+memory")
                path.mkdir()
                if limit is not None:
                    (path / file).write_text(str(bytes_of(limit)))
                self.path = path
                atexit.register(self.remove)
                return
            except OSError:
                if path.exists():
                    path.rmdir()
        say("no right to make a memory cgroup here: the server runs without a limit, and its page cache is not counted")

    def wrapper(self):
        """What to put before a command so that it runs in the group."""
        return ["sh", "-c", f'echo $$ > {self.path}/cgroup.procs && exec "$@"', "sh"] if self.path else []

    def charged_bytes(self):
        """What the group's processes use, the page cache and the kernel's memory for them included; None without it."""
        for file in ("memory.usage_in_bytes", "memory.current"):
            if self.path and (self.path / file).exists():
                return int((self.path / file).read_text())
        return None

    def remove(self):
        if self.path:
            remove_group(self.path)
            self.path = None


def remove_group(path):
    """Removes a cgroup, once the kernel no longer accounts for a process in it that has just ended."""
    end = time.monotonic() + 10
    while path.exists() and time.monotonic() < end:
        try:
            path.rmdir()
        except OSError:
            time.sleep(0.05)


def disk_of(directory):
    """`major:minor` of the whole disk that holds a directory."""
    number = os.stat(directory).st_dev
    entry = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if (entry / "partition").exists():
        entry = entry.resolve().parent
    return (entry / "dev").read_text().strip()


class DiskCounter:
    """Counts a server's reads of the disk under a directory.

    By a cgroup of version 1 of its own, or by its memory group where that is of version 2.
    """

    def __init__(self, directory, memory_group):
        self.own = self.file = None
        try:
            path = Path("/sys/fs/cgroup/blkio") / f"almanac-bench-{os.getpid()}-{next(MemoryGroup.numbers)}"
            if path.parent.is_dir():
                path.mkdir()
                atexit.register(self.remove)
                self.own, self.file = path, path / "blkio.throttle.io_serviced"
                # The kernel counts only where there is a limit: one that no disk reaches.
                (path / "blkio.throttle.read_iops_device").write_text(f"{disk_of(directory)} 1000000000")
            elif memory_group.path:
                Path("/sys/fs/cgroup/cgroup.subtree_control").write_text("+io")
                self.file = memory_group.path / "io.stat"
        except OSError:
            self.file = None
        if not (self.file and self.file.exists()):
            self.file = None
            say("no right to count a server's reads of the disk here: they are taken from its bytes, 4 KiB each")

    def wrapper(self):
        """What to put before a command so that its reads are counted."""
        return ["sh", "-c", f'echo $$ > {self.own}/cgroup.procs && exec "$@"', "sh"] if self.own else []

    def reads(self):
        """How many there were; None where nothing counts them."""
        if not self.file:
            return None
        counts = re.findall(r"Read (\d+)$" if self.own else r"rios=(\d+)", self.file.read_text(), re.M)
        return sum(map(int, counts))

    def remove(self):
        if self.own:
            remove_group(self.own)
            self.own = None
