"""The log of a room: every batch, taken once, in order, with its signature checked.

Rules of this file: an author's batches are taken in the order of their entries, and what is ahead waits in a bounded
room. Nothing changes when `offer` raises. A batch for a place that is filled changes nothing either; if it says
something else under a good signature, whoever signed it is named in an alarm. Batches are kept as the bytes they came
in, because that is what goes to peers and to the store.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush
from typing import Final, final

from edgeboard.canvas.leaves import Leaf, Table, hash_slots
from edgeboard.errors import DecodeError, LimitError, SignatureError
from edgeboard.ids import AuthorId, AuthorTag, MeshId, NodeId, Origin, PersonId, RoomId, author_tag, node_id
from edgeboard.oplog.accepted import Accepted, Entry
from edgeboard.oplog.batch import Batch, decode_batch, reduce_batch, signed_bytes
from edgeboard.vectors import AUTHORS_MAX, Range, Vector

WAITING_BATCHES_MAX: Final = 256
WAITING_BYTES_MAX: Final = 1 << 20

Verify = Callable[[bytes, bytes, bytes], bool]  # public key, signature, message


class Status(Enum):
    """What became of a batch that was offered."""

    NEW = "new"
    DUPLICATE = "duplicate"
    WAITING = "waiting"  # for batches before it
    FORK = "fork"  # its place is filled by something else; its signer is at fault


@dataclass(frozen=True, slots=True)
class Offer:
    """What became of a batch, and all that it released, in order."""

    status: Status
    accepted: tuple[Accepted, ...] = ()
    alarms: tuple[NodeId, ...] = ()  # who signed two batches for one place

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries to apply, in order."""
        return tuple(entry for accepted in self.accepted for entry in accepted.entries)


@dataclass(frozen=True, slots=True)
class Statistics:
    """A snapshot of what a log holds."""

    authors: int
    batches: int
    entries: int
    bytes: int
    waiting: int  # batches
    waiting_bytes: int
    overflowed: int  # waiting batches that were forgotten, to be fetched again
    duplicates: int
    forks: int


@dataclass(slots=True)
class _Author:
    """What is known of one author; empty until its first batch is in."""

    author: AuthorId
    public_key: bytes
    node: NodeId
    next: int = 0
    size: int = 0  # bytes of all batches
    table: list[tuple[Origin, PersonId]] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # of the table before each batch
    batches: list[bytes] = field(default_factory=list)


@final
class Log:
    """Everything that happened in one room."""

    def __init__(self, mesh: MeshId, room: RoomId, verify: Verify) -> None:
        """Args:
        mesh: the mesh that the room belongs to; signatures name both.
        room: the room.
        verify: whether a signature (64 bytes) by a public key (32 bytes) holds for a message.
        """
        self._mesh = mesh
        self._room = room
        self._verify = verify
        self._authors: dict[AuthorTag, _Author] = {}
        self._persons: dict[Origin, PersonId] = {}
        self._waiting: dict[bytes, Batch] = {}  # by their bytes, oldest first
        self._waiting_bytes = 0
        self._overflowed = self._duplicates = self._forks = 0
        self._vector: Vector | None = None
        self._digest: bytes | None = None

    # ------------------------------------------------------------------------------------------------- what comes in

    def offer(self, data: bytes, *, trusted: bool = False) -> Offer:
        """Take a batch.

        Args:
            data: its bytes.
            trusted: it comes from this node's own author or store, so its signature needs no check.

        Raises:
            DecodeError: the bytes break the format, or an op's head or origin does.
            SignatureError: the signature does not hold, or the author is not who its tag says.
        """
        batch = decode_batch(data)
        author = self._authors.get(batch.author)
        held = 0 if author is None else author.next
        if batch.first > held:
            self._wait(batch)
            return Offer(Status.WAITING)
        if author is not None and batch.first < held:
            if self._is_fork(author, batch):
                self._forks += 1
                return Offer(Status.FORK, (), (author.node,))
            self._duplicates += 1
            return Offer(Status.DUPLICATE)
        accepted = [self._take(batch, trusted=trusted)]
        alarms = self._release(batch.author, accepted) if self._waiting else []
        return Offer(Status.NEW, tuple(accepted), tuple(alarms))

    def _take(self, batch: Batch, *, trusted: bool) -> Accepted:
        """Make a batch the next of its author."""
        author = self._authors.get(batch.author)
        if author is None:
            if len(self._authors) >= AUTHORS_MAX:
                raise LimitError(f"a room of more than {AUTHORS_MAX} authors")
            author = _introduced(batch)
        if batch.origins and batch.row != len(author.table):
            raise DecodeError("the origins of a batch do not continue its author's table")
        table = [*author.table, *batch.origins] if batch.origins else author.table
        leaf = Leaf(batch.author, batch.first, batch.data, batch.heads, table)
        survey = leaf.survey()
        if not trusted:
            self._check_signature(author, batch, leaf.hashes())
        self._authors[batch.author] = author
        author.rows.append(len(author.table))
        author.table = table
        author.firsts.append(batch.first)
        author.batches.append(batch.data)
        author.size += len(batch.data)
        author.next = batch.end
        for origin, person in batch.origins:
            self._persons.setdefault(origin, person)
        self._vector = self._digest = None
        return Accepted(batch, author.node, leaf, survey)

    def _check_signature(self, author: _Author, batch: Batch, hashes: bytes) -> None:
        if not self._verify(author.public_key, batch.signature, self._message(author, batch, hashes)):
            raise SignatureError(f"the signature of entry {batch.first} of author {batch.author.hex()} does not hold")

    def _message(self, author: _Author, batch: Batch, hashes: bytes) -> bytes:
        return signed_bytes(
            self._mesh,
            self._room,
            author.author,
            author.public_key,
            batch.first,
            batch.time,
            batch.row,
            batch.origins,
            hashes,
        )

    def _is_fork(self, author: _Author, batch: Batch) -> bool:
        """Whether a batch for a filled place says something else than what fills it.

        Raises:
            DecodeError: an op's origin is unknown.
            SignatureError: it is not signed by the author.
        """
        number = bisect_right(author.firsts, batch.first) - 1
        if author.batches[number] == batch.data:
            return False
        message = self._message(author, batch, _hashes(batch, self._table_for(author, number, batch)))
        if not self._verify(author.public_key, batch.signature, message):
            raise SignatureError(f"the signature of entry {batch.first} of author {batch.author.hex()} does not hold")
        held = decode_batch(author.batches[number])
        return message != self._message(author, held, _hashes(held, author.table))

    def _table_for(self, author: _Author, number: int, batch: Batch) -> list[tuple[Origin, PersonId]]:
        """The author's table as it was before the batch held as `number`, and what this batch brings."""
        return [*author.table[: author.rows[number]], *batch.origins]

    # ------------------------------------------------------------------------------------------------ what is ahead

    def _wait(self, batch: Batch) -> None:
        if batch.data in self._waiting:
            return
        self._waiting[batch.data] = batch
        self._waiting_bytes += len(batch.data)
        while len(self._waiting) > WAITING_BATCHES_MAX or self._waiting_bytes > WAITING_BYTES_MAX:
            self._forget(next(iter(self._waiting.values())))
            self._overflowed += 1

    def _forget(self, batch: Batch) -> None:
        del self._waiting[batch.data]
        self._waiting_bytes -= len(batch.data)

    def _release(self, tag: AuthorTag, accepted: list[Accepted]) -> list[NodeId]:
        """Take what waited for an author's batch; returns whom to raise an alarm about."""
        author = self._authors[tag]
        alarms = []
        while ready := [
            batch for batch in self._waiting.values() if batch.author == tag and batch.first <= author.next
        ]:
            for batch in ready:
                self._forget(batch)
                try:
                    if batch.first == author.next:
                        accepted.append(self._take(batch, trusted=False))
                    elif self._is_fork(author, batch):
                        self._forks += 1
                        alarms.append(author.node)
                except (DecodeError, SignatureError):
                    continue  # it was nobody's promise; the place stays open for another
        return alarms

    # ------------------------------------------------------------------------------------------------- what is there

    def vector(self) -> Vector:
        """How much of each author is held."""
        if self._vector is None:
            self._vector = Vector({tag: author.next for tag, author in self._authors.items()})
        return self._vector

    def vector_digest(self) -> bytes:
        """The digest of `vector`."""
        if self._digest is None:
            self._digest = self.vector().digest()
        return self._digest

    def missing(self, theirs: Vector) -> list[Range]:
        """What they hold and we lack."""
        return theirs.beyond(self.vector())

    def read(self, wanted: Range) -> Iterator[bytes]:
        """The whole batches that overlap a range, in order."""
        return (data for _, _, data in self.read_placed(wanted))

    def read_placed(self, wanted: Range) -> Iterator[tuple[int, int, bytes]]:
        """The same, each with its first entry and the one behind its last."""
        author = self._authors.get(wanted.author)
        if author is None or wanted.end <= wanted.first:
            return
        number = max(0, bisect_right(author.firsts, wanted.first) - 1)
        ends = [*author.firsts[number + 1 :], author.next]
        for data, first, end in zip(author.batches[number:], author.firsts[number:], ends, strict=True):
            if first >= wanted.end:
                return
            if end > wanted.first:
                yield first, end, data

    def batches(self) -> Iterator[bytes]:
        """All batches, each author's in order."""
        for author in list(self._authors.values()):
            yield from list(author.batches)

    def newest(self) -> Iterator[bytes]:
        """All batches, each author's last first, by their labels, which are a hint and no more."""
        rest = {tag: iter(author.batches[::-1]) for tag, author in self._authors.items()}
        heap: list[tuple[int, AuthorTag, bytes]] = []

        def take(tag: AuthorTag) -> None:
            data = next(rest[tag], None)
            if data is not None:
                heappush(heap, (-decode_batch(data).time, tag, data))

        for tag in rest:
            take(tag)
        while heap:
            _, tag, data = heappop(heap)
            take(tag)
            yield data

    def authors(self) -> Mapping[AuthorTag, NodeId]:
        """Whose every author is."""
        return {tag: author.node for tag, author in self._authors.items()}

    def node_of(self, tag: AuthorTag) -> NodeId | None:
        """Whose author this is."""
        author = self._authors.get(tag)
        return None if author is None else author.node

    def signer_of_news(self, data: bytes) -> NodeId | None:
        """Who claims to have signed a batch; None if it brings nothing, or nobody can tell yet.

        Raises:
            DecodeError: the bytes break the format.
        """
        batch = decode_batch(data)
        author = self._authors.get(batch.author)
        if author is not None:
            return author.node if batch.end > author.next else None
        return None if batch.introduction is None else node_id(batch.introduction[1])

    def person_of(self, origin: Origin) -> PersonId | None:
        """Whose origin this is; the first claim stays."""
        return self._persons.get(origin)

    def table(self, tag: AuthorTag) -> tuple[tuple[Origin, PersonId], ...]:
        """An author's origins and whose they are, as far as its log is held."""
        author = self._authors.get(tag)
        return () if author is None else tuple(author.table)

    def sizes(self) -> dict[AuthorTag, tuple[int, int]]:
        """Per author: entries and bytes."""
        return {tag: (author.next, author.size) for tag, author in self._authors.items()}

    def reduce(self, tag: AuthorTag, first: int, drop: set[int]) -> bytes:
        """Drop ops from the batch of an author that begins at entry `first`; returns its new bytes.

        Args:
            tag: the author.
            first: where the batch begins.
            drop: entries.
        """
        author = self._authors[tag]
        number = bisect_right(author.firsts, first) - 1
        batch = decode_batch(author.batches[number])
        leaf = Leaf(tag, first, batch.data, batch.heads, author.table)
        reduced = reduce_batch(batch, {entry - first: leaf.hash(entry - first) for entry in drop})
        author.size += len(reduced.data) - len(batch.data)
        author.batches[number] = reduced.data
        return reduced.data

    def statistics(self) -> Statistics:
        """How much of everything there is."""
        authors = self._authors.values()
        return Statistics(
            len(authors),
            sum(len(author.batches) for author in authors),
            sum(author.next for author in authors),
            sum(author.size for author in authors),
            len(self._waiting),
            self._waiting_bytes,
            self._overflowed,
            self._duplicates,
            self._forks,
        )

    def check(self) -> None:
        """Assert what always holds."""
        for tag, author in self._authors.items():
            entry = rows = 0
            for number, data in enumerate(author.batches):
                batch = decode_batch(data)
                assert (batch.author, batch.first) == (tag, entry)
                assert (author.firsts[number], author.rows[number]) == (entry, rows)
                assert author.table[rows : rows + len(batch.origins)] == list(batch.origins)
                self._check_signature(author, batch, _hashes(batch, author.table))
                entry, rows = batch.end, rows + len(batch.origins)
            assert (author.next, len(author.table)) == (entry, rows)
            assert author.size == sum(map(len, author.batches))
        assert self._waiting_bytes == sum(map(len, self._waiting)) <= WAITING_BYTES_MAX
        assert len(self._waiting) <= WAITING_BATCHES_MAX
        assert all(batch.first > self.vector()[batch.author] for batch in self._waiting.values())


def _hashes(batch: Batch, table: Table) -> bytes:
    return hash_slots(batch.data, batch.heads, table)


def _introduced(batch: Batch) -> _Author:
    """The author that a first batch introduces."""
    if batch.introduction is None:
        raise DecodeError("the first batch of an author does not introduce it")
    author, public_key = batch.introduction
    node = node_id(public_key)
    if author[: len(node)] != node or author_tag(author, public_key) != batch.author:
        raise SignatureError(f"author {batch.author.hex()} is not whom its first batch introduces")
    return _Author(author, public_key, node)
