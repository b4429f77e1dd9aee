"""The admin server: what probes, scripts and operators ask over HTTP."""

import re
import signal
import time

import pytest

from support import web
from support.data_directory import DataDirectory
from support.resp import wait_until
from support.server import Almanac, almanac, free_port

pytestmark = pytest.mark.almanac_only


@pytest.fixture
def data(tmp_path):
    """Version A, announced."""
    directory = DataDirectory(tmp_path / "data")
    directory.add("A")
    return directory


def test_what_probes_and_scripts_ask(data, serve):
    port = free_port()
    with serve(data.path, flags=("--admin-port", port, "--loops", 2)) as server:
        assert f"admin server listening address=127.0.0.1:{port}" in server.log
        for path in ("/livez", "/readyz"):
            reply = web.get(port, path)
            assert (reply.status, reply.text) == (200, "ok\n")
        wait_until(lambda: web.get(port, "/warmz").status == 200, what="the version to be in memory")
        verbose = web.get(port, "/livez?verbose")
        assert verbose.text == "[+]process ok\n[+]control ok\n[+]loop-0 ok\n[+]loop-1 ok\nall is well\n"
        assert web.get(port, "/readyz?verbose").text == "[+]start ok\n[+]dataset-data ok\nall is well\n"

        version = web.get(port, "/version")
        assert version.headers["Content-Type"] == "application/json"
        assert version.json == {"name": "almanac", "version": almanac("--version").stdout.decode().strip()}

        dataset, = web.get(port, "/datasets").json["datasets"]
        assert dataset["name"] == "data" and dataset["database"] == 0
        assert (dataset["version"], dataset["keys"], dataset["keys_exact"]) == ("A", 1000, True)
        assert (dataset["state"], dataset["format"], dataset["pinned"]) == ("serving", "packed", False)
        assert dataset["bytes"] > 0 and 0 <= dataset["age_seconds"] < 3600 and dataset["swaps"] == 0
        assert "staged" not in dataset and "last_refusal" not in dataset

        missing = web.get(port, "/metricz")
        assert missing.status == 404 and "\n/readyz " in missing.text
        assert web.get(port, "/endpoints").text in missing.text


def test_datasets_tell_of_swaps_and_refusals(data, serve):
    port = free_port()
    with serve(data.path, flags=("--admin-port", port)) as server, server.connect() as client:
        data.add("B")
        assert client.ask("DATASET", "RELOAD").startswith("+OK B ")
        dataset, = web.get(port, "/datasets").json["datasets"]
        assert (dataset["version"], dataset["swaps"]) == ("B", 1)
        assert dataset["last_swap"]["milliseconds"] >= 0
        assert "open" in [phase["name"] for phase in dataset["last_swap"]["phases"]]
        data.add("C", keys=10)
        assert client.ask("DATASET", "RELOAD").startswith("-")
        dataset, = web.get(port, "/datasets").json["datasets"]
        assert dataset["version"] == "B" and dataset["last_refusal"]["version"] == "C"
        assert web.get(port, "/readyz").status == 200


def test_datasets_tell_where_a_version_is_from_since_when_it_serves_and_who_keeps_another(data, serve):
    port, began = free_port(), int(time.time())

    def told():
        return web.get(port, "/datasets").json["datasets"][0]

    flags = ("--admin-port", port, "--rollback-window", "0s")
    with serve(data.path, flags=flags) as server, server.connect() as client, server.connect() as staying:
        dataset = told()
        assert dataset["path"] == str(data.path) and dataset["retired"] == [] and "staged" not in dataset
        started = dataset["serving_since_seconds"]
        assert began <= started <= time.time()
        assert staying.ask("DATASET", "USE", "data", "A") == "+OK"
        data.add("B")
        assert client.ask("DATASET", "RELOAD").startswith("+OK B ")
        wait_until(lambda: told()["retired"] == [{"version": "A", "clients": 1}], what="the old version to be told of")
        dataset = told()
        assert started <= dataset["serving_since_seconds"] <= time.time()
        assert dataset["serving_since_seconds"] - dataset["last_swap"]["unix_seconds"] in (-1, 0)
        # The page's own JSON has the same to tell.
        page, = web.get(port, "/status.json").json["datasets"]
        assert {name: page[name] for name in dataset if name not in ("age_seconds", "residency")} == {
            name: value for name, value in dataset.items() if name not in ("age_seconds", "residency")}
        assert staying.ask("DATASET", "USE", "latest") == "+OK"
        wait_until(lambda: told()["retired"] == [], what="the old version to be closed")


def test_a_server_that_waits_is_alive_and_not_ready_and_says_why(tmp_path, logs):
    port = free_port()
    directory = DataDirectory(tmp_path / "data")
    directory.path.mkdir()
    server = Almanac(logs, [directory.path], ["--wait", "yes", "--admin-port", port])
    server.start()
    try:
        wait_until(lambda: "waiting for the first version" in server.log, what="the server to wait")
        assert web.get(port, "/livez").status == 200
        for path in ("/readyz", "/warmz"):
            reply = web.get(port, path)
            assert reply.status == 503
            assert re.fullmatch(r"\[-\]start waiting for the first version of data: .*\n", reply.text)
        reply = web.get(port, "/datasets")
        assert reply.status == 503 and "starting" in reply.text
        directory.add("A")
        wait_until(lambda: web.get(port, "/readyz").status == 200, what="the server to be ready")
        assert server.answers()
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    finally:
        server.kill()


def test_a_server_that_waits_ends_at_a_signal_though_an_admin_connection_is_open(tmp_path, logs):
    port = free_port()
    (tmp_path / "data").mkdir()
    server = Almanac(logs, [tmp_path / "data"], ["--wait", "yes", "--admin-port", port])
    server.start()
    try:
        wait_until(lambda: web.answers(port), what="the admin server")
        with web.socket.create_connection(("127.0.0.1", port)):
            server.signal(signal.SIGTERM)
            assert server.wait(30) == 0
    finally:
        server.kill()


def test_before_a_drain_the_server_goes_on_for_a_while_and_is_not_ready(data, serve):
    port = free_port()
    with serve(data.path, flags=("--admin-port", port, "--drain-delay", "600s")) as server:
        with server.connect() as client:
            assert client.call("PING") == b"+PONG\r\n"
            assert web.get(port, "/readyz").status == 200
            server.signal(signal.SIGTERM)
            wait_until(lambda: web.get(port, "/readyz").status == 503, what="the server to be unready")
            assert web.get(port, "/readyz").text == "[-]stop the server is stopping\n"
            # All else goes on: clients come and are answered, versions swap, settings change.
            assert web.get(port, "/livez").status == 200
            assert client.call("PING") == b"+PONG\r\n"
            with server.connect() as late:
                assert late.call("PING") == b"+PONG\r\n"
                data.add("B")
                assert late.ask("DATASET", "RELOAD").startswith("+OK B ")
                assert late.ask("CONFIG", "SET", "maxclients", "77") == "+OK"
        # Who does not want to wait says so again.
        server.signal(signal.SIGTERM)
        assert server.wait(30) == 0
        assert "going to stop seconds=600" in server.log


def test_a_drain_delay_ends_by_itself(data, serve):
    with serve(data.path, flags=("--admin-port", free_port(), "--drain-delay", "200ms")) as server:
        server.signal(signal.SIGTERM)
        assert server.wait(30) == 0


def test_an_address_that_is_taken_is_named(data, logs, serve):
    port = free_port()
    with serve(data.path, flags=("--admin-port", port)):
        done = almanac("serve", data.path, "--port", free_port(), "--admin-port", port, timeout=60)
        assert done.returncode == 74
        assert f"admin-port: cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr.decode()


def test_an_address_to_listen_on(data, serve):
    port = free_port()
    with serve(data.path, flags=("--admin-port", port, "--admin-bind", "127.0.0.2 -192.0.2.1")):
        assert web.get(port, "/livez", host="127.0.0.2").status == 200
        with pytest.raises(ConnectionRefusedError):
            web.get(port, "/livez", host="127.0.0.1")


def test_a_loop_that_stands_still_is_told_of(data, serve):
    """Stands still itself, the process asks its loops for nothing; so this sees only that a living one is not blamed."""
    port = free_port()
    with serve(data.path, flags=("--admin-port", port)) as server:
        assert web.get(port, "/livez").status == 200
        server.signal(signal.SIGSTOP)
        server.signal(signal.SIGCONT)
        for _ in range(3):
            assert web.get(port, "/livez").status == 200


def test_printed_settings_keep_the_two_lists_of_addresses_apart(data):
    done = almanac("serve", data.path, "--admin-bind", "::1", "--bind", "127.0.0.1", "--print-settings")
    text = done.stdout.decode()
    assert re.search(r"^bind:[^\n]*\n *- \"?127\.0\.0\.1", text, re.M), text
    assert re.search(r"^admin-bind:[^\n]*\n *- \"?::1", text, re.M), text
