"""The ink of a stroke as lines."""

import pytest

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.samples import PRESSURE_MAX, Stroke
from edgeboard.errors import DecodeError
from edgeboard.interchange.drawing import Drawing, Drawn, items_of
from edgeboard.interchange.ink_lines import lines_of_ink
from edgeboard.oplog.codec import encode_columns, encode_stroke


def ink(*strokes, cuts=(), registers=None):
    first, *rest = strokes
    pieces = (encode_stroke(0, 3, 24, first), *(encode_columns(stroke) for stroke in rest))
    return items_of(Drawing((Drawn(ItemType.STROKE, pieces, registers or {}, cuts),)))[0]


def test_pieces_that_join_are_one_line():
    item = ink(Stroke(20, [0, 20], [0, 0]), Stroke(8, [8, 40], [0, 8], [4000, 7]))
    _, _, lines, is_timed = lines_of_ink(item)
    assert [line.places for line in lines] == [[(0, 0), (1, 0), (5, 1)]]
    assert lines[0].levels == [PRESSURE_MAX, PRESSURE_MAX, 7]
    assert not is_timed


def test_pieces_apart_are_lines_apart():
    _, _, lines, is_timed = lines_of_ink(ink(Stroke(20, [0, 20], [0, 0], t=[0, 5]), Stroke(20, [60, 80], [0, 0])))
    assert [line.places for line in lines] == [[(0, 0), (1, 0)], [(3, 0), (4, 0)]]
    assert [line.levels for line in lines] == [None, None]
    assert is_timed


def test_a_cut_leaves_two_lines_and_their_ends_lie_where_it_was_cut():
    stroke = Stroke(20, [0, 400, 800], [0, 0, 0], [4095, 4095, 0])
    _, _, lines, _ = lines_of_ink(ink(stroke, cuts=(((512, 1536),),)))
    assert [line.places[0] for line in lines] == [(0, 0), pytest.approx((30, 0), abs=3)]
    assert [line.places[-1] for line in lines] == [pytest.approx((10, 0), abs=3), (40, 0)]
    assert lines[0].levels[0] == pytest.approx(4095)
    assert lines[1].levels[-1] == pytest.approx(0, abs=1)


def test_the_style_register_wins_and_a_broken_piece_is_passed_over():
    item = ink(Stroke(20, [0], [0]), Stroke(20, [0, 9], [0, 0]), registers={Register.STYLE: [5, 80, None, 0.5]})
    pen, opacity, _, _ = lines_of_ink(item)
    assert (pen.colour, pen.width, opacity) == (5, 80, 0.5)
    broken = Drawn(ItemType.STROKE, (item.pieces[0][1], b"\xff"))
    assert len(lines_of_ink(items_of(Drawing((broken,)))[0])[2]) == 1
    with pytest.raises(DecodeError):
        lines_of_ink(items_of(Drawing((Drawn(ItemType.STROKE, (b"",)),)))[0])
