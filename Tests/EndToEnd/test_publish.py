"""`almanac publish`: what it leaves at the source, and what it refuses."""

import hashlib
import json
import shutil

import pytest

from support import versions
from support.server import almanac

pytestmark = pytest.mark.almanac_only


@pytest.fixture
def version(tmp_path):
    """Makes versions: `version("v1", seed=3)` is a directory."""

    def make(version_id, seed=None, **contents):
        directory = tmp_path / f"built-{version_id}-{seed}"
        versions.write(directory, version_id, contents or versions.files(seed=seed or version_id))
        return directory

    return make


def publish(directory, source, *flags):
    return almanac("publish", directory, source, *flags)


def pointer(source):
    return json.loads((source / "current.json").read_bytes())


def test_a_version_is_published_whole_with_its_pointer(source, version):
    built = version("v1")
    done = publish(built, source)
    assert done.returncode == 0, done.stderr
    assert b"version v1 is announced, the first" in done.stdout
    assert versions.is_whole(source / "versions/v1")
    published = pointer(source)
    assert published["version_id"] == "v1"
    assert published["manifest_sha256"] == hashlib.sha256((built / "manifest.json").read_bytes()).hexdigest()


def test_what_almanac_build_made_can_be_published(source, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("key,value\na,1\nb,2\n")
    assert almanac("build", rows, "--output", tmp_path / "built", "--version-id", "b1").returncode == 0
    assert publish(tmp_path / "built", source).returncode == 0
    assert versions.is_whole(source / "versions/b1")


def test_publishing_again_changes_nothing_and_succeeds(source, version):
    built = version("v1")
    publish(built, source)
    before = {path: path.stat().st_mtime_ns for path in source.rglob("*") if path.is_file()}
    again = publish(built, source)
    assert again.returncode == 0
    assert b"is announced already" in again.stdout and b"uploaded  0," in again.stdout
    assert before == {path: path.stat().st_mtime_ns for path in source.rglob("*") if path.is_file()}


def test_an_interrupted_publish_is_completed(source, version):
    built = version("v1")
    publish(built, source)
    (source / "current.json").unlink()
    (source / "versions/v1/manifest.json").unlink()
    (source / "versions/v1/data-01.bin").unlink()
    done = publish(built, source)
    assert done.returncode == 0 and b"uploaded  1," in done.stdout
    assert versions.is_whole(source / "versions/v1") and pointer(source)["version_id"] == "v1"


def test_an_id_is_never_published_with_other_bytes(source, version):
    publish(version("v1", seed=1), source)
    before = (source / "versions/v1/manifest.json").read_bytes()
    refused = publish(version("v1", seed=2), source)
    assert refused.returncode == 65
    assert b"versions/v1/manifest.json" in refused.stderr and refused.stderr.count(b"\n") == 1
    forced = publish(version("v1", seed=2), source, "--force")
    assert forced.returncode == 65
    assert (source / "versions/v1/manifest.json").read_bytes() == before
    assert versions.is_whole(source / "versions/v1")


def test_a_file_that_is_there_with_other_bytes_is_left_alone(source, version):
    built = version("v1")
    publish(built, source)
    (source / "current.json").unlink()
    (source / "versions/v1/manifest.json").unlink()
    taken = source / "versions/v1/data-02.bin"
    taken.chmod(0o644)
    taken.write_bytes(b"x" * taken.stat().st_size)
    refused = publish(built, source)
    assert refused.returncode == 65 and b"versions/v1/data-02.bin" in refused.stderr
    assert taken.read_bytes().startswith(b"xxx") and not (source / "current.json").exists()


def test_without_activation_the_pointer_stays(source, version):
    publish(version("v1"), source)
    done = publish(version("v2"), source, "--no-activate")
    assert done.returncode == 0 and b"is not announced; v1 is" in done.stdout
    assert pointer(source)["version_id"] == "v1" and versions.is_whole(source / "versions/v2")
    assert publish(version("v2"), source).returncode == 0
    assert pointer(source)["version_id"] == "v2"


def test_the_pointer_goes_back_only_when_forced(source, version):
    publish(version("v2"), source)
    refused = publish(version("v1"), source)
    assert refused.returncode == 65 and b"--force" in refused.stderr
    assert pointer(source)["version_id"] == "v2"
    assert publish(version("v1"), source, "--force").returncode == 0
    assert pointer(source)["version_id"] == "v1"


def test_a_pointer_that_is_none_is_replaced_only_when_forced(source, version):
    (source / "current.json").write_bytes(b"{oops")
    refused = publish(version("v1"), source)
    assert refused.returncode == 65 and b"cannot be understood" in refused.stderr
    assert (source / "current.json").read_bytes() == b"{oops"
    assert publish(version("v1"), source, "--force").returncode == 0


@pytest.mark.parametrize("damage", ["bit", "short", "missing", "link"])
def test_a_version_that_is_not_whole_is_not_published(source, version, damage):
    built = version("v1")
    file = built / "data-03.bin"
    data = file.read_bytes()
    if damage == "bit":
        file.write_bytes(data[:500] + bytes([data[500] ^ 1]) + data[501:])
    elif damage == "short":
        file.write_bytes(data[:-1])
    else:
        file.unlink()
        if damage == "link":
            file.symlink_to(built / "data-02.bin")
    refused = publish(built, source)
    assert refused.returncode == 65 and b"data-03.bin" in refused.stderr
    assert list(source.rglob("*.bin")) == [] and not (source / "current.json").exists()


def test_a_copy_does_not_inherit_trust(source, version, tmp_path):
    built = version("v1")
    (built / "verified.json").write_text(json.dumps({
        "manifest_sha256": hashlib.sha256((built / "manifest.json").read_bytes()).hexdigest(),
        "directory_inode": built.stat().st_ino, "verified_at": "2026-11-21T08:00:00Z"}))
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    data = (copy / "data-00.bin").read_bytes()
    (copy / "data-00.bin").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    refused = publish(copy, source)
    assert refused.returncode == 65 and b"data-00.bin" in refused.stderr


def test_a_signature_goes_along(source, version):
    built = version("v1")
    (built / "manifest.sig").write_text("ed25519 0011223344556677 AAAA\n")
    assert publish(built, source).returncode == 0
    assert (source / "versions/v1/manifest.sig").read_bytes() == (built / "manifest.sig").read_bytes()


def test_exit_codes_name_what_is_wrong(source, version, tmp_path):
    built = version("v1")
    cases = [
        ((tmp_path / "nowhere", source), 74, b"nowhere"),
        ((built, tmp_path / "unmounted"), 69, b"unmounted"),
        ((built, "gopher://x/y"), 64, b"gopher"),
        ((built, source, "--force", "--no-activate"), 64, b"--force"),
        ((built, source, "--connections", "0"), 64, b"--connections"),
    ]
    for arguments, code, words in cases:
        done = publish(*arguments)
        assert (done.returncode, done.stderr.count(b"\n")) == (code, 1), (arguments, done)
        assert words in done.stderr, done.stderr


def test_progress_for_programs_is_json_alone_on_standard_output(source, version):
    done = publish(version("v1"), source, "--progress", "json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and lines
    assert {line["phase"] for line in lines} <= {"checking", "uploading"}


@pytest.mark.parametrize("form", ["itself", "within", "link"])
def test_a_version_is_not_published_into_itself(version, tmp_path, form):
    built = version("v1")
    (tmp_path / "link").symlink_to(built)
    before = sorted(built.rglob("*"))
    done = publish(built, {"itself": built, "within": built / "nested", "link": tmp_path / "link"}[form])
    assert done.returncode == 78 and str(built).encode() in done.stderr, done.stderr
    assert sorted(built.rglob("*")) == before


@pytest.mark.parametrize("name", ["versions/v1", "current"])
def test_a_version_is_not_published_into_its_own_data_directory(source, tmp_path, name):
    versions.publish_by_hand(source, "v1", versions.files())
    data = tmp_path / "data"
    assert almanac("sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0").returncode == 0
    before = sorted(data.rglob("*"))
    done = publish(data / name, data)
    assert done.returncode == 78 and b"data directory" in done.stderr, done.stderr
    assert sorted(data.rglob("*")) == before


def test_a_version_that_lies_at_its_place_in_the_source_is_announced(source):
    versions.publish_by_hand(source, "v1", versions.files(), is_announced=False)
    done = publish(source / "versions/v1", source)
    assert done.returncode == 0, done.stderr
    assert pointer(source)["version_id"] == "v1"
