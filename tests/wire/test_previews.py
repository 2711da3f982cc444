"""What a pen shows of a stroke before it is logged."""

from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.samples import Stroke
from edgeboard.ids import Origin, op_id
from edgeboard.oplog.codec import Pen, decode_columns
from edgeboard.wire.live import Further, Preview, read_item, short_name
from edgeboard.wire.previews import INTRODUCED_EVERY, POINTS_MAX, PreviewWriter

OP = op_id(Origin(5), 7)
PEN = Pen(0, 3, 24)


def stroke_of(count, pressure=True):
    levels = [100 + i for i in range(count)] if pressure else None
    return Stroke(20, [20 * i for i in range(count)], [(i % 7) * 20 for i in range(count)], levels, list(range(count)))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.booleans())
def test_every_point_is_shown_once_and_pieces_stand_alone(steps, has_pressure):
    count = max(sum(steps), 1)
    stroke = stroke_of(count, has_pressure)
    writer = PreviewWriter(OP, PEN, 1, 2)
    x, pressure, end = [], [], 0
    for step in steps:
        end += step
        for item in writer.show(stroke, end):
            body = read_item(item)
            assert isinstance(body, Preview | Further)
            piece, behind = decode_columns(body.columns)
            assert body.first == len(x)
            assert behind == len(body.columns)
            assert len(piece.x) <= POINTS_MAX
            assert piece.t is None
            x += piece.x
            pressure += piece.pressure or ()
    assert x == list(stroke.x[:end])
    assert pressure == (list(stroke.pressure[:end]) if has_pressure else [])


def test_the_first_and_every_eighth_piece_says_whose_it_is_and_the_others_say_it_shortly():
    writer = PreviewWriter(OP, PEN, 1, 2)
    stroke = stroke_of(40)
    bodies = [read_item(item) for end in range(1, 41) for item in writer.show(stroke, end)]
    for number, body in enumerate(bodies):
        if number % INTRODUCED_EVERY == 0:
            assert (body.op, body.pen, body.page, body.layer) == (OP, PEN, 1, 2)
        else:
            assert body.stroke == short_name(OP)
