"""Tiles: which of them differ between two frames, and a number by which equal ones are known."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from edgeboard._native.tiles import kernel
from edgeboard.render.surface import Surface
from edgeboard.render.values import SIDE_MAX, Area

TILE: Final = 64  # px
HASH_BYTES: Final = 8


def changed_tiles(
    before: bytes | bytearray, after: bytes | bytearray, width: int, height: int, channels: int, tile: int = TILE
) -> list[Area]:
    """The tiles in which two frames differ, row by row; those at the right and lower edges may be smaller.

    Args:
        before, after: px, row by row.
        width, height, channels: of both frames, as of a `Surface`.
        tile: px of a side.

    Raises:
        ValueError: a frame of another size, or a side of less than 1 px.
    """
    size = width * height * channels
    sides = 1 <= width <= SIDE_MAX and 1 <= height <= SIDE_MAX and channels in (1, 4) and tile >= 1
    if not sides or len(before) != size or len(after) != size:
        raise ValueError(
            f"frames of {len(before)} and {len(after)} bytes, {width} x {height} px of {channels}, tiles of {tile} px"
        )
    if kernel is None:
        return list(changed_in_python(before, after, width, height, channels, tile))
    return [Area(*area) for area in kernel.changed_tiles(before, after, width, height, channels, tile)]


def changed_in_python(
    before: bytes | bytearray, after: bytes | bytearray, width: int, height: int, channels: int, tile: int
) -> Iterator[Area]:
    """The twin of the kernel: as `changed_tiles`."""
    one, other = memoryview(before), memoryview(after)
    step = width * channels
    for y in range(0, height, tile):
        rows = range(y * step, min(y + tile, height) * step, step)
        if one[rows.start : rows.stop] == other[rows.start : rows.stop]:
            continue
        different = [at for at in rows if one[at : at + step] != other[at : at + step]]
        for x in range(0, width, tile):
            left, right = x * channels, min(x + tile, width) * channels
            if any(one[at + left : at + right] != other[at + left : at + right] for at in different):
                yield Area(x, y, (right - left) // channels, len(rows))


def tile_hash(surface: Surface, area: Area) -> int:
    """A number of 64 bits that two areas share if they are of one size and one picture, and else hardly ever: BLAKE2b
    of the sides, the channels and the px.

    Raises:
        ValueError: the area is not on the surface.
    """
    sides = b"%d %d %d " % (area.width, area.height, surface.channels)
    return int.from_bytes(blake2b(sides + surface.crop(area), digest_size=HASH_BYTES).digest(), "big")
