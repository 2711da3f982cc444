"""What panels show: ink where it belongs, hard edges where there are two levels, whatever the items hold."""

import random

import msgpack
import pytest

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.items import Item
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import OpId, Origin
from edgeboard.oplog.codec import encode_stroke
from edgeboard.render.raster import Raster, brightness
from edgeboard.render.values import View

VIEW = View(0, 0, 1.0)
AREA = (0, 0, 100, 60)


def item(kind, payload, **registers):
    named = {Register[name.upper()]: value for name, value in registers.items()}
    return Item(OpId(1), kind, 0, 0, ((OpId(1), payload),), named, ((),), None, Origin(1), 1)


def stroke(*places, width=32, colour=0, tool=0, pressure=None):
    x, y = [x * 20 for x, _ in places], [y * 20 for _, y in places]
    return item(ItemType.STROKE, encode_stroke(tool, colour, width, Stroke(20, x, y, pressure)))


def value(kind, *fields, **registers):
    return item(kind, msgpack.packb(list(fields)), **registers)


def drawn(*items, greys=2, view=VIEW, area=AREA, read_blob=None):
    raster = Raster(view, area, greys)
    raster.draw(items, read_blob)
    pixels = raster.pixels()
    assert len(pixels) == area[2] * area[3]
    return lambda x, y: pixels[y * area[2] + x]


def black(at):
    return sum(at(x, y) == 0 for x in range(100) for y in range(60))


def test_a_stroke_covers_what_its_discs_cover():
    at = drawn(stroke((20, 30), (80, 30)))  # 4 px wide
    assert [at(50, y) for y in (26, 30, 34)] == [255, 0, 255]
    assert (at(17, 30), at(83, 30), at(19, 30)) == (255, 255, 0)
    assert 230 <= black(at) <= 330  # 60 x 4 and two half discs


def test_two_levels_have_nothing_between_and_sixteen_have():
    thick = stroke((20, 20), (80, 41), width=40)
    hard, soft = drawn(thick), drawn(thick, greys=16)
    levels = lambda at: {at(x, y) for x in range(100) for y in range(60)}  # noqa: E731
    assert levels(hard) == {0, 255}
    assert len(levels(soft)) > 3


def test_pressure_makes_ink_thicker():
    at = drawn(stroke((10, 30), (50, 30), (90, 30), width=160, pressure=[0, 2000, 4095]))
    thickness = [sum(at(x, y) == 0 for y in range(60)) for x in (15, 50, 85)]
    assert thickness == sorted(thickness)
    assert thickness[0] < thickness[2]


def test_thin_ink_is_never_interrupted():
    at = drawn(stroke((10, 10), (90, 47), width=2))
    assert all(any(at(x, y) == 0 for y in range(60)) for x in range(11, 90))


def test_a_region_is_what_the_whole_shows_there():
    ink = [stroke((5, 5), (95, 55), width=60), stroke((5, 55), (95, 5), colour=5), stroke((3, 30), (97, 31), width=9)]
    whole = drawn(*ink)
    for area in ((30, 20, 17, 13), (0, 0, 1, 1), (60, 10, 40, 50)):
        part = drawn(*ink, area=area)
        x, y, width, height = area
        assert all(part(i, j) == whole(x + i, y + j) for i in range(width) for j in range(height)), area


@pytest.mark.parametrize("greys", [2, 16])
def test_ink_that_a_region_cuts_leaves_nothing_at_its_edges_that_the_whole_does_not_show(greys):
    dice = random.Random(4)
    curl = stroke(*((50 + dice.randrange(-40, 41), 30 + dice.randrange(-25, 26)) for _ in range(40)), width=20)
    whole = drawn(curl, greys=greys)
    for x in range(0, 90, 3):
        part = drawn(curl, greys=greys, area=(x, 5, 10, 50))
        assert [part(at, y) for y in range(50) for at in range(10)] == [
            whole(x + at, 5 + y) for y in range(50) for at in range(10)
        ]


def test_a_view_moves_and_scales():
    at = drawn(stroke((1000, 2000), (1100, 2000), width=80), view=View(990, 1980, 0.5))
    assert at(30, 10) == 0
    assert at(30, 25) == 255


def test_every_colour_that_is_seen_on_paper_is_black_where_there_is_only_black():
    for colour in range(16):
        at = drawn(stroke((20, 30), (80, 30), colour=colour))
        assert (at(50, 30) == 0) == (brightness(colour) < 232), colour


def test_greys_keep_the_brightness_of_colours():
    levels = [drawn(stroke((20, 30), (80, 30), colour=colour, width=80), greys=16)(50, 30) for colour in (0, 4, 6, 3)]
    assert levels == [brightness(colour) for colour in (0, 4, 6, 3)]


def test_a_marker_lets_through_what_is_below_it():
    below = stroke((20, 30), (80, 30), width=80)
    at = drawn(below, stroke((50, 5), (50, 55), width=160, colour=6, tool=1), greys=16)
    assert at(25, 30) < 60
    assert at(50, 30) < 160 < at(50, 10) < 255


def test_white_ink_covers_black():
    at = drawn(stroke((20, 30), (80, 30), width=160), stroke((20, 30), (80, 30), width=40, colour=3))
    assert (at(50, 30), at(50, 38)) == (255, 0)


@pytest.mark.parametrize("greys", [2, 4, 16])
def test_every_kind_of_item_leaves_a_mark(greys):
    kinds = [
        value(ItemType.SHAPE, 0, [10, 10, 90, 50], 0, 4),  # line
        value(ItemType.SHAPE, 1, [10, 10, 90, 50], 0, 4),  # arrow
        value(ItemType.SHAPE, 2, [10, 10, 90, 50], 0, 4, 5),  # rectangle
        value(ItemType.SHAPE, 3, [10, 10, 90, 50], 0, 4, None),  # ellipse
        value(ItemType.SHAPE, 4, [10, 10, 90, 50, 10, 50], 0, 4, 0),  # polygon
        value(ItemType.CONNECTOR, None, None, [10, 10, 90, 50], 0, 4),
        value(ItemType.TEXT, 5, 5, "Hello\nthere", 20, 0),
        value(ItemType.STICKY, 5, 5, 80, 50, "note", 6),
        value(ItemType.IMAGE, 5, 5, 60, 40, b"\x00" * 32, 60, 40),
    ]
    for kind in kinds:
        at = drawn(kind, greys=greys)
        assert any(at(x, y) < 200 for x in range(100) for y in range(60)), kind


def test_a_note_keeps_its_black_words_on_a_panel_of_two_levels():
    at = drawn(value(ItemType.STICKY, 5, 5, 90, 50, "words", 6))
    assert 20 < black(at) < 1_500


@pytest.mark.parametrize(
    "bad",
    [
        item(ItemType.STROKE, b"\xff\xff"),
        item(ItemType.TEXT, b"\xc1"),
        item(99, b""),
        value(ItemType.SHAPE, 2, [float("nan")] * 4, 0, 4),
        value(ItemType.SHAPE, 3, [0, 0, 1e308, 1], 0, 4),
        value(ItemType.TEXT, 1e300, 0, "x", 20, 0),
        value(ItemType.TEXT, 0, 0, "x" * 10_000, 900, 0),
        value(ItemType.STICKY, 0, 0, -5, 1, "x", 6),
        value(ItemType.IMAGE, "a", None, [], {}),
        value(ItemType.SHAPE, 2, [0, 0, 9e6, 9e6], 0, 200, 3, transform=[1e3, 0, 0, 1e3, 0, 0]),
        stroke((0, 0), (1, 1), width=2048),
    ],
)
def test_what_is_wrong_with_an_item_takes_only_itself_away(bad):
    good = stroke((20, 50), (80, 50))
    at = drawn(bad, good)
    assert at(50, 50) == 0
