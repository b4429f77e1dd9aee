"""Commands run to their end under a limit of memory, with the most that they had of it."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass

from .server import BINARY, ENVIRONMENT

# What a command may take that is fed with what it must refuse.
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


# A child begins with the peak of the process that started it, which for the tests' own may be large: so a small one
# starts the command, under a limit lest a test that finds a hole take the machine down, and tells through the
# descriptor that it is given how that ended and its peak in KiB.
STARTER = """
import os, resource, sys
report = int(sys.argv[1])
child = os.fork()
if child == 0:
    os.close(report)
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
os.write(report, b"%d %d" % (os.waitstatus_to_exitcode(status), usage.ru_maxrss))
"""


def measured(*arguments, timeout=20, stdin=None, env=None):
    """Runs one almanac command; one that hangs is killed, and its return code is then -9."""
    reader, writer = os.pipe()
    with open(reader) as report, subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", STARTER, str(writer), BINARY, *map(str, arguments)],
            stdin=stdin or subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**ENVIRONMENT, **(env or {})}, pass_fds=[writer], start_new_session=True) as starter:
        os.close(writer)
        timer = threading.Timer(timeout, os.killpg, (starter.pid, signal.SIGKILL))
        timer.start()
        try:
            text = starter.stderr.read()
            ended = report.read().split()
            starter.wait()
        finally:
            timer.cancel()
    code, peak = map(int, ended) if ended else (-signal.SIGKILL, 0)
    return Measured(code, text.decode(errors="replace"), peak * 1024)


def refused(done, code, *words, memory_max=MEMORY_MAX):
    """Checks that a command ended with `code` and one line of reason that has all of `words`, in little memory."""
    assert done.returncode == code, (done.returncode, done.stderr[-2000:])
    assert len(done.reasons) == 1, done.stderr[-2000:]
    assert all(word in done.reasons[0] for word in words), done.reasons[0][:2000]
    assert len(done.reasons[0]) < 2_000, len(done.reasons[0])
    assert done.resident_bytes_max < memory_max, done.resident_bytes_max
