"""Other libraries on the same strokes and pages: cairo, Skia, Pillow and numpy.

Runs in the peers' environment; reads what `benchmarks.raster` has kept. Cairo and Skia draw a stroke as one polygon
around it, which they do faster than segment by segment; it is made before anything is timed, and has no round caps.
"""

import array  # noqa: F401 - what is unpickled needs it
import json
import math
import pickle
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

KEPT = Path(__file__).resolve().parents[2] / ".bench"
SIZES = {"small": (800, 480), "large": (1872, 1404)}
FINER = 4
ROUNDS = 7


def best_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        started = time.thread_time()
        work()
        times.append(time.thread_time() - started)
    return min(times) * 1000


def strokes(width: int) -> list[list[tuple[float, float, float]]]:
    runs = pickle.loads((KEPT / f"discs-{width}.pickle").read_bytes())
    return [list(zip(run[::3], run[1::3], run[2::3], strict=True)) for run in runs]


def outline(points: list[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """A polygon around a stroke: to each side by the radius, across the line between the neighbours."""
    there, back = [], []
    for at, (x, y, r) in enumerate(points):
        ax, ay, _ = points[max(at - 1, 0)]
        bx, by, _ = points[min(at + 1, len(points) - 1)]
        length = math.hypot(bx - ax, by - ay) or 1.0
        nx, ny = (by - ay) / length * r, (ax - bx) / length * r
        there.append((x + nx, y + ny))
        back.append((x - nx, y - ny))
    return there + back[::-1]


def cairo() -> dict[str, float]:
    import cairo

    numbers = {}
    for name, (width, height) in SIZES.items():
        outlines = [outline(points) for points in strokes(width)]
        surface = cairo.ImageSurface(cairo.FORMAT_A8, width, height)
        context = cairo.Context(surface)
        context.set_fill_rule(cairo.FILL_RULE_WINDING)

        def draw(context: cairo.Context = context, outlines: list[list[tuple[float, float]]] = outlines) -> None:
            context.set_operator(cairo.OPERATOR_CLEAR)
            context.paint()
            context.set_operator(cairo.OPERATOR_OVER)
            for points in outlines:
                line_to = context.line_to
                for x, y in points:
                    line_to(x, y)
                context.close_path()
                context.fill()

        numbers[f"{name}_ms"] = best_ms(draw)
        surface.flush()
        numbers[f"{name}_ink"] = sum(surface.get_data()) / 255
    context.set_line_cap(cairo.LINE_CAP_ROUND)
    starts = [(x, y) for x in range(10, 790, 13) for y in range(10, 470, 23)]

    def segments() -> None:
        for x, y in starts:
            context.set_line_width(2.5)
            context.move_to(x, y)
            context.line_to(x + 2.4, y + 1.1)
            context.stroke()

    return {**numbers, "segment_us": best_ms(segments) * 1000 / len(starts)}


def skia() -> dict[str, float]:
    import skia

    numbers = {}
    for name, (width, height) in SIZES.items():
        outlines = [[skia.Point(x, y) for x, y in outline(points)] for points in strokes(width)]
        surface = skia.Surface.MakeRaster(skia.ImageInfo.MakeA8(width, height))
        canvas, paint = surface.getCanvas(), skia.Paint(AntiAlias=True)

        def draw(
            canvas: skia.Canvas = canvas, paint: skia.Paint = paint, outlines: list[list[skia.Point]] = outlines
        ) -> None:
            canvas.clear(0)
            for points in outlines:
                canvas.drawPath(skia.Path.Polygon(points, True), paint)

        numbers[f"{name}_ms"] = best_ms(draw)
    return numbers


def pillow() -> dict[str, float]:
    from PIL import Image, ImageDraw

    numbers = {}
    for name, (width, height) in SIZES.items():
        lines = [
            ([(x0 * FINER, y0 * FINER), (x1 * FINER, y1 * FINER)], max(1, round((r0 + r1) * FINER)))
            for points in strokes(width)
            for (x0, y0, r0), (x1, y1, r1) in pairwise(points)
        ]

        def draw(
            width: int = width, height: int = height, lines: list[tuple[list[tuple[float, float]], int]] = lines
        ) -> None:
            image = Image.new("L", (width * FINER, height * FINER), 255)
            line = ImageDraw.Draw(image).line
            for ends, thick in lines:
                line(ends, fill=0, width=thick)
            image.reduce(FINER)

        numbers[f"{name}_ms"] = best_ms(draw, 3)
    image = Image.frombytes("L", SIZES["small"], (KEPT / "page-800.bin").read_bytes())
    return {**numbers, "diffused_ms": best_ms(lambda: image.convert("1"))}


def numpy() -> dict[str, float]:
    import numpy

    width, height = SIZES["small"]
    page = numpy.frombuffer((KEPT / "page-800.bin").read_bytes(), numpy.uint8).reshape(height, width)
    pattern = [
        [sum(((x ^ y) >> bit & 1) << 5 - 2 * bit | (y >> bit & 1) << 4 - 2 * bit for bit in range(3)) for x in range(8)]
        for y in range(8)
    ]
    thresholds = numpy.tile((numpy.array(pattern) * 4 + 2).astype(numpy.uint8), (height // 8, width // 8))
    return {"packed_ms": best_ms(lambda: numpy.packbits(page > thresholds), 50)}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]]()))
