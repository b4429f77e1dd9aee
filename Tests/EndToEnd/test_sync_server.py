"""`almanac sync` and a server: told, answered, refused, gone, and killed between any two of these."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from support import versions
from support.resp import wait_until
from support.server import BINARY, ENVIRONMENT, Almanac, almanac, free_port

pytestmark = pytest.mark.almanac_only


@pytest.fixture
def publish(tmp_path, source):
    """`publish("v1", 500)` builds and publishes a version of 500 keys, each with the version's id for a value."""

    def make(version_id, keys):
        rows = tmp_path / f"{version_id}.tsv"
        rows.write_text("key\tvalue\n" + "".join(f"k{number}\t{version_id}\n" for number in range(keys)))
        built = tmp_path / f"built-{version_id}"
        for command in (
            ("build", rows, "--value", "value", "--output", built, "--version-id", version_id, "--quiet"),
            ("publish", built, source, "--progress", "none"),
        ):
            done = almanac(*command)
            assert done.returncode == 0, done.stderr

    return make


def once(source, data, *flags, **options):
    return almanac(
        "sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0", "--progress", "none", *flags,
        **options)


@pytest.fixture
def serving(source, data, publish, logs, tmp_path):
    """A server of the data directory that serves v1, with its pid file in `server.pid_file`."""
    publish("v1", 500)
    assert once(source, data).returncode == 0
    pid_file = tmp_path / "almanac.pid"
    with Almanac(logs, [f"users={data}"], ("--pid-file", pid_file, "--min-keys-ratio", "0.8")) as server:
        server.pid_file = pid_file
        server.url = f"redis://127.0.0.1:{server.port}/0"
        yield server


@pytest.fixture(params=["--server", "--signal-pid-file"])
def notice(request, serving):
    return (request.param, serving.url if request.param == "--server" else serving.pid_file)


def value(server):
    return server.redis().get("k7")


def test_a_server_that_is_told_serves_the_new_version_before_sync_ends(source, data, publish, serving, notice):
    publish("v2", 600)
    done = once(source, data, *notice)
    assert done.returncode == 0, done.stderr
    assert value(serving) == b"v2" and b"served" in done.stderr and versions.current(data) == "v2"


def test_a_password_is_in_a_file_or_the_environment(source, data, publish, logs, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    publish("v1", 500)
    assert once(source, data).returncode == 0
    # A server shares its environment with the other commands.
    shared = {"ALMANAC_SERVER_PASSWORD": "s3cret"}
    with Almanac(logs, [f"users={data}"], ("--password-file", secret), env=shared) as server:
        # As the default user, whom the address names, and without a name.
        url, named = (f"redis://{user}127.0.0.1:{server.port}/0" for user in ("", "default:@"))
        publish("v2", 510)
        done = once(source, data, "--server", url, "--server-password-file", secret)
        assert done.returncode == 0 and server.redis(password="s3cret").get("k7") == b"v2", done.stderr
        for command, env in [
            ("versions", shared), ("pin", {"ALMANAC_SERVER_PASSWORD_FILE": secret}), ("unpin", shared),
            ("rollback", {"ALMANAC_SERVER_PASSWORD_FILE": secret}),
        ]:
            done = almanac(command, "--server", named, env=env)
            assert done.returncode == 0, (command, done.stderr)
        assert server.redis(password="s3cret").get("k7") == b"v1"
        # It takes little to be told of a version.
        rules = ("on", "#" + hashlib.sha256(b"sync's own").hexdigest(), "+dataset|reload")
        assert server.redis(password="s3cret").execute_command("ACL", "SETUSER", "sync", *rules)
        publish("v3", 520)
        done = once(
            source, data, "--server", f"redis://sync:@127.0.0.1:{server.port}/0",
            env={"ALMANAC_SERVER_PASSWORD": "sync's own"})
        assert done.returncode == 0 and server.redis(password="s3cret").get("k7") == b"v3", done.stderr
        for code, word, env in [
            (78, b"NOAUTH", {}), (78, b"WRONGPASS", {"ALMANAC_SERVER_PASSWORD": "wr0ng"}),
            (64, b"does not exist", {"ALMANAC_SERVER_PASSWORD_FILE": "/nosuch"}),
            (64, b"both set", {**shared, "ALMANAC_SERVER_PASSWORD_FILE": secret}),
        ]:
            done = almanac("versions", "--server", url, env=env)
            assert done.returncode == code and word in done.stderr and b"wr0ng" not in done.stderr, done.stderr
    assert almanac("versions", data, "--server-password-file", secret).returncode == 64
    assert once(source, data, "--server-password-file", secret).returncode == 64


def test_a_refused_version_is_left_again(source, data, publish, serving, notice):
    publish("v2", 20)
    done = once(source, data, *notice)
    assert done.returncode == 65 and b"guardrail" in done.stderr, done.stderr
    assert value(serving) == b"v1" and versions.current(data) == "v1"
    assert (data / "quarantine/v2.json").exists()
    # It is not tried again by itself, and the next version is.
    assert once(source, data, *notice).returncode == 65 and versions.current(data) == "v1"
    publish("v3", 510)
    assert once(source, data, *notice).returncode == 0
    assert value(serving) == b"v3" and versions.current(data) == "v3"


def test_killed_between_the_flip_and_the_telling_the_next_one_tells(source, data, publish, serving, notice):
    publish("v2", 600)
    # Without a server to tell, this is all that a process does that is killed after the flip.
    assert once(source, data).returncode == 0
    assert versions.current(data) == "v2" and value(serving) == b"v1"
    assert once(source, data, *notice).returncode == 0
    assert value(serving) == b"v2"


def test_killed_while_the_server_answers_the_next_one_tells_again(source, data, publish, serving, notice):
    publish("v2", 600)
    serving.signal(signal.SIGSTOP)
    child = subprocess.Popen(
        [BINARY, "sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0", *map(str, notice)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    try:
        wait_until(lambda: versions.current(data) == "v2", what="the flip")
    finally:
        child.kill()
        child.wait()
        serving.signal(signal.SIGCONT)
    assert once(source, data, *notice).returncode == 0
    assert value(serving) == b"v2"


def test_a_server_that_is_not_there_in_time_is_an_error_and_the_version_stays(source, data, publish, tmp_path):
    publish("v1", 50)
    for notice in (("--server", f"redis://127.0.0.1:{free_port()}/0"), ("--signal-pid-file", tmp_path / "none.pid")):
        done = once(source, data, *notice, "--ack-timeout", "200ms")
        assert done.returncode == 69 and done.stderr.count(b"almanac: ") >= 1, done
        assert versions.current(data) == "v1"


def test_a_server_that_is_starting_is_waited_for(source, data, publish, logs, tmp_path):
    publish("v1", 50)
    port, pid_file = free_port(), tmp_path / "almanac.pid"
    child = subprocess.Popen(
        [BINARY, "sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0", "--server",
         f"redis://127.0.0.1:{port}/0"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=ENVIRONMENT)
    try:
        wait_until(lambda: versions.current(data) == "v1", what="the first version")
        server = Almanac(logs, [f"users={data}"], ("--pid-file", pid_file))
        server.port = port
        server.spawn([BINARY, "serve", f"users={data}", "--port", port, "--bind", "127.0.0.1"])
        try:
            _, text = child.communicate(timeout=30)
            assert child.returncode == 0 and b"served" in text, text
        finally:
            server.kill()
    finally:
        child.kill()


def test_a_process_that_is_no_server_is_not_signalled(source, data, publish, tmp_path):
    publish("v1", 50)
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        pid_file = tmp_path / "stale.pid"
        pid_file.write_text(f"{stranger.pid}\n")
        done = once(source, data, "--signal-pid-file", pid_file, "--ack-timeout", "200ms")
        assert done.returncode == 69 and b"is sleep, no almanac" in done.stderr
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("reason", ["no file", "another name"])
def test_a_server_that_cannot_be_told_is_a_failure_and_keeps_no_newer_version_away(
        source, data, publish, logs, tmp_path, reason):
    publish("v1", 50)
    pid_file, log_path, port = tmp_path / "almanac.pid", logs / "sync.log", free_port()
    stranger = subprocess.Popen(["sleep", "600"])
    if reason == "another name":
        pid_file.write_text(f"{stranger.pid}\n")
    with open(log_path, "wb") as log:
        child = subprocess.Popen(
            [BINARY, "sync", "--source", source, "--data-dir", data, "--reserve", "0", "--interval", "100ms",
             "--signal-pid-file", pid_file, "--ack-timeout", "10m", "--admin-port", str(port)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT)
    try:
        wait_until(lambda: versions.current(data) == "v1", what="the first version")
        publish("v2", 60)
        why = b"is sleep, no almanac" if reason == "another name" else b"almanac.pid is not there"
        wait_until(lambda: why in log_path.read_bytes(), what="the reason")
        wait_until(lambda: versions.current(data) == "v2", what="the second version")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response:
            metrics = response.read().decode()
        assert float(re.search(r'^almanac_sync_failures_total{kind="unreachable"} (\S+)', metrics, re.M)[1]) >= 1
        assert stranger.poll() is None
        # Once there is a server, it is told at the next look.
        with Almanac(logs, [f"users={data}"], ("--pid-file", pid_file)):
            wait_until(lambda: b"served" in log_path.read_bytes(), what="the server to be found")
    finally:
        stranger.kill()
        stranger.wait()
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0


# Named as a server is, it answers each SIGHUP with what it is told to say.
STAND_IN = """
import ctypes, json, os, signal, sys
data, pid_file, outcome = sys.argv[1:]
ctypes.CDLL(None).prctl(15, b"almanac", 0, 0, 0)

def answer(*_):
    record = {"version_id": "v0", "serving_since": "2026-11-21T08:00:00Z", "process_id": os.getpid(),
              "triggers_answered": 1, "outcome": outcome}
    with open(f"{data}/serving.new", "w") as file:
        json.dump(record, file)
    os.rename(f"{data}/serving.new", f"{data}/serving.json")

signal.signal(signal.SIGHUP, answer)
with open(pid_file + ".new", "w") as file:
    file.write(f"{os.getpid()}\\n")
os.rename(pid_file + ".new", pid_file)
while True:
    signal.pause()
"""


def test_a_server_that_says_by_its_record_that_it_failed_is_not_waited_for(source, data, publish, tmp_path):
    publish("v1", 50)
    pid_file = tmp_path / "almanac.pid"
    stand_in = subprocess.Popen([sys.executable, "-c", STAND_IN, data, pid_file, "failed: v1: too many open files"])
    try:
        wait_until(pid_file.exists, what="the stand-in")
        done = once(source, data, "--signal-pid-file", pid_file, "--ack-timeout", "10m", timeout=60)
        assert done.returncode == 69 and b"too many open files" in done.stderr
        assert versions.current(data) == "v1"
    finally:
        stand_in.kill()
        stand_in.wait()


def test_a_question_that_the_server_does_not_take_is_a_wrong_setting(source, data, publish, serving):
    publish("v2", 600)
    done = once(source, data, "--server", serving.url, "--dataset", "nobody")
    assert done.returncode == 78 and b"no dataset 'nobody'" in done.stderr
    assert versions.current(data) == "v2"


def test_a_stop_does_not_wait_for_the_server(source, data, publish, serving):
    publish("v2", 600)
    serving.signal(signal.SIGSTOP)
    child = subprocess.Popen(
        [BINARY, "sync", "--source", source, "--data-dir", data, "--reserve", "0", "--server", serving.url],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    try:
        wait_until(lambda: versions.current(data) == "v2", what="the flip")
        started = time.monotonic()
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
        assert time.monotonic() - started < 5
    finally:
        child.kill()
        child.wait()
        serving.signal(signal.SIGCONT)


def test_a_rollback_while_sync_runs_stays(source, data, publish, serving, logs):
    publish("v2", 600)
    log_path = logs / "sync.log"
    with open(log_path, "wb") as log:
        child = subprocess.Popen(
            [BINARY, "sync", "--source", source, "--data-dir", data, "--reserve", "0", "--interval", "50ms", "--server",
             serving.url], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT)
    try:
        wait_until(lambda: value(serving) == b"v2", what="the second version")
        assert serving.connect().ask("DATASET", "ROLLBACK")
        wait_until(lambda: value(serving) == b"v1", what="the first version again")
        wait_until(lambda: b"not taken up" in log_path.read_bytes(), what="sync to see it")
        assert versions.current(data) == "v1" and value(serving) == b"v1"
        publish("v3", 610)
        wait_until(lambda: value(serving) == b"v3", what="the third version")
        assert os.listdir(data / "incoming") == []
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
