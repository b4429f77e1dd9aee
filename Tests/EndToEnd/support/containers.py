"""Containers of the image under test, run by podman; what is made here is gone after its `with` block."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from .resp import Connection, request, wait_until
from .server import ENVIRONMENT, ROOT, almanac, free_port

IMAGE = os.environ.get("ALMANAC_IMAGE", "")
COMPOSE_FILE = ROOT / "docker/compose.yaml"
DEMONSTRATION = ROOT / "docker/demonstration"
SECCOMP_PROFILE = ROOT / "docker/seccomp.json"
USER = 10001


def obstacle():
    """Why no container can be tested here; empty where one can."""
    if not IMAGE:
        return "ALMANAC_IMAGE names no image; scripts/test --only image builds one"
    if not shutil.which("podman"):
        return "podman is not installed"
    if os.geteuid():
        return "processes in containers are looked into and killed from outside, which takes root"
    return ""


def working_podman(directory):
    """Podman, tried; skips the test where it runs nothing."""
    podman = Podman(directory)
    done = podman.call("run", "--rm", "--entrypoint", "/bin/true", IMAGE)
    if done.returncode:
        pytest.skip(f"podman runs no container here: {done.stderr.strip()}")
    return podman


class Podman:
    """The command, with settings of its own where this machine has none that work."""

    def __init__(self, directory):
        self.environment = dict(ENVIRONMENT)
        if Path("/sys/fs/cgroup/cgroup.controllers").exists() or "CONTAINERS_CONF" in os.environ:
            return
        # Podman's own runtime, crun, refuses control groups of version 1, and its default limits may be above ours.
        settings = Path(directory) / "containers.conf"
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        settings.write_text(
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc=16384:16384"]\n')
        self.environment["CONTAINERS_CONF"] = str(settings)

    def call(self, *arguments, program="podman", stdin=None, timeout=120, env=None):
        """Runs one command to its end, whatever that is."""
        return subprocess.run(
            [program, *map(str, arguments)], input=stdin or "", capture_output=True, encoding="latin-1",
            timeout=timeout, env={**self.environment, **(env or {})})

    def __call__(self, *arguments, **options):
        """What one command prints; it must succeed."""
        done = self.call(*arguments, **options)
        assert done.returncode == 0, f"podman {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}"
        return done.stdout.strip()


class Volume:
    """A volume of its own, removed at the end."""

    def __init__(self, podman):
        self.podman, self.name = podman, f"almanac-test-{uuid.uuid4().hex[:12]}"

    def __enter__(self):
        self.podman("volume", "create", self.name)
        return self

    def __exit__(self, *_):
        self.podman("volume", "rm", "--force", self.name)

    def build(self, pairs, version_id):
        """A version of these pairs, built by the image itself, becomes the current one."""
        self.podman(
            "run", "--rm", "--interactive", "--network", "none", "--volume", f"{self.name}:/data", IMAGE, "build", "-",
            "--input-format", "resp", "--version-id", version_id, "--data-dir", "/data", "--activate", "--quiet",
            stdin=commands(pairs).decode("latin-1"))


class Container:
    """A container that somebody has started, by its name."""

    def __init__(self, podman, name):
        self.podman, self.name = podman, name

    def inspect(self):
        return json.loads(self.podman("inspect", "--type", "container", self.name))[0]

    @property
    def state(self):
        return self.inspect()["State"]

    @property
    def pid(self):
        """Of its main process, on this machine."""
        return self.state["Pid"]

    @property
    def log(self):
        done = self.podman.call("logs", self.name)
        return done.stdout + done.stderr

    def status(self):
        """What /proc/PID/status tells of the main process, by name."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return dict(line.split(":", 1) for line in lines)

    def root_options(self):
        """The options that its root is mounted with."""
        for line in Path(f"/proc/{self.pid}/mountinfo").read_text().splitlines():
            fields = line.split()
            if fields[4] == "/":
                return fields[5].split(",")
        raise AssertionError("no root is mounted")

    def namespace(self, kind):
        """Which namespace its main process is in: `pid`, `mnt` and so on."""
        return Path(f"/proc/{self.pid}/ns/{kind}").readlink()

    def signal(self, name):
        self.podman("kill", "--signal", name, self.name)

    def kill_outright(self):
        os.kill(self.pid, signal.SIGKILL)

    def stop(self, seconds):
        """Has it stop; its exit code."""
        self.podman("stop", "--time", seconds, self.name)
        return self.state["ExitCode"]


class ServerContainer(Container):
    """The image on a port of this machine, confined as docker/compose.yaml confines it."""

    def __init__(self, podman, volume, *options, command=()):
        super().__init__(podman, f"almanac-test-{uuid.uuid4().hex[:12]}")
        self.port = free_port()
        self.arguments = [
            "run", "--detach", "--name", self.name, "--publish", f"127.0.0.1:{self.port}:6379", "--volume",
            f"{volume.name}:/data", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--security-opt", f"seccomp={SECCOMP_PROFILE}", "--env", "ALMANAC_PROTECTED_MODE=no",
            *options, IMAGE, *command]

    def connect(self):
        return Connection(("127.0.0.1", self.port))

    def answers(self):
        state = self.state
        assert state["Status"] == "running", f"{state}\n{self.log}"
        return is_answering(self.port)

    def wait_for_answer(self):
        wait_until(self.answers, what="the container to answer")

    def __enter__(self):
        try:
            self.podman(*self.arguments)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, kind=None, *_):
        if kind:
            print(self.log)
        self.podman("rm", "--force", "--volumes", "--time", 0, "--ignore", self.name)


class Composition:
    """docker/compose.yaml under a project name of its own, brought up by podman-compose."""

    def __init__(self, podman, published):
        self.podman, self.port, self.admin_port, self.sidecar_port = podman, free_port(), free_port(), free_port()
        self.project = f"almanac-test-{uuid.uuid4().hex[:12]}"
        self.environment = {
            "SERVER_IMAGE": IMAGE, "SERVER_ADDRESS": f"127.0.0.1:{self.port}", "SERVER_MEMORY": "256m",
            "ADMIN_ADDRESS": f"127.0.0.1:{self.admin_port}",
            "SIDECAR_ADDRESS": f"127.0.0.1:{self.sidecar_port}", "SECCOMP_PROFILE": str(SECCOMP_PROFILE),
            "SIDECAR_INTERVAL": "500ms", "PUBLISHED": str(published), "COMPOSE_PROJECT_NAME": self.project}

    def compose(self, *arguments, timeout=120):
        # Beside pytest, which runs in the environment that the requirements are installed in.
        program = shutil.which("podman-compose", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        done = self.podman.call(
            "--project-name", self.project, "--file", COMPOSE_FILE, *arguments, program=program,
            timeout=timeout, env=self.environment)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"

    def container(self, service):
        names = self.podman(
            "ps", "--all", "--format", "{{.Names}}", "--filter", f"label=io.podman.compose.project={self.project}",
            "--filter", f"label=com.docker.compose.service={service}").split()
        assert len(names) == 1, names
        return Container(self.podman, names[0])

    def connect(self):
        return Connection(("127.0.0.1", self.port))

    def answers(self):
        return is_answering(self.port)

    def __enter__(self):
        try:
            self.compose("up", "--detach")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, kind=None, *_):
        if kind:
            print(*(f"{service}:\n{self.container(service).log}" for service in ("server", "sidecar")), sep="\n")
        self.compose("down", "--volumes", "--timeout", "5")


class Demonstration(Composition):
    """All of it, brought up as its users do; Grafana comes where its image can be had."""

    def __init__(self, podman, **environment):
        super().__init__(podman, "/nonexistent")
        del self.environment["PUBLISHED"]
        self.prometheus_port = free_port()
        self.environment |= {
            "PROMETHEUS_ADDRESS": f"127.0.0.1:{self.prometheus_port}", "GRAFANA_ADDRESS": f"127.0.0.1:{free_port()}",
            **environment}

    def run(self, name, *arguments):
        """One of the demonstration's scripts, and what it prints."""
        done = self.podman.call(*arguments, program=str(DEMONSTRATION / name), timeout=580, env=self.environment)
        assert done.returncode == 0, f"{name} {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def compose(self, *arguments):
        return self.run("compose", *arguments)

    def __enter__(self):
        try:
            self.said = self.run("up")
        except BaseException:
            self.__exit__()
            raise
        return self


def pairs(version):
    """Pairs whose values name their version."""
    return [(b"key:%d" % number, version.encode()) for number in range(100)]


def publish(version, directory, published):
    """Builds and publishes a version of ``pairs`` with the program under test."""
    source = directory / f"{version}.resp"
    source.write_bytes(commands(pairs(version)))
    built = almanac("build", source, "--version-id", version, "--output", directory / version, "--quiet")
    assert built.returncode == 0, built.stderr.decode()
    done = almanac("publish", directory / version, published)
    assert done.returncode == 0, done.stderr.decode()


def commands(pairs):
    """The pairs as `redis-cli --pipe` takes them."""
    return b"".join(request("SET", key, value) for key, value in pairs)


def is_answering(port):
    try:
        with Connection(("127.0.0.1", port), deadline=5) as connection:
            return connection.call("PING") == b"+PONG\r\n"
    # What forwards the port may take a connection before anybody listens behind it.
    except OSError:
        return False
