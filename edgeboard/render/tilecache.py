"""Tiles of pages as panels show them, kept by what is on them: who comes back to a view finds it drawn.

A tile lies where the page has it at a zoom: tile (i, j) begins `TILE` i px to the right of the page's origin. Its key
names all that decides its px: panel, zoom, place, and the items on it with what they look like. So nothing is ever
invalidated; what is no longer asked for leaves when room is needed, and its buffer is used again. How much room there
is follows what is asked for: it grows while more different tiles are wanted than it holds, and shrinks when few are.
"""

from typing import Final, NamedTuple, final

from edgeboard.render.budgets import Budget
from edgeboard.render.buffers import Pool
from edgeboard.render.cache import OVERHEAD_BYTES, Cache, CacheStatistics
from edgeboard.render.values import PanelContext

TILE: Final = 64  # px of a side
LEAST: Final = 8  # of the budget a part so small is what it begins with
WINDOW: Final = 4_096.0  # tiles asked for, over which it is seen how many different ones are wanted


class TileKey(NamedTuple):
    """What a tile shows."""

    context: PanelContext
    zoom: float
    column: int
    row: int
    content: int  # a hash of the items on it and what they look like, in paint order


@final
class TileCache:
    """The px of tiles, within a budget of bytes."""

    def __init__(self, pool: Pool, budget: int) -> None:
        """
        Args:
            pool: where buffers come from and go to.
            budget: bytes at most.
        """
        self._pool = pool
        self._size = Budget(max(1, budget // LEAST), max(1, budget), WINDOW).begin()
        self._tiles: Cache[TileKey, bytearray] = Cache(min(budget, self._size.bound), on_drop=pool.give)
        self._wanted: set[TileKey] = set()  # in this window
        self._asked = 0  # tiles since the beginning: the clock of what is measured here

    def get(self, key: TileKey) -> bytearray | None:
        """The px, row by row; only to be read, and only until the next `put`."""
        self._asked += 1
        if self._asked % int(WINDOW) == 0:
            self._wanted.clear()
        self._wanted.add(key)
        wanted = len(self._wanted) * (TILE * TILE * key.context.format.channels + OVERHEAD_BYTES)
        if self._size.used(wanted, float(self._asked)):
            self._tiles.resize(self._size.bound)
        return self._tiles.get(key)

    def put(self, key: TileKey, pixels: bytes) -> None:
        """Keep a copy of a tile's px."""
        buffer = self._pool.take(len(pixels))
        buffer[:] = pixels
        self._tiles.put(key, buffer, len(buffer))

    def statistics(self) -> CacheStatistics:
        return self._tiles.statistics()
