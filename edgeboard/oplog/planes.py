"""One column of a stroke as Rice codes in three planes (docs/formats/oplog.md, "Columns of a stroke").

Bits are texts of "0" and "1" while they are put together or taken apart: splitting a text at its zeros and summing
with `itertools.accumulate` run in C. `Plan` is the shortest form of a column, found exactly and not by guess, because
every language has to write the same bytes.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from edgeboard.errors import DecodeError, LimitError

RICE_MAX: Final = 24  # the highest k, and the unary length that says that 32 bits follow
WIDE_BITS: Final = 32
RESIDUAL_END: Final = 1 << WIDE_BITS
_WIDE_COST: Final = RICE_MAX + 1 + WIDE_BITS  # bits of a value in the wide plane
_TABLE_BITS_MAX: Final = 10  # low bits up to here are looked up

_UNARY: Final = tuple("1" * q + "0" for q in range(RICE_MAX + 1))
_SIGNED: Final = tuple(u >> 1 ^ -(u & 1) for u in range(4096))


class Plan(NamedTuple):
    """How a column is written: its length in bits, and what `write_plan` needs."""

    bits: int
    order: int
    k: int
    codes: Sequence[int]
    other_codes: Sequence[int]  # of the order not taken


def plan_column(values: Sequence[int], may_rise: bool = False) -> Plan:
    """The shortest form of a column of at least two values; ties go to the lower order, then the lower k.

    Args:
        values: integers.
        may_rise: whether order 3, for values that never fall, may take the place of order 1.

    Raises:
        LimitError: a jump does not fit in 32 bits.
    """
    first = values[0]
    if values.count(first) == len(values):
        return Plan(2, 0, 0, (), ())
    deltas = [b - a for a, b in pairwise(values)]
    codes = [r << 1 if r >= 0 else -(r << 1) - 1 for r in deltas]
    second = [r << 1 if r >= 0 else -(r << 1) - 1 for r in [b - a for a, b in pairwise(deltas)]]
    second.insert(0, codes[0])
    order = 1
    if may_rise and min(deltas) >= 0:
        order, codes = 3, deltas
    top, second_top = max(codes), max(second)
    best: Plan | None = None
    if top < RESIDUAL_END:
        bits, k = _shortest(codes, top)
        best = Plan(bits + 7, order, k, codes, second)
    if second_top < RESIDUAL_END:
        bits, k = _shortest(second, second_top)
        if best is None or bits + 7 < best.bits + (order == 3):
            best = Plan(bits + 7, 2, k, second, codes)
    if best is None:
        raise LimitError("two points of a stroke are too far apart")
    return best


def _shortest(codes: Sequence[int], top: int) -> tuple[int, int]:
    """The least bits over all k, and the lowest k that has them.

    Where no code is wide the length is convex in k, and one more or one less is shorter exactly when the ones of the
    unary plane outnumber the codes, or do not: so a walk one way finds the least. Below that, each k is tried until
    what it costs apart from low bits is too much for any lower k.
    """
    count = len(codes)
    best, k = count * _WIDE_COST, 0
    uncapped = (top // RICE_MAX).bit_length()  # from this k on no code is wide
    if uncapped <= RICE_MAX:
        k = min(max(uncapped, (sum(codes) // count).bit_length() - 1), RICE_MAX)
        ones = sum([u >> k for u in codes])
        best = ones + count * (1 + k)
        step = 1 if ones > count else -1
        while uncapped <= k + step <= RICE_MAX:
            bits = sum([u >> k + step for u in codes]) + count * (1 + k + step)
            if bits >= best + (step < 0):
                break
            best, k = bits, k + step
    for lower in range(min(uncapped, RICE_MAX + 1) - 1, -1, -1):
        wide_from = RICE_MAX << lower
        narrow = [u >> lower for u in codes if u < wide_from]
        bits = sum(narrow) + len(narrow) + (count - len(narrow)) * _WIDE_COST
        if bits > best:
            break
        bits += len(narrow) * lower
        if bits <= best:
            best, k = bits, lower
    return best, k


def least_bits(plan: Plan, doublings: int) -> int:
    """A bound from below on the bits of a column once its differences are multiplied by 2**doublings or more.

    Whatever k is, a code costs at least a bit more than it has itself.
    """
    if plan.order == 0:
        return plan.bits
    return 7 + min(
        sum(map(int.bit_length, codes)) + len(codes) + doublings * (len(codes) - codes.count(0))
        for codes in (plan.codes, plan.other_codes)
    )


@cache
def _low_texts(k: int) -> tuple[str, ...]:
    return tuple(f"{u:0{k}b}" for u in range(1 << k))


@cache
def _low_values(k: int) -> dict[str, int]:
    return {text: u for u, text in enumerate(_low_texts(k))}


def write_plan(parts: list[str], plan: Plan) -> None:
    """Append the bits of a column."""
    _, order, k, codes, _ = plan
    if order == 0:
        parts.append("00")
        return
    parts.append(f"{order:02b}{k:05b}")
    top = max(codes) >> k
    narrow: Sequence[int] = codes
    if top < RICE_MAX:
        parts += [_UNARY[u >> k] for u in codes]
    else:
        parts += [_UNARY[min(u >> k, RICE_MAX)] for u in codes]
        narrow = [u for u in codes if u >> k < RICE_MAX]
    if k:
        mask = (1 << k) - 1
        if k <= _TABLE_BITS_MAX:
            texts = _low_texts(k)
            parts += [texts[u & mask] for u in narrow]
        else:
            parts += [f"{u & mask:0{k}b}" for u in narrow]
    if top >= RICE_MAX:
        parts += [f"{u:032b}" for u in codes if u >> k >= RICE_MAX]


def read_column(bits: str, at: int, first: int, count: int, may_rise: bool = False) -> tuple[list[int], int]:
    """A column of `count` >= 2 values that begins at bit `at`; returns (values, bit behind it).

    Raises:
        DecodeError: cut short, order 3 where it may not be, or k or a unary code out of range.
    """
    order = bits[at : at + 2]
    if order == "00":
        return [first] * count, at + 2
    head = bits[at + 2 : at + 7]
    if len(head) < 5 or (order == "11" and not may_rise):
        raise DecodeError("a column of a stroke is cut short or of order 3")
    k = int(head, 2)
    if k > RICE_MAX:
        raise DecodeError("a Rice parameter is above 24")
    count -= 1
    runs = bits[at + 7 :].split("0", count)
    if len(runs) <= count:
        raise DecodeError("the bits of a stroke are cut short")
    at = len(bits) - len(runs.pop())
    codes = list(map(len, runs))
    top = max(codes)
    if top >= RICE_MAX:
        if top > RICE_MAX:
            raise DecodeError("a unary code of a stroke is too long")
        codes, at = _read_wide(bits, at, k, codes)
        top = RESIDUAL_END
    elif k:
        end = at + k * count
        if end > len(bits):
            raise DecodeError("the bits of a stroke are cut short")
        value_of = _value_of(k)
        codes = [q << k | value_of(bits[i : i + k]) for q, i in zip(codes, range(at, end, k), strict=True)]
        at = end
    if order == "11":
        return list(accumulate(codes, initial=first)), at
    if (top + 1) << k <= len(_SIGNED):
        deltas = [_SIGNED[u] for u in codes]
    else:
        deltas = [u >> 1 ^ -(u & 1) for u in codes]
    if order == "10":
        return list(accumulate(accumulate(deltas), initial=first)), at
    return list(accumulate(deltas, initial=first)), at


def _read_wide(bits: str, at: int, k: int, runs: list[int]) -> tuple[list[int], int]:
    """The low and wide planes of a column in which at least one code is wide."""
    wide = runs.count(RICE_MAX)
    low_at, wide_at = at, at + k * (len(runs) - wide)
    end = wide_at + WIDE_BITS * wide
    if end > len(bits):
        raise DecodeError("the bits of a stroke are cut short")
    codes = []
    for q in runs:
        if q == RICE_MAX:
            codes.append(int(bits[wide_at : wide_at + WIDE_BITS], 2))
            wide_at += WIDE_BITS
        else:
            codes.append(q << k | (int(bits[low_at : low_at + k], 2) if k else 0))
            low_at += k
    return codes, end


def _value_of(k: int) -> Callable[[str], int]:
    if k <= _TABLE_BITS_MAX:
        return _low_values(k).__getitem__
    return _from_bits


def _from_bits(text: str) -> int:
    return int(text, 2)
