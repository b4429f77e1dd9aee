"""How a server ends, and what does not end it."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import urllib.request

import pytest

from support.resp import Connection, bulk, request, wait_until
from support.server import BINARY, ENVIRONMENT, free_port

pytestmark = pytest.mark.almanac_only


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_what_was_sent_before_it_and_exits_0(small, serve, number):
    count = 20_000
    with serve(small) as server:
        connections = [server.connect() for _ in range(5)]
        for connection in connections:
            assert connection.call("PING") == b"+PONG\r\n"
        for connection in connections:
            connection.send(request("GET", "key:000001") * count)
        server.signal(number)
        for connection in connections:
            assert connection.read_to_end() == bulk(b"value of 1") * count
            connection.close()
        assert server.wait() == 0
        with pytest.raises(OSError):
            Connection(server.address)


def test_a_stop_closes_idle_connections_at_once(small, serve):
    with serve(small, flags=("--drain-timeout", "600s")) as server:
        with server.connect() as idle, server.connect() as halfway:
            idle.call("PING")
            halfway.send(b"*2\r\n$3\r\nGET\r\n")
            idle.call("PING")
            server.signal(signal.SIGTERM)
            assert idle.read_to_end() == b"" and halfway.read_to_end() == b""
            assert server.wait() == 0


def test_a_stop_does_not_wait_for_ever_for_a_client_that_reads_nothing(built, serve):
    with serve(built("large"), flags=("--drain-timeout", "1s")) as server:
        with server.connect(receive_buffer=1 << 16) as stuck:
            stuck.send(request("GET", "large:1") * 8)
            wait_until(stuck.has_bytes)
            server.signal(signal.SIGTERM)
            assert server.wait() == 0


def test_a_second_signal_does_not_break_the_stop(small, serve):
    with serve(small) as server:
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGINT)
        assert server.wait() == 0


def test_sighup_reopens_the_log(small, serve, tmp_path):
    log = tmp_path / "almanac.txt"
    with serve(small, flags=("--log-file", log)) as server:
        wait_until(lambda: log.exists() and log.stat().st_size, what="the log file")
        os.rename(log, tmp_path / "old.txt")
        server.signal(signal.SIGHUP)
        wait_until(log.exists, what="the new log file")
        with server.connect() as connection:
            assert connection.call("GET", "key:000001") == bulk(b"value of 1")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert log.stat().st_size > 0


def test_sighup_rereads_the_settings_and_keeps_the_old_ones_where_they_are_bad(small, serve, tmp_path):
    file = tmp_path / "almanac.yaml"
    file.write_text("clients-max: 100\n")
    with serve(small, flags=("--config", file)) as server, server.connect() as connection:

        def clients_max():
            return connection.ask("CONFIG", "GET", "maxclients")[1]

        assert clients_max() == b"100"
        file.write_text("clients-max: 200\n")
        server.signal(signal.SIGHUP)
        wait_until(lambda: clients_max() == b"200", what="the new setting")
        logged = len(server.log)
        file.write_text("clients-max: nonsense\n")
        server.signal(signal.SIGHUP)
        wait_until(lambda: "clients-max" in server.log[logged:], what="the complaint")
        assert clients_max() == b"200"


def test_a_sighup_that_comes_before_the_settings_are_read_ends_nothing(small, tmp_path):
    """As a sidecar may send it that sees the process start: here the settings come from a pipe, and late."""
    pipe, port = tmp_path / "almanac.yaml", free_port()
    os.mkfifo(pipe)
    child = subprocess.Popen(
        [BINARY, "serve", str(small.directory), "--port", str(port), "--bind", "127.0.0.1", "--config", str(pipe)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    try:
        # To open it for writing waits until the server has it open for reading.
        with open(pipe, "w") as settings:
            child.send_signal(signal.SIGHUP)
            settings.write("clients-max: 100\n")

        def has_places(count):
            assert child.poll() is None
            try:
                with Connection(("127.0.0.1", port)) as connection:
                    return connection.ask("CONFIG", "GET", "clients-max")[1] == b"%d" % count
            except OSError:
                return False

        wait_until(lambda: has_places(100), what="the server")
        # What has waited is a wish to read the settings again.
        with open(pipe, "w") as settings:
            settings.write("clients-max: 101\n")
        wait_until(lambda: has_places(101), what="the settings to be read again")
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def test_lines_that_a_full_disk_does_not_take_are_counted(small, serve):
    port = free_port()
    flags = ("--log-file", "/dev/full", "--admin-port", port, "--admin-bind", "127.0.0.1")
    with serve(small, flags=flags):
        def dropped():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response:
                found = re.search(rb"^almanac_log_lines_dropped_total (\S+)", response.read(), re.M)
            return found and float(found[1]) >= 3

        wait_until(dropped, what="the lines of the start to be counted")


def test_what_is_set_and_cannot_work_is_told_at_the_start(small, serve, tmp_path):
    users = tmp_path / "users.acl"
    users.write_text("user default on nopass ~* &* +@all\nuser far on >pw ~* +@read db=0,99\n")
    with serve(small, flags=("--admin-tls", "yes", "--users-file", users)) as server:
        wait_until(lambda: "there is no admin port" in server.log, what="the warning")
        assert "databases=99" in server.log and "user=far" in server.log


def test_writing_to_peers_that_are_gone_ends_nothing(built, serve):
    with serve(built("large")) as server:
        for _ in range(50):
            with server.connect(receive_buffer=1 << 16) as connection:
                connection.send(request("GET", "large:1") * 3)
                wait_until(connection.has_bytes)
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.signal(signal.SIGPIPE)
        with server.connect() as connection:
            assert connection.call("PING") == b"+PONG\r\n"


def test_logs_can_be_json(small, serve):
    with serve(small, flags=("--log-format", "json")) as server:
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        lines = [json.loads(line) for line in server.log.splitlines()]
    assert lines and all(isinstance(line, dict) for line in lines)


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_log_that_nobody_reads_blocks_nobody(small, tmp_path, format):
    """The log is a pipe that fills up: requests and the stop go on."""
    port = free_port()
    reading, writing = os.pipe()
    child = subprocess.Popen(
        [BINARY, "serve", str(small.directory), "--port", str(port), "--bind", "127.0.0.1", "--log-level", "trace",
         "--log-format", format], stdin=subprocess.DEVNULL, stdout=writing, stderr=writing,
        env=ENVIRONMENT)
    os.close(writing)
    try:
        def answers():
            assert child.poll() is None
            try:
                with Connection(("127.0.0.1", port)) as connection:
                    return connection.call("PING") == b"+PONG\r\n"
            except OSError:
                return False

        wait_until(answers, what="the server")
        for _ in range(3000):
            assert answers()
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0
    finally:
        os.close(reading)
        if child.poll() is None:
            child.kill()
            child.wait()
