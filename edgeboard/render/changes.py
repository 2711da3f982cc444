"""What has changed on a page and is not drawn yet: a ring of boxes that never grows beyond its bound.

Boxes that overlap become one at once, since a px is drawn once however often it changed; what comes when the ring is
full is united with the box that grows least by it. So nothing that has changed is ever lost, and what is drawn too
much is little.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, final

from edgeboard.canvas.geometry import Rectangle
from edgeboard.render.budgets import Budget

BOXES: Final = Budget(least=8, most=256, seconds=5.0)


@dataclass(frozen=True, slots=True)
class ChangesStatistics:
    """Counts since the ring was made, and what waits in it now."""

    waiting: int
    bound: int
    added: int
    coalesced: int  # of those added, that are part of another box


@final
class Changes:
    """The boxes of one page that wait to be drawn, the oldest first."""

    def __init__(self, budget: Budget = BOXES) -> None:
        """
        Args:
            budget: how many boxes wait at most, by how many come.
        """
        self._boxes: deque[Rectangle] = deque()
        self._size = budget.begin()
        self._added = 0
        self._coalesced = 0

    def __len__(self) -> int:
        return len(self._boxes)

    def add(self, boxes: Iterable[Rectangle], now: float) -> None:
        """These look different; empty ones are nothing.

        Args:
            boxes: px of the canvas.
            now: seconds.
        """
        for box in boxes:
            if not box.is_empty:
                self._added += 1
                self._put(box)
        self._size.used(len(self._boxes), now)
        while len(self._boxes) > self._size.bound:  # it has shrunk
            self._put(self._boxes.popleft())

    def take(self) -> list[Rectangle]:
        """All that wait; they wait no more."""
        found = list(self._boxes)
        self._boxes.clear()
        return found

    def statistics(self) -> ChangesStatistics:
        return ChangesStatistics(len(self._boxes), self._size.bound, self._added, self._coalesced)

    def _put(self, box: Rectangle) -> None:
        while (other := next((each for each in self._boxes if each.overlaps(box)), None)) is not None:
            self._boxes.remove(other)
            box = box.union(other)
            self._coalesced += 1
        if len(self._boxes) >= self._size.bound:
            nearest = min(self._boxes, key=lambda each: _size(each.union(box)) - _size(each))
            self._boxes.remove(nearest)
            self._coalesced += 1
            self._put(box.union(nearest))
            return
        self._boxes.append(box)


def _size(box: Rectangle) -> float:
    return (box.x1 - box.x0) * (box.y1 - box.y0)
