"""A recorded stroke cut into pieces and shown point by point."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.bodies import ItemType
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import OpId
from edgeboard.interchange.pen import PIECE_MS, Style, body, moved, part, pieces, times
from edgeboard.oplog.codec import POINTS_MAX, decode_columns, decode_stroke

ITEM = OpId(1 << 32 | 1)


def stroke_of(count, step_ms=8, t=True):
    when = list(range(0, count * step_ms, step_ms)) if t else None
    return Stroke(20, [20 * i for i in range(count)], [(i % 7) * 20 for i in range(count)], [2000] * count, when)


@pytest.mark.parametrize(
    ("count", "step_ms", "expected"),
    [
        (1, 8, [(0, 1)]),
        (2, 8, [(0, 2)]),
        (250, 8, [(0, 250)]),
        (252, 8, [(0, 251), (250, 252)]),
        (3, 5_000, [(0, 2), (1, 3)]),  # a hand that rests: every two points are a piece
        (1_000, 1, [(0, 500), (499, 999), (998, 1_000)]),
    ],
)
def test_a_stroke_is_logged_every_2_s_and_every_500_points(count, step_ms, expected):
    assert list(pieces(stroke_of(count, step_ms))) == expected


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=60))
def test_pieces_cover_a_stroke_and_join_at_their_ends(pauses):
    when = [sum(pauses[:at]) for at in range(len(pauses))]
    stroke = Stroke(20, list(range(len(when))), [0] * len(when), None, when)
    found = list(pieces(stroke))
    assert found[0][0] == 0
    assert found[-1][1] == len(when)
    for (_, end), (after, _) in pairwise(found):
        assert after == end - 1
    for first, end in found:
        assert end - first <= POINTS_MAX
        assert when[end - 1] - when[first] <= PIECE_MS or end - first == 2


def test_a_recording_without_times_is_drawn_as_a_usual_tablet_would():
    assert list(times(stroke_of(3, t=False))) == [0, 8, 16]
    assert list(times(stroke_of(3, step_ms=5))) == [0, 5, 10]


def test_the_first_piece_names_the_pen_and_a_further_one_its_item():
    style = Style(colour=9, width=16, page=2)
    first = body(stroke_of(30), style, None, 0)
    pen, columns = decode_stroke(first.payload)
    assert (first.type, first.page, first.item) == (ItemType.STROKE, 2, None)
    assert (pen.tool, pen.colour, pen.width) == (0, 9, 16)
    assert (columns.x[0], columns.x[-1], columns.t[-1]) == (0, 29 * 20, 240)
    further = body(part(stroke_of(30), 10, 20), style, ITEM, 1)
    columns, end = decode_columns(further.payload)
    assert (further.item, further.index, end) == (ITEM, 1, len(further.payload))
    assert (columns.t[0], columns.x[-1]) == (80, 19 * 20)


def test_points_that_nobody_would_miss_are_left_out():
    line = Stroke(20, [i * 20 for i in range(100)], [0] * 100)
    _, columns = decode_stroke(body(line, Style(), None, 0).payload)
    assert (columns.x[0], columns.x[-1]) == (0, 99 * 20)
    assert len(columns.x) < 6


def test_a_stroke_can_be_logged_exactly():
    stroke = stroke_of(30, step_ms=7)
    _, columns = decode_stroke(body(stroke, Style(tolerance=0.0), None, 0).payload)
    assert (list(columns.x), list(columns.t), list(columns.pressure)) == (stroke.x, stroke.t, stroke.pressure)


def test_a_stroke_moves_as_a_whole():
    stroke = stroke_of(3)
    assert moved(stroke, 0, 0) is stroke
    there = moved(stroke, 2, -1)
    assert (list(there.x), list(there.y)) == ([40, 60, 80], [-20, 0, 20])
    assert there.t == stroke.t
