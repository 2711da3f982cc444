"""Which twin runs, and that a person can choose."""

import sys

import pytest

from edgeboard import _native
from edgeboard._native import batches, curve, dither, raster, refine, strokes, tiles
from tests._native.workshop import run, run_python

SAY = "import edgeboard._native; print(edgeboard._native.active())"


KERNELS = {
    "batches": batches, "curve": curve, "dither": dither, "raster": raster, "refine": refine,
    "strokes": strokes, "tiles": tiles,
}  # fmt: skip


@pytest.mark.parametrize("missing", KERNELS)
def test_the_twin_that_runs_is_named(monkeypatch, missing):
    for name, module in KERNELS.items():
        monkeypatch.setattr(module, "kernel", None if name == missing else object())
    assert _native.active() == {name: "Python" if name == missing else "C" for name in KERNELS}


@pytest.mark.parametrize("value", ["1", "yes"])
def test_python_can_be_asked_for(value):
    said = run_python(SAY, {"EDGEBOARD_PURE": value})
    assert said == f"{dict.fromkeys(KERNELS, 'Python')}\n"


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
    for module in KERNELS.values():
        monkeypatch.setattr(module, "kernel", object())
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
