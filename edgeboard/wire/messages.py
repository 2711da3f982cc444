"""The messages of docs/formats/wire.md as values.

Only their form is checked here; whether a message may be said now is for the engine that receives it. Numbers and
positions are append-only: a decoder skips the tail of an array that it does not know, and a reader ignores numbers
that it does not know. HELLO and AUTH belong to the handshake (`wire.session`) and are unknown here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, ClassVar

import msgpack

from edgeboard.errors import CloseCode, DecodeError, LimitError
from edgeboard.identity.charter import CHARTER_MAX
from edgeboard.vectors import Range
from edgeboard.wire import fields as form
from edgeboard.wire.fields import COUNTER_MAX, ENTRY_MAX, NAME_MAX, ROOM_NAME_MAX, Check, Person
from edgeboard.wire.gossip import VECTOR_MAX, Cover, Gossip, Graft, Have, Members, Prune, Roster
from edgeboard.wire.introductions import Introduce
from edgeboard.wire.live import Live, decode_live, encode_live
from edgeboard.wire.releases import OfRelease, ReleaseIs

VERSION = 1
MESSAGE_MAX = 64 * 1024  # bytes, on ctl and log
BATCHES_MAX = 32  # in one message: taking them is one piece of work, and a pen may wait behind it
TEXT_MAX = 400  # characters of a reason or a notice


class Channel(IntEnum):
    """The three channels of a link; the numbers are on the wire."""

    CTL = 0
    LOG = 1
    LIVE = 2


@dataclass(frozen=True, slots=True)
class Close:
    code: int
    text: str
    NUMBER: ClassVar[int] = 3
    CHECKS: ClassVar[tuple[Check, ...]] = (form.number(255), form.text(TEXT_MAX))


@dataclass(frozen=True, slots=True)
class Ping:
    sequence: int
    digests: Mapping[bytes, bytes]  # room id to vector digest; `gossip.ROSTER` to that of the roster
    NUMBER: ClassVar[int] = 4
    CHECKS: ClassVar[tuple[Check, ...]] = (form.number(ENTRY_MAX), form.digests)


@dataclass(frozen=True, slots=True)
class Pong:
    sequence: int
    NUMBER: ClassVar[int] = 5
    CHECKS: ClassVar[tuple[Check, ...]] = (form.number(ENTRY_MAX),)


@dataclass(frozen=True, slots=True)
class Join:
    room: bytes  # empty from a guest
    name: str
    vector: bytes
    handle: int
    NUMBER: ClassVar[int] = 6
    CHECKS: ClassVar[tuple[Check, ...]] = (
        form.room_or_empty,
        form.text(ROOM_NAME_MAX),
        form.blob(VECTOR_MAX),
        form.number(255),
    )


@dataclass(frozen=True, slots=True)
class Leave:
    room: bytes
    NUMBER: ClassVar[int] = 7
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16),)


@dataclass(frozen=True, slots=True)
class VectorIs:
    room: bytes
    vector: bytes
    NUMBER: ClassVar[int] = 8
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.blob(VECTOR_MAX))


@dataclass(frozen=True, slots=True)
class Want:
    room: bytes
    ranges: tuple[Range, ...]
    NUMBER: ClassVar[int] = 9
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.ranges)


@dataclass(frozen=True, slots=True)
class Credit:
    processed: int  # log bytes since the link opened
    NUMBER: ClassVar[int] = 10
    CHECKS: ClassVar[tuple[Check, ...]] = (form.number(ENTRY_MAX),)


@dataclass(frozen=True, slots=True)
class Stored:
    room: bytes
    vector: bytes  # changed authors only
    NUMBER: ClassVar[int] = 11
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.blob(VECTOR_MAX))


@dataclass(frozen=True, slots=True)
class Digest:
    room: bytes
    vector: bytes  # 8 bytes, Vector.digest()
    canvas: bytes  # 16 bytes, Document.digest()
    NUMBER: ClassVar[int] = 12
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.exactly(8), form.exactly(16))


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
        form.number(255),
        form.exactly(16),
        form.exactly(8),
        form.text(NAME_MAX),
        form.number(form.COLOUR_MAX),
        form.mapping,
    )


@dataclass(frozen=True, slots=True)
class Welcome:
    version: int
    node: bytes
    name: str
    limits: Mapping[str, Any]
    software: str
    NUMBER: ClassVar[int] = 14
    CHECKS: ClassVar[tuple[Check, ...]] = (
        form.number(255),
        form.exactly(16),
        form.text(NAME_MAX),
        form.mapping,
        form.text(64),
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    room: bytes
    level: int  # 1 saved, 2 safe
    origin: bytes
    counters: tuple[int, ...]  # from, to, from, to ...; inclusive
    NUMBER: ClassVar[int] = 15
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.number(255), form.exactly(8), form.counters)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    room: bytes
    vector: bytes
    NUMBER: ClassVar[int] = 16
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.blob(VECTOR_MAX))


@dataclass(frozen=True, slots=True)
class Presence:
    room: bytes
    node: bytes
    people: tuple[Person, ...]
    version: int  # rises with each list of that node
    NUMBER: ClassVar[int] = 17
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.exactly(16), form.people, form.number(ENTRY_MAX))


@dataclass(frozen=True, slots=True)
class Refused:
    room: bytes
    origin: bytes
    counter: int
    code: int
    text: str
    NUMBER: ClassVar[int] = 18
    CHECKS: ClassVar[tuple[Check, ...]] = (
        form.exactly(16),
        form.exactly(8),
        form.number(COUNTER_MAX),
        form.number(255),
        form.text(TEXT_MAX),
    )


@dataclass(frozen=True, slots=True)
class Notice:
    level: int
    text: str
    NUMBER: ClassVar[int] = 19
    CHECKS: ClassVar[tuple[Check, ...]] = (form.number(255), form.text(TEXT_MAX))


@dataclass(frozen=True, slots=True)
class RoomIs:
    room: bytes
    name: str
    state: str
    NUMBER: ClassVar[int] = 20
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.text(ROOM_NAME_MAX), form.text(32))


@dataclass(frozen=True, slots=True)
class BlobWant:
    """Send me of this blob the bytes from `offset` on, as many as `length`."""

    content: bytes  # SHA-256
    offset: int
    length: int
    NUMBER: ClassVar[int] = 21
    CHECKS: ClassVar[tuple[Check, ...]] = (
        form.exactly(32),
        form.number(ENTRY_MAX),
        form.number(form.BLOB_CHUNK_MAX),
    )


@dataclass(frozen=True, slots=True)
class BlobChunk:
    content: bytes
    offset: int
    total: int  # bytes of the whole blob
    data: bytes
    NUMBER: ClassVar[int] = 22
    CHECKS: ClassVar[tuple[Check, ...]] = (
        form.exactly(32),
        form.number(ENTRY_MAX),
        form.number(ENTRY_MAX),
        form.blob(form.BLOB_CHUNK_MAX),
    )


@dataclass(frozen=True, slots=True)
class BlobHave:
    held: tuple[form.Held, ...]
    NUMBER: ClassVar[int] = 23
    CHECKS: ClassVar[tuple[Check, ...]] = (form.holdings,)


@dataclass(frozen=True, slots=True)
class BlobLack:
    """I do not have it (code 1), or will not take it (another code, and why)."""

    content: bytes
    code: int
    text: str
    NUMBER: ClassVar[int] = 24
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(32), form.number(255), form.text(TEXT_MAX))


@dataclass(frozen=True, slots=True)
class Hosts:
    """Other boards that a guest can go to, and what lets it in there."""

    hosts: tuple[form.Host, ...]
    ticket: str
    NUMBER: ClassVar[int] = 31
    CHECKS: ClassVar[tuple[Check, ...]] = (form.hosts, form.text(TEXT_MAX))


@dataclass(frozen=True, slots=True)
class CharterIs:
    """What I know of our mesh (docs/formats/trust.md), and the secret of its epoch."""

    charter: bytes
    secret: bytes
    NUMBER: ClassVar[int] = 26
    CHECKS: ClassVar[tuple[Check, ...]] = (form.blob(CHARTER_MAX), form.exactly(32))


@dataclass(frozen=True, slots=True)
class BatchIs:
    room: bytes
    batch: bytes
    NUMBER: ClassVar[int] = 32
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.blob(MESSAGE_MAX))


@dataclass(frozen=True, slots=True)
class Batches:
    """Several batches of one room, between nodes."""

    room: bytes
    batches: tuple[bytes, ...]
    NUMBER: ClassVar[int] = 38
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.blobs(BATCHES_MAX, MESSAGE_MAX))


@dataclass(frozen=True, slots=True)
class Submit:
    room: bytes
    origin: bytes
    tails: tuple[bytes, ...]
    NUMBER: ClassVar[int] = 33
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.exactly(8), form.tails)


@dataclass(frozen=True, slots=True)
class Fragment:
    id: int
    index: int
    total: int
    data: bytes
    NUMBER: ClassVar[int] = 34
    CHECKS: ClassVar[tuple[Check, ...]] = (
        form.number(ENTRY_MAX),
        form.number(4096),
        form.number(4096),
        form.blob(MESSAGE_MAX),
    )


@dataclass(frozen=True, slots=True)
class Recent:
    room: bytes
    ops: tuple[form.Owned, ...]
    NUMBER: ClassVar[int] = 35
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.owned)


Packed = (
    Close | Ping | Pong | Join | Leave | VectorIs | Want | Credit | Stored | Digest | Guest | Welcome | Receipt
    | CaughtUp | Presence | Refused | Notice | RoomIs | BlobWant | BlobChunk | BlobHave | BlobLack | Hosts
    | CharterIs | BatchIs | Batches | Submit | Fragment | Recent | Gossip | Introduce | ReleaseIs | OfRelease
)  # fmt: skip
OfBlobs = BlobWant | BlobChunk | BlobHave | BlobLack
Message = Packed | Live
CTL: dict[int, type[Packed]] = {
    kind.NUMBER: kind
    for kind in (
        Close, Ping, Pong, Join, Leave, VectorIs, Want, Credit, Stored, Digest, Guest, Welcome, Receipt, CaughtUp,
        Presence, Refused, Notice, RoomIs, BlobWant, BlobChunk, BlobHave, BlobLack, CharterIs, Hosts,
        Fragment, Members, Roster, Have, Prune, Graft, Cover, Introduce, ReleaseIs, OfRelease,
    )
}  # fmt: skip
LOG: dict[int, type[Packed]] = {kind.NUMBER: kind for kind in (BatchIs, Batches, Submit, Fragment, Recent)}
BY_CHANNEL: dict[Channel, dict[int, type[Packed]]] = {Channel.CTL: CTL, Channel.LOG: LOG}
FIELDS = {kind: tuple(f.name for f in fields(kind)) for table in BY_CHANNEL.values() for kind in table.values()}


def encode(message: Message) -> bytes:
    """The bytes of a message, as they go into a channel."""
    if isinstance(message, Live):
        return encode_live(message)
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
    if channel is Channel.LIVE:
        return decode_live(data)
    if len(data) > VECTOR_MAX:
        raise LimitError(f"a message of {len(data)} bytes on {channel.name.lower()}; the limit is {VECTOR_MAX}")
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
