"""The admin port of the sidecar."""

import signal

import pytest

from support import web
from support.resp import wait_until
from support.server import BINARY, Process, almanac, free_port

pytestmark = pytest.mark.almanac_only


class Sidecar(Process):
    name = "sync"

    def __init__(self, logs, source, data, *flags):
        super().__init__(logs)
        self.command = [BINARY, "sync", "--source", source, "--data-dir", data, "--interval", "200ms",
                        "--reserve", "1", *flags]

    def __enter__(self):
        self.spawn(self.command)
        return self

    def __exit__(self, *_):
        self.kill()


def test_a_sidecar_tells_of_its_health_and_counts(tmp_path, logs, source, data):
    port = free_port()
    with Sidecar(logs, source, data, "--admin-port", port) as sidecar:
        wait_until(lambda: web.answers(port), what="the admin server")
        reply = web.get(port, "/readyz")
        assert reply.status == 503 and reply.text.startswith("[-]version ")
        rows = tmp_path / "rows.csv"
        rows.write_text("key,value\na,1\n")
        built = tmp_path / "built"
        assert almanac("build", rows, "--output", built, "--version-id", "A", "--quiet").returncode == 0
        assert almanac("publish", built, source).returncode == 0
        wait_until(lambda: web.get(port, "/readyz").status == 200, what="the version to come")
        metrics = web.get(port, "/metrics").text
        assert 'almanac_sync_downloads_total{outcome="completed"} 1' in metrics, metrics
        assert web.get(port, "/version").json["name"] == "almanac"
        assert web.get(port, "/nothing").status == 404
        sidecar.signal(signal.SIGTERM)
        assert sidecar.wait(30) in (0, 143)


def test_a_port_that_is_taken_is_named(logs, source, data, tmp_path):
    port = free_port()
    with Sidecar(logs, source, data, "--admin-port", port):
        wait_until(lambda: web.answers(port), what="the admin server")
        done = almanac("sync", "--source", source, "--data-dir", tmp_path / "other", "--admin-port", port, timeout=60)
        assert done.returncode == 74
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr.decode()
