"""Calibration: corners, turns, the curve, and what is kept of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import DeviceError
from firmware_bridge.pen.calibration import (
    UNIT_CORNERS,
    Calibration,
    PressureCurve,
    Projection,
)

SKEWED = ((0.1, 0.15), (0.9, 0.05), (0.95, 0.9), (0.05, 0.8))


def near(*point):
    return pytest.approx(point, abs=1e-6)


def test_without_arguments_nothing_changes():
    calibration = Calibration()
    assert calibration.place(0.25, 0.75) == (0.25, 0.75)
    assert [calibration.press(raw) for raw in (0.0, 0.5, 1.0)] == [0, 2048, 4095]
    assert calibration.lean(10.0, -20.0) == (10.0, -20.0)
    assert calibration.to_dict() == {}


def test_four_corners_are_brought_to_the_corners_of_the_area():
    calibration = Calibration.fit(SKEWED)
    for corner, target in zip(SKEWED, UNIT_CORNERS, strict=True):
        assert calibration.place(*corner) == near(*target)


corner = st.floats(0, 0.3)


@given(st.tuples(*[st.tuples(corner, corner)] * 4))
def test_any_reasonable_corners_can_be_fitted_and_lines_stay_lines(insets):
    corners = [(abs(u - dx), abs(v - dy)) for (u, v), (dx, dy) in zip(UNIT_CORNERS, insets, strict=True)]
    calibration = Calibration.fit(corners)
    for raw, target in zip(corners, UNIT_CORNERS, strict=True):
        assert calibration.place(*raw) == pytest.approx(target, abs=1e-6)
    (ax, ay), (bx, by) = corners[0], corners[2]
    x, y = calibration.place((ax + bx) / 2, (ay + by) / 2)
    assert x == pytest.approx(y, abs=1e-6)  # the diagonal stays one


def test_targets_may_lie_within_the_area():
    inner = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
    assert Calibration.fit(inner, inner).place(0.03, 0.5) == near(0.03, 0.5)


def test_an_affine_fit_forgives_one_bad_corner():
    bad = ((0.04, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    x, y = Calibration.fit(bad, projection=Projection.AFFINE).place(0.04, 0.0)
    assert 0 < x < 0.04
    assert y == pytest.approx(0.0, abs=0.011)
    straight = Calibration.fit(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)), projection=Projection.AFFINE)
    assert straight.place(0.5, 0.1) == near(0.5, 0.0)


@pytest.mark.parametrize(("corners", "words"), [
    (((0.5, 0.5),) * 4, "one line or in one place"),
    (((0.1, 0.1), (0.5, 0.5), (0.9, 0.9), (0.1, 0.9)), "one line"),
    (((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)), "crossed"),
    (((0.1, 0.1), (0.9, 0.9), (0.9, 0.1)), "four corners"),
])  # fmt: skip
def test_corners_that_span_nothing_are_refused_in_words(corners, words):
    with pytest.raises(DeviceError, match=words):
        Calibration.fit(corners)


@pytest.mark.parametrize(("rotation", "expected"), [
    (0, (0.2, 0.1)), (90, (0.9, 0.2)), (180, (0.8, 0.9)), (270, (0.1, 0.8)),
])  # fmt: skip
def test_a_turned_tablet_is_turned_back(rotation, expected):
    assert Calibration(rotation=rotation).place(0.2, 0.1) == near(*expected)
    other = (rotation + 180) % 360
    assert Calibration(rotation=other, left_handed=True).place(0.2, 0.1) == near(*expected)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_tilt_turns_with_the_surface_by_turn_or_by_corners(rotation):
    by_turn = Calibration(rotation=rotation)
    corners = [next(raw for raw in UNIT_CORNERS if by_turn.place(*raw) == target) for target in UNIT_CORNERS]
    by_corners = Calibration.fit(corners)
    assert by_turn.lean(30.0, 10.0) == by_corners.lean(30.0, 10.0)
    x, y = by_turn.place(0.5 + 0.3, 0.5 + 0.1)
    assert by_turn.lean(30.0, 10.0) == near((x - 0.5) * 100, (y - 0.5) * 100)


def test_turn_and_corners_go_together():
    calibration = Calibration.fit(SKEWED[1:] + SKEWED[:1], rotation=270)
    for raw, target in zip(SKEWED[1:] + SKEWED[:1], UNIT_CORNERS, strict=True):
        assert calibration.place(*raw) == near(*target)


def test_beyond_the_area_is_its_edge():
    assert Calibration.fit(((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))).place(0.1, 0.95) == (0.0, 1.0)


def test_pressure_has_a_range_and_a_bend():
    curve = PressureCurve(low=0.1, high=0.6, gamma=2.0)
    assert [curve.press(raw) for raw in (0.0, 0.1, 0.35, 0.6, 1.0)] == [0, 0, 1024, 4095, 4095]
    points = PressureCurve(points=((0.0, 0.2), (0.5, 0.2), (1.0, 0.8)))
    assert [points.press(raw) for raw in (0.0, 0.25, 0.75, 1.0)] == [819, 819, 2048, 3276]


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 10))
def test_more_pressure_is_never_less(one, other, gamma):
    curve = PressureCurve(gamma=gamma)
    assert (curve.press(one) <= curve.press(other)) or one > other
    assert 0 <= curve.press(one) <= 4095


@pytest.mark.parametrize("calibration", [
    Calibration(),
    Calibration.fit(SKEWED, rotation=90, left_handed=True, pressure=PressureCurve(0.1, 0.9, 1.5)),
    Calibration(pressure=PressureCurve(points=((0.0, 0.0), (0.5, 0.8), (1.0, 1.0)))),
])  # fmt: skip
def test_what_is_kept_comes_back_the_same(calibration):
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict()))) == calibration


@pytest.mark.parametrize("values", [
    {"matrix": [1, 2, 3]}, {"matrix": [0] * 9}, {"matrix": "123456789"}, {"matrix": [float("nan")] * 9},
    {"rotation": 45}, {"rotation": "left"}, {"left_handed": 1}, {"corners": []}, {"pressure": 3},
    {"pressure": {"low": 0.9, "high": 0.1}}, {"pressure": {"gamma": 0}}, {"pressure": {"points": [[0, 0]]}},
    {"pressure": {"points": [[0, 1], [0.5, 0.5]]}}, {"pressure": {"points": "ab"}}, {"pressure": {"force": 1}},
    {"pressure": {"points": [[0, 0], 7]}}, {"pressure": {"low": "little"}},
])  # fmt: skip
def test_what_is_no_calibration_is_refused_in_words(values):
    with pytest.raises(DeviceError, match=r"\w+ \w+"):
        Calibration.from_dict(values)
