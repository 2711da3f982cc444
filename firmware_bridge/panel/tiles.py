"""Damage for slow lines: rectangles of packed px, each in the shortest of four encodings; see docs/formats/serial.md

A tile stands alone: whoever has its six fields can paint it, in any order. What does not fit one message becomes
several tiles, first by rows, then by columns.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel import frame
from firmware_bridge.panel.values import Rect

DATA_LIMIT = 448  # bytes of data: with its fields and a message's own, a tile stays within 512
ROW_LIMIT = 256  # bytes of one packed row: what a decoder needs to keep of the row above
EDGE_LIMIT = 1 << 16  # px

_RUN = re.compile(rb"(.)\1{2,}", re.DOTALL)  # two alike are no shorter as a run


class Encoding(IntEnum):
    """How the data of a tile is to be read."""

    SOLID = 0  # one byte: the level of every px
    RAW = 1  # packed rows
    RUNS = 2  # PackBits of the packed rows, as one stream
    RISES = 3  # PackBits of each packed row XOR the row above it; the first as it is


@dataclass(frozen=True, slots=True)
class Tile:
    """One painted rectangle."""

    rect: Rect
    encoding: Encoding
    data: bytes

    def to_fields(self) -> list[int | bytes]:
        """What stands in a message: x, y, w, h, encoding, data."""
        return [*self.rect, int(self.encoding), self.data]

    @classmethod
    def from_fields(cls, fields: object) -> "Tile":
        """Raises:
        DeviceError: these are no fields of a tile.
        """
        if not isinstance(fields, Sequence) or len(fields) != 6:
            raise DeviceError("a tile has six fields")
        *numbers, data = fields
        if not all(type(number) is int and 0 <= number < EDGE_LIMIT for number in numbers) or type(data) is not bytes:
            raise DeviceError("a tile has five numbers below 65536 and its data")
        x, y, w, h, encoding = numbers
        if encoding not in Encoding.__members__.values() or not w or not h:
            raise DeviceError(f"no tile of {w}x{h} px in encoding {encoding} is known")
        return cls(Rect(x, y, w, h), Encoding(encoding), data)


def encode(rect: Rect, pixels: bytes, greys: int, limit: int = DATA_LIMIT) -> Iterator[Tile]:
    """Tiles that together paint a rectangle.

    Args:
        rect: where, on the panel.
        pixels: 8-bit grey, rect.w * rect.h.
        greys: the panel's levels, 2, 4 or 16.
        limit: bytes of data that one tile may have, at least 1.
    """
    if not rect.area:
        return
    if not pixels.strip(pixels[:1]):
        yield Tile(rect, Encoding.SOLID, bytes([(pixels[0] * (greys - 1) + 127) // 255]))
        return
    stride = frame.row_bytes(rect.w, greys)
    if stride > ROW_LIMIT:
        yield from _encode_halves(rect, pixels, greys, limit)
        return
    packed = frame.pack(pixels, rect.w, greys)
    at = 0
    rows = rect.h
    while at < rect.h:
        rows = min(rows, rect.h - at)
        part = packed[at * stride : (at + rows) * stride]
        tile = _smallest(Rect(rect.x, rect.y + at, rect.w, rows), part, stride, greys)
        if len(tile.data) > limit:
            if rows > 1:
                rows = max(min(rows * limit // len(tile.data), rows - 1), 1)
                continue
            lone = pixels[at * rect.w : (at + 1) * rect.w]
            yield from _encode_halves(tile.rect, lone, greys, limit)
        else:
            yield tile
        at += rows
        rows += rows // 2 + 1  # what comes may be emptier


def decode(tile: Tile, greys: int) -> bytes:
    """8-bit grey of a tile.

    Raises:
        DeviceError: the data does not fill the rectangle exactly.
    """
    rect, data = tile.rect, tile.data
    stride = frame.row_bytes(rect.w, greys)
    if tile.encoding is Encoding.SOLID:
        if len(data) != 1 or data[0] >= greys:
            raise DeviceError("a solid tile has one level")
        return bytes([data[0] * 255 // (greys - 1)]) * rect.area
    if stride > ROW_LIMIT:
        raise DeviceError(f"a row of {stride} bytes; a tile has at most {ROW_LIMIT}")
    size = stride * rect.h
    packed = data if tile.encoding is Encoding.RAW else unpack_bits(data, size)
    if len(packed) != size:
        raise DeviceError(f"{len(packed)} bytes for a tile of {size}")
    if tile.encoding is Encoding.RISES:
        packed = _sum_rows(packed, stride)
    return frame.unpack(packed, rect.w, greys)


def pack_bits(data: bytes) -> bytes:
    """PackBits (TIFF 6.0, section 9): n 0..127: n + 1 bytes as they are; n 129..255: one byte 257 - n times."""
    out = bytearray()
    done = 0
    for run in _RUN.finditer(data):
        _pack_plain(out, data, done, run.start())
        length, byte = run.end() - run.start(), data[run.start()]
        while length > 1:
            part = min(length, 128)
            out += bytes((257 - part, byte))
            length -= part
        done = run.end() - length  # one that is left over belongs to what follows
    _pack_plain(out, data, done, len(data))
    return bytes(out)


def unpack_bits(data: bytes, limit: int) -> bytes:
    """Raises:
    DeviceError: it breaks off, holds the reserved 128, or makes more than `limit` bytes.
    """
    out = bytearray()
    at = 0
    while at < len(data) and len(out) <= limit:
        n = data[at]
        if n == 128 or at + (n + 2 if n < 128 else 2) > len(data):
            raise DeviceError("runs that break off")
        if n < 128:
            out += data[at + 1 : at + n + 2]
            at += n + 2
        else:
            out += data[at + 1 : at + 2] * (257 - n)
            at += 2
    if len(out) > limit:
        raise DeviceError(f"runs of more than {limit} bytes")
    return bytes(out)


def _pack_plain(out: bytearray, data: bytes, start: int, end: int) -> None:
    for at in range(start, end, 128):
        part = data[at : min(at + 128, end)]
        out.append(len(part) - 1)
        out += part


def _smallest(rect: Rect, packed: bytes, stride: int, greys: int) -> Tile:
    if not packed.strip(packed[:1]) and (level := _level_of(packed[0], greys)) is not None:
        return Tile(rect, Encoding.SOLID, bytes([level]))
    whole = int.from_bytes(packed, "big")
    rises = (whole ^ whole >> 8 * stride).to_bytes(len(packed), "big")
    choices = [
        Tile(rect, Encoding.RUNS, pack_bits(packed)),
        Tile(rect, Encoding.RISES, pack_bits(rises)),
        Tile(rect, Encoding.RAW, packed),
    ]
    return min(choices, key=lambda tile: len(tile.data))


def _level_of(byte: int, greys: int) -> int | None:
    """The level of every px in a byte, if there is but one."""
    levels = {byte >> shift & (greys - 1) for shift in range(0, 8, frame.BITS[greys])}
    return levels.pop() if len(levels) == 1 else None


def _sum_rows(packed: bytes, stride: int) -> bytes:
    """Undo the differences of rows: each doubling of the shift sums twice as many."""
    whole, shift = int.from_bytes(packed, "big"), 8 * stride
    while shift < 8 * len(packed):
        whole ^= whole >> shift
        shift *= 2
    return whole.to_bytes(len(packed), "big")


def _encode_halves(rect: Rect, pixels: bytes, greys: int, limit: int) -> Iterator[Tile]:
    """Left and right; the cut is at a whole byte, so that no half is longer for it."""
    each = 8 // frame.BITS[greys]
    left = max(rect.w // 2 // each * each, 1)
    rows = range(0, rect.area, rect.w)
    for x, w in ((0, left), (left, rect.w - left)):
        half = b"".join([pixels[at + x : at + x + w] for at in rows])
        yield from encode(Rect(rect.x + x, rect.y, w, rect.h), half, greys, limit)
