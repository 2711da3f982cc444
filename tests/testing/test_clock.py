"""Virtual time."""

import pytest

from edgeboard.clock import SystemClock
from edgeboard.testing.clock import SkewedClock, VirtualClock


def test_events_run_in_the_order_of_their_time_and_then_of_their_making() -> None:
    clock, seen = VirtualClock(), []
    clock.call_at(2.0, lambda: seen.append("b"))
    clock.call_at(1.0, lambda: seen.append("a"))
    clock.call_at(2.0, lambda: seen.append("c"))
    clock.run(1.5)
    assert (seen, clock.now()) == (["a"], 1.5)
    clock.run(1.0)
    assert seen == ["a", "b", "c"]


def test_an_event_may_set_another_and_sees_its_own_time() -> None:
    clock, seen = VirtualClock(), []
    clock.call_at(1.0, lambda: clock.call_at(clock.now() + 0.5, lambda: seen.append(clock.now())))
    clock.run(2.0)
    assert seen == [1.5]


def test_the_wall_clock_is_a_label_that_starts_where_it_is_told() -> None:
    clock = VirtualClock(wall_ms=1000)
    clock.run(2.0)
    assert clock.wall_ms() == 3000


def test_a_skewed_clock_is_ahead_and_fast_and_timers_see_nothing_of_it() -> None:
    machine = VirtualClock(wall_ms=1_700_000_000_000)
    skewed = SkewedClock(machine, ahead_s=3_600.0, drift_ppm=100.0)
    assert (skewed.now(), skewed.steady_ahead()) == (0.0, 3_600.0)
    machine.run(10_000.0)
    assert skewed.now() == 10_000.0
    assert skewed.steady_ahead() == pytest.approx(3_601.0)
    assert skewed.wall_ms() == machine.wall_ms() + 3_600_000


def test_a_skewed_clock_of_this_machine_differs_from_it_by_what_was_said() -> None:
    machine = SystemClock()
    skewed = SkewedClock(machine, ahead_s=-50.0, drift_ppm=0.0)
    assert skewed.steady_ahead() - machine.steady_ahead() == pytest.approx(-50.0, abs=0.01)
    assert skewed.wall_ms() - machine.wall_ms() == pytest.approx(-50_000, abs=500)
