"""`almanac sync`: what it makes of a source, step by step, in order and out of order."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from support import versions
from support.resp import wait_until
from support.server import BINARY, Process, almanac
from support.source_server import SourceServer, Truncated

pytestmark = pytest.mark.almanac_only


class Sync(Process):
    """`almanac sync` as a sidecar that goes on."""

    name = "sync"

    def __init__(self, logs, source, data, *flags):
        super().__init__(logs)
        self.source, self.data, self.flags, self.preload = source, data, flags, None

    def __enter__(self):
        self.spawn([
            BINARY, "sync", "--source", self.source, "--data-dir", self.data, "--interval", "100ms", "--reserve", "0",
            "--progress", "none", *self.flags], {"LD_PRELOAD": str(self.preload)} if self.preload else None)
        return self

    def __exit__(self, kind, *_):
        if kind is None and self.is_alive():
            self.signal(signal.SIGTERM)
            assert self.wait(10) == 0, self.log
        self.kill()


@pytest.fixture
def sidecar(source, data, logs):
    return lambda *flags, source=source: Sync(logs, source, data, *flags)


def once(source, data, *flags, **options):
    return almanac(
        "sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0", "--log-format", "json",
        "--progress", "none", *flags, **options)


def records(done):
    """The log's records by message."""
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith(b"{")]
    return {line["message"]: line.get("metadata", {}) for line in lines}


def test_a_published_version_is_downloaded_sealed_and_current(source, data):
    contents = versions.files()
    versions.publish_by_hand(source, "v1", contents)
    done = once(source, data)
    assert done.returncode == 0, done.stderr
    assert versions.current(data) == "v1" and versions.is_whole(data / "versions/v1")
    assert os.listdir(data / "incoming") == []
    assert all(path.stat().st_mode & 0o222 == 0 for path in (data / "versions/v1").rglob("*") if path.is_file())
    log = records(done)
    assert int(log["downloaded"]["bytes-transferred"]) == sum(map(len, contents.values()))
    assert log["current"] == {"previous": "none", "version": "v1"}


def test_a_second_look_finds_nothing_to_do(source, data):
    versions.publish_by_hand(source, "v1", versions.files())
    once(source, data)
    done = once(source, data)
    assert done.returncode == 0 and "up to date" in records(done) and "downloading" not in records(done)


def test_files_that_are_here_already_are_linked_and_not_downloaded(source, data):
    shared = {f"shared-{number}.bin": versions.random_bytes(50_000, number) for number in range(9)}
    versions.publish_by_hand(source, "v1", {**shared, "own.bin": versions.random_bytes(50_000, "one")})
    with SourceServer(source) as server:
        assert once(server.url, data).returncode == 0
        versions.publish_by_hand(source, "v2", {**shared, "own.bin": versions.random_bytes(50_000, "two")})
        server.forget()
        done = once(server.url, data)
        assert done.returncode == 0, done.stderr
        assert server.bytes_sent("versions/v2/") == 50_000 + len((source / "versions/v2/manifest.json").read_bytes())
    log = records(done)["downloaded"]
    assert (log["files-linked"], log["bytes-linked"], log["bytes-transferred"]) == ("9", "450000", "50000")
    assert versions.is_whole(data / "versions/v2") and versions.is_whole(data / "versions/v1")
    for name in shared:
        assert (data / "versions/v1" / name).stat().st_ino == (data / "versions/v2" / name).stat().st_ino


def test_nothing_is_linked_from_a_version_that_nobody_vouches_for(source, data):
    contents = versions.files()
    versions.publish_by_hand(source, "v1", contents)
    once(source, data)
    versions.publish_by_hand(source, "v2", contents)
    (data / "versions/v1/verified.json").unlink()
    assert records(once(source, data))["downloaded"]["files-linked"] == "0"
    assert versions.is_whole(data / "versions/v2")


def test_nothing_is_linked_from_a_version_that_was_found_damaged(source, data):
    contents = versions.files()
    versions.publish_by_hand(source, "v1", contents)
    once(source, data)
    quarantine(data, "v1", "damaged")
    versions.publish_by_hand(source, "v2", contents)
    assert records(once(source, data))["downloaded"]["files-linked"] == "0"
    assert versions.current(data) == "v2"


def test_a_resumed_download_never_writes_into_a_sealed_version(source, data):
    contents = versions.files()
    text = versions.publish_by_hand(source, "v1", contents)
    once(source, data)
    text = versions.publish_by_hand(source, "v2", contents)
    # A process was killed after it had linked; meanwhile the version linked from lost its trust, and its bytes.
    incoming = data / "incoming/v2"
    incoming.mkdir()
    (incoming / "manifest.json").write_bytes(text)
    os.link(data / "versions/v1/data-00.bin", incoming / "data-00.bin")
    quarantine(data, "v1", "damaged")
    sealed = data / "versions/v1/data-00.bin"
    sealed.chmod(0o644)
    sealed.write_bytes(b"damaged")
    assert once(source, data).returncode == 0
    assert sealed.read_bytes() == b"damaged" and versions.is_whole(data / "versions/v2")


def test_a_download_left_by_another_manifest_of_the_same_id_is_begun_anew(source, data):
    versions.publish_by_hand(source, "v1", versions.files(seed="new"))
    versions.write(data / "incoming/v1", "v1", {**versions.files(seed="old"), "stranger.bin": b"1"})
    assert once(source, data).returncode == 0
    assert versions.is_whole(data / "versions/v1")


def test_what_the_manifest_does_not_list_does_not_come_along(source, data):
    text = versions.publish_by_hand(source, "v1", versions.files())
    incoming = data / "incoming/v1"
    (incoming / "nested/other").mkdir(parents=True)
    (incoming / "manifest.json").write_bytes(text)
    (incoming / "nested/other/file").write_bytes(b"1")
    (incoming / "000001.log").write_bytes(b"1")
    (incoming / "data-01.bin").symlink_to("/etc/passwd")
    assert once(source, data).returncode == 0
    assert versions.is_whole(data / "versions/v1") and not (data / "versions/v1/data-01.bin").is_symlink()


def test_only_so_many_versions_are_kept(source, data):
    for number in range(1, 7):
        versions.publish_by_hand(source, f"v{number}", versions.files(seed=number))
        assert once(source, data, "--keep", 3).returncode == 0
    assert sorted(os.listdir(data / "versions")) == ["v4", "v5", "v6"]


def test_pinned_and_quarantined_versions_outlive_the_others(source, data):
    for number in range(1, 4):
        versions.publish_by_hand(source, f"v{number}", versions.files(seed=number))
        assert once(source, data).returncode == 0
    quarantine(data, "v3", "guardrail")
    (data / "pinned.json").write_text(json.dumps({"version_id": "v4", "pinned_at": "2026-11-21T08:00:00Z"}))
    for number in range(4, 8):
        versions.publish_by_hand(source, f"v{number}", versions.files(seed=number))
        (data / "pinned.json").unlink(missing_ok=True)
        assert once(source, data, "--keep", 2).returncode == 0
    assert sorted(os.listdir(data / "versions")) == ["v3", "v6", "v7"]


def test_a_version_that_is_open_is_not_deleted(source, data):
    import fcntl

    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    once(source, data)
    with open(data / "versions/v1/manifest.json") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        for number in (2, 3):
            versions.publish_by_hand(source, f"v{number}", versions.files(seed=number))
            assert once(source, data, "--keep", 1).returncode == 0
        # The one before the current one is what a rollback would go to.
        assert sorted(os.listdir(data / "versions")) == ["v1", "v2", "v3"]
    assert once(source, data, "--keep", 1).returncode == 0
    assert sorted(os.listdir(data / "versions")) == ["v2", "v3"]


def quarantine(data, version_id, kind):
    (data / "quarantine").mkdir(parents=True, exist_ok=True)
    (data / f"quarantine/{version_id}.json").write_text(json.dumps({
        "version_id": version_id, "kind": kind, "reason": "the test says so", "refused_at": "2026-11-21T08:00:00Z",
        "by": "test"}))


@pytest.mark.parametrize("kind, code", [("damaged", 65), ("guardrail", 65), ("rolled-back", 0)])
def test_a_quarantined_version_is_not_taken_up_again_and_a_new_one_is(source, data, kind, code):
    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    once(source, data)
    quarantine(data, "v2", kind)
    versions.publish_by_hand(source, "v2", versions.files(seed=2))
    done = once(source, data)
    assert done.returncode == code and b"the test says so" in done.stderr
    assert versions.current(data) == "v1" and os.listdir(data / "incoming") == []
    versions.publish_by_hand(source, "v3", versions.files(seed=3))
    assert once(source, data).returncode == 0 and versions.current(data) == "v3"


def test_a_pin_keeps_other_versions_away(source, data):
    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    once(source, data)
    (data / "pinned.json").write_text(json.dumps({"version_id": "v1", "pinned_at": "2026-11-21T08:00:00Z"}))
    versions.publish_by_hand(source, "v2", versions.files(seed=2))
    done = once(source, data)
    assert done.returncode == 0 and b"pinned to version v1" in done.stderr
    assert versions.current(data) == "v1" and os.listdir(data / "versions") == ["v1"]


def test_a_source_that_goes_back_is_followed(source, data):
    first = versions.publish_by_hand(source, "v1", versions.files(seed=1))
    once(source, data)
    versions.publish_by_hand(source, "v2", versions.files(seed=2))
    once(source, data)
    (source / "current.json").write_bytes(versions.pointer("v1", first))
    done = once(source, data)
    assert done.returncode == 0 and "current goes back, as the source does" in records(done)
    assert versions.current(data) == "v1" and "downloading" not in records(done)


def test_a_current_version_that_was_refused_is_left(source, data):
    for number in (1, 2):
        versions.publish_by_hand(source, f"v{number}", versions.files(seed=number))
        once(source, data)
    # As a process leaves it that dies between the refusal and the way back.
    quarantine(data, "v2", "damaged")
    assert once(source, data).returncode == 65
    assert versions.current(data) == "v1"


def test_killed_between_sealing_and_flipping_the_next_one_flips(source, data):
    versions.publish_by_hand(source, "v1", versions.files())
    once(source, data)
    (data / "current").unlink()
    done = once(source, data)
    assert done.returncode == 0 and "downloading" not in records(done)
    assert versions.current(data) == "v1"


def test_killed_while_sealing_the_next_one_fetches_nothing_again(source, data):
    versions.publish_by_hand(source, "v1", versions.files())
    once(source, data)
    (data / "current").unlink()
    (data / "versions/v1").rename(data / "incoming/v1")
    done = once(source, data)
    assert done.returncode == 0 and records(done)["downloaded"]["bytes-transferred"] == "0"
    assert versions.current(data) == "v1" and versions.is_whole(data / "versions/v1")


def test_the_same_id_with_another_manifest_is_an_error(source, data):
    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    once(source, data)
    versions.publish_by_hand(source, "v1", versions.files(seed=2))
    done = once(source, data)
    assert done.returncode == 65 and b"new id" in done.stderr
    assert versions.is_whole(data / "versions/v1") and versions.current(data) == "v1"


def test_two_at_once_the_second_says_who_is_first(source, data, sidecar):
    versions.publish_by_hand(source, "v1", versions.files())
    with sidecar() as first:
        wait_until(lambda: versions.current(data) == "v1", what="the first version")
        second = once(source, data)
        assert second.returncode == 74 and f"process {first.pid}".encode() in second.stderr
    assert once(source, data).returncode == 0


def test_a_sidecar_follows_the_source_and_logs_each_thing_once(source, data, sidecar):
    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    with sidecar() as sync:
        wait_until(lambda: versions.current(data) == "v1", what="the first version")
        versions.publish_by_hand(source, "v2", versions.files(seed=2))
        wait_until(lambda: versions.current(data) == "v2", what="the second version")
        (source / "current.json").write_text("nonsense")
        wait_until(lambda: "no pointer" in sync.log, what="the complaint")
        versions.publish_by_hand(source, "v3", versions.files(seed=3))
        wait_until(lambda: versions.current(data) == "v3", what="the third version")
        wait_until(lambda: "up to date version=v3" in sync.log, what="calm")
    assert sync.log.count("no pointer") == 1 and sync.log.count("up to date version=v3") == 1


def test_sighup_asks_the_source_now_and_sigusr1_tells_the_state(source, data, sidecar):
    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    with sidecar("--interval", "1h") as sync:
        wait_until(lambda: "up to date" in sync.log or "current" in sync.log and versions.current(data), what="v1")
        versions.publish_by_hand(source, "v2", versions.files(seed=2))
        sync.signal(signal.SIGHUP)
        wait_until(lambda: versions.current(data) == "v2", what="the second version")
        sync.signal(signal.SIGUSR1)
        wait_until(lambda: "announced=v2" in sync.log and "state" in sync.log, what="the state")


def test_a_network_that_comes_and_goes_costs_no_byte_twice(source, data, sidecar):
    size = 1 << 20
    versions.publish_by_hand(source, "v1", {"big.bin": versions.random_bytes(size, "big")})
    # What the file's first requests meet: a line that breaks, a server that is being repaired.
    troubles = ["break", 403, 403]

    def trouble(body):
        kind = troubles.pop(0) if troubles else body
        return Truncated(body[:size // 2]) if kind == "break" else kind

    with SourceServer(source) as server:
        server.faults["versions/v1/big.bin"] = trouble
        with sidecar(source=server.url) as sync:
            wait_until(lambda: versions.current(data) == "v1", what="the version")
        assert not troubles and "sync failed" in sync.log
        assert server.bytes_sent("versions/v1/big.bin") == size
    assert versions.is_whole(data / "versions/v1")


def test_a_clock_that_is_set_back_again_and_again_stops_nothing(source, data, sidecar, tmp_path):
    shim = tmp_path / "clockback.so"
    code = Path(__file__).parent / "shims/clockback.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", shim, code, "-ldl"], check=True)
    versions.publish_by_hand(source, "v1", versions.files(seed=1))
    sync = sidecar("--keep", "2")
    sync.preload = shim
    with sync:
        for number in range(1, 5):
            versions.publish_by_hand(source, f"v{number}", versions.files(seed=number))
            wait_until(lambda: versions.current(data) == f"v{number}", what="the next version", deadline=15)
        wait_until(lambda: len(os.listdir(data / "versions")) == 2, what="the old ones to go", deadline=15)
    times = [line.split()[0] for line in sync.log.splitlines()]
    assert times != sorted(times), "the shim does nothing"


def test_signatures_are_asked_for(source, data, tmp_path):
    key = tmp_path / "key"
    made = almanac("keygen", "--output", key)
    if made.returncode == 64:
        pytest.skip("this build cannot make keys")
    versions.publish_by_hand(source, "v1", versions.files())
    flags = ("--trusted-keys", f"{key}.pub", "--require-signature")
    unsigned = once(source, data, *flags)
    assert unsigned.returncode == 65 and b"not signed" in unsigned.stderr and versions.current(data) is None
    assert almanac("sign", source / "versions/v1", "--key", f"{key}.key").returncode == 0
    assert once(source, data, *flags).returncode == 0 and versions.current(data) == "v1"
    assert (data / "versions/v1/manifest.sig").exists()
    # Signed, but the manifest is another one.
    contents = versions.files(seed="other")
    text = versions.publish_by_hand(source, "v2", contents)
    (source / "versions/v2/manifest.sig").write_bytes((source / "versions/v1/manifest.sig").read_bytes())
    wrong = once(source, data, *flags)
    assert wrong.returncode == 65 and b"not of this manifest" in wrong.stderr and text
    assert once(source, data, "--trusted-keys", f"{key}.pub").returncode == 65
    assert versions.current(data) == "v1"


def test_the_command_line_is_checked(source, data):
    cases = [
        (("--keep", "0"), 64, b"--keep"), (("--interval", "0s"), 64, b"--interval"),
        (("--interval", "soon"), 64, b"interval"), (("--server", "rediss://x:1/0?what"), 78, b"cacert"),
        (("--server", "redis://x:1", "--signal-pid-file", "/x"), 64, b"--signal-pid-file"),
        (("--require-signature",), 64, b"--trusted-keys"), (("--trusted-keys", "/none"), 78, b"/none"),
    ]
    for flags, code, words in cases:
        done = once(source, data, *flags)
        assert done.returncode == code and words in done.stderr, (flags, done)
    assert not data.exists()


def tree(path):
    return {str(entry.relative_to(path)): entry.lstat().st_mtime_ns for entry in Path(path).rglob("*")}


@pytest.mark.parametrize("form", ["itself", "link", "file", "within", "around", "to-be-made-within"])
def test_a_source_that_shares_its_directory_with_the_data_is_refused(source, tmp_path, form):
    for number in range(6):
        versions.publish_by_hand(source, f"v{number}", versions.files(count=1, seed=number))
    (source / "data").mkdir()
    (tmp_path / "link").symlink_to(source)
    before = tree(tmp_path)
    where, data = {
        "itself": (source, source), "link": (f"{source}/", tmp_path / "link"), "file": (f"file://{source}", source),
        "within": (source, source / "data"), "around": (source, tmp_path),
        "to-be-made-within": (tmp_path / "link", source / "new"),
    }[form]
    done = once(where, data)
    assert done.returncode == 78, done.stderr
    line = done.stderr.decode().splitlines()[-1]
    assert str(data) in line and "data directory" in line
    assert tree(tmp_path) == before


def test_directories_side_by_side_share_nothing(tmp_path):
    versions.publish_by_hand(tmp_path / "users", "v1", versions.files(count=1))
    assert once(tmp_path / "users", tmp_path / "users-data").returncode == 0


def test_another_user_may_read_what_was_made_under_a_narrow_mask(source, data):
    versions.publish_by_hand(source, "v1", versions.files())
    before = os.umask(0o077)
    try:
        done = once(source, data)
        pinned = almanac("pin", data)
    finally:
        os.umask(before)
    assert done.returncode == 0 and pinned.returncode == 0, done.stderr + pinned.stderr
    made = [data, *(path for path in data.rglob("*") if path.name != ".lock")]
    assert data / "versions/v1/nested/deep/leaf.bin" in made and data / "pinned.json" in made
    assert [str(path) for path in made if path.stat().st_mode & 0o444 != 0o444] == []
    assert [str(path) for path in made if path.is_dir() and path.stat().st_mode & 0o111 != 0o111] == []


def test_a_data_directory_that_was_there_keeps_its_permissions(source, data):
    versions.publish_by_hand(source, "v1", versions.files())
    data.mkdir(mode=0o700)
    assert once(source, data).returncode == 0
    assert data.stat().st_mode & 0o777 == 0o700


def test_a_quarantine_record_that_cannot_be_read_says_how_to_try_again(source, data):
    versions.publish_by_hand(source, "v1", versions.files())
    (data / "quarantine").mkdir(parents=True)
    record = data / "quarantine/v1.json"
    record.write_text("{")
    done = once(source, data)
    assert done.returncode == 65 and versions.current(data) is None
    assert f"{record} cannot be understood; once it is removed" in done.stderr.decode()
    record.unlink()
    assert once(source, data).returncode == 0 and versions.current(data) == "v1"
