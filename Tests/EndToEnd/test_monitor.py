"""MONITOR, beside a redis-server that gets the same requests."""

import re
import shutil
import socket

import pytest

from support import data
from support.resp import decode, request, wait_until
from support.server import Almanac, Redis

pytestmark = pytest.mark.almanac_only

LINE = re.compile(rb'\+(\d{10}\.\d{6}) (\[\d+ )(\S+)(\].*)\r\n', re.S)
ODD = bytes(range(256))
END = b"the last request"

# What one client sends, each when it has the reply to the one before; the lines that come of it must be Redis's.
SEQUENCE = [
    ["GET", "k"], ["get", ODD], ["Mget", "a", "b", "c"], ["EXISTS", "a"], ["STRLEN", ""], ["SELECT", "1"],
    ["SELECT", "99"], ["GET", "k"], ["SELECT", "0"], ["PING"], ["PING", "hello"], ["ECHO", "x y"], ["NOSUCH", "x"],
    ["GET"], ["AUTH", "secret"], ["AUTH", "user", "secret"], ["HELLO", "2", "AUTH", "default", "secret"],
    ["HELLO", "3", "SETNAME", "me"], ["HELLO", "2"], ["HELLO", "9"], ["CONFIG", "GET", "port"], ["CONFIG", "HELP"],
    ["CLIENT", "LIST"], ["CLIENT", "ID"], ["CLIENT", "SETNAME", "x"], ["CLIENT", "NO-EVICT", "on"],
    ["ACL", "WHOAMI"], ["ACL", "LIST"], ["ACL", "CAT"], ["SLOWLOG", "LEN"], ["LATENCY", "LATEST"],
    ["MEMORY", "USAGE", "k"], ["OBJECT", "ENCODING", "k"], ["COMMAND", "COUNT"], ["COMMAND"], ["INFO", "server"],
    ["TIME"], ["DBSIZE"], ["SCAN", "0"], ["KEYS", "*"], ["RANDOMKEY"], ["TYPE", "k"], ["TTL", "k"], ["LLEN", "nosuch"],
    ["DISCARD"], ["MULTI"], ["GET", "a"], ["SELECT", "1"], ["PING"], ["exec"], ["MULTI"], ["EXEC"],
    ["MULTI"], ["BAD"], ["EXEC"], ["MULTI"], ["MONITOR"], ["EXEC"], ["MULTI"], ["DISCARD"], ["WATCH", "k"],
    ["UNWATCH"], ["SUBSCRIBE", "channel"], ["PING"], ["UNSUBSCRIBE", "channel"], ["SET", "k", "v"], ["RESET"],
    ["GET", "k"], ["GET", b"x" * 9000], ["PING", END],
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server")
    directory = tmp_path_factory.mktemp("monitor")
    datasets = [data.build(name, directory, data.small_pairs) for name in ("first", "second")]
    with Almanac(directory, datasets, ["--loops", 2]) as ours, Redis(directory, datasets) as theirs:
        yield ours, theirs


def lines_until(monitor, end):
    """The lines up to the one that has `end` in it, each without its time and its client's port."""
    lines = []
    while not lines or end not in lines[-1]:
        found = LINE.fullmatch(monitor.reply())
        assert found, "not a line of MONITOR"
        address = re.sub(rb":\d+$", b"", found[3])
        lines.append(found[2] + address + found[4])
    return lines


def conversation(server, sequence):
    with server.connect() as monitor, server.connect() as client:
        assert monitor.ask("MONITOR") == "+OK"
        for words in sequence:
            client.call(*words)
        return lines_until(monitor, END)


def test_every_request_makes_the_line_that_redis_makes(servers):
    ours, theirs = (conversation(server, SEQUENCE) for server in servers)
    # A replica refuses changes before they are carried out, and so does this server.
    assert ours == theirs
    assert len(ours) > 40


def test_requests_of_one_pipeline_come_in_their_order(servers):
    sequence = [["GET", f"key:{number}"] for number in range(2_000)] + [["MGET", *map(str, range(700))], ["PING", END]]

    def pipelined(server):
        with server.connect() as monitor, server.connect() as client:
            assert monitor.ask("MONITOR") == "+OK"
            client.send(b"".join(request(*words) for words in sequence))
            client.replies(len(sequence))
            return lines_until(monitor, END)

    ours, theirs = (pipelined(server) for server in servers)
    assert ours == theirs


def test_a_monitor_may_ask_for_little_and_ends_by_reset(servers):
    def replies(server):
        with server.connect() as monitor:
            found = [monitor.ask("MONITOR")]
            for words in (["GET", "k"], ["DBSIZE"], ["SCAN", "0"], ["MULTI"], ["GET", "k"], ["DISCARD"],
                          ["SELECT", "1"], ["PING"]):
                monitor.send(request(*words))
                while (reply := monitor.reply()).startswith(b"+1"):
                    assert LINE.fullmatch(reply)
                found.append(reply)
            # A second MONITOR gets no reply, and RESET ends the lines.
            monitor.send(request("MONITOR") + request("RESET"))
            while (reply := monitor.reply()).startswith(b"+1"):
                pass
            found.append(reply)
            with server.connect() as other:
                other.call("PING")
            found += [monitor.call("GET", "nosuch"), monitor.call("ECHO", "still")]
            return found

    ours, theirs = (replies(server) for server in servers)
    assert ours == theirs
    assert ours[1] == b"-ERR Replica can't interact with the keyspace\r\n"


def test_monitors_of_every_loop_see_clients_of_every_loop(servers):
    ours = servers[0]
    monitors = [ours.connect() for _ in range(6)]
    clients = [ours.connect() for _ in range(6)]
    for number, monitor in enumerate(monitors):
        if number % 2:
            assert monitor.ask("HELLO", "3")[b"proto"] == 3
        assert monitor.ask("MONITOR") == "+OK"
    flags = [line for line in clients[0].ask("CLIENT", "LIST").split(b"\n") if b" flags=O " in line]
    assert len(flags) == len(monitors)
    assert len({line.rsplit(b"loop=", 1)[1] for line in flags}) == 2
    for number, client in enumerate(clients):
        assert client.ask("ECHO", f"from {number}") == f"from {number}".encode()
    for monitor in monitors:
        wanted = {f'"from {number}"'.encode() for number in range(len(clients))}
        while wanted:
            line = monitor.reply()
            wanted -= {text for text in wanted if text in line}
    for connection in [*monitors, *clients]:
        connection.close()


def test_a_monitor_that_does_not_read_is_closed_and_nobody_waits_for_it(serve, small):
    flags = ["--loops", 2, "--output-buffer-max", "1MiB"]
    with serve(small, flags=flags) as server:
        with server.connect(receive_buffer=4096) as monitor, server.connect() as client:
            assert monitor.ask("MONITOR") == "+OK"
            batch = request("ECHO", b"x" * 1000) * 100

            def is_gone():
                client.send(batch)
                assert client.replies(100) == [b"$1000\r\n" + b"x" * 1000 + b"\r\n"] * 100
                return b" flags=O " not in client.ask("CLIENT", "LIST")

            wait_until(is_gone, what="the monitor to be closed")
            assert "client_output_buffer_limit_disconnections:1" in client.ask("INFO", "stats").decode()
            monitor.socket.settimeout(60)
            with pytest.raises((ConnectionError, socket.error)):
                while monitor.reply():
                    pass


def test_a_client_on_a_unix_socket_is_named_by_its_path(serve, small, tmp_path):
    path = str(tmp_path / "almanac.sock")
    with serve(small, flags=["--unix-socket", path]) as server:
        with server.connect() as monitor, type(monitor)(path) as client:
            assert monitor.ask("MONITOR") == "+OK"
            assert client.call("PING") == b"+PONG\r\n"
            assert f'[0 unix:{path}] "PING"\r\n'.encode() in monitor.reply()


def test_redis_py_reads_the_lines(servers):
    with servers[0].redis().monitor() as monitor:
        servers[0].redis().get("some key")
        wait_until(lambda: "GET some key" in monitor.next_command()["command"], what="the line")


def test_hot_keys_are_told_with_their_shares(serve, built):
    with serve(built("small"), built("other"), flags=["--loops", 2]) as server:
        with server.connect() as client, server.connect() as other:
            assert client.ask("DATASET", "HOTKEYS") == []

            def ask(connection):
                # One look-up in four is of one key, one in eight of another, and the rest spread.
                batch = [request("GET", f"nosuch:{number}") for number in range(40)]
                batch += [request("GET", "the hottest")] * 16 + [request("GET", "the next")] * 8
                connection.send(b"".join(batch))
                connection.replies(64)

            def found():
                for connection in (client, other):
                    ask(connection)
                hot = client.ask("DATASET", "HOTKEYS", "COUNT", "2")
                rows = [dict(zip(row[::2], row[1::2])) for row in hot]
                return [row[b"key"] for row in rows] == [b"the hottest", b"the next"] and (
                    0.2 < float(rows[0][b"share"]) < 0.3 and float(rows[0][b"per-second"]) > 1)

            wait_until(found, what="the hot keys")
            assert client.ask("DATASET", "HOTKEYS", "other") == []
            assert decode(client.call("DATASET", "HOTKEYS", "nosuch")).startswith("-ERR no dataset 'nosuch'")
            assert client.ask("DATASET", "HOTKEYS", "COUNT", "0") == "-ERR COUNT must be a number from 1 to 1000"
            assert client.ask("HELLO", "3")[b"proto"] == 3
            first = client.ask("DATASET", "HOTKEYS", "small", "COUNT", "1")[0]
            assert set(first) == {b"key", b"share", b"per-second"} and isinstance(first[b"share"], float)
