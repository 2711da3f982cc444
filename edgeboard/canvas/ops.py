"""Ops: immutable facts, their envelope and who makes them (docs/formats/oplog.md, "Op").

An op is an origin and a tail. The tail is encoded once by its maker and kept as the bytes it came in; its body is read
only by whoever needs it. Enum values are on the wire: append only.
"""

import hashlib
from typing import Final, NamedTuple, final

from edgeboard.canvas.bodies import (
    NUMBER_MAX,
    Acl,
    Add,
    Alive,
    Body,
    Clear,
    Context,
    Cut,
    Floor,
    ItemType,
    Kind,
    Meta,
    Register,
    Role,
    Set,
    Undo,
    Unknown,
    kind_of,
    put_body,
)
from edgeboard.canvas.fields import get_body, get_number
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import COUNTER_BITS, COUNTER_MAX, OpId, Origin, counter_of, op_id, origin_of
from edgeboard.varints import put_uvarint

__all__ = [
    "LAMPORT_MAX",
    "TAIL_BYTES_MAX",
    "Acl",
    "Add",
    "Alive",
    "Body",
    "Clear",
    "Context",
    "Cut",
    "Floor",
    "ItemType",
    "Kind",
    "Maker",
    "Meta",
    "Op",
    "Register",
    "Role",
    "Set",
    "Undo",
    "Unknown",
    "content_hash",
    "decode_body",
    "decode_op",
    "encode_op",
    "hash_of",
]

TAIL_BYTES_MAX: Final = 16 * 1024
LAMPORT_MAX: Final = NUMBER_MAX

_KINDS: Final[dict[int, int]] = {kind.value: kind for kind in Kind}  # a lookup is a tenth of the price of Kind(n)
_UNDOS: Final = tuple(Undo)
_make_op: Final = tuple.__new__  # half the price of Op(...)


class Op(NamedTuple):
    """One immutable fact; `body_at` is where in the tail its body begins.

    A tuple, because it is made once for every op that comes in, and a frozen dataclass takes ten times as long.
    """

    id: OpId
    lamport: int
    kind: int  # a Kind, or the number of a kind we do not know
    undo: Undo
    more: bool  # belongs to the same gesture as the op before it
    at: int | None  # Unix milliseconds; a label
    tail: bytes
    body_at: int


def decode_op(origin: Origin, tail: bytes) -> Op:
    """Read the head of an op; its body is left to `decode_body`.

    Raises:
        DecodeError: the head breaks the format.
        LimitError: more than `TAIL_BYTES_MAX` bytes.
    """
    if len(tail) > TAIL_BYTES_MAX:
        raise LimitError(f"an op of {len(tail)} bytes; the limit is {TAIL_BYTES_MAX}")
    counter, at = get_number(tail, 0)
    gap, at = get_number(tail, at)
    head, at = get_number(tail, at)
    if not 1 <= counter <= COUNTER_MAX:
        raise DecodeError("the counter of an op is out of range")
    lamport = counter + gap
    if lamport > LAMPORT_MAX:
        raise DecodeError("a Lamport number is above 2**53 - 1")
    id = origin << COUNTER_BITS | counter
    if head & 15 == 0:  # neither dated nor of a gesture nor an undo, like nearly all
        kind = head >> 4
        return _make_op(Op, (id, lamport, _KINDS.get(kind, kind), Undo.NONE, False, None, tail, at))
    undo = head >> 2 & 3
    if undo == 3:
        raise DecodeError("an op is neither ordinary nor undo nor redo")
    made: int | None = None
    if head & 1:
        made, at = get_number(tail, at)
    kind = head >> 4
    return Op(OpId(id), lamport, _KINDS.get(kind, kind), _UNDOS[undo], head & 2 != 0, made, tail, at)


def decode_body(op: Op) -> Body:
    """The body of an op; an unknown kind gives `Unknown`.

    Raises:
        DecodeError: the body breaks its format.
    """
    return get_body(op.kind, op.tail, op.body_at, op.id)


def encode_op(
    id: OpId, lamport: int, body: Body, *, undo: Undo = Undo.NONE, more: bool = False, at: int | None = None
) -> Op:
    """Make an op; its id and stamp are chosen here, once.

    Raises:
        LimitError: the body or the tail is above a limit of the contract.
    """
    counter = counter_of(id)
    if not counter <= lamport <= LAMPORT_MAX:
        raise LimitError(f"the Lamport number {lamport} is not within {counter} .. 2**53 - 1")
    kind = kind_of(body)
    out = bytearray()
    put_uvarint(out, counter)
    put_uvarint(out, lamport - counter)
    put_uvarint(out, kind << 4 | undo << 2 | more << 1 | (at is not None))
    if at is not None:
        put_uvarint(out, at)
    body_at = len(out)
    put_body(out, body, id)
    if len(out) > TAIL_BYTES_MAX:
        raise LimitError(f"an op of {len(out)} bytes; the limit is {TAIL_BYTES_MAX}")
    return Op(id, lamport, kind, undo, more, at, bytes(out), body_at)


def content_hash(origin: Origin, tail: bytes) -> bytes:
    """16 bytes that tell two contents of one op id apart; what a batch's signature covers."""
    return hashlib.sha256(origin.to_bytes(8, "big") + tail).digest()[:16]


def hash_of(op: Op) -> bytes:
    """The content hash of an op."""
    return content_hash(origin_of(op.id), op.tail)


@final
class Maker:
    """Makes the ops of one origin and counts them."""

    def __init__(self, origin: Origin, counter: int = 0) -> None:
        """Args:
        origin: never used by another run of any device.
        counter: how many ops it has made.
        """
        self.origin = origin
        self.counter = counter
        self._lamport = counter

    @property
    def next_id(self) -> OpId:
        """The id of the op that is made next."""
        return op_id(self.origin, self.counter + 1)

    def make(
        self, body: Body, lamport: int, *, undo: Undo = Undo.NONE, more: bool = False, at: int | None = None
    ) -> Op:
        """The next op.

        Args:
            body: what it does.
            lamport: the highest Lamport number seen; the op gets one more.
            undo: whether it is part of an undo or a redo.
            more: it belongs to the same gesture as the op before it.
            at: Unix milliseconds, when it was made offline.

        Raises:
            LimitError: too large, or the counter is used up; nothing has been counted.
        """
        if self.counter >= COUNTER_MAX:
            raise LimitError("an origin has made all the ops it can")
        stamp = max(lamport, self._lamport) + 1
        op = encode_op(self.next_id, stamp, body, undo=undo, more=more, at=at)
        self.counter += 1
        self._lamport = stamp
        return op
