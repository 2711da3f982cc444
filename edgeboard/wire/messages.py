"""The messages of docs/formats/wire.md as values.

Only their form is checked here; whether a message may be said now is for the engine that receives it. Numbers and
positions are append-only: a decoder skips the tail of an array that it does not know, and a reader ignores numbers
that it does not know. HELLO and AUTH belong to the handshake (`wire.session`) and are unknown here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, ClassVar

import msgpack

from edgeboard.errors import CloseCode, DecodeError, LimitError
from edgeboard.ids import AuthorTag
from edgeboard.vectors import Range

VERSION = 1
MESSAGE_MAX = 64 * 1024  # bytes, on ctl and log
LIVE_MAX = 1_100  # bytes: one SCTP chunk, so that a lost datagram loses one message
NAME_MAX = 40  # characters of a person's name
COLOUR_MAX = 16 + 0xFFFFFF
ROOM_NAME_MAX = 64
TEXT_MAX = 400  # characters of a reason or a notice
RANGES_MAX = 256
SUBMIT_OPS_MAX = 4_096
PRESENCE_MAX = 512
ROOMS_MAX = 64
LIVE_ITEMS_MAX = 256
VECTOR_MAX = 2 * 1024 * 1024  # bytes
ENTRY_MAX = (1 << 53) - 1


class Channel(IntEnum):
    """The three channels of a link; the numbers are on the wire."""

    CTL = 0
    LOG = 1
    LIVE = 2


Check = Callable[[Any], Any]  # takes a field as msgpack gave it, returns it as the message keeps it


def _bin(exactly: int) -> Check:
    def check(value: Any) -> bytes:
        if isinstance(value, bytes) and len(value) == exactly:
            return value
        raise DecodeError(f"a field is not {exactly} bytes")

    return check


def _room_or_empty(value: Any) -> bytes:
    if isinstance(value, bytes) and len(value) in (0, 16):
        return value
    raise DecodeError("a room id is not 16 bytes")


def _blob(most: int) -> Check:
    def check(value: Any) -> bytes:
        if not isinstance(value, bytes):
            raise DecodeError("a field is not binary")
        if len(value) > most:
            raise LimitError(f"a field of {len(value)} bytes; the limit is {most}")
        return value

    return check


def _text(most: int) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise DecodeError("a field is not text")
        if len(value) > most:
            raise LimitError(f"a text of {len(value)} characters; the limit is {most}")
        return value

    return check


def _number(most: int) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
        raise DecodeError("a field is not a number in its range")

    return check


def _list(most: int) -> Check:
    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise DecodeError("a field is not a list")
        if len(value) > most:
            raise LimitError(f"a list of {len(value)}; the limit is {most}")
        return value

    return check


def _mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, dict) and len(value) <= ROOMS_MAX and all(isinstance(key, str) for key in value):
        return value
    raise DecodeError("a field is not a small map")


def _digests(value: Any) -> Mapping[bytes, bytes]:
    if not isinstance(value, dict) or len(value) > ROOMS_MAX:
        raise DecodeError("digests are not a small map")
    return {_bin(16)(room): _bin(8)(digest) for room, digest in value.items()}


def _ranges(value: Any) -> tuple[Range, ...]:
    ranges = []
    for item in _list(RANGES_MAX)(value):
        if not isinstance(item, list) or len(item) < 3:
            raise DecodeError("a range has three fields")
        first, end = _number(ENTRY_MAX)(item[1]), _number(ENTRY_MAX)(item[2])
        if end <= first:
            raise DecodeError("a range is empty")
        ranges.append(Range(AuthorTag(_bin(8)(item[0])), first, end))
    return tuple(ranges)


def _tails(value: Any) -> tuple[bytes, ...]:
    return tuple(_blob(16 * 1024)(tail) for tail in _list(SUBMIT_OPS_MAX)(value))


def _counters(value: Any) -> tuple[int, ...]:
    counters = tuple(_number(0xFFFFFFFF)(counter) for counter in _list(2 * SUBMIT_OPS_MAX)(value))
    if len(counters) % 2:
        raise DecodeError("counters come in pairs")
    return counters


class Person(tuple[bytes, bytes, str, int]):
    """(person id, origin as 8 bytes, name, colour): who is here."""

    __slots__ = ()


def _people(value: Any) -> tuple[Person, ...]:
    people = []
    for item in _list(PRESENCE_MAX)(value):
        if not isinstance(item, list) or len(item) < 4:
            raise DecodeError("a person has four fields")
        checks = (_bin(16), _bin(8), _text(NAME_MAX), _number(COLOUR_MAX))
        people.append(Person(check(field) for check, field in zip(checks, item, strict=False)))
    return tuple(people)


@dataclass(frozen=True, slots=True)
class Close:
    code: int
    text: str
    NUMBER: ClassVar[int] = 3
    CHECKS: ClassVar[tuple[Check, ...]] = (_number(255), _text(TEXT_MAX))


@dataclass(frozen=True, slots=True)
class Ping:
    sequence: int
    digests: Mapping[bytes, bytes]  # room id to vector digest
    NUMBER: ClassVar[int] = 4
    CHECKS: ClassVar[tuple[Check, ...]] = (_number(ENTRY_MAX), _digests)


@dataclass(frozen=True, slots=True)
class Pong:
    sequence: int
    NUMBER: ClassVar[int] = 5
    CHECKS: ClassVar[tuple[Check, ...]] = (_number(ENTRY_MAX),)


@dataclass(frozen=True, slots=True)
class Join:
    room: bytes  # empty from a guest
    name: str
    vector: bytes
    handle: int
    NUMBER: ClassVar[int] = 6
    CHECKS: ClassVar[tuple[Check, ...]] = (_room_or_empty, _text(ROOM_NAME_MAX), _blob(VECTOR_MAX), _number(255))


@dataclass(frozen=True, slots=True)
class Leave:
    room: bytes
    NUMBER: ClassVar[int] = 7
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16),)


@dataclass(frozen=True, slots=True)
class VectorIs:
    room: bytes
    vector: bytes
    NUMBER: ClassVar[int] = 8
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _blob(VECTOR_MAX))


@dataclass(frozen=True, slots=True)
class Want:
    room: bytes
    ranges: tuple[Range, ...]
    NUMBER: ClassVar[int] = 9
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _ranges)


@dataclass(frozen=True, slots=True)
class Credit:
    processed: int  # log bytes since the link opened
    NUMBER: ClassVar[int] = 10
    CHECKS: ClassVar[tuple[Check, ...]] = (_number(ENTRY_MAX),)


@dataclass(frozen=True, slots=True)
class Stored:
    room: bytes
    vector: bytes  # changed authors only
    NUMBER: ClassVar[int] = 11
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _blob(VECTOR_MAX))


@dataclass(frozen=True, slots=True)
class Digest:
    room: bytes
    vector: bytes  # 8 bytes, Vector.digest()
    canvas: bytes  # 16 bytes, Document.digest()
    NUMBER: ClassVar[int] = 12
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _bin(8), _bin(16))


@dataclass(frozen=True, slots=True)
class Guest:
    version: int
    person: bytes
    origin: bytes
    name: str
    colour: int
    capabilities: Mapping[str, Any]
    NUMBER: ClassVar[int] = 13
    CHECKS: ClassVar[tuple[Check, ...]] = (
        _number(255),
        _bin(16),
        _bin(8),
        _text(NAME_MAX),
        _number(COLOUR_MAX),
        _mapping,
    )


@dataclass(frozen=True, slots=True)
class Welcome:
    version: int
    node: bytes
    name: str
    limits: Mapping[str, Any]
    software: str
    NUMBER: ClassVar[int] = 14
    CHECKS: ClassVar[tuple[Check, ...]] = (_number(255), _bin(16), _text(NAME_MAX), _mapping, _text(64))


@dataclass(frozen=True, slots=True)
class Receipt:
    room: bytes
    level: int  # 1 saved, 2 safe
    origin: bytes
    counters: tuple[int, ...]  # from, to, from, to ...; inclusive
    NUMBER: ClassVar[int] = 15
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _number(255), _bin(8), _counters)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    room: bytes
    vector: bytes
    NUMBER: ClassVar[int] = 16
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _blob(VECTOR_MAX))


@dataclass(frozen=True, slots=True)
class Presence:
    room: bytes
    node: bytes
    people: tuple[Person, ...]
    NUMBER: ClassVar[int] = 17
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _bin(16), _people)


@dataclass(frozen=True, slots=True)
class Refused:
    room: bytes
    origin: bytes
    counter: int
    code: int
    text: str
    NUMBER: ClassVar[int] = 18
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _bin(8), _number(0xFFFFFFFF), _number(255), _text(TEXT_MAX))


@dataclass(frozen=True, slots=True)
class Notice:
    level: int
    text: str
    NUMBER: ClassVar[int] = 19
    CHECKS: ClassVar[tuple[Check, ...]] = (_number(255), _text(TEXT_MAX))


@dataclass(frozen=True, slots=True)
class RoomIs:
    room: bytes
    name: str
    state: str
    NUMBER: ClassVar[int] = 20
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _text(ROOM_NAME_MAX), _text(32))


@dataclass(frozen=True, slots=True)
class BatchIs:
    room: bytes
    batch: bytes
    NUMBER: ClassVar[int] = 32
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _blob(MESSAGE_MAX))


@dataclass(frozen=True, slots=True)
class Submit:
    room: bytes
    origin: bytes
    tails: tuple[bytes, ...]
    NUMBER: ClassVar[int] = 33
    CHECKS: ClassVar[tuple[Check, ...]] = (_bin(16), _bin(8), _tails)


@dataclass(frozen=True, slots=True)
class Fragment:
    id: int
    index: int
    total: int
    data: bytes
    NUMBER: ClassVar[int] = 34
    CHECKS: ClassVar[tuple[Check, ...]] = (_number(ENTRY_MAX), _number(4096), _number(4096), _blob(MESSAGE_MAX))


@dataclass(frozen=True, slots=True)
class Live:
    handle: int
    items: list[list[Any]]  # each [origin, sequence, hops, kind, ...]; see rooms.presence
    NUMBER: ClassVar[int] = 48
    CHECKS: ClassVar[tuple[Check, ...]] = (_number(255), _list(LIVE_ITEMS_MAX))


Message = (
    Close | Ping | Pong | Join | Leave | VectorIs | Want | Credit | Stored | Digest | Guest | Welcome | Receipt
    | CaughtUp | Presence | Refused | Notice | RoomIs | BatchIs | Submit | Fragment | Live
)  # fmt: skip
CTL: dict[int, type[Message]] = {
    kind.NUMBER: kind
    for kind in (
        Close, Ping, Pong, Join, Leave, VectorIs, Want, Credit, Stored, Digest, Guest, Welcome, Receipt, CaughtUp,
        Presence, Refused, Notice, RoomIs, Fragment,
    )
}  # fmt: skip
LOG: dict[int, type[Message]] = {kind.NUMBER: kind for kind in (BatchIs, Submit, Fragment)}
LIVE: dict[int, type[Message]] = {Live.NUMBER: Live}
BY_CHANNEL: dict[Channel, dict[int, type[Message]]] = {Channel.CTL: CTL, Channel.LOG: LOG, Channel.LIVE: LIVE}
FIELDS = {kind: tuple(f.name for f in fields(kind)) for table in BY_CHANNEL.values() for kind in table.values()}


def encode(message: Message) -> bytes:
    """The bytes of a message, as they go into a channel."""
    array: list[Any] = [message.NUMBER]
    array += (getattr(message, name) for name in FIELDS[type(message)])
    packed = msgpack.packb(array)
    assert isinstance(packed, bytes)
    return packed


def decode(channel: Channel, data: bytes) -> Message | None:
    """Read one message; None for a number that this version does not know.

    Raises:
        DecodeError: not a message of this channel.
        LimitError: larger than the limits of docs/formats/wire.md.
    """
    most = LIVE_MAX if channel is Channel.LIVE else VECTOR_MAX
    if len(data) > most:
        raise LimitError(f"a message of {len(data)} bytes on {channel.name.lower()}; the limit is {most}")
    try:
        array = msgpack.unpackb(data, strict_map_key=False)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError, OverflowError) as error:
        raise DecodeError(f"not msgpack: {str(error)[:80]}") from None
    if not isinstance(array, list) or not array or not isinstance(array[0], int):
        raise DecodeError("a message is not an array with a number")
    kind = BY_CHANNEL[channel].get(array[0])
    if kind is None:
        return None
    if len(array) <= len(kind.CHECKS):
        raise DecodeError(f"{kind.__name__} lacks fields")
    return kind(*(check(array[at]) for at, check in enumerate(kind.CHECKS, 1)))


def closing(code: CloseCode, text: str) -> bytes:
    """The last message of a link."""
    return encode(Close(code, text[:TEXT_MAX]))
