"""Marks as px: letters where they belong, images upright and turned, and nothing of what cannot be drawn."""

import io
from array import array
from math import cos, sin

import pytest
from PIL import Image

from edgeboard.canvas.geometry import Rectangle, Transform
from edgeboard.render import brush as brushes
from edgeboard.render.brush import WORK_MAX, Brush
from edgeboard.render.pictures import Pictures
from edgeboard.render.sketches import Fill, Letters, Line, Note, Picture
from edgeboard.render.surface import Surface
from edgeboard.render.text import line_mask
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
        for _ in with_brush.draw(mark, matrix, clip):
            pass
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
    for _ in with_brush.draw(Picture(Rectangle(10, 20, 50, 60), CONTENT, 1.0), Transform(), surface.area):
        pass
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


ZIGZAG = Line([array("d", [n for at in range(400) for n in (at % 2 * 100, at % 80, 50.0)])], 0, 1.0)
STAR = Fill(array("d", [n for at in range(3_000) for n in (at % 2 * 100, at % 80)]), 0, 1.0)


@pytest.mark.parametrize("mark", [ZIGZAG, STAR])
def test_what_is_much_work_is_drawn_in_parts_of_little(mark, monkeypatch):
    surface, with_brush = brush()
    works = list(with_brush.draw(mark, Transform(), surface.area))
    assert len(works) > 1, "a mark that takes long is drawn in one go"
    assert max(works) <= 2 * WORK_MAX, works
    monkeypatch.setattr(brushes, "WORK_MAX", 1e9)
    assert surface.pixels == drawn(mark).pixels, "parts are not what the whole is"


def test_a_thin_line_and_a_short_text_are_drawn_in_one_go():
    thin = Line([array("d", [n for at in range(100) for n in (at, at % 7, 1.0)])], 0, 1.0)
    for mark in (thin, Letters(["short"], 10, 20, 20.0, 0, 1.0)):
        surface, with_brush = brush()
        works = list(with_brush.draw(mark, Transform(), surface.area))
        assert len(works) == 1
        assert works[0] < WORK_MAX


@pytest.mark.parametrize("matrix", [TURNED, Transform(0.8, 0.5, 0.4, -0.9, -900, 20), Transform(1, 0, 0, 1, 5, -600)])
def test_of_a_text_of_many_rows_only_those_that_are_seen_cost_anything(matrix, monkeypatch):
    rows = [f"row {at} with some letters" for at in range(400)]
    drawn_rows = []
    monkeypatch.setattr(brushes, "line_mask", lambda text, *rest: drawn_rows.append(text) or line_mask(text, *rest))
    surface, with_brush = brush()
    works = list(with_brush.draw(Letters(rows, 0, 0, 20.0, 0, 1.0), matrix, surface.area))
    assert max(works, default=0) < WORK_MAX
    assert len(drawn_rows) < 20, f"{len(drawn_rows)} rows are drawn of which few can be seen"


@pytest.mark.parametrize("format", [PixelFormat.GREY1, PixelFormat.GREY8])
def test_of_large_letters_only_those_that_are_seen_are_drawn_one_by_one(format, monkeypatch):
    drawn_pieces = []
    monkeypatch.setattr(brushes, "line_mask", lambda text, *rest: drawn_pieces.append(text) or line_mask(text, *rest))
    surface, with_brush = brush(format)
    note = Rectangle(-9_000, -9_000, 9_000, 9_000)
    letters = Letters(["ABCDEFGHIKLMNOPQRSTUVWXYZ"], -3_000, -400, 450.0, 0, 1.0, note)
    works = list(with_brush.draw(letters, Transform(2, 0, 0, 2, 0, 0), surface.area))
    assert len(set(drawn_pieces)) <= 5, "letters that nobody sees are drawn"
    assert drawn_pieces, "nothing is drawn"
    assert max(works) <= 2 * WORK_MAX, works


@pytest.mark.parametrize("matrix", [TURNED, Transform(0.8, 0.5, 0.4, -0.9, -20, 60), Transform(1, 0, 0, 1, -5, -60)])
def test_a_text_that_is_cut_by_a_clip_is_what_it_is_without(matrix):
    letters = Letters([f"row {at} with some letters" for at in range(30)], 0, -100, 17.0, 0, 1.0)
    whole = drawn(letters, matrix=matrix)
    assert dark(whole) is not None
    for clip in (Area(0, 0, 100, 7), Area(33, 21, 10, 40), Area(99, 79, 1, 1)):
        assert drawn(letters, matrix=matrix, clip=clip).crop(clip) == whole.crop(clip), clip
