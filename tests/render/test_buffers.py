"""Buffers are used again, and what waits stays within its budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.render.buffers import Pool


def test_what_is_given_back_is_used_again():
    pool = Pool(1_000)
    buffer = pool.take(100)
    pool.give(buffer)
    assert pool.take(100) is buffer
    assert pool.take(100) is not buffer
    found = pool.statistics()
    assert (found.made, found.used_again, found.spare_bytes) == (2, 1, 0)


def test_a_buffer_of_another_size_is_not_taken():
    pool = Pool(1_000)
    pool.give(bytearray(100))
    assert len(pool.take(50)) == 50


def test_what_is_beyond_the_budget_is_let_go():
    pool = Pool(250)
    for size in (100, 100, 100, 40):
        pool.give(bytearray(size))
    assert pool.statistics().spare_bytes == 240
    assert pool.statistics().spare == 3


def test_a_buffer_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Pool(10).take(0)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 50)), max_size=80))
def test_the_bytes_that_wait_are_counted_right(steps):
    pool, out = Pool(300), []
    for takes, size in steps:
        if takes:
            out.append(pool.take(size))
        elif out:
            pool.give(out.pop())
    found = pool.statistics()
    assert found.spare_bytes == sum(len(each) for waiting in pool._spare.values() for each in waiting) <= 300
