"""Users: rules made at random are taken, shown and followed as by the redis-server beside."""

import os
import random

import pytest

from support import access_rules
from support.resp import decode
from support.server import Almanac, Redis

USERS = int(os.environ.get("ALMANAC_ACCESS_USERS", 300))
SEED = int(os.environ.get("ALMANAC_ACCESS_SEED", 20261121))


@pytest.fixture(scope="module")
def both(built, tmp_path_factory):
    logs = tmp_path_factory.mktemp("access")
    datasets = [built("small")]
    with Redis(logs, datasets) as theirs, Almanac(logs, datasets) as ours:
        yield ours, theirs


def differing(replies, *about):
    ours, theirs = replies
    return [] if ours == theirs else [(about, ours[:300], theirs[:300])]


def each(connections, *arguments):
    return [connection.call(*arguments) for connection in connections]


def shown(connection, name):
    """The fields of ACL GETUSER, in which the rules about commands are a text of their own form."""
    reply = connection.ask("ACL", "GETUSER", name)
    fields = dict(zip(reply[::2], reply[1::2]))
    fields[b"selectors"] = [dict(zip(each[::2], each[1::2])) for each in fields[b"selectors"]]
    return fields


def commands_as_redis_has_them(redis, text):
    """What redis-server makes of rules about commands, whose order it does not keep."""
    assert redis.ask("ACL", "SETUSER", "probe", "reset", *text.split()) == "+OK", text
    return sorted(shown(redis, "probe")[b"commands"].split())


def test_rules_are_taken_and_shown_and_followed_as_redis_does(both):
    source = random.Random(SEED)
    differences, tried, denied = [], 0, 0
    with both[0].connect() as our_connection, both[1].connect() as their_connection:
        connections = our_connection, their_connection
        for number in range(USERS):
            name = b"user%d" % (number % 20)
            for _ in range(source.randint(1, 3)):
                rules = access_rules.rules(source)
                differences += differing(each(connections, b"ACL", b"SETUSER", name, *rules), b"SETUSER", *rules)
            if our_connection.ask("ACL", "GETUSER", name) is None:
                continue
            ours, theirs = (shown(connection, name) for connection in connections)
            for one, other in zip([ours, *ours[b"selectors"]], [theirs, *theirs[b"selectors"]]):
                # We show these rules in the order that they were given in, as Redis does since 7.2.
                mine, its = one.pop(b"commands"), other.pop(b"commands")
                mine = commands_as_redis_has_them(their_connection, mine)
                if mine != sorted(its.split()):
                    differences.append(((b"commands", *rules), mine, its))
            if ours != theirs:
                differences.append(((b"GETUSER", *rules), ours, theirs))
            for _ in range(25):
                request = access_rules.dry_trial(source)
                replies = each(connections, b"ACL", b"DRYRUN", name, *request)
                differences += differing(replies, b"DRYRUN", *rules, b":", *request)
            if source.random() < 0.6:
                # Few users that are made at random could ever log in.
                differences += differing(each(connections, b"ACL", b"SETUSER", name, b"on", b"nopass"), b"on nopass")
            password = source.choice((b"secret", b"other", b"wrong"))
            replies = each(connections, b"AUTH", name, password)
            differences += differing(replies, b"AUTH", password, *rules)
            if replies[0] == b"+OK\r\n":
                tried += 1
                trials = [access_rules.trial(source) for _ in range(15)]
                for request in trials:
                    replies = each(connections, *request)
                    denied += replies[0].startswith(b"-NOPERM")
                    if request[:2] not in ([b"CLIENT", b"ID"], [b"COMMAND", b"COUNT"]) and request[0] != b"TIME":
                        differences += differing(replies, *rules, b":", *request)
                each(connections, b"RESET")
            if len(differences) > 40:
                break
    lines = "\n".join(f"{about}\n    ours   {ours!r}\n    theirs {theirs!r}" for about, ours, theirs in differences)
    assert not differences, lines
    assert tried > USERS / 10 and denied > tried


def test_a_user_sees_as_much_in_a_transaction_as_in_redis(both):
    with both[0].connect() as ours, both[1].connect() as theirs:
        connections = ours, theirs
        each(connections, "ACL", "SETUSER", "t", "reset", "on", "nopass", "~key:*", "+@all", "-config")
        each(connections, "AUTH", "t", "x")
        for request in (
            ["MULTI"], ["GET", "key:000001"], ["ACL", "SETUSER", "t", "-get", "resetkeys", "&n*", "-@transaction", "+exec"],
            ["GET", "key:000001"], ["EXISTS", "key:000001"], ["PING"], ["EXEC"], ["MULTI"],
            ["ACL", "SETUSER", "t", "+multi", "-exec"], ["MULTI"], ["PING"], ["EXEC"], ["EXEC"], ["PING"],
            ["ACL", "SETUSER", "t", "+exec", "+select"], ["MULTI"], ["GET", "x"], ["EXEC"], ["SUBSCRIBE", "x"],
            ["PSUBSCRIBE", "n*"], ["PSUBSCRIBE", "n"], ["PUNSUBSCRIBE", "x"],
        ):
            replies = each(connections, *request)
            assert replies[0] == replies[1], request


def test_patterns_of_sort_are_for_those_who_may_read_all_keys_as_in_redis(both):
    users = {
        "some": ["~key:*"], "reader": ["%R~*"], "writer": ["%W~*", "%R~key:*"], "all": ["~*"], "stars": ["~key:*", "~**"],
        "by-another": ["~key:*", "(~* +get)"], "by-one": ["~key:*", "(~* +sort_ro)"],
    }
    options = (
        "BY key:*", "BY nosort", "BY key:x", "GET #", "GET key:*", "GET other", "BY nosort GET #", "BY * BAD", "BAD BY *",
        "LIMIT x 1 BY *", "BY * LIMIT x 1", "LIMIT BY *", "BY x*->f", "GET x->f", "BY", "GET", "by * get *", "DESC GET *",
        "LIMIT 0 1 ASC ALPHA BY \\*", "BY k STORE key:x", "STORE",
    )
    with both[0].connect() as ours, both[1].connect() as theirs:
        connections = ours, theirs
        differences, denied = [], 0
        for name, rules in users.items():
            each(connections, "ACL", "SETUSER", name, "reset", "on", "nopass", "+@all", *rules)
            each(connections, "AUTH", name, "x")
            for key in ("key:000001", "key:nosuch", "other"):
                for text in options:
                    words = ["SORT_RO", key, *text.split()]
                    replies = each(connections, *words)
                    denied += b"option of SORT denied" in replies[0]
                    differences += differing(replies, name, *words)
            for words in (["MULTI"], ["SORT_RO", "key:000001", "GET", "#"], ["SORT_RO", "key:nosuch"], ["EXEC"]):
                differences += differing(each(connections, *words), name, *words)
        each(connections, "RESET")
        assert not differences, differences
        assert denied > 80


def test_refusals_are_logged_as_in_redis(both):
    with both[0].connect() as ours, both[1].connect() as theirs:
        connections = ours, theirs
        each(connections, "ACL", "LOG", "RESET")
        each(connections, "ACL", "SETUSER", "l", "reset", "on", ">pw", "~key:*", "+get", "+subscribe", "+multi", "+acl|log")
        for request in (
            ["AUTH", "l", "wrong"], ["auth", "l", "wrong"], ["AUTH", "nobody", "x"], ["HELLO", "3", "AUTH", "l", "no"],
            ["AUTH", "l", "pw"], ["GET", "nosuch"], ["GET", "nosuch"], ["SET", "k", "v"], ["CONFIG", "GET", "x"], ["MULTI"],
            ["PING"], ["RESET"], ["AUTH", "l", "pw"], ["SUBSCRIBE", "c"], ["GET", "nosuch"], ["RESET"],
        ):
            replies = each(connections, *request)
            assert replies[0] == replies[1], request
        logs = [connection.ask("ACL", "LOG", 100) for connection in connections]
        fields = [[dict(zip(entry[::2], entry[1::2])) for entry in log] for log in logs]
        for log in fields:
            for entry in log:
                age, client = float(entry.pop(b"age-seconds")), entry.pop(b"client-info")
                assert 0 <= age < 60 and client.startswith(b"id=") and b" user=" in client
        assert fields[0] == fields[1]
        assert len(fields[0]) >= 7
        shorter = [len(connection.ask("ACL", "LOG", 2)) for connection in connections]
        assert shorter == [2, 2]
        # The same counters are told by both, and both have counted what was asked since they began.
        counts = [decode(connection.call("INFO", "stats")) for connection in connections]
        for count in counts:
            told = dict(line.split(b":") for line in count.split(b"\r\n") if line.startswith(b"acl_access_denied"))
            assert len(told) == 4 or not told


def test_users_that_go_take_their_connections_along_as_in_redis(both):
    for server in both:
        with server.connect() as admin, server.connect() as one, server.connect() as other, server.connect() as listener:
            for name in ("gone", "stays"):
                admin.ask("ACL", "SETUSER", name, "reset", "on", "nopass", "+@all", "~*", "&a*", "&b")
            assert one.ask("AUTH", "gone", "x") == "+OK" and other.ask("AUTH", "stays", "x") == "+OK"
            assert admin.ask("ACL", "DELUSER", "gone", "nobody") == 1
            assert one.read_to_end() == b""
            assert other.ask("ACL", "WHOAMI") == b"stays"
            assert listener.ask("AUTH", "stays", "x") == "+OK"
            listener.call("SUBSCRIBE", "ab", "b")
            listener.reply()
            # What is added, or taken away from what it does not listen to, does not touch it.
            assert admin.ask("ACL", "SETUSER", "stays", "&c", "+get") == "+OK"
            assert listener.call("PING") == b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"
            assert admin.ask("ACL", "SETUSER", "stays", "resetchannels", "&a*") == "+OK"
            assert listener.read_to_end() == b""
            assert other.ask("CLIENT", "KILL", "USER", "stays") == 0
            assert admin.ask("CLIENT", "KILL", "USER", "stays") == 1
            assert other.read_to_end() == b""
            # A monitor goes with its right to be one, though Redis lets it go on.
            if server is both[0]:
                with server.connect() as monitor:
                    admin.ask("ACL", "SETUSER", "stays", "+@all")
                    assert monitor.ask("AUTH", "stays", "x") == "+OK" and monitor.ask("MONITOR") == "+OK"
                    assert admin.ask("ACL", "SETUSER", "stays", "-monitor") == "+OK"
                    assert admin.ask("ECHO", "not for all") == b"not for all"
                    assert b"not for all" not in monitor.read_to_end()
            # Who deletes itself has the reply first.
            admin.ask("ACL", "SETUSER", "self", "reset", "on", "nopass", "+@all", "~*")
            with server.connect() as itself:
                assert itself.ask("AUTH", "self", "x") == "+OK"
                assert itself.ask("ACL", "DELUSER", "self") == 1
                assert itself.read_to_end() == b""
