"""The endpoints that hand AWS credentials out, on loopback: STS, container agent, instance metadata."""

import http.server
import json
import threading
import time
import urllib.parse


def moment(seconds):
    """The time `seconds` from now as AWS writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


class CredentialFakes:
    """`with CredentialFakes(key, secret) as fakes`: `fakes.calls` counts by kind; `fakes.lifetime` in seconds."""

    instance_token = "INSTANCE-TOKEN"
    container_token = "CONTAINER-TOKEN"
    role = "almanac-role"

    def __init__(self, key, secret, session="", lifetime=3600):
        self.key, self.secret, self.session, self.lifetime = key, secret, session, lifetime
        self.calls = {"sts": 0, "container": 0, "instance": 0, "refused": 0}
        self.web_identities = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, body, status=200, kind="text/plain"):
                body = body.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def refuse(self, status=401):
                outer.calls["refused"] += 1
                self.answer("no", status)

            def do_PUT(self):
                if self.path == "/latest/api/token" and self.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
                    return self.answer(outer.instance_token)
                self.refuse(403)

            def do_GET(self):
                base = "/latest/meta-data/iam/security-credentials/"
                if self.path.startswith(base):
                    if self.headers.get("X-aws-ec2-metadata-token") != outer.instance_token:
                        return self.refuse()
                    if self.path == base:
                        return self.answer(outer.role)
                    if self.path == base + outer.role:
                        outer.calls["instance"] += 1
                        return self.answer(json.dumps({"Code": "Success", **outer.document()}), kind="application/json")
                if self.path == "/container":
                    if self.headers.get("Authorization") != outer.container_token:
                        return self.refuse()
                    outer.calls["container"] += 1
                    return self.answer(json.dumps(outer.document()), kind="application/json")
                self.refuse(404)

            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
                if form.get("Action") != ["AssumeRoleWithWebIdentity"]:
                    return self.refuse(400)
                outer.calls["sts"] += 1
                outer.web_identities.append((form["RoleArn"][0], form["WebIdentityToken"][0]))
                self.answer(outer.sts_document(), kind="text/xml")

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def document(self):
        return {
            "AccessKeyId": self.key, "SecretAccessKey": self.secret, "Token": self.session,
            "Expiration": moment(self.lifetime)}

    def sts_document(self):
        return (
            '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            "<AssumeRoleWithWebIdentityResult><Credentials>"
            f"<AccessKeyId>{self.key}</AccessKeyId><SecretAccessKey>{self.secret}</SecretAccessKey>"
            f"<SessionToken>{self.session}</SessionToken><Expiration>{moment(self.lifetime)}</Expiration>"
            "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")

    def web_identity_env(self, token_file):
        return {
            "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/almanac", "AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file),
            "AWS_ENDPOINT_URL_STS": self.url}

    def container_env(self, token_file):
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.url}/container",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token_file)}

    def instance_env(self):
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url, "AWS_EC2_METADATA_DISABLED": "false"}

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
