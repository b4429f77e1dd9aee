"""`almanac build` appears whole or not at all: signals at any moment, a full disk, a kill, a reader that goes away."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

BINARY = os.environ.get("ALMANAC_BINARY", str(Path(__file__).resolve().parents[2] / ".build/release/almanac"))
ROWS = 300_000


@pytest.fixture(autouse=True, params=["packed", "rocksdb"])
def storage(request, monkeypatch):
    """What holds for one storage format holds for the other."""
    monkeypatch.setitem(globals(), "STORAGE", ("--format", request.param))



@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Unsorted rows, more than the memory of the builds below holds."""
    path = tmp_path_factory.mktemp("rows") / "rows.tsv"
    chance = random.Random(2)  # Values that compression cannot shrink much.
    with open(path, "wb") as file:
        file.write(b"key\tvalue\n")
        for index in range(ROWS):
            file.write(b"key:%08d\t%s\n" % (index * 7919 % ROWS, chance.randbytes(60).hex().encode()))
    return path


def start(rows, output, *arguments, **options):
    command = [BINARY, "build", *STORAGE, str(rows), "--value", "value", "--output", str(output)]
    command += ["--memory", "32MiB", "--jobs", "2"]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command + list(arguments), **options)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.002)


def partial(directory):
    return [name for name in os.listdir(directory) if name.startswith(".out.partial-")]


def files_below(directory, kind):
    return [file for name in partial(directory) for _, _, files in os.walk(directory / name / kind) for file in files]


# What is on the disk when the signal comes: the hidden directory, sorted runs, the dataset's own files.
MOMENTS = {
    "at the start": lambda directory: partial(directory),
    "while sorting": lambda directory: files_below(directory, "runs"),
    "while writing": lambda directory: files_below(directory, "data"),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_nothing(rows, tmp_path, moment, number):
    child = start(rows, tmp_path / "out")
    wait_for(lambda: MOMENTS[moment](tmp_path) or child.poll() is not None)
    assert child.poll() is None, child.communicate()
    child.send_signal(number)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == -number, errors
    assert b"interrupted; nothing is left at the output path" in errors
    assert os.listdir(tmp_path) == []


def test_signals_at_random_moments_leave_nothing_or_everything(rows, tmp_path):
    chance = random.Random(1)
    interrupted = 0
    for _ in range(20):
        child = start(rows, tmp_path / "out")
        wait_for(lambda: partial(tmp_path) or child.poll() is not None)
        time.sleep(chance.random() * 0.8)  # The moment is the test's input, and any will do.
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=60)
        if child.returncode == 0:
            manifest = json.loads((tmp_path / "out/manifest.json").read_text())
            assert manifest["key_count"] == ROWS
            subprocess.run(["rm", "-r", str(tmp_path / "out")], check=True)
        else:
            interrupted += 1
            assert child.returncode == -signal.SIGTERM
        assert os.listdir(tmp_path) == []
    assert interrupted > 0


def test_a_signal_ends_a_wait_for_standard_input(tmp_path):
    command = [BINARY, "build", *STORAGE, "-", "--input-format", "resp", "--output", str(tmp_path / "out")]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdin.write(b"SET a 1\r\n")
    child.stdin.flush()
    wait_for(lambda: partial(tmp_path))
    child.send_signal(signal.SIGTERM)
    assert child.wait(30) == -signal.SIGTERM
    child.stdin.close()
    assert os.listdir(tmp_path) == []


def test_a_named_pipe_is_read_to_its_end(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    command = [BINARY, "build", *STORAGE, str(tmp_path / "pipe"), "--input-format", "resp", "--output", str(tmp_path / "out")]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with open(tmp_path / "pipe", "wb") as pipe:
        for index in range(1000):
            pipe.write(b"SET key:%d %d\r\n" % (index, index))
            pipe.flush()
    output, errors = child.communicate(timeout=60)
    assert child.returncode == 0, errors
    assert json.loads((tmp_path / "out/manifest.json").read_text())["key_count"] == 1000


def test_a_kill_leaves_only_what_is_plainly_debris(rows, tmp_path):
    child = start(rows, tmp_path / "out")
    wait_for(lambda: files_below(tmp_path, "runs") or child.poll() is not None)
    child.kill()
    child.communicate()
    assert partial(tmp_path) == os.listdir(tmp_path) and len(os.listdir(tmp_path)) == 1
    child = start(rows, tmp_path / "out")
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 0, errors
    assert json.loads((tmp_path / "out/manifest.json").read_text())["key_count"] == ROWS


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few megabytes, smaller than the dataset and than the runs."""
    directory = tmp_path / "disk"
    directory.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(directory)], capture_output=True)
    if made.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield directory
    subprocess.run(["umount", str(directory)], check=True)


@pytest.mark.parametrize("memory", ["32MiB", "512MiB"])
def test_a_full_disk_leaves_nothing(rows, small_disk, memory):
    """With little memory the runs fill the disk, with much of it the dataset does."""
    child = start(rows, small_disk / "out", "--memory", memory)
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 74, errors
    assert b"No space left on device" in errors
    assert os.listdir(small_disk) == []


def test_progress_that_nobody_reads_does_not_end_the_build(rows, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    child = start(rows, tmp_path / "out", stderr=writing, stdout=subprocess.DEVNULL)
    os.close(writing)
    assert child.wait(120) == 0
    assert (tmp_path / "out/manifest.json").exists()


def test_a_terminal_gets_one_line_that_fits(rows, tmp_path):
    import fcntl
    import pty
    import struct
    import termios

    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    child = start(rows, tmp_path / "out", stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(main, 4096):
            shown += piece
    except OSError:  # How Linux says that the last writer is gone.
        pass
    output, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    lines = shown.split(b"\r\x1b[K")
    assert len(lines) > 2 and b"\n" not in shown
    assert all(len(line) < 40 for line in lines)
    assert any(line.startswith(b"reading") and b"rows" in line for line in lines)
    assert b"keys                300,000" in output


def test_what_is_built_is_sealed(rows, tmp_path):
    child = start(rows, tmp_path / "out", "--quiet")
    output, errors = child.communicate(timeout=120)
    assert (child.returncode, output, errors) == (0, b"", b"")
    for path in (tmp_path / "out").iterdir():
        assert path.stat().st_mode & 0o777 == 0o444
