"""Messages of the microcontroller link: CBOR maps with small integer keys (docs/formats/serial.md, Messages).

Written in the deterministic encoding of RFC 8949, 4.2.1: definite lengths, shortest heads, keys in order. What is read
must be written so too, because then the parser on the small side stays small. Keys that a reader does not know are
skipped; values that it knows are checked.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

import cbor2

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel.tiles import Tile
from firmware_bridge.panel.values import Mode, PanelFacts, Rect
from firmware_bridge.pen.samples import PenFacts

Value = int | bytes | str | bool | list["Value"] | None  # what a message may hold; lists at most DEPTH_MAX deep
DEPTH_MAX = 4
KEY_MAX = 23  # so that a key is one byte
BATCH_MAX = 32  # pen samples in a message
U16, U32 = 2**16 - 1, 2**32 - 1
TEXT_MAX = 200  # bytes

MODES = (Mode.INIT, Mode.FULL, Mode.GREY, Mode.FAST, Mode.DIRECT)  # number on the wire: place; append only


class Kind(IntEnum):
    """Key 0 of every message; append only."""

    PING = 1
    BEGIN = 2
    PAINT = 3
    REFRESH = 4
    REST = 5
    PEN = 8
    STATUS = 9
    LOG = 10
    PONG = 11


class State(IntEnum):
    """What has become of an update; append only."""

    IDLE = 0  # of no update: only the temperature is told
    STARTED = 1
    SHOWN = 2
    REFUSED = 3


class Reason(IntEnum):
    """Why an update was refused; append only."""

    NONE = 0
    OTHER_BASE = 1  # the panel does not show what the update is painted over
    BAD_UPDATE = 2  # out of the panel, a tile that is damaged or out of order, a mode that it lacks
    PANEL_FAULT = 3


@dataclass(frozen=True, slots=True)
class Description:
    """Body of a device's hello."""

    name: str
    clock: int  # us, 32 bits, when the hello was written
    pen: PenFacts | None = None
    panel: PanelFacts | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    token: int  # 32 bits, comes back


@dataclass(frozen=True, slots=True)
class Begin:
    """An update begins: tiles for this rectangle follow, then a `Refresh`."""

    number: int
    base: int  # identity of the frame that the panel must show; 0: any
    frame: int  # identity of what it shows thereafter
    rect: Rect


@dataclass(frozen=True, slots=True)
class Paint:
    number: int
    tile: Tile


@dataclass(frozen=True, slots=True)
class Refresh:
    number: int
    mode: Mode


@dataclass(frozen=True, slots=True)
class Sleep:
    """Nothing comes for a while: the panel may rest."""


@dataclass(frozen=True, slots=True)
class PenBatch:
    """Samples in columns, in the device's units and on its clock."""

    first: int  # number of the first sample since boot, 32 bits: what is missing shows, what comes twice does too
    clock: int  # us, 32 bits: of the first sample
    steps: tuple[int, ...]  # us from the one before, 16 bits; the first is 0
    x: tuple[int, ...]
    y: tuple[int, ...]
    pressure: tuple[int, ...]
    states: bytes  # bit 0 near, 1 tip, 2 first side switch, 3 second, 4-5 tool: 0 pen, 1 eraser, 2 cursor, 3 finger
    tilt_x: tuple[int, ...] = ()  # degrees, -90 .. 90; empty: no tilt
    tilt_y: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    number: int  # of the update; 0 for State.IDLE
    state: State
    reason: Reason = Reason.NONE
    centidegrees: int | None = None  # temperature, 1/100 degree Celsius


@dataclass(frozen=True, slots=True)
class Log:
    text: str


@dataclass(frozen=True, slots=True)
class Pong:
    token: int
    clock: int  # us, 32 bits, when the pong was written


Message = Ping | Begin | Paint | Refresh | Sleep | PenBatch | Status | Log | Pong


# -- CBOR


def write_map(fields: dict[int, Value]) -> bytes:
    return cbor2.dumps(fields, canonical=True)


def read_map(data: bytes) -> dict[int, Value]:
    """A map with keys 0 .. 23, in its deterministic encoding.

    Raises:
        DeviceError: it is anything else.
    """
    try:
        fields = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DeviceError(f"a message that is no CBOR: {str(error)[:80]}") from None
    if not isinstance(fields, dict):
        raise DeviceError("a message that is no map")
    for key, value in fields.items():
        if type(key) is not int or not 0 <= key <= KEY_MAX or not _is_plain(value, DEPTH_MAX):
            raise DeviceError(f"a message with a key or a value that none has: {str(key)[:20]}")
    if write_map(fields) != data:
        raise DeviceError("a message that is not in its deterministic encoding")
    return fields


def _is_plain(value: object, depth: int) -> bool:
    if isinstance(value, list):
        return depth > 0 and all(_is_plain(inner, depth - 1) for inner in value)
    return value is None or isinstance(value, bool | bytes | str) or (type(value) is int and -U32 - 1 <= value <= U32)


def _number(fields: dict[int, Value], key: int, low: int = 0, high: int = U32) -> int:
    value = fields.get(key)
    if type(value) is not int or not low <= value <= high:
        raise DeviceError(f"key {key} should be a number of {low} .. {high}")
    return value


def _bytes(fields: dict[int, Value], key: int) -> bytes:
    value = fields.get(key)
    if not isinstance(value, bytes):
        raise DeviceError(f"key {key} should be bytes")
    return value


def _text(fields: dict[int, Value], key: int) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise DeviceError(f"key {key} should be a text of at most {TEXT_MAX} characters")
    return value


def _numbers(value: Value, ranges: tuple[tuple[int, int], ...], what: str) -> list[int]:
    """A list that has at least a number in each range; what follows is of a later version."""
    if not isinstance(value, list) or len(value) < len(ranges):
        raise DeviceError(f"facts of {what} that are too short, or no list")
    numbers = []
    for given, (low, high) in zip(value, ranges, strict=False):
        if type(given) is not int or not low <= given <= high:
            raise DeviceError(f"facts of {what} with a value out of its range")
        numbers.append(given)
    return numbers


# -- descriptions

_PEN_RANGES = ((1, U16), (1, U16), (0, U16), (0, 100_000), (0, 1), (1, 10_000))
_SIDE = (1, 8192)  # px
PIXELS_MAX = 8_000_000  # of a panel: each takes several bytes here, and the largest e-ink that is sold has 5.8 million
_MS = (0, 120_000)
_DEGREES = (-100, 150)
_PANEL_RANGES = (
    *(_SIDE, _SIDE, (2, 16), (1, 31), (0, 1), (1, 64), (1, 64)),
    *((_MS,) * len(MODES)),
    *(_DEGREES, _DEGREES, _DEGREES, (0, 10**6), (0, 1)),
)


def encode_description(description: Description) -> bytes:
    fields: dict[int, Value] = {0: description.name, 1: description.clock}
    if (pen := description.pen) is not None:
        per_mm = round(pen.points_per_mm * 100)
        fields[2] = [pen.x_max, pen.y_max, pen.pressure_max, per_mm, int(pen.has_tilt), pen.rate]
    if (panel := description.panel) is not None:
        modes = sum(1 << place for place, mode in enumerate(MODES) if mode in panel.modes)
        times = dict(panel.durations)
        fields[3] = [
            *(panel.width, panel.height, panel.greys, modes, int(panel.is_whole), panel.align_x, panel.align_y),
            *(round(1000 * times.get(mode, 0)) for mode in MODES),
            *(round(panel.temperature_min), round(panel.temperature_max), round(panel.fast_min)),
            *(round(panel.full_every_s), int(panel.has_sleep)),
        ]
    return write_map(fields)


def decode_description(data: bytes) -> Description:
    """What a device says of itself.

    Raises:
        DeviceError: it cannot be read, or a value is out of its range.
    """
    fields = read_map(data)
    pen = panel = None
    if 2 in fields:
        x, y, pressure, per_mm, tilt, rate = _numbers(fields[2], _PEN_RANGES, "a pen")
        pen = PenFacts(x, y, pressure, per_mm / 100, bool(tilt), rate, is_checked=True)
    if 3 in fields:
        panel = _panel_facts(_numbers(fields[3], _PANEL_RANGES, "a panel"))
    return Description(_text(fields, 0), _number(fields, 1), pen, panel)


def _panel_facts(numbers: list[int]) -> PanelFacts:
    width, height, greys, bits, whole, align_x, align_y, *rest = numbers
    times, (low, high, fast, every, sleep) = rest[: len(MODES)], rest[len(MODES) :]
    if greys not in (2, 4, 16):
        raise DeviceError(f"a panel of {greys} greys; 2, 4 and 16 are known")
    if width * height > PIXELS_MAX:
        raise DeviceError(f"a panel of {width} x {height} px; more than {PIXELS_MAX} in all are not drawn for")
    return PanelFacts(
        width,
        height,
        greys,
        frozenset(mode for place, mode in enumerate(MODES) if bits >> place & 1),
        bool(whole),
        align_x,
        align_y,
        tuple((mode, ms / 1000) for mode, ms in zip(MODES, times, strict=True) if ms),
        low,
        high,
        fast,
        every,
        bool(sleep),
    )


# -- messages


def encode_message(message: Message) -> bytes:
    match message:
        case Ping(token):
            fields: dict[int, Value] = {0: Kind.PING, 1: token}
        case Begin(number, base, frame, rect):
            fields = {0: Kind.BEGIN, 1: number, 2: base, 3: frame, 4: rect.x, 5: rect.y, 6: rect.w, 7: rect.h}
        case Paint(number, tile):
            fields = {0: Kind.PAINT, 1: number, **dict(enumerate(tile.to_fields(), 2))}
        case Refresh(number, mode):
            fields = {0: Kind.REFRESH, 1: number, 2: MODES.index(mode)}
        case Sleep():
            fields = {0: Kind.REST}
        case PenBatch():
            fields = _pen_fields(message)
        case Status(number, state, reason, centidegrees):
            fields = {0: Kind.STATUS, 1: number, 2: int(state), 3: int(reason)}
            if centidegrees is not None:
                fields[4] = centidegrees
        case Log(text):
            fields = {0: Kind.LOG, 1: text}
        case Pong(token, clock):
            fields = {0: Kind.PONG, 1: token, 2: clock}
    return write_map({key: int(value) if isinstance(value, IntEnum) else value for key, value in fields.items()})


def _pen_fields(batch: PenBatch) -> dict[int, Value]:
    def column(code: str, values: tuple[int, ...]) -> bytes:
        return struct.pack(f"<{len(values)}{code}", *values)

    fields: dict[int, Value] = {0: Kind.PEN, 1: batch.first, 2: batch.clock, 3: column("H", batch.steps)}
    fields |= {4: column("H", batch.x), 5: column("H", batch.y), 6: column("H", batch.pressure), 7: batch.states}
    if batch.tilt_x:
        fields |= {8: column("b", batch.tilt_x), 9: column("b", batch.tilt_y)}
    return fields


def decode_message(data: bytes) -> Message | None:
    """A message; None if it is of a kind that came later, and may be skipped.

    Raises:
        DeviceError: it cannot be read, or a value is out of its range.
    """
    fields = read_map(data)
    kind = _number(fields, 0)
    if kind == Kind.PING:
        return Ping(_number(fields, 1))
    if kind == Kind.BEGIN:
        rect = Rect(*(_number(fields, key, 0, U16) for key in (4, 5, 6, 7)))
        return Begin(_number(fields, 1, 1), _number(fields, 2), _number(fields, 3, 1), rect)
    if kind == Kind.PAINT:
        return Paint(_number(fields, 1, 1), Tile.from_fields([fields.get(key) for key in range(2, 8)]))
    if kind == Kind.REFRESH:
        return Refresh(_number(fields, 1, 1), MODES[_number(fields, 2, 0, len(MODES) - 1)])
    if kind == Kind.REST:
        return Sleep()
    if kind == Kind.PEN:
        return _read_pen(fields)
    if kind == Kind.STATUS:
        state, reason = State(_number(fields, 2, 0, max(State))), Reason(_number(fields, 3, 0, max(Reason)))
        degrees = _number(fields, 4, -10_000, 15_000) if 4 in fields else None
        return Status(_number(fields, 1), state, reason, degrees)
    if kind == Kind.LOG:
        return Log(_text(fields, 1))
    if kind == Kind.PONG:
        return Pong(_number(fields, 1), _number(fields, 2))
    return None


def _read_pen(fields: dict[int, Value]) -> PenBatch:
    states = _bytes(fields, 7)
    count = len(states)
    if not 1 <= count <= BATCH_MAX:
        raise DeviceError(f"a batch of {count} samples; 1 to {BATCH_MAX} are allowed")

    def column(key: int, code: str) -> tuple[int, ...]:
        data = _bytes(fields, key)
        if len(data) != count * struct.calcsize(code):
            raise DeviceError(f"column {key} is not as long as the states")
        return struct.unpack(f"<{count}{code}", data)

    tilted = 8 in fields or 9 in fields
    tilt_x, tilt_y = (column(8, "b"), column(9, "b")) if tilted else ((), ())
    if any(not -90 <= degrees <= 90 for degrees in tilt_x + tilt_y):
        raise DeviceError("a tilt of more than 90 degrees")
    words = [column(key, "H") for key in (3, 4, 5, 6)]
    if words[0][0]:
        raise DeviceError("the first sample of a batch is a step away from itself")
    steps, x, y, pressure = words
    return PenBatch(_number(fields, 1), _number(fields, 2), steps, x, y, pressure, states, tilt_x, tilt_y)
