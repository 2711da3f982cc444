"""Ink: the golden discs to the last bit, and what holds for any stroke."""

import json
from math import isclose, isfinite
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.ink import PALETTE, RADIUS_MIN, Disc, discs, palette, runs, smooth
from edgeboard.canvas.merge import unite
from edgeboard.canvas.samples import Stroke

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "ink.json").read_text())
COORDINATES = st.integers(-(10**6), 10**6)
POINTS = st.lists(st.tuples(COORDINATES, COORDINATES, st.integers(0, 4095)), min_size=1, max_size=20)
CUTS = st.lists(st.tuples(st.integers(0, 20_800), st.integers(1, 3200)).map(lambda cut: (cut[0], sum(cut)))).map(unite)


@pytest.mark.parametrize("case", GOLDEN["strokes"], ids=lambda case: case["name"])
def test_golden_ink(case):
    stroke = Stroke(case["scale"], case["x"], case["y"], case["pressure"])
    made = runs(stroke, case["width"], [tuple(cut) for cut in case["cuts"]])
    assert [[list(disc) for disc in run] for run in made] == case["runs"]


def test_golden_palette():
    assert [f"#{palette(number):06x}" for number in range(16)] == GOLDEN["palette"]
    assert palette(16 + 0x123456) == 0x123456
    assert len(PALETTE) == 16


@given(POINTS, st.integers(1, 2048), CUTS)
def test_ink_is_finite_begins_and_ends_with_the_stroke_and_is_never_too_thin(points, width, cuts):
    x, y, pressure = ([point[axis] for point in points] for axis in range(3))
    whole = runs(Stroke(20, x, y, pressure), width)
    assert len(whole) == 1
    assert isclose(whole[0][0].x, x[0] / 20, abs_tol=1e-6)
    assert isclose(whole[0][-1].y, y[-1] / 20, abs_tol=1e-6)
    left = runs(Stroke(20, x, y, pressure), width, cuts)
    for run in (*whole, *left):
        assert all(isfinite(value) for disc in run for value in disc)
        assert all(disc.r >= RADIUS_MIN for disc in run)
        assert len(run) > (1 if len(points) > 1 else 0)


@given(POINTS, st.integers(1, 9600), st.integers(1, 9600))
def test_a_cut_and_what_it_leaves_meet(points, start, length):
    stroke = Stroke(20, [x for x, _, _ in points], [y for _, y, _ in points])
    end = 1024 * (len(points) - 1)
    if start + length >= end:
        return
    before, behind = runs(stroke, 16, [(start, start + length)])
    (between,) = runs(stroke, 16, [(0, start), (start + length, end)])
    assert (before[-1], behind[0]) == (between[0], between[-1])


def test_without_pressure_a_line_is_as_wide_as_it_says():
    (run,) = discs([(0, 0), (10, 0)], 4)
    assert {disc.r for disc in run} == {2.0}
    assert len(run) == 4
    assert discs([(1, 2)], 4) == [[Disc(1, 2, 2)]]


def test_smoothing_keeps_the_ends():
    assert smooth([]) == []
    assert smooth([5]) == [5]
    assert smooth([0, 8]) == [0, 8]
    assert smooth([0, 8, 0, 8]) == [0, 4, 4, 8]
