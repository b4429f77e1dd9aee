"""A server that speaks as Redis does where a test's handler lets it, and misbehaves where it does not."""

import contextlib
import socketserver
import threading

from .resp import array, bulk


class Session(socketserver.StreamRequestHandler):
    """Answers from `PAIRS`, whose keys SCAN gives as `PAGES` have them, by cursor: the next cursor, and keys."""

    PAIRS = {}
    PAGES = {b"0": (b"0", [])}

    def handle(self):
        while header := self.rfile.readline():
            words = []
            for _ in range(int(header[1:])):
                size = int(self.rfile.readline()[1:])
                words.append(self.rfile.read(size))
                self.rfile.readline()
            reply = self.answer(*words)
            if reply is None:
                return
            self.wfile.write(reply)

    def answer(self, command, *words):
        """The reply as bytes; None closes the connection."""
        if command == b"DBSIZE":
            return b":%d\r\n" % len(self.PAIRS)
        if command == b"GET":
            return bulk(self.PAIRS.get(words[0]))
        if command == b"MGET":
            return array([self.PAIRS.get(key) for key in words])
        if command == b"TYPE":
            return b"+string\r\n" if words[0] in self.PAIRS else b"+none\r\n"
        if command == b"SCAN":
            cursor, keys = self.PAGES[words[0]]
            return b"*2\r\n" + bulk(cursor) + array(keys)
        return b"-ERR unknown command\r\n"


@contextlib.contextmanager
def fake_redis(session):
    """Serves connections by `session`, a kind of `Session`; gives the server's address."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), session) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
