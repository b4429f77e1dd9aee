"""Data sets for the tests: deterministic pairs, and datasets built from them by the binary under test."""

import functools
import random
from pathlib import Path

from .resp import request
from .server import IS_STANDIN, almanac


class Dataset:
    """Pairs, and where `almanac build` put them."""

    def __init__(self, name, directory, make_pairs):
        self.name, self.directory, self._make_pairs = name, Path(directory), make_pairs

    def pairs(self):
        return self._make_pairs()


def build(name, parent, make_pairs, format="packed"):
    """Writes the pairs as the commands that `redis-cli --pipe` takes and builds a dataset of them."""
    directory = Path(parent) / name
    dataset = Dataset(name, directory, make_pairs)
    if IS_STANDIN:
        return dataset
    source = Path(parent) / f"{name}.resp"
    with open(source, "wb") as file:
        for key, value in make_pairs():
            file.write(request("SET", key, value))
    done = almanac("build", source, "--input-format", "resp", "--output", directory, "--format", format)
    assert done.returncode == 0, done.stderr.decode()
    source.unlink()
    return dataset


def small_pairs():
    """A thousand plain keys."""
    return ((b"key:%06d" % number, b"value of %d" % number) for number in range(1000))


def other_pairs():
    """A second database, with some keys in common with the first."""
    return ((b"key:%06d" % number, b"other value of %d" % number) for number in range(900, 1100))


def numbered_pairs(count, value_size=100):
    """`count` keys as redis-benchmark names them."""
    return ((b"key:%012d" % number, numbered_value(number, value_size)) for number in range(count))


@functools.cache
def _pool():
    return random.Random(7).randbytes(1 << 20)


def numbered_value(number, value_size=100):
    """A value of `value_size` bytes that names its key and hardly compresses."""
    pool = _pool()
    offset = number * 2654435761 % (len(pool) - value_size)
    return (b"%012d|" % number + pool[offset : offset + value_size])[:value_size]


def large_value(number, size=8 << 20):
    return random.Random(number).randbytes(1 << 16) * (size >> 16)


def large_pairs(count=16):
    """Values of 8 MiB."""
    return ((b"large:%d" % number, large_value(number)) for number in range(count))


def oracle_pairs():
    """Keys and values of every awkward kind that Redis allows."""
    source = random.Random(20261121)
    pairs = {}
    for number in range(1500):
        pairs[b"key:%06d" % number] = b"value %d " % number + source.randbytes(source.randrange(60)).hex().encode()
    for _ in range(300):
        pairs[source.randbytes(source.randrange(1, 40))] = source.randbytes(source.randrange(200))
    for byte in range(256):
        pairs[bytes([byte])] = bytes([byte]) * byte
    for number in (0, 1, -1, 42, 2**63 - 1, -(2**63), 3.25, 1e300):
        pairs[b"number:" + str(number).encode()] = str(number).encode()
    for name in (b"a[b]", b"h*llo", b"h?llo", b"hello", b"hallo", b"k\\x", b"line\r\nbreak", b"sp ace", b'quo"te',
                 b"it's", b"{tag}a", b"{tag}b", b"*3", b"$5", "schlüssel".encode(), b"\x00", b"\xff\xfe"):
        pairs[name] = b"<" + name + b">"
    for number in range(20):
        pairs[b"empty:%d" % number] = b""
    pairs[b""] = b"the value of the empty key"
    pairs[b"k" * 65536] = b"the value of a long key"
    for number in range(3):
        pairs[b"mebibyte:%d" % number] = source.randbytes(1 << 20)
    for size in (16383, 16384, 16385, 65535, 65536, 65537):
        pairs[b"size:%d" % size] = source.randbytes(size)
    return iter(pairs.items())
