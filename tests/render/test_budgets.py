"""Buffers grow at once, shrink late, and do not swing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.render.budgets import EMPTY, FULL, Budget


def test_a_full_buffer_grows_at_once_up_to_its_bound():
    size = Budget(8, 30, 5.0).begin()
    assert [size.used(size.bound, 0.0) and size.bound for _ in range(3)] == [16, 30, False]


def test_a_buffer_that_was_mostly_empty_for_a_while_shrinks():
    size = Budget(8, 64, 5.0).begin()
    for _ in range(3):
        size.used(size.bound, 0.0)
    assert not size.used(1, 4.9)
    assert size.used(1, 5.0)
    assert size.bound == 32
    assert not size.used(1, 9.9)
    assert size.used(1, 10.0)
    assert size.bound == 16


def test_one_busy_moment_keeps_it_from_shrinking():
    size = Budget(8, 64, 5.0).begin()
    for _ in range(3):
        size.used(size.bound, 0.0)
    size.used(20, 2.0)
    assert not size.used(0, 5.0)
    assert size.bound == 64


@given(st.lists(st.tuples(st.integers(0, 80), st.floats(0, 3)), max_size=60))
def test_it_stays_within_its_bounds_and_the_same_use_never_makes_it_swing(uses):
    size, now, last = Budget(4, 64, 5.0).begin(), 0.0, 0
    for amount, wait in uses:
        now, last = now + wait, amount
        size.used(amount, now)
        assert 4 <= size.bound <= 64
    changes = [size.used(last, now := now + 1.0) for _ in range(60)]
    assert not any(changes[-20:])
    assert EMPTY * 2 < FULL


def test_bounds_that_are_none_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        Budget(0, 5, 1.0)
    with pytest.raises(ValueError, match="at most no less"):
        Budget(6, 5, 1.0)
