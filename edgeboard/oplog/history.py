"""History segments: ops that a floor has let go of, for those who want to see the past (docs/formats/history.md).

A segment stands alone: which entry of whose log an op was, who made it, when, and its tail as it was. What can be
predicted from the op before is a column of surprises; the bodies lie one behind the other, compressed where that pays.
Put back into the place that it was dropped from, an op fits the content hash that stands there.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from edgeboard.canvas.document import Place
from edgeboard.canvas.ops import TAIL_BYTES_MAX
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import COUNTER_MAX, AuthorTag, Origin, PersonId
from edgeboard.oplog.batch import TIME_UNIT
from edgeboard.oplog.columns import decode_column, encode_column
from edgeboard.varints import get_uvarint, put_uvarint, unzigzag, zigzag

FORMAT: Final = 1
ENTRIES_MAX: Final = 65_536
OWNERS_MAX: Final = 10_000  # authors in a segment, and pairs of origin and person
BODIES_MAX: Final = 4 << 20  # bytes, as they were
SEGMENT_MAX: Final = BODIES_MAX + (1 << 20)

COLUMNS: Final = ("author", "entry", "time", "owner", "counter", "stamp", "length")

_TAG_BYTES: Final = 8
_ORIGIN_BYTES: Final = 8
_PERSON_BYTES: Final = 16
_STORED: Final = 0
_DEFLATED: Final = 1
_WORTH: Final = 0.95  # of the bytes, or it is not worth the time to inflate them
_NUMBER_MAX: Final = (1 << 53) - 1


class Entry(NamedTuple):
    """One op that was let go of."""

    place: Place
    origin: Origin
    person: PersonId
    time: int  # Unix ms of the batch that it lay in; a label
    tail: bytes


def encode_segment(entries: Sequence[Entry]) -> bytes:
    """The bytes of a segment; the ops come back in order of their places.

    Raises:
        LimitError: none, too many or too large, or a tail that is no op's.
    """
    if not 1 <= len(entries) <= ENTRIES_MAX:
        raise LimitError(f"a segment of {len(entries)} ops; there are 1 to {ENTRIES_MAX}")
    split = take_apart(entries)
    out = bytearray((FORMAT,))
    put_uvarint(out, split.unit)
    put_uvarint(out, len(split.authors))
    out += b"".join(split.authors)
    put_uvarint(out, len(split.owners))
    for origin, person in split.owners:
        out += origin.to_bytes(_ORIGIN_BYTES, "big") + person
    put_uvarint(out, len(entries))
    for column in split.columns.values():
        data = encode_column(column)
        put_uvarint(out, len(data))
        out += data
    put_uvarint(out, len(split.bodies))
    packed = zlib.compress(split.bodies, 6)
    pays = len(packed) < len(split.bodies) * _WORTH
    out.append(_DEFLATED if pays else _STORED)
    return bytes(out + (packed if pays else split.bodies))


@dataclass(frozen=True, slots=True)
class Split:
    """Ops in order of their places, by what they are made of."""

    unit: int  # ms, of the labels
    authors: list[AuthorTag]
    owners: list[tuple[Origin, PersonId]]
    columns: dict[str, list[int]]  # by what is in them, in the order of `COLUMNS`
    bodies: bytes


class _Seen:
    """What the columns of both ways are predicted from."""

    def __init__(self, owners: int) -> None:
        self.author = 0
        self.entry = 0  # that would follow, of the author under way
        self.time: dict[int, int] = {}  # of the last op, by author
        self.lamport = 0
        self.counter = [0] * owners  # of the last op, by owner
        self.recent = list(range(owners))  # owners, the latest first


def take_apart(entries: Sequence[Entry]) -> Split:
    """What a segment of these ops consists of.

    Raises:
        LimitError: as `encode_segment`.
    """
    ordered = sorted(entries, key=lambda entry: entry.place)
    authors = list(dict.fromkeys(entry.place.author for entry in ordered))
    owners = list(dict.fromkeys((entry.origin, entry.person) for entry in ordered))
    if max(len(authors), len(owners)) > OWNERS_MAX:
        raise LimitError(f"a segment of more than {OWNERS_MAX} authors or origins")
    unit = TIME_UNIT if all(entry.time % TIME_UNIT == 0 for entry in ordered) else 1
    rows = {tag: row for row, tag in enumerate(authors)}
    owner_rows = {owner: row for row, owner in enumerate(owners)}
    seen = _Seen(len(owners))
    columns: dict[str, list[int]] = {name: [] for name in COLUMNS}
    bodies = bytearray()
    for place, origin, person, ms, tail in ordered:
        time = ms // unit
        try:
            counter, at = get_uvarint(tail, 0)
            gap, at = get_uvarint(tail, at)
        except DecodeError as error:
            raise LimitError(f"a tail is no op's: {error}") from None
        row, owner = rows[place.author], owner_rows[origin, person]
        if row != seen.author:
            seen.entry = 0
        rank = seen.recent.index(owner)
        lamport = counter + gap
        surprises = (
            row - seen.author,
            place.entry - seen.entry,
            zigzag(time - seen.time.get(row, 0)),
            rank,
            zigzag(counter - seen.counter[owner] - 1),
            zigzag(lamport - seen.lamport - 1),
            len(tail) - at,
        )
        for column, surprise in zip(columns.values(), surprises, strict=True):
            column.append(surprise)
        seen.recent.insert(0, seen.recent.pop(rank))
        seen.author, seen.entry, seen.time[row] = row, place.entry + 1, time
        seen.lamport, seen.counter[owner] = lamport, counter
        bodies += tail[at:]
    if len(bodies) > BODIES_MAX:
        raise LimitError(f"a segment of {len(bodies)} bytes; the limit is {BODIES_MAX}")
    return Split(unit, authors, owners, columns, bytes(bodies))


def decode_segment(data: bytes) -> list[Entry]:
    """The ops of a segment, in order of their places.

    Raises:
        DecodeError: the bytes break the format.
        LimitError: larger than a limit of the format.
    """
    if len(data) > SEGMENT_MAX:
        raise LimitError(f"a segment of {len(data)} bytes; the limit is {SEGMENT_MAX}")
    if not data or data[0] != FORMAT:
        raise DecodeError("not a segment of a known format")
    unit, at = _count(data, 1, TIME_UNIT)
    count, at = _count(data, at, OWNERS_MAX)
    authors, at = _pieces(data, at, count, _TAG_BYTES)
    count, at = _count(data, at, OWNERS_MAX)
    owners, at = _pieces(data, at, count, _ORIGIN_BYTES + _PERSON_BYTES)
    count, at = _count(data, at, ENTRIES_MAX)
    columns = []
    for _ in COLUMNS:
        size, at = get_uvarint(data, at)
        (column,), at = _pieces(data, at, 1, size)
        columns.append(decode_column(column, count))
    size, at = get_uvarint(data, at)
    if size > BODIES_MAX:
        raise LimitError(f"a segment of {size} bytes of bodies; the limit is {BODIES_MAX}")
    bodies = _inflate(data[at:], size)
    if sum(columns[-1]) != size:
        raise DecodeError("the bodies of a segment do not fill it")
    return list(_put_together(authors, owners, columns, bodies, unit))


def _put_together(
    authors: Sequence[bytes], owners: Sequence[bytes], columns: list[list[int]], bodies: bytes, unit: int
) -> Iterator[Entry]:
    seen = _Seen(len(owners))
    at = 0
    for step, ahead, elapsed, rank, counted, stamped, size in zip(*columns, strict=True):
        row = seen.author + step
        if row >= len(authors) or rank >= len(owners):
            raise DecodeError("an op of a segment is nobody's")
        if step:
            seen.entry = 0
        owner = seen.recent.pop(rank)
        seen.recent.insert(0, owner)
        entry = seen.entry + ahead
        time = seen.time.get(row, 0) + unzigzag(elapsed)
        counter = seen.counter[owner] + 1 + unzigzag(counted)
        lamport = seen.lamport + 1 + unzigzag(stamped)
        if not (0 < counter <= COUNTER_MAX and counter <= lamport <= _NUMBER_MAX):
            raise DecodeError("an op of a segment has no sound counter or stamp")
        if entry > _NUMBER_MAX or not 0 <= time * unit <= _NUMBER_MAX:
            raise DecodeError("an op of a segment has no sound place or label")
        tail = bytearray()
        put_uvarint(tail, counter)
        put_uvarint(tail, lamport - counter)
        tail += bodies[at : at + size]
        if len(tail) > TAIL_BYTES_MAX:
            raise LimitError(f"an op of {len(tail)} bytes; the limit is {TAIL_BYTES_MAX}")
        at += size
        seen.author, seen.entry, seen.time[row] = row, entry + 1, time
        seen.lamport, seen.counter[owner] = lamport, counter
        whose = owners[owner]
        yield Entry(
            Place(AuthorTag(authors[row]), entry),
            Origin(int.from_bytes(whose[:_ORIGIN_BYTES], "big")),
            PersonId(whose[_ORIGIN_BYTES:]),
            time * unit,
            bytes(tail),
        )


def _count(data: bytes, at: int, most: int) -> tuple[int, int]:
    count, at = get_uvarint(data, at)
    if not 1 <= count <= most:
        raise LimitError(f"a segment counts {count} where there are 1 to {most}")
    return count, at


def _pieces(data: bytes, at: int, count: int, size: int) -> tuple[list[bytes], int]:
    end = at + count * size
    if end > len(data):
        raise DecodeError("a segment is cut short")
    return [data[start : start + size] for start in range(at, end, size or 1)] if size else [b""] * count, end


def _inflate(data: bytes, size: int) -> bytes:
    """The bodies, of which there are `size` bytes."""
    if not data or data[0] not in (_STORED, _DEFLATED):
        raise DecodeError("the bodies of a segment are in an unknown form")
    bodies = data[1:]
    if data[0] == _DEFLATED:
        inflater = zlib.decompressobj()
        try:
            bodies = inflater.decompress(bodies, size + 1)
        except zlib.error as error:
            raise DecodeError(f"the bodies of a segment cannot be inflated: {error}") from None
        if inflater.unused_data or not inflater.eof:
            raise DecodeError("the bodies of a segment do not end where it does")
    if len(bodies) != size:
        raise DecodeError("the bodies of a segment are not as long as it says")
    return bodies
