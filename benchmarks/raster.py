"""What drawing for panels takes: strokes, one more segment, dithering, and finding what has changed.

The strokes are the first 1,000 synthetic ones as discs, one a point: x and y scaled to the panel, as wide as pressure
makes pens of eight widths. The same go to the peers (`benchmarks/peers/pictures.py`), through `.bench/`.
"""

import pickle
import random
import time
from array import array
from collections.abc import Callable

from benchmarks.data import KEPT, synthetic
from edgeboard.render.dither import dither, pack
from edgeboard.render.surface import Surface
from edgeboard.render.tiles import changed_tiles
from edgeboard.render.values import Area, PixelFormat

SIZES = {"small": (800, 480), "large": (1872, 1404)}  # px
WIDTHS = (2, 2, 2, 3, 3, 4, 6, 10)  # px of a panel 1872 px wide, at full pressure
STEPS = 65_536  # of the strokes, across the panel
STROKES = 1_000
ROUNDS = 7


def best_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The least time of this thread, so that what else runs counts as little as may be."""
    times = []
    for _ in range(rounds):
        started = time.thread_time()
        work()
        times.append(time.thread_time() - started)
    return min(times) * 1000


def discs(width: int, height: int) -> list["array[float]"]:
    """The strokes, x, y and radius of each point in px; also kept for the peers."""
    rng = random.Random(1)
    runs = []
    for _, stroke in synthetic(10_000)[:STROKES]:
        base, run = rng.choice(WIDTHS), array("d")
        for x, y, p in zip(stroke.x, stroke.y, stroke.pressure or (), strict=True):
            thick = base * width / 1872 * (0.35 + 0.65 * p / 4095) + 0.6
            run.extend((x * width / STEPS, y * height / STEPS, thick / 2))
        runs.append(run)
    return runs


def keep() -> None:
    """Lay strokes and pages where the peers read them."""
    for width, height in SIZES.values():
        (KEPT / f"discs-{width}.pickle").write_bytes(pickle.dumps(discs(width, height)))
        (KEPT / f"page-{width}.bin").write_bytes(page(width, height).pixels)


def strokes() -> dict[str, float]:
    """All strokes to a fresh page, one call a stroke, on panels of both sizes; and what is then black, px."""
    keep()
    numbers = {}
    for name, (width, height) in SIZES.items():
        runs, surface = discs(width, height), Surface(width, height)

        def draw(surface: Surface = surface, runs: list["array[float]"] = runs) -> None:
            surface.fill(0xFFFFFF)
            for run in runs:
                surface.ink([run], 0, surface.area)

        numbers[f"{name}_ms"] = best_ms(draw)
        numbers[f"{name}_ink"] = (255 * width * height - sum(surface.pixels)) / 255
    return numbers


def segment() -> dict[str, float]:
    """One more segment of a stroke that grows, the call included."""
    keep()
    surface = Surface(*SIZES["small"])
    runs = [array("d", (x, y, 1.2, x + 2.4, y + 1.1, 1.3)) for x in range(10, 790, 13) for y in range(10, 470, 23)]

    def draw() -> None:
        for run in runs:
            surface.ink([run], 0, surface.area)

    return {"us": best_ms(draw) * 1000 / len(runs)}


def page(width: int, height: int) -> Surface:
    """The strokes over greys that rise from 200 to 255."""
    surface = Surface(width, height)
    for x in range(width):
        surface.fill(0x010101 * (200 + 55 * x // (width - 1)), Area(x, 0, 1, height))
    for run in discs(width, height):
        surface.ink([run], 0, surface.area)
    return surface


def dithering() -> dict[str, float]:
    """The page with strokes to 1 bit, by error diffusion, and by the pattern and packed."""
    keep()
    width, height = SIZES["small"]
    surface = page(width, height)
    return {
        "diffused_ms": best_ms(lambda: dither(surface, surface.area, PixelFormat.GREY1, is_still=True)),
        "packed_ms": best_ms(
            lambda: pack(dither(surface, surface.area, PixelFormat.GREY1, is_still=False), width, PixelFormat.GREY1),
            50,
        ),
    }


def tiles() -> dict[str, float]:
    """Which tiles of two large frames differ, that are unequal in 60 x 40 px; and copying one frame."""
    width, height = SIZES["large"]
    before = page(width, height)
    after = Surface(width, height, 1, bytearray(before.pixels))
    after.fill(0x808080, Area(900, 700, 60, 40))
    frame, copy = bytes(after.pixels), bytearray(after.pixels)

    def copied() -> None:
        copy[:] = frame

    changed = best_ms(lambda: changed_tiles(before.pixels, frame, width, height, 1), 50)
    memcpy = best_ms(copied, 50)
    return {"changed_ms": changed, "memcpy_ms": memcpy, "ratio": changed / memcpy}
