"""Batches: consecutive entries of one author's log, encoded once and signed once (docs/formats/oplog.md, "Batch").

A batch is forwarded as the bytes it came in, never split and never merged. Its signature covers the content hashes of
its ops, so that single ops can be dropped later and the rest is still proven. Nothing here checks a signature: that
takes the author's key and table of origins, which `log.py` keeps.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from edgeboard._native.batches import kernel
from edgeboard.canvas.bodies import NUMBER_MAX
from edgeboard.canvas.fields import get_number
from edgeboard.canvas.leaves import HASH_BYTES, HEAD
from edgeboard.canvas.ops import TAIL_BYTES_MAX
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import AuthorId, AuthorTag, MeshId, Origin, PersonId, RoomId
from edgeboard.varints import put_uvarint

FORMAT: Final = 1
BATCH_BYTES_MAX: Final = 64 * 1024
OPS_MAX: Final = 4096
ORIGINS_MAX: Final = 1024
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

TIME_UNIT: Final = 100  # ms, of a batch's time

_FORMAT_MASK: Final = 0x0F  # of the first byte; the flags are above
_INTRODUCES: Final = 0x10
_BRINGS_ORIGINS: Final = 0x20
_IS_ALONE: Final = 0x40  # one op: the count is left out
_FLAGS: Final = _INTRODUCES | _BRINGS_ORIGINS | _IS_ALONE
_TAG_BYTES: Final = 8
_AUTHOR_BYTES: Final = 24
_ORIGIN_BYTES: Final = 8
_PERSON_BYTES: Final = 16


class Slot(NamedTuple):
    """One entry: an op, as a row of its author's table of origins and a tail, or the content hash of a dropped one."""

    row: int
    tail: bytes
    dropped: bytes | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A decoded batch; `data` are its bytes."""

    author: AuthorTag
    first: int
    count: int
    time: int  # Unix ms at the author; a label
    introduction: tuple[AuthorId, bytes] | None  # author id, Ed25519 public key
    row: int  # of the author's table of origins where these begin
    origins: tuple[tuple[Origin, PersonId], ...]
    heads: bytes  # u32, native: where each slot begins in `data`
    data: bytes

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots, read anew."""
        return tuple(_read_slot(self.data, at, len(self.data))[0] for (at,) in HEAD.iter_unpack(self.heads))

    @property
    def signature(self) -> bytes:
        return self.data[-SIGNATURE_BYTES:]

    @property
    def end(self) -> int:
        """The entry behind its last."""
        return self.first + self.count


# ---------------------------------------------------------------------------------------------------------- decoding


def decode_batch(data: bytes) -> Batch:
    """Read a batch; neither its signature nor its ops are looked into.

    Raises:
        DecodeError: the bytes break the format.
        LimitError: larger than a limit of the contract.
    """
    if kernel is None:
        return decode_in_python(data)
    first, count, time, at, row, origins_at, origins, heads = kernel.decode_batch(data)
    introduction = None
    if at:
        key_at = at + _AUTHOR_BYTES
        introduction = AuthorId(data[at:key_at]), data[key_at : key_at + KEY_BYTES]
    brought = _origins_at(data, origins_at, origins) if origins else ()
    return Batch(AuthorTag(data[1 : 1 + _TAG_BYTES]), first, count, time, introduction, row, brought, heads, data)


def decode_in_python(data: bytes) -> Batch:
    """The twin of the kernel: as `decode_batch`."""
    if len(data) > BATCH_BYTES_MAX:
        raise LimitError(f"a batch of {len(data)} bytes; the limit is {BATCH_BYTES_MAX}")
    end = len(data) - SIGNATURE_BYTES
    if end < 1 + _TAG_BYTES:
        raise DecodeError("a batch is cut short")
    if data[0] & _FORMAT_MASK != FORMAT:
        raise DecodeError(f"a batch of the unknown format {data[0] & _FORMAT_MASK}")
    flags = data[0] & ~_FORMAT_MASK
    if flags & ~_FLAGS:
        raise DecodeError("a batch has an unknown flag")
    at = 1 + _TAG_BYTES
    author = AuthorTag(data[1:at])
    first, at = get_number(data, at)
    count = 1
    if not flags & _IS_ALONE:
        count, at = get_number(data, at)
    time, at = get_number(data, at)
    if time > NUMBER_MAX // TIME_UNIT:
        raise DecodeError("a number is above 2**53 - 1")
    if not 1 <= count <= OPS_MAX:
        raise LimitError(f"a batch of {count} ops; there are 1 to {OPS_MAX}")
    if first + count > NUMBER_MAX:
        raise DecodeError("a number is above 2**53 - 1")
    if (first == 0) != bool(flags & _INTRODUCES):
        raise DecodeError("a batch introduces its author exactly at entry 0")
    introduction: tuple[AuthorId, bytes] | None = None
    if flags & _INTRODUCES:
        if at + _AUTHOR_BYTES + KEY_BYTES > end:
            raise DecodeError("a batch is cut short")
        introduction = (
            AuthorId(data[at : at + _AUTHOR_BYTES]),
            data[at + _AUTHOR_BYTES : at + _AUTHOR_BYTES + KEY_BYTES],
        )
        at += _AUTHOR_BYTES + KEY_BYTES
    row = 0
    origins: tuple[tuple[Origin, PersonId], ...] = ()
    if flags & _BRINGS_ORIGINS:
        row, at = get_number(data, at)
        origins, at = _read_origins(data, at, end)
    heads = []
    for _ in range(count):
        if at >= end:
            raise DecodeError("the slots of a batch are cut short")
        heads.append(HEAD.pack(at))
        _, at = _read_slot(data, at, end)
    if at != end:
        raise DecodeError("the slots of a batch do not end where its signature begins")
    return Batch(author, first, count, time * TIME_UNIT, introduction, row, origins, b"".join(heads), data)


def _read_origins(data: bytes, at: int, end: int) -> tuple[tuple[tuple[Origin, PersonId], ...], int]:
    count, at = get_number(data, at)
    if not 1 <= count <= ORIGINS_MAX:
        raise LimitError(f"a batch brings {count} origins; there are 1 to {ORIGINS_MAX}")
    behind = at + count * (_ORIGIN_BYTES + _PERSON_BYTES)
    if behind > end:
        raise DecodeError("the origins of a batch are cut short")
    return _origins_at(data, at, count), behind


def _origins_at(data: bytes, at: int, count: int) -> tuple[tuple[Origin, PersonId], ...]:
    size = _ORIGIN_BYTES + _PERSON_BYTES
    return tuple(
        (Origin(int.from_bytes(data[i : i + _ORIGIN_BYTES], "big")), PersonId(data[i + _ORIGIN_BYTES : i + size]))
        for i in range(at, at + count * size, size)
    )


def _read_slot(data: bytes, at: int, end: int) -> tuple[Slot, int]:
    head, at = get_number(data, at)
    length = head >> 1
    if head & 1:
        if length:
            raise DecodeError("a dropped op has a length")
        behind = at + HASH_BYTES
        slot = Slot(0, b"", data[at:behind])
    else:
        if length > TAIL_BYTES_MAX:
            raise LimitError(f"an op of {length} bytes; the limit is {TAIL_BYTES_MAX}")
        row, at = get_number(data, at)
        behind = at + length
        slot = Slot(row, data[at:behind])
    if behind > end:
        raise DecodeError("the slots of a batch are cut short")
    return slot, behind


# ---------------------------------------------------------------------------------------------------------- encoding


def encode_batch(
    author: AuthorTag,
    first: int,
    time: int,
    introduction: tuple[AuthorId, bytes] | None,
    row: int,
    origins: Sequence[tuple[Origin, PersonId]],
    slots: Sequence[Slot],
    signature: bytes,
) -> bytes:
    """The bytes of a batch.

    Raises:
        LimitError: larger than a limit of the contract.
    """
    if not 1 <= len(slots) <= OPS_MAX:
        raise LimitError(f"a batch of {len(slots)} ops; there are 1 to {OPS_MAX}")
    flags = _INTRODUCES * (introduction is not None) | _BRINGS_ORIGINS * (len(origins) > 0)
    out = bytearray((FORMAT | flags | _IS_ALONE * (len(slots) == 1),))
    out += author
    put_uvarint(out, first)
    if len(slots) > 1:
        put_uvarint(out, len(slots))
    put_uvarint(out, time // TIME_UNIT)
    if introduction is not None:
        out += introduction[0] + introduction[1]
    out += encode_origins(row, origins)
    for slot in slots:
        if slot.dropped is not None:
            out.append(1)
            out += slot.dropped
        else:
            put_uvarint(out, len(slot.tail) << 1)
            put_uvarint(out, slot.row)
            out += slot.tail
    out += signature
    if len(out) > BATCH_BYTES_MAX:
        raise LimitError(f"a batch of {len(out)} bytes; the limit is {BATCH_BYTES_MAX}")
    return bytes(out)


def encode_origins(row: int, origins: Sequence[tuple[Origin, PersonId]]) -> bytes:
    """The origins field, beginning at a row of the author's table; empty if there are none.

    Raises:
        LimitError: more than `ORIGINS_MAX`.
    """
    if not origins:
        return b""
    if len(origins) > ORIGINS_MAX:
        raise LimitError(f"a batch brings {len(origins)} origins; the limit is {ORIGINS_MAX}")
    out = bytearray()
    put_uvarint(out, row)
    put_uvarint(out, len(origins))
    for origin, person in origins:
        out += origin.to_bytes(_ORIGIN_BYTES, "big") + person
    return bytes(out)


def signed_bytes(
    mesh: MeshId,
    room: RoomId,
    author: AuthorId,
    public_key: bytes,
    first: int,
    time: int,
    row: int,
    origins: Sequence[tuple[Origin, PersonId]],
    hashes: bytes,
) -> bytes:
    """What the signature of a batch covers; `hashes` are the content hashes of all its slots, joined."""
    return b"".join(
        (
            b"edgeboard-batch-1",
            bytes((FORMAT,)),
            mesh,
            room,
            author,
            public_key,
            first.to_bytes(8, "big"),
            (len(hashes) // HASH_BYTES).to_bytes(4, "big"),
            time.to_bytes(8, "big"),
            hashlib.sha256(encode_origins(row, origins)).digest(),
            hashes,
        )
    )


def reduce_batch(batch: Batch, drop: Mapping[int, bytes]) -> Batch:
    """The batch without the ops of some slots, under the same signature.

    Args:
        batch: what to take from.
        drop: content hash of the op to drop, by number of the slot within the batch.
    """
    slots = tuple(Slot(0, b"", drop[number]) if number in drop else slot for number, slot in enumerate(batch.slots))
    data = encode_batch(
        batch.author, batch.first, batch.time, batch.introduction, batch.row, batch.origins, slots, batch.signature
    )
    return decode_batch(data)
