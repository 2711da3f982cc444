"""The forms of fields that messages do not show by themselves."""

import pytest

from edgeboard.errors import DecodeError, LimitError
from edgeboard.wire import fields as form


def test_a_boolean_is_not_a_number() -> None:
    with pytest.raises(DecodeError):
        form.number(255)(True)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(DecodeError, match="empty"):
        form.ranges([[b"a" * 8, 5, 5]])


def test_more_ranges_than_the_limit_are_refused_before_they_are_read() -> None:
    with pytest.raises(LimitError):
        form.ranges([object()] * (form.RANGES_MAX + 1))


def test_counters_come_in_pairs() -> None:
    with pytest.raises(DecodeError, match="pairs"):
        form.counters([1, 2, 3])
