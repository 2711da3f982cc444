"""A thinned stroke is drawn where it was, and as wide; the golden vectors hold the browser to the same."""

import random
from math import cos, hypot, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard._native.refine import kernel
from edgeboard.canvas.ink import curve
from edgeboard.canvas.refine import TIME_STEP, refine, refined, refined_in_python, rounded
from edgeboard.canvas.samples import PRESSURE_MAX, Stroke

TOLERANCE = 0.5


def stroke_of(places) -> Stroke:
    return Stroke(8, tuple(round(x * 8) for x, _ in places), tuple(round(y * 8) for _, y in places))


STROKES = {
    "corner": stroke_of([(i * 5, 0) if i < 20 else (95, (i - 19) * 5) for i in range(40)]),
    "circle": stroke_of([(100 * cos(i / 31.8), 100 * sin(i / 31.8)) for i in range(200)]),
    "zigzag": stroke_of([(i * 2, abs((i % 20) - 10) * 6) for i in range(120)]),
    "there and back": stroke_of([((i if i < 40 else 80 - i) * 3, (i % 2) / 8) for i in range(80)]),
    "fast and coarse": stroke_of([(i * 40, (i % 4) * 30) for i in range(12)]),
    "a dot": stroke_of([(3, 3)]),
    "two points": stroke_of([(3, 3), (90, 3)]),
}


def parting(a, b) -> float:
    """How far two drawn outlines part, px: what a disc is off and what its radius is, together."""

    def worst(one, other) -> float:
        most = 0.0
        for x, y, r in zip(*one[:3], strict=True):
            best = hypot(x - other[0][0], y - other[1][0]) + abs(r - other[2][0])
            for j in range(len(other[0]) - 1):
                dx, dy = other[0][j + 1] - other[0][j], other[1][j + 1] - other[1][j]
                square = dx * dx + dy * dy
                u = min(1, max(0, ((x - other[0][j]) * dx + (y - other[1][j]) * dy) / square)) if square else 0
                off = hypot(x - other[0][j] - u * dx, y - other[1][j] - u * dy)
                best = min(best, off + abs(r - other[2][j] - u * (other[2][j + 1] - other[2][j])))
            most = max(most, best)
        return most

    return max(worst(a, b), worst(b, a))


@pytest.mark.parametrize("width", [1.0, 3.0, 40.0])
@pytest.mark.parametrize("name", STROKES)
def test_a_refined_stroke_is_drawn_where_it_was(name, width) -> None:
    stroke = STROKES[name]
    assert parting(curve(stroke, width), curve(refine(stroke, width), width)) <= TOLERANCE + 1e-9


@given(st.integers(0, 1 << 30), st.sampled_from([2.0, 24.0]))
def test_scribbles_are_drawn_where_they_were_and_as_wide(seed, width) -> None:
    rng = random.Random(seed)
    reach, x, y = rng.choice((2, 20, 200)), [0], [0]
    for _ in range(rng.randint(2, 60)):
        x.append(x[-1] + rng.randint(-reach, reach))
        y.append(y[-1] + rng.randint(-reach, reach))
    stroke = Stroke(8, x, y, [rng.randint(0, PRESSURE_MAX) for _ in x], list(range(0, 7 * len(x), 7)))
    thin = refine(stroke, width)
    assert parting(curve(stroke, width), curve(thin, width)) <= TOLERANCE + 1e-9
    assert all(ms % TIME_STEP == 0 for ms in thin.t)
    assert (thin.x[0], thin.y[0], thin.x[-1], thin.y[-1]) == (x[0], y[0], x[-1], y[-1])


def test_a_fine_circle_keeps_few_of_its_points() -> None:
    assert len(refine(STROKES["circle"], 3.0).x) < 60


def test_a_line_keeps_its_ends_and_little_else() -> None:
    line = Stroke(20, [i * 20 for i in range(500)], [0] * 500, [2000] * 500, list(range(0, 8000, 16)))
    thin = refine(line, 3.0)
    assert (thin.x[0], thin.x[-1], thin.t[-1]) == (0, 499 * 20, 499 * 16)
    assert len(thin.x) < 20


def test_pressures_are_rounded_as_far_as_the_width_allows() -> None:
    pressure = [0, 1, 500, 2047, 4094, 4095]
    assert rounded(pressure, 3.0, TOLERANCE) == [0, 0, 546, 1911, 4095, 4095]
    for width in (3.0, 12.0, 80.0, 256.0, 10_000.0):
        worst = max(abs(a - b) for a, b in zip(rounded(pressure, width, TOLERANCE), pressure, strict=True))
        assert worst / PRESSURE_MAX * 0.65 * width / 2 <= TOLERANCE / 4 + 1e-3 * width


def test_without_a_tolerance_a_stroke_stays_as_recorded() -> None:
    stroke = Stroke(8, (0, 1, 2, 3), (0, 0, 0, 0), (1, 2, 3, 4), (0, 3, 7, 9))
    assert refine(stroke, 3.0, 0.0) == stroke


def test_pieces_still_join() -> None:
    stroke = Stroke(8, list(range(60)), [i * i for i in range(60)], [17 * i for i in range(60)], list(range(60)))
    first, second = (refine(part, 3.0) for part in (stroke.choose(range(30)), stroke.choose(range(29, 60))))
    assert (first.x[-1], first.y[-1], first.pressure[-1], first.t[-1]) == (
        second.x[0], second.y[0], second.pressure[0], second.t[0],
    )  # fmt: skip


@pytest.mark.skipif(kernel is None, reason="the kernel was not built")
@pytest.mark.parametrize("name", STROKES)
def test_both_twins_keep_the_same_points(name) -> None:
    stroke = STROKES[name]
    assert refined(stroke, None, 3.0, TOLERANCE) == refined_in_python(stroke, None, 3.0, TOLERANCE)
