"""RESP on raw sockets: requests as bytes, replies as the exact bytes that the server sent."""

import select
import socket
import time

DEADLINE_SECONDS = 60.0


class ProtocolBroken(Exception):
    """The bytes received are no reply."""


def request(*arguments):
    """One command as a multibulk request."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        if isinstance(argument, str):
            argument = argument.encode()
        elif isinstance(argument, int):
            argument = b"%d" % argument
        parts.append(b"$%d\r\n%b\r\n" % (len(argument), argument))
    return b"".join(parts)


def bulk(value):
    return b"$-1\r\n" if value is None else b"$%d\r\n%b\r\n" % (len(value), value)


def array(values):
    return b"*%d\r\n" % len(values) + b"".join(bulk(value) for value in values)


class ReplyScanner:
    """Finds where a reply of either protocol ends, going on where it stopped when more bytes arrive."""

    def __init__(self, start=0):
        self.position, self.pending = start, 1

    def finds_end(self, data):
        """Whether the reply's last byte is in `data`; `position` is its end then, or where it must at least reach."""
        position, pending, available = self.position, self.pending, len(data)
        find = data.find
        while pending:
            if position >= available:
                break
            line_end = find(b"\r\n", position)
            if line_end < 0:
                break
            kind = data[position]
            if kind in b"$=!":
                count = int(data[position + 1 : line_end])
                end = line_end + 2 + (count + 2 if count >= 0 else 0)
                if end > available:
                    self.position, self.pending = position, pending
                    self.needed = end
                    return False
                position = end
            elif kind in b"+-:_#,(":
                position = line_end + 2
            elif kind in b"*~>%|":
                count = max(0, int(data[position + 1 : line_end]))
                # An attribute is followed by what it is about.
                pending += {0x25: 2 * count, 0x7C: 2 * count + 1}.get(kind, count)
                position = line_end + 2
            else:
                raise ProtocolBroken(bytes(data[position : position + 80]))
            pending -= 1
        self.position, self.pending = position, pending
        self.needed = available + 1
        return pending == 0


class Verbatim(bytes):
    """A verbatim string's text, without its format."""


class Set(list):
    """A set's elements in the order of their coming."""


class Push(list):
    """What comes without having been asked for, and subscriptions' confirmations."""


def decode(reply):
    """A reply's bytes as Python values.

    Bulk -> bytes, array -> list, map -> dict, set -> Set, push -> Push, int, float, bool and None; +x and -x -> str.
    Attributes are left out.
    """
    value, _ = _decode(reply, 0)
    return value


def elements(reply):
    """The bytes of each element of an array, a set or a push."""
    position, parts = reply.index(b"\r\n") + 2, []
    while position < len(reply):
        _, end = _decode(reply, position)
        parts.append(reply[position:end])
        position = end
    return parts


def _decode(data, position):
    line_end = data.index(b"\r\n", position)
    kind, line = data[position : position + 1], data[position + 1 : line_end]
    position = line_end + 2
    if kind in (b"+", b"-"):
        return kind.decode() + line.decode("latin1"), position
    if kind in (b":", b"("):
        return int(line), position
    if kind == b",":
        return float(line), position
    if kind == b"#":
        return {b"t": True, b"f": False}[line], position
    if kind == b"_":
        return None, position
    count = int(line)
    if count < 0:
        return None, position
    if kind in (b"$", b"=", b"!"):
        content, position = bytes(data[position : position + count]), position + count + 2
        if kind == b"!":
            return "-" + content.decode("latin1"), position
        return (Verbatim(content[4:]) if kind == b"=" else content), position
    if kind == b"|":
        for _ in range(2 * count):
            _, position = _decode(data, position)
        return _decode(data, position)
    if kind not in (b"*", b"~", b">", b"%"):
        raise ProtocolBroken(kind)
    values = []
    for _ in range(count * (2 if kind == b"%" else 1)):
        value, position = _decode(data, position)
        values.append(value)
    if kind == b"%":
        return dict(zip(values[::2], values[1::2])), position
    return {b"*": list, b"~": Set, b">": Push}[kind](values), position


class Connection:
    """A socket that sends any bytes and reads whole replies, each within a deadline."""

    def __init__(self, address, receive_buffer=None, deadline=DEADLINE_SECONDS):
        family = socket.AF_UNIX if isinstance(address, str) else (
            socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(deadline)
        self.socket.connect(address)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._start = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def reply(self):
        """The bytes of the next reply."""
        scanner = ReplyScanner(self._start)
        while not scanner.finds_end(self._buffer):
            while len(self._buffer) < scanner.needed:
                data = self.socket.recv(max(1 << 16, min(scanner.needed - len(self._buffer), 1 << 22)))
                if not data:
                    raise ConnectionError(f"closed by the server after {bytes(self._buffer[self._start:][:200])!r}")
                self._buffer += data
        reply = bytes(memoryview(self._buffer)[self._start : scanner.position])
        self._start = scanner.position
        if self._start > 1 << 20 or self._start == len(self._buffer):
            del self._buffer[: self._start]
            self._start = 0
        return reply

    def replies(self, count):
        return [self.reply() for _ in range(count)]

    def call(self, *arguments):
        self.send(request(*arguments))
        return self.reply()

    def ask(self, *arguments):
        """The decoded reply."""
        return decode(self.call(*arguments))

    def read_to_end(self):
        """Everything until the server closes."""
        data = bytes(self._buffer[self._start :])
        self._buffer.clear()
        self._start = 0
        parts = [data]
        while True:
            try:
                data = self.socket.recv(1 << 20)
            except ConnectionResetError:
                data = b""
            if not data:
                return b"".join(parts)
            parts.append(data)

    def has_bytes(self):
        """Whether anything has arrived, the end included; does not wait."""
        return len(self._buffer) > self._start or bool(select.select([self.socket], [], [], 0)[0])


def wait_until(condition, deadline=DEADLINE_SECONDS, what="the condition"):
    """Polls until `condition()` is true; its value is returned."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {deadline} s for {what}")
        time.sleep(0.01)
