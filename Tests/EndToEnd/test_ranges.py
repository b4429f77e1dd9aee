"""Ranges of keys: DATASET RANGE and DATASET PREFIX beside a sorted list in Python, and walks over many keys at once."""

import random
import threading

import pytest
import redis

from support import data as rows
from support.data_directory import DataDirectory, value
from support.resp import request, wait_until

pytestmark = pytest.mark.almanac_only

PAGE_BYTES_MAX = 1 << 20


@pytest.fixture(scope="module")
def awkward(tmp_path_factory):
    """Keys of every awkward kind, many of which begin alike."""
    def pairs():
        source = random.Random(4)
        made = dict(rows.oracle_pairs())
        for _ in range(3000):
            key = bytes(source.choice(b"\x00\x01az\xfe\xff\r\n") for _ in range(source.randrange(7)))
            made[key] = source.randbytes(source.randrange(40))
        return iter(made.items())

    return rows.build("awkward", tmp_path_factory.mktemp("ranges"), pairs, "rocksdb")


def expected_page(inside, limit, form, protocol):
    """The reply that the rows in `inside` make, as redis-py reads it."""
    page, size = [], 0
    for key, content in inside:
        size += len(key) + (0 if form == "KEYS" else len(content))
        # Headers count too, so a page may end a little before the rows alone would fill it.
        if len(page) == limit or (page and size > PAGE_BYTES_MAX * 0.99):
            break
        page.append((key, content))
    following = inside[len(page)][0] if len(page) < len(inside) else None
    if form == "KEYS":
        return [following, [key for key, _ in page]]
    if form == "VALUES":
        return [following, [content for _, content in page]]
    if protocol == 3:
        return [following, [[key, content] for key, content in page]]
    return [following, [part for row in page for part in row]]


@pytest.mark.parametrize("protocol", [2, 3])
def test_random_ranges_are_those_of_a_sorted_list(awkward, serve, protocol):
    everything = sorted(awkward.pairs())
    keys = [key for key, _ in everything]
    source = random.Random(protocol)

    def bound():
        kind = source.randrange(4)
        if kind == 0:
            return b""
        key = source.choice(keys)[:source.randrange(1, 12)] if kind == 1 else source.choice(keys)
        return key + (source.randbytes(1) if source.random() < 0.3 else b"")

    with serve(f"awkward={awkward.directory}") as server, server.redis(protocol=protocol) as client:
        for _ in range(1500):
            low, high, limit = bound(), bound(), source.choice([1, 2, 7, 100, 1000])
            form = source.choice(["", "KEYS", "VALUES"])
            options = ["LIMIT", limit, *([form] if form else [])]
            if source.random() < 0.5:
                inside = [row for row in everything if row[0] >= low and (not high or row[0] < high)]
                reply = client.execute_command("DATASET", "RANGE", "awkward", low, high, *options)
            else:
                inside = [row for row in everything if row[0].startswith(low) and row[0] >= high]
                reply = client.execute_command("DATASET", "PREFIX", "awkward", low, "FROM", high, *options)
            assert reply == expected_page(inside, limit, form, protocol), (low, high, options)


def read_all(client, name, limit, *options):
    """Every row in pages, each from where the one before said to go on."""
    found, start, pages = [], b"", 0
    while start is not None:
        start, page = client.execute_command("DATASET", "RANGE", name, start, b"", "LIMIT", limit, *options)
        found += zip(page[::2], page[1::2])
        pages += 1
    return found, pages


def test_pages_join_to_the_whole_dataset(awkward, serve):
    with serve(f"awkward={awkward.directory}") as server, server.redis() as client:
        everything = sorted(awkward.pairs())
        for limit in (3, 100, 100_000):
            found, pages = read_all(client, "awkward", limit)
            assert found == everything
            assert pages >= len(everything) / limit


def test_a_page_of_large_values_ends_early_and_always_goes_on(built, serve):
    with serve(f"large={built('large', 'rocksdb').directory}") as server, server.redis() as client:
        found, pages = read_all(client, "large", 1000)
        assert pages == 16 and found == sorted(built("large", "rocksdb").pairs())
        following, keys = client.execute_command("DATASET", "PREFIX", "large", "large:", "KEYS")
        assert following is None and keys == sorted(key for key, _ in built("large", "rocksdb").pairs())
        before = server.resident_bytes()
        # Whoever leaves before the reply is no burden.
        for _ in range(20):
            with server.connect() as connection:
                connection.send(request("DATASET", "RANGE", "large", "", "", "VALUES"))
        assert client.ping() and server.resident_bytes() - before < 256 << 20


def test_ranges_of_a_chosen_version_are_whole_while_versions_are_swapped(data, serve):
    directory = DataDirectory(data, "rocksdb")
    directory.add("A", keys=5000)
    directory.add("B", keys=5100, activate=False)
    whole = {version: sorted((b"key:%d" % number, value(version, number)) for number in range(keys))
             for version, keys in (("A", 5000), ("B", 5100))}
    with serve(f"users={directory.path}") as server:
        is_over, failures, walks = threading.Event(), [], [0]

        def walk(version):
            try:
                with server.redis() as client:
                    while not is_over.is_set():
                        assert client.execute_command("DATASET", "USE", "users", version) == b"OK"
                        found, _ = read_all(client, "users", 97)
                        assert found == whole[version]
                        walks[0] += 1
            except Exception as error:  # noqa: BLE001 - the main thread raises it
                failures.append(error)

        with server.connect() as control:
            directory.announce("B")
            assert control.ask("DATASET", "RELOAD").startswith("+OK B")
            clients = [threading.Thread(target=walk, args=(version,)) for version in ("A", "B", "A")]
            for client in clients:
                client.start()
            for turn in range(20):
                version = "AB"[turn % 2]
                directory.announce(version)
                assert control.ask("DATASET", "RELOAD").startswith(f"+OK {version} is being served, after")
                seen = walks[0]
                wait_until(lambda: walks[0] > seen or failures, what="a walk in this version's time")
            is_over.set()
            for client in clients:
                client.join()
    assert not failures, failures[0]


def test_keys_is_refused_above_the_setting_and_says_what_to_do(small, serve):
    with serve(small, flags=["--max-keys-reply", 100]) as server, server.connect() as connection:
        refusal = "-ERR the reply would hold more than 100 keys (max-keys-reply), use SCAN"
        assert connection.ask("KEYS", "*") == refusal
        assert sorted(connection.ask("KEYS", "key:0001*")) == [b"key:%06d" % number for number in range(100, 200)]
        assert connection.ask("KEYS", "key:000[12]*") == refusal
        assert connection.ask("CONFIG", "GET", "max-keys-reply") == [b"max-keys-reply", b"100"]


def test_scan_and_keys_of_a_prefix_take_no_walk_over_the_others(built, serve):
    with serve(built("million", "rocksdb")) as server, server.redis() as client:
        def cpu(body):
            before = sum(server.thread_cpu_seconds().values())
            found = body()
            return sum(server.thread_cpu_seconds().values()) - before, found

        for body in (lambda: list(client.scan_iter("key:00000099999?", count=10)),
                     lambda: client.keys("key:00000099999?")):
            cost, found = cpu(body)
            assert sorted(found) == [b"key:%012d" % number for number in range(999_990, 1_000_000)]
            whole, _ = cpu(lambda: client.keys("*99999?"))
            assert cost < whole / 5


def test_a_cursor_outlives_whole_walks_of_others_at_the_same_keys(built, serve):
    with serve(built("hundred-thousand", "rocksdb")) as server, server.connect() as slow, server.redis() as client:
        cursor, first = slow.ask("SCAN", 0, "COUNT", 2)
        assert sum(1 for _ in client.scan_iter(count=2)) == 100_000
        _, second = slow.ask("SCAN", cursor, "COUNT", 2)
        assert first + second == [b"key:%012d" % number for number in range(4)]
        assert slow.ask("SCAN", -1) == [b"0", []]


def test_dbsize_is_exact_where_there_is_a_manifest(data, serve):
    directory = DataDirectory(data, "rocksdb")
    directory.add("A", keys=1234)
    with serve(directory.path) as server, server.redis() as client:
        assert client.dbsize() == 1234
        info = client.info("dataset")
        assert info["dataset0_keys"] == 1234 and info["dataset0_keys_exact"] == 1


def test_damage_in_a_range_is_an_error(data, serve):
    directory = DataDirectory(data, "rocksdb")
    directory.add("A", keys=20_000)
    directory.copy("A")
    for table in directory.version("A").glob("*.sst"):
        content = bytearray(table.read_bytes())
        # In the middle of the rows, well before what is read when the file is opened.
        for place in range(len(content) // 2, len(content) // 2 + 64):
            content[place] ^= 0xff
        table.write_bytes(content)
    with serve(f"users={directory.path}", flags=["--verify", "off"]) as server, server.redis() as client:
        with pytest.raises(redis.ResponseError, match="the dataset cannot be read, the server's log says why"):
            read_all(client, "users", 10_000)
        assert client.ping()
