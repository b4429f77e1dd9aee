"""Inputs of `almanac build` that are far more than they seem, and bare databases with something else among their files:
refused with a reason, in the memory that was allowed, and nothing is left."""

import gzip
import os
import shutil

import pytest

from support.measured import measured, refused

pytestmark = pytest.mark.almanac_only

MIB = 1 << 20
FORMATS = ["csv", "tsv", "jsonl", "resp"]


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """A gibibyte of zero bytes in a mebibyte of gzip; of many members, as `cat a.gz b.gz` makes them."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(64 * MIB)) * 16)
    return path


def build(path, output, *flags):
    return measured("build", path, "--output", output, "--memory", "64MiB", "--quiet", *flags)


def check_nothing_left(output):
    assert not [path for path in output.parent.iterdir() if path.name.lstrip(".").startswith(output.name)]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["bomb", "device"])
def test_a_row_without_end(tmp_path, bomb, format, kind):
    path = bomb if kind == "bomb" else "/dev/zero"
    refused(build(path, tmp_path / "made", "--input-format", format), 65, ":1:")
    check_nothing_left(tmp_path / "made")


@pytest.mark.parametrize("text", [
    b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$99999999999999999999\r\n", b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$536870913\r\n",
    b"*-9223372036854775808\r\n", b"*9223372036854775807\r\n$4\r\nMSET\r\n", b"*3\r\n$-1\r\n", b"$5\r\nhello\r\n",
], ids=["a value beyond counting", "a value too long", "fewer than none", "as many as can be", "none", "no command"])
def test_lengths_that_cannot_be(tmp_path, text):
    (tmp_path / "rows.resp").write_bytes(text)
    refused(build(tmp_path / "rows.resp", tmp_path / "made"), 65, "rows.resp")
    check_nothing_left(tmp_path / "made")


@pytest.mark.parametrize("row, reason", [
    ('{"key": "a", "key": "b", "value": "1"}', "twice"),
    ('{"key": "a", "\\u006bey": "b", "value": "1"}', "twice"),
    ('{"key": "a", "value": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested"),
    ('{"key": "a", "value": "\\ud800"}', ""), ('{"key": "a", "value": 1}}', ""), ("\ufeff\ufeff{}", ""),
], ids=["a member twice", "a member twice, once escaped", "nested deeply", "half a character", "too many ends", "marks"])
def test_objects_that_can_be_read_in_two_ways(tmp_path, row, reason):
    (tmp_path / "rows.jsonl").write_text(row + "\n")
    refused(build(tmp_path / "rows.jsonl", tmp_path / "made"), 65, "rows.jsonl", reason)
    check_nothing_left(tmp_path / "made")


@pytest.mark.parametrize("name", ["CURRENT", "MANIFEST", "sst"])
def test_a_pipe_among_the_files_of_a_bare_database(tmp_path, name):
    """RocksDB opens what it finds by its name, and would wait for the pipe's writer for ever."""
    (tmp_path / "rows.csv").write_text("key,value\n" + "".join(f"{n},{n}\n" for n in range(100)))
    made, bare = tmp_path / "made", tmp_path / "bare"
    assert measured("build", tmp_path / "rows.csv", "--output", made, "--quiet", "--format", "rocksdb").returncode == 0
    shutil.copytree(made, bare)
    bare.chmod(0o755)
    (bare / "manifest.json").unlink()
    (bare / "verified.json").unlink(missing_ok=True)
    file = next(path for path in bare.iterdir() if path.name.startswith(name) or path.suffix == f".{name}")
    file.unlink()
    os.mkfifo(file)
    for command in (("verify", bare), ("inspect", bare), ("build", bare, "--output", tmp_path / "again", "--quiet"),
                    ("serve", bare, "--port", "0")):
        done = measured(*command)
        assert done.returncode in (65, 74) and done.stderr, (command[0], done)
    check_nothing_left(tmp_path / "again")
