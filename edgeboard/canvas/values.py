"""msgpack values inside ops: packing, unpacking, and where a value ends.

Merging looks at the structure of a value and never into it, so two languages that read an odd text or an odd map
differently still agree on every canvas. A value is sound if it is one msgpack value of at most `DEPTH_MAX` levels.
"""

from typing import Final

import msgpack

from edgeboard.errors import DecodeError, LimitError

DEPTH_MAX: Final = 64  # arrays and maps around a value

# Per first byte: bytes of the head (with its fixed content), bytes of the length field behind the first byte, and how
# many values follow per unit of length (-1: the length counts bytes).
_CONTENT: Final = -1


_PACKER: Final = msgpack.Packer()  # packs one value a call, on one thread


def _heads() -> list[tuple[int, int, int]]:
    heads = [(1, 0, 0)] * 256
    for first in range(0x80, 0xA0):  # fixmap, fixarray
        heads[first] = (1, 0, 2 * (first & 15) if first < 0x90 else first & 15)
    for first in range(0xA0, 0xC0):  # fixstr
        heads[first] = (1 + (first & 31), 0, 0)
    for base in (0xC4, 0xC7, 0xD9):  # bin, ext (a byte of type more), str
        for step, width in enumerate((1, 2, 4)):
            heads[base + step] = (1 + width + (base == 0xC7), width, _CONTENT)
    for first, size in zip(range(0xCA, 0xD4), (5, 9, 2, 3, 5, 9, 2, 3, 5, 9), strict=True):  # floats and integers
        heads[first] = (size, 0, 0)
    for step in range(5):  # fixext
        heads[0xD4 + step] = (2 + (1 << step), 0, 0)
    for first, width, values in ((0xDC, 2, 1), (0xDD, 4, 1), (0xDE, 2, 2), (0xDF, 4, 2)):  # array, map
        heads[first] = (1 + width, width, values)
    return heads


_HEADS: Final = _heads()


def skip_value(data: bytes, at: int) -> int:
    """The offset behind the msgpack value that begins at `at`; looks at structure only.

    Raises:
        DecodeError: cut short, nested deeper than `DEPTH_MAX`, or the byte that msgpack never uses.
    """
    end = len(data)
    wanted: list[int] = []  # how many values each array or map around us still wants
    while True:
        if at >= end:
            raise DecodeError("a msgpack value is cut short")
        first = data[at]
        if first == 0xC1:
            raise DecodeError("0xc1 is not msgpack")
        size, width, values = _HEADS[first]
        if width:
            length = int.from_bytes(data[at + 1 : at + 1 + width], "big")
            if values == _CONTENT:
                size, values = size + length, 0
            else:
                values *= length
        at += size
        if at > end or values > end - at:
            raise DecodeError("a msgpack value is cut short")
        if values:
            if len(wanted) == DEPTH_MAX:
                raise DecodeError("a msgpack value is too deep")
            wanted.append(values)
            continue
        while wanted:
            wanted[-1] -= 1
            if wanted[-1]:
                break
            wanted.pop()
        if not wanted:
            return at


def check_value(data: bytes) -> None:
    """Refuse what is not one sound value that fills `data`.

    Raises:
        DecodeError: as `skip_value`, or bytes follow.
    """
    if len(data) <= DEPTH_MAX:  # too short to be too deep, so the unpacker, which is C, may judge what it can
        try:
            msgpack.unpackb(data, raw=True)
        except (ValueError, TypeError):
            pass
        else:
            return
    if skip_value(data, 0) != len(data):
        raise DecodeError("bytes follow a value")


def unpack_value(data: bytes) -> object:
    """The one value that fills `data`.

    Raises:
        DecodeError: unsound, followed by bytes, or not to be had in Python (text that is not UTF-8, an odd key).
    """
    check_value(data)
    try:
        value: object = msgpack.unpackb(data, strict_map_key=False)
    except (ValueError, TypeError) as error:  # TypeError: a map with a list for a key
        raise DecodeError(f"not a msgpack value: {error}") from None
    return value


def array_head(length: int) -> bytes:
    """What an array of `length` values begins with."""
    return bytes(_PACKER.pack_array_header(length))


def pack_value(value: object) -> bytes:
    """The msgpack bytes of a value: integers in the shortest form, floats as float64.

    Raises:
        LimitError: an integer beyond 64 bits, half a character, or too deep.
    """
    try:
        packed: bytes = _PACKER.pack(value)
    except (OverflowError, ValueError) as error:
        raise LimitError(f"no msgpack value: {error}") from None
    return packed


def unpack_text(data: bytes) -> str:
    """The text that fills `data`.

    Raises:
        DecodeError: as `unpack_value`, or not a text.
    """
    value = unpack_value(data)
    if not isinstance(value, str):
        raise DecodeError("not a text")
    return value
