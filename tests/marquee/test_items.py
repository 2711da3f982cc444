from math import inf

import pytest

from edgeboard.canvas.values import pack_value
from edgeboard.errors import DecodeError
from edgeboard.marquee.items import (
    MARK,
    TEXT_CHARACTERS_MAX,
    Level,
    TickerItem,
    changed,
    content_of,
    one_line,
    payload_of,
    read_item,
)

DOOR = TickerItem("door", "The door is open", Level.WARNING, 3, -2, 8.0, 2_000.5, "bell", 1_000.25, 900.0)


def test_an_item_comes_back_from_the_log_as_it_was_put_there():
    assert read_item(payload_of(DOOR)) == DOOR


def test_what_is_as_by_default_takes_no_bytes():
    assert content_of(TickerItem("a", "Hello")) == {"text": "Hello"}
    assert read_item(payload_of(TickerItem("a", "Hello"))) == TickerItem("a", "Hello")


def test_its_data_stands_in_the_place_of_its_payload_but_for_the_id():
    shut = TickerItem("door", "The door is shut", Level.HEALTHY, at=1_500.0, was=DOOR)
    assert read_item(payload_of(DOOR), content_of(shut)) == shut


def test_every_ticker_item_can_be_told_by_a_look_at_its_bytes():
    assert MARK in payload_of(DOOR)
    assert MARK in payload_of(TickerItem("a", "Hello"))


def test_keys_of_a_later_version_are_skipped():
    assert read_item(pack_value({"ticker": "a", "text": "Hello", "sparkle": 3})) == TickerItem("a", "Hello")


def test_a_level_of_a_later_version_counts_as_information():
    assert read_item(pack_value({"ticker": "a", "text": "Hello", "level": 9})).level is Level.INFO


def test_whole_numbers_that_a_page_wrote_as_floats_are_taken():
    assert read_item(pack_value({"ticker": "a", "text": "x", "at": 5000.0, "priority": 2.0})).at == 5.0


BAD = [
    ["a"],
    {"text": "x"},
    {"ticker": 5, "text": "x"},
    {"ticker": "", "text": "x"},
    {"ticker": "a" * 65, "text": "x"},
    {"ticker": "a\n", "text": "x"},
    {"ticker": "a"},
    {"ticker": "a", "text": ""},
    {"ticker": "a", "text": "two\nlines"},
    {"ticker": "a", "text": "x" * (TEXT_CHARACTERS_MAX + 1)},
    {"ticker": "a", "text": "x", "level": -1},
    {"ticker": "a", "text": "x", "level": "critical"},
    {"ticker": "a", "text": "x", "level": True},
    {"ticker": "a", "text": "x", "priority": 1001},
    {"ticker": "a", "text": "x", "order": 1.5},
    {"ticker": "a", "text": "x", "interval": 10},
    {"ticker": "a", "text": "x", "interval": 4_000_000},
    {"ticker": "a", "text": "x", "expires": "soon"},
    {"ticker": "a", "text": "x", "at": float("nan")},
    {"ticker": "a", "text": "x", "at": 1 << 60},
    {"ticker": "a", "text": "x", "at": 5, "since": 6},
    {"ticker": "a", "text": "x", "icon": "../etc"},
    {"ticker": "a", "text": "x", "icon": 3},
    {"ticker": "a", "text": "x", "interval": float("nan")},
    {"ticker": "a", "text": "x", "interval": float("inf")},
    {"ticker": "a", "text": "x", "order": 1e308},
    {"ticker": "a", "text": "x", "priority": -(1 << 62)},
    {"ticker": "a", "text": "x" * 8_000},
    {"ticker": "a", "text": "\x1b[2Jx"},
    {"ticker": "a", "text": "gpj.\u202etxt"},
    {"ticker": "\u202ea", "text": "x"},
    {"ticker": "a", "text": "x", "was": "y"},
    {"ticker": "a", "text": "x", "was": {"text": ""}},
]


@pytest.mark.parametrize("body", BAD, ids=repr)
def test_an_item_that_breaks_its_form_is_refused_with_a_reason(body):
    with pytest.raises(DecodeError, match=r"\w+ \w+"):
        read_item(pack_value(body))


def test_bytes_that_are_no_value_are_refused():
    for data in (b"", b"\xc1", payload_of(DOOR)[:-1], payload_of(DOOR) + b"\0"):
        with pytest.raises(DecodeError):
            read_item(data)


@pytest.mark.parametrize("data", [5, "text", ["x"]])
def test_data_that_is_no_map_is_refused(data):
    with pytest.raises(DecodeError, match="is a map"):
        read_item(payload_of(DOOR), data)


def test_an_item_out_of_its_limits_is_not_written():
    with pytest.raises(DecodeError, match="one line"):
        payload_of(TickerItem("a", ""))


# ------------------------------------------------------------------------------------------------ changes


def test_a_new_item_takes_part_from_its_moment_on():
    item = changed(None, TickerItem("a", "Hello"), 50.0)
    assert (item.at, item.since, item.was) == (50.0, 50.0, None)


def test_a_changed_text_carries_along_what_it_was_and_takes_part_since_then():
    first = changed(None, TickerItem("a", "Hello"), 50.0)
    second = changed(first, TickerItem("a", "Bye", Level.WARNING), 80.0)
    assert (second.at, second.since, second.was) == (80.0, 50.0, first)
    third = changed(second, TickerItem("a", "Bye bye"), 90.0)
    assert third.was is not None
    assert (third.since, third.was.text, third.was.was) == (50.0, "Bye", None)


@pytest.mark.parametrize("wanted", [{"priority": 1}, {"order": 1}, {"interval_s": 9.0}, {"level": Level.CRITICAL}])
def test_what_takes_another_turn_takes_part_anew(wanted):
    first = changed(None, TickerItem("a", "Hello"), 50.0)
    assert changed(first, TickerItem("a", "Hello", **wanted), 80.0).since == 80.0


def test_an_item_that_had_ended_begins_anew():
    first = changed(None, TickerItem("a", "Hello", expires=70.0), 50.0)
    assert changed(first, TickerItem("a", "Hello"), 80.0).was is None


def test_a_change_that_another_overtakes_never_shows():
    first = changed(None, TickerItem("a", "Hello"), 50.0)
    second = changed(first, TickerItem("a", "Oops"), 80.0)
    third = changed(second, TickerItem("a", "Bye"), 79.0)
    assert third.was is not None
    assert third.was.text == "Hello"


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb", "a b"), ("  a \t b ", "a b"), ("a\x07b\u200bc", "abc"), ("x" * 600, "x" * 499 + "…"), ("\n", "")],
)
def test_any_text_can_be_made_a_line(text, line):
    assert one_line(text) == line


def test_an_item_without_an_end_has_none():
    assert read_item(payload_of(TickerItem("a", "Hello"))).expires == inf
