"""The pod of docker/kubernetes, run by podman, with what it needs from a cluster around it."""

import uuid

import yaml

from .containers import IMAGE, Container, is_answering
from .resp import Connection
from .server import ROOT, free_port

MANIFESTS = ROOT / "docker/kubernetes"


def documents(name):
    return list(yaml.safe_load_all((MANIFESTS / name).read_text()))


def manifest(name, kind):
    """The one document of a kind in a file."""
    found = [document for document in documents(name) if document["kind"] == kind]
    assert len(found) == 1, f"{len(found)} of {kind} in {name}"
    return found[0]


class Pod:
    """One pod of the deployment, with a directory of this machine as the source."""

    def __init__(self, podman, directory, published):
        self.podman, self.directory, self.published = podman, directory, published
        self.name = f"almanac-test-{uuid.uuid4().hex[:12]}"
        self.port, self.admin_port, self.sidecar_port = free_port(), free_port(), free_port()

    def documents(self):
        """What a cluster would make of the manifests, in the words that podman knows."""
        settings = manifest("settings.yaml", "ConfigMap")
        settings["data"]["SOURCE"] = "/published"
        # The drain is tested where nothing has to wait for load balancers.
        settings["data"]["almanac.yaml"] = settings["data"]["almanac.yaml"].replace("drain-delay: 10s", "drain-delay: 1s")
        template = manifest("deployment.yaml", "Deployment")["spec"]["template"]
        spec = template["spec"]
        server, = spec["containers"]
        sidecar, = spec.pop("initContainers")
        # Podman 4 does not know sidecars among the init containers, nor what may be missing.
        assert sidecar.pop("restartPolicy") == "Always"
        del sidecar["envFrom"]
        sidecar["args"] = [argument.replace("$(SOURCE)", "/published") for argument in sidecar["args"]]
        sidecar["args"].append("--interval=500ms")
        sidecar["volumeMounts"].append({"name": "published", "mountPath": "/published", "readOnly": True})
        spec["volumes"].append({"name": "published", "hostPath": {"path": str(self.published), "type": "Directory"}})
        # The volume's name is one for all pods of this machine; and as podman has no fsGroup, it is made beforehand.
        data, = (volume for volume in spec["volumes"] if volume["name"] == "data")
        del data["emptyDir"]
        data["persistentVolumeClaim"] = {"claimName": self.name}
        for container in (server, sidecar):
            container["image"] = IMAGE
            container["imagePullPolicy"] = "Never"
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                container.pop(probe, None)
            container["resources"] = {"limits": {"memory": "256Mi"}}
        host_ports = (self.port, self.admin_port, self.sidecar_port)
        for port, host_port in zip(server["ports"] + sidecar["ports"], host_ports, strict=True):
            port |= {"hostIP": "127.0.0.1", "hostPort": host_port}
        spec["containers"] = [server, sidecar]
        spec["restartPolicy"] = "Always"
        metadata = {"name": self.name, "labels": template["metadata"]["labels"]}
        return [settings, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}]

    def container(self, name):
        return Container(self.podman, f"{self.name}-{name}")

    def connect(self):
        return Connection(("127.0.0.1", self.port))

    def answers(self):
        return is_answering(self.port)

    def __enter__(self):
        self.file = self.directory / "pod.yaml"
        self.file.write_text(yaml.safe_dump_all(self.documents()))
        try:
            self.podman("volume", "create", self.name)
            self.podman("play", "kube", self.file)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, kind=None, *_):
        if kind:
            print(*(f"{name}:\n{self.container(name).log}" for name in ("server", "sync")), sep="\n")
        self.podman.call("pod", "rm", "--force", "--time", "0", self.name)
        self.podman.call("volume", "rm", "--force", self.name)
