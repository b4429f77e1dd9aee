"""A web server that means harm: each path answers with whatever a function writes to the socket."""

import socketserver
import threading


class HostileServer:
    """`with HostileServer() as server: server.answers["/current.json"] = act`: `act(send, request)` is called with the
    head of each request for that path, and may send bytes until the client hangs up; other paths are 404."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        self.closing = threading.Event()
        hostile = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = self.rfile.readline(1 << 16)
                    if not line:
                        return
                    head += line
                path = head.split(b" ", 2)[1].decode()
                hostile.requests.append((path, head))
                act = hostile.answers.get(path, lambda send, _: send(plain(b"", "404 Not Found")))
                try:
                    act(self.request.sendall, head)
                except OSError:
                    pass  # The client had enough.

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def drip(self, send, head, rest=b"x"):
        """Sends a head, and then a byte now and then for as long as somebody listens."""
        send(head)
        while not self.closing.wait(0.2):
            send(rest)


def plain(body, status="200 OK", *headers, length=None):
    """A whole response; `length` is what its head promises."""
    length = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {length}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def endless(head, piece=b"x" * 65536):
    """Sends a head and never stops."""
    def act(send, _):
        send(head)
        while True:
            send(piece)
    return act
