"""Versions change under load: nobody gets an error, loses a connection, or sees two of them in one answer.

The checks are those of support/swap_load.c. That they can fail is shown first, on a redis-server whose keys are
overwritten one by one; that they pass where versions are exchanged as a whole, on one that exchanges databases.
"""

import contextlib
import itertools
import signal
import subprocess

import pytest

from support.resp import decode, wait_until
from support.server import BINARY, Redis
from support.swap_load import (
    Announcements, Load, ReloadSwapper, compile_load, fingerprint, make_versions, resources, rows_command, version_id,
    violations)

KEYS = 20_000
VALUE_BYTES = 64
SWAPS = 30


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_load(tmp_path_factory.mktemp("swap-load"))


@pytest.fixture
def data(program, tmp_path):
    return make_versions(program, BINARY, tmp_path / "data", (1, 2), KEYS, VALUE_BYTES)


@pytest.fixture(params=["0s", "10m"])
def reloadable(request, data, serve):
    """A server of version 1, with version 2 beside it, that closes what it replaces at once, or keeps it open."""
    with serve(data.directory, flags=("--loops", 2, "--rollback-window", request.param)) as server:
        yield server


class Rows:
    """The rows of one version for a redis-server, through the same program that builds datasets of them."""

    def __init__(self, program, number):
        self.command = rows_command(program, number, KEYS, VALUE_BYTES)

    def pairs(self):
        lines = subprocess.run(self.command, capture_output=True, check=True).stdout.splitlines()
        return (line.split(b"\t") for line in lines[1:])


class ExchangeSwapper:
    """Swaps a redis-server of two databases by exchanging them."""

    def __init__(self, server):
        self.connection = server.connect()

    def swap(self, number, _):
        assert self.connection.ask("SWAPDB", 0, 1) == "+OK"

    def close(self):
        self.connection.close()


@pytest.fixture
def redis_of_versions(program, logs):
    """A redis-server with version 1 in database 0 and version 2 in database 1."""
    with Redis(logs, [Rows(program, 1), Rows(program, 2)], read_only=False) as server:
        yield server


@contextlib.contextmanager
def loads(program, server, announced):
    """Every kind of load at once; yields a list that holds their results afterwards."""
    common = {"keys": KEYS, "value_bytes": VALUE_BYTES}
    running = [
        Load(program, server.port, "get", announced, connections=4, seed=1, **common),
        Load(program, server.port, "get", announced, connections=4, pipeline=16, seed=2, **common),
        Load(program, server.port, "mget", announced, connections=2, each=50, seed=3, **common),
        Load(program, server.port, "mget", announced, connections=1, each=5000, seed=4, **common),
        Load(program, server.port, "multi", announced, connections=2, each=10, seed=5, **common),
        Load(program, server.port, "scan", announced, connections=2, each=100, **common)]
    results = []
    try:
        for load in running:
            load.wait_until_running()
        yield results
        results += [load.stop() for load in running]
    finally:
        for load in running:
            load.kill()


def version_of(reply):
    return int(decode(reply)[1:5])


def assert_invisible(results, versions=("1", "2")):
    for result in results:
        assert not violations(result), result
        assert result["requests"] > 0, result
        if result["name"].startswith("scan"):
            assert result["walks"] > 0 and result["walks_across"] > 0, result
        else:
            # Without having seen every version, a load would have proved nothing.
            assert set(result["versions"]) == set(versions), result


def swap_under_load(program, server, swapper, announced, count=SWAPS, probes=200):
    """Swaps `count` times; once a swap is answered, this connection must see the new version and nothing else."""
    with loads(program, server, announced) as results, server.connect() as connection:
        for index in range(count):
            number = 2 - index % 2
            announced.announce(number)
            swapper.swap(number, connection)
            announced.settle()
            for key in range(probes):
                assert version_of(connection.call("GET", "key:%012d" % key)) == number
    return results


def test_databases_exchanged_as_a_whole_pass_the_checks(program, redis_of_versions, tmp_path):
    server, announced = redis_of_versions, Announcements(tmp_path / "announced", 1)
    swapper = ExchangeSwapper(server)
    assert_invisible(swap_under_load(program, server, swapper, announced))
    swapper.close()


def test_keys_overwritten_one_by_one_do_not_pass_the_checks(program, redis_of_versions, tmp_path):
    server, announced = redis_of_versions, Announcements(tmp_path / "announced", 1)
    with server.connect() as connection:
        other = itertools.islice(server.datasets[1].pairs(), 2000)
        with loads(program, server, announced) as results:
            announced.announce(2)
            for key, value in other:
                connection.call("SET", key, value)
    found = {result["name"]: violations(result) for result in results}
    assert all(found[name].get("mixed") for name in found if name.startswith(("mget", "multi")) or "16" in name), found


def test_a_version_that_was_not_announced_does_not_pass_the_checks(program, redis_of_versions, tmp_path):
    server, announced = redis_of_versions, Announcements(tmp_path / "announced", 1)
    with server.connect() as connection:
        with loads(program, server, announced) as results:
            assert connection.ask("SWAPDB", 0, 1) == "+OK"
            wait_for_requests(connection, 2000)
    for result in results:
        if not result["name"].startswith("scan"):
            assert violations(result).get("backwards"), result


def test_keys_that_go_values_of_others_and_closed_connections_do_not_pass_the_checks(program, redis_of_versions):
    server = redis_of_versions
    with server.connect() as connection:
        value = dict(server.datasets[0].pairs())[b"key:%012d" % 7]
        with loads(program, server, None) as results:
            for number in range(0, KEYS, 10):
                connection.call("DEL", "key:%012d" % number)
                connection.call("SET", "key:%012d" % (number + 1), value)
            wait_for_requests(connection, 2000)
            assert connection.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") > 0
            wait_for_requests(connection, 2000)
    for result in results:
        found = violations(result)
        assert found.get("reconnects"), result
        if result["name"].startswith("scan"):
            assert found.get("incomplete_walks"), result
        else:
            assert found.get("nils") and found.get("foreign"), result


def wait_for_requests(connection, count):
    """Waits until the server has processed `count` more commands."""

    def processed():
        lines = decode(connection.call("INFO", "stats")).decode().splitlines()
        return next(int(line.split(":")[1]) for line in lines if line.startswith("total_commands_processed:"))

    goal = processed() + count
    wait_until(lambda: processed() >= goal, what="more commands")


@pytest.mark.almanac_only
def test_swaps_under_load_are_invisible(program, reloadable, data, tmp_path):
    announced = Announcements(tmp_path / "announced", 1)
    before = fingerprint(data.directory / "versions")
    swapper = ReloadSwapper(reloadable.address, data)
    results = swap_under_load(program, reloadable, swapper, announced)
    swapper.close()
    assert_invisible(results)
    # A request sent after the reload was answered is answered from the new version.
    assert not any(result["late"] for result in results), results
    assert fingerprint(data.directory / "versions") == before


@pytest.mark.almanac_only
def test_swaps_by_signal_under_load_are_invisible(program, reloadable, data, tmp_path):
    announced = Announcements(tmp_path / "announced", 1)

    class SignalSwapper:
        def swap(self, number, connection):
            data.flip(version_id(number))
            reloadable.signal(signal.SIGHUP)
            wait_until(lambda: version_of(connection.call("GET", "key:%012d" % 0)) == number, what="the swap")

    assert_invisible(swap_under_load(program, reloadable, SignalSwapper(), announced, count=10))


@pytest.mark.almanac_only
def test_swaps_leave_nothing_behind(program, reloadable, data, tmp_path):
    swapper = ReloadSwapper(reloadable.address, data)

    def swap(count):
        announced = Announcements(tmp_path / "announced", 1)
        results = swap_under_load(program, reloadable, swapper, announced, count=count, probes=50)
        assert not any(map(violations, results)), results

    swap(2)
    settled = resources(reloadable.pid)
    swap(10)
    for what in ("descriptors", "threads"):
        wait_until(lambda: resources(reloadable.pid)[what] <= settled[what], what=f"{what} to be {settled[what]} again")
    swapper.close()
