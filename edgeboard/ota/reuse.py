"""Makes most of a new wheel from the one before: a release that changes little travels little.

A wheel is a zip: its end lists every member with place, length and checksum. Members that the old wheel has with the
same lengths and checksum are copied as they are compressed; the heads between them follow from the list; the rest
is fetched. A guess may be wrong, or the list a lie: whoever puts the pieces together checks each chunk by its signed
hash, and fetches those that do not fit. Pure: bytes in, bytes out.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from edgeboard.errors import DecodeError

TAIL_BYTES: Final = 64 * 1024  # of a new wheel that are fetched first: most lists are shorter
REUSED_MAX: Final = 8 * 1024 * 1024  # bytes of a wheel that is put together in memory
MEMBERS_MAX: Final = 20_000
ASKED_MAX: Final = 48  # pieces that are fetched one by one; each costs a round trip
GAP_BYTES: Final = 512  # between two pieces that are fetched as one; grows until they are few enough

_END: Final = struct.Struct("<4s4H2IH")
_LISTED: Final = struct.Struct("<4s6H3I5H2I")
_HEAD: Final = struct.Struct("<4s5H3I2H")
_STREAMED: Final = 0x08  # flag: lengths come after the data


class Member(NamedTuple):
    """A file in a wheel, as the list says."""

    name: bytes
    needed: int  # version to unpack it
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int  # bytes
    unpacked: int
    offset: int  # of its head

    @property
    def key(self) -> tuple[int, int, int, int]:
        """By which a member is taken for the same in two wheels, whatever it is called."""
        return self.method, self.crc, self.packed, self.unpacked

    def head(self) -> bytes:
        """What stands before its data, if nothing unusual does."""
        fields = (self.needed, self.flags, self.method, self.time, self.date, self.crc, self.packed, self.unpacked)
        return _HEAD.pack(b"PK\x03\x04", *fields, len(self.name), 0) + self.name


@dataclass(slots=True)
class Draft:
    """A wheel that is put together."""

    data: bytearray
    asked: list[tuple[int, int]]  # offset and length of what has to be fetched
    copied: int  # bytes from the old wheel

    def fill(self, offset: int, piece: bytes) -> None:
        self.data[offset : offset + len(piece)] = piece


def find_list(tail: bytes, length: int) -> tuple[int, int]:
    """Where the list of a wheel of so many bytes lies, by its last bytes: offset and size.

    Raises:
        DecodeError: it has none that is of use.
    """
    if len(tail) < _END.size:
        raise DecodeError("too short for a wheel")
    magic, disk, first, here, count, size, offset, comment = _END.unpack(tail[-_END.size :])
    if magic != b"PK\x05\x06" or disk or first or here != count or comment or count > MEMBERS_MAX:
        raise DecodeError("no plain zip")
    if offset + size + _END.size != length:
        raise DecodeError("a list that is not where it is said to be")
    return offset, size


def read_list(data: bytes) -> list[Member]:
    """The members of a wheel, in the order in which they lie in it.

    Raises:
        DecodeError: damaged.
    """
    members: list[Member] = []
    at = 0
    while at < len(data):
        if at + _LISTED.size > len(data) or len(members) == MEMBERS_MAX:
            raise DecodeError("a list that is damaged")
        fields = _LISTED.unpack_from(data, at)
        magic, _, needed, flags, method, time, date, crc, packed, unpacked, name, extra, comment = fields[:13]
        at += _LISTED.size
        if magic != b"PK\x01\x02" or at + name + extra + comment > len(data):
            raise DecodeError("a list that is damaged")
        text = data[at : at + name]
        members.append(Member(text, needed, flags, method, time, date, crc, packed, unpacked, fields[16]))
        at += name + extra + comment
    return sorted(members, key=lambda member: member.offset)


def draft(listed: bytes, offset: int, length: int, old: bytes) -> Draft:
    """Begin a wheel of so many bytes, whose list lies at `offset`, with what an old one has of it.

    Raises:
        DecodeError: one of the two is no wheel.
    """
    known = {member.key: member for member in read_list(_list_of(old))}
    members = read_list(listed)
    if not members:
        raise DecodeError("a list without members")
    made = Draft(bytearray(length), [], 0)
    made.fill(offset, listed)
    missing: list[tuple[int, int]] = []
    at = 0
    for member, after in zip(members, [*(member.offset for member in members[1:]), offset], strict=True):
        head = member.head()
        twin = known.get(member.key)
        fits = member.offset == at and after - at == len(head) + member.packed and not member.flags & _STREAMED
        data = _data_of(old, twin) if twin is not None and fits else None
        if not at <= after <= offset:
            raise DecodeError("members that overlap")
        if not fits:
            missing.append((at, after))
        else:
            made.fill(at, head)
            if data is None:
                missing.append((at + len(head), after))
            else:
                made.fill(at + len(head), data)
                made.copied += len(data)
        at = after
    made.asked = [(start, end - start) for start, end in _join([span for span in missing if span[0] < span[1]])]
    return made


def _list_of(wheel: bytes) -> bytes:
    offset, size = find_list(wheel, len(wheel))
    return wheel[offset : offset + size]


def _data_of(wheel: bytes, member: Member) -> bytes | None:
    """The packed data of a member; None if it is not where the list says."""
    if member.offset + _HEAD.size > len(wheel):
        return None
    fields = _HEAD.unpack_from(wheel, member.offset)
    start = member.offset + _HEAD.size + fields[9] + fields[10]
    data = wheel[start : start + member.packed]
    return data if fields[0] == b"PK\x03\x04" and len(data) == member.packed else None


def _join(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that lie close together as one; the closer, the fewer there are."""
    gap, joined = GAP_BYTES, list(_close(spans, GAP_BYTES))
    while len(joined) > ASKED_MAX:
        gap *= 2
        joined = list(_close(spans, gap))
    return joined


def _close(spans: Sequence[tuple[int, int]], gap: int) -> Iterator[tuple[int, int]]:
    begun: tuple[int, int] | None = None
    for start, end in spans:
        if begun is not None and start - begun[1] <= gap:
            begun = begun[0], end
            continue
        if begun is not None:
            yield begun
        begun = start, end
    if begun is not None:
        yield begun
