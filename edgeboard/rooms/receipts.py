"""Which ops are saved (our disk has them) and which are safe (a second node has them, or there is none).

A guest keeps each op until it is safe. Entries of one author become durable in order, on our disk as on a peer's, so
two queues per author hold what waits, and a vector says how far both have come.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple, final

from edgeboard.ids import AuthorTag, OpId, counter_of, origin_of

SAVED = 1
SAFE = 2


class Awaited(NamedTuple):
    entry: int
    op: OpId
    link: int  # who is to be told


class Grant(NamedTuple):
    """One receipt to send: `counters` are runs from, to, from, to ..."""

    link: int
    level: int
    origin: int
    counters: tuple[int, ...]


@final
class Receipts:
    """What waits for a receipt in one room."""

    def __init__(self) -> None:
        self._unsaved: dict[AuthorTag, deque[Awaited]] = {}
        self._unsafe: dict[AuthorTag, deque[Awaited]] = {}
        self._saved: dict[AuthorTag, int] = {}

    def __len__(self) -> int:
        """How many ops are not safe yet."""
        return sum(map(len, self._unsaved.values())) + sum(map(len, self._unsafe.values()))

    @property
    def is_waiting(self) -> bool:
        """Whether anybody waits for a receipt."""
        return bool(self._unsaved or self._unsafe)

    def expect(self, author: AuthorTag, entry: int, op: OpId, link: int) -> None:
        """`link` is to be told when this entry is saved, and when it is safe."""
        self._unsaved.setdefault(author, deque()).append(Awaited(entry, op, link))

    def saved(self, author: AuthorTag, end: int) -> None:
        """Our disk holds the entries of `author` below `end`."""
        self._saved[author] = max(end, self._saved.get(author, 0))

    def is_saved(self, author: AuthorTag, entry: int) -> bool:
        return entry < self._saved.get(author, 0)

    def forget(self, link: int) -> None:
        """This guest has left; it will ask again when it is back."""
        for queues in (self._unsaved, self._unsafe):
            for author in list(queues):
                queues[author] = deque(item for item in queues[author] if item.link != link)
                if not queues[author]:
                    del queues[author]

    def due(self, elsewhere: Mapping[AuthorTag, int] | None) -> list[Grant]:
        """The receipts that can be given now.

        Args:
            elsewhere: how far the best other node has stored each author; None if there is no other node.
        """
        grants: list[Grant] = []
        for author in list(self._unsaved):
            ready = _take(self._unsaved, author, self._saved.get(author, 0))
            if ready:
                grants += _grants(SAVED, ready)
                self._unsafe.setdefault(author, deque()).extend(ready)
        for author in list(self._unsafe):
            if elsewhere is None:
                ready = list(self._unsafe.pop(author))
            else:
                ready = _take(self._unsafe, author, elsewhere.get(author, 0))
            grants += _grants(SAFE, ready)
        return grants


def _take(queues: dict[AuthorTag, deque[Awaited]], author: AuthorTag, end: int) -> list[Awaited]:
    """Remove and return what lies below `end`. A re-submission may stand behind later entries, so all are looked at."""
    queue = queues[author]
    ready = [item for item in queue if item.entry < end]
    if len(ready) == len(queue):
        del queues[author]
    elif ready:
        queues[author] = deque(item for item in queue if item.entry >= end)
    return ready


def _grants(level: int, items: Iterable[Awaited]) -> list[Grant]:
    by_origin: dict[tuple[int, int], set[int]] = {}
    for item in items:
        by_origin.setdefault((item.link, origin_of(item.op)), set()).add(counter_of(item.op))
    return [Grant(link, level, origin, runs(counters)) for (link, origin), counters in by_origin.items()]


def runs(counters: Iterable[int]) -> tuple[int, ...]:
    """Numbers as inclusive runs: 1, 2, 3, 7 becomes 1, 3, 7, 7."""
    out: list[int] = []
    for counter in sorted(counters):
        if out and counter == out[-1] + 1:
            out[-1] = counter
        else:
            out += (counter, counter)
    return tuple(out)
