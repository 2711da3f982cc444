"""Tiles come back as they were put there, and their buffers are used again."""

from edgeboard.render.buffers import Pool
from edgeboard.render.cache import OVERHEAD_BYTES
from edgeboard.render.tilecache import TILE, WINDOW, TileCache, TileKey
from edgeboard.render.values import PanelContext

CONTEXT = PanelContext(800, 480)
SIZE = TILE * TILE


def key(column, content=1, zoom=1.0):
    return TileKey(CONTEXT, zoom, column, 0, content)


def test_a_tile_is_found_by_all_that_decides_its_px():
    tiles = TileCache(Pool(0), 20 * SIZE)
    tiles.put(key(1), bytes(SIZE))
    assert tiles.get(key(1)) == bytes(SIZE)
    assert [tiles.get(other) for other in (key(2), key(1, content=2), key(1, zoom=2.0))] == [None] * 3


def test_when_tiles_come_and_go_nothing_is_allocated():
    pool = Pool(4 * SIZE)
    tiles = TileCache(pool, 3 * (SIZE + OVERHEAD_BYTES))
    for column in range(6):
        tiles.get(key(column))
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


def test_room_grows_with_the_tiles_that_are_wanted_and_shrinks_when_few_are():
    tiles = TileCache(Pool(0), 64 * (SIZE + OVERHEAD_BYTES))
    least = tiles.statistics().budget
    for column in range(60):
        tiles.get(key(column))
        tiles.put(key(column), bytes(SIZE))
    assert tiles.statistics().budget == 64 * (SIZE + OVERHEAD_BYTES)
    assert tiles.statistics().entries == 60
    for _ in range(8 * int(WINDOW)):
        tiles.get(key(1))
    assert tiles.statistics().budget == least
    assert tiles.statistics().entries <= 8
