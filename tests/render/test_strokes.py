from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.geometry import IDENTITY, Transform
from edgeboard.canvas.items import Item
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import OpId, Origin
from edgeboard.oplog.codec import encode_columns, encode_stroke
from edgeboard.render.strokes import ink_of, transform_of

STROKE = Stroke(20, [0, 200, 400], [0, 0, 0])


def item(*payloads, registers=None, cuts=None):
    pieces = tuple((OpId(at + 1), payload) for at, payload in enumerate(payloads))
    cuts = cuts or tuple(() for _ in payloads)
    return Item(OpId(1), ItemType.STROKE, 0, 0, pieces, registers or {}, cuts, None, Origin(1), 1)


def test_ink_has_the_pen_of_its_first_piece_and_the_discs_of_all():
    ink = ink_of(item(encode_stroke(0, 4, 24, STROKE), encode_columns(STROKE)))
    assert (ink.pen.colour, ink.pen.width, ink.opacity, len(ink.runs)) == (4, 24, 1.0, 2)


def test_a_style_register_wins_over_the_pen():
    ink = ink_of(item(encode_stroke(0, 4, 24, STROKE), registers={Register.STYLE: [9, 80, None, 0.5]}))
    assert (ink.pen.colour, ink.pen.width, ink.opacity) == (9, 80, 0.5)


def test_what_is_cut_out_is_not_drawn():
    assert ink_of(item(encode_stroke(0, 0, 24, STROKE), cuts=(((0, 2048),),))) is None


def test_a_piece_that_cannot_be_read_takes_only_itself_away():
    assert len(ink_of(item(encode_stroke(0, 0, 24, STROKE), b"\xff")).runs) == 1
    assert ink_of(item(b"\xff", encode_columns(STROKE))) is None


def test_a_transform_that_cannot_be_undone_counts_as_none():
    assert transform_of(item(b"", registers={Register.TRANSFORM: [0, 0, 0, 0, 5, 5]})) == IDENTITY
    assert transform_of(item(b"", registers={Register.TRANSFORM: [1, 0, 0, 1, 5, 5]})) == Transform(e=5, f=5)
