"""Strokes as bytes: the columns of docs/formats/oplog.md, and the payload of a stroke's first piece.

Exactly what was recorded comes back. An encoder writes the shortest form there is, ties by the rules of the contract,
so that every language makes the same bytes. Limits are checked before anything is allocated.

Where the kernel in C was built, it does the work (edgeboard/_native/strokes.py); what stands here is its twin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Final

from edgeboard._native.strokes import kernel
from edgeboard.canvas.fields import get_number
from edgeboard.canvas.samples import PRESSURE_MAX, Stroke
from edgeboard.errors import DecodeError, LimitError
from edgeboard.oplog.planes import Plan, least_bits, plan_column, read_column, write_plan
from edgeboard.varints import put_uvarint, unzigzag, zigzag

__all__ = ["PRESSURE_MAX", "Pen", "Stroke", "decode_columns", "decode_stroke", "encode_columns", "encode_stroke"]

POINTS_MAX: Final = 500  # of a piece
COORDINATE_END: Final = 1 << 28  # steps; absolute values are below it
SCALE_MAX: Final = 1024  # steps per px
STEP_MAX: Final = 1 << 20
TIME_END: Final = 1 << 32  # ms
TILT_MAX: Final = 90  # degrees
TOOL_MAX: Final = 1
COLOUR_MAX: Final = 16 + 0xFFFFFF
WIDTH_MAX: Final = 2048  # 1/8 px

TIME_STEP: Final = 16  # ms, of times that a thinned stroke has

_TOOL_BITS: Final = 2
_TIME: Final = 1 << 5
_COARSE_TIME: Final = 1 << 7  # all times are whole steps; without _TIME the first is 0 and left out
_TILT: Final = 1 << 6
_LEVELS: Final = (0, 100, 255, 1023, 2047, 4095, 15)  # by pressure code
_CHOICES: Final = (6, 1, 2, 3, 4)  # pressure codes in the order in which they are tried; 5 takes any
_RAW: Final = 5
_GRIDS: Final = ((0, 0), (20, 20), (8, 1), (20, 1))  # (scale, step) by grid code; 0 is explicit


def _pressures(levels: int) -> tuple[int, ...]:
    """The pressure of each level, rounded half up."""
    return tuple((level * PRESSURE_MAX * 2 + levels) // (2 * levels) for level in range(levels + 1))


_PRESSURES: Final = ((), *(_pressures(levels) for levels in _LEVELS[1:]))
_LEVEL_OF: Final = tuple({pressure: level for level, pressure in enumerate(table)} for table in _PRESSURES)


@dataclass(frozen=True, slots=True)
class Pen:
    """What a stroke is drawn with; the head of its first piece."""

    tool: int  # 0 pen, 1 marker
    colour: int  # 0 .. 15 the palette, else 16 + 0xRRGGBB
    width: int  # 1/8 px


# ---------------------------------------------------------------------------------------------------------- encoding


def encode_columns(stroke: Stroke) -> bytes:
    """The columns of a stroke.

    Raises:
        LimitError: a value is outside the format.
    """
    if kernel is None:
        return encode_in_python(stroke)
    return kernel.encode(stroke.scale, stroke.x, stroke.y, stroke.pressure, stroke.t, stroke.tilt_x, stroke.tilt_y)


def encode_in_python(stroke: Stroke) -> bytes:
    """The twin of the kernel: as `encode_columns`."""
    count = _check(stroke)
    code, levels = _choose_levels(stroke.pressure)
    time_flags, times = _choose_times(stroke.t)
    others = [column for column in (levels, times, stroke.tilt_x, stroke.tilt_y) if column is not None]
    plans = [plan_column(column, column is times) for column in others] if count > 1 else []
    grid, gx, gy, placed = _choose_grid(stroke, sum(plan.bits for plan in plans))
    out = bytearray()
    out.append(grid | code << 2 | time_flags | (_TILT if stroke.tilt_x is not None else 0))
    put_uvarint(out, count)
    if grid == 0:
        for number in (stroke.scale, gx, gy):
            put_uvarint(out, number)
    put_uvarint(out, zigzag(stroke.x[0]))
    put_uvarint(out, zigzag(stroke.y[0]))
    if levels is not None:
        put_uvarint(out, levels[0])
    if times is not None and time_flags & _TIME:
        put_uvarint(out, times[0])
    if stroke.tilt_x is not None and stroke.tilt_y is not None:
        put_uvarint(out, zigzag(stroke.tilt_x[0]))
        put_uvarint(out, zigzag(stroke.tilt_y[0]))
    if count > 1:
        parts: list[str] = []
        for plan in (*placed, *plans):
            write_plan(parts, plan)
        bits = "".join(parts)
        size = -(-len(bits) // 8)
        out += (int(bits, 2) << 8 * size - len(bits)).to_bytes(size, "big")
    return bytes(out)


def _check(stroke: Stroke) -> int:
    count = len(stroke.x)
    if not 1 <= count <= POINTS_MAX:
        raise LimitError(f"{count} points in a piece; there are 1 to {POINTS_MAX}")
    if not 1 <= stroke.scale <= SCALE_MAX:
        raise LimitError(f"a scale of {stroke.scale} steps per px; there are 1 to {SCALE_MAX}")
    if (stroke.tilt_x is None) != (stroke.tilt_y is None):
        raise LimitError("one column of tilt without the other")
    for column, low, high in (
        (stroke.x, 1 - COORDINATE_END, COORDINATE_END - 1),
        (stroke.y, 1 - COORDINATE_END, COORDINATE_END - 1),
        (stroke.pressure, 0, PRESSURE_MAX),
        (stroke.t, 0, TIME_END - 1),
        (stroke.tilt_x, -TILT_MAX, TILT_MAX),
        (stroke.tilt_y, -TILT_MAX, TILT_MAX),
    ):
        if column is not None and (len(column) != count or min(column) < low or max(column) > high):
            raise LimitError(f"a column of a stroke is not {count} values within {low} .. {high}")
    return count


def _choose_levels(pressure: Sequence[int] | None) -> tuple[int, list[int] | None]:
    """The first pressure code that gives every value back, and the levels in it."""
    if pressure is None:
        return 0, None
    for code in _CHOICES:
        level_of = _LEVEL_OF[code]
        if all(map(level_of.__contains__, pressure)):
            return code, list(map(level_of.__getitem__, pressure))
    return _RAW, list(pressure)


def _choose_times(t: Sequence[int] | None) -> tuple[int, Sequence[int] | None]:
    """The flags of a column of times, and what is written of it."""
    if t is None:
        return 0, None
    if any([ms % TIME_STEP for ms in t]):
        return _TIME, t
    return _COARSE_TIME | (_TIME if t[0] else 0), [ms // TIME_STEP for ms in t]


def _choose_grid(stroke: Stroke, other_bits: int) -> tuple[int, int, int, tuple[Plan, ...]]:
    """The grid code of the fewest bytes, ties to the higher code: (code, gx, gy, plans of X and Y)."""
    step_x, step_y = _step(stroke.x), _step(stroke.y)
    best: tuple[int, int, int, tuple[Plan, ...]] | None = None
    best_bytes = 0
    explicit = bytearray()
    for number in (stroke.scale, step_x or 1, step_y or 1):
        put_uvarint(explicit, number)
    codes = [code for code in (1, 2, 3) if _GRIDS[code][0] == stroke.scale]
    for code in (0, *codes):
        gx, gy = (step_x or 1, step_y or 1) if code == 0 else (_GRIDS[code][1],) * 2
        if code == 0 and any(_GRIDS[other][1] == gx == gy for other in codes):
            continue  # the same bits behind a longer head
        if step_x % gx or step_y % gy:
            continue
        head = len(explicit) if code == 0 else 0
        if best is not None and len(stroke.x) > 1:
            _, last_gx, last_gy, (plan_x, plan_y) = best
            least = least_bits(plan_x, (last_gx // gx).bit_length() - 1)
            least += least_bits(plan_y, (last_gy // gy).bit_length() - 1)
            if head - (-(least + other_bits) // 8) > best_bytes:
                continue
        placed = (_plan_steps(stroke.x, gx), _plan_steps(stroke.y, gy)) if len(stroke.x) > 1 else ()
        size = head - (-(sum(plan.bits for plan in placed) + other_bits) // 8)
        if best is None or size <= best_bytes:
            best, best_bytes = (code, gx, gy, placed), size
    assert best is not None  # code 0 is left out only where another takes its place
    return best


def _plan_steps(column: Sequence[int], step: int) -> Plan:
    return plan_column(column if step == 1 else [v // step for v in column])


def _step(column: Sequence[int]) -> int:
    """The greatest common divisor of the differences; 0 if there are none, 1 if it is beyond what can be written."""
    first = column[0]
    step = gcd(*[v - first for v in column])
    return step if step <= STEP_MAX else 1


# ---------------------------------------------------------------------------------------------------------- decoding


def decode_columns(data: bytes, at: int = 0) -> tuple[Stroke, int]:
    """Columns that begin at offset `at`; returns (stroke, offset behind them).

    Raises:
        DecodeError: the bytes break the format.
        LimitError: more than `POINTS_MAX` points.
    """
    if kernel is None:
        return decode_in_python(data, at)
    return kernel.decode(data, at, Stroke)


def decode_in_python(data: bytes, at: int = 0) -> tuple[Stroke, int]:
    """The twin of the kernel: as `decode_columns`."""
    flags, at = _byte(data, at)
    pressure_code = flags >> 2 & 7
    if pressure_code >= len(_LEVELS):
        raise DecodeError("a stroke has an unknown pressure code")
    count, at = get_number(data, at)
    if count < 1:
        raise DecodeError("a stroke has no points")
    if count > POINTS_MAX:
        raise LimitError(f"{count} points in a piece; the limit is {POINTS_MAX}")
    scale, gx = _GRIDS[flags & 3]
    gy = gx
    if flags & 3 == 0:
        scale, at = get_number(data, at)
        gx, at = get_number(data, at)
        gy, at = get_number(data, at)
        if not (1 <= scale <= SCALE_MAX and 1 <= gx <= STEP_MAX and 1 <= gy <= STEP_MAX):
            raise DecodeError("the scale or the step of a stroke is out of range")
    x0, at = get_number(data, at)
    y0, at = get_number(data, at)
    firsts = [0, 0]
    if pressure_code:
        first, at = get_number(data, at)
        firsts.append(first)
    time_at = len(firsts) if flags & (_TIME | _COARSE_TIME) else -1
    if flags & _TIME:
        first, at = get_number(data, at)
        firsts.append(first)
    elif flags & _COARSE_TIME:
        firsts.append(0)
    if flags & _TILT:
        for _ in range(2):
            first, at = get_number(data, at)
            firsts.append(unzigzag(first))
    if count > 1:
        columns, at = _read_bits(data, at, firsts, count, time_at)
    else:
        columns = [[first] for first in firsts]
    x = _place(columns[0], unzigzag(x0), gx)
    y = _place(columns[1], unzigzag(y0), gy)
    rest = iter(columns[2:])
    pressure = t = tilt_x = tilt_y = None
    if pressure_code:
        levels = _within(next(rest), 0, _LEVELS[pressure_code])
        pressure = tuple(map(_PRESSURES[pressure_code].__getitem__, levels))
    if flags & _COARSE_TIME:
        steps = _within(next(rest), 0, (TIME_END - 1) // TIME_STEP)
        t = tuple([step * TIME_STEP for step in steps])
    elif flags & _TIME:
        t = tuple(_within(next(rest), 0, TIME_END - 1))
    if flags & _TILT:
        tilt_x = tuple(_within(next(rest), -TILT_MAX, TILT_MAX))
        tilt_y = tuple(_within(next(rest), -TILT_MAX, TILT_MAX))
    return Stroke(scale, x, y, pressure, t, tilt_x, tilt_y), at


def _byte(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise DecodeError("a stroke is cut short")
    return data[at], at + 1


def _read_bits(data: bytes, at: int, firsts: list[int], count: int, time_at: int) -> tuple[list[list[int]], int]:
    bits = bin(int.from_bytes(b"\1" + data[at:], "big"))[3:]
    columns = []
    bit = 0
    for number, first in enumerate(firsts):
        column, bit = read_column(bits, bit, first, count, number == time_at)
        columns.append(column)
    end = bit + -bit % 8
    if bit > len(bits) or "1" in bits[bit:end]:
        raise DecodeError("the bits of a stroke are cut short or not padded with zeros")
    return columns, at + end // 8


def _place(column: list[int], first: int, step: int) -> tuple[int, ...]:
    placed = tuple([first + step * v for v in column])
    _within(placed, 1 - COORDINATE_END, COORDINATE_END - 1)
    return placed


def _within(column: Sequence[int], low: int, high: int) -> Sequence[int]:
    if min(column) < low or max(column) > high:
        raise DecodeError("a value of a stroke is out of range")
    return column


# ----------------------------------------------------------------------------------------------------------- strokes


def encode_stroke(tool: int, colour: int, width: int, stroke: Stroke) -> bytes:
    """The payload of a stroke's first piece; a further piece is the columns alone.

    Raises:
        LimitError: a value is outside the format.
    """
    if not (0 <= tool <= TOOL_MAX and 0 <= colour <= COLOUR_MAX and 1 <= width <= WIDTH_MAX):
        raise LimitError(f"a pen of tool {tool}, colour {colour}, width {width} is outside the format")
    out = bytearray()
    for number in (colour, width << _TOOL_BITS | tool):
        put_uvarint(out, number)
    return bytes(out) + encode_columns(stroke)


def decode_stroke(payload: bytes) -> tuple[Pen, Stroke]:
    """The payload of a stroke's first piece.

    Raises:
        DecodeError: the bytes break the format.
    """
    pen, at = read_pen(payload)
    return pen, decode_columns(payload, at)[0]


def read_pen(payload: bytes) -> tuple[Pen, int]:
    """The head of a stroke's first piece; returns (pen, offset of the columns).

    Raises:
        DecodeError: the bytes break the format.
    """
    colour, at = get_number(payload, 0)
    width, at = get_number(payload, at)
    tool, width = width & (1 << _TOOL_BITS) - 1, width >> _TOOL_BITS
    if tool > TOOL_MAX or colour > COLOUR_MAX or not 1 <= width <= WIDTH_MAX:
        raise DecodeError("the tool, colour or width of a stroke is out of range")
    return Pen(tool, colour, width), at
