"""Programs of others that tests run: what PyPI has is installed on demand, what Debian has may be missing."""

import functools
import os
import subprocess
import sys

import pytest

from .server import ROOT


def python_environment(requirement):
    """The environment in which Python finds `requirement`, installed once beside the tests' own requirements."""
    if requirement is None:
        return dict(os.environ)
    target = ROOT / ".build/clients" / requirement.replace("==", "-")
    if not target.exists():
        partial = target.with_name(target.name + ".partial")
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target",
                        partial, requirement], check=True)
        partial.rename(target)
    return {**os.environ, "PYTHONPATH": str(target)}


@functools.cache
def lacks(*probe, **environment):
    """Whether the program that `probe` runs is not here, or says that what it wants is not here."""
    try:
        return subprocess.run(probe, capture_output=True, env={**os.environ, **environment}).returncode != 0
    except FileNotFoundError:
        return True


def skip_without(*probe, **environment):
    if lacks(*probe, **environment):
        pytest.skip(f"{' '.join(probe)} fails: scripts/install-dependencies clients installs it on Debian")
