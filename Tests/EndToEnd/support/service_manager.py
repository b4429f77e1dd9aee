"""What a service manager is to a service: a socket that is told how it does, and threads that may be held."""

import contextlib
import ctypes
import os
import socket
from pathlib import Path

from .resp import wait_until


class NotifySocket:
    """Receives what sd_notify(3) sends; `name` is for NOTIFY_SOCKET."""

    def __init__(self, path=None):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if path:
            self.socket.bind(str(path))
            self.name = str(path)
        else:
            self.socket.bind("")  # The kernel chooses a name that is no file.
            self.name = "@" + self.socket.getsockname()[1:].decode()
        self.told = []

    def read(self):
        """All that it has been told, one assignment an entry, in order."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.told += self.socket.recv(4096, socket.MSG_DONTWAIT).decode().split("\n")
        return self.told

    def wait_for(self, line, after=0):
        """Waits until it is told `line`, as entry `after` or later; the place behind it."""
        wait_until(lambda: line in self.read()[after:], what=f"{line} among {self.told}")
        return self.told.index(line, after) + 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WAIT_FOR_THREADS = 0x40000000


@contextlib.contextmanager
def held_thread(pid, name):
    """Keeps one thread of a process from running, as a bug could."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    thread = next(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()
                  if (task / "comm").read_text().strip() == name)

    def trace(request):
        if libc.ptrace(request, thread, None, None):
            raise OSError(ctypes.get_errno(), f"ptrace: {os.strerror(ctypes.get_errno())}")

    trace(PTRACE_SEIZE)
    try:
        trace(PTRACE_INTERRUPT)
        os.waitpid(thread, WAIT_FOR_THREADS)
        yield
    finally:
        trace(PTRACE_DETACH)
