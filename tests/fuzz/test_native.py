"""The kernels in C for as long as ./dev fuzz is told: against their twins, and alone under sanitizers.

`./dev test` does a short round of the same.
"""

import random
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeboard.oplog.codec import decode_in_python
from edgeboard.render.values import PixelFormat
from tests._native import golden, test_dither, test_raster, test_tiles, workshop
from tests._native.test_strokes import agree, decode, draw_stroke, outcome, wound
from tests._native.workshop import CHECKS, SANITIZERS

ROUNDS_AN_EXAMPLE = 20  # of the C driver for each example that hypothesis would do


@given(seed=st.integers(0, 1 << 60))
def test_strokes_of_any_kind_are_written_alike(seed):
    agree(workshop.kernel(), draw_stroke(random.Random(seed)))


@given(seed=st.integers(0, 1 << 60), data=st.binary(max_size=300) | st.sampled_from(golden.all_bytes()))
def test_hostile_bytes_are_judged_alike(seed, data):
    rng = random.Random(seed)
    for _ in range(4):
        assert outcome(decode, workshop.kernel(), data) == outcome(decode_in_python, data)
        data = wound(data, rng)


@given(seed=st.integers(0, 1 << 60))
def test_what_is_drawn_is_drawn_alike(seed):
    with pytest.MonkeyPatch.context() as patch:
        test_raster.agree(workshop.kernel(), patch, seed)


@given(seed=st.integers(0, 1 << 60), format=st.sampled_from(PixelFormat))
def test_panels_are_given_the_same_px(seed, format):
    test_dither.agree(workshop.kernel(), format, seed)


@given(seed=st.integers(0, 1 << 60))
def test_the_same_tiles_are_found(seed):
    test_tiles.agree(workshop.kernel(), seed)


@pytest.mark.slow
def test_drawing_with_any_numbers_under_sanitizers(tmp_path, request):
    seed = request.config.getoption("--hypothesis-seed") or 0
    rounds = ROUNDS_AN_EXAMPLE * settings().max_examples
    sources = [CHECKS / "strokes_checks.c", CHECKS / "raster_fuzz.c"]
    program = workshop.build_program(tmp_path / "fuzz", *sources, options=SANITIZERS)
    assert " rounds; seen " in workshop.run(program, seed, rounds)


@pytest.mark.slow
def test_curves_of_any_strokes_under_sanitizers(tmp_path, request):
    seed = request.config.getoption("--hypothesis-seed") or 0
    rounds = ROUNDS_AN_EXAMPLE * settings().max_examples
    sources = [CHECKS / "strokes_checks.c", CHECKS / "curve_fuzz.c"]
    program = workshop.build_program(tmp_path / "fuzz", *sources, options=SANITIZERS)
    assert " rounds; seen " in workshop.run(program, seed, rounds)


@pytest.mark.slow
def test_the_kernel_alone_under_sanitizers(tmp_path, request):
    """libFuzzer in a long run where clang is installed, because it looks for new paths; else the driver of our own."""
    seed = request.config.getoption("--hypothesis-seed") or 0
    rounds = ROUNDS_AN_EXAMPLE * settings().max_examples
    sources = [CHECKS / "strokes_checks.c", CHECKS / "strokes_fuzz.c"]
    clang = shutil.which("clang")
    if clang and rounds > 10_000:
        options = [*SANITIZERS, "-fsanitize=fuzzer", "-DEB_LIBFUZZER"]
        program = workshop.build_program(tmp_path / "fuzz", *sources, options=options, program=clang)
        corpus = tmp_path / "corpus"
        corpus.mkdir()
        for number, data in enumerate(golden.all_bytes()):
            (corpus / str(number)).write_bytes(data)
        command = [program, f"-seed={int(seed) % 2**32 or 1}", f"-runs={rounds}", "-max_len=4096", corpus]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-6000:]
    else:
        program = workshop.build_program(tmp_path / "fuzz", *sources, options=SANITIZERS)
        assert " rounds; seen " in workshop.run(program, seed, rounds, golden.write_corpus(tmp_path / "corpus"))
