"""Versions made by hand, for commands that move them and never open them; and what a data directory holds."""

import hashlib
import json
import random
from pathlib import Path


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def random_bytes(count, seed):
    return random.Random(f"{seed}").randbytes(count)


def files(count=4, size=100_000, seed=0, prefix="data"):
    """Files of random bytes by name, two of them below a directory, one of them empty."""
    made = {f"{prefix}-{number:02}.bin": random_bytes(size + number, f"{seed}/{number}") for number in range(count)}
    made["nested/deep/leaf.bin"] = random_bytes(1_000, f"{seed}/leaf")
    made["empty.bin"] = b""
    return made


def manifest(version_id, contents, **fields):
    return {
        "manifest_version": 1, "version_id": version_id, "format": "rocksdb", "created": "2026-11-21T08:00:00Z",
        "builder": {"name": "test", "version": "1"}, "key_count": 0, "duplicates_dropped": 0, "canaries": [],
        "files": [
            {"path": path, "bytes": len(data), "sha256": sha256(data)} for path, data in sorted(contents.items())],
        **fields,
    }


def write(directory, version_id, contents, **fields):
    """Writes a version directory; returns the bytes of its manifest."""
    directory = Path(directory)
    for path, data in contents.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(data)
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(manifest(version_id, contents, **fields), indent=2).encode()
    (directory / "manifest.json").write_bytes(text)
    return text


def pointer(version_id, manifest_bytes):
    return json.dumps({
        "version_id": version_id, "manifest_sha256": sha256(manifest_bytes), "published_at": "2026-11-21T09:00:00Z",
    }).encode()


def publish_by_hand(source, version_id, contents, is_announced=True, **fields):
    """What `almanac publish` leaves in a directory, without it."""
    source = Path(source)
    text = write(source / "versions" / version_id, version_id, contents, **fields)
    if is_announced:
        (source / "current.json").write_bytes(pointer(version_id, text))
    return text


def current(data_directory):
    """The id that `current` leads to; None where there is none."""
    link = Path(data_directory) / "current"
    return link.readlink().name if link.is_symlink() else None


def is_whole(version):
    """Whether a version directory has every file of its manifest, byte by byte, and nothing else."""
    version = Path(version)
    listed = {file["path"]: file for file in json.loads((version / "manifest.json").read_bytes())["files"]}
    found = {str(path.relative_to(version)) for path in version.rglob("*") if path.is_file()}
    companions = {"manifest.json", "verified.json", "manifest.sig"}
    return found - companions == set(listed) and all(
        sha256((version / path).read_bytes()) == file["sha256"] for path, file in listed.items())
