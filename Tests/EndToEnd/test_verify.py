"""`almanac verify`: what is sound passes, and every kind of damage is named."""

import json
import shutil

import pytest

from support.resp import request
from support.server import almanac

pytestmark = pytest.mark.almanac_only


def copy(dataset, target):
    """A copy whose files may be changed."""
    shutil.copytree(dataset.directory, target)
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


@pytest.fixture(params=["packed", "rocksdb"])
def small(built, request):
    return built("small", request.param)


def file_of_rows(version):
    return next(path for path in sorted(version.iterdir()) if path.suffix in (".packed", ".sst"))


@pytest.fixture
def version(small, tmp_path):
    return copy(small, tmp_path / "version")


def verify(*arguments):
    done = almanac("verify", *arguments)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_sound_version_passes(version):
    code, out, err = verify(version)
    assert (code, err) == (0, "") and "1,000 keys" in out and "64 canaries" in out
    assert verify(version, "--quick")[0] == 0
    assert verify(version, "--quiet") == (0, "", "")


def test_one_flipped_bit_in_any_file_is_found_and_named(version):
    names = [path.name for path in version.iterdir() if path.name not in ("manifest.json", "verified.json")]
    assert len(names) >= 3
    for name in names:
        path = version / name
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:])
        code, _, err = verify(version)
        assert code == 65 and f"{name}: has SHA-256" in err and err.count("\n") == 1, err
        path.write_bytes(content)
    assert verify(version)[0] == 0


@pytest.mark.parametrize("quick", [(), ("--quick",)])
def test_missing_short_and_foreign_files_are_found(version, quick):
    table = file_of_rows(version)
    content = table.read_bytes()
    table.write_bytes(content[:-1])
    code, _, err = verify(version, *quick)
    assert code == 65 and f"{table.name}: has {len(content) - 1} bytes, the manifest says {len(content)}" in err
    table.unlink()
    code, _, err = verify(version, *quick)
    assert code == 65 and f"{table.name}: missing" in err
    table.write_bytes(content)
    (version / "000099.log").write_bytes(b"rows of somebody else")
    code, _, err = verify(version, *quick)
    assert code == 65 and "000099.log: not in the manifest" in err
    (version / "000099.log").unlink()
    (version / "manifest.sig").write_bytes(b"a signature")
    assert verify(version, *quick)[0] == 0


def test_a_manifest_that_promises_other_rows_is_found(version):
    path = version / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["key_count"] += 1
    path.write_text(json.dumps(manifest))
    for quick in ((), ("--quick",)):
        code, _, err = verify(version, *quick)
        assert code == 65 and "1000, the manifest says 1001" in err
    path.write_text("{")
    code, _, err = verify(version)
    assert code == 65 and "manifest.json" in err


def test_a_bare_database_is_held_against_its_own_checksums(version):
    (version / "manifest.json").unlink()
    code, out, _ = verify(version)
    assert code == 0 and "no manifest, checksums only" in out and "1,000 keys" in out
    table = file_of_rows(version)
    content = table.read_bytes()
    table.write_bytes(content[:500] + bytes([content[500] ^ 64]) + content[501:])
    code, _, err = verify(version)
    assert code == 65 and err.startswith("almanac: ") and err.count("\n") == 1


def test_a_data_directory_stands_for_its_current_version_or_with_all_for_each(small, tmp_path):
    (tmp_path / "data/versions").mkdir(parents=True)
    for name in ("v1", "v2"):
        copy(small, tmp_path / "data/versions" / name)
    (tmp_path / "data/current").symlink_to("versions/v2")
    file_of_rows(tmp_path / "data/versions/v1").unlink()
    assert verify(tmp_path / "data")[0] == 0
    code, out, err = verify(tmp_path / "data", "--all")
    assert code == 65 and "v1: " in err and "missing" in err and "versions/v2: whole" in out
    (tmp_path / "data/current").unlink()
    (tmp_path / "data/current").symlink_to("versions/v3")
    code, _, err = verify(tmp_path / "data")
    assert code == 65 and "versions/v3" in err
    (tmp_path / "data/current").unlink()
    code, _, err = verify(tmp_path / "data")
    assert code == 65 and "no version is current" in err


def test_json_says_the_same(version):
    table = file_of_rows(version)
    code, out, _ = verify(version, "--json")
    report, = json.loads(out)
    assert code == 0 and report["problems"] == [] and report["key_count"] == 1000
    assert report["value_bytes"] == sum(len(b"value of %d" % number) for number in range(1000))
    table.unlink()
    code, out, _ = verify(version, "--json")
    report, = json.loads(out)
    assert code == 65 and [problem["subject"] for problem in report["problems"]] == [table.name]


def test_what_is_not_there_and_what_is_no_dataset(tmp_path):
    code, _, err = verify(tmp_path / "none")
    assert code == 74 and "no such file" in err
    (tmp_path / "file").write_text("x")
    assert verify(tmp_path / "file")[0] == 65
    (tmp_path / "empty").mkdir()
    code, _, err = verify(tmp_path / "empty")
    assert code == 65 and "no RocksDB database" in err
    assert verify()[0] == 64
    assert verify(tmp_path / "empty", "--threads", "0")[0] == 64


def test_a_version_is_not_changed_by_being_verified(version):
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in version.iterdir()}
    assert verify(version)[0] == 0
    assert before == {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in version.iterdir()}


def test_an_empty_dataset_is_sound(tmp_path):
    (tmp_path / "in.resp").write_bytes(b"")
    done = almanac("build", tmp_path / "in.resp", "--output", tmp_path / "out", "--allow-empty")
    assert done.returncode == 0, done.stderr
    code, out, _ = verify(tmp_path / "out")
    assert code == 0 and "0 keys" in out


def test_large_values_and_any_bytes_are_sound(tmp_path):
    pairs = {b"": b"empty key", b"\x00\xff": bytes(range(256)), b"large": b"x" * (8 << 20), b"empty": b""}
    (tmp_path / "in.resp").write_bytes(b"".join(request("SET", *pair) for pair in pairs.items()))
    done = almanac("build", tmp_path / "in.resp", "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert verify(tmp_path / "out")[0] == 0
