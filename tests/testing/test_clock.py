"""Virtual time."""

from edgeboard.testing.clock import VirtualClock


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
