"""Proximity: the bit that eraser and second switch share, and when a packet had come."""

import pytest

from firmware_bridge.pen.proximity import Proximity, limit
from firmware_bridge.pen.samples import PenSample, Tool


def test_the_shared_bit_depends_on_what_was_near():
    near = Proximity(19200)
    assert near.read_shared_bit(True) == (Tool.ERASER, False)
    near.report(PenSample(0.0, 1, 1))
    assert near.read_shared_bit(True) == (Tool.PEN, True)
    near.report(PenSample(0.0, 1, 1, tool=Tool.ERASER))
    assert near.read_shared_bit(False) == (Tool.PEN, False)


def test_a_tool_that_is_replaced_leaves_first():
    near = Proximity(19200)
    near.report(PenSample(1.0, 5, 6, pressure=9, tip=True, side=True))
    near.report(PenSample(2.0, 7, 8, tool=Tool.ERASER))
    near.leave(3.0)
    near.leave(4.0)
    assert near.take() == (
        PenSample(1.0, 5, 6, pressure=9, tip=True, side=True),
        PenSample(2.0, 5, 6, near=False),
        PenSample(2.0, 7, 8, tool=Tool.ERASER),
        PenSample(3.0, 7, 8, tool=Tool.ERASER, near=False),
    )
    assert near.take() == ()


def test_stamps_never_go_back():
    near = Proximity(1000)  # 10 ms a byte
    assert [near.stamp(1.0, 9), near.stamp(1.0, 0), near.stamp(1.01, 9)] == pytest.approx([0.91, 1.0, 1.0])


def test_a_silent_tool_leaves_a_second_after_it_was_heard():
    near = Proximity(19200)
    assert near.next_timer() is None
    near.report(PenSample(near.stamp(5.0, 0), 1, 1))
    assert near.next_timer() == 6.0
    assert not near.on_timer(5.9)
    assert near.on_timer(6.0)
    assert near.take()[-1] == PenSample(6.0, 1, 1, near=False)
    assert near.next_timer() is None


def test_a_tablet_is_nudged_when_nothing_is_near_and_nothing_was_heard():
    near = Proximity(19200)
    near.begin(100.0)
    assert near.next_timer() == 110.0
    assert [near.is_nudge_due(now) for now in (109.9, 110.0, 110.1)] == [False, True, False]
    near.report(PenSample(near.stamp(115.0, 0), 1, 1))
    assert near.next_timer() == 116.0
    assert not near.is_nudge_due(130.0)
    near.leave(115.5)
    assert near.next_timer() == 125.0


def test_a_little_over_the_maximum_is_the_maximum_and_more_is_nothing():
    assert [limit(value, 1000) for value in (0, 1000, 1020, 1021)] == [0, 1000, 1000, None]
