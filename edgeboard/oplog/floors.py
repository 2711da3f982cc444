"""Letting go of what a floor has ended (docs/formats/oplog.md, rule 8).

Which ops may be dropped is a question to the canvas; that they are dropped changes batches in place, never their
signatures. Ops that decide whether an item is dead stay: a node that still holds the add finds the same as we do. An
op whose id has several contents stays as well, because which of them wins must be found alike everywhere.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.facts import DROPPABLE, Fact, Facts
from edgeboard.canvas.floors import contexts
from edgeboard.canvas.leaves import HASH_BYTES
from edgeboard.canvas.ops import Context
from edgeboard.ids import AuthorTag, OpId
from edgeboard.oplog.batch import Slot, decode_batch
from edgeboard.oplog.history import Entry
from edgeboard.oplog.log import Log
from edgeboard.vectors import Range, Vector

CHAIN_MAX: Final = 16  # floors that are relative to one another, one behind the other
STEP: Final = 64  # items looked at between two points at which a reduction may pause


@dataclass(frozen=True, slots=True)
class Reduced:
    """A batch that has let go of some ops."""

    author: AuthorTag
    first: int
    count: int
    data: bytes  # its bytes now
    dropped: tuple[Entry, ...]  # what it has let go of


def context_within(document: Document, seen: Vector) -> Context:
    """A causal context that says `seen`, all of which is held: relative to the newest floor that lies within."""
    facts = document.facts
    chains: dict[OpId, int] = {}
    base: tuple[OpId, Vector] | None = None
    for floor, context in contexts(facts, document.view, seen):
        assert isinstance(floor.about, Context)
        chains[floor.id] = 1 if floor.about.base is None else 1 + chains.get(floor.about.base, CHAIN_MAX)
        if chains[floor.id] < CHAIN_MAX:
            base = floor.id, context
    if base is None:
        return Context(None, seen)
    op, context = base
    return Context(op, Vector({tag: end for tag, end in seen if context[tag] != end}))


def droppable(document: Document) -> set[OpId]:
    """The ops that are about items a floor has ended and decide nothing else."""
    return {op for item in document.gone for op in _droppable_of(document, item)}


def _droppable_of(document: Document, item: OpId) -> Iterator[OpId]:
    facts = document.facts
    return (fact.id for fact in _about(facts, item) if fact.part in DROPPABLE and fact.id not in facts.forks)


def _about(facts: Facts, item: OpId) -> Iterator[Fact]:
    born = facts.contents(item)
    pieces = facts.pieces.get(item, [])
    yield from born
    yield from pieces
    for sets in facts.sets.get(item, {}).values():
        yield from sets
    for piece in (*born, *pieces):
        yield from facts.cuts.get(piece.id, ())


def reduce_log(log: Log, document: Document) -> Iterator[Reduced | None]:
    """Drop what may be dropped from the batches of a log; gives each batch that has changed, for the store.

    None comes at every point at which the caller may pause: after so many items, and after each batch left as it is.
    The log may take batches meanwhile.
    """
    drops: dict[AuthorTag, set[int]] = {}
    ended = document.ended()
    items = iter(document.gone)
    while step := list(islice(items, STEP)):
        for item in step:
            for op in _droppable_of(document, item):
                for author, entry in document.places(op):
                    if any(seen.covers(author, entry) for seen in ended):
                        drops.setdefault(author, set()).add(entry)
        yield None
    for author, entries in drops.items():
        ordered = sorted(entries)
        for first, end, data in log.read_placed(Range(author, 0, log.vector()[author])):
            is_touched = bisect_left(ordered, first) < bisect_left(ordered, end)
            yield _reduce(log, data, entries) if is_touched else None


def _reduce(log: Log, data: bytes, entries: set[int]) -> Reduced | None:
    batch = decode_batch(data)
    drop = {entry: slot for entry, slot in enumerate(batch.slots, batch.first) if entry in entries and _saves(slot)}
    if not drop:
        return None
    table = log.table(batch.author)
    dropped = tuple(
        Entry(Place(batch.author, entry), *table[slot.row], batch.time, slot.tail) for entry, slot in drop.items()
    )
    return Reduced(batch.author, batch.first, batch.count, log.reduce(batch.author, batch.first, set(drop)), dropped)


def _saves(slot: Slot) -> bool:
    return slot.dropped is None and len(slot.tail) > HASH_BYTES
