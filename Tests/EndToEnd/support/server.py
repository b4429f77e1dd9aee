"""Servers under test and beside it, each run as a child that never outlives its `with` block."""

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import redis

from .resp import Connection, decode, request, wait_until

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("ALMANAC_BINARY", ROOT / ".build/release/almanac"))
# Tests can be developed against redis-server itself; what only Almanac has is skipped then.
IS_STANDIN = BINARY.name.startswith("redis-server")


# Almanac refuses settings that it does not know, those in the environment too.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("ALMANAC_")}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def almanac(*arguments, stdin=None, timeout=300, env=None):
    """Runs one almanac command to its end."""
    return subprocess.run(
        [BINARY, *map(str, arguments)], stdin=stdin or subprocess.DEVNULL, capture_output=True, timeout=timeout,
        env={**ENVIRONMENT, **(env or {})})


class Process:
    """A child process with a log file, a pid, and what /proc tells of it."""

    name = "process"

    def __init__(self, log_directory):
        self.log_directory = Path(log_directory)
        self.child = None

    def spawn(self, command, env=None):
        self.log_path = self.log_directory / f"{self.name}-{free_port()}.log"
        with open(self.log_path, "wb") as log:
            self.child = subprocess.Popen(
                list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**ENVIRONMENT, **(env or {})})

    @property
    def pid(self):
        return self.child.pid

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def is_alive(self):
        return self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, timeout=60):
        return self.child.wait(timeout)

    def kill(self):
        if self.child and self.is_alive():
            self.child.kill()
            self.child.wait()

    def resident_bytes(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+)", status, re.M)[1]) * 1024

    def anonymous_bytes(self):
        """Resident memory less mapped files, whose pages are the kernel's to drop."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"^RssAnon:\s+(\d+)", status, re.M)[1]) * 1024

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def socket_count(self):
        """Open sockets alone: those of connections and listeners, whatever files a version has open meanwhile."""
        count = 0
        for entry in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                count += os.readlink(f"/proc/{self.pid}/fd/{entry}").startswith("socket:")
            except FileNotFoundError:
                continue
        return count

    def thread_cpu_seconds(self):
        """CPU seconds of each thread by its name and id."""
        seconds = {}
        for thread in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                name = (thread / "comm").read_text().strip()
                seconds[f"{name}/{thread.name}"] = int((thread / "schedstat").read_text().split()[0]) / 1e9
            except (FileNotFoundError, ProcessLookupError):
                continue
        return seconds


class RedisProtocolServer(Process):
    """What both servers share: connections to them, and the end of their lives."""

    port = 0
    host = "127.0.0.1"

    @property
    def address(self):
        return (self.host, self.port)

    def idle_socket_count(self):
        """Sockets that are open while no client is connected; waits until those before have gone."""
        with self.connect() as connection:
            wait_until(lambda: connection.call("CLIENT", "LIST").count(b"id=") == 1, what="all clients to have gone")
            return self.socket_count() - 1

    def connect(self, **options):
        return Connection(self.address, **options)

    def redis(self, **options):
        return redis.Redis(self.host, self.port, **{"socket_timeout": 60, "protocol": 2, **options})

    def answers(self):
        if not self.is_alive():
            raise RuntimeError(f"{self.name} ended with {self.child.returncode}:\n{self.log[-4000:]}")
        try:
            with Connection(self.address, deadline=5) as connection:
                # A server with a password answers, too.
                return connection.call("PING") in (b"+PONG\r\n", b"-NOAUTH Authentication required.\r\n")
        except OSError:
            return False

    def __enter__(self):
        try:
            self.start()
            wait_until(self.answers, what=f"{self.name} to answer")
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is None and self.is_alive():
            self.signal(signal.SIGTERM)
            try:
                code = self.wait(60)
            finally:
                self.kill()
            assert code == 0, f"{self.name} ended with {code}:\n{self.log[-4000:]}"
        elif kind is None:
            assert self.child.returncode == 0, f"{self.name} died with {self.child.returncode}:\n{self.log[-4000:]}"
        else:
            self.kill()


class Redis(RedisProtocolServer):
    """redis-server holding the same data, made a replica of nobody so that it refuses writes as Almanac does."""

    name = "redis"

    def __init__(self, log_directory, datasets=(), read_only=True, flags=()):
        super().__init__(log_directory)
        self.datasets, self.read_only, self.flags = list(datasets), read_only, list(flags)
        self.binary = shutil.which("redis-server")

    def start(self):
        self.port = free_port()
        directory = self.log_directory / f"redis-{self.port}"
        directory.mkdir()
        self.spawn([
            self.binary, "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--databases", max(1, len(self.datasets)), "--dir", directory, "--enable-debug-command", "yes",
            # Almanac streams what Redis would have to hold: without limits both give every reply.
            "--client-output-buffer-limit", "normal 0 0 0", *self.flags])
        wait_until(self.answers, what="redis to answer")
        with self.connect() as connection:
            for number, dataset in enumerate(self.datasets):
                load(connection, number, dataset.pairs())
            if self.read_only:
                # No server listens on port 1: the replica stays with what it has.
                assert connection.ask("REPLICAOF", "127.0.0.1", "1") == "+OK"


def load(connection, database, pairs):
    """Sets every pair, a pipeline at a time."""
    assert connection.ask("SELECT", database) == "+OK"
    batch, count, size = [], 0, 0
    for key, value in pairs:
        batch.append(request("SET", key, value))
        count, size = count + 1, size + len(value)
        if count == 500 or size > 1 << 22:
            connection.send(b"".join(batch))
            assert set(connection.replies(count)) == {b"+OK\r\n"}
            batch, count, size = [], 0, 0
    connection.send(b"".join(batch))
    assert all(reply == b"+OK\r\n" for reply in connection.replies(count))


class Almanac(RedisProtocolServer):
    """`almanac serve` of some paths; `flags` are passed as they are."""

    name = "almanac"

    def __init__(self, log_directory, datasets=(), flags=(), env=None, preload=None, host="127.0.0.1"):
        super().__init__(log_directory)
        self.datasets, self.flags = list(datasets), list(flags)
        self.env, self.preload, self.bind = env or {}, preload, host
        self.host = "127.0.0.1" if host == "*" else host

    def start(self):
        if IS_STANDIN:
            standin = Redis(self.log_directory, self.datasets)
            standin.binary = BINARY
            standin.start()
            self.child, self.port, self.log_path = standin.child, standin.port, standin.log_path
            return
        self.port = free_port()
        paths = [getattr(dataset, "directory", dataset) for dataset in self.datasets]
        env = dict(self.env)
        if self.preload:
            env["LD_PRELOAD"] = str(self.preload)
        self.spawn([BINARY, "serve", *paths, "--port", self.port, "--bind", self.bind, *self.flags], env)


def raise_descriptor_limit(wanted):
    """Lets this process and its children open `wanted` files, or as many as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
