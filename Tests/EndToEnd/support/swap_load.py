"""Datasets whose values carry their version, swaps between them, and load that checks every reply (swap_load.c)."""

import hashlib
import json
import mmap
import os
import signal
import subprocess
from pathlib import Path

from .resp import Connection

SOURCES = sorted(Path(__file__).parent.glob("swap_load*.c"))
# Almanac refuses settings that it does not know, those in the environment too.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("ALMANAC_")}
# What must stay zero whatever the server does meanwhile.
VIOLATIONS = ("errors", "nils", "reconnects", "stalled", "mixed", "backwards", "foreign", "incomplete_walks")


def compile_load(directory):
    program = Path(directory) / "swap_load"
    subprocess.run(["cc", "-O2", "-Wall", "-o", program, *SOURCES, "-lm"], check=True)
    return program


class Announcements:
    """The page on which a swap is announced before it is made, so that the loads know what they may see."""

    versions_max = 1 << 16

    def __init__(self, path, first_version):
        self.path, self.count = Path(path), 0
        self.path.write_bytes(bytes(16 + 4 * self.versions_max))
        with open(self.path, "r+b") as file:
            page = memoryview(mmap.mmap(file.fileno(), 0))
        # One store each: struct.pack_into would first clear what it writes, and a load might look just then.
        self._numbers, self._versions = page[:16].cast("Q"), page[16:].cast("I")
        self.announce(first_version)

    def announce(self, version):
        """Any reply from now on may be of `version`."""
        self._versions[self.count] = version
        self.count += 1
        self._numbers[0] = self.count

    def settle(self):
        """The last announced version is in place: the server said so."""
        self._numbers[1] = self.count - 1


class Load:
    """One running load: `kind` is get, mget, multi or scan, `options` are those of swap_load.c.

    `wrapper` is put before the command, such as chrt.
    """

    def __init__(self, program, port, kind, announced=None, check=True, wrapper=(), **options):
        self.name = f"{kind} pipeline {options.get('pipeline', 1)}"
        command = [*wrapper, program, kind, "--port", port]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", value]
        if check:
            command.append("--check")
        if announced:
            command += ["--announced", announced.path]
        self.child = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            bufsize=0)

    def wait_until_running(self):
        """Waits for its first answers; a server that gives none ends it within 20 s."""
        if self.child.stdout.readline() != b"running\n":
            raise RuntimeError(f"{self.name} does not run: {self.child.communicate()[1].decode()}")

    def finish(self, timeout=60):
        """Waits for the end of a load with --seconds; what it counted."""
        out, err = self.child.communicate(timeout=timeout)
        if self.child.returncode:
            raise RuntimeError(f"{self.name} ended with {self.child.returncode}: {err.decode()}")
        return {"name": self.name, "said": err.decode(), **json.loads(out.splitlines()[-1])}

    def stop(self, timeout=60):
        """Ends the load; what it counted."""
        self.child.send_signal(signal.SIGTERM)
        return self.finish(timeout)

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()


def violations(result):
    """What must not have happened, and did."""
    return {name: result[name] for name in VIOLATIONS if result[name]}


def version_id(number):
    return f"v{number:04d}"


def rows_command(program, number, keys, value_bytes):
    """Prints the rows of version `number` as TSV."""
    return list(map(str, [program, "rows", "--keys", keys, "--value-bytes", value_bytes, "--version", number]))


def build_version(program, binary, directory, number, keys, value_bytes):
    """Builds version `number` into `directory`: its values begin with `v` and the number in four digits."""
    rows = subprocess.Popen(rows_command(program, number, keys, value_bytes), stdout=subprocess.PIPE)
    try:
        done = subprocess.run(
            [binary, "build", "-", "--input-format", "tsv", "--value", "value", "--version-id", version_id(number),
             "--output", directory, "--quiet"], stdin=rows.stdout, capture_output=True, env=ENVIRONMENT)
        assert done.returncode == 0, done.stderr.decode()
        rows.stdout.close()
        assert rows.wait(60) == 0
    finally:
        rows.kill()
        rows.wait()


class DataDirectory:
    """`versions/ID` and `current`, as the sidecar keeps them."""

    def __init__(self, directory):
        self.directory = Path(directory)
        (self.directory / "versions").mkdir(parents=True, exist_ok=True)

    def version(self, name):
        return self.directory / "versions" / name

    def flip(self, name):
        """Makes `current` lead to version `name`, atomically and durably."""
        link = self.directory / ".current.next"
        link.unlink(missing_ok=True)
        link.symlink_to(f"versions/{name}")
        link.rename(self.directory / "current")
        handle = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def make_versions(program, binary, directory, numbers, keys, value_bytes):
    """A data directory that holds the versions `numbers`; the first is current."""
    data = DataDirectory(directory)
    for number in numbers:
        build_version(program, binary, data.version(version_id(number)), number, keys, value_bytes)
    data.flip(version_id(numbers[0]))
    return data


class ReloadSwapper:
    """Swaps an Almanac server by flipping `current` and asking for a reload."""

    def __init__(self, address, data):
        self.data, self.connection = data, Connection(address, deadline=300)

    @staticmethod
    def is_known_to(address):
        with Connection(address) as connection:
            return "unknown command" not in str(connection.ask("DATASET", "LIST"))

    def swap(self, number, _=None):
        """Returns when the server has answered that version `number` is in place."""
        self.data.flip(version_id(number))
        reply = self.connection.ask("DATASET", "RELOAD")
        assert not str(reply).startswith("-"), reply
        return reply

    def close(self):
        self.connection.close()


def fingerprint(directory):
    """Every entry below `directory` with its mode, size, time of change and hash: equal when nothing was touched."""
    entries = {}
    for path in sorted(Path(directory).rglob("*")):
        status = path.lstat()
        digest = ""
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        entries[str(path.relative_to(directory))] = (
            status.st_mode, status.st_ino, status.st_size if digest else 0, status.st_mtime_ns, digest)
    return entries


def resources(pid):
    """What a process holds: descriptors, threads, mappings, and memory in bytes."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return {
        "descriptors": len(os.listdir(process / "fd")),
        "threads": int(status["Threads"]),
        "mappings": len((process / "maps").read_text().splitlines()),
        "resident_bytes": int(status["VmRSS"].split()[0]) * 1024,
        "anonymous_bytes": int(status["RssAnon"].split()[0]) * 1024,
    }
