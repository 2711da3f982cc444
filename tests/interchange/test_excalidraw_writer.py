"""Items as drawings of Excalidraw: they look as on the board, and what is not carried is named."""

import hashlib
import json
import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.geometry import Transform, around
from edgeboard.canvas.samples import Stroke
from edgeboard.canvas.values import pack_value, unpack_value
from edgeboard.interchange.drawing import Drawing, Drawn, items_of
from edgeboard.interchange.excalidraw_reader import read_excalidraw
from edgeboard.interchange.excalidraw_writer import write_excalidraw
from edgeboard.interchange.pictures import from_data_url
from edgeboard.oplog.codec import encode_stroke
from tests.interchange.scenes import PNG

FIELDS = {"transform": Register.TRANSFORM, "style": Register.STYLE, "text": Register.TEXT}


def drawn(kind, value, **registers):
    return Drawn(kind, (pack_value(value),), {FIELDS[name]: field for name, field in registers.items()})


def write(*items, **options):
    """The elements, and the notes as {kind: count}."""
    data, notes = write_excalidraw(items_of(Drawing(items)), **options)
    counts = Counter()
    for note in notes:
        counts[note.kind] += note.count
    return json.loads(data)["elements"], dict(counts)


def shape(number, *places, **registers):
    return drawn(ItemType.SHAPE, [number, list(places), 4, 3, None], **registers)


def test_shapes_have_their_names_and_boxes():
    elements, notes = write(
        shape(2, 10, 20, 0, 0), shape(3, 0, 0, 10, 20), shape(4, 5, 0, 10, 10, 5, 20, 0, 10),
        shape(4, 0, 0, 10, 0, 10, 10), shape(0, 0, 0, 5, 5), shape(1, 3, 3, 5, 5, 9, 5),
    )  # fmt: skip
    assert notes == {}
    assert [each["type"] for each in elements] == ["rectangle", "ellipse", "diamond", "line", "line", "arrow"]
    assert {(each["x"], each["y"], each["width"], each["height"]) for each in elements[:3]} == {(0, 0, 10, 20)}
    assert elements[3]["points"] == [[0, 0], [10, 0], [10, 10], [0, 0]]
    assert elements[3]["polygon"] is True
    assert (elements[5]["x"], elements[5]["y"], elements[5]["endArrowhead"]) == (3, 3, "arrow")
    assert [each["index"] for each in elements] == ["a0", "a1", "a2", "a3", "a4", "a5"]
    assert {each["strokeColor"] for each in elements} == {"#d92d20"}


def test_fills_styles_and_opacity():
    filled = drawn(ItemType.SHAPE, [2, [0, 0, 9, 9], 0, 3, 1], style=[9, 5.5, 16 + 0x123456, 0.25])
    ((made,), _) = write(filled)
    assert (made["strokeColor"], made["backgroundColor"], made["fillStyle"]) == ("#1971c2", "#123456", "solid")
    assert (made["strokeWidth"], made["opacity"], made["roughness"]) == (5.5, 25, 0)


def test_a_turn_is_an_angle_and_a_scale_a_size():
    cosine, sine = math.cos(0.5), math.sin(0.5)
    ((made,), _) = write(shape(2, 0, 0, 10, 20, transform=[2 * cosine, 2 * sine, -3 * sine, 3 * cosine, 7, 8]))
    assert (made["type"], made["width"], made["height"], made["angle"]) == ("rectangle", 20, 60, 0.5)
    middle = Transform(2 * cosine, 2 * sine, -3 * sine, 3 * cosine, 7, 8).apply(5, 10)
    assert (made["x"] + 10, made["y"] + 30) == pytest.approx(middle, abs=1e-5)


def test_what_is_skewed_keeps_its_outline():
    skew = [1, 0, 0.5, 1, 0, 0]
    elements, _ = write(shape(2, 0, 0, 10, 20, transform=skew), shape(3, -10, -10, 10, 10, transform=skew))
    assert elements[0]["points"] == [[0, 0], [10, 0], [20, 20], [10, 20], [0, 0]]
    ellipse = elements[1]
    assert (ellipse["type"], ellipse["x"] + ellipse["width"] / 2) == ("ellipse", pytest.approx(0, abs=1e-5))
    assert ellipse["width"] * ellipse["height"] == pytest.approx(400, rel=1e-4)  # a shear keeps the area


def test_a_stroke_brings_points_and_pressures_and_a_marker_says_so():
    stroke = Stroke(20, [0, 20, 40], [0, 20, 0], [0, 2048, 4095], [0, 8, 16])
    elements, notes = write(
        Drawn(ItemType.STROKE, (encode_stroke(0, 3, 24, stroke),)),
        Drawn(ItemType.STROKE, (encode_stroke(1, 6, 80, Stroke(8, [0, 8], [0, 8])),)),
    )
    assert elements[0]["points"] == [[0, 0], [1, 1], [2, 0]]
    assert elements[0]["pressures"] == [0, 0.50012, 1]
    assert (elements[1]["pressures"], elements[1]["simulatePressure"], elements[1]["opacity"]) == ([], False, 40)
    assert elements[1]["customData"] == {"edgeboard": {"tool": "marker"}}
    assert notes == {"times and tilts of strokes": 1}


def test_what_is_left_of_a_cut_stroke_is_a_group():
    ink = encode_stroke(0, 3, 24, Stroke(20, [0, 800, 1600], [0, 0, 0]))
    elements, _ = write(Drawn(ItemType.STROKE, (ink,), cuts=(((32, 96),),)))
    assert len(elements) == 2
    assert elements[0]["groupIds"] == elements[1]["groupIds"] != []


def test_a_sticky_note_is_a_rectangle_with_a_text_and_comes_back():
    note = drawn(ItemType.STICKY, [10, 20, 200, 100, "first", 6], text="second thoughts\nthat need more than one row")
    elements, notes = write(note)
    box, words = elements
    assert (box["type"], box["backgroundColor"], box["customData"]) == (
        "rectangle", "#f2b705", {"edgeboard": {"type": "sticky"}},
    )  # fmt: skip
    assert (words["containerId"], box["boundElements"]) == (box["id"], [{"id": words["id"], "type": "text"}])
    assert words["originalText"] == "second thoughts\nthat need more than one row"
    assert words["text"].count("\n") > 1
    assert notes == {}
    data, _ = write_excalidraw(items_of(Drawing((note,))))
    (back,) = read_excalidraw(data).items
    assert back == drawn(ItemType.STICKY, [10, 20, 200, 100, "second thoughts\nthat need more than one row", 6])


def test_an_image_is_a_file_of_the_drawing_if_the_board_has_it():
    content = hashlib.sha256(PNG).digest()
    image = drawn(ItemType.IMAGE, [0, 0, 40, 20, content, "image/png", len(PNG)], transform=[-2, 0, 0, 2, 100, 0])
    data, notes = write_excalidraw(items_of(Drawing((image, image))), read_blob={content: PNG}.get)
    value = json.loads(data)
    first, second = value["elements"]
    assert (first["x"], first["y"], first["width"], first["height"], first["scale"]) == (20, 0, 80, 40, [-1, 1])
    assert first["fileId"] == second["fileId"]
    assert list(value["files"]) == [first["fileId"]]
    assert from_data_url(value["files"][first["fileId"]]["dataURL"]) == PNG
    assert notes == ()
    assert write(image) == ([], {"images": 1})


def test_connectors_hang_on_what_was_written():
    arrow = Drawn(ItemType.CONNECTOR, (pack_value([None, None, [0, 0, 50, 0], 4, 2]),), ends=(1, None))
    (made, box), _ = write(arrow, shape(2, 0, 0, 9, 9))
    assert made["startBinding"]["elementId"] == box["id"]
    assert made["endBinding"] is None
    assert box["boundElements"] == [{"id": made["id"], "type": "arrow"}]


def test_what_is_not_carried_is_counted_by_kind():
    items = (
        drawn(ItemType.IMAGE, [0, 0, 5, 5, b"", "image/png", 5]), drawn(ItemType.TICKER, {}), drawn(99, []),
        shape(2, 0, 0), drawn(ItemType.TEXT, [0, 0, "x", 20, 0], transform=[1, 0, 1, 1, 0, 0]),
        shape(2, 1e6, 2e6, 3e6, 4e6), drawn(ItemType.SHAPE, "broken"), Drawn(ItemType.STROKE, (b"",)),
    )  # fmt: skip
    elements, notes = write(*items, settings=2)
    assert [each["type"] for each in elements] == ["text"]
    assert notes == {
        "images": 1, "items of other kinds": 2, "items": 4,
        "distortions of texts": 1, "settings of the room": 2,
    }  # fmt: skip
    assert write(shape(2, 0, 0, 5, 5), page=1) == ([], {"items on other pages": 1})


places = st.integers(-2000, 2000)
affine = st.tuples(*[st.floats(-3, 3)] * 4, *[st.floats(-500, 500)] * 2).filter(
    lambda m: abs(m[0] * m[3] - m[1] * m[2]) > 0.05
)


@settings(deadline=None, max_examples=80)
@given(
    st.integers(0, 4), st.lists(places, min_size=6, max_size=6), affine.map(list) | st.just([1, 0, 0, 1, 5, 5]),
    st.sampled_from([None, 2]),
)  # fmt: skip
def test_whatever_a_transform_does_a_drawing_lies_where_the_board_has_it(number, numbers, transform, fill):
    item = drawn(ItemType.SHAPE, [number, numbers, 4, 1, fill], transform=transform)
    data, notes = write_excalidraw(items_of(Drawing((item,))))
    assert notes == ()
    (back,) = read_excalidraw(data).items

    assert corners(back) == pytest.approx(corners(item), abs=0.3)


def corners(shape):
    """The box around the middle of a shape's line, wherever its transform has put it."""
    number, numbers = unpack_value(shape.pieces[0])[:2]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    (x0, y0), (x1, y1) = points[:2]
    if number == 2:
        points = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    elif number == 3:
        turns = [math.tau * step / 720 for step in range(720)]
        points = [
            ((x0 + x1) / 2 + (x1 - x0) / 2 * math.cos(turn), (y0 + y1) / 2 + (y1 - y0) / 2 * math.sin(turn))
            for turn in turns
        ]
    transform = Transform.of(shape.registers.get(Register.TRANSFORM))
    box = around([transform.apply(x, y) for x, y in points])
    return box.x0, box.y0, box.x1, box.y1
