"""Error diffusion (R. W. Floyd, L. Steinberg, 1976): the twin in Python of `edgeboard/_native/eb_diffusion.c`.

In 1/16 of a level, in integers: of what a px is off, 7/16 go to the right, 3/16 below to the left, 5/16 below, each
rounded down, and the rest below to the right, so that nothing is lost but at the edges.
"""

from collections.abc import Sequence

from edgeboard.render.palettes import Colour, nearest

SIXTEENTHS = 16
MOST = 255 * SIXTEENTHS


def greys(pixels: bytes, width: int, levels: int) -> bytes:
    """Grey px, row by row, each the nearest of so many levels to what it and its share of errors make."""
    most = levels - 1
    step = 255 // most
    out = bytearray(len(pixels))
    errors = [0] * (width + 2)  # of the row, one px to the left of it and one to the right
    for start in range(0, len(pixels), width):
        below = [0] * (width + 2)
        ahead = 0
        for x in range(width):
            value = min(max(pixels[start + x] * SIXTEENTHS + errors[x + 1] + ahead, -MOST), 2 * MOST)
            level = min(max((value * most + MOST // 2) // MOST, 0), most)
            out[start + x] = level * step
            ahead = _spread(value - level * step * SIXTEENTHS, below, x)
        errors = below
    return bytes(out)


def colours(pixels: bytes, width: int, palette: Sequence[Colour]) -> bytes:
    """Px of blue, green, red and 255, each the nearest of a few colours.

    What a px and its share of errors make is kept within black and white, because a colour that no mixture gives, such
    as blue, would pass on errors without an end.
    """
    out = bytearray(len(pixels))
    errors = [[0] * (width + 2) for _ in range(3)]
    for start in range(0, len(pixels), width * 4):
        below = [[0] * (width + 2) for _ in range(3)]
        ahead = [0, 0, 0]
        for x in range(width):
            at = start + x * 4
            values = [
                min(max(pixels[at + channel] * SIXTEENTHS + errors[channel][x + 1] + ahead[channel], 0), MOST)
                for channel in range(3)
            ]
            colour = palette[nearest([value // SIXTEENTHS for value in values], palette)]
            out[at : at + 4] = bytes((*colour, 255))
            for channel in range(3):
                off = values[channel] - colour[channel] * SIXTEENTHS
                ahead[channel] = _spread(off, below[channel], x)
        errors = below
    return bytes(out)


def _spread(off: int, below: list[int], x: int) -> int:
    """Give the row below its shares; returns that of the px to the right."""
    right, left, middle = off * 7 >> 4, off * 3 >> 4, off * 5 >> 4
    below[x] += left
    below[x + 1] += middle
    below[x + 2] += off - right - left - middle
    return right
