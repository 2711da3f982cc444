"""Tiles come back as they were put there, and their buffers are used again."""

from edgeboard.render.buffers import Pool
from edgeboard.render.cache import OVERHEAD_BYTES
from edgeboard.render.tilecache import TILE, TileCache, TileKey
from edgeboard.render.values import PanelContext

CONTEXT = PanelContext(800, 480)
SIZE = TILE * TILE


def key(column, content=1, zoom=1.0):
    return TileKey(CONTEXT, zoom, column, 0, content)


def test_a_tile_is_found_by_all_that_decides_its_px():
    tiles = TileCache(Pool(0), 10 * SIZE)
    tiles.put(key(1), bytes(SIZE))
    assert tiles.get(key(1)) == bytes(SIZE)
    assert [tiles.get(other) for other in (key(2), key(1, content=2), key(1, zoom=2.0))] == [None] * 3


def test_when_tiles_come_and_go_nothing_is_allocated():
    pool = Pool(4 * SIZE)
    tiles = TileCache(pool, 3 * (SIZE + OVERHEAD_BYTES))
    for column in range(4):
        tiles.put(key(column), bytes(SIZE))
    made = pool.statistics().made
    for column in range(100):
        tiles.put(key(column, content=2), bytes(SIZE))
    assert pool.statistics().made == made
    assert tiles.statistics().entries == 3


def test_a_tile_that_does_not_fit_gives_its_buffer_back():
    pool = Pool(SIZE)
    tiles = TileCache(pool, 10)
    tiles.put(key(1), bytes(SIZE))
    assert tiles.get(key(1)) is None
    assert pool.statistics().spare == 1


def test_a_smaller_budget_lets_tiles_go():
    tiles = TileCache(Pool(0), 10 * SIZE)
    for column in range(4):
        tiles.put(key(column), bytes(SIZE))
    tiles.resize(SIZE + OVERHEAD_BYTES)
    assert [tiles.get(key(column)) is not None for column in range(4)] == [False, False, False, True]
