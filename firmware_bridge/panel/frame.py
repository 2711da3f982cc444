"""Pictures as panels know them: 8-bit grey, one byte a px, row by row, 0 black .. 255 white; and packed into bits.

A board has neither numpy nor time, so whole rows are handled at once by what Python does in C: slices, `translate`,
and integers as long as a picture. What a function costs is proportional to the rectangle it is given, never to the
panel.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import final
from zlib import crc32

from firmware_bridge.panel.values import Rect

BLACK, WHITE = 0, 255
BITS = {2: 1, 4: 2, 16: 4}  # a px, by greys


@final
class Frame:
    """One picture that is painted over and over."""

    def __init__(self, width: int, height: int, grey: int = WHITE) -> None:
        """Args:
        width: px, at least 1.
        height: px, at least 1.
        grey: what it is filled with, 0 .. 255.
        """
        self.width = width
        self.height = height
        self.pixels = bytearray([grey]) * (width * height)

    @property
    def rect(self) -> Rect:
        return Rect(0, 0, self.width, self.height)

    def crop(self, rect: Rect) -> bytes:
        """The pixels of a rectangle inside the frame, row by row."""
        first, width = rect.y * self.width + rect.x, self.width
        if rect.w == width:
            return bytes(self.pixels[first : first + rect.area])
        view = memoryview(self.pixels)
        return b"".join([view[at : at + rect.w] for at in range(first, first + rect.h * width, width)])

    def paste(self, rect: Rect, pixels: bytes) -> None:
        """Paint over a rectangle inside the frame.

        Raises:
            ValueError: the rectangle reaches out of the frame, or there are not rect.w * rect.h pixels.
        """
        if rect.meet(self.rect) != rect or len(pixels) != rect.area:
            raise ValueError(f"{len(pixels)} px for {rect} of a frame of {self.width}x{self.height}")
        w, width = rect.w, self.width
        at = rect.y * width + rect.x
        if w == width:
            self.pixels[at : at + rect.area] = pixels
            return
        for row in range(0, rect.area, w):
            self.pixels[at : at + w] = pixels[row : row + w]
            at += width


def changed(rect: Rect, before: bytes, after: bytes) -> Rect:
    """The smallest rectangle that holds every px in which two pictures of `rect` differ; empty if none does."""
    if before == after:
        return Rect(rect.x, rect.y, 0, 0)
    w, columns, top, bottom = rect.w, 0, -1, 0
    for row in range(rect.h):
        old, new = before[row * w : row * w + w], after[row * w : row * w + w]
        if old != new:
            columns |= int.from_bytes(old, "big") ^ int.from_bytes(new, "big")
            top, bottom = (row if top < 0 else top), row + 1
    left = w - (columns.bit_length() + 7) // 8  # of the int, the highest byte is the leftmost px
    right = w - ((columns & -columns).bit_length() - 1) // 8
    return Rect(rect.x + left, rect.y + top, right - left, bottom - top)


def changed_tiles(rect: Rect, before: bytes, after: bytes, tile: int = 64) -> Iterator[Rect]:
    """What differs, as rectangles that do not overlap: at most one a square of a grid of `tile` px, each tight."""
    w = rect.w
    for y in range(0, rect.h, tile):
        h = min(tile, rect.h - y)
        band = Rect(rect.x, rect.y + y, w, h)
        old, new = before[y * w : (y + h) * w], after[y * w : (y + h) * w]
        if old == new:
            continue
        for x in range(0, w, tile):
            part = Rect(band.x + x, band.y, min(tile, w - x), h)
            cells = [b"".join([side[at : at + part.w] for at in range(x, len(side), w)]) for side in (old, new)]
            if (found := changed(part, *cells)).area:
                yield found


def replace_changed(before: bytes, after: bytes, instead: bytes) -> bytes:
    """`instead` where `before` and `after` differ, `before` elsewhere; all three equally long."""
    ones = int.from_bytes(b"\x01" * len(before), "big")
    old = int.from_bytes(before, "big")
    mask = old ^ int.from_bytes(after, "big")
    mask |= mask >> 4 & ones * 0x0F  # fold the bits of each byte into its lowest
    mask |= mask >> 2 & ones * 0x03
    mask = (mask | mask >> 1 & ones) & ones
    return (old ^ (old ^ int.from_bytes(instead, "big")) & mask * 255).to_bytes(len(before), "big")


def count_erased(before: bytes, after: bytes) -> int:
    """How many px were dark and are light now: these leave ghosts."""
    dark = int.from_bytes(before.translate(_DARK), "big")
    return (dark & ~int.from_bytes(after.translate(_DARK), "big")).bit_count()


def quantise(pixels: bytes, greys: int) -> bytes:
    """Each px to the nearest of `greys` levels (2, 4 or 16), still as 8-bit grey."""
    return pixels.translate(_nearest(greys))


def threshold(pixels: bytes) -> bytes:
    """Each px to black or white, whichever is nearer."""
    return quantise(pixels, 2)


def is_black_and_white(pixels: bytes) -> bool:
    return not pixels.translate(None, b"\x00\xff")


def pack(pixels: bytes, width: int, greys: int, order: str = "big") -> bytes:
    """Bits of 8-bit grey: level 0 is black, each row filled up with ones to a whole byte.

    Args:
        pixels: 8-bit grey, a whole number of rows.
        width: px a row.
        greys: 2, 4 or 16, which take 1, 2 or 4 bits a px.
        order: "big": the leftmost px in the highest bits of a byte; "little": in the lowest.
    """
    each = 8 // BITS[greys]  # px a byte
    if rest := width % each:
        filling = bytes([WHITE]) * (each - rest)
        rows = [pixels[at : at + width] for at in range(0, len(pixels), width)]
        pixels = filling.join([*rows, b""])
    if not pixels:
        return b""
    if order == "little":
        swapped = bytearray(len(pixels))
        for at in range(each):
            swapped[at::each] = pixels[each - 1 - at :: each]
        pixels = bytes(swapped)
    digits = pixels.translate(_digits(greys))
    if greys == 16:
        return bytes.fromhex(digits.decode("ascii"))
    return int(digits, greys).to_bytes(len(pixels) // each, "big")


def unpack(packed: bytes, width: int, greys: int) -> bytes:
    """8-bit grey of what `pack` has made in its order "big"."""
    stride = row_bytes(width, greys)
    table = _unpacked(greys)
    pixels = b"".join([table[byte] for byte in packed])
    whole = stride * 8 // BITS[greys]
    if whole == width:
        return pixels
    return b"".join([pixels[at : at + width] for at in range(0, len(pixels), whole)])


def row_bytes(width: int, greys: int) -> int:
    """Bytes that one packed row takes."""
    return (width * BITS[greys] + 7) // 8


def identify(base: int, rect: Rect, pixels: bytes) -> int:
    """Identity of the frame that painting `pixels` over frame `base` makes; 1 .. 2^32 - 1.

    A chain, so that naming a frame costs what was painted and not the panel: CRC-32 of the rectangle and its pixels,
    begun with the identity of the base. Whoever paints the same onto the same comes to the same name.
    """
    where = b"".join([edge.to_bytes(2, "big") for edge in rect])
    return crc32(pixels, crc32(where, base)) or 1


_DARK = bytes([1 if grey < 128 else 0 for grey in range(256)])


@lru_cache(maxsize=8)
def _nearest(greys: int) -> bytes:
    top = greys - 1
    return bytes([(grey * top + 127) // 255 * 255 // top for grey in range(256)])


@lru_cache(maxsize=8)
def _digits(greys: int) -> bytes:
    """Grey to the digit of its level, in ASCII."""
    return bytes([b"0123456789abcdef"[(grey * (greys - 1) + 127) // 255] for grey in range(256)])


@lru_cache(maxsize=8)
def _unpacked(greys: int) -> list[bytes]:
    """The pixels in each byte."""
    bits = BITS[greys]
    shifts = range(8 - bits, -1, -bits)
    return [bytes([(byte >> shift & (greys - 1)) * 255 // (greys - 1) for shift in shifts]) for byte in range(256)]
