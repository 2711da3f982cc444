"""Version vectors: per author, how many entries of its log are held without a gap.

A vector is a value. `next` of an author is the number of its entries held, so entry `n` is covered when
``n < next``. Vectors move whole batches, hence a value is always a batch boundary of that author.
"""

import hashlib
from collections.abc import ItemsView, Iterator, Mapping
from typing import NamedTuple, Self, final

from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import AuthorTag
from edgeboard.varints import get_uvarint, put_uvarint

AUTHORS_MAX = 10_000
TAG_BYTES = 8
ONE_BYTE = 0x80  # a varint below it is one byte


class Range(NamedTuple):
    """Entries `first` .. `end` - 1 of one author."""

    author: AuthorTag
    first: int
    end: int


@final
class Vector:
    """An immutable version vector."""

    __slots__ = ("_bytes", "_digest", "_next")

    def __init__(self, entries: Mapping[AuthorTag, int] | None = None) -> None:
        self._next: dict[AuthorTag, int] = dict(entries or {})
        if 0 in self._next.values():
            self._next = {tag: n for tag, n in self._next.items() if n}
        self._bytes: bytes | None = None  # both are made when they are asked for: pings ask every second
        self._digest: bytes | None = None

    def __getitem__(self, author: AuthorTag) -> int:
        """How many entries of `author` are held; 0 for a stranger."""
        return self._next.get(author, 0)

    def __iter__(self) -> Iterator[tuple[AuthorTag, int]]:
        return iter(sorted(self._next.items()))

    def items(self) -> ItemsView[AuthorTag, int]:
        """The same in no order, for less."""
        return self._next.items()

    def __len__(self) -> int:
        return len(self._next)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vector) and self._next == other._next

    def __hash__(self) -> int:
        return hash(frozenset(self._next.items()))

    def __repr__(self) -> str:
        return f"Vector({{{', '.join(f'{tag.hex()}: {n}' for tag, n in self)}}})"

    def covers(self, author: AuthorTag, entry: int) -> bool:
        return entry < self._next.get(author, 0)

    def includes(self, other: Self) -> bool:
        """Whether everything `other` holds is held here too."""
        mine = self._next
        return all(mine.get(tag, 0) >= n for tag, n in other._next.items())

    def merge(self, other: Self) -> "Vector":
        """The least vector that includes both."""
        merged = dict(self._next)
        for tag, n in other._next.items():
            if n > merged.get(tag, 0):
                merged[tag] = n
        return Vector(merged)

    def beyond(self, other: Self) -> list[Range]:
        """What is held here and lacks there, in order of author."""
        theirs = other._next
        return sorted(Range(tag, theirs.get(tag, 0), n) for tag, n in self._next.items() if n > theirs.get(tag, 0))

    def to_bytes(self) -> bytes:
        """The canonical encoding: a count, then (tag, next) sorted by tag."""
        if self._bytes is None:
            out = bytearray()
            put_uvarint(out, len(self._next))
            for tag, n in self:
                out += tag
                put_uvarint(out, n)
            self._bytes = bytes(out)
        return self._bytes

    @classmethod
    def read(cls, data: bytes | memoryview, at: int) -> tuple["Vector", int]:
        """Read an encoded vector at offset `at`; returns (vector, offset behind it).

        Raises:
            DecodeError: cut short, not sorted, or an entry of 0.
            LimitError: more than `AUTHORS_MAX` authors.
        """
        count, at = get_uvarint(data, at)
        if count > AUTHORS_MAX:
            raise LimitError(f"a vector of {count} authors; the limit is {AUTHORS_MAX}")
        entries: dict[AuthorTag, int] = {}
        last = b""
        for _ in range(count):
            tag = AuthorTag(bytes(data[at : at + TAG_BYTES]))
            if len(tag) < TAG_BYTES or tag <= last:
                raise DecodeError("a vector is cut short or not sorted")
            at += TAG_BYTES
            if at < len(data) and data[at] < ONE_BYTE:
                n, at = data[at], at + 1
            else:
                n, at = get_uvarint(data, at)
            if n == 0:
                raise DecodeError("a vector has an entry of 0")
            entries[tag] = n
            last = tag
        return cls(entries), at

    @classmethod
    def from_bytes(cls, data: bytes) -> "Vector":
        """Read an encoded vector that fills `data`.

        Raises:
            DecodeError: as `read`, or bytes are left over.
        """
        vector, at = cls.read(data, 0)
        if at != len(data):
            raise DecodeError("bytes follow a vector")
        return vector

    def digest(self) -> bytes:
        """8 bytes that differ when vectors differ; rides on pings."""
        if self._digest is None:
            self._digest = hashlib.sha256(self.to_bytes()).digest()[:8]
        return self._digest
