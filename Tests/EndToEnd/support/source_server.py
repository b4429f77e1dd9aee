"""A web server over a directory that misbehaves when told to, and remembers what it sent."""

import email.utils
import hashlib
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class SourceServer:
    """`with SourceServer(directory) as server`: GET and HEAD with ranges and conditions.

    `server.faults[path]` is called with the body's bytes and gives what happens instead: a status number, other
    bytes, or `Truncated(bytes)`. `server.bytes_per_second` slows every response down.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        self.faults = {}
        self.bytes_per_second = None
        self.lock = threading.Lock()
        self.requests = []
        self.sent = {}
        handler = type("Handler", (_Handler,), {"source": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def bytes_sent(self, below=""):
        """Body bytes sent since the last `forget`, of paths that begin so."""
        with self.lock:
            return sum(count for path, count in self.sent.items() if path.startswith(below))

    def forget(self):
        with self.lock:
            self.sent.clear()
            self.requests.clear()

    def count(self, path):
        with self.lock:
            return sum(1 for _, requested, _ in self.requests if requested == path)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Truncated:
    """A body that ends before the length that was promised."""

    def __init__(self, body):
        self.body = body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    source = None

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(has_body=False)

    def do_GET(self):
        self.answer(has_body=True)

    def answer(self, has_body):
        path = self.path.lstrip("/")
        file = self.source.directory / path
        body = file.read_bytes() if file.is_file() else None
        fault = self.source.faults.get(path)
        result = fault(body) if fault else body
        status = result if isinstance(result, int) else 200
        with self.source.lock:
            self.source.requests.append((self.command, path, status))
        if isinstance(result, int) or result is None:
            return self.plain(status if isinstance(result, int) else 404)
        whole = result.body if isinstance(result, Truncated) else result
        etag = f'"{hashlib.md5(body or b"").hexdigest()}"'
        if self.headers.get("If-None-Match") == etag:
            return self.plain(304, etag)
        start, end = self.range(len(body or whole))
        length = end - start
        self.send_response(206 if self.headers.get("Range") else 200)
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", email.utils.formatdate(file.stat().st_mtime, usegmt=True))
        self.send_header("Content-Length", str(length))
        if self.headers.get("Range"):
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(body or whole)}")
        self.end_headers()
        if not has_body:
            return
        self.send(path, whole[start:end])
        if len(whole[start:end]) < length:
            self.close_connection = True

    def range(self, size):
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not found:
            return 0, size
        return int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)

    def plain(self, status, etag=None):
        self.send_response(status)
        if etag:
            self.send_header("ETag", etag)
        if status != 304:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, path, body):
        rate = self.source.bytes_per_second
        step = max(rate // 50, 1) if rate else 1 << 20
        try:
            for offset in range(0, len(body), step):
                piece = body[offset:offset + step]
                self.wfile.write(piece)
                with self.source.lock:
                    self.source.sent[path] = self.source.sent.get(path, 0) + len(piece)
                if rate:
                    # The pace of a slow line, not a wait for anything.
                    time.sleep(len(piece) / rate)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
