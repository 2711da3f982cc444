"""What a panel takes to be drawn: memory above the node, and time in a room of 3,000 strokes."""

import gc
import importlib
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgpack

import edgeboard
from benchmarks.data import handwriting
from benchmarks.rooms import resident_mib
from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import AuthorTag, Origin
from edgeboard.oplog.codec import Pen, encode_stroke

if TYPE_CHECKING:
    from edgeboard.render.frames import Frames, Mirror
    from edgeboard.render.renderers import Artist
    from edgeboard.render.values import PanelContext

STROKES = 3_000
OTHERS = 40  # texts, and as many notes, shapes and arrows
LINES = ("Tank 4: 71 %, drains till noon", "Жук, Ωμέγα, naïve", "Shift change at 14:00", "3 pallets of A-17")
SIZES = (14, 16, 20, 24, 32, 48)  # px of the canvas, of letters
SCROLL_FRAMES = 300
MESH_S = 1_700_000_000.0  # some moment of the marquee
PAGE = 1_872, 1_404  # px of the canvas that is written on, and seen
WIDTH = 20  # 1/8 px
WRITING_S = 10.0
RATE_HZ = 200
PIECE_S = 2.0  # a pen's stroke is logged as often, and then drawn as it belongs
ERASER_PX = 8.0


def small() -> dict[str, float]:
    """800 x 480 px, 2 levels."""
    return _memory(800, 480, "grey1")


def large() -> dict[str, float]:
    """1,872 x 1,404 px, 16 levels."""
    return _memory(1_872, 1_404, "grey4")


def _memory(width: int, height: int, name: str) -> dict[str, float]:
    """What is resident more, when a panel has shown all that it shows: an idle screen, a page of ink, texts, notes,
    shapes and arrows in twelve views, and marquees of both kinds. An image would be about 2 MiB more, for Pillow's
    decoders and for what is kept of it."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", *edgeboard.__path__], check=True)  # as installed
    importlib.import_module("edgeboard.node.build")  # what a node without a panel has is loaded before
    document = _written(others=OTHERS)
    gc.collect()
    before, private = resident_mib(), _private_mib()
    from edgeboard.node.renderers import open_artist
    from edgeboard.render.frames import Frames, Mirror
    from edgeboard.render.scene import Scene
    from edgeboard.render.values import PanelContext, PixelFormat, View

    scene = Scene()
    scene.touch(item.id for item in document.items())
    scene.refresh(document)
    context = PanelContext(width, height, PixelFormat(name))
    artist, frames, mirror = open_artist(context), Frames(), Mirror(context)
    whole = artist.surface.area
    _idle(artist, context)
    mirror.show(frames.make(whole, artist.pixels(whole, is_still=True)))
    views = [View(x * PAGE[0] / 8, 0, width / PAGE[0] * zoom) for zoom in (1.0, 2.0, 0.5) for x in range(4)]
    for view in [views[0], *views, *views, views[0]]:
        for _ in artist.paint(whole, view, scene.items_in(document, view.reach(whole))):
            pass
        mirror.show(frames.make(whole, artist.pixels(whole, is_still=False)))
    _marquee(artist, context, frames, mirror)
    gc.collect()
    return {"mib": resident_mib() - before, "private_mib": _private_mib() - private}


def _private_mib() -> float:
    """What is resident, is no file's and is nobody else's: what a board has less of for others. About 3 MiB more are
    Pillow's code and a font, which a machine that runs short lets go of, and which all processes share."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) / 1024


def _idle(artist: "Artist", context: "PanelContext") -> None:
    from edgeboard.render.idle import IdleFacts, draw_idle

    rng = random.Random(3)
    modules = [[rng.randrange(2) for _ in range(29)] for _ in range(29)]
    facts = IdleFacts("kitchen", "lobby", "http://192.168.1.20:8787/room/lobby", "3 boards, all well")
    for _ in draw_idle(artist.surface, artist.surface.area, context, facts, modules):
        pass


def _marquee(artist: "Artist", context: "PanelContext", frames: "Frames", mirror: "Mirror") -> None:
    """Ten seconds of both marquees, one that turns pages and one that moves."""
    from dataclasses import replace

    from edgeboard.marquee.items import Level, TickerItem, changed
    from edgeboard.marquee.ticker import Ticker
    from edgeboard.render.bar import Bar, bar_area
    from edgeboard.render.values import Refresh

    ticker = Ticker("quiet")
    texts = (f"Line {number}: {number * 37} pieces an hour, shift {number % 3}, tank at 71 %" for number in range(12))
    ticker.set_items(
        [changed(None, TickerItem(f"{at}", text, Level(at % 3)), MESH_S - 60) for at, text in enumerate(texts)]
    )
    for refresh in Refresh:
        bar = Bar(artist.surface, bar_area(context), replace(context, refresh=refresh))
        for number in range(SCROLL_FRAMES):
            area = bar.draw(ticker.at(MESH_S + number / 30))
            if area is not None:
                mirror.show(frames.make(area, artist.pixels(area, is_still=False)))


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


def _written(others: int = 0) -> Document:
    """A page full of handwriting, and so many of each of texts, notes, shapes and arrows."""
    recorded, rng = handwriting(), random.Random(1)
    document, maker = Document(), Maker(Origin(7))
    bodies: list[tuple[ItemType, bytes]] = []
    for number in range(STROKES):
        stroke = recorded[number % len(recorded)]
        scale = stroke.scale
        dx = rng.randrange(PAGE[0] * scale) - stroke.x[0]
        dy = rng.randrange(PAGE[1] * scale) - stroke.y[0]
        moved = Stroke(scale, [x + dx for x in stroke.x], [y + dy for y in stroke.y], stroke.pressure)
        bodies.append((ItemType.STROKE, encode_stroke(0, number % 5, WIDTH, moved)))
    for number in range(others):
        x, y, colour, text = rng.randrange(PAGE[0]), rng.randrange(PAGE[1]), number % 12, LINES[number % len(LINES)]
        corners, ends = [x, y, x + 80, y + 50], [x, y, x + 120, y + 40]
        bodies += [
            (ItemType.TEXT, _packed(x, y, f"{text}\n{number}", SIZES[number % len(SIZES)], colour)),
            (ItemType.STICKY, _packed(x, y, 120, 90, text, colour)),
            (ItemType.SHAPE, _packed(2 + number % 2, corners, colour, 3, 6)),
            (ItemType.CONNECTOR, _packed(None, None, ends, colour, 2)),
        ]
    for number, (kind, payload) in enumerate(bodies):
        op = maker.make(Add(0, 0, kind, payload), document.lamport)
        document.apply(op, Place(AuthorTag(b"a" * 16), number))
    return document


def _packed(*fields: object) -> bytes:
    data: bytes = msgpack.packb(list(fields))
    return data
