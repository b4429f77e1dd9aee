"""Pointers and manifests that no publisher writes: each is refused with one line of reason and in little memory, and
nothing comes of it."""

import json
import os

import pytest

from support import versions
from support.measured import MEMORY_MAX, measured, refused

pytestmark = pytest.mark.almanac_only

MIB = 1 << 20


def once(source, data, *flags):
    return measured(
        "sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0", "--progress", "none", *flags)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A source with version v1, and a data directory that has it."""
    place = tmp_path_factory.mktemp("hostile")
    source, data = place / "source", place / "data"
    text = versions.publish_by_hand(source, "v1", versions.files(count=1, size=100))
    assert once(source, data).returncode == 0
    return source, data, text


def check_untouched(data):
    assert versions.current(data) == "v1" and os.listdir(data / "versions") == ["v1"]
    assert versions.is_whole(data / "versions/v1")
    assert sorted(os.listdir(data)) == [".lock", "current", "incoming", "quarantine", "versions"]
    assert os.listdir(data.parent) in (["source", "data"], ["data", "source"])


POINTERS = {
    "a byte-order mark": lambda good: b"\xef\xbb\xbf" + good,
    "UTF-16": lambda good: good.decode().encode("utf-16"),
    "UTF-16 without a mark": lambda good: good.decode().encode("utf-16-le"),
    "no UTF-8": lambda good: b'{"\xff": 1, ' + good[1:],
    "a field twice": lambda good: good[:-1] + b', "version_id": "v1"}',
    "a field twice, once escaped": lambda good: good[:-1] + rb', "version\u005fid": "v1"}',
    "something behind it": lambda good: good + b" {}",
    "zero bytes behind it": lambda good: good + bytes(100),
    "itself twice": lambda good: good * 2,
    "a list of it": lambda good: b"[" + good + b"]",
}


@pytest.mark.parametrize("case", POINTERS)
def test_a_pointer_that_can_be_read_in_two_ways_is_none(published, case):
    source, data, text = published
    (source / "current.json").write_bytes(POINTERS[case](versions.pointer("v1", text)))
    refused(once(source, data), 65, "current.json")
    check_untouched(data)


@pytest.mark.parametrize("name", [
    ".", "..", "../v1", "a/b", "/v1", "-x", "--once", "v1\n", "v1\0", "v1/", "v1 ", "v1\u0301", "\u202ev1",
    "current.json"])
def test_a_pointer_to_what_is_no_version_leads_nowhere(published, name):
    source, data, text = published
    (source / "current.json").write_bytes(versions.pointer(name, text))
    refused(once(source, data), 65, "current.json")
    check_untouched(data)


def test_a_pointer_of_a_gibibyte_is_not_read(published):
    source, data, _ = published
    with open(source / "current.json", "wb") as file:
        file.truncate(1 << 30)
    refused(once(source, data), 65, "is longer than", memory_max=100 * MIB)
    check_untouched(data)


ENTRY = {"path": "a", "bytes": 1, "sha256": versions.sha256(b"a")}
MANIFEST = versions.manifest("v2", {})
TEXT = json.dumps(MANIFEST).encode()


def listing(*files):
    return json.dumps({**MANIFEST, "files": files}).encode()


def with_field(text):
    return TEXT[:-1] + b', "unknown": ' + text + b"}"


def repeated(text, size):
    return b"[" + text * (size // len(text)) + text.rstrip(b",") + b"]"


MANIFESTS = {
    "a byte-order mark": (lambda: b"\xef\xbb\xbf" + TEXT, "UTF-8"),
    "UTF-16": (lambda: TEXT.decode().encode("utf-16"), "UTF-8"),
    "no UTF-8": (lambda: TEXT.replace(b"rocksdb", b"rocks\xff"), "JSON"),
    "a field twice": (lambda: TEXT[:-1] + b', "files": []}', '"files" is there twice'),
    "a field of a file twice": (
        lambda: listing(ENTRY).replace(b'"path": "a"', b'"path": "a", "path": "../escaped"'), '"path" is there twice'),
    "an unknown field twice": (lambda: with_field(b'{"x": 1, "x": 1}'), '"x" is there twice'),
    "something behind it": (lambda: TEXT + b"{}", "JSON"),
    "nested deeply": (lambda: with_field(b"[" * 100_000 + b"]" * 100_000), "deep"),
    "nested, never closed": (lambda: with_field(b"[" * (8 * MIB)), "deep"),
    "nested from its beginning": (lambda: b'{"a":' * (2 * MIB), "deep"),
    "millions of numbers": (lambda: with_field(repeated(b"1,", 8 * MIB)), "more than 1000000 values"),
    "millions of objects": (lambda: with_field(repeated(b"{},", 8 * MIB)), "more than 1000000 values"),
    "millions of files": (
        lambda: TEXT.replace(b'"files": []', b'"files": ' + repeated(b"{},", 8 * MIB)), "more than 1000000 values"),
    "millions of fields": (
        lambda: b"{" + b",".join(b'"%d":0' % number for number in range(MIB)) + b"}", "more than 1000000 values"),
    "beyond its limit": (lambda: with_field(b'"' + b"x" * (64 * MIB) + b'"'), "longer than"),
    "a format that is no name": (lambda: TEXT.replace(b"rocksdb", rb"../\u001b[2J"), "format must be"),
    "a format of megabytes": (lambda: TEXT.replace(b"rocksdb", b"r" * (8 * MIB)), "format must be"),
    "a path of megabytes": (lambda: listing({**ENTRY, "path": "x" * (8 * MIB)}), "too long"),
    "a path of megabytes that climbs": (lambda: listing({**ENTRY, "path": "../" * MIB}), "not a plain relative path"),
    "a path with a line feed": (lambda: listing({**ENTRY, "path": "a\nb"}), "not a plain relative path"),
    "a path that steers a terminal": (lambda: listing({**ENTRY, "path": "a\x1b[2J"}), "not a plain relative path"),
    "a path that hides its ending": (lambda: listing({**ENTRY, "path": "a\u202etss."}), "not a plain relative path"),
    "a path with a dot": (lambda: listing({**ENTRY, "path": "./a"}), "not a plain relative path"),
    "a path with two slashes": (lambda: listing({**ENTRY, "path": "a//b"}), "not a plain relative path"),
    "a path that ends in a slash": (lambda: listing({**ENTRY, "path": "a/"}), "not a plain relative path"),
    "one name in two Unicode forms": (
        lambda: listing({**ENTRY, "path": "\u00e9"}, {**ENTRY, "path": "e\u0301"}), "listed twice"),
    "half a byte": (lambda: listing({**ENTRY, "bytes": 1.5}), "manifest.json"),
    "bytes beyond counting": (lambda: listing({**ENTRY, "bytes": 10**20}), "manifest.json"),
    "bytes that are no number": (lambda: listing({**ENTRY, "bytes": True}), "bytes"),
    "bytes without end": (lambda: listing({**ENTRY, "bytes": 77}).replace(b"77", b"1e400"), "manifest.json"),
    "a parent that climbs": (lambda: json.dumps({**MANIFEST, "parent": "../v1"}).encode(), "parent must be"),
    "half a character": (lambda: TEXT.replace(b"rocksdb", rb"\ud800"), "JSON"),
}


@pytest.mark.parametrize("case", MANIFESTS)
def test_a_manifest_that_no_publisher_writes_is_refused(published, case):
    source, data, _ = published
    make, reason = MANIFESTS[case]
    text = make()
    (source / "versions/v2").mkdir(exist_ok=True)
    (source / "versions/v2/manifest.json").write_bytes(text)
    (source / "current.json").write_bytes(versions.pointer("v2", text))
    # The text itself is held, once as it came and once as it is read.
    refused(once(source, data), 65, reason, memory_max=MEMORY_MAX + 2 * len(text))
    assert os.listdir(data / "incoming") == []
    check_untouched(data)


def test_names_that_differ_in_case_alone_are_two_files(tmp_path, source, data):
    versions.publish_by_hand(source, "v1", {"DATA": b"upper", "data": b"lower", "-x": b"dash", "...": b"dots"})
    assert once(source, data).returncode == 0 and versions.is_whole(data / "versions/v1")


@pytest.mark.parametrize("record", ["pinned.json", "serving.json", "quarantine/v2.json"])
@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b'{"a":0,"a":0}', b"\xff\xfe{\0}\0", b" " * (2 << 20)],
                         ids=["empty", "cut", "deep", "twice", "UTF-16", "long"])
def test_a_record_that_cannot_be_read_stops_nothing_but_itself(source, data, record, text):
    versions.publish_by_hand(source, "v1", versions.files(count=1, size=100))
    assert once(source, data).returncode == 0
    versions.publish_by_hand(source, "v2", versions.files(count=1, size=100, seed=2))
    (data / record).write_bytes(text)
    done = once(source, data)
    assert done.returncode >= 0 and done.resident_bytes_max < MEMORY_MAX, done
    if record == "serving.json":
        # It decides nothing but which versions may be deleted.
        assert done.returncode == 0 and versions.current(data) == "v2" and "cannot clean up" in done.stderr
    else:
        refused(done, 74 if len(text) > MIB and record == "pinned.json" else 65, record)
        assert versions.current(data) == "v1"
    assert versions.is_whole(data / "current/.")
