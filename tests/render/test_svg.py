"""Whole pages as SVG: sound XML, the same bytes each time, and what the canvas shows."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import msgpack
import pytest

from edgeboard.canvas.bodies import Add, Alive, Cut, ItemType, Meta, Register, Set
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import AuthorTag, Origin
from edgeboard.oplog.codec import encode_columns, encode_stroke
from edgeboard.render.svg import render_items, render_svg

RECORDING = Path(__file__).parents[2] / "edgeboard" / "cli" / "data" / "handwriting.jsonl"
SVG = "{http://www.w3.org/2000/svg}"
LINE = Stroke(1, [0, 40], [0, 0])
PRESSED = Stroke(1, [0, 40], [0, 0], [0, 4095])


class Page:
    """A canvas that is drawn on and looked at."""

    def __init__(self):
        self.document = Document()
        self._maker = Maker(Origin(1))
        self._entries = 0

    def draw(self, body):
        op = self._maker.make(body, self.document.lamport)
        self.document.apply(op, Place(AuthorTag(b"author--"), self._entries))
        self._entries += 1
        return op.id

    def stroke(self, stroke=LINE, tool=0, colour=4, width=16, page=0):
        return self.draw(Add(page, 0, ItemType.STROKE, encode_stroke(tool, colour, width, stroke)))

    def look(self, page=0):
        """The drawn elements, without the page itself, and the view box."""
        root = ElementTree.fromstring(render_svg(self.document, page))
        background, *drawn = root
        assert background.attrib["fill"] == "#ffffff"
        return drawn, [float(value) for value in root.attrib["viewBox"].split()]


@pytest.fixture
def page():
    return Page()


def test_an_empty_page_is_a_white_sheet(page):
    drawn, box = page.look()
    assert (drawn, box) == ([], [0, 0, 800, 600])


def test_a_stroke_without_pressure_is_a_line_with_round_ends(page):
    page.stroke()
    (path,), box = page.look()
    assert path.attrib == {
        "d": "M0 0l3.36 0l4.76 0l5.71 0l6.17 0l6.17 0l5.71 0l4.76 0l3.36 0",
        "fill": "none", "stroke": "#d92d20", "stroke-width": "2",
        "stroke-linecap": "round", "stroke-linejoin": "round",
    }  # fmt: skip
    assert box == [-17, -17, 74, 34]


def test_a_stroke_with_pressure_is_a_filled_outline(page):
    page.stroke(PRESSED)
    (path,), _ = page.look()
    assert path.attrib["fill"] == "#d92d20"
    assert path.attrib["d"].count("M") == path.attrib["d"].count("z") == 1
    assert "stroke" not in path.attrib


def test_a_marker_is_painted_once_as_a_whole(page):
    item = page.stroke(PRESSED, tool=1)
    page.draw(Add(0, 0, ItemType.STROKE, encode_columns(PRESSED), item, 1))
    (path,), _ = page.look()
    assert path.attrib["opacity"] == "0.4"


def test_pieces_belong_together_and_cuts_are_gaps(page):
    item = page.stroke()
    page.draw(Add(0, 0, ItemType.STROKE, encode_columns(Stroke(1, [40, 60], [0, 0])), item, 1))
    page.draw(Cut(item, ((256, 512),)))
    (path,), _ = page.look()
    assert [round(float(x)) for x in re.findall(r"M(-?[0-9.]+)", path.attrib["d"])] == [0, 20, 40]


def test_what_was_cut_away_altogether_or_erased_is_not_there(page):
    item, other = page.stroke(), page.stroke()
    page.draw(Cut(item, ((0, 1024),)))
    page.draw(Alive(other, False))
    assert page.look()[0] == []


def test_only_the_page_that_was_asked_for_is_shown(page):
    page.stroke()
    item = page.stroke(page=1)
    assert len(page.look(0)[0]) == len(page.look(1)[0]) == 1
    page.draw(Set(item, Register.LAYER, [0, 3]))
    assert [len(page.look(number)[0]) for number in (0, 1, 2)] == [2, 0, 0]


def test_transforms_move_the_item_and_its_box(page):
    item = page.stroke()
    page.draw(Set(item, Register.TRANSFORM, [2, 0, 0, 2, 100, 0.5]))
    (group,), box = page.look()
    assert group.attrib == {"transform": "matrix(2 0 0 2 100 0.5)"}
    assert box == [82, -18, 116, 37]


@pytest.mark.parametrize(
    "value", [[0, 0, 0, 0, 5, 5], "left", [1], [1, 0, 0, 1, float("nan"), 0], [True, 0, 0, 1, 5, 5]]
)
def test_a_transform_without_a_way_back_is_none(page, value):
    item = page.stroke()
    page.draw(Set(item, Register.TRANSFORM, value))
    (path,), _ = page.look()
    assert path.tag == f"{SVG}path"


def test_what_lies_beyond_all_sense_is_left_out(page):
    item = page.stroke()
    page.stroke()
    page.draw(Set(item, Register.TRANSFORM, [1, 0, 0, 1, 1e300, 0]))
    drawn, box = page.look()
    assert len(drawn) == 1
    assert box == [-17, -17, 74, 34]


def test_a_later_style_wins(page):
    item = page.stroke(tool=1)
    page.draw(Set(item, Register.STYLE, [9, 32, None, 0.5]))
    (path,), _ = page.look()
    assert (path.attrib["stroke"], path.attrib["stroke-width"], path.attrib["opacity"]) == ("#1971c2", "4", "0.2")


def test_broken_pieces_are_left_out_and_the_rest_is_drawn(page):
    item = page.stroke()
    page.draw(Add(0, 0, ItemType.STROKE, b"\xff", item, 1))
    page.draw(Add(0, 0, ItemType.STROKE, b"\xff"))
    assert len(page.look()[0]) == 1


def test_items_are_painted_in_their_order(page):
    first = page.stroke(colour=0)
    page.draw(Add(0, 0, ItemType.SHAPE, msgpack.packb([2, [0, 0, 9, 9], 3, 1, None])))
    assert [element.tag for element in page.look()[0]] == [f"{SVG}path", f"{SVG}rect"]
    page.draw(Set(first, Register.Z, "a"))
    assert [element.tag for element in page.look()[0]] == [f"{SVG}rect", f"{SVG}path"]


def test_the_same_canvas_gives_the_same_bytes_and_nothing_from_outside(page):
    for line in RECORDING.read_text().splitlines():
        fields = json.loads(line)
        page.stroke(Stroke(20, fields["x"], fields["y"], fields["p"], fields["t"]))
    text = render_svg(page.document)
    assert text == render_svg(page.document) == render_items(page.document.items())
    assert text.isascii()
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\(|<script|<style|<image|nan|inf|e-", text)
    assert len(page.look()[0]) == 51


def test_layers_are_drawn_in_their_order(page):
    page.draw(Add(0, 1, ItemType.STROKE, encode_stroke(0, 4, 16, LINE)))
    page.draw(Add(0, 0, ItemType.STROKE, encode_stroke(0, 9, 16, LINE)))
    colours = [path.attrib["stroke"] for path in page.look()[0]]
    assert len(set(colours)) == 2
    page.draw(Meta("order/0/0", "8"))
    assert [path.attrib["stroke"] for path in page.look()[0]] == colours[::-1]
