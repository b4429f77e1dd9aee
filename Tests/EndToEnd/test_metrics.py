"""What is told on /metrics: right, in both forms, to a real Prometheus, and enough for the rules and the dashboard."""

import json
import math
import re
import shutil
import subprocess
import time
import urllib.parse

import pytest
import yaml

from support import web
from support.data_directory import DataDirectory, flip_bit, truncate
from support.resp import wait_until
from support.server import ROOT, Process, free_port

prometheus_client = pytest.importorskip("prometheus_client", reason="no prometheus-client: see requirements.txt")
from prometheus_client.openmetrics import parser as openmetrics  # noqa: E402
from prometheus_client.parser import text_string_to_metric_families  # noqa: E402

pytestmark = pytest.mark.almanac_only
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def data(tmp_path):
    """Version A, announced."""
    directory = DataDirectory(tmp_path / "data")
    directory.add("A")
    return directory


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def promtool():
    return shutil.which("promtool") or pytest.skip("no promtool: apt-get install prometheus")


class Samples:
    """One scrape, each value by its name and labels."""

    def __init__(self, families):
        self.values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families for sample in family.samples}

    def __call__(self, name, **labels):
        return self.values[name, frozenset(labels.items())]

    def names(self):
        return {name for name, _ in self.values}


def scrape(port):
    return Samples(text_string_to_metric_families(web.get(port, "/metrics").text))


def test_every_request_is_counted_by_command_and_outcome(data, serve, port):
    with serve(data.path, flags=("--admin-port", port, "--loops", 2)) as server, server.connect() as client:
        client.ask("GET", "key:1")
        before = scrape(port)
        for number in range(40):
            client.ask("GET", b"key:%d" % number)
        for _ in range(7):
            assert client.ask("GET", "none") is None
        client.ask("MGET", "key:1", "none", "key:2")
        for command in (["GET"], ["SET", "a", "b"], ["SET", "a", "b"], ["NOSUCH"], ["OBJECT", "FREQ", "key:1"]):
            client.call(*command)
        after = scrape(port)

        def grown(name, **labels):
            key = name, frozenset(labels.items())
            return after.values[key] - before.values.get(key, 0)

        commands = "almanac_commands_total"
        assert grown(commands, command="get", outcome="ok") == 47
        assert grown(commands, command="get", outcome="rejected") == 1
        assert grown(commands, command="mget", outcome="ok") == 1
        assert grown(commands, command="set", outcome="rejected") == 2
        assert grown(commands, command="object|freq", outcome="failed") == 1
        assert grown("almanac_requests_total") == 47 + 1 + 5
        assert grown("almanac_lookups_total", outcome="hit") == 40 + 2 + 1
        assert grown("almanac_lookups_total", outcome="miss") == 8
        assert grown("almanac_error_replies_total", code="READONLY") == 2
        assert grown("almanac_error_replies_total", code="ERR") == 3
        assert grown("almanac_command_duration_seconds_count", command="get") == 47
        assert grown("almanac_command_duration_seconds_bucket", command="get", le="+Inf") == 47
        assert 0 < grown("almanac_command_duration_seconds_sum", command="get") < 10
        assert grown("almanac_phase_duration_seconds_count", phase="look-up") == 49
        assert grown("almanac_phase_duration_seconds_count", phase="receive") == 53
        assert grown("almanac_received_bytes_total") > 53 * len("*1\r\n$3\r\nGET\r\n")
        assert after("almanac_connections") == 1
        assert after("almanac_ready") == 1
        assert after("almanac_loops") == 2
        # What CONFIG RESETSTAT resets is for people.
        assert client.ask("CONFIG", "RESETSTAT") == "+OK"
        assert scrape(port)(commands, command="get", outcome="ok") == after(commands, command="get", outcome="ok")


def test_limits_that_are_met_are_counted_by_name(data, serve, port):
    flags = ("--admin-port", port, "--clients-max", 2)
    with serve(data.path, flags=flags) as server, server.connect() as client:
        client.ask("PING")
        with server.connect() as wrong:
            wrong.send(b"*1\r\n$x\r\n")
            assert wrong.read_to_end().startswith(b"-ERR Protocol error")
        wait_until(lambda: scrape(port)("almanac_connections") == 1, what="the other connection's end")
        with server.connect() as second:
            second.ask("PING")
            with server.connect() as third:
                assert b"max number of clients" in third.read_to_end()
        samples = scrape(port)
        assert samples("almanac_limit_hits_total", limit="request") == 1
        assert samples("almanac_limit_hits_total", limit="clients-max") == 1
        assert samples("almanac_limit_hits_total", limit="output-buffer-max") == 0
        assert samples("almanac_connections_max") == 2


def test_refusals_to_users_are_counted_by_reason(data, serve, port):
    with serve(data.path, flags=("--admin-port", port)) as server, server.connect() as admin:
        def denied():
            samples = scrape(port)
            return [samples("almanac_acl_denied_total", reason=reason)
                    for reason in ("auth", "command", "key", "channel", "database")]

        assert denied() == [0] * 5
        rules = ("reset", "on", ">pw", "~key:*", "db=0", "+get", "+select", "+subscribe")
        assert admin.ask("ACL", "SETUSER", "u", *rules) == "+OK"
        with server.connect() as client:
            for words in (["AUTH", "u", "no"], ["AUTH", "nobody", "x"], ["HELLO", 3, "AUTH", "u", "no"], ["AUTH", "u", "pw"],
                          ["STRLEN", "key:1"], ["GET", "other"], ["GET", "a"], ["SUBSCRIBE", "a"], ["SELECT", 1]):
                client.call(*words)
        assert denied() == [3, 1, 2, 1, 1]
        told = dict(line.split(b":") for line in admin.ask("INFO", "stats").split(b"\r\n") if b"acl_access" in line)
        assert told == {b"acl_access_denied_auth": b"3", b"acl_access_denied_cmd": b"1",
                        b"acl_access_denied_key": b"2", b"acl_access_denied_channel": b"1"}
        # What CONFIG RESETSTAT resets is for people.
        assert admin.ask("CONFIG", "RESETSTAT") == "+OK"
        assert b"acl_access_denied_auth:0" in admin.ask("INFO", "stats")
        assert denied() == [3, 1, 2, 1, 1]


def test_damage_of_a_served_version_is_counted_once(tmp_path, serve, port):
    """Who hashes it and who loads it both find it, and it is left for it."""
    data = DataDirectory(tmp_path / "data")
    data.add("A")
    data.add("B")
    data.copy("B")
    flip_bit(next(data.version("B").glob("*.packed")))
    with serve(data.path, flags=("--admin-port", port)):
        wait_until(lambda: data.serving().get("version_id") == "A", what="the way back")
        assert scrape(port)("almanac_refusals_total", dataset="data", reason="damaged") == 1


@pytest.mark.parametrize("format", ["packed", "rocksdb"])
def test_a_dataset_tells_its_age_and_what_became_of_its_versions(tmp_path, serve, port, format):
    data = DataDirectory(tmp_path / "data", format)
    data.add("A")
    with serve(data.path, flags=("--admin-port", port)) as server, server.connect() as client:
        created = json.loads((data.version("A") / "manifest.json").read_text())["created"]
        samples = scrape(port)
        info = {"dataset": "data", "version": "A", "format": format, "verified": "sealed"}
        assert samples("almanac_dataset_info", **info) == 1
        assert samples("almanac_dataset_keys", dataset="data") == 1000
        assert samples("almanac_dataset_bytes", dataset="data") > 10_000
        made = samples("almanac_dataset_created_timestamp_seconds", dataset="data")
        assert time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(made)) == created[:19]
        assert math.isclose(
            samples("almanac_dataset_age_seconds", dataset="data"), time.time() - made, abs_tol=30)

        data.add("B", keys=1001)
        assert client.ask("DATASET", "RELOAD").startswith("+OK")
        data.add("C", keys=10)
        assert client.call("DATASET", "RELOAD").startswith(b"-REFUSED")
        data.add("D", keys=1002)
        truncate(next(path for path in data.version("D").iterdir() if path.name != "manifest.json"))
        client.call("DATASET", "RELOAD")
        samples = scrape(port)
        swaps = {
            outcome: samples("almanac_swaps_total", dataset="data", outcome=outcome)
            for outcome in ("swapped", "rolled-back", "refused", "failed")}
        assert swaps == {"swapped": 1, "rolled-back": 0, "refused": 2, "failed": 0}
        assert samples("almanac_refusals_total", dataset="data", reason="guardrail") == 1
        assert samples("almanac_refusals_total", dataset="data", reason="damaged") == 1
        assert samples("almanac_refusals_total", dataset="data", reason="signature") == 0
        assert samples("almanac_swap_duration_seconds_count", dataset="data", phase="open") == 1
        assert samples("almanac_swap_duration_seconds_count", dataset="data", phase="adopt") == 1
        assert time.time() - samples("almanac_dataset_last_swap_timestamp_seconds", dataset="data") < 300
        assert time.time() - samples("almanac_dataset_last_refusal_timestamp_seconds", dataset="data") < 300
        assert samples("almanac_dataset_info", **{**info, "version": "B"}) == 1
        assert [labels for name, labels in samples.values if name == "almanac_dataset_info"] == [
            frozenset({**info, "version": "B"}.items())]

        client.ask("DATASET", "ROLLBACK")
        samples = scrape(port)
        assert samples("almanac_swaps_total", dataset="data", outcome="rolled-back") == 1
        assert samples("almanac_refusals_total", dataset="data", reason="rolled-back") == 1


def test_a_directory_without_a_manifest_has_no_age(built, serve, port, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(
        built("small", "rocksdb").directory, bare, ignore=shutil.ignore_patterns("manifest.json", "verified.json"))
    with serve(bare, flags=("--admin-port", port)):
        names = scrape(port).names()
        assert "almanac_dataset_info" in names
        assert "almanac_dataset_age_seconds" not in names


def test_rocksdb_counts_though_it_is_opened_read_only(built, serve, port):
    with serve(built("hundred-thousand", "rocksdb"), flags=("--admin-port", port)) as server:
        before = scrape(port)
        with server.connect() as client:
            keys = [key for key, _ in built("hundred-thousand", "rocksdb").pairs()]
            for _ in range(2):
                for start in range(0, len(keys), 5_000):
                    client.call("MGET", *keys[start:start + 500])
            client.call("MGET", *[key + b".none" for key in keys[:500]])
        after = scrape(port)

        def grown(name, **labels):
            return after(f"almanac_rocksdb_{name}_total", **labels) - before(f"almanac_rocksdb_{name}_total", **labels)

        assert grown("block_cache_lookups", outcome="miss") > 0
        assert grown("block_cache_lookups", outcome="hit") > 0
        assert grown("filter_checks", outcome="ruled-out") > 450
        assert grown("filter_checks", outcome="let-through") > 5_000
        assert grown("file_read_bytes") > grown("file_reads") > 0
        assert after("almanac_rocksdb_block_cache_used_bytes") > before("almanac_rocksdb_block_cache_used_bytes")
        assert after("almanac_cold_lookups_total") > 0
        assert after("almanac_phase_duration_seconds_count", phase="disk") > 0
        assert after("almanac_phase_duration_seconds_count", phase="queue") > 0


def test_the_process_is_told_as_exporters_do(data, serve, port):
    with serve(data.path, flags=("--admin-port", port)) as server:
        samples = scrape(port)
        assert samples("process_open_fds") == pytest.approx(server.descriptor_count(), abs=4)
        assert samples("process_resident_memory_bytes") == pytest.approx(server.resident_bytes(), rel=0.3)
        assert samples("process_max_fds") >= samples("process_open_fds")
        assert samples("process_cpu_seconds_total") > 0
        assert time.time() - samples("process_start_time_seconds") == pytest.approx(0, abs=120)
        before = samples("process_open_fds")
        with server.connect() as client:
            client.ask("PING")
            assert scrape(port)("process_open_fds") == pytest.approx(before + 1, abs=1)


def exercised(server, data):
    """Something of each kind, so that every family has samples."""
    with server.connect() as client:
        client.call("MGET", *[b"key:%d" % number for number in range(100)])
        client.call("GET", "none")
        client.call("SET", "a", "b")
        client.call("OBJECT", "FREQ", "key:1")
        data.add("B", keys=1001)
        client.ask("DATASET", "RELOAD")
        data.add("C", keys=10)
        client.call("DATASET", "RELOAD")


def test_both_forms_are_right(data, serve, port, promtool):
    with serve(data.path, flags=("--admin-port", port)) as server:
        exercised(server, data)
        plain = web.get(port, "/metrics")
        assert plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        checked = subprocess.run([promtool, "check", "metrics"], input=plain.text.encode(), capture_output=True)
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")

        other = web.get(port, "/metrics", headers={"Accept": OPENMETRICS})
        assert other.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
        families = list(openmetrics.text_string_to_metric_families(other.text))
        kinds = {family.name: family.type for family in families}
        assert kinds["almanac_build"] == "info"
        assert kinds["almanac_commands"] == "counter"
        assert kinds["almanac_command_duration_seconds"] == "histogram"
        assert Samples(families).names() == Samples(text_string_to_metric_families(plain.text)).names()


def test_the_rules_and_the_dashboard_name_metrics_that_there_are(tmp_path, serve, port):
    data = DataDirectory(tmp_path / "packed")
    data.add("A")
    rocksdb = DataDirectory(tmp_path / "rocksdb", "rocksdb")
    rocksdb.add("A")
    with serve(data.path, rocksdb.path, flags=("--admin-port", port)) as server:
        exercised(server, data)
        url = f"http://127.0.0.1:{port}/metrics"
        done = subprocess.run([ROOT / "scripts/check-dashboard", "--server-only", url], capture_output=True)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        # The check itself can fail.
        page = tmp_path / "page"
        page.write_text(web.get(port, "/metrics").text.replace("almanac_ready", "almanac_unready"))
        done = subprocess.run([ROOT / "scripts/check-dashboard", "--server-only", page], capture_output=True)
        assert done.returncode == 1
        assert "almanac_ready is on none of the pages" in done.stdout.decode()


def test_alerts_fire_when_they_are_to(promtool):
    directory = ROOT / "docker/prometheus"
    for command in (["check", "config", "prometheus.yml"], ["test", "rules", "alerts-test.yml"]):
        done = subprocess.run([promtool, *command], cwd=directory, capture_output=True)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_the_configuration_for_kubernetes_is_good(promtool, tmp_path):
    settings = yaml.safe_load((ROOT / "docker/prometheus/kubernetes.yml").read_text())
    for job in settings["scrape_configs"]:
        # Debian's Prometheus is built without it.
        assert job.pop("kubernetes_sd_configs")[0]["role"] == "pod"
    (tmp_path / "kubernetes.yml").write_text(yaml.safe_dump(settings))
    shutil.copy(ROOT / "docker/prometheus/alerts.yml", tmp_path)
    done = subprocess.run([promtool, "check", "config", "kubernetes.yml"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


class Prometheus(Process):
    name = "prometheus"

    def __init__(self, directory, target):
        super().__init__(directory)
        self.port = free_port()
        settings = (ROOT / "docker/prometheus/prometheus.yml").read_text()
        settings = re.sub(r"_interval: \d+s", "_interval: 1s", settings).replace("server:9121", target)
        (directory / "prometheus.yml").write_text(settings)
        shutil.copy(ROOT / "docker/prometheus/alerts.yml", directory)

    def __enter__(self):
        self.spawn([
            "prometheus", f"--config.file={self.log_directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.log_directory / 'tsdb'}", f"--web.listen-address=127.0.0.1:{self.port}"])
        return self

    def __exit__(self, *_):
        self.kill()

    def get(self, path):
        try:
            reply = web.get(self.port, path)
        except OSError:
            return None
        return reply.json["data"] if reply.status == 200 else None

    def value(self, query):
        found = self.get("/api/v1/query?query=" + urllib.parse.quote(query))
        return float(found["result"][0]["value"][1]) if found and found["result"] else None


def test_a_real_prometheus_scrapes_it(data, serve, port, tmp_path, promtool):
    with serve(data.path, flags=("--admin-port", port)) as server, server.connect() as client:
        exercised(server, data)
        with Prometheus(tmp_path, f"127.0.0.1:{port}") as prometheus:
            wait_until(lambda: prometheus.value('up{job="almanac"}') == 1, what="a scrape that succeeds")
            # By default Prometheus asks for OpenMetrics.
            target = next(
                target for target in prometheus.get("/api/v1/targets")["activeTargets"]
                if target["labels"]["job"] == "almanac")
            assert target["lastError"] == ""
            hits = prometheus.value('almanac_lookups_total{outcome="hit"}')
            client.call("MGET", *[b"key:%d" % number for number in range(1000)])
            wait_until(
                lambda: prometheus.value('almanac_lookups_total{outcome="hit"}') >= hits + 10, what="the next scrape")
            kinds = prometheus.get("/api/v1/metadata?metric=almanac_command_duration_seconds")
            assert kinds["almanac_command_duration_seconds"][0]["type"] == "histogram"
            # The refusal before is one already: rules see what happens while they look.
            data.add("D", keys=11)
            client.call("DATASET", "RELOAD")
            wait_until(
                lambda: prometheus.value('ALERTS{alertname="AlmanacVersionRefused",alertstate="firing"}') == 1,
                what="the alert for a refused version")
