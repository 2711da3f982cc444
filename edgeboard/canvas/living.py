"""Which items are live: as stretches of plain items that no other op speaks of, and one by one where one does.

What is asked of a `merge.View` for each item alike is asked of whole runs here, so that a room of a hundred thousand
strokes is gone through in a few milliseconds: nothing but an alive op, a floor or a clear ends an item, and of a run of
consecutive entries and counters a clear covers the first so many (docs/formats/oplog.md, rule 4).
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator
from typing import NamedTuple

from edgeboard.canvas.bodies import Clear
from edgeboard.canvas.facts import Fact, Facts, Part
from edgeboard.canvas.leaves import Leaf, Run
from edgeboard.canvas.merge import View
from edgeboard.canvas.reach import covered
from edgeboard.ids import OpId, Origin, counter_of, op_id, origin_of
from edgeboard.vectors import Vector


class Stretch(NamedTuple):
    """Live items with consecutive ids, in consecutive entries, that consist of their add alone."""

    first: OpId
    length: int
    leaf: Leaf
    entry: int


class _Sweep(NamedTuple):
    """A clear that has effect."""

    everywhere: bool  # or on one page only
    origin: Origin
    counter: int
    seen: Vector


def living(facts: Facts, view: View, gone: Collection[OpId]) -> Iterator[Stretch | Fact]:
    """The live items of a canvas, in no order."""
    if not view.is_plain:
        for item in facts.items():
            if item.id not in gone and view.counts(item) and not view.is_dead(item):
                yield item
        return
    sweeps = list(_sweeps(facts, view))
    for item in list(facts.ops.values()):
        if item.part is Part.ITEM and item.id not in gone and not view.is_dead(item):
            yield item
    spoken = sorted({*facts.alives, *facts.sets, *facts.pieces, *facts.cuts, *gone})
    for origin in facts.leaves.origins():
        for run in facts.leaves.runs(origin):
            swept, unsure = _swept(origin, run, sweeps) if sweeps else (0, 0)
            first = op_id(origin, run.counter)
            start, end = first, OpId(first + run.length)
            at = bisect_left(spoken, start)
            while start < end:
                stop = spoken[at] if at < len(spoken) and spoken[at] < end else end
                at += 1
                start = OpId(max(start, min(first + swept, stop)))  # what is swept and not spoken of is dead
                while start < min(first + unsure, stop):
                    yield from _one(facts, view, gone, start, run)
                    start = OpId(start + 1)
                if start < stop:
                    yield Stretch(start, stop - start, run.leaf, run.entry + start - first)
                if stop < end:
                    yield from _one(facts, view, gone, stop, run)
                start = OpId(stop + 1)


def _one(facts: Facts, view: View, gone: Collection[OpId], op: OpId, run: Run) -> Iterator[Fact]:
    if op in gone:
        return
    alives = facts.alives.get(op)
    if alives is not None and alives[-1].about is False:  # nobody brought it back; a clear could not
        return
    item = facts.fact_at(op, run.leaf, run.entry + counter_of(op) - run.counter)
    if not view.is_dead(item):
        yield item


def _sweeps(facts: Facts, view: View) -> Iterator[_Sweep]:
    for clear in facts.clears:
        body = clear.about
        assert isinstance(body, Clear)
        if view.is_live(clear.id):
            seen = view.context_of(clear, body.context)
            if seen is not None:
                yield _Sweep(not body.scope, origin_of(clear.id), counter_of(clear.id), seen)


def _swept(origin: Origin, run: Run, sweeps: list[_Sweep]) -> tuple[int, int]:
    """How many items of a run, from its first, a clear surely covers, and how many one of a page may cover."""
    lengths = [0, 0]
    for sweep in sweeps:
        count = covered(run, origin, sweep.origin, sweep.counter, sweep.seen)
        lengths[not sweep.everywhere] = max(lengths[not sweep.everywhere], count)
    return lengths[0], lengths[1]


def count_living(facts: Facts, view: View, gone: Collection[OpId]) -> int:
    """How many items are live."""
    return sum(each.length if isinstance(each, Stretch) else 1 for each in living(facts, view, gone))
