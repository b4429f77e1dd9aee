"""RocksDB databases made by RocksDB's own tool, for what reads those of others."""

import shutil
import subprocess

LDB = shutil.which("ldb") or shutil.which("rocksdb_ldb")


def ldb(directory, *arguments, stdin=None):
    done = subprocess.run([LDB, f"--db={directory}", *arguments], input=stdin, capture_output=True)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)


def put(directory, first, last, generation, *options):
    """Writes the keys from `first` to before `last`, whose values tell `generation`."""
    pairs = [word for number in range(first, last) for word in (f"k{number:05}", f"{generation} {number}")]
    ldb(directory, "--create_if_missing", *options, "batchput", *pairs)


def generation(word, first, last):
    """What `put` has written."""
    return {b"k%05d" % number: b"%b %d" % (word.encode(), number) for number in range(first, last)}
