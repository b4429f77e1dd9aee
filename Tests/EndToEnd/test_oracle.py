"""A redis-server with the same data answers the same random commands beside the binary under test.

Whatever differs must be in `TOLERATED`, with its reason.
"""

import collections
import os
import random
import re
import socket
from dataclasses import dataclass

import pytest

from support.comparisons import Known
from support.conversation import KINDS, Conversation
from support.forms import Forms
from support.resp import decode, request
from support.server import Almanac, Redis

COMMANDS = int(os.environ.get("ALMANAC_ORACLE_COMMANDS", 400_000))
SEED = int(os.environ.get("ALMANAC_ORACLE_SEED", 20261121))
# What a connection is asked later depends on these.
CHANGES_STATE = {b"MULTI", b"EXEC", b"DISCARD", b"SELECT", b"HELLO", b"RESET", b"CLIENT", *KINDS}


@dataclass(frozen=True)
class Tolerated:
    """A difference that is meant: expressions over the upper-cased words, our reply and theirs."""

    words: bytes
    ours: bytes
    theirs: bytes
    reason: str

    def matches(self, command, ours, theirs):
        words = b" ".join(command.arguments).upper()
        return (re.fullmatch(self.words, words, re.S) and re.fullmatch(self.ours, ours, re.S)
                and re.fullmatch(self.theirs, theirs, re.S))


TOLERATED = [
    Tolerated(rb"READONLY|READWRITE|ASKING", rb"\+OK\r\n", rb"-ERR This instance has cluster.*",
              "Redis 7.0 refuses them outside cluster mode; Valkey and later releases accept them, as clients that "
              "read from replicas expect"),
    Tolerated(rb"ROLE", rb"\*3\r\n\$6\r\nmaster\r\n.*", rb"\*5\r\n\$5\r\nslave\r\n.*",
              "clients and proxies look for a master; the redis-server beside refuses writes by being a replica"),
    Tolerated(rb"WAIT .*", rb":0\r\n|-ERR .*", rb"-ERR WAIT cannot be used with replica instances.*",
              "only the redis-server beside is a replica"),
    Tolerated(rb"S?PUBLISH .*", rb"-.*", rb":0\r\n",
              "the server alone publishes"),
    Tolerated(rb"(EVAL|EVALSHA|FCALL)(_RO)? .*", rb"-(?!ERR wrong number).*", rb"(?!-ERR wrong number).*",
              "there is no scripting"),
    Tolerated(rb"SCRIPT (LOAD|DEBUG) .*", rb"-(?!ERR wrong number).*", rb"(?!-ERR wrong number).*",
              "there is no scripting"),
    Tolerated(rb"CONFIG SET TIMEOUT -1", rb"-ERR CONFIG SET failed .*argument must be between 0 and \d+ inclusive\r\n",
              rb"-ERR CONFIG SET failed .*argument must be between 0 and \d+ inclusive\r\n",
              "the same bound has another value"),
    Tolerated(rb"MODULE (LOAD|LOADEX|UNLOAD) .*", rb"-ERR .* is not available here.*", rb"-ERR MODULE command not allowed.*",
              "no setting would allow it"),
]


def inline(arguments, source):
    """The command as an inline request, or None where it has no such form."""
    if not arguments[0] or arguments[0][:1] in b"*" or sum(map(len, arguments)) > 10_000:
        return None
    words = []
    for argument in arguments:
        if re.fullmatch(rb"[A-Za-z0-9:._-]+", argument) and source.random() < 0.7:
            words.append(argument)
        else:
            words.append(b'"' + b"".join(b"\\x%02x" % byte for byte in argument) + b'"')
    if words[0][:1] == b'"':
        return None
    return b" ".join(words) + source.choice((b"\r\n", b"\n"))


def in_pieces(data, source):
    """The bytes cut at random places."""
    if source.random() < 0.5:
        return [data]
    cuts = sorted(source.randrange(len(data) + 1) for _ in range(source.randint(1, 6)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)])]


@pytest.fixture(scope="module")
def both(built, tmp_path_factory):
    """The two servers: the data set of all awkward kinds is database 0, plain keys are database 1."""
    datasets = [built("oracle"), built("other")]
    logs = tmp_path_factory.mktemp("oracle")
    # What only tests of Redis itself need is off in both, and what is dumped is not compressed.
    flags = ("--enable-debug-command", "no", "--rdbcompression", "no")
    with Redis(logs, datasets, flags=flags) as theirs, Almanac(logs, datasets) as ours:
        yield ours, theirs


class Oracle:
    """What the tests below ask both servers, and how they judge."""

    def __init__(self, both, built):
        self.both = both
        with both[1].connect() as connection:
            # In an order of its own at every start, which would make the seed mean nothing.
            self.table = sorted(decode(connection.call("COMMAND")), key=lambda row: row[0])
            for row in self.table:
                row[9].sort(key=lambda each: each[0])
            self.categories = sorted(decode(connection.call("ACL", "CAT")))
        names = [each[0] for row in self.table for each in (row, *row[9])]
        assert len(names) > 300
        self.known = Known({**dict(built("oracle").pairs()), **dict(built("other").pairs())}, names)
        self.pairs = dict(built("oracle").pairs())
        self.tolerations = collections.Counter()

    def forms(self, seed):
        return Forms(seed, self.pairs, self.table, self.categories)

    def tolerates(self, command, ours, theirs):
        for number, each in enumerate(TOLERATED):
            if each.matches(command, ours, theirs):
                self.tolerations[number] += 1
                return True
        return False

    def conversation(self, ours, theirs):
        return Conversation(ours, theirs, self.known, self.tolerates)


@pytest.fixture(scope="module")
def oracle(both, built):
    return Oracle(both, built)


def test_random_commands_are_answered_as_redis_answers_them(both, oracle):
    """In both protocols, on connections that switch between them, in pipelines cut anywhere."""
    ours, theirs = both
    source = random.Random(SEED)
    differences, counts = [], collections.Counter()
    forms = oracle.forms(SEED)
    while sum(counts.values()) < COMMANDS and len(differences) < 4000:
        with ours.connect(deadline=20) as our_connection, theirs.connect(deadline=20) as their_connection:
            conversation = oracle.conversation(our_connection, their_connection)
            for _ in range(source.randint(1, 40)):
                batch = forms.batch(int(source.choice((1, 1, 2, 8, 50, 200))))
                data = []
                for command in batch:
                    text = inline(command.arguments, source) if source.random() < 0.1 else None
                    data.append(text or request(*command.arguments))
                pieces = in_pieces(b"".join(data), source)
                for connection in (our_connection, their_connection):
                    for piece in pieces:
                        connection.send(piece)
                different, is_diverged = [], False
                for index, command in enumerate(batch):
                    try:
                        our_reply, their_reply, agree = conversation.read(command)
                    except (OSError, ValueError) as error:
                        pytest.fail(f"no reply to {command} after {batch[max(0, index - 3):index]}: {error!r}\n"
                                    + report(differences + different))
                    counts[command.form] += 1
                    if not agree and not is_diverged:
                        different.append((command.arguments, our_reply[:300], their_reply[:300]))
                        # From here on the two may rightly disagree.
                        is_diverged = command.arguments[0].upper() in CHANGES_STATE
                replies = conversation.out_of_step()
                if replies:
                    # What comes after the first difference is only its consequence.
                    words = b" | ".join(b" ".join(each.arguments)[:60] for each in batch)
                    differences += [*different[:1], ((b"out of step after", words), *replies)]
                    break
                differences += different
                if different:
                    break
    print(f"\n{sum(counts.values())} commands over {len(counts)} forms: {dict(counts)}")
    assert not differences, report(differences)
    assert sum(counts.values()) >= COMMANDS and len(counts) >= 40
    unused = [each.reason for number, each in enumerate(TOLERATED) if not oracle.tolerations[number]]
    assert not unused or COMMANDS < 100_000, f"nothing differs so: {unused}"


def report(differences):
    """One example for each command name, the shortest first."""
    examples = {}
    for arguments, ours, theirs in sorted(differences, key=lambda each: len(repr(each))):
        kind = tuple(reply[:20] if reply[:1] == b"-" else reply[:1] for reply in (ours, theirs))
        examples.setdefault((arguments[0].upper(), *kind), (arguments, ours, theirs))
    lines = [f"{len(differences)} differences, {len(examples)} kinds"]
    for arguments, ours, theirs in list(examples.values())[:int(os.environ.get("ALMANAC_ORACLE_EXAMPLES", 60))]:
        lines.append(f"  {b' '.join(arguments)[:200]!r}\n    ours   {ours!r}\n    theirs {theirs!r}")
    return "\n".join(lines)


@pytest.mark.parametrize("options", [
    (), ("COUNT", 1), ("COUNT", 7), ("COUNT", 100000), ("MATCH", "key:0000*"), ("MATCH", "*\r\n*", "COUNT", 3),
    ("MATCH", "h[^a]llo"), ("MATCH", "nosuch"), ("TYPE", "string"), ("TYPE", "hash"), ("TYPE", "nosuch"),
    ("MATCH", "empty:*", "TYPE", "STRING", "COUNT", 50), ("COUNT", 10, "COUNT", 20), ("MATCH", "", "COUNT", 500),
], ids=str)
def test_a_scan_walk_returns_what_redis_returns(both, options):
    """Order and cursors are each server's own; the set of keys is not."""
    found = [set(walk(server, options)) for server in both]
    assert found[0] == found[1]


def walk(server, options):
    with server.connect() as connection:
        cursor, keys = b"0", []
        while True:
            reply = connection.ask("SCAN", cursor, *options)
            assert isinstance(reply, list), reply
            cursor, page = reply
            assert int(cursor) < 2**53
            keys += page
            if cursor == b"0":
                return keys


def test_a_walk_in_an_unchanging_dataset_gives_no_key_twice(both):
    keys = walk(both[0], ("COUNT", 13))
    assert len(keys) == len(set(keys))


MALFORMED = [
    b"*0\r\nPING\r\n", b"*-1\r\nPING\r\n", b"*-10\r\nPING\r\n", b"\r\nPING\r\n", b"\n\n\nPING\n", b"   \r\nPING\r\n",
    b"*x\r\n", b"*\r\n", b"*1048577\r\n", b"*2147483648\r\n", b"*9999999999999999999999\r\n", b"* 1\r\n", b"*+1\r\n",
    b"*1\r\nPING\r\n", b"*1\r\n\r\n", b"*1\r\n:4\r\nPING\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$x\r\n", b"*1\r\n$\r\n",
    b"*1\r\n$536870913\r\n", b"*1\r\n$99999999999999999999\r\n", b"*1\r\n$-0\r\n", b"*1\r\n$4x\r\nPING\r\n",
    b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", b"*1\r\n$0\r\n\r\n",
    b"PING\r\n*1\r\n$4\r\nPING\r\nPING\r\n", b"  PING  \r\n", b"\tPING\r\n", b"PING\rx\n", b"ECHO a\x00b\r\n",
    b'ECHO "abc\r\n', b"ECHO 'abc\r\n", b'ECHO "a"b\r\n', b"ECHO 'a'b\r\n", b'ECHO ""\r\n', b"ECHO ''\r\n",
    b'ECHO "a\\n\\t\\x41\\"\\\\\\q"\r\n', b"ECHO 'it\\'s'\r\n", b"ECHO 'a\\n'\r\n", b'ECHO a"b"\r\n', b'ECHO a"\r\n',
    b'"PING"\r\n', b'""\r\n', b"''\r\nPING\r\n", b"GET\r\n", b"A" * 65536 + b"\r\n", b"A" * 70000, b"*" + b"1" * 70000,
    b"*1\r\n$" + b"1" * 70000, b"QUIT\r\nPING\r\n", b"quit now\r\n", b"*2\r\n$4\r\nQUIT\r\n$1\r\nx\r\nPING\r\n",
    b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n", b"PING\r\n" * 1000, b"*1\r\n$4\r\nPING", b"*3\r\n$3\r\nGET\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", b"Host: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff\xfe\r\n",
    b"MULTI\r\nMULTI\r\nGET\r\nEXEC\r\nEXEC\r\n", b"MULTI\r\nPING\r\nQUIT\r\nEXEC\r\n", b"",
]

# Where ours may differ from Redis 7.0 on malformed input: (input, what ours must answer, reason).
TOLERATED_MALFORMED = [
    (b"*1048577\r\n", rb"-ERR Protocol error: invalid multibulk length\r\n",
     "Redis 7.0 takes 2,147,483,647 arguments, older ones and Almanac 1,048,576"),
    (b"ECHO a\x00b\r\n", rb"\$1\r\na\r\n",
     "Redis looks for the line's end with strchr and waits for ever once it has met a zero byte"),
    (b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n", rb"-ERR Protocol error: [^\r]*CRLF\r\n",
     "Redis does not look at the two bytes after a bulk; taking anything there hides a client's miscount"),
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", rb"-ERR wrong number of arguments for 'get' command\r\n",
     "both close at Host:, but Redis drops the reply before it that it has not sent yet"),
]


@pytest.mark.parametrize("data", MALFORMED, ids=lambda data: repr(data[:40]))
def test_malformed_and_odd_requests_are_answered_as_redis_answers_them(both, data):
    """The peer closes its side after sending, so that both servers end the connection; all bytes are compared."""
    ours, theirs = (everything(server, data) for server in both)
    if ours == theirs:
        return
    for given, reply, _ in TOLERATED_MALFORMED:
        if data == given and re.fullmatch(reply, ours):
            return
    assert ours == theirs


def everything(server, data):
    with server.connect(deadline=20) as connection:
        try:
            connection.send(data)
            connection.socket.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, OSError):
            pass
        return connection.read_to_end()


@pytest.mark.parametrize("count", [1_048_576])
def test_the_largest_number_of_arguments_is_accepted(both, count):
    data = b"*%d\r\n$6\r\nEXISTS\r\n" % count + b"$10\r\nkey:000001\r\n" * (count - 1)
    replies = []
    for server in both:
        with server.connect() as connection:
            connection.send(data)
            replies.append(connection.reply())
    assert replies == [b":%d\r\n" % (count - 1)] * 2
