"""Versions of more files than a process may open at first."""

import resource
import subprocess

import pytest

from support.server import BINARY, ENVIRONMENT, almanac

pytestmark = pytest.mark.almanac_only

SEGMENTS = 64
# Two files for each segment are more.
SOFT_LIMIT = 100


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    directory = tmp_path_factory.mktemp("segments")
    (directory / "in.csv").write_text("key,value\n" + "".join(f"key-{number},{number}\n" for number in range(1_000)))
    done = build(directory / "in.csv", directory / "out", SEGMENTS)
    assert done.returncode == 0, done.stderr
    assert b"files open" not in done.stderr
    return directory / "out"


def build(rows, output, segments):
    return almanac("build", rows, "--output", output, "--segments", segments)


def run(soft_limit, hard_limit, *arguments):
    return subprocess.run(
        [BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, env=ENVIRONMENT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft_limit, hard_limit)))


@pytest.mark.parametrize("command", ["inspect", "verify"])
def test_the_soft_limit_is_raised_to_the_hard_one(version, command):
    done = run(SOFT_LIMIT, 1_024, command, version)
    assert done.returncode == 0, done.stderr
    done = run(SOFT_LIMIT, SOFT_LIMIT, command, version)
    assert done.returncode != 0 and b"Too many open files" in done.stderr


@pytest.fixture
def low_limit():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_LIMIT, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_server_raises_it_too(version, serve, low_limit):
    with serve(version) as server:
        soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        assert soft == hard and server.descriptor_count() > SOFT_LIMIT


def test_build_tells_of_many_files(version, tmp_path):
    done = build(version.parent / "in.csv", tmp_path / "out", 512)
    assert done.returncode == 0, done.stderr
    assert b"2 files open for each of the 512 segments" in done.stderr
