"""Who did what in a room, when, and how large it is: read off the log, batch by batch.

Times are labels: what the maker of an op said if it was offline, else what its author's clock said when it was logged.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from edgeboard.canvas.bodies import Add, Alive, Body, Clear, Cut, Undo
from edgeboard.canvas.document import Document
from edgeboard.canvas.ops import Op, decode_body, decode_op
from edgeboard.errors import DecodeError
from edgeboard.ids import AuthorId, AuthorTag, NodeId, Origin, PersonId, show_op
from edgeboard.oplog.batch import Batch, decode_batch
from edgeboard.oplog.log import Log
from edgeboard.rooms.readable import kind_name, readable_body
from edgeboard.vectors import Range

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


@dataclass(frozen=True, slots=True)
class Entry:
    """One op as it stands in the log."""

    op: Op
    body: Body | None  # None if it is broken
    person: PersonId
    at: int  # Unix ms

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
    authors: list[dict[str, Any]] = []
    people: dict[PersonId, Tally] = {}
    origins: dict[PersonId, set[Origin]] = {}
    newest: list[dict[str, Any]] = []
    for author, _ in log.vector():
        description, entries = _describe_author(log, author, people, origins)
        authors.append(description)
        newest += entries
    newest.sort(key=lambda entry: (entry["at"], entry["lamport"]))
    return {
        "room": name,
        "ops": sum(author["ops"] for author in authors),
        "bytes": sum(author["batch_bytes"] for author in authors),
        "live_items": sum(1 for _ in document.live()),
        "authors": authors,
        "people": [
            {"person": person.hex(), "origins": len(origins[person]), **tally.as_fields()}
            for person, tally in sorted(people.items())
        ],
        "entries": newest[-ENTRIES_KEPT:],
    }


def _describe_author(
    log: Log, author: AuthorTag, people: dict[PersonId, Tally], origins: dict[PersonId, set[Origin]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    tally = Tally()
    newest: deque[dict[str, Any]] = deque(maxlen=ENTRIES_KEPT)
    table: list[tuple[Origin, PersonId]] = []
    who: AuthorId | None = None
    batches = size = dropped = 0
    for batch in _batches(log, author):
        batches += 1
        size += len(batch.data)
        dropped += sum(slot.dropped is not None for slot in batch.slots)
        table += batch.origins
        if batch.introduction is not None:
            who = batch.introduction[0]
        for entry in _entries(batch, table):
            length = len(entry.op.tail)
            tally.count(entry.what, length, entry.at)
            people.setdefault(entry.person, Tally()).count(entry.what, length, entry.at)
            origins.setdefault(entry.person, set()).add(Origin(entry.op.id >> 32))
            newest.append(
                {
                    "at": entry.at,
                    "lamport": entry.op.lamport,
                    "id": show_op(entry.op.id),
                    "person": entry.person.hex(),
                    "author": author.hex(),
                    "what": entry.what,
                    "bytes": length,
                }
            )
    description = {
        "author": author.hex(),
        "node": "" if who is None else NodeId(who[:BOOT_AT]).hex(),
        "boot": 0 if who is None else int.from_bytes(who[BOOT_AT : BOOT_AT + 4], "big"),
        "batches": batches,
        "batch_bytes": size,  # with headers and signatures
        "dropped": dropped,
        **tally.as_fields(),
    }
    return description, list(newest)


def _batches(log: Log, author: AuthorTag) -> Iterator[Batch]:
    for data in log.read(Range(author, 0, log.vector()[author])):
        yield decode_batch(data)


def _entries(batch: Batch, table: list[tuple[Origin, PersonId]]) -> Iterator[Entry]:
    for slot in batch.slots:
        if slot.dropped is None:
            origin, person = table[slot.row]
            op = decode_op(origin, slot.tail)
            body: Body | None
            try:
                body = decode_body(op)
            except DecodeError:
                body = None
            yield Entry(op, body, person, batch.time if op.at is None else op.at)
