"""The bodies of ops, one value per kind, and how each is written (docs/formats/oplog.md, "Op").

Numbers are append-only: they are on the wire. Reading is in `fields.py`. A maker uses the short form of a ref where it
can, and refuses what the limits of the contract do not allow.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, assert_never

from edgeboard.canvas.values import check_value, pack_value
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import NodeId, OpId, counter_of, origin_of
from edgeboard.varints import put_uvarint
from edgeboard.vectors import Vector

NUMBER_MAX: Final = (1 << 53) - 1
PIECES_MAX: Final = 4096  # of an item, so an index is below it
INTERVALS_MAX: Final = 1024  # in a cut
VALUE_BYTES_MAX: Final = 16 * 1024
META_KEY_BYTES_MAX: Final = 128  # of UTF-8
TEXT_BYTES_MAX: Final = 8 * 1024  # of UTF-8
NODE_BYTES: Final = 16
ORIGIN_BYTES: Final = 8


class Kind(IntEnum):
    """What an op does. Append only."""

    ADD = 1
    SET = 2
    ALIVE = 3
    CUT = 4
    CLEAR = 5
    META = 6
    ACL = 7
    FLOOR = 8


class Undo(IntEnum):
    """Whether an op is an ordinary one or part of an undo or a redo. Append only."""

    NONE = 0
    UNDO = 1
    REDO = 2


class ItemType(IntEnum):
    """What an item is. Append only."""

    STROKE = 1
    SHAPE = 2
    TEXT = 3
    STICKY = 4
    IMAGE = 5
    CONNECTOR = 6
    TICKER = 7


class Register(IntEnum):
    """The last-writer-wins registers of an item. Append only."""

    TRANSFORM = 1
    STYLE = 2
    Z = 3
    TEXT = 4
    LAYER = 5
    LOCK = 6
    DATA = 7


class Role(IntEnum):
    """What a node may do in a room, each more than the one before. Append only."""

    NONE = 0
    VIEW = 1
    DRAW = 2
    MODERATE = 3
    ADMIN = 4


@dataclass(frozen=True, slots=True)
class Context:
    """What a maker had seen: a vector, or a vector on top of the context of a floor."""

    base: OpId | None
    vector: Vector


@dataclass(frozen=True, slots=True)
class Add:
    """A new item, or with `item` a further piece of one."""

    page: int
    layer: int
    type: int
    payload: bytes
    item: OpId | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Set:
    target: OpId
    register: int
    value: object  # any msgpack value; None stands for the default


@dataclass(frozen=True, slots=True)
class Alive:
    target: OpId  # an item, a cut or a clear
    alive: bool


@dataclass(frozen=True, slots=True)
class Cut:
    piece: OpId  # the add that holds it
    intervals: tuple[tuple[int, int], ...]  # (start, end) in 1/1024 of a segment, rising, not empty


@dataclass(frozen=True, slots=True)
class Clear:
    scope: int  # 0 all pages, n page n - 1
    context: Context


@dataclass(frozen=True, slots=True)
class Meta:
    key: str
    value: object


@dataclass(frozen=True, slots=True)
class Acl:
    subject: NodeId
    role: int
    context: Context  # what is still accepted of a node that may no longer draw


@dataclass(frozen=True, slots=True)
class Floor:
    context: Context


@dataclass(frozen=True, slots=True)
class Unknown:
    """A body of a later version: kept, logged and forwarded."""

    kind: int
    data: bytes


Body = Add | Set | Alive | Cut | Clear | Meta | Acl | Floor | Unknown


def kind_of(body: Body) -> int:
    """The number of a body's kind."""
    return body.kind if isinstance(body, Unknown) else _KINDS[type(body)]


_KINDS: Final[dict[type[Body], Kind]] = {
    Add: Kind.ADD,
    Set: Kind.SET,
    Alive: Kind.ALIVE,
    Cut: Kind.CUT,
    Clear: Kind.CLEAR,
    Meta: Kind.META,
    Acl: Kind.ACL,
    Floor: Kind.FLOOR,
}


def put_body(out: bytearray, body: Body, maker: OpId) -> None:
    """Append a body; refs to the origin of the op `maker` take the short form.

    Raises:
        LimitError: larger than a limit of the contract.
    """
    match body:
        case Add():
            put_uvarint(out, body.page)
            put_uvarint(out, body.layer)
            put_uvarint(out, body.type << 1 | (body.item is not None))
            if body.item is not None:
                if not 1 <= body.index < PIECES_MAX:
                    raise LimitError(f"piece {body.index} of an item; the limit is {PIECES_MAX}")
                put_ref(out, body.item, maker)
                put_uvarint(out, body.index)
            out += body.payload
        case Set():
            if body.register == Register.TEXT and isinstance(body.value, str):
                check_text(body.value)
            put_ref(out, body.target, maker)
            put_uvarint(out, body.register)
            out += _sound(body.value)
        case Alive():
            put_ref(out, body.target, maker)
            out.append(body.alive)
        case Cut():
            put_ref(out, body.piece, maker)
            _put_intervals(out, body.intervals)
        case Clear():
            put_uvarint(out, body.scope)
            put_context(out, body.context, maker)
        case Meta():
            if len(body.key.encode()) > META_KEY_BYTES_MAX:
                raise LimitError(f"a key of meta is longer than {META_KEY_BYTES_MAX} bytes")
            out += _sound([body.key, body.value])
        case Acl():
            out += body.subject
            put_uvarint(out, body.role)
            put_context(out, body.context, maker)
        case Floor():
            put_context(out, body.context, maker)
        case Unknown():
            out += body.data
        case _:
            assert_never(body)


def _sound(value: object) -> bytes:
    """The bytes of a value that every reader takes."""
    packed = pack_value(value)
    try:
        check_value(packed)
    except DecodeError as error:
        raise LimitError(str(error)) from None
    return packed


def check_text(text: str) -> None:
    """Refuse a text above the limit.

    Raises:
        LimitError: more than `TEXT_BYTES_MAX` bytes of UTF-8.
    """
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise LimitError(f"a text is longer than {TEXT_BYTES_MAX} bytes")


def put_ref(out: bytearray, target: OpId, maker: OpId) -> None:
    """Append a ref to `target` in the op `maker`."""
    distance = counter_of(maker) - counter_of(target)
    if origin_of(target) == origin_of(maker) and distance > 0:
        put_uvarint(out, distance)
        return
    out.append(0)
    out += origin_of(target).to_bytes(ORIGIN_BYTES, "big")
    put_uvarint(out, counter_of(target))


def put_context(out: bytearray, context: Context, maker: OpId) -> None:
    """Append a causal context."""
    out.append(context.base is not None)
    if context.base is not None:
        put_ref(out, context.base, maker)
    out += context.vector.to_bytes()


def _put_intervals(out: bytearray, intervals: tuple[tuple[int, int], ...]) -> None:
    if not 1 <= len(intervals) <= INTERVALS_MAX:
        raise LimitError(f"a cut of {len(intervals)} intervals; there are 1 to {INTERVALS_MAX}")
    put_uvarint(out, len(intervals))
    last = 0
    for start, end in intervals:
        if not last <= start < end <= NUMBER_MAX:
            raise LimitError("the intervals of a cut are empty or not in order")
        put_uvarint(out, start - last)
        put_uvarint(out, end - start)
        last = end
