"""Packed versions under a real server: what is in memory, and files that change or break while they are served."""

import os
import shutil

import pytest

from support.data import numbered_value
from support.resp import bulk, request, wait_until

pytestmark = pytest.mark.almanac_only

KEYS = 100_000
BATCH = 50


def key(number):
    return b"key:%012d" % number


@pytest.fixture
def copied(built, tmp_path):
    """The files of a version without its manifest, for a test to break."""
    source = built("hundred-thousand").directory
    copy = tmp_path / "copied"
    copy.mkdir()
    for file in source.glob("segment-*.packed"):
        shutil.copy(file, copy)
        (copy / file.name).chmod(0o644)
    return copy


def facts(server):
    return server.redis().info("dataset")


def wait_until_loaded(server):
    wait_until(lambda: facts(server)["dataset0_residency_complete"] == 1, what="the version to be in memory")


def ask_for_everything(server):
    """How many keys were answered rightly, with an error, and not at all; any other answer fails."""
    right = errors = closed = 0
    connection = server.connect()
    for first in range(0, KEYS, BATCH):
        numbers = range(first, min(first + BATCH, KEYS))
        try:
            connection.send(b"".join(request("GET", key(number)) for number in numbers))
            for number in numbers:
                reply = connection.reply()
                if reply.startswith(b"-"):
                    errors += 1
                else:
                    assert reply == bulk(numbered_value(number)), f"key {number}: {reply[:60]}"
                    right += 1
        except ConnectionError:
            closed += 1
            connection.close()
            connection = server.connect()
    connection.close()
    return right, errors, closed


@pytest.mark.parametrize("residency", ["auto", "memory", "disk"])
def test_all_keys_are_found_and_what_is_in_memory_is_told(built, serve, residency):
    with serve(built("hundred-thousand"), flags=("--residency", residency, "--loops", 2)) as server:
        wait_until_loaded(server)
        assert ask_for_everything(server) == (KEYS, 0, 0)
        told = facts(server)
        assert told["dataset0_residency"] == ("disk" if residency == "disk" else "memory")
        assert told["dataset0_residency_resident_bytes"] == told["dataset0_residency_wanted_bytes"] > 0
        assert 4 * KEYS < told["dataset0_index_bytes"] < 6 * KEYS
        with server.connect() as connection:
            assert connection.call("GET", b"absent") == bulk(None)


def test_a_version_larger_than_its_share_of_memory_stays_on_the_disk(built, serve):
    with serve(built("hundred-thousand"), flags=("--resident-size", "4MiB")) as server:
        wait_until_loaded(server)
        assert facts(server)["dataset0_residency"] == "disk"
        assert ask_for_everything(server) == (KEYS, 0, 0)


@pytest.mark.parametrize("residency", ["memory", "disk"])
def test_a_file_cut_short_while_it_is_served_costs_errors_and_never_a_wrong_value(serve, copied, residency):
    with serve(copied, flags=("--residency", residency, "--loops", 2)) as server:
        wait_until_loaded(server)
        assert ask_for_everything(server) == (KEYS, 0, 0)
        victim = sorted(copied.glob("segment-*.packed"))[3]
        os.truncate(victim, victim.stat().st_size // 2)
        right, errors, closed = ask_for_everything(server)
        assert errors + closed > 0
        # Fifteen of sixteen segments are as they were; a connection that is closed takes a whole pipeline along.
        assert right > KEYS // 2
        # By now all that was lost is known, and told.
        right, errors, closed = ask_for_everything(server)
        assert errors > 0 and right > KEYS * 9 // 10
        assert server.is_alive()


def test_a_changed_byte_in_a_record_is_an_error_reply_for_its_key_alone(serve, copied):
    victim = sorted(copied.glob("segment-*.packed"))[5]
    with open(victim, "r+b") as file:
        file.seek(64 + 20)
        byte = file.read(1)
        file.seek(64 + 20)
        file.write(bytes([byte[0] ^ 1]))
    with serve(copied) as server:
        wait_until(lambda: "can be read" in server.log, what="the loading to find it")
        assert ask_for_everything(server) == (KEYS - 1, 1, 0)
        assert f"{victim.name}, offset 64: the checksum of a record is wrong" in server.log


@pytest.mark.parametrize("reads", ["off", "cold", "all"])
def test_however_reads_are_verified_they_find_the_same(built, serve, reads):
    with serve(built("hundred-thousand"), flags=("--verify-reads", reads)) as server:
        assert ask_for_everything(server) == (KEYS, 0, 0)


@pytest.mark.parametrize(
    "reads, notices_before, notices_after",
    [("off", False, False), ("cold", True, False), ("all", True, True)],
)
def test_reads_notice_a_changed_byte_as_far_as_they_are_verified(serve, copied, reads, notices_before, notices_after):
    """`cold` verifies what is loaded, and `all` what has changed in memory since, too."""
    victims = sorted(copied.glob("segment-*.packed"))[5:7]
    values = {}
    for victim in victims:
        # The first record: a checksum, two lengths of one byte each, key and value.
        record = victim.read_bytes()[64 + 6 : 64 + 6 + 116]
        values[victim] = record[:16], record[16:]
        assert record[16:] == numbered_value(int(record[4:16]))

    def change(victim):
        key, value = values[victim]
        changed = value[:-1] + bytes([value[-1] ^ 1])
        with open(victim, "r+b") as file:
            file.seek(64 + 6 + 115)
            file.write(changed[-1:])
        return key, changed

    def check(reply, changed, notices):
        if notices:
            assert reply.startswith(b"-"), reply
        else:
            assert reply == bulk(changed)

    before, after = victims
    key_before, changed_before = change(before)
    with serve(copied, flags=("--residency", "memory", "--verify-reads", reads)) as server:
        if notices_before:
            wait_until(lambda: "can be read" in server.log, what="the loading to find it")
        else:
            wait_until_loaded(server)
        with server.connect() as connection:
            check(connection.call("GET", key_before), changed_before, notices_before)
            key_after, value_after = values[after]
            assert connection.call("GET", key_after) == bulk(value_after)
            key_after, changed_after = change(after)
            check(connection.call("GET", key_after), changed_after, notices_after)
