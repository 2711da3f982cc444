"""Items as marks: what is drawn of each, and when it is another one."""

from array import array
from itertools import pairwise
from math import hypot

import msgpack
import pytest

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.items import Item
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import OpId, Origin
from edgeboard.oplog.codec import encode_columns, encode_stroke
from edgeboard.render.sketches import Fill, Letters, Line, Note, Picture, content_of, sketch_of

LINE = encode_stroke(0, 4, 16, Stroke(20, [0, 200], [0, 0]))


def item(kind, *payloads, cuts=None, **registers):
    named = {Register[name.upper()]: value for name, value in registers.items()}
    pieces = tuple((OpId(7 + at), payload) for at, payload in enumerate(payloads))
    return Item(OpId(7), kind, 0, 0, pieces, named, cuts or ((),) * len(pieces), None, Origin(1), 1)


def marks(kind, *fields, **registers):
    sketch = sketch_of(item(kind, msgpack.packb(list(fields)), **registers))
    return [] if sketch is None else list(sketch.marks)


def test_a_stroke_is_a_run_of_discs_for_each_piece():
    sketch = sketch_of(item(ItemType.STROKE, LINE, encode_columns(Stroke(20, [200, 400], [0, 0]))))
    (line,) = sketch.marks
    assert [list(run[:3]) for run in line.runs] == [[0.0, 0.0, 1.0], [10.0, 0.0, 1.0]]
    assert (line.colour, line.opacity, line.is_marker) == (4, 1.0, False)


def test_a_marker_lets_through():
    (line,) = sketch_of(item(ItemType.STROKE, encode_stroke(1, 6, 80, Stroke(20, [0], [0])))).marks
    assert (line.opacity, line.is_marker) == (0.4, True)


def test_a_shape_is_its_filling_and_its_line():
    fill, line = marks(ItemType.SHAPE, 2, [10, 20, 30, 40], 0, 4, 5)
    assert fill == Fill(array("d", [10, 20, 30, 20, 30, 40, 10, 40]), 5, 1.0)
    assert isinstance(line, Line)
    assert line.runs[0] == array("d", [10, 20, 2, 30, 20, 2, 30, 40, 2, 10, 40, 2, 10, 20, 2])


def test_an_ellipse_is_nowhere_far_from_its_polygon():
    (line,) = marks(ItemType.SHAPE, 3, [-500, -500, 500, 500], 0, 4)
    run = line.runs[0]
    places = list(zip(run[::3], run[1::3], strict=True))
    middles = [((ax + bx) / 2, (ay + by) / 2) for (ax, ay), (bx, by) in pairwise(places)]
    assert all(499.97 < hypot(x, y) <= 500.001 for x, y in [*places, *middles])
    assert places[0] == pytest.approx(places[-1])


def test_a_connector_has_a_head():
    (line,) = marks(ItemType.CONNECTOR, None, None, [0, 0, 100, 0], 0, 4)
    assert [len(run) // 3 for run in line.runs] == [2, 2, 2]


def test_a_sticky_note_grows_with_its_words():
    note, letters = marks(ItemType.STICKY, 0, 0, 100, 30, "many words that do not fit on it at all", 6)
    assert isinstance(note, Note)
    assert isinstance(letters, Letters)
    assert note.area.y1 > 30
    assert letters.note == note.area


def test_a_text_stands_where_its_register_says_what_it_says():
    (letters,) = marks(ItemType.TEXT, 5, 6, "before", 20, 4, text="after\nwards")
    assert letters == Letters(["after", "wards"], 5, 6, 20, 4, 1.0)


def test_an_image_that_cannot_be_shown_is_a_frame():
    (picture,) = marks(ItemType.IMAGE, 0, 0, 10, 10, b"\x01" * 32, "image/svg+xml", 10)
    assert (type(picture), picture.content) == (Picture, None)
    (picture,) = marks(ItemType.IMAGE, 0, 0, 10, 10, b"\x01" * 32, "image/png", 10)
    assert picture.content == b"\x01" * 32


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ItemType.SHAPE, (2, [float("nan")] * 4)),
        (ItemType.SHAPE, (2, "numbers")),
        (ItemType.TEXT, (None, 1, "x")),
        (ItemType.STICKY, (0, 0, 0, 10, "x")),
        (ItemType.IMAGE, (0, 0, -1, 10)),
        (ItemType.TICKER, (0, 0)),
        (99, ()),
    ],
)
def test_what_is_not_of_its_form_is_not_drawn(kind, fields):
    assert marks(kind, *fields) == []


def test_what_looks_different_has_another_content():
    plain = item(ItemType.STROKE, LINE)
    others = [
        item(ItemType.STROKE, LINE, cuts=(((0, 100),),)),
        item(ItemType.STROKE, LINE, style=[5]),
        item(ItemType.STROKE, LINE, transform=[1, 0, 0, 1, 5, 0]),
        item(ItemType.STROKE, LINE, encode_columns(Stroke(20, [200, 400], [0, 0]))),
    ]
    contents = {content_of(each) for each in [plain, *others]}
    assert len(contents) == len(others) + 1
    assert content_of(item(ItemType.STROKE, LINE)) == content_of(plain)
