"""The same picture on a panel and in an SVG: handwriting as it was recorded, drawn by us and by librsvg.

The third of the three, a browser, is compared in tests/browser/test_likeness.py.
"""

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

import edgeboard.cli
from edgeboard.canvas.bodies import ItemType
from edgeboard.cli.drawing import read_recording
from edgeboard.interchange import pen
from edgeboard.oplog.codec import encode_stroke
from edgeboard.render import png
from edgeboard.render.svg import render_items
from edgeboard.render.values import PixelFormat, View
from tests.render.likeness import compare
from tests.render.sheets import item, kinds, shown, value

RECORDING = Path(edgeboard.cli.__file__).parent / "data" / "handwriting.jsonl"
needs_rsvg = pytest.mark.skipif(not png.is_available(), reason="needs rsvg-convert: apt install librsvg2-bin")


def handwriting(dy=0):
    recorded = read_recording(RECORDING)
    strokes = [pen.moved(each.stroke, 0, dy) for each in recorded]
    return [item(ItemType.STROKE, encode_stroke(0, at % 5, 22, stroke)) for at, stroke in enumerate(strokes)]


def drawn_by_librsvg(items, scale):
    """The picture, and what of the page it shows."""
    svg = render_items(items)
    x, y = map(float, re.search(r'viewBox="([-0-9.]+) ([-0-9.]+) ', svg).groups())
    return Image.open(io.BytesIO(png.render_png(svg.encode(), scale))).convert("RGB"), View(x, y, scale)


@needs_rsvg
@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("format", [PixelFormat.GREY8, PixelFormat.XRGB8888])
def test_handwriting_looks_the_same_on_a_panel_and_in_an_svg(scale, format):
    items = handwriting()
    theirs, view = drawn_by_librsvg(items, scale)
    found = compare(theirs, shown(items, format, view, theirs.size))
    assert found.px > 5_000
    assert found.is_within_tolerance, found


@needs_rsvg
@pytest.mark.parametrize("name", ["stroke", "marker", "shape", "connector"])
def test_every_kind_of_line_looks_the_same_on_a_panel_and_in_an_svg(name):
    items = kinds()[name]
    theirs, view = drawn_by_librsvg(items, 3)
    found = compare(theirs, shown(items, PixelFormat.XRGB8888, view, theirs.size))
    assert found.is_within_tolerance, found


@needs_rsvg
def test_what_lets_through_what_is_below_it_looks_the_same_on_a_panel_and_in_an_svg():
    style = [None, None, None, 0.5]
    items = [
        value(ItemType.SHAPE, 2, [8, 8, 56, 40], 0, 12, 6, style=style),  # the fill is seen below half of the line
        value(ItemType.SHAPE, 3, [40, 20, 110, 60], 9, 10, 4, style=style),
        value(ItemType.STICKY, 70, 4, 40, 40, "", 6, style=style),
        value(ItemType.CONNECTOR, None, None, [8, 70, 60, 50, 108, 70], 10, 8, style=style),
    ]
    theirs, view = drawn_by_librsvg(items, 3)
    ours = shown(items, PixelFormat.XRGB8888, view, theirs.size)
    found = compare(theirs, ours)
    assert found.is_within_tolerance, found
    fill, both, line = (ours.getpixel((round((x - view.x) * 3), round((24 - view.y) * 3))) for x in (16, 11, 5))
    assert max(fill) > max(line) > max(both), "the fill below the line"


def test_pictures_that_differ_are_not_alike():
    items = handwriting()
    ours = shown(items, PixelFormat.GREY8, View(0, 0, 1.0), (800, 300))
    assert compare(ours, ours).is_within_tolerance
    for other in (
        shown(items, PixelFormat.GREY8, View(0.6, 0, 1.0), (800, 300)),  # half a px aside, rounded to a whole one
        shown(items, PixelFormat.GREY8, View(0, 0, 1.01), (800, 300)),
        shown(items[:-3], PixelFormat.GREY8, View(0, 0, 1.0), (800, 300)),
        ours.filter(ImageFilter.MinFilter(3)),
    ):
        assert not compare(ours, other).is_within_tolerance
