"""Every command of the table, one after another, beside a redis-server that holds the same.

`support/command_cases.py` has the requests; here is what must hold of each.
"""

import fcntl
import os
import pty
import re
import select
import shlex
import shutil
import struct
import subprocess
import termios
import time

import pytest

from support import data
from support.command_cases import DIFFERENT, PAIRS, SAME, SAME_KIND
from support.resp import decode
from support.server import Almanac, Redis

pytestmark = pytest.mark.almanac_only

WRONG_TYPE = b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
READ_ONLY = b"-READONLY You can't write against a read only replica.\r\n"
WRITE = "+write"
TYPES = {"+@hash", "+@list", "+@set", "+@sortedset", "+@stream", "+@geo"}


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    directory = tmp_path_factory.mktemp("commands")
    dataset = data.build("commands", directory, lambda: iter(PAIRS.items()))
    with Almanac(directory, [dataset]) as ours, Redis(directory, [dataset]) as theirs:
        yield ours, theirs


def words(name, arguments):
    return [*name.split("|"), *shlex.split(arguments)]


def rows(server):
    """The rows of COMMAND by full name, sub-commands too, without containers that are nothing by themselves."""
    found = {}
    with server.connect() as connection:
        for row in decode(connection.call("COMMAND")):
            subcommands = row[9]
            found.update({sub[0].decode(): sub for sub in subcommands})
            if not subcommands or row[0] == b"command":
                found[row[0].decode()] = row
    return found


def ask(server, protocol, request):
    """The first reply on a connection of its own."""
    with server.connect() as connection:
        if protocol == 3:
            connection.call("HELLO", 3)
        return connection.call(*request)


def test_every_command_has_cases(servers):
    ours, theirs = map(rows, servers)
    cases = [*SAME, *SAME_KIND, *DIFFERENT]
    assert len(cases) == len(set(cases)), "a command is in two tables"
    assert set(ours) - set(cases) == set(), "commands without a case"
    assert set(cases) - set(ours) - set(theirs) == set(), "cases of commands that neither server has"


def test_every_command_of_redis_is_known(servers):
    ours, theirs = map(rows, servers)
    assert set(theirs) - set(ours) == set()


def test_facts_are_those_of_redis(servers):
    """Arity, flags, keys and categories, for all that both have."""
    ours, theirs = map(rows, servers)
    # Containers beside each other hold different sub-commands.
    different = {name for name in set(ours) & set(theirs) if name != "command" and ours[name] != theirs[name]}
    assert different == set()


@pytest.mark.parametrize("protocol", [2, 3])
def test_answers_are_those_of_redis(servers, protocol):
    wrong = []
    for name, lines in SAME.items():
        for line in lines:
            ours, theirs = (ask(server, protocol, words(name, line)) for server in servers)
            if ours != theirs:
                wrong.append((name, line, ours, theirs))
    assert wrong == []


@pytest.mark.parametrize("protocol", [2, 3])
def test_answers_are_of_the_same_kind(servers, protocol):
    wrong = []
    for name, (_, lines) in SAME_KIND.items():
        for line in lines:
            ours, theirs = (ask(server, protocol, words(name, line)) for server in servers)
            if ours[:1] != theirs[:1] or ours[:1] == b"-":
                wrong.append((name, line, ours[:200], theirs[:200]))
    assert wrong == []


@pytest.mark.parametrize("protocol", [2, 3])
def test_answers_that_differ_are_as_meant(servers, protocol):
    wrong = []
    for name, (expected, _, lines) in DIFFERENT.items():
        for line in lines:
            ours = ask(servers[0], protocol, words(name, line))
            if not re.fullmatch(expected, ours, re.S):
                wrong.append((name, line, ours[:200]))
    assert wrong == []


def test_wrong_numbers_of_arguments_are_refused_alike(servers):
    wrong = []
    ours, theirs = map(rows, servers)
    for name, row in ours.items():
        arity, path = row[1], name.split("|")
        counts = {abs(arity) - 1, abs(arity) + 1} if arity > 0 else {abs(arity) - 1}
        for count in counts:
            if count < len(path):
                continue
            request = path + ["word"] * (count - len(path))
            reply = ask(servers[0], 2, request)
            # An EXEC is refused as such, for it ends a transaction all the same.
            if name != "exec" and reply != b"-ERR wrong number of arguments for '%b' command\r\n" % name.encode():
                wrong.append((request, reply))
            if name in theirs and reply != (expected := ask(servers[1], 2, request)):
                wrong.append((request, reply, expected))
    assert wrong == []


def test_what_takes_a_key_is_asked_for_one_that_holds_a_string(servers):
    """Each command with keys has a case whose key is there: it is a change, of another type, or of strings."""
    ours = rows(servers[0])
    lacking, wrong = [], []
    for name, row in ours.items():
        specifications = row[8]
        if not any("+not_key" not in dict(zip(keys[::2], keys[1::2]))[b"flags"] for keys in specifications):
            continue
        lines = SAME.get(name) or (SAME_KIND.get(name) or DIFFERENT.get(name))[-1]
        present = [line for line in lines if "string" in shlex.split(line)]
        if not present and not name.startswith(("eval", "fcall", "migrate", "watch")):
            lacking.append(name)
        replies = [ask(servers[0], 2, words(name, line)) for line in present]
        if WRITE in row[2] and not all(reply == READ_ONLY for reply in replies):
            wrong.append((name, replies))
        if WRITE not in row[2] and TYPES & set(row[6]) and WRONG_TYPE not in replies:
            wrong.append((name, replies))
    assert lacking == []
    assert wrong == []


def hint(server, typed):
    """What redis-cli shows behind the words typed, which it takes from COMMAND DOCS; None where it shows nothing."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))
    client = subprocess.Popen(
        ["redis-cli", "-p", str(server.port)], stdin=terminal, stdout=terminal, stderr=terminal,
        env={**os.environ, "TERM": "xterm", "HOME": "/nonexistent"}, start_new_session=True)
    os.close(terminal)
    try:
        seen, deadline = b"", time.monotonic() + 60
        while b"> " not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([controller], [], [], 1)[0]:
                seen += os.read(controller, 65536)
        os.write(controller, typed.encode() + b" ")
        # The line is shown anew for each letter; the cursor goes behind the last.
        whole = re.compile(rb"> %b (?:\x1b\[0;90;49m(.*?)\x1b\[0m)?\r" % re.escape(typed.encode()))
        seen = b""
        while not (found := whole.search(seen)):
            assert time.monotonic() < deadline, seen
            if select.select([controller], [], [], 1)[0]:
                seen += os.read(controller, 65536)
        return found[1]
    finally:
        client.kill()
        client.wait()
        os.close(controller)


@pytest.mark.skipif(not shutil.which("redis-cli"), reason="no redis-cli")
@pytest.mark.parametrize("typed", [
    "get", "scan", "set", "mget", "bitcount", "xread", "zunion", "geosearch", "georadius", "config set", "client setname",
    "lpos string element", "hset", "xadd", "zrange"])
def test_redis_cli_hints_as_for_redis(servers, typed):
    ours, theirs = (hint(server, typed) for server in servers)
    assert theirs is not None and ours == theirs
