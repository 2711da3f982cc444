"""Which items of one type a batch brings, for whoever keeps account of those alone.

A batch without the bytes that every such item holds is passed over as a whole, so that ink costs nothing here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from edgeboard.canvas.bodies import Add, ItemType, Kind
from edgeboard.canvas.ops import decode_body, decode_op
from edgeboard.errors import DecodeError
from edgeboard.ids import AuthorTag, OpId, Origin, PersonId
from edgeboard.oplog.batch import Batch

Table = Callable[[AuthorTag], Sequence[tuple[Origin, PersonId]]]


def added_items(batches: Iterable[Batch], table: Table, mark: bytes, kind: ItemType) -> Iterator[OpId]:
    """The items of a type that these batches add.

    Args:
        batches: what came.
        table: the origins of an author.
        mark: what the tail of every such add holds.
        kind: which type.
    """
    for batch in batches:
        if mark in batch.data:
            yield from _added(batch, table(batch.author), mark, kind)


def _added(batch: Batch, table: Sequence[tuple[Origin, PersonId]], mark: bytes, kind: ItemType) -> Iterator[OpId]:
    for slot in batch.slots:
        if slot.dropped is not None or mark not in slot.tail or slot.row >= len(table):
            continue
        op = decode_op(table[slot.row][0], slot.tail)
        if op.kind != Kind.ADD:
            continue
        try:
            body = decode_body(op)
        except DecodeError:
            continue  # void
        if isinstance(body, Add) and body.type == kind and body.item is None:
            yield op.id
