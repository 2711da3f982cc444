"""Where plain items lie: a room has hundreds of thousands of them, so none of them is a Python object.

A leaf is one batch of the log as the canvas needs it: its bytes, and where its entries begin in them. An op that adds
an item and carries nothing else about the canvas is found by its id alone: an origin counts its ops, so nearly always
a whole run of them lies in consecutive entries of one leaf, and a run costs 14 bytes, however long it is.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Final, NamedTuple, final

from edgeboard._native.batches import kernel
from edgeboard.canvas.fields import get_add, get_number, get_ref
from edgeboard.canvas.ops import Kind, Op, content_hash, decode_op
from edgeboard.errors import DecodeError
from edgeboard.ids import COUNTER_BITS, COUNTER_MAX, AuthorTag, OpId, Origin, PersonId

HASH_BYTES: Final = 16
HEAD: Final = Struct("=I")
RUN: Final = Struct("=IIHH")  # row, counter, entry within the batch, count
# Lamport number, head, row, counter, offset and size of the tail, entry, where the body begins in it; and of a set
# or an alive with a sound target: its counter, its origin if it is FAR, register or value, offset behind, NEAR or FAR.
OTHER: Final = Struct("=QQIIIIHHIQHHI")
NEAR: Final = 1
FAR: Final = 2
DROPPED: Final = 0xFFFFFFFF  # as the size of a tail: the op was dropped, and the offset is that of its content hash

_NO_WORD: Final = (0, 0, 0, 0, 0)

Table = Sequence[tuple[Origin, PersonId]]


class Survey(NamedTuple):
    """What the ops of a batch are, packed."""

    lamport: int  # the highest
    runs: bytes  # of RUN: plain items of one origin with consecutive counters in consecutive entries
    others: bytes  # of OTHER: everything else


@final
class Leaf:
    """One batch of one author's log."""

    __slots__ = ("_hashes", "author", "data", "first", "heads", "table")

    def __init__(self, author: AuthorTag, first: int, data: bytes, heads: bytes, table: Table) -> None:
        self.author = author
        self.first = first  # entry
        self.data = data
        self.heads = heads  # u32, native: where each slot begins in `data`
        self.table = table  # of the author's origins, at least up to this batch
        self._hashes: bytes | None = None

    @property
    def count(self) -> int:
        return len(self.heads) // HEAD.size

    def tail(self, entry: int) -> bytes:
        """The tail of a slot that holds an op; `entry` counts from the first of the batch."""
        data = self.data
        head, at = get_number(data, HEAD.unpack_from(self.heads, entry * HEAD.size)[0])
        _, at = get_number(data, at)
        return data[at : at + (head >> 1)]

    def survey(self) -> Survey:
        """What its ops are.

        Raises:
            DecodeError: the head of an op breaks the format, or its origin is not in the table.
        """
        return survey(self.data, self.heads, self.table)

    def hashes(self) -> bytes:
        """The content hashes of all slots.

        Raises:
            DecodeError: the origin of an op is not in the table.
        """
        if self._hashes is None:
            self._hashes = hash_slots(self.data, self.heads, self.table)
        return self._hashes

    def hash(self, entry: int) -> bytes:
        """The content hash of one slot."""
        return self.hashes()[entry * HASH_BYTES : (entry + 1) * HASH_BYTES]


class Spot(NamedTuple):
    """Where an op lies: an entry of a leaf, counted from the leaf's first."""

    leaf: Leaf
    entry: int

    @property
    def tail(self) -> bytes:
        return self.leaf.tail(self.entry)

    @property
    def hash(self) -> bytes:
        return self.leaf.hash(self.entry)


class Run(NamedTuple):
    """Plain items of one origin with consecutive counters, in consecutive entries."""

    counter: int
    length: int
    leaf: Leaf
    entry: int


@final
class _Origin:
    """The runs of one origin, by their counters."""

    __slots__ = ("counts", "entries", "leaves", "starts", "top")

    def __init__(self) -> None:
        self.starts = array("I")
        self.counts = array("H")
        self.leaves = array("I")
        self.entries = array("H")
        self.top = 0  # the highest counter of any op of the origin


@final
class Leaves:
    """The plain items of a canvas."""

    __slots__ = ("_leaves", "_origins", "count")

    def __init__(self) -> None:
        self.count = 0  # items
        self._leaves: list[Leaf] = []
        self._origins: dict[Origin, _Origin] = {}

    def admit(self, origin: Origin, counter: int, count: int = 1) -> bool:
        """Say that ops are known, from a counter on; whether none of them, nor any behind them, was known before."""
        known = self._origins.get(origin)
        if known is None:
            known = self._origins[origin] = _Origin()
        is_beyond = counter > known.top
        last = counter + count - 1
        if last > known.top:
            known.top = last
        return is_beyond

    def add(self, origin: Origin, counter: int, count: int, leaf: Leaf, entry: int) -> None:
        """Take a run of items that were admitted; runs of one leaf come behind each other."""
        if not self._leaves or self._leaves[-1] is not leaf:
            self._leaves.append(leaf)
        known = self._origins[origin]
        self.count += count
        at = len(known.starts)
        if at and counter < known.starts[-1]:
            at = bisect_right(known.starts, counter)
        known.starts.insert(at, counter)
        known.counts.insert(at, count)
        known.leaves.insert(at, len(self._leaves) - 1)
        known.entries.insert(at, entry)

    def remove(self, op: OpId) -> None:
        """Forget an item that is here."""
        known = self._origins[Origin(op >> COUNTER_BITS)]
        counter = op & COUNTER_MAX
        at = bisect_right(known.starts, counter) - 1
        start, count, leaf, entry = known.starts[at], known.counts[at], known.leaves[at], known.entries[at]
        for column in (known.starts, known.counts, known.leaves, known.entries):
            column.pop(at)
        self.count -= 1
        for first, number in ((counter + 1, start + count - counter - 1), (start, counter - start)):
            if number:
                known.starts.insert(at, first)
                known.counts.insert(at, number)
                known.leaves.insert(at, leaf)
                known.entries.insert(at, entry + first - start)

    def __contains__(self, op: OpId) -> bool:
        known = self._origins.get(Origin(op >> COUNTER_BITS))
        if known is None:
            return False
        counter = op & COUNTER_MAX
        at = bisect_right(known.starts, counter) - 1
        return at >= 0 and counter - known.starts[at] < known.counts[at]

    def find(self, op: OpId) -> Spot | None:
        """Where an item lies; None if it is not here."""
        known = self._origins.get(Origin(op >> COUNTER_BITS))
        if known is None:
            return None
        counter = op & COUNTER_MAX
        at = bisect_right(known.starts, counter) - 1
        if at < 0 or (behind := counter - known.starts[at]) >= known.counts[at]:
            return None
        return Spot(self._leaves[known.leaves[at]], known.entries[at] + behind)

    def origins(self) -> list[Origin]:
        """The origins of all ops that are known, in order."""
        return sorted(self._origins)

    def runs(self, origin: Origin) -> Iterator[Run]:
        """The runs of an origin, in order of their counters."""
        known = self._origins.get(origin)
        if known is not None:
            leaves = self._leaves
            for start, count, leaf, entry in zip(known.starts, known.counts, known.leaves, known.entries, strict=True):
                yield Run(start, count, leaves[leaf], entry)

    def check(self) -> None:
        """Assert what always holds."""
        for known in self._origins.values():
            behind = 0
            for start, count in zip(known.starts, known.counts, strict=True):
                assert behind <= start
                assert count > 0
                behind = start + count
            assert behind - 1 <= known.top
        assert self.count == sum(sum(known.counts) for known in self._origins.values())


# ------------------------------------------------------------------------------------------------- looking into slots


def survey(data: bytes, heads: bytes, table: Table) -> Survey:
    """What the ops of a batch are; see `Leaf.survey`."""
    if kernel is None:
        return survey_in_python(data, heads, table)
    return Survey(*kernel.survey_batch(data, heads, len(table)))


def survey_in_python(data: bytes, heads: bytes, table: Table) -> Survey:
    """The twin of the kernel: as `survey`."""
    highest = 0
    runs: list[list[int]] = []
    others = bytearray()
    for entry, (head_at,) in enumerate(HEAD.iter_unpack(heads)):
        head, at = get_number(data, head_at)
        if head & 1:
            others += OTHER.pack(0, 0, 0, 0, at, DROPPED, entry, 0, *_NO_WORD)
            continue
        row, at = get_number(data, at)
        if row >= len(table):
            raise DecodeError("the origin of an op is not in its author's table")
        size = head >> 1
        tail = data[at : at + size]
        op = decode_op(table[row][0], tail)
        highest = max(highest, op.lamport)
        counter = op.id & COUNTER_MAX
        if op.kind == Kind.ADD and _is_item(tail, op.body_at, op.id):
            last = runs[-1] if runs else None
            if last and last[0] == row and last[1] + last[3] == counter and last[2] + last[3] == entry:
                last[3] += 1
            else:
                runs.append([row, counter, entry, 1])
            continue
        _, flags_at = get_number(tail, 0)
        _, flags_at = get_number(tail, flags_at)
        flags, _ = get_number(tail, flags_at)
        others += OTHER.pack(op.lamport, flags, row, counter, at, size, entry, op.body_at, *_word_of(op))
    return Survey(highest, b"".join(RUN.pack(*run) for run in runs), bytes(others))


def _word_of(op: Op) -> tuple[int, int, int, int, int]:
    """What a set or an alive is about, as the last five of OTHER."""
    tail, at = op.tail, op.body_at
    if op.kind not in (Kind.SET, Kind.ALIVE):
        return _NO_WORD
    try:
        target, about_at = get_ref(tail, at, op.id)
        about, behind = get_number(tail, about_at)
    except DecodeError:
        return _NO_WORD
    if about > (1 if op.kind == Kind.ALIVE else 0xFFFF):
        return _NO_WORD
    if tail[at]:  # a distance: the same origin
        return target & COUNTER_MAX, 0, about, behind, NEAR
    return target & COUNTER_MAX, target >> COUNTER_BITS, about, behind, FAR


def _is_item(tail: bytes, at: int, op: OpId) -> bool:
    try:
        return get_add(tail, at, op)[3] is None
    except DecodeError:
        return False


def hash_slots(data: bytes, heads: bytes, table: Table) -> bytes:
    """The content hashes of the slots of a batch; see `Leaf.hashes`."""
    return (hash_in_python if kernel is None else kernel.hash_slots)(data, heads, table)


def hash_in_python(data: bytes, heads: bytes, table: Table) -> bytes:
    """The twin of the kernel: as `hash_slots`."""
    hashes = []
    for (head_at,) in HEAD.iter_unpack(heads):
        head, at = get_number(data, head_at)
        if head & 1:
            hashes.append(data[at : at + HASH_BYTES])
            continue
        row, at = get_number(data, at)
        if row >= len(table):
            raise DecodeError("the origin of an op is not in its author's table")
        hashes.append(content_hash(table[row][0], data[at : at + (head >> 1)]))
    return b"".join(hashes)
