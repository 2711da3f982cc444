"""Batches that are part of a log: what goes from there to a canvas."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from edgeboard.canvas.changes import Absorbed
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.leaves import Leaf, Survey
from edgeboard.canvas.ops import Op, decode_op
from edgeboard.ids import NodeId, PersonId
from edgeboard.oplog.batch import Batch, Slot


class Entry(NamedTuple):
    """An op that can be applied now."""

    op: Op
    place: Place
    person: PersonId


class Dropped(NamedTuple):
    """An entry whose op was dropped at a floor."""

    place: Place
    content: bytes  # hash


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch that is now part of the log."""

    batch: Batch
    node: NodeId
    leaf: Leaf
    survey: Survey

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The ops, read anew."""
        return tuple(
            Entry(decode_op(self.leaf.table[slot.row][0], slot.tail), place, self.leaf.table[slot.row][1])
            for place, slot in self._slots()
            if slot.dropped is None
        )

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """The entries whose ops were dropped."""
        return tuple(Dropped(place, slot.dropped) for place, slot in self._slots() if slot.dropped is not None)

    def _slots(self) -> Iterator[tuple[Place, Slot]]:
        batch = self.batch
        return ((Place(batch.author, entry), slot) for entry, slot in enumerate(batch.slots, batch.first))

    def apply_to(self, document: Document) -> Absorbed:
        """Show a canvas what was logged, and by whom."""
        self._introduce(document)
        return document.absorb(self.leaf, self.survey)

    def lend_to(self, document: Document) -> None:
        """The same for a canvas that has seen these ops one by one, before they were logged."""
        self._introduce(document)
        document.adopt(self.leaf, self.survey)

    def _introduce(self, document: Document) -> None:
        document.introduce(self.batch.author, self.node)
        for origin, person in self.batch.origins:
            document.own(origin, person)
