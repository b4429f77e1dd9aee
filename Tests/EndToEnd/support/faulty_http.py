"""A web server with faults that tests choose: `server.faults` is asked before each answer."""

import http.server
import re
import threading
import time


class Fault:
    """What happens to the answers that `when(request)` picks, at most `times` times; None for always.

    kind: "status" (with `status`, `headers`), "truncate" (half of the body, then the connection ends), "reset"
    (the connection ends before the head), "flip" (one bit of the body is wrong), "slow" (`pause` seconds before
    each 64 KiB), "stall" (nothing after half of the body, until the server closes), "ignore-range" (200 and
    everything), "wrong-range" (a part that nobody asked for), "etag" (another ETag at each answer), "longer"
    (more bytes than there are).
    """

    def __init__(self, kind, when=lambda request: True, times=None, status=500, headers=(), pause=0.05):
        self.kind, self.when, self.left = kind, when, times
        self.status, self.headers, self.pause = status, dict(headers), pause


class FaultyServer:
    """`with FaultyServer({"name": b"bytes"}) as server`; `server.requests` has (method, path, headers) of each."""

    def __init__(self, objects=None, faults=()):
        self.objects, self.faults, self.requests = dict(objects or {}), list(faults), []
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.answers = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.answer(self)

            do_HEAD = do_GET

            def do_PUT(self):
                outer.take(self)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # Clients that hang up are what these tests are about.

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def fault(self, request):
        with self.lock:
            for fault in self.faults:
                if fault.left != 0 and fault.when(request):
                    if fault.left is not None:
                        fault.left -= 1
                    return fault
        return Fault("none")

    def take(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        self.requests.append(("PUT", request.path, dict(request.headers)))
        self.objects[request.path.lstrip("/")] = body
        request.send_response(200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def answer(self, request):
        self.requests.append((request.command, request.path, dict(request.headers)))
        with self.lock:
            self.answers += 1
            number = self.answers
        fault = self.fault(request)
        if fault.kind == "reset":
            return self.hang_up(request)
        if fault.kind == "status":
            return self.reply(request, fault.status, fault.headers, b"a fault of the test's choosing")
        body = self.objects.get(request.path.split("?")[0].lstrip("/"))
        if body is None:
            return self.reply(request, 404, {}, b"no such object")
        etag = f'"{number if fault.kind == "etag" else hash(body) & 0xFFFFFFFF:x}"'
        headers = {"ETag": etag, "Accept-Ranges": "bytes"}
        if request.headers.get("If-None-Match") == etag:
            return self.reply(request, 304, headers, b"")
        status, part = 200, body
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        if asked and fault.kind != "ignore-range":
            first, last = int(asked[1]), min(int(asked[2] or len(body) - 1), len(body) - 1)
            if first >= len(body):
                return self.reply(request, 416, {"Content-Range": f"bytes */{len(body)}"}, b"")
            if fault.kind == "wrong-range":
                first = max(0, first - 1)
            status, part = 206, body[first:last + 1]
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        if fault.kind == "flip" and part:
            part = bytes([part[0] ^ 1]) + part[1:]
        if fault.kind == "longer":
            part += b"more"
        self.reply(request, status, headers, part, fault)

    def reply(self, request, status, headers, body, fault=Fault("none")):
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if status != 304:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command == "HEAD":
            return
        if fault.kind in ("truncate", "stall"):
            request.wfile.write(body[:len(body) // 2])
            request.wfile.flush()
            if fault.kind == "stall":
                self.closing.wait(120)
            return self.hang_up(request)
        if fault.kind == "slow":
            for start in range(0, len(body), 1 << 16):
                time.sleep(fault.pause)
                request.wfile.write(body[start:start + (1 << 16)])
            return
        request.wfile.write(body)

    def hang_up(self, request):
        request.close_connection = True
        try:
            request.connection.shutdown(2)
        except OSError:
            pass
