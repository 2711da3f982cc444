"""LEB128 variable-length integers and zigzag, the two number codes of our formats."""

from edgeboard.errors import DecodeError

UVARINT_MAX = (1 << 64) - 1
UVARINT_BYTES_MAX = 10


def put_uvarint(out: bytearray, value: int) -> None:
    """Append `value` (0 to 2**64 - 1), seven bits a byte, low bits first."""
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def get_uvarint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    """Read one value at offset `at`; returns (value, offset behind it).

    Raises:
        DecodeError: cut short, longer than 10 bytes, above 2**64 - 1, or not in its shortest form.
    """
    value = shift = 0
    for position in range(at, min(at + UVARINT_BYTES_MAX, len(data))):
        byte = data[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > UVARINT_MAX:
                raise DecodeError("a varint is above 2**64 - 1")
            if byte == 0 and position > at:
                raise DecodeError("a varint is not in its shortest form")
            return value, position + 1
        shift += 7
    raise DecodeError("a varint is cut short or too long")


def zigzag(value: int) -> int:
    """Map 0, -1, 1, -2, 2 ... to 0, 1, 2, 3, 4 ..."""
    return value << 1 if value >= 0 else -(value << 1) - 1


def unzigzag(value: int) -> int:
    """The inverse of `zigzag`."""
    return (value >> 1) ^ -(value & 1)
