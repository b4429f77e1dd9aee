"""What is no plain file, in the place of one: at a source, in a data directory, and as a key. Nothing waits for it,
nothing is written through it, and the reason names it."""

import os
import socket

import pytest

from support import versions
from support.measured import measured, refused

pytestmark = pytest.mark.almanac_only


def once(source, data, *flags):
    return measured(
        "sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0", "--progress", "none", *flags)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        # The name of a socket has to be short, unlike that of a test's directory.
        directory = os.open(path.parent, os.O_RDONLY)
        made.bind(f"/proc/self/fd/{directory}/{path.name}")
        os.close(directory)


KINDS = {
    "pipe": os.mkfifo,
    "socket": make_socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "directory": lambda path: path.mkdir(),
    "loop": lambda path: path.symlink_to(path.name),
}


def replace(path, kind):
    """Puts something else in the place of `path`."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    elif path.is_symlink() or path.exists():
        path.unlink()
    KINDS[kind](path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [
    "current.json", "versions/v2/manifest.json", "versions/v2/manifest.sig", "versions/v2/data-00.bin"])
def test_at_a_source(source, data, kind, name):
    versions.publish_by_hand(source, "v1", versions.files(count=1, size=100))
    assert once(source, data).returncode == 0
    versions.publish_by_hand(source, "v2", versions.files(count=1, size=100, seed=2))
    replace(source / name, kind)
    refused(once(source, data), 65, name, "no plain file")
    assert versions.current(data) == "v1" and os.listdir(data / "versions") == ["v1"]


@pytest.fixture
def behind(source, data):
    """A data directory at v1, while its source is at v2."""
    versions.publish_by_hand(source, "v1", versions.files(count=1, size=100))
    assert once(source, data).returncode == 0
    return versions.publish_by_hand(source, "v2", versions.files(count=1, size=100, seed=2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["current", "pinned.json", ".lock", "incoming", "quarantine/v2.json"])
def test_in_a_data_directory(source, data, behind, kind, name):
    if (name, kind) == ("incoming", "directory"):
        pytest.skip("that is what it is")
    if (name, kind) == ("quarantine/v2.json", "loop"):
        (data / name).unlink(missing_ok=True)
    replace(data / name, kind)
    done = once(source, data)
    refused(done, 65 if name.startswith("quarantine") else 74, name)
    assert os.listdir(data / "versions") == ["v1"] and versions.is_whole(data / "versions/v1")


@pytest.mark.parametrize("link", ["symbolic", "hard"])
def test_a_lock_that_is_another_file_is_not_written_to(source, data, behind, tmp_path, link):
    precious = tmp_path / "precious"
    precious.write_bytes(b"somebody else's")
    (data / ".lock").unlink()
    if link == "symbolic":
        (data / ".lock").symlink_to(precious)
    else:
        (data / ".lock").hardlink_to(precious)
    refused(once(source, data), 74, ".lock")
    assert precious.read_bytes() == b"somebody else's"


def test_a_lock_that_leads_nowhere_makes_no_file(source, data, behind, tmp_path):
    (data / ".lock").unlink()
    (data / ".lock").symlink_to(tmp_path / "made")
    refused(once(source, data), 74, ".lock")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["v2", "v2/nested", "v2/data-00.bin", "v2/manifest.json"])
def test_a_download_is_not_led_elsewhere_by_a_link(source, data, behind, tmp_path, name):
    """Each link leads to just what would be there, so that a download could take it for its own."""
    elsewhere = tmp_path / "elsewhere"
    versions.write(elsewhere, "v2", versions.files(count=1, size=100, seed=2))
    if name != "v2/manifest.json":
        (elsewhere / "data-00.bin").write_bytes(b"x" * 50)
    before = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    place = data / "incoming" / name
    place.parent.mkdir(exist_ok=True)
    if name not in ("v2", "v2/manifest.json"):
        (place.parent / "manifest.json").write_bytes(behind)
    place.symlink_to(elsewhere / name.removeprefix("v2").lstrip("/"))
    assert once(source, data).returncode == 0
    assert versions.current(data) == "v2" and versions.is_whole(data / "versions/v2")
    assert not (data / "versions/v2").is_symlink()
    assert not [path for path in (data / "versions/v2").rglob("*") if path.is_symlink()]
    assert {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("target", ["/etc", "../outside", "versions/../../outside", "versions/v1/..", "versions", "."])
def test_a_current_that_leads_out_is_not_followed(source, data, behind, tmp_path, target):
    versions.write(tmp_path / "outside", "outside", versions.files())
    (data / "current").unlink()
    (data / "current").symlink_to(target)
    refused(once(source, data), 74, "current leads to")
    for command in (("verify", data), ("inspect", data)):
        done = measured(*command)
        assert done.returncode in (65, 74) and len(done.reasons) == 1, (command, done)
    # To name it as an input is a mistake of the command line.
    refused(measured("build", data, "--output", tmp_path / "made"), 64, "current leads to")


@pytest.mark.parametrize("kind", KINDS)
def test_as_a_file_of_trusted_keys(source, data, tmp_path, kind):
    versions.publish_by_hand(source, "v1", versions.files(count=1, size=100))
    replace(tmp_path / "keys", kind)
    refused(once(source, data, "--trusted-keys", tmp_path / "keys", "--require-signature"), 78, "--trusted-keys")
    assert not data.exists()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "directory"])
def test_as_an_input_that_is_a_dataset(tmp_path, kind):
    """A pipe may be an input, as `build <(zcat rows.gz)` is; within a dataset it is no file of one."""
    made = tmp_path / "made"
    (tmp_path / "rows.csv").write_text("key,value\na,1\n")
    assert measured("build", tmp_path / "rows.csv", "--output", made, "--quiet").returncode == 0
    segment = next(made.glob("segment-*"))
    os.chmod(made, 0o755)
    replace(segment, kind)
    for command in (("verify", made), ("build", made, "--output", tmp_path / "again")):
        done = measured(*command)
        assert done.returncode in (65, 74) and done.stderr, (command, done)
    assert not (tmp_path / "again").exists()
    served = measured("serve", made, "--port", "0")
    assert served.returncode in (65, 74), served
