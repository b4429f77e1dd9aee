"""Versions on disk from the shell: build --data-dir, versions, rollback, pin, unpin, keygen, sign."""

import base64
import fcntl
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from support.resp import bulk, wait_until
from support.server import BINARY, ENVIRONMENT, almanac

pytestmark = pytest.mark.almanac_only


def run(*arguments, code=0, **options):
    """Runs one command; its standard output, or the one line of its error."""
    done = almanac(*arguments, **options)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    if code:
        assert done.stdout == b""
        lines = done.stderr.decode().splitlines()
        assert len(lines) == 1 and lines[0].startswith("almanac: "), lines
        return lines[0]
    return done.stdout.decode()


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("key,value\na,1\nb,2\n")
    return path


@pytest.fixture
def directory(tmp_path, rows):
    """A data directory of three versions, the last one current."""
    path = tmp_path / "data"
    for number in (1, 2, 3):
        run("build", rows, "--value", "value", "--data-dir", path, "--version-id", f"v{number}", "--activate", "-q")
    return path


def current(directory):
    return os.readlink(directory / "current")


def entries(directory):
    return {entry["version_id"]: entry for entry in json.loads(run("versions", directory, "--json"))}


def test_build_puts_a_version_into_a_data_directory(rows, tmp_path):
    path = tmp_path / "data"
    out = run("build", rows, "--value", "value", "--data-dir", path, "--version-id", "v1")
    assert out.startswith(f"{path}/versions/v1: version v1\n")
    assert not os.path.lexists(path / "current")
    assert sorted(os.listdir(path)) == ["incoming", "quarantine", "versions"]
    out = run("build", rows, "--value", "value", "--data-dir", path, "--version-id", "v2", "--activate")
    assert out.endswith("current is now v2\n")
    assert current(path) == "versions/v2"
    run("build", rows, "--value", "value", "--data-dir", path, "--version-id", "v3", "--activate", "-q")
    manifests = {name: json.loads((path / "versions" / name / "manifest.json").read_text())
                 for name in ("v1", "v2", "v3")}
    # What is current at the time of the build is the parent.
    assert [manifests[name].get("parent") for name in ("v1", "v2", "v3")] == [None, None, "v2"]
    assert os.listdir(path / "incoming") == []
    for name in os.listdir(path / "versions/v3"):
        assert stat.S_IMODE((path / "versions/v3" / name).stat().st_mode) == 0o444


def test_a_parent_that_is_named_wins(directory, rows):
    run("build", rows, "--value", "value", "--data-dir", directory, "--version-id", "v4", "--parent", "v1", "-q")
    assert json.loads((directory / "versions/v4/manifest.json").read_text())["parent"] == "v1"


def test_build_vouches_for_what_it_wrote_until_it_is_copied(directory, rows, tmp_path):
    run("build", rows, "--value", "value", "--output", tmp_path / "out", "-q")
    for version in (directory / "versions/v3", tmp_path / "out"):
        seal = json.loads((version / "verified.json").read_text())
        digest = subprocess.run(["sha256sum", version / "manifest.json"], capture_output=True, check=True).stdout
        assert seal["manifest_sha256"] == digest.split()[0].decode()
        assert seal["directory_inode"] == version.stat().st_ino
        for file in json.loads((version / "manifest.json").read_text())["files"]:
            digest = subprocess.run(["sha256sum", version / file["path"]], capture_output=True, check=True).stdout
            assert digest.split()[0].decode() == file["sha256"]


def test_build_never_overwrites_a_version_nor_takes_a_refused_id(directory, rows):
    before = (directory / "versions/v1/manifest.json").read_bytes()
    build = ("build", rows, "--value", "value", "--data-dir", directory, "--version-id")
    assert "versions/v1 exists" in run(*build, "v1", code=64)
    assert (directory / "versions/v1/manifest.json").read_bytes() == before
    run("rollback", directory)
    shutil.rmtree(directory / "versions/v3")
    assert "v3 was refused before" in run(*build, "v3", code=64)
    assert sorted(os.listdir(directory / "versions")) == ["v1", "v2"]
    assert os.listdir(directory / "incoming") == []


def test_build_does_not_activate_what_is_pinned(directory, rows):
    run("pin", directory)
    done = almanac("build", rows, "--value", "value", "--data-dir", directory, "--version-id", "v4", "--activate",
                   "--quiet")
    assert done.returncode == 0
    assert done.stderr.decode() == f"almanac: {directory} is pinned to v3, so v4 was not made current\n"
    assert current(directory) == "versions/v3"
    assert "v4" in entries(directory)


def test_a_build_that_is_killed_leaves_no_version(directory, tmp_path):
    chance = random.Random(3)
    source = tmp_path / "many.tsv"
    with open(source, "wb") as file:
        file.write(b"key\tvalue\n")
        for index in range(60_000):
            file.write(b"%d\t%s\n" % (index * 7919 % 60_000, chance.randbytes(30).hex().encode()))
    for number in range(6):
        child = subprocess.Popen(
            [BINARY, "build", source, "--value", "value", "--data-dir", directory, "--version-id", f"w{number}",
             "--activate", "--quiet"], env=ENVIRONMENT, stdin=subprocess.DEVNULL)
        wait_until(lambda: os.listdir(directory / "incoming") or child.poll() is not None, what="the build to begin")
        time.sleep(chance.random() * 0.5)  # The moment is the test's input, and any will do.
        child.send_signal(signal.SIGKILL)
        child.wait(60)
        for name in os.listdir(directory / "versions"):
            run("versions", directory)
            manifest = json.loads((directory / "versions" / name / "manifest.json").read_text())
            assert manifest["key_count"] == (60_000 if name.startswith("w") else 2)
        assert (directory / "current/manifest.json").exists()
        for name in os.listdir(directory / "incoming"):
            assert name.startswith(f".w{number}.partial-")
            shutil.rmtree(directory / "incoming" / name)


def test_versions_shows_states(directory):
    (directory / "incoming/v4").mkdir()
    shutil.copy(directory / "versions/v3/manifest.json", directory / "incoming/v4/manifest.json")
    text = (directory / "incoming/v4/manifest.json").read_text().replace('"v3"', '"v4"')
    os.chmod(directory / "incoming/v4/manifest.json", 0o644)
    (directory / "incoming/v4/manifest.json").write_text(text)
    run("rollback", directory, "--reason", "prices are empty")
    run("pin", directory)
    lines = run("versions", directory).splitlines()
    assert lines[0].split() == ["VERSION", "STATE", "KEYS", "BYTES", "CREATED", "AGE"]
    states = {line.split()[0]: line for line in lines[1:5]}
    assert list(states) == ["v4", "v3", "v2", "v1"]
    for version, state in (("v4", "incoming 0 %"), ("v3", "quarantined (rolled-back)"), ("v2", "current, pinned"),
                           ("v1", "available")):
        assert state in states[version]
    assert lines[-1] == "v3: rolled-back: prices are empty"
    known = entries(directory)
    assert known["v2"]["state"] == "current, pinned" and known["v2"]["key_count"] == 2
    assert known["v3"]["reason"] == "rolled-back: prices are empty"
    assert json.loads((directory / "quarantine/v3.json").read_text())["by"] == "almanac rollback"


def test_rollback_goes_back_step_by_step_and_is_undone(directory):
    out = run("rollback", directory)
    assert out.splitlines()[0] == "current is now v2; v3 is quarantined"
    assert "SIGHUP" in out and "DATASET RELOAD" in out
    run("rollback", directory)
    assert current(directory) == "versions/v1"
    assert "no version older than v1" in run("rollback", directory, code=78)
    assert "v3 is quarantined (rolled-back" in run("rollback", directory, "v3", code=78)
    run("rollback", directory, "v3", "--force")
    assert current(directory) == "versions/v3"
    known = entries(directory)
    assert [known[name]["state"] for name in ("v1", "v2", "v3")] == [
        "available", "quarantined (rolled-back)", "current"]
    # The quarantined parent is passed over.
    run("rollback", directory)
    assert current(directory) == "versions/v1"
    assert sorted(os.listdir(directory)) == ["current", "incoming", "quarantine", "versions"]


def test_rollback_refuses_what_cannot_be(directory, tmp_path):
    assert "no version v9" in run("rollback", directory, "v9", code=78)
    assert "v3 is current already" in run("rollback", directory, "v3", code=78)
    assert "no version ../x" in run("rollback", directory, "../x", code=78)
    run("pin", directory, "v2")
    assert current(directory) == "versions/v2"
    assert "pinned to version v2" in run("rollback", directory, code=78)
    assert "pinned to version v2" in run("rollback", directory, "v1", code=78)
    assert current(directory) == "versions/v2"
    (tmp_path / "empty").mkdir()
    assert "is no data directory" in run("rollback", tmp_path / "empty", code=78)
    # Somebody flipped the link by hand: the pin is where one may go back to.
    os.unlink(directory / "current")
    os.symlink("versions/v3", directory / "current")
    run("rollback", directory, "v2")
    assert current(directory) == "versions/v2"


def test_rollback_works_while_another_process_has_the_lock(directory):
    with open(directory / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run("rollback", directory)
        run("pin", directory)
        run("unpin", directory)
    assert current(directory) == "versions/v2"


def test_rollback_says_what_a_read_only_directory_means(directory):
    if os.geteuid():
        pytest.skip("only root may mount")
    if subprocess.run(["mount", "--bind", "-o", "ro", directory, directory], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        if not subprocess.run(["touch", directory / "x"], capture_output=True).returncode:
            subprocess.run(["mount", "-o", "remount,ro,bind", directory], check=True)
        assert "Read-only file system" in run("rollback", directory, code=74)
        assert current(directory) == "versions/v3"
        assert "v3" in run("versions", directory)
    finally:
        subprocess.run(["umount", directory], check=True)


def test_pin_and_unpin(directory):
    assert run("pin", directory) == "pinned to v3\n"
    assert run("unpin", directory) == "no longer pinned to v3\n"
    assert run("unpin", directory) == "it was not pinned\n"
    assert run("pin", directory, "v1").startswith("pinned to v1, which is now current\n")
    assert current(directory) == "versions/v1"
    (directory / "pinned.json").write_text("{")
    assert "cannot be understood" in run("rollback", directory, code=65)
    assert run("unpin", directory) == "no longer pinned; the record could not be understood\n"
    run("rollback", directory, "v2")
    assert "cannot pin v1: it is quarantined" in run("pin", directory, "v1", code=78)
    assert "no version v9" in run("pin", directory, "v9", code=78)


def test_a_server_serves_what_is_current(directory, rows, serve):
    rows.write_text("key,value\na,new\n")
    run("build", rows, "--value", "value", "--data-dir", directory, "--version-id", "v4", "--activate", "-q")
    for expected in (b"new", b"1"):
        with serve(directory) as server, server.connect() as connection:
            assert connection.call("GET", "a") == bulk(expected)
        run("rollback", directory)


def test_a_running_server_is_rolled_back_pinned_and_unpinned(directory, serve):
    with serve(directory) as server:
        address = f"redis://127.0.0.1:{server.port}/0"
        known = {entry["version_id"]: entry for entry in json.loads(run("versions", "--server", address, "--json"))}
        assert {name: entry["state"] for name, entry in known.items()} == {
            "v1": "available", "v2": "available", "v3": "current"}
        assert known["v3"]["key_count"] == 2
        out = run("rollback", "--server", address)
        assert "v2" in out and len(out.splitlines()) == 1, out
        with server.connect() as connection:
            status = connection.ask("DATASET", "STATUS")
            assert dict(zip(status[::2], status[1::2]))[b"version"] == b"v2"
        assert current(directory) == "versions/v2"
        table = run("versions", "--server", address)
        assert "v3: rolled-back" in table and "quarantined" in table
        assert "v2" in run("pin", "--server", address)
        assert "current, pinned" in run("versions", "--server", address)
        assert "pinned to version v2" in run("rollback", "--server", address, code=78)
        assert "v2" in run("unpin", "--server", address)
        assert "not pinned" in run("unpin", "--server", address)
        # By name, and by a version that could be taken for a name.
        run("rollback", "v1", "--server", address, "--dataset", "data")
        assert current(directory) == "versions/v1"
        assert "quarantined" in run("rollback", "v3", "--server", address, code=78)
        assert "no dataset 'x'" in run("rollback", "--server", address, "--dataset", "x", code=78)


def test_of_several_datasets_the_one_that_is_meant_is_rolled_back(directory, rows, tmp_path, serve):
    other = tmp_path / "other"
    for number in (1, 2):
        run("build", rows, "--value", "value", "--data-dir", other, "--version-id", f"v{number}", "--activate", "-q")
    with serve(directory, other) as server:
        run("rollback", "v1", "--server", f"redis://127.0.0.1:{server.port}/1")
        assert (current(directory), current(other)) == ("versions/v3", "versions/v1")
        run("rollback", "--server", f"redis://127.0.0.1:{server.port}/1", "--dataset", "data")
        assert (current(directory), current(other)) == ("versions/v2", "versions/v1")


def test_a_server_that_is_not_there_cannot_be_reached(tmp_path):
    for command in ("versions", "rollback", "pin", "unpin"):
        line = run(command, "--server", f"unix://{tmp_path}/nobody.sock", code=69)
        assert "cannot connect to unix://" in line
    assert "scheme" in run("versions", "--server", "http://localhost", code=64)
    assert "Name a data directory" in run("versions", code=64).replace("name", "Name")


def test_a_running_server_takes_what_was_rolled_back_on_disk(directory, rows, serve):
    rows.write_text("key,value\na,new\n")
    run("build", rows, "--value", "value", "--data-dir", directory, "--version-id", "v4", "--activate", "-q")
    with serve(directory) as server, server.connect() as connection:
        assert connection.call("GET", "a") == bulk(b"new")
        run("rollback", directory)
        server.signal(signal.SIGHUP)
        wait_until(lambda: connection.call("GET", "a") == bulk(b"1"), what="the server to take the older version")


def test_another_user_of_the_same_group_may_read_a_version(rows, request):
    if os.geteuid():
        pytest.skip("only root may become another user")
    # Where everybody may enter, as pytest's own directories are not.
    place = Path(tempfile.mkdtemp(dir="/tmp"))
    request.addfinalizer(lambda: shutil.rmtree(place))
    place.chmod(0o755)
    path = place / "data"
    previous = os.umask(0o027)
    try:
        run("build", rows, "--value", "value", "--data-dir", path, "--version-id", "v1", "--activate", "-q")
        run("pin", path)
    finally:
        os.umask(previous)

    def become_another(group):
        def change():
            os.setgroups([])
            os.setgid(group)
            os.setuid(65534)
        return change

    def list_versions(group):
        return subprocess.run(["ls", "-L", f"{path}/current/", f"{path}/pinned.json"], capture_output=True,
                              preexec_fn=become_another(group)).returncode

    assert list_versions(os.getegid()) == 0
    assert list_versions(65534) != 0


# Signatures, held against OpenSSL's own.


@pytest.fixture
def keys(tmp_path):
    out = run("keygen", "--output", tmp_path / "publisher")
    assert out.startswith("key ") and str(tmp_path / "publisher.pub") in out
    return tmp_path / "publisher.key", tmp_path / "publisher.pub"


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True)


def signatures(version):
    return [line.split() for line in (version / "manifest.sig").read_text().splitlines()]


def openssl_verifies(version, public, signature, tmp_path):
    (tmp_path / "signature").write_bytes(base64.b64decode(signature, validate=True))
    return openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", public, "-in", version / "manifest.json",
                   "-sigfile", tmp_path / "signature").returncode == 0


def test_keys_are_openssl_s_and_are_never_overwritten(keys, tmp_path):
    private, public = keys
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert openssl("pkey", "-in", private, "-pubout").stdout == public.read_bytes()
    assert b"ED25519" in openssl("pkey", "-in", private, "-noout", "-text").stdout
    before = private.read_bytes(), public.read_bytes()
    assert "is never overwritten" in run("keygen", "--output", tmp_path / "publisher", code=64)
    private.unlink()
    assert "publisher.pub exists" in run("keygen", "--output", tmp_path / "publisher", code=64)
    assert not private.exists() and public.read_bytes() == before[1]
    assert "No such file" in run("keygen", "--output", tmp_path / "none/publisher", code=74)


def test_openssl_verifies_what_build_and_sign_have_signed(rows, keys, tmp_path):
    private, public = keys
    version = tmp_path / "out"
    run("build", rows, "--value", "value", "--output", version, "--sign", private, "-q")
    (algorithm, key, signature), = signatures(version)
    raw = openssl("pkey", "-pubin", "-in", public, "-outform", "DER").stdout[-32:]
    (tmp_path / "raw").write_bytes(raw)
    digest = subprocess.run(["sha256sum", tmp_path / "raw"], capture_output=True, check=True).stdout.decode()
    assert (algorithm, key) == ("ed25519", digest[:16])
    assert openssl_verifies(version, public, signature, tmp_path)

    # A second key, of OpenSSL's making.
    other = tmp_path / "other.key"
    assert openssl("genpkey", "-algorithm", "ed25519", "-out", other).returncode == 0
    assert openssl("pkey", "-in", other, "-pubout", "-out", tmp_path / "other.pub").returncode == 0
    assert "is now signed" in run("sign", version, "--key", other)
    assert "was already signed" in run("sign", version, "--key", other)
    assert "was already signed" in run("sign", version, "--key", private)
    first, second = signatures(version)
    assert first == [algorithm, key, signature]
    assert openssl_verifies(version, tmp_path / "other.pub", second[2], tmp_path)
    assert not openssl_verifies(version, public, second[2], tmp_path)


def test_signatures_of_openssl_are_verified(rows, keys, tmp_path):
    """`sign` adds nothing where a good signature of the key is there, so it verifies what it finds."""
    private, _ = keys
    version = tmp_path / "out"
    run("build", rows, "--value", "value", "--output", version, "--sign", private, "-q")
    (_, key, ours), = signatures(version)
    assert openssl("pkeyutl", "-sign", "-rawin", "-inkey", private, "-in", version / "manifest.json", "-out",
                   tmp_path / "theirs").returncode == 0
    theirs = base64.b64encode((tmp_path / "theirs").read_bytes()).decode()
    assert theirs == ours  # Ed25519 is deterministic.
    os.chmod(version / "manifest.sig", 0o644)
    (version / "manifest.sig").write_text(f"ed25519 {key} {theirs}\n")
    assert "was already signed" in run("sign", version, "--key", private)
    broken = ("B" if theirs[0] == "A" else "A") + theirs[1:]
    (version / "manifest.sig").write_text(f"ed25519 {key} {broken}\n")
    assert "is now signed" in run("sign", version, "--key", private)
    assert signatures(version) == [["ed25519", key, ours]]


@pytest.mark.parametrize("kind", ["none", "public", "encrypted", "rsa", "text"])
def test_what_is_no_key_is_refused_before_the_work(rows, keys, tmp_path, kind):
    private, public = keys
    key, expected = tmp_path / "the.key", None
    if kind == "none":
        expected = "there is no key"
    elif kind == "public":
        key, expected = public, "it is a public key"
    elif kind == "encrypted":
        assert openssl("pkey", "-in", private, "-aes128", "-passout", "pass:x", "-out", key).returncode == 0
        expected = "it has a passphrase"
    elif kind == "rsa":
        assert openssl("genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:1024", "-out", key).returncode == 0
        expected = "it is no Ed25519 key"
    else:
        key.write_text("hello")
        expected = "it is no private key in PEM form"
    assert expected in run("build", rows, "--value", "value", "--output", tmp_path / "out", "--sign", key, code=78)
    assert not (tmp_path / "out").exists()
