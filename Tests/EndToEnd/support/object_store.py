"""A real S3 server: SeaweedFS, which checks signatures, on ports and in a directory of its own."""

import json
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

from .resp import wait_until
from .server import Process, free_port

KEY, SECRET = "AKIDTEST", "SECRETTEST"
# May read what is in the buckets, and nothing else.
READER_KEY, READER_SECRET = "AKIDREAD", "SECRETREAD"
REGION = "us-east-1"


def binary():
    """`weed` of this Python's packages, or on PATH; None where there is none."""
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if beside.exists() else shutil.which("weed")


class ObjectStore(Process):
    """`with ObjectStore(directory) as store`: a server with one bucket, `store.bucket`."""

    name = "weed"
    bucket = "datasets"
    has_bucket = False

    def __init__(self, directory):
        super().__init__(directory)
        self.directory = Path(directory)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def source(self, prefix=""):
        """The bucket as a source for almanac."""
        return f"s3://{self.bucket}/{prefix}?endpoint={self.endpoint}&region={REGION}"

    def env(self, key=KEY, secret=SECRET):
        """Credentials, and nothing from this machine that would come before them."""
        return {
            "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def path(self, key):
        return f"http://127.0.0.1:{self.filer_port}/buckets/{self.bucket}/{urllib.request.quote(key)}"

    def put(self, key, body):
        """Stores an object behind the S3 gateway's back: no signature, no conditions."""
        request = urllib.request.Request(self.path(key), data=body, method="PUT")
        request.add_header("Content-Type", "application/octet-stream")
        with urllib.request.urlopen(request, timeout=120) as response:
            assert response.status in (200, 201), response.status

    def get(self, key):
        """The object's bytes; None where there is none."""
        try:
            with urllib.request.urlopen(self.path(key), timeout=120) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def delete(self, key):
        request = urllib.request.Request(self.path(key), method="DELETE")
        urllib.request.urlopen(request, timeout=60).close()

    def start(self):
        data = self.directory / "weed"
        data.mkdir()
        rights = {KEY: (SECRET, ["Admin", "Read", "Write", "List", "Tagging"]), READER_KEY: (READER_SECRET, ["Read", "List"])}
        identities = [
            {"name": key.lower(), "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}
            for key, (secret, actions) in rights.items()]
        (self.directory / "s3.json").write_text(json.dumps({"identities": identities}))
        self.port, self.filer_port = free_port(), free_port()
        self.spawn([
            binary(), "-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}",
            "-master.volumeSizeLimitMB=1024", "-volume.max=20", "-master.telemetry=false", "-s3",
            f"-s3.port={self.port}", f"-s3.port.grpc={free_port()}", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={self.directory / 's3.json'}",
            f"-master.port={free_port()}", f"-master.port.grpc={free_port()}", f"-volume.port={free_port()}",
            f"-volume.port.grpc={free_port()}", f"-filer.port={self.filer_port}",
            f"-filer.port.grpc={free_port()}"])
        wait_until(self.is_ready, what="SeaweedFS to store and return an object", deadline=60)

    def is_ready(self):
        if not self.is_alive():
            raise RuntimeError(f"weed ended with {self.child.returncode}:\n{self.log[-4000:]}")
        try:
            if not self.has_bucket:
                self.has_bucket = self.make_bucket()
            self.put("ready", b"yes")
            return self.has_gateway()
        except OSError:
            return False

    def make_bucket(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.filer_port}/buckets/{self.bucket}/", method="POST")
        urllib.request.urlopen(request, timeout=5).close()
        return True

    def has_gateway(self):
        """Whether the S3 gateway answers; to a request without a signature it says 403."""
        try:
            urllib.request.urlopen(f"{self.endpoint}/{self.bucket}/ready", timeout=5).close()
        except urllib.error.HTTPError as error:
            return error.code == 403
        return True

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_):
        # It takes seconds to end in order, and its data is of no more use.
        self.kill()
        shutil.rmtree(self.directory / "weed", ignore_errors=True)
