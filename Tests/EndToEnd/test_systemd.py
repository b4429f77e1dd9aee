"""A server under systemd: what it tells the service manager, sockets that it is handed, and the units."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from support import web
from support.certificates import Authority
from support.data_directory import DataDirectory, value
from support.resp import Connection, bulk, wait_until
from support.server import BINARY, ENVIRONMENT, ROOT, Process, free_port
from support.service_manager import NotifySocket, held_thread

pytestmark = pytest.mark.almanac_only
UNITS = ROOT / "docker/systemd"
SERVICES = ["almanac.service", "almanac-sync.service"]
SOCKETS = ["almanac.socket", "almanac-tls.socket", "almanac-admin.socket"]
# Of 10, and less is better: what is left is the network, which is what a server is for.
EXPOSURE_MAX = 1.5
VALUE = bulk(value("v1", 1))


@pytest.fixture(params=["file", "name"])
def notify(request, tmp_path):
    with NotifySocket(tmp_path / "notify" if request.param == "file" else None) as notify:
        yield notify


@pytest.fixture
def versions(data):
    versions = DataDirectory(data)
    versions.add("v1")
    return versions


def test_a_server_tells_when_it_is_ready_reloads_swaps_and_stops(versions, serve, notify):
    with serve(f"users={versions.path}", env={"NOTIFY_SOCKET": notify.name}) as server:
        place = notify.wait_for("READY=1")
        assert notify.told[:place] == ["STATUS=opening the datasets", "READY=1"]
        place = notify.wait_for("STATUS=serving users v1", place)
        versions.add("v2")
        server.signal(signal.SIGHUP)
        begun = notify.wait_for("RELOADING=1", place)
        assert notify.told[begun].startswith("MONOTONIC_USEC=")
        place = notify.wait_for("READY=1", begun)
        notify.wait_for("STATUS=serving users v2", place)
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        notify.wait_for("STOPPING=1", place)
        assert "WATCHDOG=1" not in notify.told


def test_a_server_that_waits_for_its_first_version_is_not_ready(data, serve, logs):
    data.mkdir()
    with NotifySocket() as notify:
        server = serve(data, flags=("--wait", "yes"), env={"NOTIFY_SOCKET": notify.name})
        server.start()
        try:
            wait_until(lambda: "waiting for the first version" in server.log, what="the server to wait")
            assert notify.read() == ["STATUS=opening the datasets, or waiting for a first version"]
            DataDirectory(data).add("v1")
            notify.wait_for("READY=1")
            with server.connect() as connection:
                assert connection.call("PING") == b"+PONG\r\n"
        finally:
            server.kill()


@pytest.mark.parametrize("thread", ["loop-0", "loop-1", "control"])
def test_the_watchdog_hears_nothing_while_a_thread_hangs_and_livez_says_the_same(versions, serve, thread):
    port = free_port()
    with NotifySocket() as notify:
        env = {"NOTIFY_SOCKET": notify.name, "WATCHDOG_USEC": "200000"}
        with serve(f"users={versions.path}", flags=("--loops", 2, "--admin-port", port), env=env) as server:
            place = notify.wait_for("WATCHDOG=1")
            notify.wait_for("WATCHDOG=1", place)
            with held_thread(server.pid, thread):
                place = notify.wait_for(f"STATUS=no answer from {thread}")
                # Twice more it looks, and both times finds the same.
                wait_until(lambda: server.log.count(f"threads do not answer threads={thread}") >= 3)
                assert "WATCHDOG=1" not in notify.read()[place:]
                livez = web.get(port, "/livez")
                assert livez.status == 503 and livez.text.startswith(f"[-]{thread} has not answered for "), livez.text
            place = notify.wait_for("WATCHDOG=1", place)
            notify.wait_for("STATUS=serving users v1", place)
            assert web.get(port, "/livez").status == 200
            with server.connect() as connection:
                assert connection.call("PING") == b"+PONG\r\n"


def test_a_watchdog_of_another_process_is_not_fed(versions, serve):
    with NotifySocket() as notify:
        env = {"NOTIFY_SOCKET": notify.name, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}
        with serve(f"users={versions.path}", env=env):
            notify.wait_for("STATUS=serving users v1")
        assert "STOPPING=1" in notify.read() and "WATCHDOG=1" not in notify.told


class Handed(Process):
    """A server that is started with these sockets, as systemd hands them over."""

    name = "handed"

    def __init__(self, logs, sockets, *arguments, count=None, names=None):
        super().__init__(logs)
        # A shell's process id is that of what it becomes; descriptors from 3 on are the sockets.
        moves = " ".join(f"{place}<&{listener.fileno()}" for place, listener in enumerate(sockets, 3))
        promise = f"LISTEN_FDS={count or len(sockets)}" + (f" LISTEN_FDNAMES={':'.join(names)}" if names else "")
        script = f'exec {moves}; export LISTEN_PID=$$ {promise}; exec "$@"'
        self.log_path = self.log_directory / "handed.log"
        with open(self.log_path, "wb") as log:
            self.child = subprocess.Popen(
                ["/bin/bash", "-c", script, "bash", BINARY, "serve", *map(str, arguments)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=ENVIRONMENT, pass_fds=[listener.fileno() for listener in sockets])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def listening(family, address):
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(5)
    return listener


def test_a_server_listens_on_the_sockets_that_it_is_handed_and_on_nothing_else(versions, logs):
    path = logs / "handed.sock"
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as tcp, listening(socket.AF_UNIX, str(path)) as unix:
        address = tcp.getsockname()
        # Before the server is there, a client is not refused: its request waits.
        with Connection(address) as early:
            early.send(b"PING\r\n")
            with Handed(logs, [tcp, unix], versions.path, "--loops", 3, "--port", free_port()) as server:
                assert early.reply() == b"+PONG\r\n"
                for where in [address, str(path)] * 5:
                    with Connection(where) as connection:
                        assert connection.call("GET", "key:1") == VALUE
                        assert b"tcp_port:%d\r\n" % address[1] in connection.call("INFO", "server")
                listeners = re.findall(r"listening address=(\S+)", server.log)
                assert listeners == [f"127.0.0.1:{address[1]}", str(path)]
                server.signal(signal.SIGTERM)
                assert server.wait() == 0
            # The next server is handed the same: the file is not this one's to remove.
            assert path.is_socket()
            with Connection(address) as late, Handed(logs, [tcp, unix], versions.path):
                assert late.call("PING") == b"+PONG\r\n"


def test_sockets_that_are_promised_and_not_there_end_the_start(versions, logs):
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as tcp:
        with Handed(logs, [tcp], versions.path, count=40) as server:
            assert server.wait() == 74
            assert "LISTEN_FDS: the sockets that it promises cannot be had" in server.log
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        with Handed(logs, [datagrams], versions.path) as server:
            assert server.wait() == 74
            assert "cannot listen on inherited socket 0" in server.log


def test_sockets_are_told_apart_by_their_names(versions, logs, tmp_path):
    authority = Authority(tmp_path)
    certificate, key = authority.sign("server")
    flags = ("--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no", "--port", free_port(),
             "--tls-port", free_port(), "--admin-port", free_port())
    local = ("127.0.0.1", 0)
    with (listening(socket.AF_INET, local) as admin, listening(socket.AF_INET, local) as plain,
          listening(socket.AF_INET, local) as other, listening(socket.AF_INET, local) as encrypted):
        sockets, names = [admin, plain, encrypted, other], ["admin", "redis", "tls", "redis"]
        port, tls_port, admin_port = (place.getsockname()[1] for place in (plain, encrypted, admin))
        for _ in range(2):
            # A request that is there before the server waits for it, whatever the port.
            with Connection(plain.getsockname()) as early:
                early.send(b"PING\r\n")
                with Handed(logs, sockets, versions.path, *flags, names=names) as server:
                    assert early.reply() == b"+PONG\r\n"
                    for place in (plain, other):
                        with Connection(place.getsockname()) as connection:
                            assert connection.call("GET", "key:1") == VALUE
                            assert b"tcp_port:%d\r\n" % port in connection.call("INFO", "server")
                    with (socket.create_connection(("127.0.0.1", tls_port), 60) as raw,
                          authority.client().wrap_socket(raw, server_hostname="127.0.0.1") as client):
                        client.sendall(b"PING\r\n")
                        assert client.recv(64) == b"+PONG\r\n"
                    assert web.get(admin_port, "/readyz").text == "ok\n"
                    # And on nothing else: what the settings name is not opened beside them.
                    assert sorted(listening_ports(server.pid)) == sorted(
                        place.getsockname()[1] for place in sockets)
                    server.signal(signal.SIGTERM)
                    assert server.wait() == 0


def listening_ports(pid):
    """The TCP ports that a process listens on."""
    sockets = {line.split()[9]: int(line.split()[1].split(":")[1], 16)
               for name in ("tcp", "tcp6") for line in open(f"/proc/{pid}/net/{name}").readlines()[1:]
               if line.split()[3] == "0A"}
    links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    return {sockets[inode] for inode in (link[8:-1] for link in links if link.startswith("socket:")) if inode in sockets}


def test_a_socket_takes_the_place_of_its_own_settings_only(versions, logs):
    port, path = free_port(), logs / "own.sock"
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as admin:
        arguments = (versions.path, "--port", port, "--bind", "127.0.0.1", "--unix-socket", path)
        with Handed(logs, [admin], *arguments, names=["admin"]) as server:
            wait_until(lambda: web.answers(admin.getsockname()[1], "/readyz"), what="the server to be ready")
            assert listening_ports(server.pid) == {port, admin.getsockname()[1]}
            for where in (("127.0.0.1", port), str(path)):
                with Connection(where) as connection:
                    assert connection.call("GET", "key:1") == VALUE


@pytest.mark.parametrize("names, code, words", [
    (["redis", "almanac.socket"], 78,
     'nothing is known of a socket "almanac.socket"; FileDescriptorName= must be redis, tls or admin'),
    (["redis", ""], 78, 'nothing is known of a socket ""'),
    (["redis"], 74, "LISTEN_FDS promises 2 sockets, and LISTEN_FDNAMES names 1"),
    (["redis", "tls", "admin"], 74, "LISTEN_FDS promises 2 sockets, and LISTEN_FDNAMES names 3"),
    (["redis", "tls"], 78, 'the inherited socket "tls" needs tls-cert-file and tls-key-file'),
])
def test_sockets_whose_names_do_not_say_what_for_end_the_start(versions, logs, names, code, words):
    with (listening(socket.AF_INET, ("127.0.0.1", 0)) as one, listening(socket.AF_INET, ("127.0.0.1", 0)) as two,
          Handed(logs, [one, two], versions.path, names=names) as server):
        assert server.wait() == code
        assert words in server.log


def test_the_admin_server_wants_no_unix_socket(versions, logs):
    with listening(socket.AF_UNIX, str(logs / "admin.sock")) as unix:
        with Handed(logs, [unix], versions.path, "--port", free_port(), names=["admin"]) as server:
            assert server.wait() == 74
            assert 'cannot listen on inherited socket "admin": Protocol wrong type for socket' in server.log


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="systemd is not installed")
def test_systemd_s_own_launcher_hands_over_what_the_server_takes(versions, logs):
    port, admin_port = free_port(), free_port()
    launcher = Process(logs)
    launcher.name = "launcher"
    launcher.spawn(["systemd-socket-activate", "--listen", f"127.0.0.1:{port}", "--listen", f"127.0.0.1:{admin_port}",
                    "--fdname", "redis:admin", BINARY, "serve", versions.path])
    try:
        wait_until(lambda: "Listening on" in launcher.log, what="systemd to listen")
        with Connection(("127.0.0.1", port)) as connection:
            assert connection.call("GET", "key:1") == VALUE
        assert web.get(admin_port, "/readyz").text == "ok\n"
        launcher.signal(signal.SIGTERM)
        assert launcher.wait() == 0
    finally:
        launcher.kill()


@pytest.fixture
def root_of_units(tmp_path):
    """A file system in which the units and what they start are where they will be."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    root = tmp_path / "root"
    shutil.copytree(UNITS, root / "etc/systemd/system")
    for program in ("usr/bin/almanac", "bin/kill"):
        (root / program).parent.mkdir(parents=True)
        shutil.copy("/bin/true", root / program)
    return root


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_systemd_finds_no_mistake_in_the_units(root_of_units):
    units = [*SERVICES, *SOCKETS]
    done = analyze("verify", "--man=no", "--recursive-errors=no", f"--root={root_of_units}", *units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # It would have said so.
    with (root_of_units / "etc/systemd/system/almanac.service").open("a") as unit:
        unit.write("[Service]\nNoNewPriviliges=yes\n")
    assert "NoNewPriviliges" in analyze("verify", "--man=no", "--recursive-errors=no", f"--root={root_of_units}", *units).stderr


@pytest.mark.parametrize("unit", SERVICES)
def test_the_units_expose_little(root_of_units, unit):
    done = analyze("security", "--offline=yes", "--no-pager", f"--root={root_of_units}", unit)
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)[1])
    assert exposure <= EXPOSURE_MAX, done.stdout


def test_the_units_settings_are_good(tmp_path):
    done = subprocess.run(
        [BINARY, "serve", "--config", UNITS / "almanac.yaml", "--print-settings"], capture_output=True, text=True,
        env=ENVIRONMENT, timeout=60)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^wait: yes ", done.stdout, re.M), done.stdout


def test_every_system_call_that_the_container_s_profile_allows_the_program_the_unit_allows(root_of_units):
    unit = (UNITS / "almanac.service").read_text()
    allowed = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        names = expand(line.removeprefix("~").split())
        allowed = allowed - names if line.startswith("~") else allowed | names
    profile = json.loads((ROOT / "docker/seccomp.json").read_text())
    wanted = {name for rule in profile["syscalls"] if "of the program" in rule["comment"] for name in rule["names"]}
    assert wanted and wanted <= allowed, sorted(wanted - allowed)


def expand(names):
    """Sets of system calls by name, such as @mount, as the calls that are in them."""
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        lines = analyze("syscall-filter", name).stdout.splitlines()[1:]
        calls |= expand([line.strip() for line in lines if line.strip() and not line.strip().startswith("#")])
    return calls
