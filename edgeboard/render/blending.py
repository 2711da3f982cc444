"""Coverage and images, blended over px: the twin in Python of what `edgeboard/_native/eb_blend.c` does.

v / 255 is rounded to the nearest throughout: with t = v + 128, (t + (t >> 8)) >> 8, exact for v up to 255 * 255. Areas
lie within the px that are given; `Surface` sees to that.
"""

from collections.abc import Iterator
from typing import Final

from edgeboard.render.values import Area

HARD: Final = bytes(128) + b"\xff" * 128  # covered by half or more is ink

Pixels = bytearray


def over(below: int, above: int, alpha: int) -> int:
    """What is seen of two values, the upper one at alpha / 255."""
    t = below * (255 - alpha) + above * alpha + 128
    return (t + (t >> 8)) >> 8


def share(a: int, b: int) -> int:
    """a of b, both in 1/255."""
    t = a * b + 128
    return (t + (t >> 8)) >> 8


def cut(pixels: bytes | bytearray, area: Area, part: Area, channels: int) -> bytes:
    """The px of a part of an area, row by row.

    Raises:
        ValueError: the px are not those of the area.
    """
    if area.width < 0 or area.height < 0 or len(pixels) != area.width * area.height * channels:
        raise ValueError(f"{len(pixels)} bytes for {area.width} x {area.height} px of {channels}")
    if part == area:
        return bytes(pixels)
    return b"".join(pixels[at : at + part.width * channels] for at in _rows(part, area, channels))


def fill(pixels: Pixels, width: int, channels: int, area: Area, code: bytes) -> None:
    """Paint an area of a surface so wide with one px."""
    row = code * area.width
    for at in _rows(area, Area(0, 0, width, 0), channels):
        pixels[at : at + len(row)] = row


def blend(
    pixels: Pixels, width: int, channels: int, area: Area, coverage: bytes | bytearray, code: bytes, strength: int
) -> None:
    """Paint through coverage, that of the area row by row; `strength` is the opacity in 1/255."""
    source = 0
    for start in _rows(area, Area(0, 0, width, 0), channels):
        row = coverage[source : source + area.width]
        source += area.width
        if not row.count(0) < area.width:
            continue
        for x, covered in enumerate(row):
            if covered:
                alpha = share(covered, strength)
                for channel, value in enumerate(code, start + x * channels):
                    pixels[channel] = over(pixels[channel], value, alpha)


def lay(pixels: Pixels, width: int, channels: int, area: Area, image: bytes, strength: int) -> None:
    """Draw an image over an area: grey, or blue, green, red and alpha."""
    size = area.width * channels
    source = 0
    for start in _rows(area, Area(0, 0, width, 0), channels):
        row = image[source : source + size]
        source += size
        if channels == 1:
            below = pixels[start : start + size]
            pixels[start : start + size] = bytes(over(b, a, strength) for b, a in zip(below, row, strict=True))
            continue
        for at in range(0, size, 4):
            alpha = share(row[at + 3], strength)
            for channel in range(3):
                place = start + at + channel
                pixels[place] = over(pixels[place], row[at + channel], alpha)
            pixels[start + at + 3] = 255


def _rows(part: Area, of: Area, channels: int) -> Iterator[int]:
    """Where the rows of a part begin among the bytes of an area."""
    step = of.width * channels
    first = (part.y - of.y) * step + (part.x - of.x) * channels
    return iter(range(first, first + part.height * step, step)) if part.height > 0 and step else iter(())
