"""The machine's clocks."""

from edgeboard.clock import SystemClock


def test_monotonic_time_never_goes_back_and_labels_are_never_negative() -> None:
    clock = SystemClock()
    times = [clock.now() for _ in range(100)]
    assert times == sorted(times)
    assert clock.wall_ms() >= 0
