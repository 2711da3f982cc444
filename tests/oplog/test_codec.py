"""Strokes as bytes: golden, loss-free, and small."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError, LimitError
from edgeboard.oplog.codec import (
    COLOUR_MAX,
    COORDINATE_END,
    POINTS_MAX,
    TIME_END,
    Pen,
    Stroke,
    decode_columns,
    decode_stroke,
    encode_columns,
    encode_stroke,
)
from tests.vectors.parts import stroke_fields

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "columns.json").read_text())


def stroke_from(case):
    columns = (case[name] for name in ("x", "y", "pressure", "t", "tilt_x", "tilt_y"))
    return Stroke(case["scale"], *(None if column is None else tuple(column) for column in columns))


@st.composite
def strokes(draw):
    """Strokes of any shape: on grids and off them, with few points and large jumps."""
    count = draw(st.integers(1, 30))
    step = draw(st.sampled_from([1, 7, 20, 40, 2**20]))
    reach = draw(st.sampled_from([0, 3, 200, COORDINATE_END // 2]))

    def column(low, high, step=1):
        values = st.integers(low, max(low, high)).map(lambda value: value * step)
        return tuple(draw(st.lists(values, min_size=count, max_size=count)))

    def maybe(values):
        return values if draw(st.booleans()) else None

    bound = min(reach, (COORDINATE_END - 1) // step)
    offset = draw(st.sampled_from([0, 5]))
    x = tuple(min(value + offset, COORDINATE_END - 1) for value in column(-bound, bound, step))
    levels = draw(st.sampled_from([100, 255, 1023, 2047, 4095]))
    pressure = tuple((level * 8190 + levels) // (2 * levels) for level in column(0, levels))
    t = tuple(sorted(column(0, draw(st.sampled_from([900, 2**31 - 1])))))
    tilt = maybe((column(-90, 90), column(-90, 90))) or (None, None)
    return Stroke(
        draw(st.sampled_from([1, 8, 20, 1024])), x, column(-bound, bound, step), maybe(pressure), maybe(t), *tilt
    )


@pytest.mark.parametrize("case", GOLDEN["columns"], ids=lambda case: case["name"])
def test_golden_columns_are_written_and_read(case):
    stroke = stroke_from(case)
    assert encode_columns(stroke).hex() == case["hex"]
    assert decode_columns(bytes.fromhex(case["hex"])) == (stroke, len(case["hex"]) // 2)


@pytest.mark.parametrize("case", GOLDEN["only_read"], ids=lambda case: case["name"])
def test_golden_columns_of_other_makers_are_read(case):
    assert decode_columns(bytes.fromhex(case["hex"]))[0] == stroke_from(case)


@pytest.mark.parametrize("case", GOLDEN["bad"], ids=lambda case: case["why"])
def test_golden_bad_columns(case):
    with pytest.raises(DecodeError):
        decode_columns(bytes.fromhex(case["hex"]))


@pytest.mark.parametrize("case", GOLDEN["strokes"], ids=lambda case: case["hex"][:12])
def test_golden_strokes(case):
    columns = stroke_from(next(each for each in GOLDEN["columns"] if each["name"] == case["columns"]))
    pen = Pen(case["tool"], case["colour"], case["width"])
    assert encode_stroke(pen.tool, pen.colour, pen.width, columns).hex() == case["hex"]
    assert decode_stroke(bytes.fromhex(case["hex"])) == (pen, columns)


@pytest.mark.parametrize("case", GOLDEN["bad_strokes"], ids=lambda case: case["why"])
def test_golden_bad_strokes(case):
    with pytest.raises(DecodeError):
        decode_stroke(bytes.fromhex(case["hex"]))


@pytest.mark.slow
@given(strokes(), st.binary(max_size=3))
def test_a_stroke_comes_back_exactly_and_ends_where_it_ends(stroke, around):
    data = encode_columns(stroke)
    assert decode_columns(around + data + around, len(around)) == (stroke, len(around) + len(data))


@pytest.mark.slow
@given(strokes(), st.data())
def test_a_mutated_stroke_is_a_stroke_or_an_error(stroke, dice):
    data = bytearray(encode_stroke(0, 3, 16, stroke))
    for _ in range(dice.draw(st.integers(1, 3))):
        data[dice.draw(st.integers(0, len(data) - 1))] = dice.draw(st.integers(0, 255))
    try:
        _, read = decode_stroke(bytes(data[: dice.draw(st.integers(0, len(data)))]))
    except DecodeError:
        return
    assert decode_columns(encode_columns(read))[0] == read, "what is read can be written"


@given(st.binary(max_size=40))
def test_any_bytes_are_a_stroke_or_an_error(data):
    try:
        stroke, at = decode_columns(data)
    except DecodeError:
        return
    assert at <= len(data)
    assert stroke_fields(stroke)


@pytest.mark.parametrize(
    "stroke",
    [
        Stroke(20, (), ()),
        Stroke(20, (0,) * (POINTS_MAX + 1), (0,) * (POINTS_MAX + 1)),
        Stroke(0, (0,), (0,)),
        Stroke(1025, (0,), (0,)),
        Stroke(20, (0,), (0, 1)),
        Stroke(20, (COORDINATE_END,), (0,)),
        Stroke(20, (0,), (-COORDINATE_END,)),
        Stroke(20, (0,), (0,), (4096,)),
        Stroke(20, (0,), (0,), (-1,)),
        Stroke(20, (0,), (0,), None, (TIME_END,)),
        Stroke(20, (0,), (0,), None, None, (0,), None),
        Stroke(20, (0,), (0,), None, None, (0,), (91,)),
        Stroke(20, (0, 1), (0, 1), None, (2**31 + 1, 0)),
    ],
)
def test_a_stroke_outside_the_format_is_not_written(stroke):
    with pytest.raises(LimitError):
        encode_columns(stroke)


@pytest.mark.parametrize("pen", [(2, 0, 1), (0, COLOUR_MAX + 1, 1), (0, 0, 0), (0, 0, 2049), (-1, 0, 1)])
def test_a_pen_outside_the_format_is_not_written(pen):
    with pytest.raises(LimitError):
        encode_stroke(*pen, Stroke(20, (0,), (0,)))


def test_the_usual_stroke_of_a_tablet_is_small():
    """Recordings take 2.70 bytes a point; see the codec's benchmark. This one is made up and regular."""
    points = range(20)
    pressure = tuple((level * 8190 + 100) // 200 for level in (30, 55, 60, *([62] * 14), 50, 30, 5))
    stroke = Stroke(20, tuple(20 * n * n // 3 // 20 * 20 for n in points), tuple(40 * n for n in points), pressure,
                    tuple(16 * n for n in points))  # fmt: skip
    assert len(encode_stroke(0, 0, 16, stroke)) <= 3 * 20
