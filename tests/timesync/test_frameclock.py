"""Frames of mesh time."""

import random

import pytest

from edgeboard.timesync.frameclock import FrameClock


@pytest.mark.parametrize("rate_hz", [0.2, 1.0, 24_000 / 1_001, 25.0, 29.97, 30.0, 60.0, 144.0, 1_000.0])
def test_a_frame_begins_at_its_start_and_the_one_before_ends_there(rate_hz: float) -> None:
    clock, rng = FrameClock(rate_hz), random.Random(f"frames at {rate_hz}")
    for _ in range(2_000):
        frame = clock.frame_at(rng.choice((1e3, 1.8e9, 4e9)) * rng.random())
        assert clock.frame_at(clock.start_of(frame)) == frame
        assert clock.start_of(frame) < clock.start_of(frame + 1)
        middle = (clock.start_of(frame) + clock.start_of(frame + 1)) / 2
        assert clock.frame_at(middle) == frame


def test_frames_of_a_second_are_counted_from_second_0() -> None:
    clock = FrameClock(30.0)
    assert [clock.frame_at(second) for second in (0.0, 0.99, 1.0, 1.04)] == [0, 29, 30, 31]


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, 1_000.5, float("nan"), float("inf")])
def test_a_rate_that_no_panel_has_is_refused(rate_hz: float) -> None:
    with pytest.raises(ValueError, match="frames a second"):
        FrameClock(rate_hz)
