"""Columns of numbers as short bit streams (docs/formats/history.md, "Column").

A column is cut into blocks, and each takes the Rice parameter that makes it shortest, or says that it is all zeros, or
marks its zeros by a bit each. So what nearly always is as predicted costs next to nothing, and what people decide, such
as when they draw, costs what it must. Bits are texts of "0" and "1" while they are put together or taken apart.
"""

from collections.abc import Sequence
from typing import Final

from edgeboard.errors import DecodeError, LimitError

BLOCK: Final = 64  # values under one parameter
RICE_MAX: Final = 28  # the highest parameter
UNARY_MAX: Final = 24  # ones that say that the value follows in full
WIDE_BITS: Final = 64
VALUE_END: Final = 1 << WIDE_BITS

_PARAMETER_BITS: Final = 5
_SPARSE: Final = 29
_ZEROS: Final = 30


def encode_column(values: Sequence[int]) -> bytes:
    """The bytes of a column.

    Raises:
        LimitError: a value is below 0, or does not fit in 64 bits.
    """
    if values and not 0 <= min(values) <= max(values) < VALUE_END:
        raise LimitError("a number of a column is not within 64 bits")
    bits = "".join(_encode_block(values[at : at + BLOCK]) for at in range(0, len(values), BLOCK))
    size = (len(bits) + 7) // 8
    return int(bits.ljust(size * 8, "0") or "0", 2).to_bytes(size, "big")


def decode_column(data: bytes, count: int) -> list[int]:
    """The `count` values of a column that fills `data`.

    Raises:
        DecodeError: cut short, too long, or not in this form.
    """
    bits = "".join(f"{byte:08b}" for byte in data)
    values: list[int] = []
    at = 0
    while len(values) < count:
        at = _decode_block(bits, at, min(BLOCK, count - len(values)), values)
    if len(bits) - at >= 8 or "1" in bits[at:]:
        raise DecodeError("bytes follow a column")
    return values


def _encode_block(values: Sequence[int]) -> str:
    if not any(values):
        return f"{_ZEROS:05b}"
    plain, k = _shortest(values)
    rest = [value - 1 for value in values if value]
    sparse, sparse_k = _shortest(rest)
    if sparse + len(values) + _PARAMETER_BITS < plain:
        marked = "".join("1" + _rice(value - 1, sparse_k) if value else "0" for value in values)
        return f"{_SPARSE:05b}{sparse_k:05b}{marked}"
    return f"{k:05b}" + "".join(_rice(value, k) for value in values)


def _shortest(values: Sequence[int]) -> tuple[int, int]:
    """The least bits over the parameters near the median and the mean, and the lowest that has them."""
    median = sorted(values)[len(values) // 2].bit_length()
    mean = (sum(values) // len(values)).bit_length()
    tried = {min(max(k + off, 0), RICE_MAX) for k in (median, mean) for off in (-2, -1, 0, 1)}
    return min((sum(_size(value, k) for value in values), k) for k in sorted(tried))


def _size(value: int, k: int) -> int:
    unary = value >> k
    return unary + 1 + k if unary < UNARY_MAX else UNARY_MAX + WIDE_BITS


def _rice(value: int, k: int) -> str:
    unary = value >> k
    if unary >= UNARY_MAX:
        return "1" * UNARY_MAX + f"{value:064b}"
    low = f"{value & (1 << k) - 1:0{k}b}" if k else ""
    return "1" * unary + "0" + low


def _decode_block(bits: str, at: int, count: int, values: list[int]) -> int:
    k, at = _number(bits, at, _PARAMETER_BITS)
    if k == _ZEROS:
        values += [0] * count
        return at
    is_sparse = k == _SPARSE
    if is_sparse:
        k, at = _number(bits, at, _PARAMETER_BITS)
    if k > RICE_MAX:
        raise DecodeError("a column has an unknown parameter")
    for _ in range(count):
        if is_sparse:
            mark, at = _number(bits, at, 1)
            if not mark:
                values.append(0)
                continue
        end = bits.find("0", at, at + UNARY_MAX)
        if end < 0:
            if len(bits) < at + UNARY_MAX:
                raise DecodeError("a column is cut short")
            value, at = _number(bits, at + UNARY_MAX, WIDE_BITS)
        else:
            unary = end - at
            low, at = _number(bits, end + 1, k)
            value = unary << k | low
        if is_sparse:
            value += 1
        if value >= VALUE_END:
            raise DecodeError("a number of a column is not within 64 bits")
        values.append(value)
    return at


def _number(bits: str, at: int, size: int) -> tuple[int, int]:
    if at + size > len(bits):
        raise DecodeError("a column is cut short")
    return (int(bits[at : at + size], 2) if size else 0), at + size
