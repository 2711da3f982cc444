"""While a panel shows what changes, memory stands still: buffers are used again, and nothing is kept that grows."""

import gc
import tracemalloc

import pytest

from edgeboard._native.raster import kernel
from edgeboard.node.renderers import SPARE_SHARE, TILES_SHARE
from edgeboard.oplog.codec import Pen
from edgeboard.render.buffers import Pool
from edgeboard.render.painter import SCRATCH_BYTES, House
from edgeboard.render.renderers import Means
from edgeboard.render.tilecache import TileCache
from edgeboard.render.values import Area, PanelContext, PixelFormat, View
from tests.render.sheets import kinds, sights

TURNS = 60 if kernel else 8  # the twins in Python are slow
VIEWS = [View(at * 16.0, 0, 1.0) for at in range(8)]


class Panel:
    """A panel on which much happens."""

    def __init__(self, context):
        size = context.width * context.height * context.format.channels
        self.pool = Pool(SCRATCH_BYTES + int(SPARE_SHARE * size))
        self.artist = House().open(context, Means(None, TileCache(self.pool, int(TILES_SHARE * size)), self.pool))
        self.items = sights([item for items in kinds().values() for item in items])
        self.view = VIEWS[0]

    def paint(self, area):
        for _ in self.artist.paint(area, self.view, self.items):
            pass
        return len(self.artist.pixels(area, is_still=False))

    def turn(self, number):
        """A pen draws, some of the page changes, and the page is panned."""
        for at in range(4):
            points = [(10.0 * at + step, 20.0 + number % 50) for step in range(4)]
            area = self.artist.ink(self.view, Pen(0, 0, 24), points, [2_000] * 4)
            self.artist.pixels(area, is_still=False)
        self.paint(Area(number % 40, 10, 70, 50))
        after = VIEWS[number % len(VIEWS)]
        areas, self.view = self.artist.moved(self.view, after), after
        for area in areas:
            self.paint(area)


@pytest.mark.parametrize("format", [PixelFormat.GREY1, PixelFormat.XRGB8888])
def test_in_the_steady_state_no_buffer_is_made_and_memory_does_not_grow(format):
    panel = Panel(PanelContext(256, 192, format))
    for number in range(2 * TURNS):
        panel.turn(number)
    made = panel.pool.statistics().made
    gc.collect()
    tracemalloc.start()
    try:
        panel.turn(0)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for number in range(TURNS):
            panel.turn(number)
        gc.collect()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert panel.pool.statistics().made == made, "a buffer was allocated in the steady state"
    assert after - before < 16 * 1024, f"{after - before} bytes more after {TURNS} turns"
    assert peak - before < 4 * SCRATCH_BYTES, f"{peak - before} bytes at once"
