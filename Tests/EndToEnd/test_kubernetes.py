"""The manifests of docker/kubernetes: checked against Kubernetes's own schemas, and their pod run by podman."""

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from support import containers
from support.containers import USER, publish
from support.pods import MANIFESTS, Pod, documents, manifest
from support.resp import bulk, wait_until
from support.server import BINARY, ENVIRONMENT, ROOT

pytestmark = pytest.mark.almanac_only
runs_containers = pytest.mark.skipif(bool(containers.obstacle()), reason=containers.obstacle())
# Of kinds that Kubernetes itself does not have, and so has no schema of.
FOREIGN = {"kustomization.yaml", "monitoring.yaml"}
PROMETHEUS = ROOT / "docker/prometheus"
APPLIED = sorted(path.name for path in MANIFESTS.glob("*.yaml") if path.name not in FOREIGN)


@pytest.mark.parametrize("release", ["1.33", "1.37"])
def test_the_manifests_are_good_by_kubernetes_s_own_schemas(release):
    validate = Path(sys.executable).parent / "kubernetes-validate"
    files = [MANIFESTS / name for name in APPLIED]
    done = subprocess.run([validate, "--strict", "-k", release, *files], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" passed for resource ") == sum(len(documents(name)) for name in APPLIED), done.stdout


def test_every_manifest_is_applied_together():
    assert sorted(documents("kustomization.yaml")[0]["resources"]) == APPLIED


def test_the_settings_are_good(tmp_path):
    file = tmp_path / "almanac.yaml"
    file.write_text(manifest("settings.yaml", "ConfigMap")["data"]["almanac.yaml"])
    done = subprocess.run(
        [BINARY, "serve", "--config", file, "--print-settings"], capture_output=True, text=True, env=ENVIRONMENT,
        timeout=60)
    assert done.returncode == 0, done.stderr


def test_an_update_never_takes_the_last_ready_replica():
    deployment = manifest("deployment.yaml", "Deployment")["spec"]
    assert deployment["replicas"] > 1
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert manifest("disruption.yaml", "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_a_pod_has_the_time_that_its_drain_takes():
    settings = yaml.safe_load(manifest("settings.yaml", "ConfigMap")["data"]["almanac.yaml"])
    seconds = sum(int(settings[name].removesuffix("s")) for name in ("drain-delay", "drain-timeout"))
    assert seconds < manifest("deployment.yaml", "Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]


def test_whoever_selects_pods_selects_these():
    labels = manifest("deployment.yaml", "Deployment")["spec"]["template"]["metadata"]["labels"]
    services = {service["metadata"]["name"]: service for service in documents("services.yaml")}
    pod = manifest("deployment.yaml", "Deployment")["spec"]["template"]["spec"]
    server, sidecar = pod["containers"] + pod["initContainers"]
    ports = {port["name"] for port in server["ports"]} | {port["containerPort"] for port in sidecar["ports"]}
    for service in services.values():
        assert service["spec"]["selector"] == labels
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    assert manifest("disruption.yaml", "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("network.yaml", "NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    monitor = documents("monitoring.yaml")[0]["spec"]
    admin = services["almanac-admin"]
    assert monitor["selector"]["matchLabels"].items() <= admin["metadata"]["labels"].items()
    assert [endpoint["port"] for endpoint in monitor["endpoints"]] == [port["name"] for port in admin["spec"]["ports"]]


def test_metrics_are_scraped_from_ports_that_the_pod_names_as_jobs_that_the_rules_know():
    pod = manifest("deployment.yaml", "Deployment")["spec"]["template"]["spec"]
    names = {port["name"] for container in pod["containers"] + pod["initContainers"] for port in container["ports"]}
    scraped = {}
    for job in yaml.safe_load((PROMETHEUS / "kubernetes.yml").read_text())["scrape_configs"]:
        kept, = (rule["regex"] for rule in job["relabel_configs"] if rule.get("action") == "keep")
        assert kept in names
        scraped[job["job_name"]] = kept
    operator = {}
    for endpoint in documents("monitoring.yaml")[0]["spec"]["endpoints"]:
        job, = (rule["replacement"] for rule in endpoint["relabelings"] if rule["targetLabel"] == "job")
        operator[job] = endpoint["port"]
    assert operator == scraped == {"almanac": "admin", "almanac-sync": "sync"}
    rules = (PROMETHEUS / "alerts.yml").read_text()
    for job in scraped:
        assert f'up{{job="{job}"}}' in rules


def test_nobody_asks_for_the_readiness_of_the_sidecar():
    sidecar, = manifest("deployment.yaml", "Deployment")["spec"]["template"]["spec"]["initContainers"]
    # Nor is there any where it would be counted as the pod's.
    assert "readinessProbe" not in sidecar
    for probe in ("startupProbe", "livenessProbe"):
        assert sidecar[probe]["httpGet"]["path"] == "/livez"


@pytest.fixture(scope="module")
def podman(tmp_path_factory):
    return containers.working_podman(tmp_path_factory.mktemp("podman"))


def status(port, path):
    """The HTTP status that a probe sees; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@runs_containers
def test_the_pod_takes_versions_from_its_sidecar_and_recovers_from_kills(podman, tmp_path):
    published = tmp_path / "published"
    published.mkdir()
    with Pod(podman, tmp_path, published) as pod:
        server, sidecar = pod.container("server"), pod.container("sync")
        wait_until(lambda: "waiting for the first version" in server.log, what="the server to wait")
        # Alive, so that nobody kills it; not ready, so that nobody is sent to it.
        wait_until(lambda: status(pod.admin_port, "/livez") == 200, what="the server to be alive")
        assert status(pod.admin_port, "/readyz") == 503
        publish("v1", tmp_path, published)
        wait_until(pod.answers, what="the first version to be served")
        wait_until(lambda: status(pod.admin_port, "/readyz") == 200, what="the server to be ready")
        assert status(pod.sidecar_port, "/livez") == status(pod.sidecar_port, "/metrics") == 200
        with pod.connect() as connection:
            assert connection.call("GET", "key:5") == bulk(b"v1")
            publish("v2", tmp_path, published)
            # On the connection that was there before; and it was the sidecar's signal that did it.
            wait_until(lambda: connection.call("GET", "key:5") == bulk(b"v2"), what="the second version")
        assert "settings read again" in server.log

        for container in (server, sidecar):
            facts = container.status()
            assert set(facts["Uid"].split()) == {str(USER)}
            assert int(facts["CapEff"], 16) == 0 and facts["NoNewPrivs"].strip() == "1"
            assert "ro" in container.root_options()
        assert server.namespace("pid") == sidecar.namespace("pid")
        assert server.namespace("mnt") != sidecar.namespace("mnt")

        killed, companion = server.pid, sidecar.pid
        server.kill_outright()
        wait_until(lambda: server.pid not in (0, killed), what="the server to be started again")
        wait_until(pod.answers, what="the server to answer again")
        with pod.connect() as connection:
            assert connection.call("GET", "key:5") == bulk(b"v2")
            publish("v3", tmp_path, published)
            wait_until(lambda: connection.call("GET", "key:5") == bulk(b"v3"), what="the third version")
        assert sidecar.pid == companion

        with pod.connect() as connection:
            assert connection.call("PING") == b"+PONG\r\n"
            server.signal("TERM")
            # While it can still be asked, it says that it is about to go.
            wait_until(lambda: status(pod.admin_port, "/readyz") == 503, what="the server not to be ready")
            assert connection.call("GET", "key:5") == bulk(b"v3")
            assert connection.read_to_end() == b""
