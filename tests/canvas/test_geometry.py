"""Rectangles and transforms."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.geometry import (
    IDENTITY,
    NOWHERE,
    Damage,
    Point,
    Rectangle,
    Transform,
    around,
    around_runs,
    translation,
)
from edgeboard.canvas.ink import Disc

NUMBERS = st.integers(-50, 50)
RECTANGLES = st.builds(Rectangle, NUMBERS, NUMBERS, NUMBERS, NUMBERS).map(
    lambda area: NOWHERE if area.is_empty else area
)
TRANSFORMS = st.builds(Transform, *(st.sampled_from([-2.0, -0.5, 0.0, 1.0, 3.0]),) * 6)


@given(RECTANGLES, RECTANGLES, NUMBERS, NUMBERS)
def test_union_and_intersection_are_what_they_say(one, other, x, y):
    point = Rectangle(x, y, x, y)
    inside = (one.contains(point), other.contains(point))
    assert one.intersection(other).contains(point) == all(inside)
    assert not any(inside) or one.union(other).contains(point)
    assert one.overlaps(other) == (not one.intersection(other).is_empty)
    assert one.union(other).contains(one)
    assert one.contains(NOWHERE)
    assert one.union(NOWHERE) == one


def test_a_rectangle_grows_and_rounds_outward():
    assert Rectangle(0.2, 0, 1.1, 2).outward() == Rectangle(0, 0, 2, 2)
    assert Rectangle(0, 0, 1, 1).inflated(2) == Rectangle(-2, -2, 3, 3)
    assert NOWHERE.outward() == NOWHERE.inflated(9) == NOWHERE


@given(TRANSFORMS, TRANSFORMS, NUMBERS, NUMBERS)
def test_one_transform_after_another(outer, inner, x, y):
    assert outer.after(inner).apply(x, y) == outer.apply(*inner.apply(x, y))


@given(TRANSFORMS, NUMBERS, NUMBERS)
def test_a_transform_and_its_inverse_cancel(transform, x, y):
    back = transform.inverse()
    if back is None:
        assert transform.a * transform.d == transform.b * transform.c
        return
    there = back.apply(*transform.apply(x, y))
    assert isclose(there.x, x, abs_tol=1e-6)
    assert isclose(there.y, y, abs_tol=1e-6)


@given(TRANSFORMS, RECTANGLES)
def test_a_transformed_rectangle_holds_its_corners(transform, area):
    if area.is_empty:
        assert transform.rectangle(area) == NOWHERE
        return
    moved = transform.rectangle(area)
    for corner in ((area.x0, area.y0), (area.x1, area.y0), (area.x1, area.y1)):
        x, y = transform.apply(*corner)
        assert moved.contains(Rectangle(x, y, x, y))


@pytest.mark.parametrize(
    "value", [None, [1, 0, 0, 1, 0], [1, 0, 0, 1, 0, "0"], [1, 0, 0, 1, 0, True], [1, 0, 0, 1, 0, 1e999]]
)
def test_a_value_that_is_no_transform_is_the_identity(value):
    assert Transform.of(value) == IDENTITY


def test_a_value_that_is_one_comes_back():
    assert Transform.of([1, 2, 3, 4, 5, 6, "later"]).to_list() == [1, 2, 3, 4, 5, 6]
    assert translation(3, 4).apply(1, 1) == Point(4, 5)
    assert Transform(a=1e-320, d=1e-320).inverse() is None


def test_what_lies_around():
    assert around([]) == around_runs([]) == NOWHERE
    assert around([(1, 5), (3, 2)]) == Rectangle(1, 2, 3, 5)
    assert around_runs([[Disc(0, 0, 1)], [Disc(9, 0, 2)]]) == Rectangle(-1, -2, 11, 2)
    assert Damage(0, Rectangle(0, 0, 1, 1)) == Damage(0, Rectangle(0, 0, 1, 1))
