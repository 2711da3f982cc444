"""What a panel can show of a surface: fewer greys, fewer colours, and the bits that go to it.

Areas that change are dithered by a fixed pattern, an ordered 8 x 8 one, which depends on nothing but a px and its
place, so that tiles agree wherever they are cut. Stills may have Floyd and Steinberg's error diffusion. On panels of a
few colours, a px becomes one of two of them: the two whose mixture comes closest to it, in the share that they have in
it. The pattern leaves what a panel can show already exactly as it is.

The kernel in C (`edgeboard/_native/eb_dither.c`) and the twins here do the same, in integers.
"""

from functools import cache, lru_cache
from typing import Final

from edgeboard._native.dither import kernel
from edgeboard.render import diffusion
from edgeboard.render.palettes import COLOURS, mixture
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PixelFormat

GREYS: Final = (PixelFormat.GREY1, PixelFormat.GREY2, PixelFormat.GREY4)
SIDE: Final = 8  # px, of the pattern
_NUMBERS: Final = {each: number for number, each in enumerate(PixelFormat)}  # by which the kernel knows formats


def _bayer(x: int, y: int) -> int:
    """0 .. 63, each once in 8 x 8 (B. E. Bayer, 1973): the bits of x ^ y and y, the lowest first, taken in turn."""
    return sum(((x ^ y) >> bit & 1) << 5 - 2 * bit | (y >> bit & 1) << 4 - 2 * bit for bit in range(3))


PATTERN: Final = tuple(tuple(_bayer(x, y) for x in range(SIDE)) for y in range(SIDE))


def dither(surface: Surface, area: Area, format: PixelFormat, *, is_still: bool) -> bytes:
    """The px of an area as a panel shows them: `format.channels` bytes each, only values that it can show.

    Args:
        surface: of as many channels as the format has.
        area: on it.
        format: of the panel; grey8, rgb888 and xrgb8888 show all there is.
        is_still: nothing of the area will change soon, so errors may be diffused over it, from its upper left corner:
            on panels of 2, 4 or 16 greys and on those of 3 or 4 colours.

    Raises:
        ValueError: the surface has other channels, or the area is not on it.
    """
    if surface.channels != format.channels:
        raise ValueError(f"a surface of {surface.channels} channels, for a panel of {format.value}")
    if kernel is None or area.meet(surface.area) != area or area.is_empty:
        return dither_in_python(surface.crop(area), area, format, is_still=is_still)
    place = surface.pixels, surface.width, surface.height, surface.channels
    return kernel.dither(*place, area, _NUMBERS[format], is_still)


def dither_in_python(pixels: bytes, area: Area, format: PixelFormat, *, is_still: bool) -> bytes:
    """The twin of the kernel: as `dither`, of px that were cut out."""
    if not pixels or format in (PixelFormat.GREY8, PixelFormat.RGB888, PixelFormat.XRGB8888):
        return pixels
    if format in GREYS:
        if is_still:
            return diffusion.greys(pixels, area.width, format.levels)
        return _greys(pixels, area, format.levels)
    if format is PixelFormat.RGB565:
        return _rgb565(pixels, area)
    if is_still:
        return diffusion.colours(pixels, area.width, COLOURS[format])
    return _colours(pixels, area, format)


@cache
def _levels(levels: int, threshold: int) -> bytes:
    """What each of 256 values becomes where the pattern is `threshold`, for so many levels."""
    most = levels - 1
    added = (2 * threshold + 1) * 255 // 128
    return bytes((value * most + added) // 255 * 255 // most for value in range(256))


def _greys(pixels: bytes, area: Area, levels: int) -> bytes:
    out = bytearray(len(pixels))
    for at in range(0, len(pixels), area.width):
        row = pixels[at : at + area.width]
        thresholds = PATTERN[(area.y + at // area.width) % SIDE]
        for first in range(min(SIDE, area.width)):
            table = _levels(levels, thresholds[(area.x + first) % SIDE])
            out[at + first : at + area.width : SIDE] = row[first::SIDE].translate(table)
    return bytes(out)


@cache
def _bits(bits: int, threshold: int) -> bytes:
    """What each of 256 values of a channel of 5 or 6 bits becomes: the level below or above it, as 8 bits again."""
    levels = [level << 8 - bits | level >> 2 * bits - 8 for level in range(1 << bits)]
    table = bytearray()
    for value in range(256):
        at = value >> 8 - bits
        at -= levels[at] > value
        above = min(at + 1, len(levels) - 1)
        is_up = (value - levels[at]) * 128 >= (2 * threshold + 1) * (levels[above] - levels[at])
        table.append(levels[above if is_up else at])
    return bytes(table)


def _rgb565(pixels: bytes, area: Area) -> bytes:
    out = bytearray(pixels)
    size = area.width * 4
    for at in range(0, len(pixels), size):
        thresholds = PATTERN[(area.y + at // size) % SIDE]
        for first in range(min(SIDE, area.width)):
            threshold = thresholds[(area.x + first) % SIDE]
            for channel, bits in enumerate((5, 6, 5)):
                part = slice(at + first * 4 + channel, at + size, SIDE * 4)
                out[part] = pixels[part].translate(_bits(bits, threshold))
    return bytes(out)


def _colours(pixels: bytes, area: Area, format: PixelFormat) -> bytes:
    out = bytearray()
    codes = [bytes(colour) + b"\xff" for colour in COLOURS[format]]
    for at in range(0, len(pixels), 4):
        y, x = divmod(at // 4, area.width)
        one, other, share = _mixture(pixels[at], pixels[at + 1], pixels[at + 2], format)
        out += codes[other if PATTERN[(area.y + y) % SIDE][(area.x + x) % SIDE] < share else one]
    return bytes(out)


@lru_cache(maxsize=4096)
def _mixture(blue: int, green: int, red: int, format: PixelFormat) -> tuple[int, int, int]:
    return mixture((blue, green, red), COLOURS[format])


def pack(pixels: bytes, width: int, format: PixelFormat) -> bytes:
    """Px as they go to a panel.

    Args:
        pixels: as `dither` gives them, row by row.
        width: px of a row.
        format: grey1, grey2 and grey4 become 1, 2 and 4 bits a px, bwr and bwry 2 bits, the number in `COLOURS`; the px
            on the left stands highest, and each row begins with a byte. rgb565 becomes 16 bits, red highest, low byte
            first; rgb888 blue, green and red; grey8 and xrgb8888 stay.

    Raises:
        ValueError: not whole rows.
    """
    size = width * format.channels
    if width < 1 or len(pixels) % size:
        raise ValueError(f"{len(pixels)} bytes are no rows of {width} px of {format.value}")
    return pack_in_python(pixels, width, format) if kernel is None else kernel.pack(pixels, width, _NUMBERS[format])


def pack_in_python(pixels: bytes, width: int, format: PixelFormat) -> bytes:
    """The twin of the kernel: as `pack`."""
    if format in (PixelFormat.GREY8, PixelFormat.XRGB8888):
        return bytes(pixels)
    if format is PixelFormat.RGB888:
        out = bytearray(len(pixels) // 4 * 3)
        for channel in range(3):
            out[channel::3] = pixels[channel::4]
        return bytes(out)
    if format is PixelFormat.RGB565:
        numbers = (
            (red >> 3 << 11 | green >> 2 << 5 | blue >> 3).to_bytes(2, "little")
            for blue, green, red in zip(pixels[::4], pixels[1::4], pixels[2::4], strict=True)
        )
        return b"".join(numbers)
    if format in GREYS:
        bits = format.levels.bit_length() - 1
        return _packed(pixels.translate(bytes(value >> 8 - bits for value in range(256))), width, bits)
    numbers_of = {bytes(colour): number for number, colour in enumerate(COLOURS[format])}
    found = bytes(numbers_of.get(pixels[at : at + 3], 1) for at in range(0, len(pixels), 4))
    return _packed(found, width, 2)


def _packed(numbers: bytes, width: int, bits: int) -> bytes:
    """Numbers of a few bits each, rows padded with zeros."""
    group = 8 // bits
    out = bytearray()
    for at in range(0, len(numbers), width):
        row = numbers[at : at + width] + bytes(-width % group)
        for first in range(0, len(row), group):
            byte = 0
            for number in row[first : first + group]:
                byte = byte << bits | number
            out.append(byte)
    return bytes(out)
