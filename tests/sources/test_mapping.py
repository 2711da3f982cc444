import json

import pytest

from edgeboard.errors import DecodeError, SourceError
from edgeboard.marquee.wishes import item_of
from edgeboard.sources.mapping import holds, item_id, level_of, value_of, wish_of
from edgeboard.sources.settings import ANSWER_MAX, Settings


@pytest.mark.parametrize(
    ("answer", "pointer", "value"),
    [
        (b"61.5\n", "", 61.5),
        (b"\xef\xbb\xbf\n  open \nsecond", "", "open"),
        (b"0x10", "", "0x10"),
        (b'{"a": {"b": [1, {"c": 2}]}}', "/a/b/1/c", 2.0),
        (b'{"a/b": {"~": true}}', "/a~1b/~0", True),
        (b'{"a": "up"}', "/a", "up"),
        (b'{"": 5}', "/", 5.0),
    ],
)
def test_the_value_is_found_in_text_and_in_json(answer, pointer, value):
    assert value_of(answer, pointer) == value


@pytest.mark.parametrize(
    ("answer", "pointer", "why"),
    [
        (b"\xff", "", "not UTF-8"),
        (b"61", "/a", "nothing at /a"),
        (b"{", "/a", "not JSON"),
        (b"[" * 50_000, "/a", "not JSON"),
        (b'{"a": [1]}', "/a", "no text, number or truth value"),
        (b'{"a": null}', "/a", "no text, number or truth value"),
        (b'{"a": NaN}', "/a", "no text, number or truth value"),
        (b'{"a": 1' + b"0" * 400 + b"}", "/a", "no text, number or truth value"),
        (b'{"a": [1]}', "/a/1", "nothing at /a/1"),
        (b'{"a": [1]}', "/a/-1", "nothing at /a/-1"),
        (b"x" * (ANSWER_MAX + 1), "", "longer than 64 KiB"),
    ],
)
def test_an_answer_without_the_value_says_why(answer, pointer, why):
    with pytest.raises(SourceError, match=why):
        value_of(answer, pointer)


@pytest.mark.parametrize(
    ("condition", "value", "is_met"),
    [
        ("> 70", 70.5, True), ("> 70", 70.0, False), (">= 70", 70.0, True), ("< 0", -1.0, True), ("<= -1", -1.0, True),
        ("= 5", 5.0, True), ("!= 5", 5.0, False), ("= up", "UP", True), ("!= up", "down", True), ("> 70", "hot", False),
        ("~ err", "An Error", True), ("~ err", "fine", False), ("= true", True, True), ("= no", False, True),
        ("!= true", False, True),
    ],
)  # fmt: skip
def test_conditions_are_met_or_not(condition, value, is_met):
    assert holds(condition, value) is is_met


def test_the_worst_condition_that_holds_gives_the_level():
    settings = Settings("/x", healthy="< 70", warning=">= 70", critical=">= 90", level="info")
    assert [level_of(settings, value) for value in (60.0, 75.0, 95.0)] == ["healthy", "warning", "critical"]
    assert level_of(settings, "broken") == "info"


def test_an_answer_becomes_an_item():
    settings = Settings(
        "/x",
        "boiler",
        "/t",
        "Boiler {value:.1} °C ({value})",
        0.001,
        warning="> 70",
        interval_s=6,
        icon="flame",
        order=2,
    )
    wish = wish_of(settings, json.dumps({"t": 71250}).encode(), "kitchen")
    assert wish == {
        "id": "boiler", "text": "Boiler 71.2 °C (71.25)", "level": "warning", "priority": 0, "order": 2, "interval": 6,
        "icon": "flame",
    }  # fmt: skip
    assert item_of(wish, None, 100.0, 3.75).text == "Boiler 71.2 °C (71.25)"


def test_a_text_of_its_own_cannot_reach_for_anything():
    settings = Settings("/x", text="{value} {value.__class__} {0}")
    assert wish_of(settings, b"5", "b")["text"] == "5 {value.__class__} {0}"


@pytest.mark.parametrize("answer", [b"", b"\n\n", b"\x07\x08"])
def test_an_empty_answer_is_trouble_and_no_item(answer):
    with pytest.raises(SourceError, match="empty"):
        wish_of(Settings("/x"), answer, "b")


def test_a_long_answer_becomes_a_line():
    wish = wish_of(Settings("/x"), b"word " * 500, "b")
    try:
        item_of(wish, None, 0.0, 3.75)
    except DecodeError as error:
        pytest.fail(f"the marquee refuses it: {error}")


def test_items_that_are_not_shared_bear_the_name_of_their_board():
    assert item_id(Settings("/x", "temp"), "kitchen") == "temp"
    assert item_id(Settings("/x", "temp", shared=False), "kitchen") == "temp@kitchen"
    assert len(item_id(Settings("/x", "t" * 60, shared=False), "küche" * 9).encode()) <= 64
