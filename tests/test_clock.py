"""The machine's clocks."""

import time

import pytest

from edgeboard.clock import SystemClock


def test_monotonic_time_never_goes_back_and_labels_are_never_negative() -> None:
    clock = SystemClock()
    times = [clock.now() for _ in range(100)]
    assert times == sorted(times)
    assert clock.wall_ms() >= 0


def test_the_crystal_nobody_steers_is_named_by_how_much_it_is_ahead() -> None:
    clock = SystemClock()
    crystal = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    assert clock.now() + clock.steady_ahead() == pytest.approx(crystal, abs=0.05)


def test_where_no_such_clock_is_time_runs_as_the_other_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "CLOCK_MONOTONIC_RAW")
    assert SystemClock().steady_ahead() == 0.0
