"""The clients that people have, in nine languages, each with its default settings: what it reads is what is there.

The programs of client_programs/ print what they saw as JSON. What Debian or PyPI does not give this machine is skipped.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from support import data as rows
from support.programs import python_environment, skip_without
from support.server import IS_STANDIN, Almanac

PROGRAMS = Path(__file__).parent / "client_programs"
REFUSAL = "You can't write against a read only replica."
LARGE = bytes((index * 31 + (index >> 8) * 7) & 0xFF for index in range(1 << 20))
AWKWARD = {b'\x00\r\n\xff\xfe"\\': bytes(range(256)), b"empty": b"", b"large": LARGE}
KEYS = [*(key for key, _ in rows.small_pairs()), *AWKWARD]


def pairs():
    yield from rows.small_pairs()
    yield from AWKWARD.items()


@pytest.fixture(scope="module")
def server(built, tmp_path_factory):
    dataset = rows.build("clients", tmp_path_factory.mktemp("clients-data"), pairs)
    with Almanac(tmp_path_factory.mktemp("clients"), [dataset, built("other")]) as server:
        yield server


def hexadecimal(values):
    return [value.hex() for value in values]


VALUE = b"value of 1".hex()
EXPECTED = {
    "get": VALUE,
    "missing": None,
    "mget": [VALUE, None, "", b"value of 2".hex()],
    "binary": bytes(range(256)).hex(),
    "empty": "",
    "large": LARGE.hex(),
    "exists": 2,
    "strlen": len(LARGE),
    "type": "string",
    "type_of_missing": "none",
    "ttl": -1,
    "ttl_of_missing": -2,
    "scan": sorted(hexadecimal(KEYS)),
    "scan_match": hexadecimal(b"key:00001%d" % digit for digit in range(10)),
    "pipeline": hexadecimal(b"value of %d" % number for number in range(1000)),
    "transaction": [VALUE, None, 10],
    "after_refusal": b"value of 2".hex(),
    "database": b"other value of 950".hex(),
}
# What redis_py.py tells besides.
EXPECTED_OF_REDIS_PY = {
    "watched": [VALUE], "getrange": b"value".hex(), "dbsize": len(KEYS), "randomkey": True, "echo": "00ff",
    "keys": ["key:00000%d" % digit for digit in range(10)], "contains": [True, False], "setname": [True, "worker"],
    "listed": True, "config": {}, "role": "slave" if IS_STANDIN else "master"}


def check(facts, more=()):
    """Compares what a program saw with what is there, each difference shortened."""
    expected = {**EXPECTED, **dict(more)}
    seen = {**facts, **{name: sorted(set(facts[name])) for name in ("scan", "scan_match")}}
    wrong = {name: (str(seen.get(name))[:200], str(value)[:200])
             for name, value in expected.items() if seen.get(name, "nothing") != value}
    assert not wrong, (facts["client"], wrong)
    assert REFUSAL in facts["refused"], (facts["client"], facts["refused"])


def run(server, command, *arguments, environment=None):
    """Runs a program against the server; the facts that it prints."""
    done = subprocess.run(
        [*map(str, command), server.host, str(server.port), *map(str, arguments)], capture_output=True, timeout=120,
        env=environment)
    assert done.returncode == 0, done.stdout.decode()[-2000:] + done.stderr.decode()[-4000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("requirement, module, protocol", [
    *((requirement, module, protocol) for requirement, module in [
        (None, "redis"), ("redis==5.2.1", "redis"), ("valkey==6.1.1", "valkey")] for protocol in [(), (2,), (3,)]),
    ("redis==4.6.0", "redis", ()),  # It speaks RESP2 alone and has no option for it.
], ids=lambda value: "-".join(map(str, value)) or "default" if isinstance(value, tuple) else value)
@pytest.mark.parametrize("program", ["redis_py.py", "redis_asyncio.py"])
def test_redis_py_and_valkey_py(server, program, requirement, module, protocol):
    facts = run(server, [sys.executable, PROGRAMS / program], module, *protocol,
                environment=python_environment(requirement))
    if program == "redis_asyncio.py":
        check(facts, {"gathered": EXPECTED["pipeline"][:50]})
        return
    check(facts, EXPECTED_OF_REDIS_PY)
    assert REFUSAL in facts["deletion_refused"], facts
    assert facts["redis_version"].replace(".", "").isdigit() and facts["id"] > 0 and facts["commands"] > 20


def test_coredis(server):
    check(run(server, [sys.executable, PROGRAMS / "coredis_program.py"],
              environment=python_environment("coredis==6.9.0")))


@pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
@pytest.mark.almanac_only  # It connects to no server that says it is a replica, as the stand-in does.
def test_valkey_glide(server, protocol):
    check(run(server, [sys.executable, PROGRAMS / "glide.py"], protocol,
              environment=python_environment("valkey-glide-sync==2.5.3")))


def test_c_with_hiredis(server, tmp_path):
    skip_without("pkg-config", "--exists", "hiredis")
    skip_without("cc", "--version")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "hiredis"], capture_output=True, check=True, text=True)
    subprocess.run(["cc", "-Wall", "-Werror", "-o", tmp_path / "program", PROGRAMS / "hiredis.c",
                    *flags.stdout.split()], check=True)
    check(run(server, [tmp_path / "program"]))


def test_go_with_redigo(server, tmp_path):
    # Debian's packages are found by the old way of looking for them.
    go = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOCACHE": str(tmp_path / "cache")}
    skip_without("go", "list", "github.com/gomodule/redigo/redis", GO111MODULE="off", GOPATH="/usr/share/gocode")
    subprocess.run(["go", "build", "-o", tmp_path / "program", PROGRAMS / "redigo.go"], check=True,
                   env={**os.environ, **go})
    check(run(server, [tmp_path / "program"]))


@pytest.mark.parametrize("driver", ["ruby", "hiredis"])
def test_ruby(server, driver):
    skip_without("ruby", "-e", f"require 'redis'; require 'redis/connection/{driver}'")
    check(run(server, ["ruby", PROGRAMS / "redis_rb.rb"], driver))


@pytest.mark.parametrize("module", ["Redis", "Redis::Fast"])
def test_perl(server, module):
    skip_without("perl", f"-M{module}", "-e1")
    check(run(server, ["perl", PROGRAMS / "redis_perl.pl"], module))


def test_php_with_its_extension(server):
    skip_without("php", "-r", "exit(extension_loaded('redis') ? 0 : 1);")
    check(run(server, ["php", PROGRAMS / "phpredis.php"]))


def test_php_with_predis(server):
    skip_without("php", "-r", "require 'Predis/Autoloader.php';")
    check(run(server, ["php", PROGRAMS / "predis.php"]))


def test_lua(server):
    skip_without("lua5.1", "-e", "require 'redis'")
    check(run(server, ["lua5.1", PROGRAMS / "redis_lua.lua"]))


def test_node(server):
    # Where Debian's modules are; a node that is not Debian's does not look there by itself.
    path = {"NODE_PATH": "/usr/share/nodejs"}
    skip_without("node", "-e", "require('redis')", **path)
    check(run(server, ["node", PROGRAMS / "node_redis.js"], environment={**os.environ, **path}))


def test_erlang(server):
    skip_without("erl", "-noshell", "-eval", "{module, eredis} = code:load_file(eredis), halt(0).")
    check(run(server, ["escript", PROGRAMS / "eredis.escript"]))


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
