"""Letting go of what a floor has ended (docs/formats/oplog.md, rule 8).

Which ops may be dropped is a question to the canvas; that they are dropped changes batches in place, never their
signatures. Ops that decide whether an item is dead stay: a node that still holds the add finds the same as we do. An
op whose id has several contents stays as well, because which of them wins must be found alike everywhere.
"""

from collections.abc import Iterator

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.facts import DROPPABLE, Fact, Facts
from edgeboard.canvas.leaves import HASH_BYTES
from edgeboard.ids import OpId
from edgeboard.oplog.batch import Slot, decode_batch
from edgeboard.oplog.log import Log


def droppable(document: Document) -> set[OpId]:
    """The ops that are about items a floor has ended and decide nothing else."""
    facts = document.facts
    return {
        fact.id
        for item in document.gone
        for fact in _about(facts, item)
        if fact.part in DROPPABLE and fact.id not in facts.forks
    }


def _about(facts: Facts, item: OpId) -> Iterator[Fact]:
    born = facts.contents(item)
    pieces = facts.pieces.get(item, [])
    yield from born
    yield from pieces
    for sets in facts.sets.get(item, {}).values():
        yield from sets
    for piece in (*born, *pieces):
        yield from facts.cuts.get(piece.id, ())


def reduce_log(log: Log, document: Document) -> Iterator[bytes]:
    """Drop what may be dropped from the batches of a log; gives each batch that has changed, for the store."""
    drops: dict[Place, OpId] = {place: op for op in droppable(document) for place in document.places(op)}
    ended = document.ended()
    for data in list(log.batches()):
        batch = decode_batch(data)
        drop = {
            entry
            for entry, slot in enumerate(batch.slots, batch.first)
            if _saves(slot)
            and (place := Place(batch.author, entry)) in drops
            and any(seen.covers(*place) for seen in ended)
        }
        if drop:
            yield log.reduce(batch.author, batch.first, drop)


def _saves(slot: Slot) -> bool:
    return slot.dropped is None and len(slot.tail) > HASH_BYTES
