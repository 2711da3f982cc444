"""Marks as px: letters where they belong, images upright and turned, and nothing of what cannot be drawn."""

import io
from array import array
from math import cos, sin

import pytest
from PIL import Image

from edgeboard.canvas.geometry import Rectangle, Transform
from edgeboard.render.brush import Brush
from edgeboard.render.pictures import Pictures
from edgeboard.render.sketches import Fill, Letters, Line, Note, Picture
from edgeboard.render.surface import Surface
from edgeboard.render.tones import Tones
from edgeboard.render.values import POINTS_MAX, Area, PanelContext, PixelFormat

CONTENT = bytes(range(32))
TURNED = Transform(cos(0.5), sin(0.5), -sin(0.5), cos(0.5), 40, 10)


def png(size, colour):
    out = io.BytesIO()
    Image.new("RGBA", size, colour).save(out, "PNG")
    return out.getvalue()


def brush(format=PixelFormat.GREY8, blob=None):
    surface = Surface(100, 80, format.channels)
    pictures = Pictures(lambda content: blob if content == CONTENT else None, format.channels, 1 << 20)
    return surface, Brush(surface, Tones(PanelContext(100, 80, format)), pictures)


def drawn(*marks, format=PixelFormat.GREY8, matrix=Transform(), clip=Area(0, 0, 100, 80), blob=None):  # noqa: B008
    surface, with_brush = brush(format, blob)
    for mark in marks:
        with_brush.draw(mark, matrix, clip)
    return surface


def dark(surface, below=128):
    """The least area around what is dark."""
    step = surface.channels
    places = [divmod(at, surface.width) for at, level in enumerate(surface.pixels[::step]) if level < below]
    if not places:
        return None
    ys, xs = [y for y, _ in places], [x for _, x in places]
    return Area(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)


def test_letters_stand_on_their_line():
    surface = drawn(Letters(["HHH"], 10, 20, 20.0, 0, 1.0))
    area = dark(surface)
    assert area.x in (11, 12, 13)
    assert abs(area.y + area.height - (20 + 0.9 * 20)) <= 1


def test_letters_follow_a_page_that_is_turned():
    upright, turned = (
        drawn(Letters(["HHHH"], 0, 0, 16.0, 0, 1.0), matrix=matrix) for matrix in (Transform(e=40, f=10), TURNED)
    )
    assert dark(turned).height > dark(upright).height + 10
    ink = [255 * 8_000 - sum(surface.pixels) for surface in (upright, turned)]
    assert ink[1] == pytest.approx(ink[0], rel=0.05)


def test_what_does_not_fit_on_a_note_is_cut_off():
    area = Rectangle(10, 10, 40, 60)
    surface = drawn(Letters(["WWWWWWWWWWWW"], 12, 12, 14.0, 6, 1.0, area))
    assert dark(surface).x + dark(surface).width <= 40 + 3


def test_dots_keep_away_from_the_letters_of_a_note_where_there_are_two_levels():
    area = Rectangle(5, 5, 95, 75)
    note, letters = Note(area, 5, 1.0), Letters(["LL"], 20, 20, 30.0, 5, 1.0, area)
    surface = drawn(note, letters, format=PixelFormat.GREY1)
    width = surface.width
    black = [at for at, level in enumerate(surface.pixels) if level == 0 and 20 * width < at < 60 * width]
    inner = [at for at in black if 15 < at % width < 80]
    assert inner
    assert all(surface.pixels[at + step] in (0, 255) for at in inner for step in (-1, 1, -width, width))


def test_an_image_fills_its_place():
    surface = drawn(Picture(Rectangle(10, 20, 50, 60), CONTENT, 1.0), blob=png((7, 5), (0, 0, 0, 255)))
    assert dark(surface) == Area(10, 20, 40, 40)


@pytest.mark.parametrize("format", [PixelFormat.GREY8, PixelFormat.XRGB8888])
def test_an_image_that_is_turned_lies_askew_and_is_clear_beside(format):
    picture = Picture(Rectangle(0, 0, 40, 30), CONTENT, 1.0)
    surface = drawn(picture, format=format, matrix=TURNED, blob=png((40, 30), (0, 0, 0, 255)))
    step = format.channels
    level = lambda x, y: surface.pixels[(y * 100 + x) * step]  # noqa: E731
    middle = TURNED.apply(20, 15)
    assert level(int(middle.x), int(middle.y)) == 0
    area = dark(surface)
    assert (level(area.x, area.y), level(area.x + area.width - 1, area.y)) == (255, 255)


def test_an_image_that_is_not_here_is_a_frame_and_is_said_to_be_missing():
    surface, with_brush = brush()
    with_brush.draw(Picture(Rectangle(10, 20, 50, 60), CONTENT, 1.0), Transform(), surface.area)
    assert with_brush.lacks
    assert surface.pixels[20 * 100 + 30] < 235
    assert surface.pixels[40 * 100 + 30] > 240


def test_what_lets_through_is_seen_through_on_grey_panels():
    clear = png((4, 4), (0, 0, 0, 0))
    surface = drawn(
        Fill(array("d", [0, 0, 100, 0, 100, 80, 0, 80]), 0, 1.0),
        Picture(Rectangle(10, 10, 40, 40), CONTENT, 1.0),
        matrix=Transform(1, 0.001, -0.001, 1, 0, 0),
        blob=clear,
    )
    assert surface.pixels[20 * 100 + 20] < 60


def test_more_discs_than_one_call_takes_are_drawn_in_several():
    run = array("d", [number for at in range(POINTS_MAX // 2 + 1) for number in (at % 100, 40.0, 1.0)])
    line = Line([run, run, array("d", [50.0, 10.0, 3.0])], 0, 1.0)
    surface = drawn(line, clip=Area(0, 0, 100, 12))
    assert dark(surface) == Area(47, 7, 6, 5)


@pytest.mark.parametrize(
    "mark",
    [
        Line([array("d", [1e9, 0, 1])], 0, 1.0),
        Fill(array("d", [0, 0, 1e9, 0, 1e9, 1e9]), 0, 1.0),
        Letters(["x"], 9e8, 0, 20.0, 0, 1.0),
        Letters(["x"], 0, 0, 1_000.0, 0, 1.0),
        Picture(Rectangle(0, 0, 5e8, 5e8), CONTENT, 1.0),
    ],
)
def test_what_is_too_far_or_too_large_leaves_nothing_and_raises_nothing(mark):
    surface = drawn(mark, matrix=Transform(3, 0, 0, 3, 0, 0), blob=png((2, 2), (0, 0, 0, 255)), clip=Area(50, 50, 9, 9))
    assert dark(surface) is None
