"""A data directory with versions in it, made by the binary under test; every value tells the version that it is of."""

import json
import os
import shutil
from pathlib import Path

from .resp import request
from .server import almanac


def value(version, number):
    return b"%s of version %s" % (b"value %d" % number, version.encode())


class DataDirectory:
    def __init__(self, path, format="packed"):
        self.path, self.format = Path(path), format

    def add(self, version, keys=1000, activate=True, flags=()):
        """Builds a version of `keys` keys `key:N`."""
        rows = self.path.parent / f"{self.path.name}-{version}.resp"
        with open(rows, "wb") as file:
            for number in range(keys):
                file.write(request("SET", b"key:%d" % number, value(version, number)))
        done = almanac(
            "build", rows, "--data-dir", self.path, "--version-id", version, "--quiet", "--format", self.format,
            *(["--activate"] if activate else []), *(["--allow-empty"] if keys == 0 else []), *flags)
        assert done.returncode == 0, done.stderr.decode()
        rows.unlink()
        return self.version(version)

    def version(self, version):
        return self.path / "versions" / version

    def announce(self, version):
        """What a sidecar does: one rename."""
        temporary = self.path / ".next"
        temporary.symlink_to(f"versions/{version}")
        os.replace(temporary, self.path / "current")

    @property
    def current(self):
        return os.readlink(self.path / "current").rpartition("/")[2]

    def copy(self, version, place=None):
        """Copies a version's directory, whose seal is then void; puts it in its own place where none is given."""
        source = self.version(version)
        target = place or self.path / ".copy"
        shutil.copytree(source, target)
        os.chmod(target, 0o755)
        for file in target.iterdir():
            os.chmod(file, 0o644)
        if place is None:
            self.remove(version)
            target.rename(source)
        return place or source

    def remove(self, version):
        os.chmod(self.version(version), 0o755)
        shutil.rmtree(self.version(version))

    def refusals(self):
        """The kinds of refusal on record, by version."""
        records = [json.loads(file.read_text()) for file in (self.path / "quarantine").glob("*.json")]
        return {record["version_id"]: record["kind"] for record in records}

    def serving(self):
        """What the server says of itself; empty where it has yet to."""
        file = self.path / "serving.json"
        return json.loads(file.read_text()) if file.exists() else {}


def flip_bit(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def truncate(file):
    os.truncate(file, file.stat().st_size // 2)
