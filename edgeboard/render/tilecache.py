"""Tiles of pages as panels show them, kept by what is on them: who comes back to a view finds it drawn.

A tile lies where the page has it at a zoom: tile (i, j) begins `TILE` i px to the right of the page's origin. Its key
names all that decides its px: panel, zoom, place, and the items on it with what they look like. So nothing is ever
invalidated; what is no longer asked for leaves when room is needed, and its buffer is used again.
"""

from typing import Final, NamedTuple, final

from edgeboard.render.buffers import Pool
from edgeboard.render.cache import Cache, CacheStatistics
from edgeboard.render.values import PanelContext

TILE: Final = 64  # px of a side


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
            budget: bytes.
        """
        self._pool = pool
        self._tiles: Cache[TileKey, bytearray] = Cache(budget, on_drop=pool.give)

    def get(self, key: TileKey) -> bytearray | None:
        """The px, row by row; only to be read, and only until the next `put`."""
        return self._tiles.get(key)

    def put(self, key: TileKey, pixels: bytes) -> None:
        """Keep a copy of a tile's px."""
        buffer = self._pool.take(len(pixels))
        buffer[:] = pixels
        self._tiles.put(key, buffer, len(buffer))

    def resize(self, budget: int) -> None:
        """Another budget, bytes."""
        self._tiles.resize(budget)

    def statistics(self) -> CacheStatistics:
        return self._tiles.statistics()
