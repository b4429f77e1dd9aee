"""`almanac sync` under every fault that could be thought of: never a bad `current`, and always a good end."""

import json
import os
import random
import shutil
import signal
import subprocess

import pytest

from support import versions
from support.resp import wait_until
from support.server import BINARY, ENVIRONMENT, almanac
from support.source_server import SourceServer, Truncated

pytestmark = pytest.mark.almanac_only


@pytest.fixture
def server(source):
    with SourceServer(source) as server:
        yield server


def arguments(source, data, *flags):
    return [
        str(word) for word in (
            BINARY, "sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0", "--log-format", "json",
            "--progress", "none", *flags)]


def once(source, data, *flags, **options):
    return almanac(*arguments(source, data, *flags)[1:], **options)


def start(source, data, *flags):
    return subprocess.Popen(
        arguments(source, data, *flags), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=ENVIRONMENT)


def transferred(done):
    for line in done.stderr.splitlines():
        record = json.loads(line) if line.startswith(b"{") else {}
        if record.get("message") == "downloaded":
            return int(record["metadata"]["bytes-transferred"])
    raise AssertionError(done.stderr)


def check_current(data):
    """Whatever `current` leads to is whole."""
    if versions.current(data):
        assert versions.is_whole(data / "current/.")
    return versions.current(data)


# The process dies


def test_fifty_kills_at_any_moment_never_leave_a_bad_version_and_end_well(source, data, server):
    chance = random.Random(50)
    shared = {"shared.bin": versions.random_bytes(1 << 20, "shared")}
    number = 0

    def publish_next():
        nonlocal number
        number += 1
        contents = {f"{part}.bin": versions.random_bytes(700_000 + part, (number, part)) for part in range(6)}
        versions.publish_by_hand(source, f"v{number:03}", {**contents, **shared})

    publish_next()
    kills, kills_while_downloading = 0, 0
    while kills < 50:
        server.forget()
        child = start(server.url, data, "--max-rate", "8MiB", "--keep", "2")
        # Most of them die while bytes are coming, and some at any moment at all.
        if chance.random() < 0.8:
            wait_until(lambda: server.bytes_sent("versions/") or child.poll() is not None, what="the download")
        try:
            child.wait(chance.uniform(0, 0.3))
            assert child.returncode == 0, child.stderr.read()
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            kills += 1
            kills_while_downloading += bool((data / "incoming").is_dir() and os.listdir(data / "incoming"))
        child.stderr.close()
        if check_current(data) == f"v{number:03}":
            publish_next()
    assert number >= 3 and kills_while_downloading >= 20, (number, kills_while_downloading)
    assert once(server.url, data).returncode == 0
    assert check_current(data) == f"v{number:03}" and os.listdir(data / "incoming") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_download_at_once_and_the_next_one_resumes_it(source, data, server, number):
    size = 4 << 20
    versions.publish_by_hand(source, "v1", {"big.bin": versions.random_bytes(size, "big")})
    child = start(server.url, data, "--max-rate", "2MiB")
    try:
        wait_until(lambda: server.bytes_sent("versions/v1/big.bin") > size // 4, what="a part of the file")
        child.send_signal(number)
        _, text = child.communicate(timeout=5)
    finally:
        child.kill()
    assert child.returncode == 143 and b"stopped" in text
    kept = (data / "incoming/v1/big.bin").stat().st_size
    assert kept > 0 and versions.current(data) is None
    done = once(server.url, data)
    assert done.returncode == 0 and versions.is_whole(data / "versions/v1")
    assert transferred(done) <= size - kept + (64 << 10)


# The source fails


def test_errors_that_pass_are_passed_over(source, data, server):
    contents = versions.files(count=3)
    versions.publish_by_hand(source, "v1", contents)
    left = {"data-00.bin": [500, 503], "data-01.bin": ["cut"], "data-02.bin": ["wrong"], "manifest.json": [500]}

    def fault(name):
        def act(body):
            kind = left[name].pop(0) if left[name] else None
            if kind == "cut":
                return Truncated(body[:len(body) // 2])
            if kind == "wrong":
                return bytes([body[0] ^ 1]) + body[1:]
            return kind or body

        return act

    for name in left:
        server.faults[f"versions/v1/{name}"] = fault(name)
    done = once(server.url, data)
    assert done.returncode == 0, done.stderr
    assert versions.is_whole(data / "versions/v1") and not any(left.values())


def test_a_source_that_is_gone_or_fails_for_good_changes_nothing(source, data, server):
    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    assert once(server.url, data).returncode == 0
    versions.publish_by_hand(source, "v2", versions.files(seed=2))
    server.faults["current.json"] = lambda body: 404
    absent = once(server.url, data)
    assert absent.returncode == 69 and b"nothing has been published" in absent.stderr
    server.faults["current.json"] = lambda body: 403
    assert once(server.url, data).returncode == 69
    assert once("http://127.0.0.1:1", data).returncode == 69
    assert check_current(data) == "v1"
    server.faults.clear()
    assert once(server.url, data).returncode == 0 and check_current(data) == "v2"


def test_wrong_bytes_are_never_sealed_and_only_they_are_fetched_again(source, data, server):
    contents = {f"{number}.bin": versions.random_bytes(200_000, number) for number in range(4)}
    versions.publish_by_hand(source, "v1", contents)
    server.faults["versions/v1/3.bin"] = lambda body: body[:-1] + bytes([body[-1] ^ 1])
    # One at a time, so that the failure of the last one cuts no other short.
    done = once(server.url, data, "--connections", "1")
    assert done.returncode == 65 and b"3.bin" in done.stderr and b"corrupt" in done.stderr
    assert versions.current(data) is None and os.listdir(data / "versions") == []
    assert os.listdir(data / "quarantine") == []
    server.faults.clear()
    done = once(server.url, data)
    assert done.returncode == 0 and transferred(done) == 200_000 and check_current(data) == "v1"


@pytest.mark.parametrize("damage", ["missing", "bit", "short", "long"])
def test_each_file_of_a_version_in_turn_damaged_at_its_source(source, data, damage):
    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    assert once(source, data).returncode == 0
    contents = versions.files(count=2, seed=2)
    versions.publish_by_hand(source, "v2", contents)
    # Of an empty file everything is known without asking.
    names = [*(name for name, body in contents.items() if body), "manifest.json"]
    for name in names:
        file = source / "versions/v2" / name
        whole = file.read_bytes()
        if damage == "missing":
            file.unlink()
        elif damage == "bit":
            middle = len(whole) // 2
            file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1:])
        elif damage == "short":
            file.write_bytes(whole[:-1])
        else:
            file.write_bytes(whole + b"!")
        done = once(source, data)
        assert done.returncode == 65 and name.encode() in done.stderr, (name, done.stderr)
        assert check_current(data) == "v1" and os.listdir(data / "versions") == ["v1"]
        file.write_bytes(whole)
        # What came whole is kept for the next attempt, which would not look at its source again.
        shutil.rmtree(data / "incoming/v2", ignore_errors=True)
    assert once(source, data).returncode == 0 and check_current(data) == "v2"


def test_pointers_that_lead_nowhere_change_nothing(source, data):
    text = versions.publish_by_hand(source, "v1", versions.files())
    assert once(source, data).returncode == 0
    other = versions.manifest("v9", {})
    pointers = [
        b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"version_id": "v2"}', versions.pointer("../v1", text),
        versions.pointer("v2", text), versions.pointer("", text), versions.pointer("v" * 65, text),
        versions.pointer("v1", json.dumps(other).encode()), b" " * (65 << 10), b"[" * 60_000,
    ]
    for pointer in pointers:
        (source / "current.json").write_bytes(pointer)
        done = once(source, data)
        assert done.returncode == 65, (pointer[:80], done)
        assert len([line for line in done.stderr.splitlines() if line.startswith(b"almanac: ")]) == 1
        assert check_current(data) == "v1"


def hostile(**changes):
    """A manifest of version v2 with something else in its list of files."""
    entry = {"path": "a.bin", "bytes": 1, "sha256": versions.sha256(b"a")}
    made = versions.manifest("v2", {})
    made["files"] = [{**entry, **change} for change in changes.pop("files", [{}])]
    return {**made, **changes}


HOSTILE = {
    "climbs": hostile(files=[{"path": "../../escaped"}]),
    "climbs from below": hostile(files=[{"path": "a/../../../escaped"}]),
    "absolute": hostile(files=[{"path": "/tmp/escaped"}]),
    "twice": hostile(files=[{}, {}]),
    "file and directory": hostile(files=[{"path": "a"}, {"path": "a/b"}]),
    "the manifest": hostile(files=[{"path": "manifest.json"}]),
    "the seal": hostile(files=[{"path": "verified.json"}]),
    "below the manifest": hostile(files=[{"path": "manifest.json/x"}]),
    "a name too long": hostile(files=[{"path": "x" * 300}]),
    "too deep": hostile(files=[{"path": "x/" * 30 + "x"}]),
    "negative": hostile(files=[{"bytes": -1}]),
    "too large": hostile(files=[{"bytes": 1 << 62}]),
    "too large together": hostile(files=[{"path": str(number), "bytes": 1 << 49} for number in range(3)]),
    "overflowing": hostile(files=[{"path": str(number), "bytes": (1 << 63) - 1} for number in range(3)]),
    "a null byte": hostile(files=[{"path": "a\0b"}]),
    "empty path": hostile(files=[{"path": ""}]),
    "another version's": hostile(version_id="v3"),
    "of the future": hostile(manifest_version=2),
    "too many": hostile(files=[{"path": f"{number}"} for number in range(100_001)]),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_manifest_is_refused_before_anything_is_written(source, data, tmp_path, case):
    text = json.dumps(HOSTILE[case]).encode()
    (source / "versions/v2").mkdir(parents=True)
    (source / "versions/v2/manifest.json").write_bytes(text)
    (source / "current.json").write_bytes(versions.pointer("v2", text))
    done = once(source, data)
    assert done.returncode == 65, done
    assert os.listdir(data / "incoming") == [] and os.listdir(data / "versions") == []
    assert not list(tmp_path.rglob("escaped")) and versions.current(data) is None


def test_a_version_that_cannot_fit_is_refused_with_the_numbers(source, data):
    versions.publish_by_hand(source, "v1", versions.files())
    text = json.dumps(hostile(files=[{"bytes": 1 << 49}])).encode()
    (source / "versions/v2").mkdir(parents=True)
    (source / "versions/v2/manifest.json").write_bytes(text)
    (source / "current.json").write_bytes(versions.pointer("v2", text))
    done = once(source, data)
    assert done.returncode == 74 and str(1 << 49).encode() in done.stderr and b"free" in done.stderr
    assert not (data / "incoming/v2/a.bin").exists()


def test_the_reserve_is_left_free(source, data):
    versions.publish_by_hand(source, "v1", versions.files())
    done = once(source, data, "--reserve", "900TiB")
    assert done.returncode == 74 and str(900 << 40).encode() in done.stderr
    assert once(source, data).returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MiB."""
    path = tmp_path / "small"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", path], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def test_a_disk_that_fills_up_while_downloading(source, small_disk, server):
    data = small_disk / "data"
    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    assert once(server.url, data).returncode == 0
    versions.publish_by_hand(
        source, "v2", {f"{number}.bin": versions.random_bytes(1 << 20, number) for number in range(5)})
    child = start(server.url, data, "--max-rate", "1MiB", "--connections", "1")
    filler = small_disk / "filler"
    try:
        wait_until(lambda: server.bytes_sent("versions/v2/") > 200_000, what="the download to begin")
        with open(filler, "wb", buffering=0) as file:
            with pytest.raises(OSError):
                while True:
                    file.write(bytes(1 << 16))
        _, text = child.communicate(timeout=30)
    finally:
        child.kill()
    assert child.returncode == 74 and b"No space left" in text
    assert check_current(data) == "v1"
    filler.unlink()
    assert once(server.url, data).returncode == 0 and check_current(data) == "v2"


def test_what_killed_processes_left_is_cleaned_up(source, data):
    versions.publish_by_hand(source, "v1", versions.files())
    once(source, data)
    (data / "incoming/.deleted-v0").mkdir()
    (data / "incoming/.deleted-v0/file").write_bytes(b"1")
    (data / ".current.tmp-abc").symlink_to("versions/v0")
    (data / "quarantine/.v0.json.tmp-abc").write_bytes(b"{")
    versions.write(data / "incoming/v0", "v0", versions.files(seed=7))
    assert once(source, data).returncode == 0
    assert os.listdir(data / "incoming") == [] and os.listdir(data / "quarantine") == []
    assert sorted(os.listdir(data)) == [".lock", "current", "incoming", "quarantine", "versions"]


def test_times_that_cannot_be_decide_nothing(source, data):
    text = versions.publish_by_hand(source, "v1", versions.files(), created="2199-01-01T00:00:00Z")
    pointer = json.loads(versions.pointer("v1", text))
    for time in ("1970-01-01T00:00:00Z", "2199-01-01T00:00:00Z"):
        (source / "current.json").write_text(json.dumps({**pointer, "published_at": time}))
        os.utime(source / "current.json", (0, 0))
        assert once(source, data).returncode == 0 and check_current(data) == "v1"
