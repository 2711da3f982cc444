"""The first of several times."""

from edgeboard.timers import soonest


def test_the_first_time_counts_and_never_is_later_than_all():
    assert soonest(3.0, None, 2.0, 5.0) == 2.0
    assert soonest(None, 0.0) == 0.0
    assert soonest(None, None) is None
    assert soonest() is None
