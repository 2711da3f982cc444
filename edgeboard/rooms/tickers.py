"""The ticker items of a room: which of them count, and where they lie in its log.

Items are looked at when they come and when something touches them, never all of the room's. Of several with one id the
one whose newest content has the greatest stamp counts, on every board alike. An item that cannot be read is left out,
and named with the reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, final

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.document import Document
from edgeboard.errors import DecodeError
from edgeboard.ids import OpId
from edgeboard.marquee.items import MARK, TickerItem, read_item
from edgeboard.oplog.batch import Batch
from edgeboard.rooms.arrivals import Table, added_items

HELD_MAX = 1_024  # ticker items, live or not, that are looked at; more are left out, the newest


class Line(NamedTuple):
    """A ticker item as it lies in the room."""

    op: OpId
    stamp: tuple[int, int]  # of its newest content
    item: TickerItem | None  # None: it cannot be read
    fault: str  # why


@final
class Tickers:
    """The ticker items of one room."""

    def __init__(self) -> None:
        self._lines: dict[OpId, Line | None] = {}  # all that have come; None while one is dead
        self._by_id: dict[str, list[Line]] = {}  # the live ones that can be read, of each id the one that counts first
        self._left_out = 0

    def update(self, document: Document, batches: Iterable[Batch], table: Table, items: Iterable[OpId]) -> bool:
        """Something has happened in the room; says whether that changes any ticker item.

        Args:
            document: its canvas, which shows it already.
            batches: what came; may hold ticker items.
            table: the origins of an author.
            items: may look different now.
        """
        touched = set(added_items(batches, table, MARK, ItemType.TICKER))
        if self._lines:
            touched |= self._lines.keys() & set(items)
        is_changed = False
        for op in sorted(touched):
            if op not in self._lines and len(self._lines) >= HELD_MAX:
                self._left_out += 1
                continue
            before, now = self._lines.get(op), _line(document, op)
            if before != now:
                is_changed = True
                self._sort_in(before, now)
            if now is None and document.is_gone(op):
                self._lines.pop(op, None)
            else:
                self._lines[op] = now
        return is_changed

    def _sort_in(self, before: Line | None, now: Line | None) -> None:
        if before is not None and before.item is not None:
            same = self._by_id[before.item.id]
            same.remove(before)
            if not same:
                del self._by_id[before.item.id]
        if now is not None and now.item is not None:
            same = self._by_id.setdefault(now.item.id, [])
            same.append(now)
            same.sort(key=lambda line: line.stamp, reverse=True)

    def lines(self) -> Mapping[str, Sequence[Line]]:
        """The live items by their id, of each the one that counts first."""
        return self._by_id

    def items(self) -> list[TickerItem]:
        """The items that count, one for each id."""
        return [same[0].item for same in self._by_id.values() if same[0].item is not None]

    def faults(self) -> list[Line]:
        """Live items that cannot be read."""
        return [line for line in self._lines.values() if line is not None and line.item is None]

    @property
    def left_out(self) -> int:
        """How many were too many."""
        return self._left_out


def _line(document: Document, op: OpId) -> Line | None:
    found = document.item(op)
    if found is None or found.type != ItemType.TICKER:
        return None
    winner = document.view.registers(op).get(Register.DATA)
    stamp = (found.lamport, op) if winner is None else max((found.lamport, op), (winner.lamport, winner.id))
    try:
        return Line(op, stamp, read_item(found.pieces[0][1], found.registers.get(Register.DATA)), "")
    except DecodeError as error:
        return Line(op, stamp, None, str(error))
