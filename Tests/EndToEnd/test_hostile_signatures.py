"""Signatures that are none, of other bytes, or of other versions, where one is required."""

import shutil

import pytest

from support import versions
from support.measured import measured, refused
from support.server import almanac

pytestmark = pytest.mark.almanac_only


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    place = tmp_path_factory.mktemp("keys")
    for name in ("ours", "theirs"):
        assert almanac("keygen", "--output", place / name).returncode == 0
    return place


@pytest.fixture
def signed(source, keys):
    """A source with v1, which our key has signed; the file of its signature."""
    versions.publish_by_hand(source, "v1", versions.files(count=1, size=100))
    assert almanac("sign", source / "versions/v1", "--key", keys / "ours.key").returncode == 0
    file = source / "versions/v1/manifest.sig"
    file.chmod(0o644)
    return file


def once(source, data, key, *flags):
    return measured(
        "sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0", "--progress", "none",
        "--trusted-keys", key, "--require-signature", *flags)


SIGNATURES = {
    "empty": (lambda a, k, s: "", "not signed"),
    "blank lines": (lambda a, k, s: "\n\n\n", "not signed"),
    "zero bytes": (lambda a, k, s: "\0" * 64, "no line"),
    "another algorithm": (lambda a, k, s: f"rsa {k} {s}", "no line"),
    "another key's name": (lambda a, k, s: f"{a} {k[::-1]} {s}", "not trusted"),
    "upper case": (lambda a, k, s: f"{a} {k.upper()}0 {s}", "no line"),
    "cut short": (lambda a, k, s: f"{a} {k} {s[:-4]}", "no line"),
    "too long": (lambda a, k, s: f"{a} {k} {s}AAAA", "no line"),
    "all zero": (lambda a, k, s: f"{a} {k} {'A' * 86}==", "not of this manifest"),
    "one bit off": (lambda a, k, s: f"{a} {k} {'B' if s[0] == 'A' else 'A'}{s[1:]}", "not of this manifest"),
    "ten thousand lines": (lambda a, k, s: "a b c\n" * 10_000, "no line"),
    "longer than its limit": (lambda a, k, s: f"{a} {k} {s}\n" * 700, "longer than"),
}


@pytest.mark.parametrize("case", SIGNATURES)
def test_what_is_no_good_signature_is_refused(source, data, keys, signed, case):
    make, reason = SIGNATURES[case]
    signed.write_text(make(*signed.read_text().split()))
    refused(once(source, data, keys / "ours.pub"), 65, "manifest.", reason)
    assert versions.current(data) is None and not list((data / "versions").iterdir())
    assert not list((data / "incoming").iterdir())


def test_one_good_line_among_bad_ones_will_do(source, data, keys, signed):
    algorithm, key, _ = signed.read_text().split()
    signed.write_text(f"{algorithm} {key} {'A' * 86}==\n" * 100 + "nonsense\n" + signed.read_text())
    assert once(source, data, keys / "ours.pub").returncode == 0 and versions.current(data) == "v1"


def test_a_key_that_is_not_trusted_signs_nothing(source, data, keys, signed):
    refused(once(source, data, keys / "theirs.pub"), 65, "not trusted")
    assert versions.current(data) is None


def test_signatures_of_two_versions_are_not_exchanged(source, data, keys, signed):
    versions.publish_by_hand(source, "v2", versions.files(count=1, size=100, seed=2))
    assert almanac("sign", source / "versions/v2", "--key", keys / "ours.key").returncode == 0
    shutil.copy(signed, source / "versions/v2/manifest.sig")
    refused(once(source, data, keys / "ours.pub"), 65, "not of this manifest")


def test_an_older_version_that_was_signed_does_not_pass_for_a_newer_one(source, data, keys, signed):
    """Whoever can write to the bucket, and has no key, publishes the old bytes under a new id."""
    text = (source / "versions/v1/manifest.json").read_bytes()
    shutil.copytree(source / "versions/v1", source / "versions/v2")
    (source / "current.json").write_bytes(versions.pointer("v2", text))
    refused(once(source, data, keys / "ours.pub"), 65, "is of version v1, not v2")
    # Named as it is, it is what the publisher has signed, and a source may go back to it.
    (source / "current.json").write_bytes(versions.pointer("v1", text))
    assert once(source, data, keys / "ours.pub").returncode == 0 and versions.current(data) == "v1"


def test_files_that_are_not_those_of_the_signed_manifest_are_refused(source, data, keys, signed):
    (source / "versions/v1/data-00.bin").write_bytes(b"other bytes")
    refused(once(source, data, keys / "ours.pub"), 65, "data-00.bin")
    assert versions.current(data) is None


KEYS = {
    "empty": lambda keys: b"",
    "text": lambda keys: b"hello\n",
    "a private key": lambda keys: (keys / "ours.key").read_bytes(),
    "no key in its frame": lambda keys: b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "a good one and a broken one": lambda keys: (keys / "ours.pub").read_bytes()
    + b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "longer than its limit": lambda keys: (keys / "ours.pub").read_bytes() * 20_000,
}


@pytest.mark.parametrize("case", KEYS)
def test_a_file_of_keys_that_cannot_be_read_whole_trusts_nobody(source, data, keys, signed, tmp_path, case):
    (tmp_path / "trusted.pem").write_bytes(KEYS[case](keys))
    refused(once(source, data, tmp_path / "trusted.pem"), 78, "--trusted-keys", "trusted.pem")
    assert not data.exists()
