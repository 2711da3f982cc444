"""Who did what in a room, when, and how large it is: read off the log, batch by batch.

Times are labels: what the maker of an op said if it was offline, else what its author's clock said when it was logged.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeboard.canvas.bodies import Add, Alive, Body, Clear, Cut, Undo
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Op, decode_body, decode_op
from edgeboard.errors import DecodeError
from edgeboard.ids import AuthorId, AuthorTag, Origin, PersonId, origin_of, show_op
from edgeboard.oplog import history
from edgeboard.oplog.batch import Batch, decode_batch
from edgeboard.oplog.log import Log
from edgeboard.rooms.past import Past
from edgeboard.rooms.readable import kind_name, readable_body

ENTRIES_KEPT = 200  # of the newest gestures
BOOT_AT = 16  # in an author id


@dataclass(slots=True)
class Tally:
    """What one author has logged, or one person has done."""

    ops: int = 0
    bytes: int = 0
    first: int | None = None  # Unix ms
    last: int | None = None
    kinds: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, size: int, at: int) -> None:
        self.ops += 1
        self.bytes += size
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)
        self.kinds[what] = self.kinds.get(what, 0) + 1

    def as_fields(self) -> dict[str, Any]:
        kinds = dict(sorted(self.kinds.items()))
        return {"ops": self.ops, "bytes": self.bytes, "first": self.first, "last": self.last, "did": kinds}


@dataclass(slots=True)
class Author:
    """What is read off one author's batches."""

    who: AuthorId | None = None
    batches: int = 0
    bytes: int = 0  # with headers and signatures
    dropped: int = 0
    table: list[tuple[Origin, PersonId]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def take(self, batch: Batch) -> None:
        self.batches += 1
        self.bytes += len(batch.data)
        self.dropped += sum(slot.dropped is not None for slot in batch.slots)
        self.table += batch.origins
        if batch.introduction is not None:
            self.who = batch.introduction[0]

    def as_fields(self, tag: AuthorTag) -> dict[str, Any]:
        who = self.who
        return {
            "author": tag.hex(),
            "node": "" if who is None else who[:BOOT_AT].hex(),
            "boot": 0 if who is None else int.from_bytes(who[BOOT_AT : BOOT_AT + 4], "big"),
            "batches": self.batches,
            "batch_bytes": self.bytes,
            "dropped": self.dropped,
            **self.tally.as_fields(),
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One op as it stands in the log."""

    op: Op
    body: Body | None  # None if it is broken
    person: PersonId
    at: int  # Unix ms

    def as_fields(self, author: str) -> dict[str, Any]:
        return {
            "at": self.at,
            "lamport": self.op.lamport,
            "id": show_op(self.op.id),
            "person": self.person.hex(),
            "author": author,
            "what": self.what,
            "bytes": len(self.op.tail),
        }

    @property
    def what(self) -> str:
        """In two or three words."""
        if self.op.undo is not Undo.NONE:
            return self.op.undo.name.lower()
        match self.body:
            case Add(type=kind, item=None):
                name = readable_body(self.body, points=False)["type"]
                return f"add {name}" if isinstance(name, str) else f"add item of type {kind}"
            case Add():
                return "add piece"
            case Alive(alive=alive):
                return "restore" if alive else "erase"
            case Cut():
                return "erase part"
            case Clear():
                return "clear"
            case None:
                return "broken"
            case _:
                return str(kind_name(self.op.kind))


def describe_log(name: str, document: Document, log: Log) -> dict[str, Any]:
    """The log of a room as a JSON value: per author, per person, and the newest entries."""
    return describe_batches(name, list(log.batches()), document.count_living())


def describe_batches(name: str, batches: Iterable[bytes], live_items: int, past: Past | None = None) -> dict[str, Any]:
    """The same from the batches of a log, each author's in order: they are values, so this may run in a thread.

    With a past only what had been logged by then, with what its history has kept.
    """
    authors: dict[AuthorTag, Author] = {}
    people: dict[PersonId, Tally] = {}
    origins: dict[PersonId, set[Origin]] = {}
    newest: list[tuple[int, int, str, Entry]] = []
    for data in batches:
        batch = decode_batch(data)
        if past is not None and batch.time > past.at:
            continue
        author = authors.setdefault(batch.author, Author())
        author.take(batch)
        for entry in _entries(batch, author.table, {} if past is None else past.kept):
            length = len(entry.op.tail)
            author.tally.count(entry.what, length, entry.at)
            people.setdefault(entry.person, Tally()).count(entry.what, length, entry.at)
            origins.setdefault(entry.person, set()).add(origin_of(entry.op.id))
            newest.append((entry.at, entry.op.lamport, batch.author.hex(), entry))
        if len(newest) > 100 * ENTRIES_KEPT:
            newest = heapq.nlargest(ENTRIES_KEPT, newest, key=_age)
    return {
        "room": name,
        "ops": sum(author.tally.ops for author in authors.values()),
        "bytes": sum(author.bytes for author in authors.values()),
        "live_items": live_items,
        "authors": [author.as_fields(tag) for tag, author in sorted(authors.items())],
        "people": [
            {"person": person.hex(), "origins": len(origins[person]), **tally.as_fields()}
            for person, tally in sorted(people.items())
        ],
        "entries": [
            entry.as_fields(author) for _, _, author, entry in reversed(heapq.nlargest(ENTRIES_KEPT, newest, key=_age))
        ],
    }


def _age(entry: tuple[int, int, str, Entry]) -> tuple[int, int, str]:
    return entry[:3]


def _entries(
    batch: Batch, table: list[tuple[Origin, PersonId]], kept: Mapping[Place, history.Entry]
) -> Iterator[Entry]:
    for number, slot in enumerate(batch.slots, batch.first):
        if slot.dropped is None:
            (origin, person), tail = table[slot.row], slot.tail
        elif (dropped := kept.get(Place(batch.author, number))) is not None:
            origin, person, tail = dropped.origin, dropped.person, dropped.tail
        else:
            continue
        op = decode_op(origin, tail)
        body: Body | None
        try:
            body = decode_body(op)
        except DecodeError:
            body = None
        yield Entry(op, body, person, batch.time if op.at is None else op.at)
