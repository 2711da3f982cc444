"""What a panel takes to be drawn: memory above the node, and time in a room of 3,000 strokes."""

import gc
import random
import statistics
import sys
import time

from benchmarks.data import handwriting
from benchmarks.rooms import resident_mib
from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import AuthorTag, Origin
from edgeboard.node import pipeline
from edgeboard.oplog.codec import Pen, encode_stroke

STROKES = 3_000
PAGE = 1_872, 1_404  # px of the canvas that is written on, and seen
WIDTH = 20  # 1/8 px
WRITING_S = 10.0
RATE_HZ = 200
PIECE_S = 2.0  # a pen's stroke is logged as often, and then drawn as it belongs
ERASER_PX = 8.0


def small() -> dict[str, float]:
    """800 x 480 px, 2 levels, ink only: the first letter takes Pillow and its fonts, about 4 MiB more."""
    return _memory(800, 480, "grey1")


def large() -> dict[str, float]:
    """1,872 x 1,404 px, 16 levels."""
    return _memory(1_872, 1_404, "grey4")


def _memory(width: int, height: int, name: str) -> dict[str, float]:
    document = _written()
    gc.collect()
    before = resident_mib()
    from edgeboard.node.renderers import open_artist
    from edgeboard.render.scene import Scene
    from edgeboard.render.values import PanelContext, PixelFormat, View

    assert pipeline.__name__ in sys.modules  # what a node without a panel has is loaded before
    scene = Scene()
    scene.touch(item.id for item in document.items())
    scene.refresh(document)
    artist = open_artist(PanelContext(width, height, PixelFormat(name)))
    whole = artist.surface.area
    views = [View(x * PAGE[0] / 8, 0, width / PAGE[0] * zoom) for zoom in (1.0, 2.0, 0.5) for x in range(4)]
    for view in [views[0], *views, *views, views[0]]:
        for _ in artist.paint(whole, view, scene.items_in(document, view.reach(whole))):
            pass
        artist.pixels(whole, is_still=False)
    gc.collect()
    return {"mib": resident_mib() - before}


def busy() -> dict[str, float]:
    """A pen that writes on a full page for ten seconds, as the node draws it on 800 x 480 px; and an eraser on it."""
    from edgeboard.node.renderers import open_artist
    from edgeboard.render.scene import Scene
    from edgeboard.render.values import PanelContext, View

    document, scene = _written(), Scene()
    scene.touch(item.id for item in document.items())
    scene.refresh(document)
    artist, view = open_artist(PanelContext(800, 480)), View(0, 0, 800 / PAGE[0])
    slices = []
    begun = last = time.process_time()
    for _ in artist.paint(artist.surface.area, view, scene.items_in(document, view.reach(artist.surface.area))):
        slices.append((now := time.process_time()) - last)
        last = now
    whole = last - begun
    begun = time.process_time()
    rng = random.Random(2)
    x, y, box = 400.0, 300.0, None
    for sample in range(int(WRITING_S * RATE_HZ)):
        points = [(x + step, y + rng.uniform(-2, 2)) for step in range(4)]
        x, y = (x + 2.0, y + rng.uniform(-3, 3)) if x < PAGE[0] - 100 else (100.0, y + 40)
        area = artist.ink(view, Pen(0, 0, WIDTH), points, [2_000.0] * 4)
        artist.pixels(area, is_still=False)
        box = area if box is None else box.unite(area)
        if sample % int(PIECE_S * RATE_HZ) == 0 and not box.is_empty:
            for _ in artist.paint(box, view, scene.items_in(document, view.reach(box))):
                pass
            artist.pixels(box, is_still=False)
            box = None
    writing = time.process_time() - begun
    steps = []
    for at in range(400):
        a, b = (100.0 + 4 * at, 300 + at % 90), (104.0 + 4 * at, 300 + (at + 1) % 90)
        begun = time.process_time()
        scene.strokes_under(document, a, b, ERASER_PX)
        steps.append(time.process_time() - begun)
    return {
        "whole_ms": whole * 1e3,
        "slice_ms": max(slices) * 1e3,
        "percent": 100 * writing / WRITING_S,
        "eraser_p99_ms": statistics.quantiles(steps, n=100)[98] * 1e3,
        "eraser_most_ms": max(steps) * 1e3,
    }


def _written() -> Document:
    """A page full of handwriting."""
    recorded, rng = handwriting(), random.Random(1)
    document, maker = Document(), Maker(Origin(7))
    for number in range(STROKES):
        stroke = recorded[number % len(recorded)]
        scale = stroke.scale
        dx = rng.randrange(PAGE[0] * scale) - stroke.x[0]
        dy = rng.randrange(PAGE[1] * scale) - stroke.y[0]
        moved = Stroke(scale, [x + dx for x in stroke.x], [y + dy for y in stroke.y], stroke.pressure)
        op = maker.make(Add(0, 0, ItemType.STROKE, encode_stroke(0, number % 5, WIDTH, moved)), document.lamport)
        document.apply(op, Place(AuthorTag(b"a" * 16), number))
    return document
