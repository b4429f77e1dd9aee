"""Walks over packed versions: SCAN while versions of other sizes and numbers of segments, and of RocksDB, are swapped."""

import threading

import pytest

from support.data_directory import DataDirectory
from support.resp import wait_until

pytestmark = pytest.mark.almanac_only


def packed(segments):
    return ["--format", "packed", "--segments", segments]


def walk(connection, count):
    """All pages of one SCAN."""
    cursor, keys, pages = b"0", [], 0
    while pages == 0 or cursor != b"0":
        cursor, page = connection.ask("SCAN", cursor, "COUNT", count)
        keys += page
        pages += 1
        assert int(cursor) < 1 << 53
        assert pages < 100_000
    return keys


def swap_under_walks(server, directory, versions, present, turns):
    """Swaps through `versions` while clients walk, each of whose walks must give all that is present throughout."""
    is_over, failures, walks = threading.Event(), [], [0]

    def client(count):
        try:
            with server.connect() as connection:
                while not is_over.is_set():
                    missing = present - set(walk(connection, count))
                    assert not missing, sorted(missing)[:5]
                    walks[0] += 1
        except Exception as error:  # noqa: BLE001 - the main thread raises it
            failures.append(error)

    clients = [threading.Thread(target=client, args=(count,)) for count in (10, 97, 1000)]
    with server.connect() as control:
        for thread in clients:
            thread.start()
        for turn in range(turns):
            version = versions[(turn + 1) % len(versions)]
            directory.announce(version)
            assert control.ask("DATASET", "RELOAD").startswith(f"+OK {version} is being served, after")
            seen = walks[0]
            wait_until(lambda: walks[0] > seen or failures, what="a walk that ends in this version's time")
        is_over.set()
        for thread in clients:
            thread.join()
    assert not failures, failures[0]


def test_a_walk_over_swaps_of_packed_versions_gives_all_that_is_present_throughout(data, serve):
    directory = DataDirectory(data)
    directory.add("A", keys=8000, flags=packed(16))
    directory.add("B", keys=9000, activate=False, flags=packed(1))
    directory.add("C", keys=7500, activate=False, flags=packed(256))
    with serve(f"users={directory.path}") as server:
        present = {b"key:%d" % number for number in range(7500)}
        swap_under_walks(server, directory, "ABC", present, turns=12)


def test_a_cursor_is_good_on_every_server_of_packed_versions(data, serve):
    directory = DataDirectory(data)
    directory.add("A", keys=3000, flags=packed(4))
    with serve(f"users={directory.path}") as one, serve(f"users={directory.path}") as other:
        with one.connect() as first, other.connect() as second:
            cursor, keys, turn = b"0", [], 0
            while turn == 0 or cursor != b"0":
                cursor, page = (first, second)[turn % 2].ask("SCAN", cursor, "COUNT", 50)
                keys += page
                turn += 1
            assert sorted(keys) == sorted(b"key:%d" % number for number in range(3000))


def test_a_walk_begins_again_behind_a_swap_to_packed_and_ends_with_an_error_behind_one_from_it(data, serve):
    directory = DataDirectory(data)
    directory.add("R", keys=2000, flags=["--format", "rocksdb"])
    directory.add("P", keys=2000, activate=False, flags=packed(16))
    with serve(f"users={directory.path}") as server, server.connect() as connection:
        cursor, _ = connection.ask("SCAN", 0, "COUNT", 100)
        directory.announce("P")
        assert connection.ask("DATASET", "RELOAD").startswith("+OK P is being served")
        found = set()
        while cursor != b"0":
            cursor, page = connection.ask("SCAN", cursor, "COUNT", 100)
            found |= set(page)
        assert found == {b"key:%d" % number for number in range(2000)}
        cursor, _ = connection.ask("SCAN", 0, "COUNT", 100)
        directory.announce("R")
        assert connection.ask("DATASET", "RELOAD").startswith("+OK R is being served")
        assert connection.ask("SCAN", cursor).startswith("-ERR this cursor is unknown or has expired")
