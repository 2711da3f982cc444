"""The text of a trace, in every encoding of the standard, and everything that is not one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.interchange.inktraces import TraceError, read_points


def points(text, channels=2, regular=2):
    return read_points(text, channels, regular, 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 2, 3 4", [[1, 2], [3, 4]]),
        ("1 2,3 4,", [[1, 2], [3, 4]]),
        ("\n  10.5 -3\n,11.25 -.5  \n", [[10.5, -3], [11.25, -0.5]]),
        ("3-5,-3+5", [[3, -5], [-3, 5]]),
        ("1 2, '1 '1, 1 -1, !0 !0", [[1, 2], [2, 3], [3, 2], [0, 0]]),
        ("1'2", [[1, 2]]),
        ("#10 #fF", [[16, 255]]),
        ("T F", [[1, 0]]),
        ("1 2,* *,3 *", [[1, 2], [1, 2], [3, 2]]),
        ("1 2,'3 '4,* *", [[1, 2], [4, 6], [7, 10]]),
        ("1 ?,? 5", [[1, None], [None, 5]]),
        ("1e2 2E-1", [[100, 0.2]]),
        ("", []),
        (" \n ", []),
    ],
)
def test_points_are_read(text, expected):
    assert points(text) == expected


def test_differences_of_differences_as_in_the_standard():
    text = "1125 18432,'23'43,\"7\"-8,3-5,7 -3,6 2,6 8,3 6,2 4,3 6,3-6"
    found = points(text)
    assert found[:5] == [[1125, 18432], [1148, 18475], [1178, 18510], [1211, 18540], [1251, 18567]]
    speeds = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(found[1:])]
    assert speeds[:4] == [(30, 35), (33, 30), (40, 27), (46, 29)]


def test_channels_that_may_be_left_out():
    assert points("1 2,3 4 T,5 6 F", channels=3) == [[1, 2], [3, 4, 1], [5, 6, 0]]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("1 2,3", "a point with 1 values where the format has 2: '3'", 0),
        ("1 2,,3 4", "a point with 0 values", 0),
        ("1 2,\n3 4 5", "a point with more than 2 values", 1),
        ("1 2,\n\nx 4", "'x 4' is not a number", 2),
        ("1 two", "'two' is not a number", 0),
        ("nan 1", "'nan 1' is not a number", 0),
        ("1e999 1", "beyond all measure", 0),
        ("1 " + "9" * 400, "a point with more than 2 values", 0),
        (",", "a point with 0 values", 0),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line(text, message, line):
    with pytest.raises(TraceError) as caught:
        points(text)
    assert message in str(caught.value)
    assert caught.value.line == line


def test_too_many_points_are_refused():
    with pytest.raises(TraceError, match="more than 3 points"):
        read_points("1 1,2 2,3 3,4 4", 2, 2, 3)


@given(st.text("0123456789 ,.'\"!*?-#TF\nax", max_size=60))
def test_any_text_is_points_or_one_kind_of_error(text):
    try:
        found = points(text)
    except TraceError:
        return
    assert all(len(row) == 2 for row in found)
