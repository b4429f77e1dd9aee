"""Certificates for tests, made by openssl when they are needed."""

import shutil
import ssl
import subprocess

import pytest


class Authority:
    """An authority of its own, and the certificates that it signs, all in one directory."""

    def __init__(self, directory, name="authority"):
        if not shutil.which("openssl"):
            pytest.skip("no openssl: scripts/install-dependencies test")
        self.directory, self.name = directory, name
        directory.mkdir(parents=True, exist_ok=True)
        self.path, self.key = directory / f"{name}.crt", directory / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30,
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.path)

    def sign(self, name, days=30, hosts="IP:127.0.0.1,DNS:localhost", key_kind="ec", passphrase=None, start=None):
        """A certificate and its key by this authority: `(certificate path, key path)`."""
        certificate, key = self.directory / f"{name}.crt", self.directory / f"{name}.key"
        asked, extensions = self.directory / f"{name}.csr", self.directory / f"{name}.ext"
        kinds = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"]}
        secret = ["-passout", f"pass:{passphrase}"] if passphrase else ["-nodes"]
        openssl("req", *kinds[key_kind], *secret, "-subj", f"/CN={name}", "-keyout", key, "-out", asked)
        extensions.write_text(f"subjectAltName={hosts}\n")
        openssl("x509", "-req", "-in", asked, "-CA", self.path, "-CAkey", self.key, "-CAcreateserial",
                "-days", days, "-extfile", extensions, "-out", certificate)
        return certificate, key

    def client(self, certificate=None, greatest=None, least=None):
        """What Python's ssl needs to connect, trusting this authority."""
        context = ssl.create_default_context(cafile=self.path)
        if certificate:
            context.load_cert_chain(*certificate)
        if greatest:
            context.maximum_version = greatest
        if least:
            context.minimum_version = least
        return context


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def serial(path):
    """The serial number of the certificate in a file, as openssl prints it."""
    return openssl("x509", "-in", path, "-noout", "-serial").decode().strip().partition("=")[2]
