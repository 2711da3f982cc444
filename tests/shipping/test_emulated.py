"""Wheelhouses under the Python of their own machines."""

import json
import subprocess
from types import SimpleNamespace

import pytest

from shipping import emulated, roots
from shipping.houses import HOUSES
from shipping.steps import ROOT


@pytest.fixture
def says(monkeypatch):
    """Makes the emulated program say something."""

    def say(stdout, code=0):
        done = SimpleNamespace(stdout=stdout, returncode=code)
        monkeypatch.setattr(emulated.roots, "run_in", lambda *anything, **more: done)

    return say


def test_everything_that_is_not_well_is_a_problem(says):
    levels = {"page": "ok", "kernels": "warning"}
    found = [{"check": check, "level": level, "text": "slow"} for check, level in levels.items()]
    says("a warning before\n" + json.dumps({"findings": found}))
    assert emulated.selftest(None, None) == ["kernels: slow"]
    says(json.dumps({"findings": found[:1]}))
    assert emulated.selftest(None, None) == []


def test_a_program_that_says_nothing_is_a_problem(says):
    says("Segmentation fault\n", 139)
    assert emulated.selftest(None, None) == ["it ended with 139: Segmentation fault"]
    says("", 1)
    assert emulated.selftest(None, None) == ["it ended with 1: "]


def test_the_root_has_what_debian_is_to_bring():
    assert "python3-aiortc" in emulated.root_of(HOUSES["riscv64-cp313"]).packages
    assert emulated.root_of(HOUSES["aarch64-cp311"]).packages == roots.BASE


@pytest.mark.soak  # unpacks a root, builds a wheel, and runs all of it emulated: minutes each
@pytest.mark.parametrize("name", ["aarch64-cp311", "aarch64-cp313", "riscv64-cp313"])
def test_a_wheelhouse_installs_and_works_under_its_own_python(name, tmp_path):
    """Fault F20: install and self-test on both architectures, two nodes over a data channel among it."""
    if lacking := roots.missing(HOUSES[name].machine):
        pytest.skip(roots.explain(lacking))
    done = subprocess.run(
        [ROOT / "dev", "wheelhouse", name, "--test", "--out", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "selftest passed on Python" in done.stderr
    assert "passed" in done.stderr.splitlines()[-1]
