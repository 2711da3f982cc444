"""What panels show: ink where it belongs, hard edges where there are two levels, whatever the items hold."""

import io
import itertools
import random

import msgpack
import pytest
from PIL import Image

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.ink import palette
from edgeboard.canvas.items import Item
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import OpId, Origin
from edgeboard.node.renderers import open_artist
from edgeboard.oplog.codec import Pen, encode_stroke
from edgeboard.render.scene import Sight, around_item
from edgeboard.render.sketches import content_of
from edgeboard.render.surface import grey_of
from edgeboard.render.values import Area, PanelContext, PixelFormat, View

NUMBERS = itertools.count(1)
VIEW = View(0, 0, 1.0)
AREA = Area(0, 0, 100, 60)
FORMATS = {2: PixelFormat.GREY1, 4: PixelFormat.GREY2, 16: PixelFormat.GREY4, 256: PixelFormat.GREY8}


def item(kind, payload, **registers):
    named = {Register[name.upper()]: value for name, value in registers.items()}
    number = OpId(next(NUMBERS))
    return Item(number, kind, 0, 0, ((number, payload),), named, ((),), None, Origin(1), 1)


def stroke(*places, width=32, colour=0, tool=0, pressure=None):
    x, y = [x * 20 for x, _ in places], [y * 20 for _, y in places]
    return item(ItemType.STROKE, encode_stroke(tool, colour, width, Stroke(20, x, y, pressure)))


def value(kind, *fields, **registers):
    return item(kind, msgpack.packb(list(fields)), **registers)


def whole_of(artist):
    return artist.pixels(artist.surface.area, is_still=False)


def sights(*items):
    return [Sight(item.id, content_of(item), around_item(item), lambda item=item: item) for item in items]


def panel(greys=2, width=100, height=60, read_blob=None):
    return open_artist(PanelContext(width, height, FORMATS[greys]), read_blob)


def paint(artist, *items, view=VIEW, area=None):
    for _ in artist.paint(area or artist.surface.area, view, sights(*items)):
        pass
    return artist


def drawn(*items, greys=2, view=VIEW, area=AREA, read_blob=None):
    artist = paint(panel(greys, read_blob=read_blob), *items, view=view, area=area)
    pixels = artist.pixels(area, is_still=False)
    assert len(pixels) == area.width * area.height
    return lambda x, y: pixels[y * area.width + x]


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
    for area in (Area(30, 20, 17, 13), Area(0, 0, 1, 1), Area(60, 10, 40, 50)):
        part = drawn(*ink, area=area)
        x, y, width, height = area
        assert all(part(i, j) == whole(x + i, y + j) for i in range(width) for j in range(height)), area


@pytest.mark.parametrize("greys", [2, 16])
def test_ink_that_a_region_cuts_leaves_nothing_at_its_edges_that_the_whole_does_not_show(greys):
    dice = random.Random(4)
    curl = stroke(*((50 + dice.randrange(-40, 41), 30 + dice.randrange(-25, 26)) for _ in range(40)), width=20)
    whole = drawn(curl, greys=greys)
    for x in range(0, 90, 3):
        part = drawn(curl, greys=greys, area=Area(x, 5, 10, 50))
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
        assert (at(50, 30) == 0) == (grey_of(palette(colour)) < 232), colour


def test_flat_colours_are_the_grey_of_the_panel_next_to_their_brightness():
    levels = [drawn(stroke((20, 30), (80, 30), colour=colour, width=80), greys=16)(50, 30) for colour in (1, 4, 6, 3)]
    assert levels == [round(grey_of(palette(colour)) / 17) * 17 for colour in (1, 4, 6, 3)]


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
        assert any(at(x, y) < 240 for x in range(100) for y in range(60)), kind


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


def test_a_page_that_is_panned_is_the_picture_moved_and_only_what_came_in_is_painted():
    ink = [stroke((5, 5), (295, 155), width=60), stroke((10, 150), (290, 9), colour=5, width=21)]
    before, after = View(3.3, 2.2, 1.1), View(40.7, 12.9, 1.1)
    artist = paint(panel(16), *ink, view=before)
    areas = artist.moved(before, after)
    assert sum(area.width * area.height for area in areas) < 60 * 100
    for area in areas:
        paint(artist, *ink, view=after, area=area)
    assert whole_of(artist) == whole_of(paint(panel(16), *ink, view=after))


def test_another_zoom_is_painted_as_a_whole():
    artist = panel()
    assert artist.moved(View(0, 0, 1), View(0, 0, 2)) == [artist.surface.area]
    assert artist.moved(View(0, 0, 1), View(5_000, 0, 1)) == [artist.surface.area]
    assert artist.moved(View(0, 0, 1), View(0.1, 0, 1)) == []


def test_who_comes_back_to_a_view_finds_its_tiles_drawn():
    ink = [stroke((20 * at, 10), (20 * at + 30, 180), width=20) for at in range(10)]
    near, far = View(0, 0, 1.0), View(0, 0, 0.5)
    artist = paint(panel(16, 256, 192), *ink, view=near)
    first = whole_of(artist)
    paint(artist, *ink, view=far)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(artist._brush), "draw", lambda *_: pytest.fail("what is kept is drawn again"))
        paint(artist, *ink, view=near)
    assert whole_of(artist) == first
    changed = [*ink[:-1], stroke((100, 100), (150, 100))]
    assert whole_of(paint(artist, *changed, view=near)) == whole_of(paint(panel(16, 256, 192), *changed, view=near))


def test_what_is_half_drawn_is_seen_by_nobody():
    ink = [stroke((5, at), (95, at + 1), width=20) for at in range(5, 55)] * 8
    artist = panel()
    blank = whole_of(artist)
    for done in artist.paint(artist.surface.area, VIEW, sights(*ink)):
        if done is None:
            assert whole_of(artist) == blank
    assert whole_of(artist) != blank


def test_a_pen_draws_over_what_is_there_and_says_where():
    artist = paint(panel(), stroke((50, 5), (50, 55)))
    area = artist.ink(VIEW, Pen(0, 0, 32), [(20, 30), (40, 30)], None)
    assert area.x <= 18
    assert area.x + area.width >= 42
    pixels = whole_of(artist)
    assert (pixels[30 * 100 + 30], pixels[30 * 100 + 50]) == (0, 0)
    assert artist.ink(VIEW, Pen(0, 0, 32), [(2_000, 30), (2_010, 30)], None).is_empty
    assert artist.ink(VIEW, Pen(0, 0, 32), [(20, 30), (40, 30)], None, Area(0, 0, 10, 10)).is_empty


def test_an_image_that_comes_later_is_not_hidden_by_tiles_that_were_kept():
    content = bytes(range(32))
    picture = value(ItemType.IMAGE, 0, 0, 128, 128, content, "image/png", 99)
    blobs = {}
    artist = paint(panel(16, 128, 128, blobs.get), picture)
    empty = whole_of(artist)
    blobs[content] = png((128, 128), 0)
    assert whole_of(paint(artist, picture)) != empty


def png(size, level):
    out = io.BytesIO()
    Image.new("L", size, level).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("format", list(PixelFormat))
@pytest.mark.parametrize("theme", ["paper", "night"])
def test_every_panel_shows_ink_on_its_paper(format, theme):
    artist = paint(open_artist(PanelContext(100, 60, format, theme=theme)), stroke((20, 30), (80, 30), width=64))
    pixels, size = whole_of(artist), format.channels
    at = lambda x, y: max(pixels[(y * 100 + x) * size : (y * 100 + x) * size + min(size, 3)])  # noqa: E731
    ink, paper = (at(50, 30), at(50, 5)) if theme == "paper" else (at(50, 5), at(50, 30))
    assert ink < 60 < 180 < paper
