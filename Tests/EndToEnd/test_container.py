"""The image, run as it is meant to be: confined, stopped, killed, and with a sidecar that brings it versions."""

import re
import time

import pytest

from support import containers, web
from support.containers import USER, Composition, Demonstration, ServerContainer, Volume, commands, pairs, publish
from support.data import numbered_pairs, numbered_value
from support.resp import bulk, request, wait_until
from support.server import almanac

pytestmark = [
    pytest.mark.skipif(bool(containers.obstacle()), reason=containers.obstacle()),
    pytest.mark.almanac_only,
]


@pytest.fixture(scope="module")
def podman(tmp_path_factory):
    return containers.working_podman(tmp_path_factory.mktemp("podman"))


@pytest.fixture
def volume(podman):
    with Volume(podman) as volume:
        yield volume


def bytes_setting(text, name):
    """A size as --print-settings prints it."""
    number, unit = re.search(rf"^{name}: (\d+)(|KiB|MiB|GiB)\b", text, re.M).groups()
    return int(number) << {"": 0, "KiB": 10, "MiB": 20, "GiB": 30}[unit]


def test_the_image_runs_as_a_numbered_user_and_starts_the_program_itself(podman):
    printed = podman("image", "inspect", "--format", "{{.Config.User}} {{json .Config.Entrypoint}}", containers.IMAGE)
    assert printed == f'{USER}:{USER} ["/usr/local/bin/almanac"]'
    version = podman("run", "--rm", containers.IMAGE, "--version")
    label = podman(
        "image", "inspect", "--format", '{{index .Labels "org.opencontainers.image.version"}}', containers.IMAGE)
    assert version == label


def test_the_image_has_every_role(podman):
    printed = podman("run", "--rm", containers.IMAGE, "help")
    for role in ("serve", "build", "publish", "sync", "versions"):
        assert re.search(rf"^  {role}\b", printed, re.M), f"no {role} in: {printed}"


def test_a_server_has_no_powers_and_nowhere_to_write_but_its_volume(podman, volume):
    volume.build(pairs("v1"), "v1")
    with ServerContainer(podman, volume) as server:
        server.wait_for_answer()
        with server.connect() as connection:
            assert connection.call("GET", "key:7") == bulk(b"v1")
        status = server.status()
        assert set(status["Uid"].split()) == set(status["Gid"].split()) == {str(USER)}
        assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert status["NoNewPrivs"].strip() == "1"
        assert "ro" in server.root_options()
        podman("healthcheck", "run", server.name)


def test_the_kernel_s_calls_that_the_program_does_not_make_are_refused(podman, volume):
    make = ["--rm", "--volume", f"{volume.name}:/data", "--entrypoint", "/usr/bin/mkfifo"]
    # What podman itself would let by.
    podman("run", *make, containers.IMAGE, "/data/first")
    done = podman.call("run", *make, "--security-opt", f"seccomp={containers.SECCOMP_PROFILE}", containers.IMAGE, "/data/x")
    assert done.returncode != 0 and "Function not implemented" in done.stderr, done.stderr


@pytest.mark.parametrize("format", ["packed", "rocksdb"])
def test_every_role_works_with_the_calls_that_it_is_allowed(podman, volume, format):
    def run(*arguments, stdin=None):
        return podman(
            "run", "--rm", "--interactive", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt",
            "no-new-privileges", "--security-opt", f"seccomp={containers.SECCOMP_PROFILE}", "--volume",
            f"{volume.name}:/data", containers.IMAGE, *arguments, stdin=stdin)

    rows = commands(pairs("v1")).decode("latin-1")
    run("build", "-", "--input-format", "resp", "--version-id", "v1", "--output", "/data/v1", "--format", format, "--quiet",
        stdin=rows)
    run("verify", "/data/v1")
    run("inspect", "/data/v1", "--key", "key:7")
    podman("run", "--rm", "--volume", f"{volume.name}:/data", "--entrypoint", "/bin/mkdir", containers.IMAGE,
           "/data/published")
    run("publish", "/data/v1", "/data/published")
    run("sync", "--source", "/data/published", "--data-dir", "/data/served", "--once", "--reserve", "64MiB")
    assert re.search(r"^v1 +current", run("versions", "/data/served"), re.M)
    with ServerContainer(podman, volume, command=("serve", "/data/served")) as server:
        server.wait_for_answer()
        with server.connect() as connection:
            assert connection.call("GET", "key:7") == bulk(b"v1")
            # A walk goes to the readers, and a dump of the state to the log.
            assert connection.call("DBSIZE") == b":100\r\n"
            server.signal("USR1")
            wait_until(lambda: " state " in server.log, what="the state to be logged")
            server.signal("HUP")
            wait_until(lambda: "settings read again" in server.log, what="the settings to be read again")


def test_a_stop_answers_what_was_asked_and_ends_with_0(podman, volume):
    volume.build(pairs("v1"), "v1")
    with ServerContainer(podman, volume) as server:
        server.wait_for_answer()
        with server.connect() as connection:
            connection.send(request("GET", "key:1") * 1000)
            # Received by then, since they come in order.
            assert connection.reply() == bulk(b"v1")
            begin = time.monotonic()
            code = server.stop(30)
            took = time.monotonic() - begin
            assert connection.replies(999) == [bulk(b"v1")] * 999
            assert connection.read_to_end() == b""
        assert code == 0, server.log
        # Or else podman has waited for its grace time and killed it.
        assert took < 25
        assert "stopped" in server.log


def test_a_server_on_an_empty_volume_waits_for_a_version_and_takes_another_by_sighup(podman, volume):
    with ServerContainer(podman, volume) as server:
        wait_until(lambda: "waiting for the first version" in server.log, what="the server to wait")
        assert podman.call("healthcheck", "run", server.name).returncode != 0
        volume.build(pairs("v1"), "v1")
        server.wait_for_answer()
        with server.connect() as connection:
            assert connection.call("GET", "key:1") == bulk(b"v1")
            volume.build(pairs("v2"), "v2")
            assert connection.call("GET", "key:1") == bulk(b"v1")
            podman("kill", "--signal", "HUP", server.name)
            wait_until(lambda: connection.call("GET", "key:1") == bulk(b"v2"), what="the second version")


def test_a_server_that_waits_stops_when_it_is_told_to(podman, volume):
    with ServerContainer(podman, volume) as server:
        wait_until(lambda: "waiting for the first version" in server.log, what="the server to wait")
        assert server.stop(30) == 0


def test_defaults_follow_the_container_s_limits(podman):
    printed = podman(
        "run", "--rm", "--memory", "256m", "--cpus", "1", containers.IMAGE, "serve", "/data", "--print-settings")
    assert bytes_setting(printed, "cache-size") == 64 << 20
    assert bytes_setting(printed, "row-cache-size") == 32 << 20
    assert re.search(r"^loops: 1 ", printed, re.M), printed


def test_a_dataset_larger_than_the_memory_limit_is_served_within_it(podman, volume):
    limit, count, size = 96 << 20, 160_000, 1000
    volume.build(numbered_pairs(count, size), "v1")
    with ServerContainer(podman, volume, "--memory", limit, "--memory-swap", limit) as server:
        server.wait_for_answer()
        with server.connect() as connection:
            facts = connection.ask("INFO", "dataset")
            assert int(re.search(rb"dataset0_bytes:(\d+)", facts)[1]) > 1.5 * limit
            for first in range(0, count, 500):
                numbers = range(first, first + 500)
                connection.send(b"".join(request("GET", b"key:%012d" % number) for number in numbers))
                assert connection.replies(500) == [bulk(numbered_value(number, size)) for number in numbers]
        assert not server.state["OOMKilled"]
        resident = int(server.status()["VmHWM"].split()[0]) << 10
        assert resident < limit


def test_a_swap_of_versions_that_take_most_of_the_memory_limit_stays_within_it(podman, volume):
    limit, count = 128 << 20, 90_000
    sizes = {"v1": 1000, "v2": 1001}

    def run(*arguments, stdin=None):
        podman("run", "--rm", "--interactive", "--volume", f"{volume.name}:/data", containers.IMAGE, *arguments,
               stdin=stdin)

    def bring(version):
        rows = commands(numbered_pairs(count, sizes[version])).decode("latin-1")
        run("build", "-", "--input-format", "resp", "--version-id", version, "--output", f"/data/{version}", "--quiet",
            stdin=rows)
        run("publish", f"/data/{version}", "/data/published")
        # What it writes leaves the page cache, so that it is the server who is charged for what it brings back.
        run("sync", "--source", "/data/published", "--data-dir", "/data/served", "--once", "--reserve", "64MiB")

    def check(version):
        with server.connect() as connection:
            wait_until(lambda: f"version:{version}".encode() in connection.ask("INFO", "dataset"), what="the swap")
            for first in range(0, count, 500):
                numbers = range(first, first + 500)
                connection.send(b"".join(request("GET", b"key:%012d" % number) for number in numbers))
                values = [bulk(numbered_value(number, sizes[version])) for number in numbers]
                assert connection.replies(500) == values

    podman("run", "--rm", "--volume", f"{volume.name}:/data", "--entrypoint", "/bin/mkdir", containers.IMAGE,
           "/data/published")
    bring("v1")
    with ServerContainer(podman, volume, "--memory", limit, "--memory-swap", limit,
                         command=("serve", "/data/served")) as server:
        server.wait_for_answer()
        check("v1")
        pid = server.pid
        bring("v2")
        server.signal("HUP")
        check("v2")
        assert server.pid == pid and not server.state["OOMKilled"], server.log


def test_a_sidecar_brings_versions_and_a_killed_server_comes_back_with_the_last_one(podman, tmp_path):
    published = tmp_path / "published"
    published.mkdir()
    with Composition(podman, published) as composition:
        server, sidecar = composition.container("server"), composition.container("sidecar")
        wait_until(lambda: "waiting for the first version" in server.log, what="the server to wait")
        publish("v1", tmp_path, published)
        wait_until(composition.answers, what="the first version to be served")
        with composition.connect() as connection:
            assert connection.call("GET", "key:5") == bulk(b"v1")
            publish("v2", tmp_path, published)
            # On the connection that was there before.
            wait_until(lambda: connection.call("GET", "key:5") == bulk(b"v2"), what="the second version")
        # It was told, and did not find it by itself.
        wait_until(lambda: 'answer="OK v2 is being served, after v1' in sidecar.log, what="the server's answer")

        for container in (server, sidecar):
            status = container.status()
            assert set(status["Uid"].split()) == {str(USER)}
            assert int(status["CapEff"], 16) == 0
            assert "ro" in container.root_options()

        killed, companion = server.pid, sidecar.pid
        server.kill_outright()
        wait_until(lambda: server.pid not in (0, killed), what="the server to be started again")
        wait_until(composition.answers, what="the server to answer again")
        with composition.connect() as connection:
            assert connection.call("GET", "key:5") == bulk(b"v2")
            publish("v3", tmp_path, published)
            wait_until(lambda: connection.call("GET", "key:5") == bulk(b"v3"), what="the third version")
        assert sidecar.pid == companion

        assert server.stop(20) == 0
        assert sidecar.stop(20) == 0


def test_the_demonstration_swaps_is_scraped_and_refuses_what_is_spoilt(podman):
    # Long enough for a spoilt version to be met before the next good one.
    with Demonstration(podman, PUBLISH_SECONDS="15", SIDECAR_INTERVAL="1s") as demonstration:
        assert f"http://127.0.0.1:{demonstration.admin_port}/" in demonstration.said
        sidecar = demonstration.container("sidecar")

        def value():
            with demonstration.connect() as connection:
                return connection.call("GET", "A-5")

        def wait_for_swap(before):
            wait_until(lambda: value() != before, what="another version", deadline=60)

        def jobs_that_are_up():
            reply = web.get(demonstration.prometheus_port, "/api/v1/query?query=up")
            assert reply.status == 200, reply.text
            return {row["metric"]["job"] for row in reply.json["data"]["result"] if row["value"][1] == "1"}

        first = value()
        assert first.startswith(b"$")
        wait_for_swap(first)
        demonstration.run("spoil", "damaged")
        wait_until(lambda: "-damaged is corrupt at its source" in sidecar.log, what="the damage to be noticed")
        # A good one ends that.
        wait_for_swap(value())
        demonstration.run("spoil", "small")
        wait_until(lambda: "it has 100 keys, less than 0.8 times the 100000" in sidecar.log, what="the refusal")
        with demonstration.connect() as connection:
            assert connection.call("GET", "A-99999").startswith(b"$")
        wait_until(lambda: jobs_that_are_up() == {"almanac", "almanac-sync"}, what="both to be scraped")
