"""Units, angles and keys that both programs have in common."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.interchange.excalidraw import centre_of, curve_through, order_key, rotation, snap, tidy_angle


@given(st.floats(-1e6, 1e6))
def test_a_place_on_the_grid_stays_there_and_none_moves_far(value):
    assert abs(snap(value) - value) <= 1 / 128
    assert snap(snap(value)) == snap(value)
    assert isinstance(snap(round(value)), int)


@given(st.floats(-100, 100))
def test_an_angle_that_is_tidy_stays_so_through_a_matrix(angle):
    tidy = tidy_angle(angle)
    assert abs(math.remainder(tidy - angle, math.tau)) < 2e-6
    turned = rotation(tidy, 3, 4)
    assert tidy_angle(math.atan2(turned.b, turned.a)) == tidy
    assert turned.apply(3, 4) == pytest.approx((3, 4))


def test_keys_are_in_the_order_of_their_numbers():
    keys = [order_key(number) for number in range(5000)]
    assert keys == sorted(keys)
    assert (keys[0], keys[61], keys[62], keys[62 + 62 * 62]) == ("a0", "az", "b00", "c000")
    assert len(set(keys)) == 5000


def test_a_curve_goes_through_its_points_and_is_smooth_between():
    points = [(0.0, 0.0), (100.0, 50.0), (200.0, 0.0)]
    curve = curve_through(points)
    assert curve[0] == points[0]
    assert curve[-1] == points[-1]
    assert (100.0, 50.0) in curve
    assert len(curve) == 17
    assert curve_through(points[:2])[-1] == points[1]


def test_the_middle_of_places_is_that_of_their_box():
    assert centre_of([(0, 0), (10, 2), (4, 8)]) == (5, 4)
