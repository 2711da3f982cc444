"""Two revisions of a made-up repository, side by side."""

import json
import os
import signal
import subprocess
import sys

import pytest

from benchmarks import compare as comparing
from benchmarks.__main__ import explain_no_match
from benchmarks.compare import NoRevision, Pair, Side, checked_out, compare
from benchmarks.harness import ROOT, Figure

CHILD = (ROOT / "benchmarks" / "child.py").read_text()
FIGURE = Figure("speed of the thing", "thing:speed", "per_s", "1/s", "", lambda value, peers: True, runs=3)
SETUP = """
from setuptools import Extension, setup
setup(ext_modules=[Extension("edgeboard._native._kernels", ["edgeboard/_native/module.c"], optional=True)])
"""
KERNEL = """
#include <Python.h>
static struct PyModuleDef made = {PyModuleDef_HEAD_INIT, "_kernels", NULL, 0, NULL};
PyMODINIT_FUNC PyInit__kernels(void) { return PyModule_Create(&made); }
"""
ACTIVE = """
from importlib.util import find_spec
def active():
    return {"made": "C" if find_spec("edgeboard._native._kernels") else "Python"}
"""


def git(root, *words):
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@y", *words], cwd=root, check=True, capture_output=True
    )


def write(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.fixture
def repository(tmp_path):
    """Its first revision has a kernel and measures 10; the working tree has none built, and measures 20."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    thing = "import edgeboard._native as n\ndef speed(): return {'per_s': %d, 'kernels': len(n.active())}\n"
    write(root, {
        "benchmarks/__init__.py": "", "benchmarks/child.py": CHILD, "benchmarks/data.py": "",
        "benchmarks/thing.py": thing % 10, "edgeboard/__init__.py": "", "edgeboard/_native/__init__.py": ACTIVE,
        "edgeboard/_native/module.c": KERNEL, "setup.py": SETUP,
    })  # fmt: skip
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    write(root, {"benchmarks/thing.py": thing % 20})
    return root


def trees(root):
    found = subprocess.run(["git", "worktree", "list"], cwd=root, capture_output=True, text=True, check=True)
    return found.stdout.count("\n")


@pytest.mark.slow
def test_both_are_run_and_the_other_has_its_own_kernel(repository, capsys):
    pytest.importorskip("setuptools")
    (pair,) = compare([FIGURE], "HEAD", repository)
    assert (pair.before.values, pair.now.values) == ((10, 10, 10), (20, 20, 20))
    assert (pair.ratio, pair.is_within_spread) == (2.0, False)
    assert "HEAD: made in C; now: made in Python" in capsys.readouterr().err
    assert str(pair) == "| speed of the thing, 1/s | 10 (10–10) | 20 (20–20) | 2.00 |"
    assert trees(repository) == 1


@pytest.mark.slow
def test_what_the_other_does_not_measure_is_said(repository):
    missing = Figure("new", "thing:later", "x", "s", "", lambda value, peers: True, runs=2)
    other = Figure("other", "thing:speed", "later", "s", "", lambda value, peers: True, runs=1)
    first, second = compare([missing, other], "HEAD", repository)
    assert "no attribute 'later'" in first.before.trouble
    assert first.ratio is None
    assert second.before.trouble == "it does not measure later"
    assert json.dumps([first.as_fields(), second.as_fields()])


def test_a_revision_that_is_not_there_is_refused(repository):
    with pytest.raises(NoRevision, match="'v99' is no revision here"), checked_out("v99", repository):
        pass
    assert trees(repository) == 1


def test_the_tree_is_removed_when_something_fails(repository, monkeypatch):
    seen = []

    def fail(tree):
        seen.append((tree, (tree / "benchmarks" / "thing.py").exists()))
        raise ZeroDivisionError

    monkeypatch.setattr(comparing, "share_data", lambda root, tree: fail(tree))
    with pytest.raises(ZeroDivisionError), checked_out("HEAD", repository):
        pass
    ((tree, was_there),) = seen
    assert was_there
    assert not tree.exists()
    assert trees(repository) == 1


INTERRUPTED = """
import sys, time
from pathlib import Path
from benchmarks import compare
compare.build_kernels = lambda tree: None
try:
    with compare.checked_out("HEAD", Path(sys.argv[1])) as tree:
        print(tree, flush=True)
        time.sleep(60)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_tree_is_removed_when_it_is_interrupted(repository, number):
    command = [sys.executable, "-c", INTERRUPTED, str(repository)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    tree = child.stdout.readline().strip()
    assert os.path.isdir(tree)  # noqa: PTH112
    child.send_signal(number)
    child.send_signal(number)  # impatient
    assert child.wait(20) == 130
    child.stdout.close()
    assert not os.path.exists(tree)  # noqa: PTH110
    assert trees(repository) == 1


def test_runs_that_overlap_may_differ_by_chance():
    assert Pair(FIGURE, Side((1.0, 3.0)), Side((2.0, 4.0))).is_within_spread
    assert not Pair(FIGURE, Side((1.0, 2.0)), Side((3.0, 4.0))).is_within_spread
    assert not Pair(FIGURE, Side(trouble="x"), Side((3.0, 4.0))).is_within_spread


def test_a_name_that_matches_nothing_is_explained():
    assert "did you mean start" in explain_no_match(["strat"])
    assert explain_no_match(["zzzzzz"]).startswith("no figure has 'zzzzzz' in its name")
