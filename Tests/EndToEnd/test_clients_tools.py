"""The tools that people have: redis-cli in its modes, redis-benchmark, iredis, an exporter of metrics, two proxies."""

import csv
import io
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
import urllib.request

import pytest

from support.programs import python_environment, skip_without
from support.resp import Connection, request, wait_until
from support.server import ENVIRONMENT, IS_STANDIN, Almanac, Process, Redis, free_port

REFUSAL = "READONLY You can't write against a read only replica."


@pytest.fixture(scope="module")
def server(built, tmp_path_factory):
    with Almanac(tmp_path_factory.mktemp("tools"), [built("small"), built("other")]) as server:
        yield server


def run(server, name, *arguments, stdin=b"", status=0):
    """Runs a redis tool against the server to its end; its standard output, or both outputs where it fails."""
    done = subprocess.run([name, "-h", server.host, "-p", str(server.port), *map(str, arguments)],
                          capture_output=True, timeout=120, input=stdin)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return (done.stdout + (done.stderr if status else b"")).decode(errors="replace")


def redis_cli(server, *arguments, **options):
    return run(server, "redis-cli", *arguments, **options)


class Terminal:
    """A program that believes it runs in a terminal."""

    def __init__(self, *command, environment=None):
        self.near, far = pty.openpty()
        termios.tcsetwinsize(far, (50, 200))
        self.child = subprocess.Popen(list(map(str, command)), stdin=far, stdout=far, stderr=far, start_new_session=True,
                                      env={**(environment or ENVIRONMENT), "TERM": "xterm-256color"})
        os.close(far)
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        os.close(self.near)

    def type(self, text):
        os.write(self.near, text.encode())

    def wait_for(self, pattern, deadline=30):
        """Waits until what has been shown since the last match holds `pattern`; escape sequences are left out."""
        end = time.monotonic() + deadline
        while True:
            shown = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.seen)
            found = re.search(pattern, shown)
            if found:
                self.seen = shown[found.end():]
                return found
            ready, _, _ = select.select([self.near], [], [], max(0, end - time.monotonic()))
            assert ready, f"waited for {pattern!r} in {shown[-2000:]!r}"
            try:
                self.seen += os.read(self.near, 1 << 16).decode(errors="replace")
            except OSError:
                raise AssertionError(f"ended without {pattern!r}: {shown[-2000:]!r}") from None


def interactive(server, *arguments):
    return Terminal("redis-cli", "-h", server.host, "-p", server.port, *arguments)


class Companion(Process):
    """A program that runs beside the server while a test lasts."""

    def __init__(self, directory, name, *command):
        super().__init__(directory)
        self.name, self.command = name, command

    def __enter__(self):
        self.spawn(self.command)
        return self

    def __exit__(self, *_):
        self.kill()

    def is_listening(self, port):
        assert self.is_alive(), self.log[-4000:]
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0


# redis-cli


def test_redis_cli_reads(server):
    assert redis_cli(server, "get", "key:000001").strip() == "value of 1"
    assert redis_cli(server, "get", "nosuch").strip() == ""
    assert redis_cli(server, "mget", "key:000001", "key:000002").split("\n")[:2] == ["value of 1", "value of 2"]
    assert redis_cli(server, "dbsize").strip() == "1000"
    assert redis_cli(server, "-n", 1, "dbsize").strip() == "200"
    assert "unknown command" in redis_cli(server, "nosuch")
    assert redis_cli(server, "-x", "get", stdin=b"key:000003").strip() == "value of 3"
    assert redis_cli(server, "--quoted-input", "get", r'"key:\x30\x30\x30\x30\x30\x34"').strip() == "value of 4"


def test_redis_cli_takes_an_address_as_a_uri(server):
    done = subprocess.run(["redis-cli", "-u", f"redis://{server.host}:{server.port}/1", "dbsize"], capture_output=True)
    assert done.stdout.strip() == b"200", done


def test_redis_cli_fails_on_a_write_when_asked_to(server):
    assert redis_cli(server, "set", "a", "b").strip() == REFUSAL
    assert REFUSAL in redis_cli(server, "-e", "set", "a", "b", status=1)


def test_redis_cli_reads_commands_from_a_script(server):
    script = b"".join(b"get key:%06d\n" % number for number in range(1000))
    assert redis_cli(server, stdin=script).split("\n")[:1000] == [f"value of {n}" for n in range(1000)]


def test_redis_cli_in_resp3(server):
    assert redis_cli(server, "-3", "get", "key:000001").strip() == "value of 1"
    lines = redis_cli(server, "-3", "--no-raw", "hello").split("\n")
    assert lines[0] == '1# "server" => "redis"' and '3# "proto" => (integer) 3' in lines, lines
    assert redis_cli(server, "-3", "--no-raw", "get", "nosuch").strip() == "(nil)"


def test_redis_cli_tells_replies_as_csv_and_json(server):
    rows = list(csv.reader(io.StringIO(redis_cli(server, "--csv", "mget", "key:000001", "nosuch"))))
    assert rows == [["value of 1", "NULL"]]
    assert json.loads(redis_cli(server, "--json", "mget", "key:000001", "nosuch")) == ["value of 1", None]
    hello = json.loads(redis_cli(server, "-3", "--json", "hello"))
    assert hello["proto"] == 3 and hello["server"] == "redis" and hello["modules"] == [], hello
    assert json.loads(redis_cli(server, "-2", "--json", "config", "get", "nosuch*")) == []


def test_redis_cli_repeats(server):
    assert redis_cli(server, "-r", 3, "-i", "0.01", "get", "key:000002").split("\n")[:3] == ["value of 2"] * 3


def test_redis_cli_goes_on_without_a_password_where_none_is_set(server):
    done = subprocess.run(
        ["redis-cli", "-h", server.host, "-p", str(server.port), "--no-auth-warning", "-a", "secret", "get",
         "key:000001"], capture_output=True, timeout=60)
    assert done.stdout.endswith(b"value of 1\n") and done.returncode == 0, done
    assert b"AUTH <password> called without any password configured for the default user." in done.stderr + done.stdout
    assert b"Using a password" not in done.stderr


def test_redis_cli_scan(server):
    assert len(set(redis_cli(server, "--scan").split())) == 1000
    assert len(set(redis_cli(server, "--scan", "--pattern", "key:00001*").split())) == 10
    assert redis_cli(server, "--scan", "--pattern", "nosuch*") == ""


def test_redis_cli_bigkeys(server):
    text = redis_cli(server, "--bigkeys")
    assert "Sampled 1000 keys in the keyspace!" in text
    assert re.search(r"Biggest string found '\"key:000\d{3}\"' has 12 bytes", text), text
    assert "1000 strings with 11890 bytes" in text


def test_redis_cli_memkeys(server):
    done = subprocess.run(["redis-cli", "-h", server.host, "-p", str(server.port), "--memkeys"], capture_output=True,
                          timeout=60)
    text = done.stdout.decode()
    assert done.returncode == 0 and "Warning" not in done.stderr.decode() + text, done.stderr[-300:]
    found = re.search(r"Biggest string found '\"key:000\d{3}\"' has (\d+) bytes", text)
    assert found and int(found[1]) > 12, text
    total = re.search(r"1000 strings with (\d+) bytes", text)
    assert total and int(total[1]) > 11890 + 10_000, text


def test_redis_cli_hotkeys_is_told_that_nothing_is_counted(server):
    text = redis_cli(server, "--hotkeys", status=1)
    assert "Error: ERR An LFU maxmemory policy is not selected, access frequency not tracked." in text, text


def test_redis_cli_latency(server):
    assert re.match(r"\d+ \d+ [\d.]+ \d+", redis_cli(server, "--raw", "--latency", "-i", "1"))


def test_redis_cli_latency_history_and_distribution(server):
    with interactive(server, "--latency-history", "-i", "1") as terminal:
        terminal.wait_for(r"min: \d+, max: \d+, avg: [\d.]+ \(\d+ samples\) -- 1\.\d+ seconds range")
    with interactive(server, "--latency-dist") as terminal:
        terminal.wait_for(r"\.01 \.125 \.25 \.5")


def test_redis_cli_intrinsic_latency(server):
    """It asks the server nothing; it must only not fail here."""
    assert "total runs" in redis_cli(server, "--intrinsic-latency", "1")


def test_redis_cli_stat(server):
    child = subprocess.Popen(["redis-cli", "-h", server.host, "-p", str(server.port), "--stat", "-i", "0.05"],
                             stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        lines = [child.stdout.readline().decode() for _ in range(5)]
    finally:
        child.kill()
        child.wait()
    assert "keys" in lines[1], lines
    counts = [re.fullmatch(r"1200 +\S*[KMG]? +(\d+) +0 +(\d+) \(\+\d+\) +(\d+) *", line.strip()) for line in lines[2:]]
    assert all(counts), lines
    # Requests go up by its own INFO at least.
    assert [int(found[2]) for found in counts] == sorted({int(found[2]) for found in counts}), lines


def test_redis_cli_pipe_ends(server):
    """--pipe sends its input and then an ECHO whose reply ends it."""
    text = redis_cli(server, "--pipe", stdin=b"GET key:000001\r\n" * 1000)
    assert "errors: 0, replies: 1000" in text


def test_redis_cli_pipe_of_writes_is_refused_and_counted(server):
    writes = b"".join(request("SET", f"key:{number}", "value") for number in range(5000))
    text = redis_cli(server, "--pipe", stdin=writes, status=1)
    assert "errors: 5000, replies: 5000" in text and REFUSAL in text, text[-300:]
    assert redis_cli(server, "exists", "key:1").strip() == "0"


@pytest.mark.almanac_only
def test_redis_cli_gets_no_dump_and_says_so(server, tmp_path):
    """What a replica asks for is answered with an error at once, not with silence."""
    text = redis_cli(server, "--rdb", tmp_path / "dump.rdb", status=1)
    assert "SYNC" in text, text
    assert not (tmp_path / "dump.rdb").exists() or (tmp_path / "dump.rdb").stat().st_size == 0


def test_redis_cli_in_a_terminal(server):
    prompt = r"127\.0\.0\.1:\d+(\[1\])?(\(TX\))?> $"
    with interactive(server) as terminal:
        # What is typed before the prompt is there would not reach its editor.
        terminal.wait_for(prompt)
        for command, reply in [
            ("mget key:000001 nosuch", r'1\) "value of 1"\r\n2\) \(nil\)'),
            ("select 1", r"OK"),
            ("hello 3", r'1# "server" => "redis"'),
            ("multi", r"OK"), ("get key:000950", r"QUEUED"), ("exec", r'1\) "other value of 950"'),
            ("set a b", r"\(error\) READONLY"),
        ]:
            terminal.type(f"{command}\r")
            terminal.wait_for(reply)
            terminal.wait_for(prompt)
        terminal.type("quit\r")
        assert terminal.child.wait(30) == 0


def test_redis_cli_hints_and_helps_in_a_terminal(server):
    """Both come from COMMAND DOCS."""
    with interactive(server) as terminal:
        terminal.wait_for(r"> $")
        terminal.type("get ")
        terminal.wait_for(r"get +key")
        terminal.type("key:000001\r")
        terminal.wait_for(r'"value of 1"')
        terminal.wait_for(r"> $")
        terminal.type("help strlen\r")
        terminal.wait_for(r"STRLEN key\s+summary: \S.*\s+since: \d")


def test_redis_cli_subscribes(server):
    with interactive(server, "subscribe", "news") as terminal:
        terminal.wait_for(r'1\) "subscribe"\r\n2\) "news"\r\n3\) \(integer\) 1')


# redis-benchmark


@pytest.mark.parametrize("arguments", [
    ("-t", "ping_inline,ping_mbulk,get", "-P", "1"), ("-t", "get", "-P", "64"), ("-t", "get", "-3"),
    ("-t", "get", "-r", "1000", "-k", "0"), ("-t", "get", "--threads", "2", "-P", "16"),
    ("-t", "get", "--dbnum", "1"), ("-P", "16", "MGET", *["key:000001"] * 10),
], ids=lambda words: " ".join(words[:6]))
def test_redis_benchmark(server, arguments):
    text = run(server, "redis-benchmark", "-q", "-n", 5000, "-c", 50, *arguments)
    assert "requests per second" in text and "rror" not in text, text


def test_redis_benchmark_stops_at_a_refused_write(server):
    text = run(server, "redis-benchmark", "-q", "-n", 100, "-t", "set", status=1)
    assert f"Error from server: {REFUSAL}" in text, text


# iredis


def test_iredis(server, tmp_path):
    environment = {**python_environment("iredis==1.16.1"), "HOME": str(tmp_path)}
    main = "from iredis.entry import main; main()"
    # It reads commands from its input where that is no terminal.
    with Terminal(sys.executable, "-c", main, "-h", server.host, "-p", server.port, "mget", "key:000001", "nosuch",
                  environment=environment) as terminal:
        terminal.wait_for(r'1\) "value of 1"\s+2\) \(nil\)')
    done = subprocess.run([sys.executable, "-c", main, "-h", server.host, "-p", str(server.port)], timeout=60,
                          capture_output=True, env=environment, input=b"get key:000001\nset a b\nselect 1\ndbsize\n")
    assert done.returncode == 0 and b"value of 1" in done.stdout and REFUSAL.split(" ", 1)[1].encode() in done.stdout, done
    assert b"200" in done.stdout, done


# prometheus-redis-exporter


def exported(directory, server, *flags):
    """The metrics that the exporter makes of a server: lines by name, labels among them."""
    port = free_port()
    command = ["prometheus-redis-exporter", "-web.listen-address", f"127.0.0.1:{port}", "-redis.addr",
               f"redis://{server.host}:{server.port}", *flags]
    with Companion(directory, "exporter", *command) as exporter:
        wait_until(lambda: exporter.is_listening(port), what="the exporter")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def names(metrics):
    return {line.partition("{")[0] for line in metrics}


# What a server of this kind cannot have: no allocator that tells of itself, no scripts, no modules, no forks.
NOT_HERE = re.compile("redis_(allocator|module_fork|io_threaded|number_of_cached_scripts|exporter|mem_fragmentation"
                      "|defrag|active_defrag|aof|rdb)_?")


def test_the_exporter_finds_what_it_finds_in_redis(server, built, tmp_path):
    skip_without("prometheus-redis-exporter", "-version")
    with Redis(tmp_path, [built("small"), built("other")], read_only=False) as redis:
        for target in (redis, server):
            with target.connect() as connection:
                connection.call("GET", "key:000001")
                connection.call("GET", "nosuch")
                connection.call("NOSUCH")
        there = exported(tmp_path, redis)
    here = exported(tmp_path, server, "-check-single-keys", "db0=key:000001,db1=key:000950")
    missing = {name for name in names(there) - names(here) if not NOT_HERE.match(name)}
    assert not missing, sorted(missing)
    assert here["redis_up"] == "1" and here['redis_db_keys{db="db0"}'] == "1000", here
    assert here['redis_db_keys{db="db1"}'] == "200"
    assert here['redis_key_size{db="db0",key="key:000001"}'] == "10"
    assert float(here['redis_commands_total{cmd="get"}']) >= 2
    assert float(here['redis_errors_total{err="ERR"}']) >= 1
    assert here["redis_exporter_last_scrape_error{err=\"\"}"] == "0"
    role = next(line for line in here if line.startswith("redis_instance_info"))
    assert f'role="{"slave" if IS_STANDIN else "master"}"' in role, role


# HAProxy

HAPROXY = """
global
    stats socket {socket} mode 600 level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend redis
    bind 127.0.0.1:{port}
    default_backend pings
backend pings
    option redis-check
    server one {address} check inter 100ms fall 2 rise 2
backend masters
    option tcp-check
    tcp-check connect
    tcp-check send PING\\r\\n
    tcp-check expect string +PONG
    tcp-check send info\\ replication\\r\\n
    tcp-check expect string role:master
    tcp-check send QUIT\\r\\n
    tcp-check expect string +OK
    server one {address} check inter 100ms fall 2 rise 2
    server replica {replica} check inter 100ms fall 2 rise 2
"""


def haproxy_states(path):
    """What its checks found: (state, kind of the last check) by backend and server."""
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(path))
        control.sendall(b"show stat\n")
        text = b"".join(iter(lambda: control.recv(1 << 16), b"")).decode()
    table = csv.DictReader(io.StringIO(text.lstrip("# ")))
    return {(row["pxname"], row["svname"]): (row["status"].split()[0], row["check_status"].lstrip("* "))
            for row in table}


@pytest.mark.almanac_only  # The stand-in says that it is a replica, which is what the second check refuses.
def test_haproxy_sees_a_healthy_master_and_leads_to_it(built, tmp_path):
    skip_without("haproxy", "-v")
    port, control, configuration = free_port(), tmp_path / "haproxy.sock", tmp_path / "haproxy.cfg"
    with Almanac(tmp_path, [built("small")]) as server, Redis(tmp_path, [built("small")]) as replica:
        configuration.write_text(HAPROXY.format(
            socket=control, port=port, address=f"127.0.0.1:{server.port}", replica=f"127.0.0.1:{replica.port}"))
        with Companion(tmp_path, "haproxy", "haproxy", "-db", "-f", configuration) as haproxy:
            wait_until(lambda: haproxy.is_listening(port), what="haproxy")
            wait_until(lambda: haproxy_states(control)["masters", "replica"][0] == "DOWN", what="the replica refused")
            states = haproxy_states(control)
            assert states["pings", "one"] == ("UP", "L7OK") and states["masters", "one"] == ("UP", "L7OK"), states
            with Connection(("127.0.0.1", port)) as connection:
                connection.send(request("GET", "key:000001") * 1000)
                assert set(connection.replies(1000)) == {b"$10\r\nvalue of 1\r\n"}
            server.signal(signal.SIGTERM)
            assert server.wait() == 0
            wait_until(lambda: haproxy_states(control)["pings", "one"][0] == "DOWN", what="the end to be seen")


# twemproxy

NUTCRACKER = """
almanac:
  listen: 127.0.0.1:{port}
  hash: fnv1a_64
  distribution: ketama
  redis: true
  timeout: 30000
  servers:
{servers}
"""


def test_twemproxy_in_front_of_two_servers(server, built, tmp_path):
    skip_without("nutcracker", "--version")
    port, configuration = free_port(), tmp_path / "nutcracker.yml"
    with Almanac(tmp_path, [built("small")]) as other:
        servers = "\n".join(f"   - 127.0.0.1:{one.port}:1 server{number}" for number, one in enumerate((server, other)))
        configuration.write_text(NUTCRACKER.format(port=port, servers=servers))
        command = ["nutcracker", "-c", configuration, "-o", tmp_path / "nutcracker.log", "-p", tmp_path / "pid", "-a",
                   "127.0.0.1", "-s", free_port()]
        with Companion(tmp_path, "nutcracker", *command) as proxy:
            wait_until(lambda: proxy.is_listening(port), what="nutcracker")
            before = [processed(one) for one in (server, other)]
            with Connection(("127.0.0.1", port)) as connection:
                expected = [b"value of %d" % number for number in range(1000)]
                keys = ["key:%06d" % number for number in range(1000)]
                connection.send(b"".join(request("GET", key) for key in keys))
                assert connection.replies(1000) == [b"$%d\r\n%b\r\n" % (len(value), value) for value in expected]
                assert connection.ask("MGET", *keys, "nosuch") == [*expected, None]
                assert connection.ask("EXISTS", "key:000001") == 1
                assert connection.ask("STRLEN", "key:000001") == 10
                assert connection.ask("TYPE", "key:000001") == "+string"
                assert connection.ask("TTL", "key:000001") == -1
                assert connection.ask("SET", "key:000001", "x") == f"-{REFUSAL}"
            # Without a share of the work for each, nothing would have been split.
            assert all(processed(one) > count + 100 for one, count in zip((server, other), before))


def processed(server):
    with server.connect() as connection:
        return int(re.search(rb"total_commands_processed:(\d+)", connection.call("INFO", "stats"))[1])
