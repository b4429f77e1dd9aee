"""Passwords, users, and who is let in: what goes beyond what Redis does is here, the rest is held beside Redis."""

import os
import signal
import socket

import pytest

from support.addresses import other_address
from support.resp import request, wait_until
from support.server import almanac, raise_descriptor_limit

NOAUTH = "-NOAUTH Authentication required."
WRONG = "-WRONGPASS invalid username-password pair or user is disabled."


def test_a_password_is_asked_for_and_never_shown(small, serve, tmp_path):
    secret = "correct horse"
    with serve(small, flags=("--log-level", "debug"), env={"ALMANAC_PASSWORD": secret}) as server:
        with server.connect() as connection:
            assert connection.ask("GET", "key:000001") == NOAUTH
            assert connection.ask("PING") == NOAUTH
            assert connection.ask("HELLO", 3).startswith("-NOAUTH HELLO must be called")
            assert connection.ask("AUTH", "wrong") == WRONG
            assert connection.ask("AUTH", "default", "wrong") == WRONG
            assert connection.ask("NOSUCH").startswith("-ERR unknown command")
            assert connection.ask("AUTH", secret) == "+OK"
            assert connection.ask("GET", "key:000001") == b"value of 1"
            assert connection.ask("CONFIG", "GET", "requirepass") == [b"requirepass", b"(hidden)"]
            everything = connection.ask("CONFIG", "GET", "*")
            assert secret.encode() not in everything
            assert connection.ask("CONFIG", "SET", "requirepass", "battery staple") == "+OK"
            assert connection.ask("GET", "key:000001") == b"value of 1"
            assert connection.ask("RESET") == "+RESET"
            assert connection.ask("GET", "key:000001") == NOAUTH
            hello = connection.ask("HELLO", 3, "AUTH", "default", "battery staple", "SETNAME", "me")
            assert hello[b"proto"] == 3
            slow = connection.ask("CONFIG", "SET", "slowlog-log-slower-than", 0)
            assert slow == "+OK"
            connection.ask("AUTH", "battery staple")
            connection.ask("ACL", "SETUSER", "x", ">hidden")
            connection.ask("CONFIG", "SET", "requirepass", "battery staple")
            entries = repr(connection.ask("SLOWLOG", "GET", 20))
            assert "AUTH" in entries and "SETUSER" in entries and "(redacted)" in entries
            assert "battery" not in entries and "hidden" not in entries
            assert connection.ask("CONFIG", "SET", "requirepass", "") == "+OK"
        with server.connect() as connection:
            assert connection.ask("PING") == "+PONG"
    assert "refused a password" in server.log
    assert secret not in server.log and "battery" not in server.log
    printed = almanac("serve", small.directory, "--print-settings", "--password", secret)
    assert printed.returncode == 0 and secret.encode() not in printed.stdout
    assert b"# password: (hidden)" in printed.stdout


def test_a_password_file_is_read_again_on_a_signal(small, serve, tmp_path):
    path = tmp_path / "password"
    path.write_text("one\n")
    with serve(small, flags=("--password-file", path)) as server, server.connect() as connection:
        assert connection.ask("AUTH", "one") == "+OK"
        path.write_text("two\n")
        server.signal(signal.SIGHUP)
        with server.connect() as other:
            wait_until(lambda: other.ask("AUTH", "two") == "+OK", what="the new password")
            assert other.ask("AUTH", "one") == WRONG
        # Who was let in stays.
        assert connection.ask("PING") == "+PONG"
        path.write_text("\n")
        server.signal(signal.SIGHUP)
        wait_until(lambda: "users unchanged" in server.log, what="the mistake to be logged")
        with server.connect() as other:
            assert other.ask("AUTH", "two") == "+OK"


@pytest.mark.parametrize("flags, text", [
    (("--password-file", "/nosuch"), "password-file: /nosuch does not exist"),
    (("--password-file", "/dev/null", "--password", "x"), "there is a password in the settings as well"),
    (("--users-file", "/nosuch"), "users-file: Error loading ACLs, opening file '/nosuch'"),
])
def test_what_cannot_be_used_keeps_the_server_from_starting(small, flags, text):
    done = almanac("serve", small.directory, "--port", 0, *flags, timeout=60)
    assert done.returncode == 78 and text in done.stderr.decode()


def test_a_users_file_is_loaded_and_saved(small, serve, tmp_path):
    path = tmp_path / "users.acl"
    path.write_text("# who may do what\n\nuser reader on >pw ~key:* +@read (~other:* +get)\nuser default off\n")
    with serve(small, flags=("--users-file", path)) as server, server.connect() as connection:
        assert connection.ask("PING") == NOAUTH
        assert connection.ask("AUTH", "reader", "pw") == "+OK"
        assert connection.ask("GET", "key:000001") == b"value of 1"
        assert connection.ask("GET", "k").startswith("-NOPERM")
        assert connection.ask("ACL", "LOAD").startswith("-NOPERM")
        path.write_text("user default on nopass ~* &* +@all\nuser admin on >pw ~* &* +@all\n"
                        "user reader on >pw ~key:000002 +@read\n")
        server.signal(signal.SIGHUP)
        wait_until(lambda: connection.ask("GET", "key:000001") != b"value of 1", what="the new rules")
        assert connection.ask("GET", "key:000002") == b"value of 2"
        with server.connect() as admin:
            assert admin.ask("PING") == "+PONG"
            wait_until(lambda: "the default user needs no password from now on" in server.log, what="the warning")
            assert admin.ask("AUTH", "admin", "pw") == "+OK"
            assert admin.ask("ACL", "SETUSER", "third", "on", ">x", "~a b") .startswith("-ERR Error in ACL SETUSER")
            assert admin.ask("ACL", "SETUSER", "third", "on", ">x", "~a*", "db=0,3") == "+OK"
            assert admin.ask("ACL", "SAVE") == "+OK"
            lines = path.read_text().splitlines()
            assert [line.split()[1] for line in lines] == ["admin", "default", "reader", "third"]
            assert " ~a* resetchannels db=0,3 -@all" in lines[3] and ">x" not in lines[3]
            assert os.stat(path).st_mode & 0o777 == 0o600
            before = admin.ask("ACL", "LIST")
            assert admin.ask("ACL", "LOAD") == "+OK"
            assert admin.ask("ACL", "LIST") == before
            path.write_text("user admin on >pw +@nosuch\nusr x\nuser a (+get\nuser a on\nuser b >hidden #hidden\n")
            reply = admin.ask("ACL", "LOAD")
            assert f"{path}:1: Error in applying operation '+@nosuch': Unknown command or category name" in reply
            assert f"{path}:2 should start with user keyword" in reply and "Duplicate user 'a' found on line 4" in reply
            assert f"{path}:3: Unmatched parenthesis" in reply and "hidden" not in reply
            assert admin.ask("ACL", "LIST") == before
            # Users that are not in the file any more take their connections along.
            path.write_text("user default off\nuser admin on >pw ~* &* +@all\n")
            assert admin.ask("ACL", "LOAD") == "+OK"
            assert connection.read_to_end() == b""
            assert admin.ask("ACL", "WHOAMI") == b"admin"


def test_a_signal_never_opens_the_server(small, serve, tmp_path):
    path = tmp_path / "users.acl"
    closed = "user default on >secret ~* &* +@all\n"
    path.write_text(closed)
    with serve(small, flags=("--users-file", path)) as server, server.connect() as admin:
        def expect_closed(password):
            with server.connect() as stranger:
                assert stranger.ask("GET", "key:000001") == NOAUTH
                assert stranger.ask("AUTH", password) == "+OK"
        assert admin.ask("AUTH", "secret") == "+OK"
        assert admin.ask("CONFIG", "SET", "requirepass", "another") == "+OK"
        path.write_text(closed + "user x +@nosuch\n")
        server.signal(signal.SIGHUP)
        wait_until(lambda: "users unchanged" in server.log, what="the mistake to be logged")
        expect_closed("another")
        # The settings say something else than the server does now, and other changes must not carry that over.
        assert admin.ask("CONFIG", "SET", "maxclients", 100) == "+OK"
        expect_closed("another")
        path.write_text(closed)
        # Connections that come while the file is read again find a closed server, too.
        for number in range(20):
            server.signal(signal.SIGHUP)
            while server.log.count("settings read again") < number + 2:
                with server.connect() as stranger:
                    assert stranger.ask("PING") == NOAUTH
        expect_closed("secret")


@pytest.mark.parametrize("text", ["", "# nothing\n", "user reader on >pw ~key:* +@read\n"])
def test_a_cut_users_file_opens_nothing(small, serve, tmp_path, text):
    path = tmp_path / "users.acl"
    path.write_text(text)
    refused = almanac("serve", small.directory, "--port", 0, "--users-file", path, timeout=30)
    assert refused.returncode == 78 and b"says nothing of the user default" in refused.stderr, refused
    path.write_text("user default off\nuser reader on >pw ~key:* +@read +acl\n")
    with serve(small, flags=("--users-file", path)) as server, server.connect() as reader:
        assert reader.ask("AUTH", "reader", "pw") == "+OK"
        path.write_text(text)
        server.signal(signal.SIGHUP)
        wait_until(lambda: "users unchanged" in server.log, what="the refusal to be logged")
        assert "says nothing of the user default" in reader.ask("ACL", "LOAD")
        with server.connect() as stranger:
            assert stranger.ask("GET", "key:000001") == NOAUTH
    # With a password there is no doubt.
    with serve(small, flags=("--users-file", path), env={"ALMANAC_PASSWORD": "pw"}) as server:
        with server.connect() as stranger:
            assert stranger.ask("GET", "key:000001") == NOAUTH
            assert stranger.ask("AUTH", "pw") == "+OK"


def test_a_password_that_a_client_set_outlives_a_signal(small, serve):
    with serve(small) as server, server.connect() as admin:
        assert admin.ask("CONFIG", "SET", "requirepass", "pw", "maxclients", 100) == "+OK"
        for number in range(2):
            server.signal(signal.SIGHUP)
            wait_until(lambda: server.log.count("settings read again") > number, what="the settings to be read")
            assert admin.ask("CONFIG", "GET", "maxclients") != [b"maxclients", b"100"]
            with server.connect() as stranger:
                assert stranger.ask("PING") == NOAUTH
                assert stranger.ask("AUTH", "pw") == "+OK"
        assert "the password that a client has set stays" in server.log
        assert admin.ask("CONFIG", "SET", "requirepass", "") == "+OK"
        with server.connect() as stranger:
            assert stranger.ask("PING") == "+PONG"


def test_users_may_be_lines_of_the_settings_file(small, serve, tmp_path):
    settings = tmp_path / "almanac.yaml"

    def write(*users, more=""):
        lines = "".join(f"  {line}\n" for line in users)
        settings.write_text(f"users: |\n{lines}{more}" if users else f"log-level: info\n{more}")

    write("# who may do what", "user reader on >pw ~key:* +@read", "user default on nopass ~* &* +@all")
    with serve(small, flags=("--config", settings)) as server:
        with server.connect() as connection, server.connect() as admin:
            assert connection.ask("AUTH", "reader", "pw") == "+OK"
            assert connection.ask("GET", "key:000001") == b"value of 1"
            assert connection.ask("GET", "other").startswith("-NOPERM")
            # As in Redis, where users are in no file of their own.
            for command in ("LOAD", "SAVE"):
                assert admin.ask("ACL", command).startswith(
                    "-ERR This Redis instance is not configured to use an ACL file.")
            assert admin.ask("CONFIG", "GET", "users") == [b"users", b"(hidden)"]
            assert admin.ask("CONFIG", "SET", "users", "user x on").endswith("can't set immutable config")
            assert admin.ask("ACL", "SETUSER", "meanwhile", "on") == "+OK"
            write("user reader on >pw ~key:000002 +@read", "user default on nopass ~* &* +@all")
            server.signal(signal.SIGHUP)
            wait_until(lambda: connection.ask("GET", "key:000001") != b"value of 1", what="the new rules")
            assert admin.ask("ACL", "USERS") == [b"default", b"reader"]
            write("user reader on >hidden ~key:000002 +@nosuch")
            server.signal(signal.SIGHUP)
            wait_until(lambda: "users unchanged" in server.log, what="the mistake to be logged")
            assert connection.ask("GET", "key:000002") == b"value of 2"
            # To have no users any more must be said, too.
            write()
            server.signal(signal.SIGHUP)
            wait_until(lambda: "says nothing of the user default" in server.log, what="the refusal to be logged")
            assert connection.ask("GET", "key:000002") == b"value of 2"
            write("user default on nopass ~* &* +@all")
            server.signal(signal.SIGHUP)
            assert connection.read_to_end() == b""
            assert admin.ask("ACL", "USERS") == [b"default"]
    assert "hidden" not in server.log


@pytest.mark.parametrize("users, more, text", [
    ("user a on", "users-file: /dev/null", "there is a users-file as well"),
    ("user a on\n  user a off", "", "Duplicate user 'a' found on line 2"),
    ("user a >hidden +nosuch", "", "users:1: Error in applying operation '+nosuch': Unknown command"),
    ("user default on >hidden", "password: hidden", "and a password in the settings: one is too many"),
])
def test_users_of_the_settings_file_that_cannot_be_used_keep_the_server_from_starting(small, tmp_path, users, more, text):
    settings = tmp_path / "almanac.yaml"
    settings.write_text(f"users: |\n  {users}\n{more}\n")
    done = almanac("serve", small.directory, "--port", 0, "--config", settings, timeout=60)
    assert done.returncode == 78 and text in done.stderr.decode() and b"hidden" not in done.stderr


def test_users_may_be_kept_to_databases(built, serve):
    with serve(built("small"), built("other")) as server, server.connect() as connection:
        with server.connect() as admin:
            assert admin.ask("ACL", "SETUSER", "second", "on", "nopass", "+@all", "~*", "db=1") == "+OK"
            assert admin.ask("ACL", "GETUSER", "second")[-2:] != []
            assert b"db=1" in admin.ask("ACL", "GETUSER", "second")
            assert connection.ask("AUTH", "second", "x") == "+OK"
            denied = "-NOPERM this user has no permissions to access the database"
            assert connection.ask("GET", "key:000001") == denied
            for command in (["DBSIZE"], ["SCAN", 0], ["SELECT", 0], ["DATASET", "RANGE", "small", "a", "z"]):
                assert connection.ask(*command) == denied, command
            assert connection.ask("PING") == "+PONG"
            assert connection.ask("SELECT", 1) == "+OK"
            assert connection.ask("DBSIZE") > 0
            # Whole pipelines of look-ups as well, and without a connection's knowing.
            assert admin.ask("ACL", "SETUSER", "second", "resetdbs") == "+OK"
            connection.send(request("GET", "x") * 3)
            assert {connection.reply() for _ in range(3)} == {denied.encode() + b"\r\n"}
            assert admin.ask("ACL", "SETUSER", "second", "alldbs") == "+OK"
            assert connection.ask("GET", "x") is None


def test_rows_of_keys_that_are_not_named_are_for_those_who_may_read_them_all(small, serve):
    denied = "-NOPERM this user has no permissions to access one of the keys used as arguments"
    with serve(small) as server, server.connect() as connection:
        assert connection.ask("ACL", "SETUSER", "some", "on", "nopass", "+@read", "+@keyspace", "~key:*") == "+OK"
        assert connection.ask("AUTH", "some", "x") == "+OK"
        assert connection.ask("DATASET", "RANGE", "small", "key:000001", "key:000002") == denied
        assert connection.ask("DATASET", "PREFIX", "small", "ke") == denied
        assert len(connection.ask("DATASET", "PREFIX", "small", "key:00000", "LIMIT", 5)) > 0
        # Names alone may be walked over, as in Redis.
        assert connection.ask("SCAN", 0)[1]
        assert connection.ask("DATASET", "RELOAD").startswith("-NOPERM")
        assert connection.ask("DATASET", "LIST").startswith("-NOPERM")


def test_nobody_from_elsewhere_is_answered_without_a_password(small, serve):
    address = other_address()
    with serve(small, host="*") as server:
        def connect():
            return socket.create_connection((address, server.port), timeout=20)

        with connect() as peer, peer.makefile("rb") as answers:
            assert answers.readline().startswith(b"-DENIED protected mode: there is no password")
            assert answers.read() == b""
        with server.connect() as admin:
            assert admin.ask("PING") == "+PONG"
            assert admin.ask("CONFIG", "SET", "requirepass", "pw") == "+OK"
            with connect() as peer, peer.makefile("rb") as answers:
                peer.sendall(request("PING") + request("AUTH", "pw") + request("PING"))
                assert [answers.readline() for _ in range(3)] == [b"%b\r\n" % NOAUTH.encode(), b"+OK\r\n", b"+PONG\r\n"]
            assert admin.ask("CONFIG", "SET", "requirepass", "", "protected-mode", "no") == "+OK"
            with connect() as peer, peer.makefile("rb") as answers:
                peer.sendall(request("PING"))
                assert answers.readline() == b"+PONG\r\n"


def test_strangers_may_send_little_and_leave_little_unread(small, serve):
    with serve(small, flags=("--password", "pw")) as server:
        def refused(data):
            with server.connect() as connection:
                connection.send(data)
                return connection.read_to_end()

        assert refused(b"*11\r\n") == b"-ERR Protocol error: unauthenticated multibulk length\r\n"
        assert refused(b"*2\r\n$4\r\nAUTH\r\n$16385\r\n") == b"-ERR Protocol error: unauthenticated bulk length\r\n"
        assert refused(b"*2\r\n$-5\r\n") == b"-ERR Protocol error: invalid bulk length\r\n"
        with server.connect() as connection:
            # What was allowed to nobody is allowed as soon as the password is shown, in the same pipeline as well.
            many = request("MGET", *(f"key:{number:06d}" for number in range(20)))
            connection.send(request("AUTH", "pw") + many + request("ECHO", "x" * 20_000))
            assert connection.reply() == b"+OK\r\n"
            assert connection.reply().startswith(b"*20\r\n$10\r\nvalue of 0\r\n")
            assert len(connection.reply()) > 20_000
        with server.connect(receive_buffer=4096) as connection:
            # Replies that are not read would pile up here.
            connection.socket.settimeout(60)
            flood = request("PING") * 20_000
            with pytest.raises((ConnectionError, BrokenPipeError)):
                for _ in range(2_000):
                    connection.send(flood)
        with server.connect() as connection:
            assert connection.ask("AUTH", "pw") == "+OK"


def test_strangers_are_sent_away_in_time(small, serve):
    with serve(small, flags=("--password", "pw", "--auth-timeout", "1s")) as server:
        with server.connect() as stranger, server.connect() as friend:
            assert friend.ask("AUTH", "pw") == "+OK"
            assert stranger.read_to_end() == b""
            assert friend.ask("PING") == "+PONG"


def test_ten_thousand_strangers_hold_next_to_nothing_and_nobody_up(small, serve):
    count = 10_000
    if raise_descriptor_limit(count + 500) < count + 500:
        pytest.skip("too few descriptors may be open here")
    with serve(small, flags=("--password", "pw", "--clients-max", count + 100)) as server:
        with server.connect() as friend:
            assert friend.ask("AUTH", "pw") == "+OK"
            before = server.anonymous_bytes()
            strangers = []
            try:
                for number in range(count):
                    strangers.append(socket.create_connection(server.address, timeout=60))
                    if number % 1_000 == 0:
                        assert friend.ask("GET", "key:000001") == b"value of 1"
                for stranger in strangers:
                    stranger.sendall(request("PING"))
                # Half a request each, which is kept.
                for stranger in strangers:
                    assert stranger.recv(100).startswith(b"-NOAUTH")
                    stranger.sendall(b"*2\r\n$4\r\nAUTH\r\n$16384\r\nxxx")
                assert friend.ask("GET", "key:000001") == b"value of 1"
                wait_until(lambda: friend.ask("INFO", "clients").find(b"connected_clients:%d" % (count + 1)) > 0,
                           what="all strangers to be connected")
                assert server.anonymous_bytes() - before < count * 8_192
            finally:
                for stranger in strangers:
                    stranger.close()
