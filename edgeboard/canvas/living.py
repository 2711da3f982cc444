"""Which items are live: as stretches of plain items that no other op speaks of, and one by one where one does.

What is asked of a `merge.View` for each item alike is asked of whole runs here, so that a room of a hundred thousand
strokes is gone through in a few milliseconds: nothing but an alive op, a floor or a clear ends an item, and of a run of
consecutive entries and counters a clear covers the first so many (docs/formats/oplog.md, rule 4).
"""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from edgeboard.canvas.bodies import Clear
from edgeboard.canvas.facts import Fact, Facts, Part
from edgeboard.canvas.leaves import Leaf, Run
from edgeboard.canvas.merge import View
from edgeboard.canvas.reach import covered
from edgeboard.ids import OpId, Origin, counter_of, op_id, origin_of
from edgeboard.vectors import Vector


class Stretch(NamedTuple):
    """Live items with consecutive ids, in consecutive entries."""

    first: OpId
    length: int
    leaf: Leaf
    entry: int
    is_bare: bool  # they consist of their adds, and no other op speaks of them; else it is a single one


_stretch: Final = tuple.__new__  # half the price of Stretch(...)
_BEYOND: Final = op_id(Origin(1 << 64), 0)  # any id


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
    spoken.append(_BEYOND)
    at = 0
    for origin in facts.leaves.origins():
        for run in facts.leaves.runs(origin):
            first = op_id(origin, run.counter)
            while spoken[at] < first:
                at += 1
            if sweeps:
                yield from _unswept(facts, view, gone, origin, run, sweeps)
                continue
            start, end, shift = first, first + run.length, run.entry - first
            while (op := spoken[at]) < end:
                at += 1
                if start < op:
                    yield _stretch(Stretch, (start, op - start, run.leaf, start + shift, True))
                start = OpId(op + 1)
                alives = facts.alives.get(op)
                if (alives is None or alives[-1].about is True) and op not in gone:
                    yield _stretch(Stretch, (op, 1, run.leaf, op + shift, False))
            if start < end:
                yield _stretch(Stretch, (start, end - start, run.leaf, start + shift, True))


def _unswept(
    facts: Facts, view: View, gone: Collection[OpId], origin: Origin, run: Run, sweeps: list[_Sweep]
) -> Iterator[Stretch]:
    """The live items of a run where there are clears."""
    swept, unsure = _swept(origin, run, sweeps)
    first = op_id(origin, run.counter)
    start = 0  # of a stretch
    for behind in range(run.length):
        op = OpId(first + behind)
        is_bare = not (op in facts.alives or op in facts.sets or op in facts.pieces or op in facts.cuts)
        if is_bare and behind >= max(swept, unsure) and op not in gone:
            continue
        if start < behind:
            yield Stretch(OpId(first + start), behind - start, run.leaf, run.entry + start, True)
        start = behind + 1
        if op in gone or (is_bare and behind < swept):  # what is swept and not spoken of is dead
            continue
        if not view.is_dead(facts.fact_at(op, run.leaf, run.entry + behind)):
            yield Stretch(op, 1, run.leaf, run.entry + behind, is_bare)
    if start < run.length:
        yield Stretch(OpId(first + start), run.length - start, run.leaf, run.entry + start, True)


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
