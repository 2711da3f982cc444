"""What is kept stays within its budget, and what was wanted last stays longest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.render.cache import OVERHEAD_BYTES, Cache


def test_what_was_wanted_longest_ago_makes_room():
    cache = Cache[str, int](3 * (OVERHEAD_BYTES + 10))
    for key in "abc":
        cache.put(key, ord(key), 10)
    assert cache.get("a") == ord("a")
    cache.put("d", 4, 10)
    assert "b" not in cache
    assert [key in cache for key in "acd"] == [True, True, True]


def test_what_is_larger_than_the_budget_is_not_kept_and_drives_nothing_out():
    cache = Cache[str, int](1_000)
    cache.put("small", 1, 10)
    cache.put("large", 2, 1_001)
    assert "small" in cache
    assert "large" not in cache


def test_a_smaller_budget_lets_go_at_once():
    cache = Cache[int, int](10_000)
    for key in range(20):
        cache.put(key, key, 100)
    cache.resize(2 * (OVERHEAD_BYTES + 100))
    assert [key for key in range(20) if key in cache] == [18, 19]
    with pytest.raises(ValueError, match="0 or more"):
        cache.resize(-1)


def test_what_is_asked_for_is_counted():
    cache = Cache[str, int](1_000)
    cache.put("here", 1, 1)
    assert (cache.get("here"), cache.get("not here")) == (1, None)
    found = cache.statistics()
    assert (found.hits, found.misses, found.entries, found.bytes) == (1, 1, 1, OVERHEAD_BYTES + 1)
    cache.drop("here")
    assert cache.statistics().bytes == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 900)), max_size=60), st.integers(0, 3_000))
def test_whatever_is_put_in_the_bytes_are_counted_right(puts, budget):
    cache = Cache[int, int](budget)
    for key, size in puts:
        cache.put(key, size, size)
        cache.check()
