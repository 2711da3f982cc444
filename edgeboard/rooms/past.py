"""A room as it was: its log up to a moment, with what floors have let go of since put back out of the history.

Rules of this file: moments are labels of batches, what their authors' clocks said when they logged them; an op is there
if its batch is not younger. What a floor had let go of by then was erased by then, and is missed by nobody; what a
later floor has let go of is looked for in the history, and counted as missing where that does not reach back so far.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.floors import contexts
from edgeboard.canvas.leaves import Leaf
from edgeboard.canvas.ops import content_hash, decode_op
from edgeboard.errors import DecodeError
from edgeboard.ids import AuthorTag, NodeId, Origin, PersonId, node_id
from edgeboard.oplog.batch import Batch, decode_batch
from edgeboard.oplog.history import Entry, decode_segment
from edgeboard.oplog.log import Log
from edgeboard.vectors import Vector

Table = list[tuple[Origin, PersonId]]


class Record(NamedTuple):
    """Everything that a room remembers, as values that no longer change."""

    batches: tuple[bytes, ...]  # each author's in order
    floors: tuple[tuple[tuple[Place, ...], Vector], ...]  # where each lies, and what it had seen
    admins: frozenset[NodeId]


@dataclass(frozen=True, slots=True)
class Past:
    """A room at a moment."""

    at: int  # Unix ms
    document: Document
    kept: Mapping[Place, Entry]  # ops that the log has let go of and the history has kept
    missing: int  # ops that would belong here and are kept nowhere
    whole_from: int | None  # Unix ms from which on nothing is missing, if something is


def take_record(log: Log, document: Document) -> Record:
    """The quick part of looking back; the rest may run in a thread."""
    floors = tuple(
        (document.places(floor.id), context)
        for floor, context in contexts(document.facts, document.view, document.held)
    )
    return Record(tuple(log.batches()), floors, document.admins)


def look_back(record: Record, segments: Iterable[bytes], at: int) -> Past:
    """The room as it was at a moment.

    Args:
        record: what the log holds.
        segments: the history of the room; one that cannot be read is passed over.
        at: Unix ms.
    """
    batches = [decode_batch(data) for data in record.batches]
    kept = _find(_dropped(batches, at), segments)
    document = Document(record.admins)
    tables: dict[AuthorTag, Table] = {}
    for batch in batches:
        table = tables[batch.author] = [*tables.get(batch.author, ()), *batch.origins]
        if batch.introduction is not None:
            document.introduce(batch.author, node_id(batch.introduction[1]))
        if batch.time <= at:
            for origin, person in batch.origins:
                document.own(origin, person)
            _show(batch, table, kept, document)
    missing = document.unexplained()
    return Past(at, document, kept, len(missing), _whole_from(missing, record, batches, at))


def _dropped(batches: Sequence[Batch], at: int) -> dict[Place, bytes]:
    """The content hashes of the ops that were let go of and had been logged by then."""
    return {
        Place(batch.author, entry): slot.dropped
        for batch in batches
        if batch.time <= at
        for entry, slot in enumerate(batch.slots, batch.first)
        if slot.dropped is not None
    }


def _find(dropped: Mapping[Place, bytes], segments: Iterable[bytes]) -> dict[Place, Entry]:
    """Those of them that the history has, as they were."""
    kept: dict[Place, Entry] = {}
    if not dropped:
        return kept
    for data in segments:
        try:
            entries = decode_segment(data)
        except DecodeError:
            continue
        for entry in entries:
            if dropped.get(entry.place) == content_hash(entry.origin, entry.tail):
                kept[entry.place] = entry
    return kept


def _show(batch: Batch, table: Table, kept: Mapping[Place, Entry], document: Document) -> None:
    """Put a batch on the canvas."""
    if not any(Place(batch.author, entry) in kept for entry in range(batch.first, batch.end)):
        leaf = Leaf(batch.author, batch.first, batch.data, batch.heads, table)
        document.absorb(leaf, leaf.survey())
        return
    for entry, slot in enumerate(batch.slots, batch.first):
        place = Place(batch.author, entry)
        if slot.dropped is None:
            document.apply(decode_op(table[slot.row][0], slot.tail), place)
        elif place in kept:
            document.own(kept[place].origin, kept[place].person)
            document.apply(decode_op(kept[place].origin, kept[place].tail), place)
        else:
            document.skip(place, slot.dropped)


def _whole_from(missing: Sequence[Place], record: Record, batches: Sequence[Batch], at: int) -> int | None:
    """From when on nothing of this is missing: by then a floor had ended it."""
    if not missing:
        return None
    labels = {
        place: batch.time
        for places, _ in record.floors
        for place in places
        for batch in batches
        if batch.author == place.author and batch.first <= place.entry < batch.end
    }
    ends = [
        min((labels[place] for places, seen in record.floors if seen.covers(*lost) for place in places), default=at)
        for lost in missing
    ]
    return max(ends)
