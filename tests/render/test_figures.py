"""Shapes, texts and notes, sound and strange."""

import xml.etree.ElementTree as ElementTree

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.geometry import Rectangle
from edgeboard.canvas.items import Item
from edgeboard.ids import OpId, Origin
from edgeboard.render import figures
from edgeboard.render.figures import escape, figure


def picture(kind, value, **registers):
    payload = value if isinstance(value, bytes) else msgpack.packb(value)
    named = {Register[name.upper()]: register for name, register in registers.items()}
    return figure(Item(OpId(1), kind, 0, 0, ((OpId(1), payload),), named, ((),), None, Origin(0), 1))


def elements(drawn):
    root = ElementTree.fromstring(f'<svg xmlns:x="x">{drawn.svg}</svg>')
    return [(element.tag, element.attrib, element.text) for element in root.iter()][1:]


def test_a_rectangle_may_be_drawn_from_any_corner():
    ((tag, attributes, _),) = elements(picture(ItemType.SHAPE, [2, [10, 20, 4, 5.5], 4, 2, 6]))
    assert tag == "rect"
    assert [attributes[name] for name in ("x", "y", "width", "height")] == ["4", "5.5", "6", "14.5"]
    assert (attributes["stroke"], attributes["fill"], attributes["stroke-width"]) == ("#d92d20", "#f2b705", "2")


def test_an_ellipse_fills_the_box_of_its_corners():
    ((tag, attributes, _),) = elements(picture(ItemType.SHAPE, [3, [0, 0, 10, 4], 16 + 0xABCDEF, 1, None]))
    assert tag == "ellipse"
    assert [attributes[name] for name in ("cx", "cy", "rx", "ry")] == ["5", "2", "5", "2"]
    assert (attributes["stroke"], attributes["fill"]) == ("#abcdef", "none")


def test_lines_arrows_and_polygons_are_paths():
    ways = [elements(picture(ItemType.SHAPE, [shape, [0, 0, 10, 0, 10, 10], 0, 2, 3]))[0][1] for shape in (0, 1, 4, 99)]
    assert ways[0]["d"] == "M0 0L10 0L10 10"
    assert ways[1]["d"].count("M10 10L") == 2
    assert ways[2]["d"].endswith("z")
    assert [way["fill"] for way in ways] == ["none", "none", "#ffffff", "none"]


def test_a_connector_is_an_arrow():
    ((_, attributes, _),) = elements(picture(ItemType.CONNECTOR, [None, b"x" * 12, [0, 0, 0, 0], 9, 1]))
    assert attributes["stroke"] == "#1971c2"
    assert attributes["d"].count("M") == 3


def test_a_text_has_its_lines_and_nothing_that_is_not_xml():
    _, first, second = elements(picture(ItemType.TEXT, [1, 2, "a < b & c\x00\n\n  two]]>", 10, 5]))
    assert first[0] == "text"
    assert (first[2], second[2]) == ("a < b & c\ufffd", "  two]]>")
    assert (first[1]["y"], second[1]["y"]) == ("11", "37")


def test_a_later_text_and_style_win():
    group, text = elements(picture(ItemType.TEXT, [0, 0, "old", 10, 5], text="new", style=[4, None, None, 0.25]))
    assert text[2] == "new"
    assert text[1]["fill"] == "#d92d20"
    assert group[1]["opacity"] == "0.25"


def test_a_sticky_is_as_high_as_its_text_needs_and_a_text_without_end_says_that_there_is_more():
    drawn = picture(ItemType.STICKY, [10, 20, 200, 200, "word " * 1000, 6])
    rows = [element for element in elements(drawn) if element[0] == "text"]
    assert len(rows) > 100
    assert drawn.box.y1 > 20 + len(rows) * 13
    assert picture(ItemType.STICKY, [10, 20, 200, 200, "word " * 30, 6]).box.y1 == 224
    endless = picture(ItemType.STICKY, [0, 0, 200, 200, "a\n" * 4000, 6])
    assert endless.svg.count("<text") == 400
    assert ">…</text>" in endless.svg
    assert ">…</text>" in picture(ItemType.TEXT, [0, 0, "a\n" * 4000, 20, 0]).svg


def test_a_sticky_breaks_its_lines_and_is_read_on_any_colour():
    drawn = picture(ItemType.STICKY, [0, 0, 100, 80, "one two three four", 0])
    texts = [element for element in elements(drawn) if element[0] == "text"]
    assert [text[2] for text in texts] == ["one two", "three", "four"]
    assert texts[0][1]["fill"] == "#ffffff"
    light = [element for element in elements(picture(ItemType.STICKY, [0, 0, 99, 9, "x", "?"])) if element[0] == "text"]
    assert light[0][1]["fill"] == "#1d1d1f"
    assert drawn.box == Rectangle(0, 0, 101, 84)


@pytest.mark.parametrize("line", ["字 " * 1365, "字" * 2730, "word " * 1638, "a" * 8192, "é " * 2730])
@pytest.mark.parametrize("room", [1.0, 300.0, 4_000.0, 100_000.0])
def test_breaking_a_line_takes_time_in_proportion_to_its_length_however_wide_its_paper_is(monkeypatch, line, room):
    looked_at = 0

    class Counting:
        def match(self, sign):
            nonlocal looked_at
            looked_at += len(sign)
            return wide.match(sign)

    wide = figures._WIDE
    monkeypatch.setattr(figures, "_WIDE", Counting())
    rows = figures.wrapped(line, room)
    assert "".join("".join(rows).split()) == "".join(line.split()), "no sign is lost"
    assert looked_at <= 3 * len(line), "a board stands still while one note is broken into rows"


def test_an_image_is_a_frame_for_now():
    ((tag, attributes, _),) = elements(picture(ItemType.IMAGE, [0, 0, 50, 40, b"h" * 32, "image/png", 5]))
    assert (tag, attributes["width"], attributes["height"]) == ("rect", "49", "39")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ItemType.TICKER, {}),
        (99, [1]),
        (ItemType.SHAPE, b"\xc1"),
        (ItemType.SHAPE, {"a": 1}),
        (ItemType.SHAPE, []),
        (ItemType.SHAPE, [2, [0, 0], 0, 1, None]),
        (ItemType.SHAPE, [2, [0, 0, float("nan"), 1], 0, 1, None]),
        (ItemType.SHAPE, [2, [0, 0, 1e9, 1], 0, 1, None]),
        (ItemType.SHAPE, [0, [0] * 20_001, 0, 1, None]),
        (ItemType.SHAPE, [0, [True, 0, 1, 1], 0, 1, None]),
        (ItemType.TEXT, ["a", 0, "x", 1, 0]),
        (ItemType.STICKY, [0, 0, -1, 5, "x", 0]),
        (ItemType.IMAGE, [0, 0, float("inf"), 5]),
    ],
)
def test_what_is_not_of_its_form_is_not_drawn(kind, value):
    assert picture(kind, value) is None


def test_strange_styles_fall_back():
    ((_, attributes, _),) = elements(picture(ItemType.SHAPE, [0, [0, 0, 1, 1], -5, -1, "red"], style="bold"))
    assert (attributes["stroke"], attributes["stroke-width"]) == ("#1d1d1f", "2")
    ((_, attributes, _),) = elements(picture(ItemType.SHAPE, [0, [0, 0, 1, 1], 1, 1e6, None], style=[True, 0, 1, -3]))
    assert (attributes["stroke"], attributes["stroke-width"], attributes["stroke-opacity"]) == ("#6e6e73", "256", "0")


@given(st.text())
def test_escaped_text_is_xml_whatever_it_holds(text):
    ElementTree.fromstring(f"<t>{escape(text)}</t>")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


@pytest.mark.slow
@given(st.sampled_from(list(ItemType)), st.lists(values, max_size=8), values, values)
def test_whatever_an_item_holds_its_picture_is_xml(kind, value, text, style):
    drawn = picture(kind, value, text=text, style=style)
    if drawn is not None:
        elements(drawn)
