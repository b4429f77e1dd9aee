"""CLIENT and CONFIG: what they tell, whom they close and what they change, with redis-server beside as the oracle."""

import re
import signal
import socket
import time

import pytest

from support.resp import bulk, request, wait_until
from support.server import Redis


@pytest.fixture(scope="module")
def pair(built, tmp_path_factory):
    """Almanac and redis-server with the same data."""
    from support.server import Almanac

    logs = tmp_path_factory.mktemp("pair")
    small = built("small")
    with Almanac(logs, [small], ["--loops", 2]) as almanac, Redis(logs, [small]) as redis:
        yield almanac, redis


# Ranges differ, as do the numbers of connections.
ERRORS = [
    "CLIENT KILL", "CLIENT KILL a", "CLIENT KILL 127.0.0.1:1", "CLIENT KILL ID x", "CLIENT KILL ID 0",
    "CLIENT KILL ID 999999", "CLIENT KILL ID -1", "CLIENT KILL TYPE x", "CLIENT KILL USER nobody",
    "CLIENT KILL SKIPME maybe", "CLIENT KILL ADDR", "CLIENT KILL ADDR x", "CLIENT KILL foo bar", "CLIENT KILL ID 1 ID",
    "CLIENT KILL TYPE slave", "CLIENT KILL TYPE REPLICA", "CLIENT KILL TYPE master",
    "CLIENT KILL ADDR 1:2 LADDR 3:4 TYPE normal SKIPME no USER default",
    "CLIENT UNBLOCK", "CLIENT UNBLOCK 1", "CLIENT UNBLOCK x", "CLIENT UNBLOCK 1 TIMEOUT", "CLIENT UNBLOCK 1 error",
    "CLIENT UNBLOCK x foo", "CLIENT UNBLOCK 1 foo", "CLIENT UNBLOCK 1 error x",
    "CLIENT NO-EVICT on", "CLIENT NO-EVICT OFF", "CLIENT NO-EVICT x", "CLIENT NO-EVICT", "CLIENT LIST ID",
    "CLIENT LIST TYPE", "CLIENT LIST TYPE x", "CLIENT LIST ID x", "CLIENT LIST foo", "CLIENT LIST TYPE normal x",
    "CLIENT LIST ID 999999", "CLIENT LIST TYPE replica",
    "CONFIG SET", "CONFIG SET a", "CONFIG SET a b c", "CONFIG SET foo bar", "CONFIG SET foo bar maxclients x",
    "CONFIG SET maxclients x foo bar", "CONFIG SET maxclients 100 maxclients 200", "CONFIG SET databases 4",
    'CONFIG SET dir ""', "CONFIG SET dbfilename x", 'CONFIG SET aclfile ""', 'CONFIG SET replicaof ""',
    "CONFIG SET databases 1",
    "CONFIG SET databases 4 foo bar", "CONFIG SET foo bar databases 4", "CONFIG SET maxclients x",
    "CONFIG SET maxclients 0", "CONFIG SET timeout x", "CONFIG SET timeout -1", "CONFIG SET timeout 99999999999",
    "CONFIG SET tcp-keepalive -1", "CONFIG SET loglevel foo", "CONFIG SET client-output-buffer-limit normal",
    "CONFIG SET client-query-buffer-limit 1", "CONFIG SET proto-max-bulk-len x", "CONFIG SET proto-max-bulk-len 1",
    "CONFIG SET maxmemory-clients x", "CONFIG SET maxmemory-clients 101%", "CONFIG SET maxmemory-clients -1",
    "CONFIG SET maxclients 200 timeout x", "CONFIG GET maxclients", "CONFIG GET tcp-keepalive",
    "CONFIG SET MAXCLIENTS 300", "CONFIG GET MaxClients", "CONFIG SET maxclients 10000 timeout 0",
    "CONFIG SET maxmemory-clients 5%", "CONFIG GET maxmemory-clients", "CONFIG SET maxmemory-clients 1mb",
    "CONFIG GET maxmemory-clients", "CONFIG SET maxmemory-clients 0", "CONFIG SET loglevel warning",
    "CONFIG GET loglevel", "CONFIG SET loglevel notice", "CONFIG SET save x y", "CONFIG REWRITE",
    "CONFIG GET nosuch*", "CONFIG GET maxclient[s] nosuch", "CONFIG SET appendonly no", 'CONFIG SET save ""',
]


@pytest.mark.parametrize("line", ERRORS)
def test_replies_are_those_of_redis(pair, line):
    words = [word.strip('"') for word in line.split(" ")]
    replies = []
    for server in pair:
        with server.connect() as connection:
            reply = connection.call(*words)
        replies.append(re.sub(rb"between -?\d+ and \d+", b"between ...", reply))
    assert replies[0] == replies[1]


@pytest.mark.parametrize("value", [
    "foo 0 0 0", "normal 0 0", "normal x 0 0", "normal 0 0 -1", "master 0 0 0", "slave 0 0 0",
    "normal 0 0 0", "pubsub 0 1mb 2", "pubsub 1mb 2mb 3", "normal 1mb 2mb 3 pubsub 4mb 0 0", "replica 1 2 3", ""])
def test_the_output_buffer_limit_is_read_as_redis_reads_it(pair, value):
    replies = []
    for server in pair:
        with server.connect() as connection:
            before = connection.ask("CONFIG", "GET", "client-output-buffer-limit")[1]
            reply = connection.call("CONFIG", "SET", "client-output-buffer-limit", value)
            shown = connection.ask("CONFIG", "GET", "client-output-buffer-limit")[1].decode()
            assert connection.ask("CONFIG", "SET", "client-output-buffer-limit", before) == "+OK"
        classes = dict(re.findall(r"(\w+) (\d+ \d+ \d+)", shown))
        named = [name for name in ("normal", "pubsub") if name in value]
        replies.append((reply, [classes[name] for name in named] if reply == b"+OK\r\n" else None))
    assert replies[0] == replies[1]


@pytest.mark.almanac_only
def test_a_hard_limit_of_next_to_nothing_is_refused(pair):
    with pair[0].connect() as connection:
        reply = connection.ask("CONFIG", "SET", "client-output-buffer-limit", "normal 1 0 0")
        assert str(reply).endswith("the hard limit must be between 65536 and 1099511627776 inclusive")


def fields(line):
    return dict(word.split("=", 1) for word in line.split(" "))


def test_the_fields_of_client_list_are_those_of_redis_and_more(pair):
    lines = []
    for server in pair:
        with server.connect() as connection:
            connection.ask("CLIENT", "SETNAME", "me")
            lines.append(fields(connection.ask("CLIENT", "INFO").decode().strip()))
            listed = connection.ask("CLIENT", "LIST").decode().splitlines()
            assert [fields(line)["name"] for line in listed].count("me") == 1
    almanac, redis = lines
    newer = {"watch", "lib-name", "lib-ver", "loop"}
    assert [name for name in almanac if name not in newer] == list(redis)
    for name in ("name", "flags", "db", "sub", "psub", "ssub", "multi", "user", "redir", "resp", "cmd", "age"):
        assert almanac[name] == redis[name], name


def test_flags_tell_of_transactions_subscriptions_and_switches(pair):
    for server in pair:
        with server.connect() as asker, server.connect() as other, server.connect() as subscriber:
            other_id = other.ask("CLIENT", "ID")
            subscriber_id = subscriber.ask("CLIENT", "ID")

            def flags(number):
                return fields(asker.ask("CLIENT", "LIST", "ID", number).decode().strip())["flags"]

            assert flags(other_id) == "N"
            assert other.ask("CLIENT", "NO-EVICT", "ON") == "+OK"
            assert flags(other_id) == "e"
            assert other.ask("MULTI") == "+OK" and other.ask("GET", "a") == "+QUEUED"
            assert flags(other_id) == "xe"
            assert other.ask("DISCARD") == "+OK" and other.ask("CLIENT", "NO-EVICT", "OFF") == "+OK"
            assert flags(other_id) == "N"
            assert other.ask("CLIENT", "TRACKING", "ON", "BCAST", "REDIRECT", subscriber_id) == "+OK"
            assert flags(other_id) == "tB"
            assert f" redir={subscriber_id} " in asker.ask("CLIENT", "LIST", "ID", other_id).decode()
            assert other.ask("CLIENT", "TRACKING", "OFF") == "+OK"
            subscriber.ask("SUBSCRIBE", "c")
            assert flags(subscriber_id) == "P"
            listed = asker.ask("CLIENT", "LIST", "TYPE", "pubsub").decode()
            assert f"id={subscriber_id} " in listed and f"id={other_id} " not in listed


@pytest.mark.almanac_only
def test_no_touch_is_kept_until_reset(pair):
    with pair[0].connect() as connection:
        assert connection.ask("CLIENT", "NO-TOUCH", "ON") == "+OK"
        assert b" flags=T " in connection.ask("CLIENT", "INFO")
        assert connection.ask("RESET") == "+RESET"
        assert b" flags=N " in connection.ask("CLIENT", "INFO")


def is_closed(connection):
    return connection.read_to_end() == b""


def address(connection):
    return "%s:%d" % connection.socket.getsockname()


@pytest.mark.parametrize("filters", [
    lambda victim: ("ID", victim.ask("CLIENT", "ID")),
    lambda victim: ("ADDR", address(victim)),
    lambda victim: ("ADDR", address(victim), "USER", "default", "TYPE", "normal", "SKIPME", "no"),
], ids=["id", "addr", "all"])
def test_kill_closes_one_connection_and_counts_it(pair, filters):
    for server in pair:
        with server.connect() as victim, server.connect() as bystander, server.connect() as asker:
            chosen = filters(victim)
            assert bystander.ask("PING") == "+PONG"
            assert asker.ask("CLIENT", "KILL", *chosen) == 1
            assert is_closed(victim)
            assert bystander.ask("PING") == "+PONG"
            assert asker.ask("CLIENT", "KILL", *chosen) == 0


def test_the_older_kill_takes_an_address_and_says_ok(pair):
    for server in pair:
        with server.connect() as victim, server.connect() as asker:
            victim.ask("PING")
            assert asker.ask("CLIENT", "KILL", address(victim)) == "+OK"
            assert is_closed(victim)
            assert asker.ask("CLIENT", "KILL", address(victim)) == "-ERR No such client"


def test_who_closes_itself_gets_the_reply_first_and_no_other(pair):
    for server in pair:
        with server.connect() as connection:
            own = address(connection)
            connection.send(request("CLIENT", "KILL", own) + request("PING"))
            assert connection.read_to_end() == b"+OK\r\n"
        with server.connect() as connection:
            own = connection.ask("CLIENT", "ID")
            assert connection.ask("CLIENT", "KILL", "ID", own) == 0
            connection.send(request("CLIENT", "KILL", "ID", own, "SKIPME", "NO") + request("PING"))
            assert connection.read_to_end() == b":1\r\n"


def test_kill_by_type_spares_the_others(pair):
    for server in pair:
        with server.connect() as normal, server.connect() as asker:
            subscribers = [server.connect() for _ in range(5)]
            for subscriber in subscribers:
                subscriber.ask("SUBSCRIBE", "c")
            assert asker.ask("CLIENT", "KILL", "TYPE", "pubsub") == 5
            for subscriber in subscribers:
                assert is_closed(subscriber)
                subscriber.close()
            assert normal.ask("PING") == "+PONG"


@pytest.mark.almanac_only
def test_kill_by_age(pair):
    with pair[0].connect() as asker, pair[0].connect() as victim:
        for wrong, text in [("x", "maxage is not an integer or out of range"), ("0", "maxage should be greater than 0")]:
            assert asker.ask("CLIENT", "KILL", "MAXAGE", wrong) == f"-ERR {text}"
        number = victim.ask("CLIENT", "ID")
        assert asker.ask("CLIENT", "KILL", "ID", number, "MAXAGE", 1000) == 0
        wait_until(lambda: asker.ask("CLIENT", "KILL", "ID", number, "MAXAGE", 1) == 1, what="a second to pass")
        assert is_closed(victim)


@pytest.mark.almanac_only
def test_a_kill_reaches_clients_that_wait_and_clients_that_do_not_read(built, serve):
    """A walk over a million keys, and a reply that nobody reads."""
    with serve(built("million"), flags=("--loops", 2)) as server:
        with server.connect() as asker:
            victims = [server.connect(receive_buffer=1 << 16) for _ in range(4)]
            numbers = [victim.ask("CLIENT", "ID") for victim in victims]
            for victim in victims:
                victim.send(request("KEYS", "*") * 3)
            assert [asker.ask("CLIENT", "KILL", "ID", number) for number in numbers] == [1] * 4
            assert asker.ask("CLIENT", "LIST").count(b"\n") == 1
            for victim in victims:
                victim.close()
            wait_until(lambda: b"connected_clients:1\r\n" in asker.ask("INFO", "clients"), what="them to be gone")


@pytest.mark.almanac_only
def test_a_list_of_2000_connections_holds_nobody_up(small, serve):
    with serve(small, flags=("--loops", 2)) as server:
        connections = [server.connect() for _ in range(2000)]
        try:
            for connection in connections:
                connection.send(request("PING"))
            for connection in connections:
                assert connection.reply() == b"+PONG\r\n"
            asker, polite = connections[:2]
            asker.send(request("CLIENT", "LIST") * 20)
            replies = 0
            for _ in range(200):
                assert polite.call("GET", "key:000001") == bulk(b"value of 1")
            for _ in range(20):
                lines = asker.reply().decode().splitlines()[1:]
                numbers = [int(fields(line)["id"]) for line in lines if line]
                assert len(numbers) == 2000 and numbers == sorted(numbers)
            assert asker.ask("CLIENT", "KILL", "TYPE", "normal") == 1999
            assert asker.ask("CLIENT", "LIST").count(b"\n") == 1
        finally:
            for connection in connections:
                connection.close()


# MARK: Settings


def setting(connection, name):
    return connection.ask("CONFIG", "GET", name)[1].decode()


@pytest.mark.almanac_only
def test_settings_change_under_both_names_and_all_or_none(small, serve):
    with serve(small, flags=("--loops", 2)) as server, server.connect() as connection:
        assert connection.ask("CONFIG", "SET", "timeout", "120", "clients-max", "77", "argument-size-max", "2MiB") == "+OK"
        assert [setting(connection, name) for name in ("timeout", "idle-timeout", "maxclients", "proto-max-bulk-len")] == [
            "120", "2m", "77", "2097152"]
        reply = connection.ask("CONFIG", "SET", "timeout", "5", "maxclients", "x")
        assert "possibly related to argument 'maxclients'" in str(reply)
        assert setting(connection, "timeout") == "120"
        reply = connection.ask("CONFIG", "SET", "idle-timeout", "5", "port", "1")
        assert str(reply).endswith("'port') - can't set immutable config")
        assert setting(connection, "timeout") == "120"
        wait_until(lambda: "settings changed by a client" in server.log, what="the log to tell")


@pytest.mark.almanac_only
def test_a_change_holds_on_every_loop_before_its_reply(small, serve):
    """One argument of 1.5 MiB is right or too long, on connections that are open all the while."""
    argument = b"x" * (3 << 19)
    with serve(small, flags=("--loops", 2)) as server, server.connect() as control:
        for round in range(20):
            others = [server.connect() for _ in range(4)]
            for other in others:
                assert other.ask("PING") == "+PONG"
            is_allowed = round % 2 == 0
            assert control.ask("CONFIG", "SET", "proto-max-bulk-len", "2mb" if is_allowed else "1mb") == "+OK"
            for other in others:
                other.send(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % len(argument))
                if is_allowed:
                    other.send(argument + b"\r\n")
                    assert other.reply() == bulk(argument)
                else:
                    assert other.reply() == b"-ERR Protocol error: invalid bulk length\r\n"
                other.close()


@pytest.mark.almanac_only
def test_sighup_goes_by_the_file_again_and_says_so(small, serve, tmp_path):
    configuration = tmp_path / "almanac.yaml"
    configuration.write_text("idle-timeout: 30s\n")
    with serve(small, flags=("--config", configuration)) as server, server.connect() as connection:
        assert connection.ask("CONFIG", "SET", "timeout", "77", "loglevel", "debug") == "+OK"
        assert setting(connection, "log-level") == "debug"
        server.signal(signal.SIGHUP)
        wait_until(lambda: "settings changed by clients are as before" in server.log, what="the log to tell")
        assert "settings=idle-timeout,log-level" in server.log
        assert setting(connection, "timeout") == "30" and setting(connection, "log-level") == "info"


@pytest.mark.almanac_only
def test_a_stop_answers_who_waits_for_a_change(small, serve):
    with serve(small) as server:
        connections = [server.connect() for _ in range(20)]
        for connection in connections:
            connection.ask("PING")
        for connection in connections:
            connection.send(request("CONFIG", "SET", "timeout", "1000"))
        server.signal(signal.SIGTERM)
        for connection in connections:
            assert connection.read_to_end() in (b"+OK\r\n", b"-ERR the server is stopping\r\n")
            connection.close()
        assert server.wait() == 0


@pytest.mark.almanac_only
def test_the_idle_timeout_and_keepalive_reach_open_connections(small, serve):
    def keepalive_ticks(port):
        """Until the next probe, of each established socket of the server, in hundredths of a second."""
        rows = [line.split() for line in open("/proc/net/tcp").read().splitlines()[1:]]
        timers = [row[5].split(":") for row in rows if int(row[1].split(":")[1], 16) == port and row[3] == "01"]
        return [int(when, 16) if active == "02" else None for active, when in timers]

    with serve(small) as server, server.connect() as idle, server.connect() as control:
        idle.ask("PING")
        before = keepalive_ticks(server.port)
        assert len(before) == 2 and all(ticks and ticks > 20_000 for ticks in before)
        assert control.ask("CONFIG", "SET", "tcp-keepalive", "60") == "+OK"
        assert all(ticks and ticks <= 6_100 for ticks in keepalive_ticks(server.port))
        assert control.ask("CONFIG", "SET", "tcp-keepalive", "0") == "+OK"
        assert all(ticks is None for ticks in keepalive_ticks(server.port))
        assert control.ask("CONFIG", "SET", "timeout", "1") == "+OK"
        started = time.monotonic()
        idle.socket.settimeout(0.1)
        while True:
            assert control.ask("PING") == "+PONG" and time.monotonic() - started < 60
            try:
                assert idle.socket.recv(1) == b""
                break
            except socket.timeout:
                continue
        assert time.monotonic() - started > 0.5


@pytest.mark.almanac_only
def test_what_tools_ask_for_is_there(small, serve):
    with serve(small) as server, server.connect() as connection:
        expected = {
            "save": "", "appendonly": "no", "databases": "1", "maxmemory": "0", "timeout": "0", "replica-read-only": "yes",
            "cluster-require-full-coverage": "no", "maxclients": "10000", "maxmemory-clients": "20%",
            "maxmemory-policy": "noeviction", "requirepass": "", "hz": "10"}
        for name, value in expected.items():
            assert connection.ask("CONFIG", "GET", name) == [name.encode(), value.encode()], name
        everything = connection.ask("CONFIG", "GET", "*")
        names = everything[::2]
        assert set(name.encode() for name in expected) <= set(names) and len(names) == len(set(names))
