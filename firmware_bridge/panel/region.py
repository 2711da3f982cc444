"""Where something is still to be done: a few rectangles, never more than a bound."""

from collections.abc import Iterator
from typing import final

from firmware_bridge.panel.values import Rect


@final
class Region:
    """Rectangles, oldest first. Those that are near each other become one; of too many, the two that fit best do."""

    def __init__(self, slack: int, limit: int = 12) -> None:
        """Args:
        slack: px that a united rectangle may hold beyond what its parts held.
        limit: rectangles, at least 1.
        """
        self._rects: list[Rect] = []
        self._slack = slack
        self._limit = limit

    def __bool__(self) -> bool:
        return bool(self._rects)

    def __iter__(self) -> Iterator[Rect]:
        return iter(self._rects)

    def add(self, rect: Rect) -> None:
        if not rect.area:
            return
        place = len(self._rects)
        at = 0
        while at < len(self._rects):
            other = self._rects[at]
            if self._waste(rect, other) > self._slack:
                at += 1
                continue
            rect, place = rect.unite(other), min(place, at)  # it waits as long as its oldest part
            del self._rects[at]
            at = 0  # it has grown: others may be near now
        self._rects.insert(place, rect)
        if len(self._rects) > self._limit:
            self._unite_best()

    def take(self) -> Rect:
        """The one that waits longest; there must be one."""
        return self._rects.pop(0)

    def take_all(self) -> Rect:
        """One rectangle around all of it; empty if nothing is there."""
        whole = Rect(0, 0, 0, 0)
        for rect in self._rects:
            whole = whole.unite(rect)
        self._rects.clear()
        return whole

    def take_meeting(self, rect: Rect) -> Rect:
        """The smallest around `rect` and every one that shares px with it; those are gone then."""
        while meeting := [other for other in self._rects if other.meet(rect).area]:
            for other in meeting:
                rect = rect.unite(other)
                self._rects.remove(other)
        return rect

    def drop_inside(self, rect: Rect) -> None:
        self._rects = [other for other in self._rects if other.meet(rect) != other]

    def clear(self) -> None:
        self._rects.clear()

    def _unite_best(self) -> None:
        count = len(self._rects)
        pairs = [(one, other) for one in range(count) for other in range(one + 1, count)]
        one, other = min(pairs, key=lambda pair: self._waste(self._rects[pair[0]], self._rects[pair[1]]))
        self._rects[one] = self._rects[one].unite(self._rects.pop(other))

    @staticmethod
    def _waste(one: Rect, other: Rect) -> int:
        return one.unite(other).area - one.area - other.area
