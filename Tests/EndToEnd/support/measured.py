"""Commands run to their end under a limit of memory, with the most that they had of it."""

import os
import resource
import subprocess
import threading
from dataclasses import dataclass

from .server import BINARY, ENVIRONMENT

# What a command may take that is fed with what it must refuse; a child begins with this process's own peak.
MEMORY_MAX = 200 << 20


@dataclass
class Measured:
    returncode: int
    stderr: str
    resident_bytes_max: int

    @property
    def reasons(self):
        """The lines that tell an operator what is wrong."""
        return [line for line in self.stderr.splitlines() if line.startswith("almanac: ")]


def measured(*arguments, timeout=20, stdin=None, env=None):
    """Runs one almanac command; one that hangs is killed, and its return code is then -9."""
    def limit():
        # So that a test which finds a hole takes no machine down.
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))

    with subprocess.Popen(
            [BINARY, *map(str, arguments)], stdin=stdin or subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env={**ENVIRONMENT, **(env or {})}, preexec_fn=limit) as child:
        timer = threading.Timer(timeout, child.kill)
        timer.start()
        try:
            text = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
        finally:
            timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
    return Measured(child.returncode, text.decode(errors="replace"), usage.ru_maxrss * 1024)


def refused(done, code, *words, memory_max=MEMORY_MAX):
    """Checks that a command ended with `code` and one line of reason that has all of `words`, in little memory."""
    assert done.returncode == code, (done.returncode, done.stderr[-2000:])
    assert len(done.reasons) == 1, done.stderr[-2000:]
    assert all(word in done.reasons[0] for word in words), done.reasons[0][:2000]
    assert len(done.reasons[0]) < 2_000, len(done.reasons[0])
    assert done.resident_bytes_max < memory_max, done.resident_bytes_max
