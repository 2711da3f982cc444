"""Drawings become ops of one origin, always the same ones, and a canvas becomes a drawing."""

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.samples import Stroke
from edgeboard.canvas.values import pack_value, unpack_value
from edgeboard.ids import AuthorTag, Origin
from edgeboard.interchange.drawing import Drawing, Drawn, Note, Notes, drawing_of, ends_of, items_of, make_ops
from edgeboard.oplog.codec import encode_columns, encode_stroke

BOX = Drawn(ItemType.SHAPE, (pack_value([2, [0, 0, 9, 9], 4, 8, None]),), {Register.TRANSFORM: [1, 0, 0, 1, 5, 5]})
INK = Drawn(
    ItemType.STROKE,
    (encode_stroke(0, 3, 24, Stroke(20, [0, 20], [0, 9])), encode_columns(Stroke(20, [20, 50], [9, 9]))),
    cuts=((), ((3, 9),)),
)
ARROW = Drawn(ItemType.CONNECTOR, (pack_value([None, None, [0, 0, 5, 5], 4, 2]),), ends=(2, 0))
DRAWING = Drawing((BOX, ARROW, INK))


def canvas_of(drawing, origin=7):
    document = Document()
    for entry, op in enumerate(make_ops(drawing, Origin(origin))):
        document.apply(op, Place(AuthorTag(b"a" * 8), entry))
    return document


def test_a_canvas_shows_what_was_drawn_in_its_order():
    items = canvas_of(DRAWING).items()
    assert [item.type for item in items] == [ItemType.SHAPE, ItemType.CONNECTOR, ItemType.STROKE]
    assert items[0].registers == BOX.registers
    assert items[2].cuts == ((), ((3, 9),))
    assert ends_of(items[1].pieces[0][1]) == (items[2].id, items[0].id)


def test_each_item_is_a_gesture_and_the_ops_are_always_the_same():
    ops = make_ops(DRAWING, Origin(7))
    assert [op.more for op in ops] == [False, True, False, False, True, True]
    assert [op.tail for op in ops] == [op.tail for op in make_ops(DRAWING, Origin(7))]
    assert {op.id for op in ops}.isdisjoint(op.id for op in make_ops(DRAWING, Origin(8)))


def test_what_a_canvas_shows_is_a_drawing_that_draws_the_same():
    document = canvas_of(DRAWING)
    drawing = drawing_of(document.items())
    assert [drawn.ends for drawn in drawing.items] == [(None, None), (2, 0), (None, None)]
    again = canvas_of(drawing)
    assert again.digest() == document.digest()


def test_items_stand_as_a_canvas_would_show_them():
    items, shown = items_of(DRAWING), canvas_of(DRAWING).items()
    assert len({item.id for item in items}) == 3
    for item, other in zip(items, shown, strict=True):
        assert (item.type, item.cuts, dict(item.registers)) == (other.type, other.cuts, dict(other.registers))
    assert ends_of(items[1].pieces[0][1]) == (items[2].id, items[0].id)
    assert unpack_value(items[1].pieces[0][1])[2:] == [[0, 0, 5, 5], 4, 2]


def test_ends_that_are_no_ids_are_none():
    assert ends_of(pack_value([b"short", 5])) == (None, None)
    assert ends_of(pack_value("no list")) == (None, None)


def test_notes_are_counted_by_kind_and_reason_in_their_order():
    notes = Notes()
    notes.add("frames", "none")
    notes.add("images", "no blobs", 2)
    notes.add("frames", "none")
    notes.add("groups", "none", 0)
    assert notes.all() == (Note("frames", 2, "none"), Note("images", 2, "no blobs"))
    assert notes.all()[0].as_fields() == {"kind": "frames", "count": 2, "why": "none"}
