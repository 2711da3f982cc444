"""Tiles that differ are found, all of them and no others; equal ones are known again."""

import random

import pytest

from edgeboard.render.surface import Surface
from edgeboard.render.tiles import changed_tiles, tile_hash
from edgeboard.render.values import Area


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("seed", range(10))
def test_the_tiles_of_changed_px_are_found_and_no_others(seed, channels):
    rng = random.Random(seed)
    width, height, tile = rng.randint(1, 90), rng.randint(1, 70), rng.choice((1, 7, 16, 64))
    before = rng.randbytes(width * height * channels)
    after = bytearray(before)
    wanted = set()
    for _ in range(rng.choice((0, 1, 5))):
        x, y = rng.randrange(width), rng.randrange(height)
        after[(y * width + x) * channels + rng.randrange(channels)] ^= 1 << rng.randrange(8)
        wanted.add((x // tile, y // tile))
    wanted = {each for each in wanted if _differs(before, after, each, width, height, channels, tile)}
    found = changed_tiles(before, after, width, height, channels, tile)
    assert [(area.x // tile, area.y // tile) for area in found] == sorted(wanted, key=lambda each: each[::-1])
    for area in found:
        assert area == Area(area.x, area.y, tile, tile).meet(Area(0, 0, width, height))
        assert area.x % tile == area.y % tile == 0


def _differs(before, after, tile_at, width, height, channels, tile):
    """A bit that was flipped twice is as it was."""
    area = Area(tile_at[0] * tile, tile_at[1] * tile, tile, tile).meet(Area(0, 0, width, height))
    one, other = (Surface(width, height, channels, bytearray(frame)) for frame in (before, after))
    return one.crop(area) != other.crop(area)


@pytest.mark.parametrize(
    "arguments",
    [(b"1234", b"123", 2, 2, 1), (b"", b"", 0, 2, 1), (b"1234", b"1234", 2, 2, 1, 0), (b"1234", b"1234", 1, 1, 1)],
)
def test_frames_of_other_sizes_are_refused(arguments):
    with pytest.raises(ValueError, match=r"frames of .* bytes"):
        changed_tiles(*arguments)


def test_equal_tiles_have_one_hash_and_others_another():
    surface = Surface(128, 64)
    assert tile_hash(surface, Area(0, 0, 64, 64)) == tile_hash(surface, Area(64, 0, 64, 64))
    assert tile_hash(surface, Area(0, 0, 64, 32)) != tile_hash(surface, Area(0, 0, 32, 64))
    surface.fill(0xFEFEFE, Area(70, 9, 1, 1))
    assert tile_hash(surface, Area(0, 0, 64, 64)) != tile_hash(surface, Area(64, 0, 64, 64))
    with pytest.raises(ValueError, match="is not on a surface"):
        tile_hash(surface, Area(0, 0, 129, 64))
