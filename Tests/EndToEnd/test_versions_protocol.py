"""Versions in the protocol: staying on one, being told of it, and what becomes of connections whose version closes."""

import os
import threading

import pytest
import redis

from support.data_directory import DataDirectory, value
from support.resp import bulk, request, wait_until

pytestmark = pytest.mark.almanac_only


@pytest.fixture
def directory(data):
    """Versions A, announced, and B."""
    directory = DataDirectory(data)
    directory.add("A")
    directory.add("B", keys=1100, activate=False)
    return directory


def swap(server, directory, version):
    directory.announce(version)
    with server.connect() as connection:
        assert connection.ask("DATASET", "RELOAD", "users").startswith(f"+OK {version} is being served")


def versions(client, name="users"):
    """What DATASET VERSIONS says of each version."""
    listed = [dict(zip(flat[::2], flat[1::2])) for flat in client.execute_command("DATASET", "VERSIONS", name)]
    return {entry[b"version"].decode(): entry for entry in listed}


def open_files(server, version):
    """Of this version, by the server."""
    names = []
    for entry in os.listdir(f"/proc/{server.pid}/fd"):
        try:
            names.append(os.readlink(f"/proc/{server.pid}/fd/{entry}"))
        except FileNotFoundError:
            continue
    return [name for name in names if f"/versions/{version}/" in name]


def test_hello_names_the_dataset_and_its_version_in_resp3_alone(directory, small, serve):
    with serve(f"users={directory.path}", f"small={small.directory}") as server:
        with server.redis(protocol=3) as client:
            hello = client.execute_command("HELLO", 3)
            assert list(hello) == [b"server", b"version", b"proto", b"id", b"mode", b"role", b"modules", b"dataset",
                                   b"dataset_version"]
            # Clients go by Redis's field of this name.
            assert hello[b"version"] == b"7.4.0"
            assert (hello[b"dataset"], hello[b"dataset_version"]) == (b"users", b"A")
            swap(server, directory, "B")
            assert client.execute_command("HELLO", 3)[b"dataset_version"] == b"B"
            client.execute_command("DATASET", "USE", "users", "A")
            assert client.execute_command("HELLO", 3)[b"dataset_version"] == b"A"
            client.select(1)
            assert client.execute_command("HELLO", 3)[b"dataset"] == b"small"
        with server.connect() as connection:
            assert len(connection.ask("HELLO", 2)) == 14
            assert len(connection.ask("HELLO")) == 14


def test_a_connection_stays_on_its_version_until_it_says_otherwise(directory, serve):
    with serve(f"users={directory.path}") as server, server.connect() as staying, server.connect() as following:
        assert staying.ask("DATASET", "USE", "users", "B") == "-ERR version B of users is not open; open are: A"
        assert staying.ask("DATASET", "USE", "users", "A") == "+OK"
        swap(server, directory, "B")
        assert staying.ask("GET", "key:1") == value("A", 1) and following.ask("GET", "key:1") == value("B", 1)
        assert staying.ask("DBSIZE") == 1000 and following.ask("DBSIZE") == 1100
        assert staying.ask("MGET", "key:5", "key:1050") == [value("A", 5), None]
        assert staying.ask("DATASET", "USE", "users", "C") == "-ERR version C of users is not open; open are: B, A"
        for connection, version in ((staying, "A"), (following, "B")):
            connection.send(request("MULTI") + request("GET", "key:7") + request("EXEC"))
            assert connection.replies(3)[2] == b"*1\r\n" + bulk(value(version, 7))
        with server.redis() as client:
            assert versions(client)["A"][b"connections"] == 1
            assert b"connections" not in versions(client)["B"]
        assert staying.ask("DATASET", "USE", "latest") == "+OK"
        assert staying.ask("GET", "key:1") == value("B", 1)


def test_a_version_that_was_replaced_closes_under_those_who_stay_on_it(directory, serve):
    flags = ["--rollback-window", "0s", "--version-use-max", "2s"]
    with serve(f"users={directory.path}", flags=flags) as server:
        with server.connect() as asking, server.connect() as idle, server.redis() as client:
            for connection in (asking, idle):
                assert connection.ask("DATASET", "USE", "users", "A") == "+OK"
            swap(server, directory, "B")
            assert asking.ask("GET", "key:1") == value("A", 1)
            assert open_files(server, "A")
            entry = versions(client)["A"]
            assert (entry[b"state"], entry[b"connections"]) == (b"closing", 2)
            gone = "-VERSIONGONE version A of users has been replaced and is closed; follow the latest with " \
                   "DATASET USE users latest"

            def answer():
                reply = asking.ask("GET", "key:1")
                assert reply in (value("A", 1), gone)
                return reply

            wait_until(lambda: answer() == gone, what="the version to be gone")
            # The other connection says nothing, and holds nothing for that.
            wait_until(lambda: not open_files(server, "A"), what="version A to close")
            assert idle.ask("GET", "key:1") == gone and idle.ask("PING") == "+PONG"
            assert idle.ask("DATASET", "USE", "latest") == "+OK" and idle.ask("GET", "key:1") == value("B", 1)
            assert asking.ask("RESET") == "+RESET" and asking.ask("GET", "key:1") == value("B", 1)


def test_none_may_stay_beyond_the_window_where_the_setting_says_so(directory, serve):
    flags = ["--rollback-window", "0s", "--version-use-max", "0s"]
    with serve(f"users={directory.path}", flags=flags) as server, server.connect() as connection:
        assert connection.ask("DATASET", "USE", "A") == "+OK"
        swap(server, directory, "B")
        assert connection.ask("GET", "key:1").startswith("-VERSIONGONE")
        wait_until(lambda: not open_files(server, "A"), what="version A to close")


def test_each_database_has_a_version_of_its_own(directory, tmp_path, serve):
    other = DataDirectory(tmp_path / "other")
    other.add("X")
    other.add("Y", activate=False)
    with serve(f"users={directory.path}", f"other={other.path}") as server, server.connect() as connection:
        assert connection.ask("DATASET", "USE", "other", "X") == "+OK"
        other.announce("Y")
        with server.connect() as control:
            assert control.ask("DATASET", "RELOAD", "other").startswith("+OK Y")
        swap(server, directory, "B")
        assert connection.ask("GET", "key:1") == value("B", 1)
        assert connection.ask("SELECT", 1) == "+OK" and connection.ask("GET", "key:1") == value("X", 1)
        assert connection.ask("DATASET", "USE", "latest") == "+OK" and connection.ask("GET", "key:1") == value("Y", 1)


def attribute(version):
    return b"|1\r\n$7\r\nversion\r\n" + bulk(version.encode())


def read_exactly(connection, count):
    data = bytearray()
    while len(data) < count:
        piece = connection.socket.recv(count - len(data))
        assert piece, f"closed after {bytes(data[-200:])!r}"
        data += piece
    return bytes(data)


def test_attributes_name_the_version_of_each_reply_while_versions_are_swapped(directory, serve):
    with serve(f"users={directory.path}") as server:
        is_over, failures, seen = threading.Event(), [], set()
        numbers = range(0, 1000, 7)
        batch = b"".join(request("GET", b"key:%d" % number) for number in numbers)
        expected = {version: b"".join(attribute(version) + bulk(value(version, number)) for number in numbers)
                    for version in "AB"}

        def ask():
            try:
                with server.connect() as connection:
                    connection.send(request("HELLO", 3) + request("CLIENT", "ATTRIBUTES", "ON"))
                    data = b""
                    while not data.endswith(b"+OK\r\n"):
                        data += connection.socket.recv(1 << 16)
                    while not is_over.is_set():
                        connection.send(batch)
                        reply = read_exactly(connection, len(expected["A"]))
                        pieces = reply.split(b"|1\r\n")[1:]
                        for number, piece in zip(numbers, pieces, strict=True):
                            version = chr(piece[len(b"$7\r\nversion\r\n$1\r\n")])
                            assert b"|1\r\n" + piece == attribute(version) + bulk(value(version, number))
                            seen.add(version)
            except Exception as error:  # noqa: BLE001 - the main thread raises it
                failures.append(error)

        client = threading.Thread(target=ask)
        client.start()
        for turn in range(30):
            version = "BA"[turn % 2]
            swap(server, directory, version)
            seen.clear()
            wait_until(lambda: version in seen or failures, what=f"replies of {version}")
        is_over.set()
        client.join()
    assert not failures, failures[0]


def test_attributes_stand_before_a_transaction_and_never_inside(directory, serve):
    with serve(f"users={directory.path}") as server, server.connect() as connection:
        assert connection.ask("CLIENT", "ATTRIBUTES", "ON").startswith("-ERR replies have no attributes in RESP2")
        connection.send(request("HELLO", 3) + request("CLIENT", "ATTRIBUTES", "ON") + request("MULTI")
                        + request("GET", "key:1") + request("GET", "none") + request("EXEC") + request("PING"))
        data = b""
        while not data.endswith(b"+PONG\r\n"):
            data += connection.socket.recv(1 << 16)
        assert data.endswith(b"+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n" + attribute("A") + b"*2\r\n"
                             + bulk(value("A", 1)) + b"_\r\n+PONG\r\n")
        connection.send(request("RESET") + request("HELLO", 3) + request("GET", "key:1"))
        data = b""
        while not data.endswith(bulk(value("A", 1))):
            data += connection.socket.recv(1 << 16)
        assert b"|1" not in data


def test_connections_that_stay_cost_no_swap_and_hold_no_version_in_the_end(directory, serve):
    """Many connections choose and leave versions while these are swapped; at the end one version is open."""
    flags = ["--rollback-window", "0s", "--version-use-max", "1s"]
    with serve(f"users={directory.path}", flags=flags) as server:
        is_over, failures, gone, stayed = threading.Event(), [], [0], [0]

        def ask(number):
            try:
                with server.redis() as client:
                    while not is_over.is_set():
                        version = "AB"[number % 2]
                        try:
                            client.execute_command("DATASET", "USE", "users", version)
                        except redis.ResponseError as error:
                            assert "is not open" in str(error)
                            client.execute_command("DATASET", "USE", "users", "latest")
                            assert client.get("key:1") in (value("A", 1), value("B", 1))
                            continue
                        try:
                            for key in range(50):
                                assert client.get(f"key:{key}") == value(version, key)
                            stayed[0] += 1
                        except redis.ResponseError as error:
                            assert str(error).startswith("VERSIONGONE"), error
                            gone[0] += 1
            except Exception as error:  # noqa: BLE001 - the main thread raises it
                failures.append(error)

        clients = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for client in clients:
            client.start()
        for turn in range(30):
            before = stayed[0]
            swap(server, directory, "BA"[turn % 2])
            wait_until(lambda: stayed[0] > before or failures, what="somebody to stay on a version")
        is_over.set()
        for client in clients:
            client.join()
        assert not failures, failures[0]
        wait_until(lambda: not open_files(server, "B"), what="version B to close")
        assert open_files(server, "A")
