"""`almanac build` as a whole: formats, compression, standard input, bad rows, duplicates, what is left behind."""

import base64
import contextlib
import gzip
import json
import os
import signal
import subprocess

import pytest

from support.resp import bulk, request, wait_until
from support.server import BINARY, ENVIRONMENT, almanac

pytestmark = pytest.mark.almanac_only


@pytest.fixture(autouse=True, params=["packed", "rocksdb"])
def storage(request, monkeypatch):
    """What holds for one storage format holds for the other."""
    monkeypatch.setitem(globals(), "STORAGE", ("--format", request.param))


ROWS = {b"one": b"1", b"two words": b"a,b", b"quote": b'say "hi"', b"\xc3\xa9t\xc3\xa9": b"", b"line": b"x\ty"}


def csv(rows):
    def quoted(field):
        return b'"' + field.replace(b'"', b'""') + b'"'

    return b"key,value\r\n" + b"".join(quoted(key) + b"," + quoted(value) + b"\r\n" for key, value in rows.items())


def jsonl(rows):
    return b"".join(json.dumps({"key": key.decode(), "value": value.decode()}).encode() + b"\n"
                    for key, value in rows.items())


def jsonl_base64(rows):
    return b"".join(json.dumps({"key_base64": base64.b64encode(key).decode(),
                                "value_base64": base64.b64encode(value).decode()}).encode() + b"\n"
                    for key, value in rows.items())


def resp(rows):
    pairs = list(rows.items())
    words = [word for pair in pairs[2:] for word in pair]
    return b"".join(request("SET", *pair) for pair in pairs[:2]) + request("MSET", *words)


def tsv(rows):
    return b"key\tvalue\n" + b"".join(key + b"\t" + value + b"\n" for key, value in rows.items() if b"\t" not in value)


MAKERS = {"csv": (csv, ("--key", "key", "--value", "value")), "tsv": (tsv, ("--key", "key", "--value", "value")),
          "jsonl": (jsonl, ()), "resp": (resp, ())}


def check(serve, directory, rows):
    with serve(directory) as server, server.connect() as connection:
        assert connection.ask("DBSIZE") == len(rows)
        for key, value in rows.items():
            assert connection.call("GET", key) == bulk(value), key


def build(output, *arguments, stdin=None):
    done = almanac("build", *STORAGE, *arguments, "--output", output, stdin=stdin)
    assert done.returncode == 0, done.stderr.decode()
    return done


@pytest.mark.parametrize("format", MAKERS)
@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
def test_every_format_and_compression(serve, tmp_path, format, compression):
    make, options = MAKERS[format]
    data = make(ROWS)
    path = tmp_path / f"rows.{format}"
    if compression == "gzip":
        path, data = path.with_suffix(path.suffix + ".gz"), gzip.compress(data)
    elif compression == "zstd":
        path = path.with_suffix(path.suffix + ".zst")
        done = subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True)
        if done.returncode:
            pytest.skip("no zstd program")
        data = done.stdout
    path.write_bytes(data)
    build(tmp_path / "out", path, *options)
    rows = {key: value for key, value in ROWS.items() if format != "tsv" or b"\t" not in value}
    check(serve, tmp_path / "out", rows)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert len(rows) in manifest.values() or str(len(rows)) in json.dumps(manifest)


def test_standard_input(serve, tmp_path):
    (tmp_path / "in").write_bytes(jsonl(ROWS))
    with open(tmp_path / "in", "rb") as file:
        build(tmp_path / "out", "-", "--input-format", "jsonl", stdin=file)
    check(serve, tmp_path / "out", ROWS)


def test_binary_keys_and_values_through_base64(serve, tmp_path):
    rows = {bytes(range(256)): bytes(range(255, -1, -1)), b"": b"of the empty key", b"\x00": b"", b"k" * 70000: b"long"}
    (tmp_path / "in.jsonl").write_bytes(jsonl_base64(rows))
    build(tmp_path / "out", tmp_path / "in.jsonl")
    check(serve, tmp_path / "out", rows)


def test_whole_rows_become_json_objects(serve, tmp_path):
    (tmp_path / "in.csv").write_bytes(b"id,name,city\n7,Ann,\"Br\xc3\xbchl, B\"\n8,Bob,\n")
    build(tmp_path / "out", tmp_path / "in.csv", "--key", "id")
    with serve(tmp_path / "out") as server, server.connect() as connection:
        value = json.loads(connection.ask("GET", "7"))
        assert {name: value[name] for name in ("name", "city")} == {"name": "Ann", "city": "Brühl, B"}
        assert json.loads(connection.ask("GET", "8"))["city"] == ""


def test_the_last_of_duplicate_keys_wins_and_they_are_counted(serve, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(jsonl({b"a": b"first", b"b": b"kept"}))
    (tmp_path / "b.jsonl").write_bytes(jsonl({b"a": b"second"}) + jsonl({b"a": b"third"}))
    done = build(tmp_path / "out", tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert b"2" in done.stderr + done.stdout and b"duplicate" in (done.stderr + done.stdout).lower()
    check(serve, tmp_path / "out", {b"a": b"third", b"b": b"kept"})


def test_duplicate_keys_can_be_refused(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(jsonl({b"a": b"1"}) * 2)
    done = almanac("build", *STORAGE, tmp_path / "in.jsonl", "--output", tmp_path / "out", "--duplicates", "fail")
    assert done.returncode == 65, done.stderr
    assert not (tmp_path / "out").exists() and set(os.listdir(tmp_path)) == {"in.jsonl"}


BAD = {
    "csv with too few columns": ("in.csv", b"key,value\na,1\nb\nc,3\n", ("--key", "key"), 3),
    "csv with an open quote": ("in.csv", b'key,value\na,1\nb,"2\n', ("--key", "key"), 3),
    "tsv with too many columns": ("in.tsv", b"key\tvalue\na\t1\nb\t2\t3\n", ("--key", "key"), 3),
    "no JSON": ("in.jsonl", jsonl({b"a": b"1"}) + b"{nonsense\n", (), 2),
    "JSON without a key": ("in.jsonl", jsonl({b"a": b"1"}) + b'{"value":"x"}\n', (), 2),
    "bad base64": ("in.jsonl", b'{"key_base64":"!","value":"x"}\n', (), 1),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_told_with_its_line_and_leaves_nothing(tmp_path, case):
    name, data, options, line = BAD[case]
    (tmp_path / name).write_bytes(data)
    done = almanac("build", *STORAGE, tmp_path / name, "--output", tmp_path / "out", *options)
    text = done.stderr.decode()
    assert done.returncode == 65 and str(line) in text, text
    assert os.listdir(tmp_path) == [name]


def test_bad_rows_can_be_tolerated_up_to_a_number(serve, tmp_path):
    (tmp_path / "in.jsonl").write_bytes(jsonl({b"a": b"1"}) + b"nonsense\n{}\n" + jsonl({b"b": b"2"}))
    assert almanac("build", *STORAGE, tmp_path / "in.jsonl", "--output", tmp_path / "o", "--skip-bad", 1).returncode == 65
    assert not (tmp_path / "o").exists()
    build(tmp_path / "out", tmp_path / "in.jsonl", "--skip-bad", 2)
    check(serve, tmp_path / "out", {b"a": b"1", b"b": b"2"})


def test_input_larger_than_the_memory_allowed(serve, tmp_path):
    """Unsorted, with duplicates far apart: spills to disk and merges."""
    count = 400_000
    with open(tmp_path / "in.jsonl", "wb") as file:
        for number in range(count):
            index = number * 7919 % (count // 2)
            file.write(b'{"key":"key:%08d","value":"%08d %s"}\n' % (index, number, b"v" * 80))
    done = almanac("build", *STORAGE, tmp_path / "in.jsonl", "--output", tmp_path / "out", "--memory", "32MiB", "--jobs", 2)
    assert done.returncode == 0, done.stderr.decode()
    expected = {number * 7919 % (count // 2): number for number in range(count)}
    with serve(tmp_path / "out") as server, server.connect() as connection:
        assert connection.ask("DBSIZE") == len(expected)
        for index in list(expected)[::997]:
            assert connection.call("GET", b"key:%08d" % index) == bulk(b"%08d %s" % (expected[index], b"v" * 80))


@pytest.mark.parametrize("case", ["missing input", "output there already", "output cannot be made", "no such column"])
def test_what_cannot_be_built_leaves_nothing(tmp_path, case):
    path = tmp_path / "in.csv"
    path.write_bytes(csv(ROWS))
    output, key, codes = tmp_path / "out", "key", (64, 65, 73, 74, 78)
    if case == "missing input":
        path = tmp_path / "nosuch.csv"
    elif case == "output there already":
        output.mkdir()
        (output / "precious").write_text("keep me")
    elif case == "output cannot be made":
        output = tmp_path / "in.csv/below"
    else:
        key = "nosuch"
    done = almanac("build", *STORAGE, path, "--output", output, "--key", key)
    assert done.returncode in codes, (done.returncode, done.stderr)
    assert done.stderr.strip()
    if case == "output there already":
        assert (output / "precious").read_text() == "keep me" and os.listdir(output) == ["precious"]
    else:
        assert os.listdir(tmp_path) == ["in.csv"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_build_leaves_nothing(tmp_path, number):
    child = subprocess.Popen([BINARY, "build", *STORAGE, "-", "--input-format", "jsonl", "--output", tmp_path / "out"],
                             stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT)
    try:
        child.stdin.write(jsonl({b"key:%d" % index: b"v" * 100 for index in range(5000)}))
        child.stdin.flush()
        wait_until(lambda: "SigCgt" in open(f"/proc/{child.pid}/status").read())
        child.send_signal(number)
        with contextlib.suppress(BrokenPipeError):  # it may be gone already
            child.stdin.close()
        assert child.wait(60) != 0
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    assert os.listdir(tmp_path) == []
