"""Units, limits and angles of single traces; whole files are read in test_inkml.py."""

import math

import pytest

from edgeboard.interchange.inkstrokes import PX, Scale, to_stroke
from edgeboard.interchange.inktraces import Channel, Context, Trace


def stroke_of(rows, *channels):
    trace = Trace(1, Context(channels, len(channels)), rows, None, None)
    return to_stroke(trace, Scale([trace]))[0].stroke


@pytest.mark.parametrize(
    ("units", "value", "px"), [("in", 1, 96), ("mm", 25.4, 96), ("pt", 72, 96), ("himetric", 2540, 96), ("px", 5, 5)]
)
def test_lengths_are_px_at_96_to_the_inch(units, value, px):
    stroke = stroke_of([[value, 0.0]], Channel("X", units), Channel("Y", units))
    assert stroke.x[0] == pytest.approx(px * 20)
    assert units in PX


def test_a_resolution_wins_over_the_unit():
    stroke = stroke_of([[1000.0, 0.0]], Channel("X", "cm", step_px=0.1), Channel("Y", "cm", step_px=0.1))
    assert stroke.x[0] == 2000


def test_force_has_the_limits_that_its_channel_says():
    force = Channel("P", least=100.0, most=200.0)
    stroke = stroke_of([[0.0, 0.0, 50.0], [0.0, 0.0, 150.0], [0.0, 0.0, 999.0]], Channel("X"), Channel("Y"), force)
    assert list(stroke.pressure) == [0, 2048, 4095]


def test_limits_that_are_one_number_are_no_limits():
    force = Channel("F", least=1.0, most=1.0)
    assert list(stroke_of([[0.0, 0.0, 1.0]], Channel("X"), Channel("Y"), force).pressure) == [0]


def test_radians_are_understood():
    tilts = Channel("OTx", "rad"), Channel("OTy", "rad")
    stroke = stroke_of([[0.0, 0.0, math.pi / 4, -math.pi / 2]], Channel("X"), Channel("Y"), *tilts)
    assert (stroke.tilt_x[0], stroke.tilt_y[0]) == (45, -90)
