"""The moments at which something about the items of a marquee changes, and since when its cycle has turned as it does.

Rules of this file: a change of one item costs what that item costs, not what all of them do; a cycle's beginning is
found by going back from the span that is asked for, and only as far as it takes: what came before is not looked at.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from math import inf
from typing import Final, NamedTuple, final

from edgeboard.marquee.items import ITEMS_MAX, Level, TickerItem
from edgeboard.marquee.layout import length_s, version_at

BEGINS_MAX: Final = 4_096  # answers kept

_Rank = tuple[int, int, str]  # the place of an item in its cycle: -priority, order, id
_Entry = tuple[bool, _Rank, float]  # whether an item is critical, its place, and how long its slot is


class _Step(NamedTuple):
    """An item takes its turns in another way from a moment on; None: it has none."""

    id: str
    before: _Entry | None
    after: _Entry | None


@final
class Spans:
    """What lies between the moments at which items change.

    Span n ends with moment n; the first began before all. Of moments that are the same, as many spans are empty: nobody
    is ever in them.
    """

    def __init__(self, rate: float) -> None:
        """
        Args:
            rate: em a second.
        """
        self._rate = rate
        self._items: Mapping[str, TickerItem] = {}
        self._moments: list[float] = []  # mesh s, in order
        self._steps: list[_Step] = []  # those changes that may move others, in order, and when they come
        self._when: list[float] = []
        self._begins: dict[int, float] = {}  # by how many steps were taken

    def set_items(self, items: Mapping[str, TickerItem]) -> None:
        """From now on these, by their ids."""
        for name, item in self._items.items():
            if items.get(name) is not item:
                self._drop(item)
        for name, item in items.items():
            if self._items.get(name) is not item:
                self._add(item)
        self._items = items
        self._begins.clear()

    def _add(self, item: TickerItem) -> None:
        before = _entry(version_at(item, 0.0), self._rate)
        for moment in sorted(moments_of(item)):
            insort(self._moments, moment)
            after = _entry(version_at(item, moment), self._rate)
            if after != before:
                place = bisect_right(self._when, moment)
                self._when.insert(place, moment)
                self._steps.insert(place, _Step(item.id, before, after))
            before = after

    def _drop(self, item: TickerItem) -> None:
        for moment in moments_of(item):
            del self._moments[bisect_left(self._moments, moment)]
            for place in range(bisect_left(self._when, moment), bisect_right(self._when, moment)):
                if self._steps[place].id == item.id:
                    del self._when[place], self._steps[place]
                    break

    def __len__(self) -> int:
        return len(self._moments) + 1

    def number_at(self, mesh_s: float) -> int:
        """The span that a moment lies in; with a moment of change another begins."""
        return bisect_right(self._moments, mesh_s)

    def start(self, number: int) -> float:
        """Mesh s at which a span begins, 0 of the first."""
        return self._moments[number - 1] if number > 0 else 0.0

    def end(self, number: int) -> float:
        """Mesh s at which a span ends, infinite of the last."""
        return self._moments[number] if number < len(self._moments) else inf

    def began(self, number: int) -> float:
        """Mesh s since when the same items have taken turns of the same lengths as they do in this span; 0: ever."""
        taken = bisect_right(self._when, self.start(number))
        found = self._begins.get(taken)
        if found is None:
            found = self._began(taken, self._ranks(self.start(number)))
            if len(self._begins) >= BEGINS_MAX:
                self._begins.clear()
            self._begins[taken] = found
        return found

    def _began(self, taken: int, ranks: tuple[list[_Rank], list[_Rank]]) -> float:
        """As `began`, behind so many steps, each of which is taken back in turn.

        Args:
            taken: steps.
            ranks: the places of the calm items and of the critical ones behind them, in order; is used up.
        """
        calm, critical = ranks
        shown = (critical or calm)[:ITEMS_MAX]
        resized: list[_Rank] = []  # whose slot the steps of a moment make longer or shorter
        while taken > 0:
            taken -= 1
            _, before, after = self._steps[taken]
            if after is not None:
                rows = ranks[after[0]]
                del rows[bisect_left(rows, after[1])]
            if before is not None:
                insort(ranks[before[0]], before[1])
                if after is not None and before[2] != after[2]:
                    resized.append(before[1])
            moment = self._when[taken]
            if taken > 0 and self._when[taken - 1] == moment:
                continue  # steps of one moment are taken together
            earlier = (critical or calm)[:ITEMS_MAX]
            if earlier != shown and [rank[2] for rank in earlier] != [rank[2] for rank in shown]:
                return moment
            if resized and any(_has(earlier, rank) for rank in resized):
                return moment
            if taken in self._begins:
                return self._begins[taken]
            shown, resized = earlier, []
        return 0.0

    def _ranks(self, mesh_s: float) -> tuple[list[_Rank], list[_Rank]]:
        calm: list[_Rank] = []
        critical: list[_Rank] = []
        for item in self._items.values():
            version = version_at(item, mesh_s)
            if version is not None:
                (critical if version.level is Level.CRITICAL else calm).append(_rank(version))
        calm.sort()
        critical.sort()
        return calm, critical

    def check(self) -> None:
        """Assert what always holds."""
        assert self._moments == sorted(moment for item in self._items.values() for moment in moments_of(item))
        assert self._when == sorted(self._when)
        anew = Spans(self._rate)
        for item in self._items.values():
            anew._add(item)
        assert sorted(zip(self._when, self._steps, strict=True)) == sorted(zip(anew._when, anew._steps, strict=True))


def moments_of(item: TickerItem) -> set[float]:
    """When something about an item changes, mesh s."""
    found = {item.expires}
    if item.was is None:
        found.add(item.since)
    else:
        found |= {item.at, item.was.since, min(item.was.expires, item.at)}
    return {moment for moment in found if 0 < moment < inf}


def _entry(item: TickerItem | None, rate: float) -> _Entry | None:
    return None if item is None else (item.level is Level.CRITICAL, _rank(item), length_s(item, rate))


def _rank(item: TickerItem) -> _Rank:
    return -item.priority, item.order, item.id


def _has(ranks: list[_Rank], rank: _Rank) -> bool:
    place = bisect_left(ranks, rank)
    return place < len(ranks) and ranks[place] == rank
