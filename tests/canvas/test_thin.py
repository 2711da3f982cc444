"""Thinning leaves no point further off than the tolerance."""

import json
from itertools import pairwise
from math import hypot
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.samples import Stroke
from edgeboard.canvas.thin import kept, thin

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "ink.json").read_text())["thin"]
POINTS = st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500), st.integers(0, 4095)), max_size=40)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{len(case['x'])} points")
def test_golden_thinning(case):
    assert kept(case["x"], case["y"], case["pressure"], case["scale"]) == case["kept"]


@given(POINTS, st.sampled_from([0.5, 2.0]), st.sampled_from([1, 20]))
def test_what_is_left_out_lies_near_the_chord_and_near_its_pressure(points, epsilon, scale):
    x, y, pressure = ([point[axis] for point in points] for axis in range(3))
    stays = kept(x, y, pressure, scale, epsilon, 128)
    assert stays == sorted(set(stays))
    assert (stays[:1], stays[-1:]) == (([0], [len(x) - 1]) if points else ([], []))
    for first, last in pairwise(stays):
        for i in range(first + 1, last):
            dx, dy = x[last] - x[first], y[last] - y[first]
            square = dx * dx + dy * dy
            u = min(1, max(0, ((x[i] - x[first]) * dx + (y[i] - y[first]) * dy) / square)) if square else 0
            assert hypot(x[i] - x[first] - u * dx, y[i] - y[first] - u * dy) / scale <= epsilon * 1.0000001
            assert abs(pressure[i] - pressure[first] - u * (pressure[last] - pressure[first])) <= 128.00001


def test_a_straight_line_of_even_pressure_keeps_its_ends():
    stroke = Stroke(20, tuple(range(0, 2000, 20)), (0,) * 100, (1000,) * 100, tuple(range(100)))
    assert thin(stroke) == Stroke(20, (0, 1980), (0, 0), (1000, 1000), (0, 99))


def test_a_change_of_pressure_stays():
    stroke = Stroke(20, (0, 20, 40), (0, 0, 0), (0, 2000, 0))
    assert thin(stroke) == stroke
    assert thin(stroke, pressure_epsilon=4000) == stroke.choose([0, 2])
