"""What was drawn last, for somebody who has just come and lacks much: the ink that people are looking at.

Only what lives is named, so nothing is shown that was erased; the rest of the log follows in its order.
"""

from typing import Final

from edgeboard.canvas.bodies import Kind
from edgeboard.canvas.document import Document
from edgeboard.canvas.facts import Fact, Part
from edgeboard.canvas.ops import decode_op
from edgeboard.ids import OpId, Origin, PersonId
from edgeboard.oplog.batch import decode_batch
from edgeboard.oplog.log import Log

BYTES_MAX: Final = 48 * 1024  # of tails: with its heads a message, and a fifth of what may be under way
ORIGINS_MAX: Final = 256
LOOKED_AT_MAX: Final = 2_000  # batches, in case the newest ones have little to show
LEAST: Final = 200  # entries: who lacks fewer has them as soon


def newest_ops(log: Log, document: Document) -> dict[tuple[Origin, PersonId], list[bytes]]:
    """Tails of the newest adds and sets of live items, each origin's in the order in which they were made."""
    found: dict[tuple[Origin, PersonId], list[bytes]] = {}
    size = 0
    for number, data in enumerate(log.newest()):
        if number == LOOKED_AT_MAX:
            break
        batch = decode_batch(data)
        table = log.table(batch.author)
        for slot in reversed(batch.slots):
            if slot.dropped is not None or not _shows(document, table[slot.row][0], slot.tail):
                continue
            size += len(slot.tail)
            if size > BYTES_MAX or (len(found) == ORIGINS_MAX and table[slot.row] not in found):
                return _in_order(found)
            found.setdefault(table[slot.row], []).append(slot.tail)
    return _in_order(found)


def _in_order(found: dict[tuple[Origin, PersonId], list[bytes]]) -> dict[tuple[Origin, PersonId], list[bytes]]:
    return {owner: tails[::-1] for owner, tails in found.items()}


def _shows(document: Document, origin: Origin, tail: bytes) -> bool:
    op = decode_op(origin, tail)
    return op.kind in (Kind.ADD, Kind.SET) and any(
        document.is_alive(_item(fact)) for fact in document.facts.contents(op.id)
    )


def _item(fact: Fact) -> OpId:
    return fact.target() if fact.part in (Part.PIECE, Part.SET) else fact.id
