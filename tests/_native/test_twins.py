"""Which twin runs, and that a person can choose."""

import sys

import pytest

from edgeboard import _native
from edgeboard._native import batches, refine, strokes
from tests._native.workshop import run, run_python

SAY = "import edgeboard._native; print(edgeboard._native.active())"


def test_the_twin_that_runs_is_named(monkeypatch):
    monkeypatch.setattr(batches, "kernel", object())
    monkeypatch.setattr(refine, "kernel", object())
    monkeypatch.setattr(strokes, "kernel", None)
    assert _native.active() == {"batches": "C", "refine": "C", "strokes": "Python"}
    monkeypatch.setattr(strokes, "kernel", object())
    monkeypatch.setattr(refine, "kernel", None)
    assert _native.active() == {"batches": "C", "refine": "Python", "strokes": "C"}


@pytest.mark.parametrize("value", ["1", "yes"])
def test_python_can_be_asked_for(value):
    said = run_python(SAY, {"EDGEBOARD_PURE": value})
    assert said == "{'batches': 'Python', 'refine': 'Python', 'strokes': 'Python'}\n"


@pytest.mark.parametrize("value", ["", "0"])
def test_not_to_ask_is_to_take_what_was_built(value):
    assert run_python(SAY, {"EDGEBOARD_PURE": value}) == run_python(f"import os; os.unsetenv('EDGEBOARD_PURE'); {SAY}")


@pytest.mark.slow
def test_the_codec_passes_its_own_tests_in_python_too():
    tests = "tests/oplog/test_codec.py"
    assert " passed" in run(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests, environment={"EDGEBOARD_PURE": "1"}
    )


def test_the_remedy_fits_the_reason(monkeypatch):
    monkeypatch.setattr(strokes, "kernel", object())
    monkeypatch.setattr(refine, "kernel", object())
    assert _native.remedy() == ""
    monkeypatch.setattr(strokes, "kernel", None)
    for raised, text in [
        (ModuleNotFoundError("no"), "install a compiler"),
        (ImportError("EDGEBOARD_PURE asks for the twins in Python"), "unset it and start again"),
        (ImportError("wrong ELF class"), "cannot be loaded (wrong ELF class)"),
        (None, "fail their self-check"),
    ]:

        def load(name, raised=raised):
            if raised is not None:
                raise raised

        monkeypatch.setattr("edgeboard._native.twins.import_module", load)
        assert text in _native.remedy()
