"""Requests to the admin port, as probes and browsers make them."""

import http.client
import json
import socket


class Reply:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


def get(port, path, host="127.0.0.1", method="GET", headers=None, body=None, context=None):
    """One request over a connection of its own; with `context`, over TLS."""
    if context:
        connection = http.client.HTTPSConnection(host, port, timeout=60, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.request(method, path, headers={"Connection": "close", **(headers or {})}, body=body)
        return Reply(connection.getresponse())
    finally:
        connection.close()


def answers(port, path="/livez"):
    """Whether the admin server is there at all."""
    try:
        return get(port, path).status == 200
    except OSError:
        return False


def raw(port, data, host="127.0.0.1"):
    """Sends bytes as they are, and gives all that comes back until the server closes."""
    with socket.create_connection((host, port), 60) as connection:
        connection.sendall(data)
        received = b""
        while True:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                return received
            if not piece:
                return received
            received += piece
