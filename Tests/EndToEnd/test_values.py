"""Commands that make something of string values, beside a redis-server that has loaded the same ones."""

import os
import random

import pytest

from support import data as rows
from support.resp import decode, request
from support.server import Redis
from support.value_forms import value_commands
from support.value_pairs import hyperloglog, value_pairs

COMMANDS = int(os.environ.get("ALMANAC_VALUE_COMMANDS", 40_000))
SEED = int(os.environ.get("ALMANAC_ORACLE_SEED", 20261121))
LONG = 100 << 20


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    return rows.build("values", tmp_path_factory.mktemp("values"), value_pairs)


@pytest.fixture
def redis(logs, values):
    """Redis with the values as they are after loading, and nothing compressed."""
    with Redis(logs, [values], read_only=False, flags=["--rdbcompression", "no"]) as server:
        with server.connect() as connection:
            assert connection.ask("DEBUG", "RELOAD") == "+OK"
        yield server


@pytest.mark.parametrize("protocol", [2, 3])
def test_random_commands_over_values_are_answered_as_redis_answers_them(serve, values, redis, protocol):
    source = random.Random(SEED + protocol)
    keys = [key for key, _ in values.pairs()]
    # Redis keeps the count that it works out in the value itself, which makes it another string.
    counted = [key for key in keys if key.startswith(b"hll:")]
    stable = [key for key in keys if not key.startswith(b"hll:")]
    commands = value_commands(source, stable, counted)
    differences, count = [], 0
    with serve(values) as ours, ours.connect() as here, redis.connect() as there:
        if protocol == 3:
            assert isinstance(decode(here.call("HELLO", 3)), dict) and isinstance(decode(there.call("HELLO", 3)), dict)
        while count < COMMANDS // 2:
            batch = [next(commands) for _ in range(source.choice((1, 10, 200)))]
            sent = b"".join(request(*command.arguments) for command in batch)
            here.send(sent)
            there.send(sent)
            for command, our, their in zip(batch, here.replies(len(batch)), there.replies(len(batch))):
                if our != their and not (command.comparison and command.comparison(decode(our), decode(their), None)):
                    differences.append((command.arguments, our[:200], their[:200]))
            count += len(batch)
    assert not differences, f"{len(differences)} differences, the first: {differences[:5]}"


def test_what_dump_gives_is_restored_by_redis(serve, values, logs):
    with serve(values) as ours, Redis(logs, read_only=False) as theirs, ours.connect() as here, \
            theirs.connect() as there:
        for key, value in values.pairs():
            payload = decode(here.call("DUMP", key))
            assert there.ask("RESTORE", b"restored:" + key, "0", payload) == "+OK"
            assert decode(there.call("GET", b"restored:" + key)) == value


@pytest.mark.almanac_only
def test_long_computations_keep_nobody_else_waiting(serve, tmp_path):
    """One loop answers others while a reader works for a client on 100 MiB."""
    dataset = rows.build("long", tmp_path, lambda: iter([(b"long", bytes(LONG)), (b"k", b"v")]))
    with serve(dataset, flags=["--loops", "1"]) as server, server.connect() as busy, server.connect() as other:
        for command, expected in ((("DUMP", "long"), None), (("BITCOUNT", "long"), b":0\r\n"),
                                  (("BITPOS", "long", "1"), b":-1\r\n")):
            # A value so long may have to be read from the disk the first time.
            busy.call("STRLEN", "long")
            busy.send(request(*command))
            busy.socket.setblocking(False)
            answered = 0
            try:
                while not _has_bytes(busy.socket):
                    assert other.call("GET", "k") == b"$1\r\nv\r\n"
                    answered += 1
            finally:
                busy.socket.settimeout(60)
            assert answered > 10, f"{answered} replies while {command[0]} was computed"
            reply = busy.replies(1)[0]
            assert expected is None or reply == expected


def _has_bytes(socket):
    try:
        return bool(socket.recv(1, 2))  # MSG_PEEK
    except BlockingIOError:
        return False


@pytest.mark.almanac_only
def test_a_count_over_thousands_of_keys_sees_each_and_holds_few(serve, tmp_path):
    source = random.Random(1)
    common = hyperloglog(source, 20000, is_sparse=False)
    pairs = [(b"hll:%d" % number, common if number % 2 else hyperloglog(source, 5, is_sparse=True))
             for number in range(20_000)]
    dataset = rows.build("many", tmp_path, lambda: iter(pairs))
    with serve(dataset, flags=["--cache-size", "8MiB"]) as server, server.connect() as connection:
        one = decode(connection.call("PFCOUNT", "hll:1"))
        before = server.anonymous_bytes()
        many = decode(connection.call("PFCOUNT", *[key for key, _ in pairs], "none"))
        assert many > one
        assert decode(connection.call("PFCOUNT", *[key for key, _ in pairs[1::2]])) == one
        assert server.anonymous_bytes() - before < 64 << 20
