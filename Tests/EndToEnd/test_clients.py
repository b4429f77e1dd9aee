"""The clients and tools that people have: redis-py of several releases, redis-cli, redis-benchmark."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from support.resp import request
from support.server import IS_STANDIN, ROOT, Almanac

PROGRAM = Path(__file__).parent / "client_program.py"
# What is not among the tests' own requirements is installed beside them, once.
RELEASES = {"newest": None, "5": "redis==5.2.1", "4": "redis==4.6.0"}


@pytest.fixture(scope="module")
def server(built, tmp_path_factory):
    with Almanac(tmp_path_factory.mktemp("clients"), [built("small"), built("other")]) as server:
        yield server


def tool(server, *arguments, timeout=120, stdin=None):
    """Runs a redis tool against the server; its standard output."""
    done = subprocess.run([arguments[0], "-h", server.host, "-p", str(server.port), *map(str, arguments[1:])],
                          capture_output=True, timeout=timeout, input=stdin)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout.decode(errors="replace")


def environment(release):
    requirement = RELEASES[release]
    if requirement is None:
        return dict(os.environ)
    target = ROOT / ".build/clients" / requirement.replace("==", "-")
    if not target.exists():
        partial = target.with_name(target.name + ".partial")
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target",
                        partial, requirement], check=True)
        partial.rename(target)
    return {**os.environ, "PYTHONPATH": str(target)}


def run_program(server, release, *protocols):
    env = {**environment(release), "EXPECTED_ROLE": "slave" if IS_STANDIN else "master"}
    done = subprocess.run([sys.executable, PROGRAM, server.host, str(server.port), *protocols], capture_output=True,
                          timeout=120, env=env)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()[-2000:]


@pytest.mark.parametrize("release", RELEASES)
def test_a_redis_py_program(server, release):
    run_program(server, release)


def test_a_redis_py_program_that_asks_for_resp3_is_told_plainly_or_served(server):
    """RESP3 may not be spoken yet; then HELLO 3 must say so in the words that clients look for."""
    with server.connect() as connection:
        connection.send(request("HELLO", 3))
        reply = connection.socket.recv(4096)
    if reply == b"-NOPROTO unsupported protocol version\r\n":
        return
    assert reply[:1] == b"%", reply
    run_program(server, "newest", "3")


def test_redis_cli_reads(server):
    assert tool(server, "redis-cli", "get", "key:000001").strip() == "value of 1"
    assert tool(server, "redis-cli", "get", "nosuch").strip() == ""
    assert tool(server, "redis-cli", "mget", "key:000001", "key:000002").split("\n")[:2] == ["value of 1", "value of 2"]
    assert tool(server, "redis-cli", "dbsize").strip() == "1000"
    assert tool(server, "redis-cli", "-n", 1, "dbsize").strip() == "200"
    assert "READONLY" in tool(server, "redis-cli", "set", "a", "b")
    assert "unknown command" in tool(server, "redis-cli", "nosuch")


def test_redis_cli_reads_commands_from_a_script(server):
    script = b"".join(b"get key:%06d\n" % number for number in range(1000))
    assert tool(server, "redis-cli", stdin=script).split("\n")[:1000] == [f"value of {n}" for n in range(1000)]


def test_redis_cli_scan(server):
    assert len(set(tool(server, "redis-cli", "--scan").split())) == 1000
    assert len(set(tool(server, "redis-cli", "--scan", "--pattern", "key:00001*").split())) == 10


def test_redis_cli_bigkeys(server):
    text = tool(server, "redis-cli", "--bigkeys")
    assert "Sampled 1000 keys in the keyspace!" in text
    assert "1000 strings with" in text


def test_redis_cli_latency(server):
    assert re.match(r"\d+ \d+ [\d.]+ \d+", tool(server, "redis-cli", "--raw", "--latency", "-i", "1"))


def test_redis_cli_stat(server):
    child = subprocess.Popen(["redis-cli", "-h", server.host, "-p", str(server.port), "--stat", "-i", "0.05"],
                             stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        lines = [child.stdout.readline().decode() for _ in range(5)]
    finally:
        child.kill()
        child.wait()
    assert "keys" in lines[1] and re.match(r"\s*1200\s", lines[2]), lines


def test_redis_cli_pipe_ends(server):
    """--pipe sends its input and then an ECHO whose reply ends it."""
    done = subprocess.run(["redis-cli", "-h", server.host, "-p", str(server.port), "--pipe"], capture_output=True,
                          input=b"GET key:000001\r\n" * 1000, timeout=60)
    assert b"errors: 0, replies: 1000" in done.stdout, done


@pytest.mark.parametrize("arguments", [
    ("-t", "ping_inline,ping_mbulk,get", "-P", "1"), ("-t", "get", "-P", "64"),
    ("-P", "16", "MGET", *["key:000001"] * 10),
], ids=lambda words: " ".join(words[:6]))
def test_redis_benchmark(server, arguments):
    text = tool(server, "redis-benchmark", "-q", "-n", 20000, "-c", 50, *arguments)
    assert "requests per second" in text and "rror" not in text, text


def test_twenty_clients_of_different_kinds_at_once(server):
    """Nothing that one of them does shows in another's replies."""
    failures = []

    def work(seed):
        try:
            client = server.redis(db=seed % 2)
            expected = {0: b"value of %d", 1: b"other value of %d"}[seed % 2]
            for turn in range(100):
                numbers = [900 + (seed * turn + step) % 100 for step in range(20)]
                found = client.mget(["key:%06d" % number for number in numbers])
                if found != [expected % number for number in numbers]:
                    failures.append((seed, turn, found))
            client.close()
        except Exception as error:  # whatever it is, it is the test's failure
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures, failures[:3]
