"""Drawings of Excalidraw become items that look alike; what cannot be carried is named."""

import hashlib
import json
import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.geometry import Transform
from edgeboard.canvas.values import unpack_value
from edgeboard.errors import DecodeError, LimitError
from edgeboard.interchange.drawing import items_of
from edgeboard.interchange.excalidraw import FREEHAND, FREEHAND_PRESSED, thinned
from edgeboard.interchange.excalidraw_reader import SHAPE_BYTES_MAX, read_excalidraw
from edgeboard.interchange.excalidraw_writer import write_excalidraw
from edgeboard.oplog.codec import decode_columns, decode_stroke
from edgeboard.render.figures import ARROW, ELLIPSE, LINE, POLYGON, RECTANGLE
from tests.interchange.scenes import FILES, PNG, element, scene, scenes


def read(*elements, **fields):
    return read_excalidraw(scene(*elements, **fields))


def value(drawn):
    return unpack_value(drawn.pieces[0])


def kinds(drawing):
    counts = Counter()
    for note in drawing.notes:
        counts[note.kind] += note.count
    return dict(counts)


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_what_is_read_written_and_read_again_is_the_same(data):
    drawing = read_excalidraw(data)
    written, missing = write_excalidraw(items_of(drawing), read_blob=drawing.blobs.get)
    again = read_excalidraw(written)
    assert again.items == drawing.items
    assert again.blobs == drawing.blobs
    assert again.notes == ()
    assert missing == ()
    assert write_excalidraw(items_of(again), read_blob=again.blobs.get)[0] == written


def test_a_rectangle_keeps_place_size_colours_and_width():
    (drawn,) = read(element("rectangle", strokeColor="#d92d20", backgroundColor="#abcdef", strokeWidth=4)).items
    assert drawn.type == ItemType.SHAPE
    assert value(drawn) == [RECTANGLE, [10, 20, 110, 70], 4, 4, 16 + 0xABCDEF]
    assert drawn.registers == {}


def test_an_ellipse_and_a_diamond_fill_their_boxes():
    drawing = read(element("ellipse"), element("diamond"))
    assert value(drawing.items[0])[:2] == [ELLIPSE, [10, 20, 110, 70]]
    assert value(drawing.items[1])[:2] == [POLYGON, [60, 20, 110, 45, 60, 70, 10, 45]]


def test_a_turned_element_turns_around_its_middle():
    (drawn,) = read(element("rectangle", angle=math.pi / 2)).items
    turned = Transform.of(drawn.registers[Register.TRANSFORM])
    assert turned.apply(60, 45) == pytest.approx((60, 45))
    assert turned.apply(10, 20) == pytest.approx((85, -5), abs=1e-3)


def test_opacity_and_lock_are_registers():
    (drawn,) = read(element("rectangle", opacity=30, locked=True)).items
    assert drawn.registers == {Register.STYLE: [None, None, None, 0.3], Register.LOCK: True}


def test_a_shape_without_a_line_has_its_fill_for_one():
    drawing = read(element("rectangle", strokeColor="transparent", backgroundColor="#ff0000"), element("ellipse"))
    assert value(drawing.items[0])[2:] == [16 + 0xFF0000, 2, 16 + 0xFF0000]
    assert value(drawing.items[1])[4] is None


def test_what_nobody_sees_is_named():
    drawing = read(
        element("rectangle", strokeColor="transparent"), element("freedraw", strokeColor="#00000000", points=[[0, 0]]),
        element("text", text="  "), element("line", points=[[0, 0]]), element("freedraw", points=[]),
    )  # fmt: skip
    assert drawing.items == ()
    assert kinds(drawing) == {"rectangles": 1, "free-hand lines": 2, "texts": 1, "lines": 1}


def test_free_hand_lines_keep_points_and_pressure():
    points = [[0, 0], [1.234, -2.5], [300.02, 4]]
    line = element("freedraw", points=points, pressures=[0, 0.5, 1], simulatePressure=False, strokeWidth=1)
    (drawn,) = read(line).items
    pen, stroke = decode_stroke(drawn.pieces[0])
    assert (stroke.scale, list(stroke.x), list(stroke.y)) == (20, [200, 225, 6200], [400, 350, 480])
    assert list(stroke.pressure) == [0, 2048, 4095]
    assert (pen.tool, pen.width) == (0, round(FREEHAND_PRESSED * 8))


def test_a_simulated_pressure_is_none():
    line = element("freedraw", points=[[0, 0], [5, 5]], pressures=[0.5, 0.5], simulatePressure=True, strokeWidth=2)
    pen, stroke = decode_stroke(read(line).items[0].pieces[0])
    assert stroke.pressure is None
    assert pen.width == round(2 * FREEHAND * 8)


def test_a_pressure_that_is_missing_goes_on_as_the_last_one():
    line = element("freedraw", points=[[0, 0], [5, 5], [6, 6]], pressures=[0.2, 0.4])
    _, stroke = decode_stroke(read(line).items[0].pieces[0])
    assert list(stroke.pressure) == [819, 1638, 1638]


def test_a_long_free_hand_line_comes_in_pieces_that_join():
    line = element("freedraw", points=[[at, at % 7] for at in range(1000)], pressures=[0.5] * 1000)
    (drawn,) = read(line).items
    first = decode_stroke(drawn.pieces[0])[1]
    rest = [decode_columns(payload)[0] for payload in drawn.pieces[1:]]
    assert len(rest) > 1
    for before, after in zip([first, *rest], rest, strict=False):
        assert (before.x[-1], before.y[-1]) == (after.x[0], after.y[0])
    assert len(first.x) + sum(len(piece.x) - 1 for piece in rest) == 1000


def test_lines_arrows_and_polygons():
    bent = [[0, 0], [10, 0], [10, 10]]
    drawing = read(
        element("line", points=bent),
        element("arrow", points=bent, endArrowhead="arrow"),
        element("arrow", points=bent, startArrowhead="arrow"),
        element("line", points=[*bent, [0, 0]], backgroundColor="#ff0000"),
        element("line", points=[*bent, [0, 0]], polygon=True),
    )
    assert [value(each)[:2] for each in drawing.items] == [
        [LINE, [10, 20, 20, 20, 20, 30]],
        [ARROW, [10, 20, 20, 20, 20, 30]],
        [ARROW, [20, 30, 20, 20, 10, 20]],
        [POLYGON, [10, 20, 20, 20, 20, 30]],
        [POLYGON, [10, 20, 20, 20, 20, 30]],
    ]
    assert [value(each)[4] for each in drawing.items] == [None, None, None, 16 + 0xFF0000, None]
    assert drawing.notes == ()


def test_a_curved_line_follows_its_curve():
    (drawn,) = read(element("line", points=[[0, 0], [50, 50], [100, 0]], roundness={"type": 2})).items
    numbers = value(drawn)[1]
    assert numbers[:2] == [10, 20]
    assert numbers[-2:] == [110, 20]
    assert len(numbers) > 20
    assert [60, 70] in [numbers[at : at + 2] for at in range(0, len(numbers), 2)]


def test_an_arrow_that_hangs_on_something_carried_is_a_connector():
    arrow = element(
        "arrow", id="a", points=[[0, 0], [50, 0]], endArrowhead="arrow", startBinding={"elementId": "later"},
        endBinding={"elementId": "box"},
    )  # fmt: skip
    drawing = read(element("rectangle", id="box"), arrow, element("ellipse", id="later"))
    connector = drawing.items[1]
    assert connector.type == ItemType.CONNECTOR
    assert connector.ends == (2, 0)
    assert value(connector) == [None, None, [10, 20, 60, 20], 16 + 0x1E1E1E, 2]
    assert read(arrow).items[0].type == ItemType.SHAPE


def test_a_line_of_too_many_points_is_drawn_as_ink_and_an_arrow_or_an_outline_keeps_what_has_room():
    bent = [[at + 0.015625, at % 9 + 0.5] for at in range(2000)]
    round_ = [[500 * math.cos(at / 500), 500 * math.sin(at / 500)] for at in range(3142)]
    drawing = read(
        element("line", points=bent),
        element("arrow", points=bent, endArrowhead="arrow"),
        element("line", points=[*round_, round_[0]], backgroundColor="#ffc9c9"),
    )
    assert [each.type for each in drawing.items] == [ItemType.STROKE, ItemType.SHAPE, ItemType.SHAPE]
    assert kinds(drawing) == {"arrows": 1, "polygons": 1}
    shape, numbers, *_ = value(drawing.items[2])
    assert (shape, len(drawing.items[2].pieces[0]) <= SHAPE_BYTES_MAX) == (POLYGON, True)
    assert {round(math.hypot(x - 10, y - 20)) for x, y in zip(numbers[::2], numbers[1::2], strict=True)} == {500}
    assert "within 0.125 px" in next(note.why for note in drawing.notes if note.kind == "polygons")


@given(st.lists(st.tuples(*[st.integers(-99, 99)] * 2), min_size=2, max_size=200), st.floats(0.1, 20))
def test_thinned_places_keep_the_course(places, tolerance):
    thin = thinned(places, tolerance)
    assert (thin[0], thin[-1], len(thin) <= len(places)) == (places[0], places[-1], True)

    def off(place, start, end):
        place, start, end = (complex(*each) for each in (place, start, end))
        way = end - start
        along = 0 if way == 0 else min(1, max(0, ((place - start) * way.conjugate()).real / abs(way) ** 2))
        return abs(place - start - along * way)

    for place in places:
        assert min(off(place, *pair) for pair in pairwise(thin)) <= tolerance + 1e-6


def test_a_text_keeps_its_lines_size_and_colour():
    (drawn,) = read(element("text", text="one\r\ntwo", fontSize=28, strokeColor="#1971c2", fontFamily=2)).items
    assert drawn.type == ItemType.TEXT
    assert value(drawn) == [10, 20, "one\ntwo", 28, 9]


def test_a_turned_text_turns_around_its_first_letter():
    (drawn,) = read(element("text", text="hello", fontFamily=2, angle=math.pi)).items
    x, y = value(drawn)[:2]
    assert (x, y) == pytest.approx((110, 70), abs=0.02)
    assert Transform.of(drawn.registers[Register.TRANSFORM]).apply(x, y) == pytest.approx((x, y))


def test_an_image_brings_its_bytes_and_lies_as_it_lay():
    drawing = read(element("image", fileId="f", opacity=50, scale=[-1, 1]), files=FILES)
    (drawn,) = drawing.items
    content = hashlib.sha256(PNG).digest()
    assert value(drawn) == [10, 20, 100, 50, content, "image/png", len(PNG)]
    assert drawn.registers[Register.STYLE] == [None, None, None, 0.5]
    assert Transform.of(drawn.registers[Register.TRANSFORM]).apply(10, 20) == (110, 20)
    assert drawing.blobs == {content: PNG}
    text = {"f": {"dataURL": "data:image/svg+xml;base64,PHN2Zy8+"}}
    assert kinds(read(element("image", fileId="f"), files=text)) == {"images": 1}
    assert kinds(read(element("image", fileId="f", crop={"x": 1}), files=FILES)) == {"crops of images": 1}


def test_the_text_of_a_shape_stands_beside_it_and_that_of_a_sticky_note_on_it():
    ours = {"edgeboard": {"type": "sticky"}}
    drawing = read(
        element("rectangle", id="r"), element("text", id="t", text="in it", containerId="r", fontFamily=2),
        element("rectangle", id="s", customData=ours, strokeColor="transparent", backgroundColor="#f2b705"),
        element("text", id="u", text="broken\nup", originalText="broken up", containerId="s"),
    )  # fmt: skip
    assert [each.type for each in drawing.items] == [ItemType.SHAPE, ItemType.TEXT, ItemType.STICKY]
    assert value(drawing.items[2]) == [10, 20, 100, 50, "broken up", 6]


def test_the_order_is_that_of_the_index_where_every_element_has_one():
    def texts(drawing):
        return [value(each)[2] for each in drawing.items]

    first, second = element("text", text="1", index="a1"), element("text", text="0", index="a0")
    assert texts(read(first, second)) == ["0", "1"]
    assert texts(read(first, second | {"index": None})) == ["1", "0"]
    assert texts(read(first, second | {"index": "a1"})) == ["1", "0"]


def test_deleted_elements_are_not_there():
    assert read(element("image", isDeleted=True), element("rectangle", isDeleted=True)) == read()


def test_what_cannot_be_carried_is_counted_by_kind():
    drawing = read(
        element("image"), element("image"), element("frame"), element("embeddable"), element("hologram"),
        element("rectangle", roughness=1, strokeStyle="dotted", fillStyle="hachure", backgroundColor="#ff0000"),
        element("rectangle", groupIds=["a", "b"], roundness={"type": 3}, link="https://example.org"),
        element("text", text="a\nb", fontFamily=1, textAlign="center"), element("ellipse", strokeColor="nonsense"),
        element("line", points=[[0, 0], [3, 3]], startArrowhead="dot", endArrowhead="bar"),
        element("text", text="x" * 9000), element("ellipse", x=1e7),
        element("freedraw", points=[[0, 0]], backgroundColor="#ff0000"),
        element("freedraw", points=[[0, 0], [1e9, 0]]),
        appState={"viewBackgroundColor": "#ffe"},
    )  # fmt: skip
    assert kinds(drawing) == {
        "images": 2, "frames": 1, "embedded pages": 1, "elements of type 'hologram'": 1, "hand-drawn outlines": 1,
        "dashed or dotted lines": 1, "hatched fills": 1, "rounded corners": 1, "links": 1, "typefaces": 1,
        "lines that are not flush left": 1, "colours": 1, "arrow heads": 2, "texts": 1, "elements of type 'ellipse'": 1,
        "fills of free-hand lines": 1, "free-hand lines": 1, "groups": 2, "background colours": 1,
    }  # fmt: skip
    assert all(note.why for note in drawing.notes)


def test_a_group_of_what_a_cut_has_left_of_one_stroke_is_no_loss():
    left = [
        element("freedraw", id=f"{'a' * 16}:7.{number}", groupIds=["a" * 16 + ":7"], points=[[0, 0], [9, 9]])
        for number in (0, 1)
    ]
    assert kinds(read(*left)) == {}
    assert kinds(read(*left, element("ellipse", groupIds=["a" * 16 + ":7"]))) == {"groups": 1}


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (element("rectangle", x="a"), "element 2 (rectangle) has no number as its `x`"),
        (element("rectangle", width=None), "element 2 (rectangle) has no number as its `width`"),
        (element("line", points=[[0, 0], [1]]), "element 2 (line) has a point that is not two numbers"),
        (element("freedraw", points="no"), "element 2 (freedraw) has no list as its `points`"),
        (element("freedraw", points=[[0, 0]], pressures=[None]), "element 2 (freedraw) has no list of numbers"),
        (element("text", text=5), "element 2 (text) has no text as its `text`"),
        (element("ellipse", locked="yes"), "element 2 (ellipse) has neither true nor false as its `locked`"),
        (element("ellipse", strokeColor=5), "element 2 (ellipse) has no text as its `strokeColor`"),
        (element(None), "element 2 (None) has no type"),
    ],
)
def test_a_broken_element_is_named(broken, message):
    with pytest.raises(DecodeError) as error:
        read(element("rectangle"), broken)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_file_that_is_cut_short_raises_one_family(cut):
    with pytest.raises(DecodeError):
        read_excalidraw(scene(element("rectangle"), element("text", text="x"))[:cut])


def test_too_many_points_are_a_limit(monkeypatch):
    monkeypatch.setattr("edgeboard.interchange.scene.POINTS_MAX", 3)
    with pytest.raises(LimitError, match="element 1 has 4 points; the limit is 3"):
        read(element("freedraw", points=[[0, 0]] * 4))


def test_huge_numbers_are_out_of_reach_and_not_a_fault():
    line = scene(element("line", points=[[0, 0], [1e308, 1e308]], x=1e308))
    assert read_excalidraw(line).items == ()
    with pytest.raises(DecodeError):
        read_excalidraw(line.replace(b"1e+308", b"1" + b"0" * 400))


def test_a_file_of_excalidraw_itself(tmp_path):
    """As its version 0.18 saves it, field for field."""
    saved = {
        "type": "excalidraw", "version": 2, "source": "https://excalidraw.com",
        "elements": [
            {
                "id": "vWrs2pZBvXwCS7LjwVBqa", "type": "arrow", "x": 400.5, "y": 300.25, "width": 120, "height": 60.5,
                "angle": 0, "strokeColor": "#1e1e1e", "backgroundColor": "transparent", "fillStyle": "solid",
                "strokeWidth": 2, "strokeStyle": "solid", "roughness": 1, "opacity": 100, "groupIds": [],
                "frameId": None, "index": "a0", "roundness": {"type": 2}, "seed": 1, "version": 9, "versionNonce": 3,
                "isDeleted": False, "boundElements": [], "updated": 1, "link": None, "locked": False,
                "points": [[0, 0], [120, 60.5]], "lastCommittedPoint": None, "startBinding": None,
                "endBinding": {"elementId": "gone", "focus": 0.1, "gap": 5}, "startArrowhead": None,
                "endArrowhead": "arrow", "elbowed": False,
            },
        ],
        "appState": {"gridSize": 20, "gridStep": 5, "gridModeEnabled": False, "viewBackgroundColor": "#ffffff"},
        "files": {},
    }  # fmt: skip
    drawing = read_excalidraw(json.dumps(saved, indent=2).encode())
    assert value(drawing.items[0]) == [ARROW, [400.5, 300.25, 520.5, 360.75], 16 + 0x1E1E1E, 2, None]
    assert kinds(drawing) == {"hand-drawn outlines": 1}
