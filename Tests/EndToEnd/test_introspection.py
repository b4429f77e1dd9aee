"""What the server tells of itself, beside what a redis-server tells: shapes and names alike, values our own."""

import re
import shutil
import time

import pytest

from support import server as servers
from support.resp import wait_until

# Lines of Redis's INFO that stand for nothing here, with the reason.
LEFT_OUT = {
    "gcc_version": "not built by gcc",
    "atomicvar_api": "C's atomics are not used",
    "used_cpu_sys_main_thread": "there is no main thread that serves",
    "used_cpu_user_main_thread": "there is no main thread that serves",
}


@pytest.fixture
def redis_server(tmp_path):
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server")
    with servers.Redis(tmp_path, read_only=False, flags=("--enable-debug-command", "no")) as running:
        yield running


def fields(client, *sections):
    """INFO's lines by section, each as a name and a text."""
    text = client.execute_command("INFO", *sections)
    return dict(line.split(":", 1) for line in text.decode().split("\r\n") if ":" in line)


def raw(running):
    """A client that leaves replies as they are."""
    client = running.redis()
    client.response_callbacks.clear()
    return client


def test_info_has_every_line_that_redis_has(serve, built, redis_server):
    with serve(built("small")) as server:
        theirs, ours = fields(raw(redis_server), "EVERYTHING"), fields(raw(server), "EVERYTHING")

    def plain(names):
        return {name for name in names if not name.startswith(("cmdstat_", "errorstat_", "latency_percent", "db"))}

    assert plain(theirs) - plain(ours) == set(LEFT_OUT)
    for name in plain(theirs) & plain(ours):
        if re.fullmatch(r"-?\d+(\.\d+)?%?", theirs[name]) and name != "redis_build_id":
            assert re.fullmatch(r"-?\d+(\.\d+)?%?", ours[name]), name


def test_commands_are_counted_and_errors_told_apart(serve, built):
    with serve(built("small"), "--loops", 2) as server:
        client = raw(server)
        for _ in range(10):
            client.execute_command("GET", "nosuch")
        for words in (["GET"], ["SET", "a", "b"], ["GETRANGE", "k", "x", "1"], ["NOSUCH"]):
            with pytest.raises(Exception):
                client.execute_command(*words)
        stats = fields(client, "commandstats", "errorstats", "latencystats")
        shape = r"calls=(\d+),usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=(\d+),failed_calls=(\d+)"
        assert re.fullmatch(shape, stats["cmdstat_get"]).groups() == ("10", "1", "0")
        assert re.fullmatch(shape, stats["cmdstat_set"]).groups() == ("0", "1", "0")
        assert re.fullmatch(shape, stats["cmdstat_getrange"]).groups() == ("1", "0", "1")
        assert stats["errorstat_READONLY"] == "count=1"
        assert stats["errorstat_ERR"] == "count=3"
        assert re.fullmatch(r"p50=\d+\.\d{3},p99=\d+\.\d{3},p99\.9=\d+\.\d{3}", stats["latency_percentiles_usec_get"])
        name, body = client.execute_command("LATENCY", "HISTOGRAM", "get")
        assert (name, body[:3]) == (b"get", [b"calls", 10, b"histogram_usec"])
        assert body[3][-1] == 10 and body[3][::2] == sorted(body[3][::2])

        before = int(fields(client, "stats")["total_commands_processed"])
        assert client.execute_command("CONFIG", "RESETSTAT") in (b"OK", True)
        after = fields(client, "everything")
        assert int(after["total_commands_processed"]) < before
        assert "cmdstat_get" not in after and "errorstat_READONLY" not in after
        assert after["keyspace_misses"] == "0"


def test_slow_requests_and_delays_are_on_record(serve, built):
    with serve(
        built("hundred-thousand"), "--slowlog-log-slower-than", 0, "--latency-monitor-threshold", 1,
        "--enable-debug-command", "local",
    ) as server:
        client = raw(server)
        client.execute_command("CLIENT", "SETNAME", "walker")
        client.execute_command("KEYS", "*")

        def entries():
            return client.execute_command("SLOWLOG", "GET", "-1")

        assert wait_until(lambda: any(entry[3][:1] == [b"KEYS"] for entry in entries()))
        walk = next(entry for entry in entries() if entry[3][:1] == [b"KEYS"])
        assert walk[3] == [b"KEYS", b"*"]
        assert walk[4].startswith(b"127.0.0.1:") and walk[5] == b"walker"
        assert abs(walk[1] - time.time()) < 60
        started = time.monotonic()
        client.execute_command("DEBUG", "SLEEP", "0.05")
        assert time.monotonic() - started >= 0.05
        latest = {event[0]: event[1:] for event in client.execute_command("LATENCY", "LATEST")}
        assert latest[b"command"][2] >= 50
        assert client.execute_command("LATENCY", "HISTORY", "command")[-1][1] >= 1
        assert b"command" in client.execute_command("LATENCY", "DOCTOR")
        assert client.execute_command("LATENCY", "RESET") >= 1
        assert client.execute_command("LATENCY", "LATEST") == []


def test_a_sleeping_client_holds_up_nobody_else(serve, built):
    with serve(built("small"), "--loops", 1, "--readers", 1, "--enable-debug-command", "yes") as server:
        with server.connect() as sleeper, server.connect() as other:
            sleeper.send(b"DEBUG SLEEP 5\r\n")
            started = time.monotonic()
            for _ in range(20):
                assert other.call("PING") == b"+PONG\r\n"
                assert other.call("RANDOMKEY").startswith(b"$")
            assert time.monotonic() - started < 4


def test_memory_access_and_debug_have_redis_shapes(serve, built, redis_server):
    with serve(built("small")) as server:
        theirs, ours = raw(redis_server), raw(server)

        def names(client):
            reply = client.execute_command("MEMORY", "STATS")
            reply = reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2]))
            return {name.decode() if isinstance(name, bytes) else name for name in reply}

        assert {name for name in names(theirs) if not name.startswith("db.")} - names(ours) == set()
        for words in (["ACL", "WHOAMI"], ["ACL", "LIST"], ["ACL", "USERS"], ["ACL", "GETUSER", "default"]):
            assert ours.execute_command(*words) == theirs.execute_command(*words)
        with pytest.raises(Exception) as their_refusal:
            theirs.execute_command("DEBUG", "SLEEP", "0")
        with pytest.raises(Exception) as our_refusal:
            ours.execute_command("DEBUG", "SLEEP", "0")
        assert str(our_refusal.value) == str(their_refusal.value)
