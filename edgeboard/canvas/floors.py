"""Floors: which of them wait for what, and the items that the others have ended (docs/formats/oplog.md, rule 8).

A floor that waits costs nothing until what it waits for has come: an entry of some author, or another floor that its
context is relative to.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import final

from edgeboard.canvas.bodies import Context
from edgeboard.canvas.facts import Fact, Facts, Part
from edgeboard.canvas.merge import View
from edgeboard.ids import AuthorTag, NodeId, OpId
from edgeboard.vectors import Vector


@final
class Floors:
    """The floors of one canvas."""

    __slots__ = ("_baseless", "_due", "_number", "behind", "gone", "settled")

    def __init__(self, floors: Iterable[Fact] = ()) -> None:
        self.gone: set[OpId] = set()
        self.settled: list[Vector] = []  # contexts
        self._due: list[Fact] = list(floors)
        self._baseless: list[Fact] = []
        # by an author whose entries are missing: heaps of (next wanted, number, floor)
        self.behind: dict[AuthorTag, list[tuple[int, int, Fact]]] = {}
        self._number = 0

    def __len__(self) -> int:
        """How many are not settled."""
        return len(self._due) + len(self._baseless) + sum(map(len, self.behind.values()))

    @property
    def is_due(self) -> bool:
        """Whether there is something to settle."""
        return bool(self._due)

    def add(self, floor: Fact) -> None:
        """Take a floor; it may be what others are relative to."""
        self._due += (floor, *self._baseless)
        self._baseless = []

    def taken(self, author: AuthorTag, following: int) -> None:
        """Say up to where the entries of an author are held."""
        heap = self.behind.get(author)
        while heap and heap[0][0] <= following:
            self._due.append(heappop(heap)[2])

    def settle(self, facts: Facts, admins: frozenset[NodeId], view: View, held: Vector) -> set[OpId]:
        """Settle what waits for nothing; gives the items that are gone by that."""
        due, self._due = self._due, []
        gone: set[OpId] = set()
        for floor in due:
            assert isinstance(floor.about, Context)
            context = view.context_of(floor, floor.about)
            if context is None:
                self._baseless.append(floor)
                continue
            missing = next(((tag, n) for tag, n in context if held[tag] < n), None)
            if missing is not None:
                self._number += 1
                heappush(self.behind.setdefault(missing[0], []), (missing[1], self._number, floor))
                continue
            self.settled.append(context)
            inside = View(facts, admins, context)
            gone |= {item.id for item in mortal(facts) if inside.counts(item) and inside.is_dead(item)}
        gone -= self.gone
        self.gone |= gone
        return gone


def standing(facts: Facts) -> list[Fact]:
    """All floors, in all their contents."""
    return [floor for floors in facts.floors.values() for floor in floors if floor.part == Part.FLOOR]


def mortal(facts: Facts) -> Iterator[Fact]:
    """Every content of an item that may be dead: only those that somebody spoke of, unless there are clears."""
    if facts.clears:
        yield from facts.items()
        return
    for target in facts.alives:
        yield from (fact for fact in facts.contents(target) if fact.part == Part.ITEM)


def contexts(facts: Facts, view: View, within: Vector) -> Iterator[tuple[Fact, Vector]]:
    """The floors that others may be relative to when all of `within` is held: each with its context, in order.

    An equivocal floor is none of them, nor is one whose context reaches beyond.
    """
    for floor in sorted(standing(facts), key=lambda floor: (floor.lamport, floor.id)):
        assert isinstance(floor.about, Context)
        context = view.context_of(floor, floor.about)
        if floor.id not in facts.forks and context is not None and within.includes(context):
            yield floor, context
