"""The tour that a new operator takes: every step of it does what it says."""

import re
import subprocess

import pytest

from support.server import BINARY, ENVIRONMENT, ROOT

pytestmark = pytest.mark.almanac_only


def test_the_demonstration_swaps_refuses_and_goes_back_and_leaves_nothing(tmp_path):
    done = subprocess.run(
        [ROOT / "scripts/demo", "--once", "--almanac", BINARY], capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL, env={**ENVIRONMENT, "TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[\d,]+ replies on one connection, all good: 5\.50, and from the swap on 11\.00", done.stdout)
    assert "corrupt at its source" in done.stdout
    assert "it has 100 keys, less than 0.8 times the 100000 of 2" in done.stdout
    assert done.stdout.count("Served, now as before: version 2") == 2
    assert re.search(r"^1 is being served, after 2", done.stdout, re.M)
    assert list(tmp_path.iterdir()) == []
