"""Which items may look different after an op: those that it adds to, speaks of or covers."""

from collections.abc import Callable, Collection

from edgeboard.canvas.bodies import Clear
from edgeboard.canvas.facts import Fact, Facts, Part
from edgeboard.canvas.leaves import Run
from edgeboard.canvas.merge import View
from edgeboard.ids import OpId, Origin, counter_of, op_id, origin_of
from edgeboard.vectors import Vector


def touched_by(
    fact: Fact, key: object, facts: Facts, gone: Collection[OpId], view: Callable[[], View]
) -> tuple[OpId, ...]:
    """The items that a fact may change.

    Args:
        fact: what was taken.
        key: what it is filed under, if that is at hand.
        facts: all that is known.
        gone: the items that floors have ended.
        view: makes a view of it; only a clear asks.
    """
    match fact.part:
        case Part.ITEM:
            items = [fact.id]
        case Part.PIECE | Part.SET:
            items = [OpId(key) if isinstance(key, int) else fact.target()]
        case Part.CUT:
            items = _items_of(fact.target(), facts)
        case Part.ALIVE:
            target = OpId(key) if isinstance(key, int) else fact.target()
            if target in facts.leaves:
                return () if target in gone else (target,)
            items = _items_of(target, facts)
            for content in facts.contents(target):
                if content.part in (Part.CUT, Part.CLEAR):
                    items += touched_by(content, None, facts, gone, view)
        case Part.CLEAR:
            return tuple(items_under(fact, facts, gone, view()))
        case _:
            items = []
    return tuple([item for item in items if item in facts and item not in gone])


def _items_of(op: OpId, facts: Facts) -> list[OpId]:
    """The items that an add stands for or belongs to."""
    return [
        fact.id if fact.part == Part.ITEM else fact.target()
        for fact in facts.contents(op)
        if fact.part in (Part.ITEM, Part.PIECE)
    ]


def items_under(clear: Fact, facts: Facts, gone: Collection[OpId], view: View) -> list[OpId]:
    """The items that a clear covers, or would if it were live."""
    body = clear.about
    assert isinstance(body, Clear)
    seen = view.context_of(clear, body.context)
    if seen is None:
        return []
    if body.scope:  # the page stands in each add
        return [item.id for item in facts.items() if item.id not in gone and view.covers(clear, item, seen)]
    origin, counter = origin_of(clear.id), counter_of(clear.id)
    items = [
        OpId(first + behind)
        for each in facts.leaves.origins()
        for run in facts.leaves.runs(each)
        for first in (op_id(each, run.counter),)
        for behind in range(covered(run, each, origin, counter, seen))
    ]
    items += [fact.id for fact in facts.kept_items() if view.covers(clear, fact, seen)]
    return [item for item in items if item not in gone] if gone else items


def covered(run: Run, origin: Origin, maker: Origin, counter: int, seen: Vector) -> int:
    """How many items of a run, from its first, a clear covers, its page aside.

    Args:
        run: the items.
        origin: theirs.
        maker: the origin of the clear.
        counter: of the clear.
        seen: its context.
    """
    count = seen[run.leaf.author] - run.leaf.first - run.entry
    if maker == origin:
        count = max(count, counter - run.counter)
    return max(0, min(count, run.length))
