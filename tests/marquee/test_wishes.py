from math import inf

import pytest

from edgeboard.errors import DecodeError
from edgeboard.marquee.items import Level, TickerItem, changed
from edgeboard.marquee.layout import default_interval
from edgeboard.marquee.wishes import describe, item_of

RATE = 3.75


def made(wish, now=None, mesh_s=100.0):
    return item_of(wish, now, mesh_s, RATE)


def test_a_new_item_is_as_it_is_wished():
    wish = {"id": "door", "text": "Open", "level": "warning", "priority": 5, "order": -1, "interval": 9, "icon": "bell"}
    expected = TickerItem("door", "Open", Level.WARNING, 5, -1, 9.0, 700.0, "bell")
    assert made({**wish, "for": 600}) == expected


def test_what_a_wish_does_not_say_stays_as_it_is():
    before = changed(None, TickerItem("door", "Open", Level.WARNING, 5, 0, 9.0, 700.0, "bell"), 50.0)
    after = made({"id": "door", "text": "Shut"}, before)
    assert (after.text, after.level, after.priority, after.interval_s) == ("Shut", Level.WARNING, 5, 9.0)
    assert (after.icon, after.expires) == ("bell", 700.0)


def test_a_level_can_be_changed_without_the_text():
    before = changed(None, TickerItem("door", "Open"), 50.0)
    assert made({"id": "door", "level": "critical"}, before).text == "Open"


def test_an_item_that_has_ended_needs_a_text_again():
    before = changed(None, TickerItem("door", "Open", Level.CRITICAL, expires=90.0), 50.0)
    with pytest.raises(DecodeError, match="needs a text"):
        made({"id": "door", "level": "info"}, before)
    assert made({"id": "door", "text": "Shut"}, before).level is Level.INFO


def test_its_interval_follows_its_first_text_and_stays():
    first = made({"id": "a", "text": "word " * 12})
    assert first.interval_s == default_interval(first.text, RATE)
    assert made({"id": "a", "text": "OK"}, changed(None, first, 100.0)).interval_s == first.interval_s


@pytest.mark.parametrize(("lasts", "expires"), [(0, inf), (60, 160.0), (0.5, 100.5)])
def test_how_long_an_item_is_to_last(lasts, expires):
    assert made({"id": "a", "text": "x", "for": lasts}).expires == expires


def test_letters_that_nobody_sees_do_not_get_into_a_text():
    assert made({"id": "a", "text": "photo\u202egpj.exe \x1b[2J\u200f\ud800\x00!"}).text == "photogpj.exe [2J!"


def test_text_of_several_lines_becomes_one():
    assert made({"id": "a", "text": "two\nlines"}).text == "two lines"


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ({}, "needs an id"),
        ({"id": 5, "text": "x"}, "needs an id"),
        ({"id": "a"}, "needs a text"),
        ({"id": "a", "text": "\n"}, "needs a text"),
        ({"id": "a", "text": "x" * 501}, "at most 500 characters; this one has 501"),
        ({"id": "a", "text": "x", "level": "bad"}, "info, healthy, warning, critical"),
        ({"id": "a", "text": "x", "level": 3}, "info, healthy, warning, critical"),
        ({"id": "a", "text": "x", "interval": 0.1}, "from 1 to 3600"),
        ({"id": "a", "text": "x", "interval": True}, "from 1 to 3600"),
        ({"id": "a", "text": "x", "interval": float("nan")}, "from 1 to 3600"),
        ({"id": "a", "text": "x", "interval": 1e308}, "from 1 to 3600"),
        ({"id": "a", "text": "x", "order": 1e308}, "whole number"),
        ({"id": "a", "text": "x", "level": []}, "info, healthy, warning, critical"),
        ({"id": "a", "text": "x" * 8_000}, "this one has 8000"),
        ({"id": "a\u202e", "text": "x"}, "printable"),
        ({"id": "\ud800", "text": "x"}, "printable"),
        ({"id": "a", "text": "x", "for": -1}, "from 0 to"),
        ({"id": "a", "text": "x", "for": float("nan")}, "from 0 to"),
        ({"id": "a", "text": "x", "priority": 1.5}, "whole number"),
        ({"id": "a", "text": "x", "order": 5000}, "whole number"),
        ({"id": "a", "text": "x", "icon": 5}, "icon"),
        ({"id": "a", "text": "x", "icon": "Ä"}, "icon"),
        ({"id": "a" * 65, "text": "x"}, "64 bytes"),
        ({"id": "a", "text": "x", "colour": "red"}, "'colour' is nothing that an item has"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_with_what_is_allowed(wish, text):
    with pytest.raises(DecodeError, match=text):
        made(wish)


def test_an_item_is_told_in_the_same_words():
    item = changed(None, made({"id": "a", "text": "Hello", "level": "healthy", "for": 50}), 100.0)
    told = describe(item, 120.0)
    assert {key: told[key] for key in ("id", "text", "level", "expires", "valid", "next")} == {
        "id": "a", "text": "Hello", "level": "healthy", "expires": 150.0, "valid": True, "next": None,
    }  # fmt: skip
    assert not describe(item, 150.0)["valid"]


def test_what_is_about_to_change_is_told_with_what_comes():
    first = changed(None, made({"id": "a", "text": "Hello"}), 100.0)
    second = changed(first, made({"id": "a", "text": "Bye"}, first), 130.0)
    told = describe(second, 120.0)
    assert (told["text"], told["next"]) == ("Hello", "Bye")
