"""The kernel of thinning: the points that its twin keeps, and no others."""

import random

import pytest

from edgeboard._native import refine
from edgeboard.canvas.refine import refined_in_python, rounded
from edgeboard.canvas.samples import Stroke
from tests._native import golden


def ask(kernel, stroke, pressure, width, tolerance):
    return kernel.refine(stroke.scale, stroke.x, stroke.y, stroke.pressure, pressure, width, tolerance)


def scribble(rng):
    count, reach = rng.randint(1, 120), rng.choice((0, 3, 40, 4000))
    x, y = [0], [0]
    for _ in range(count - 1):
        x.append(x[-1] + rng.randint(-reach, reach))
        y.append(y[-1] + rng.randint(-reach, reach))
    return Stroke(rng.choice((8, 20)), x, y, [rng.randint(0, 4095) for _ in x] if rng.random() < 0.5 else None)


@pytest.mark.parametrize("seed", range(40))
def test_scribbles_keep_the_points_that_the_twin_keeps(kernel, seed):
    rng = random.Random(seed)
    stroke, width, tolerance = scribble(rng), rng.choice((0.5, 3.0, 40.0)), rng.choice((0.05, 0.5))
    pressure = None if stroke.pressure is None else rounded(stroke.pressure, width, tolerance)
    wanted = refined_in_python(stroke, pressure, width, tolerance)
    assert ask(kernel, stroke, pressure, width, tolerance) == wanted


@pytest.mark.slow
def test_recorded_strokes_keep_the_points_that_the_twin_keeps(kernel):
    for stroke in list(golden.recorded_strokes())[::3]:
        pressure = rounded(stroke.pressure, 3.0, 0.5)
        assert ask(kernel, stroke, pressure, 3.0, 0.5) == refined_in_python(stroke, pressure, 3.0, 0.5)


@pytest.mark.parametrize(
    "arguments",
    [
        (8, (), (), None, None, 3.0, 0.5),
        (8, (0,) * 501, (0,) * 501, None, None, 3.0, 0.5),
        (8, (0, 1), (0,), None, None, 3.0, 0.5),
        (8, (0, 1), (0, 1), (0, 1), None, 3.0, 0.5),
        (8, (0, 1), (0, 1), None, (0, 1), 3.0, 0.5),
        (8, (0, 1), (0, 1), (0, 1), (0, 1, 2), 3.0, 0.5),
        (8, (0, 1), (0, "1"), None, None, 3.0, 0.5),
        (8, (0, 1), (0, 1), None, None, "3", 0.5),
        (8, 5, (0, 1), None, None, 3.0, 0.5),
        (8, (0, 1), (0, 1), None, None, float("nan"), 0.5),
        (8, (0, 1), (0, 1), None, None, 3.0, -0.5),
        (0, (0, 1), (0, 1), None, None, 3.0, 0.5),
        (8, (0, 1)),
    ],
)
def test_what_is_no_stroke_is_refused(kernel, arguments):
    with pytest.raises((ValueError, TypeError)):
        kernel.refine(*arguments)


def test_whatever_the_numbers_the_ends_stay(kernel):
    huge = 1 << 80
    kept = kernel.refine(8, (0, huge, -huge, 5), (0, 0, huge, 5), None, None, 1e300, 0.5)
    assert (kept[0], kept[-1]) == (0, 3)


def test_a_kernel_that_gives_another_answer_is_not_taken(kernel):
    class Wrong:
        def refine(self, *arguments):
            return [*kernel.refine(*arguments), 9]

    assert refine.is_sound(kernel)
    assert not refine.is_sound(Wrong())
    assert not refine.is_sound(object())
