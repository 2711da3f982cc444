"""Live frames: what is shown and never logged (docs/formats/wire.md, "live").

A frame is bytes of its own, not msgpack: it goes out thirty times a second for every pen, so nothing is said twice. An
item's kind, its hops and where it ends stand outside
of its body: a node passes on items of kinds that it does not know.

The pieces of a stroke stand alone, since any of them may be lost. Only whose they are is said in full now and then: in
between, two bytes of the origin and one of the counter name the stroke that a `Preview` has introduced.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from edgeboard.canvas.fields import get_number
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import COUNTER_MAX, OpId, Origin, counter_of, op_id, origin_of
from edgeboard.oplog.codec import COLOUR_MAX, TOOL_MAX, WIDTH_MAX, Pen
from edgeboard.varints import put_uvarint, unzigzag, zigzag

LIVE_MAX: Final = 1_100  # bytes: one SCTP chunk, so that a lost datagram loses one message
LIVE_ITEMS_MAX: Final = 256
HANDLE_MAX: Final = 255

_MORE: Final = 0x80  # of an item's first byte: its length follows, and behind it another item
_HOPS_SHIFT: Final = 4
_HOPS_END: Final = 8
_KIND_END: Final = 16
_ORIGIN_BYTES: Final = 8
_TAG_BYTES: Final = 2
_CURSOR_STEPS: Final = 10  # in a px


class LiveKind(IntEnum):
    """Kinds of items; the numbers are on the wire."""

    CURSOR = 1
    PREVIEW = 2
    ENDED = 3
    PROBE = 4
    FURTHER = 5
    TRAIL = 6  # of a laser pointer; for nodes, as of kinds that they do not know, `Sequenced` is all of it
    FIGURE = 7  # under way; likewise


@dataclass(frozen=True, slots=True)
class LiveItem:
    """One item as it travels."""

    kind: int  # 0 .. 15
    hops: int  # 0 .. 7, nodes that have passed it on
    body: bytes

    def passed_on(self) -> "LiveItem":
        """The item with one hop more."""
        return replace(self, hops=self.hops + 1)


@dataclass(frozen=True, slots=True)
class Live:
    """One frame of the live channel."""

    handle: int  # the sender's number for the room
    items: tuple[LiveItem, ...]


# ------------------------------------------------------------------------------------------------------------- frames


def encode_live(live: Live) -> bytes:
    """The bytes of a frame."""
    out = bytearray((live.handle,))
    last = len(live.items) - 1
    for number, item in enumerate(live.items):
        head = item.hops << _HOPS_SHIFT | item.kind
        if number < last:
            out.append(head | _MORE)
            put_uvarint(out, len(item.body))
        else:
            out.append(head)
        out += item.body
    return bytes(out)


def item_size(item: LiveItem) -> int:
    """The most bytes that an item takes in a frame."""
    return len(item.body) + (2 if len(item.body) < 0x80 else 3)


def decode_live(data: bytes) -> Live:
    """Read one frame; the bodies are not looked at.

    Raises:
        DecodeError: cut short.
        LimitError: too large, or too many items.
    """
    if len(data) > LIVE_MAX:
        raise LimitError(f"a message of {len(data)} bytes on live; the limit is {LIVE_MAX}")
    if not data:
        raise DecodeError("a live frame is empty")
    items: list[LiveItem] = []
    at, more = 1, len(data) > 1
    while more:
        if at == len(data):
            raise DecodeError("a live frame is cut short")
        head, at = data[at], at + 1
        more = head >= _MORE
        length = len(data) - at
        if more:
            length, at = get_number(data, at)
        if length > len(data) - at:
            raise DecodeError("a live frame is cut short")
        if len(items) == LIVE_ITEMS_MAX:
            raise LimitError(f"more than {LIVE_ITEMS_MAX} items in a live frame")
        items.append(LiveItem(head % _KIND_END, head >> _HOPS_SHIFT & _HOPS_END - 1, bytes(data[at : at + length])))
        at += length
    return Live(data[0], tuple(items))


# ------------------------------------------------------------------------------------------------------------- bodies


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What begins every body but those of previews; of unknown kinds it is all that is known."""

    origin: Origin
    sequence: int  # rises per origin and kind


@dataclass(frozen=True, slots=True)
class Cursor(Sequenced):
    """Where somebody's pointer is."""

    x: float  # px, to one decimal
    y: float
    tool: int  # 0 none, 1 pen, 2 eraser, 3 select
    page: int = 0


@dataclass(frozen=True, slots=True)
class Ended(Sequenced):
    """Nothing will be logged for a preview."""

    counter: int


@dataclass(frozen=True, slots=True)
class Preview:
    """Some points of a stroke under way, and whose they are."""

    op: OpId  # that will log them
    first: int  # index of its first point
    pen: Pen
    page: int
    layer: int
    columns: bytes  # docs/formats/oplog.md, without time and tilt


@dataclass(frozen=True, slots=True)
class Further:
    """More points of a stroke that was introduced before."""

    stroke: tuple[int, int]  # see `short_name`
    first: int
    columns: bytes


Body = Preview | Further | Cursor | Ended | Sequenced


def short_name(op: OpId) -> tuple[int, int]:
    """What names a stroke between introductions: the low 16 bits of its origin, the low 8 of its counter."""
    return origin_of(op) & 0xFFFF, counter_of(op) & 0xFF


def live_item(body: Body, kind: int | None = None) -> LiveItem:
    """An item that nobody has passed on yet; a body that is only `Sequenced` needs its kind."""
    out = bytearray()
    numbers: tuple[int, ...]
    columns = b""
    match body:
        case Preview(op, first, pen, page, layer, columns):
            kind = LiveKind.PREVIEW
            out += origin_of(op).to_bytes(_ORIGIN_BYTES, "big")
            numbers = (counter_of(op), first, pen.tool, pen.colour, pen.width, page, layer)
        case Further((tag, low), first, columns):
            kind = LiveKind.FURTHER
            out += bytes((tag >> 8, tag & 0xFF, low))
            numbers = (first,)
        case Cursor(origin, sequence, x, y, tool, page):
            kind = LiveKind.CURSOR
            out += origin.to_bytes(_ORIGIN_BYTES, "big")
            place = (zigzag(round(x * _CURSOR_STEPS)), zigzag(round(y * _CURSOR_STEPS)))
            numbers = (sequence, *place, tool, page) if page else (sequence, *place, tool)
        case Ended(origin, sequence, counter):
            kind = LiveKind.ENDED
            out += origin.to_bytes(_ORIGIN_BYTES, "big")
            numbers = (sequence, counter)
        case Sequenced(origin, sequence):
            out += origin.to_bytes(_ORIGIN_BYTES, "big")
            numbers = (sequence,)
    assert kind is not None
    for number in numbers:
        put_uvarint(out, number)
    return LiveItem(kind, 0, bytes(out + columns))


def read_item(item: LiveItem) -> Body:
    """What an item says; columns are not looked at. Bytes behind a body that has none belong to a later version.

    Raises:
        DecodeError: the body breaks its format.
    """
    data = item.body
    if item.kind == LiveKind.FURTHER:
        at = _TAG_BYTES + 1
        if len(data) < at:
            raise DecodeError("a live item is cut short")
        first, at = get_number(data, at)
        return Further((data[0] << 8 | data[1], data[2]), first, data[at:])
    if len(data) < _ORIGIN_BYTES:
        raise DecodeError("a live item has no origin")
    origin = Origin(int.from_bytes(data[:_ORIGIN_BYTES], "big"))
    number, at = get_number(data, _ORIGIN_BYTES)
    match item.kind:
        case LiveKind.PREVIEW:
            if not 1 <= number <= COUNTER_MAX:
                raise DecodeError("a preview of no possible op")
            (first, tool, colour, width, page, layer), at = _numbers(data, at, 6)
            if tool > TOOL_MAX or colour > COLOUR_MAX or not 1 <= width <= WIDTH_MAX:
                raise DecodeError("the tool, colour or width of a preview is out of range")
            return Preview(op_id(origin, number), first, Pen(tool, colour, width), page, layer, data[at:])
        case LiveKind.CURSOR:
            (x, y, tool), at = _numbers(data, at, 3)
            page = get_number(data, at)[0] if at < len(data) else 0
            return Cursor(origin, number, unzigzag(x) / _CURSOR_STEPS, unzigzag(y) / _CURSOR_STEPS, tool, page)
        case LiveKind.ENDED:
            (counter,), _ = _numbers(data, at, 1)
            return Ended(origin, number, counter)
        case _:
            return Sequenced(origin, number)


def _numbers(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    found = []
    for _ in range(count):
        number, at = get_number(data, at)
        found.append(number)
    return found, at
