"""Who wins: the rules of docs/formats/oplog.md, "Merge", asked of a set of facts.

A `View` looks at all entries of the log, or at those inside a causal context alone, which is how a floor finds what is
dead at it. It decides nothing in advance and keeps nothing but what it has resolved; the document throws it away when
something happens that changes who may.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, final

from edgeboard.canvas.bodies import Acl, Clear, Context, Role
from edgeboard.canvas.facts import AUTHOR_BITS, AUTHOR_MASK, Fact, Facts, Part, stamp
from edgeboard.ids import AuthorTag, NodeId, OpId, origin_of
from edgeboard.vectors import Vector

# Contents of one op id compete only within these: otherwise an acl could depend on whom it refuses, and what a floor
# has ended could begin again.
_CLASSES: Final = {Part.ACL: 1, Part.FLOOR: 2}


@final
class View:
    """The canvas as far as some entries of the log go: all of them, or those that `limits` covers."""

    def __init__(self, facts: Facts, admins: frozenset[NodeId], limits: Vector | None = None) -> None:
        self._facts = facts
        self._admins = admins
        self._limits = limits
        self._contexts: dict[Fact, Vector | None] = {}
        self.barred: dict[NodeId, Vector] = {}  # who may no longer draw, and what is still accepted of them
        self.barred.update(self._find_barred())
        # nobody is refused and nothing is in doubt, so that every content counts
        self.is_plain = limits is None and not self.barred and not facts.forks and not facts.struck

    # ------------------------------------------------------------------------------------------------ what counts

    def counts(self, fact: Fact) -> bool:
        """Whether a content is accepted and is the one that its op id stands for (rules 1 and 7)."""
        if self.is_plain:
            return True
        if not self._is_accepted(fact):
            return False
        rivals = self._facts.forks.get(fact.id)
        if rivals is None:
            return True
        kind, own = _CLASSES.get(fact.part, 0), fact.hash()
        return not any(
            _CLASSES.get(rival.part, 0) == kind and rival.hash() < own and self._is_accepted(rival) for rival in rivals
        )

    def _is_accepted(self, fact: Fact) -> bool:
        if fact.part == Part.STRUCK:
            return False
        if fact.part == Part.ACL:
            nodes = self._facts.nodes
            return any(nodes[place & AUTHOR_MASK] in self._admins for place in self.places(fact))
        if fact.part == Part.FLOOR or not self.barred:
            return any(True for _ in self.places(fact))
        return any(self._is_welcome(place) for place in self.places(fact))

    def _is_welcome(self, place: int) -> bool:
        number = place & AUTHOR_MASK
        node = self._facts.nodes[number]
        still = None if node is None else self.barred.get(node)
        return still is None or still.covers(self._facts.authors[number], place >> AUTHOR_BITS)

    def places(self, fact: Fact) -> Iterator[int]:
        """The places of a fact inside the limits."""
        limits = self._limits
        if limits is None:
            yield from fact.each_place()
            return
        authors = self._facts.authors
        for place in fact.each_place():
            if limits.covers(authors[place & AUTHOR_MASK], place >> AUTHOR_BITS):
                yield place

    def winner(self, facts: Sequence[Fact]) -> Fact | None:
        """The one of facts sorted by stamp that wins."""
        if self.is_plain:
            return facts[-1] if facts else None
        return next((fact for fact in reversed(facts) if self.counts(fact)), None)

    def counting(self, facts: Iterable[Fact]) -> list[Fact]:
        """Those that count, in the order given."""
        return [fact for fact in facts if self.counts(fact)]

    # ----------------------------------------------------------------------------------------- causal contexts, roles

    def context_of(self, fact: Fact, context: Context) -> Vector | None:
        """The context of a fact as one vector; None while a floor that it is relative to is not held."""
        if context.base is None:
            return context.vector
        if fact not in self._contexts:
            self._contexts[fact] = self._resolve(fact, context)
        return self._contexts[fact]

    def _resolve(self, fact: Fact, context: Context) -> Vector | None:
        chain, seen = [context], {fact.id}
        while (base := chain[-1].base) is not None:
            floors = [floor for floor in self._facts.floors.get(base, ()) if self._is_accepted(floor)]
            if not floors or base in seen:
                return None
            seen.add(base)
            floor = min(floors, key=Fact.hash)
            assert isinstance(floor.about, Context)
            chain.append(floor.about)
        entries: dict[AuthorTag, int] = {}
        for link in reversed(chain):
            entries.update(link.vector)
        return Vector(entries)

    def _find_barred(self) -> Iterator[tuple[NodeId, Vector]]:
        self.is_plain = False  # until this is known
        for subject, acls in self._facts.acls.items():
            for fact in reversed(acls):
                acl = fact.about
                assert isinstance(acl, Acl)
                accepted = self.context_of(fact, acl.context) if self.counts(fact) else None
                if accepted is not None:
                    if acl.role < Role.DRAW:
                        yield subject, accepted
                    break

    # ------------------------------------------------------------------------------------------------ who is alive

    def is_live(self, op: OpId) -> bool:
        """Whether a cut or a clear has effect, by its own alive register."""
        winner = self.winner(self._facts.alives.get(op, ()))
        return winner is None or winner.about is True

    def is_dead(self, item: Fact) -> bool:
        """Whether an item is dead by its alive ops and the live clears that cover it (rule 4)."""
        ops = self._facts.alives.get(item.id)
        clears = self._facts.clears
        if ops is None and not clears:
            return False
        winner = self.winner(ops) if ops is not None else None
        if winner is not None and winner.about is False:
            return True
        least = (0, 0) if winner is None else stamp(winner)
        for clear in reversed(clears):
            if stamp(clear) < least:
                return False
            if self.clears(clear, item):
                return True
        return False

    def clears(self, clear: Fact, item: Fact) -> bool:
        """Whether a clear counts, is live and covers an item."""
        body = clear.about
        assert isinstance(body, Clear)
        if not self.counts(clear) or not self.is_live(clear.id):
            return False
        seen = self.context_of(clear, body.context)
        return seen is not None and self.covers(clear, item, seen)

    def covers(self, clear: Fact, item: Fact, seen: Vector) -> bool:
        """Whether a clear with the context `seen` covers an item."""
        body = clear.about
        assert isinstance(body, Clear)
        if body.scope and body.scope - 1 != item.page():
            return False
        if item.id < clear.id and origin_of(item.id) == origin_of(clear.id):
            return True
        authors = self._facts.authors
        return any(seen.covers(authors[place & AUTHOR_MASK], place >> AUTHOR_BITS) for place in self.places(item))

    # ------------------------------------------------------------------------------------------------ what items are

    def pieces(self, item: Fact) -> list[Fact]:
        """The pieces of an item in their order, itself first (rule 2)."""
        return [item, *self.further(item.id)]

    def further(self, item: OpId) -> list[Fact]:
        """The pieces of an item behind its first."""
        further = self._facts.pieces.get(item)
        return [] if further is None else sorted(self.counting(further), key=lambda piece: (piece.about, piece.id))

    def registers(self, item: OpId) -> dict[int, Fact]:
        """The winning set of each register."""
        winners = {}
        for register, sets in self._facts.sets.get(item, {}).items():
            winner = self.winner(sets)
            if winner is not None:
                winners[register] = winner
        return winners

    def cut_out(self, piece: OpId) -> tuple[tuple[int, int], ...]:
        """What the live cuts of a piece take, united (rule 5)."""
        cuts = self._facts.cuts.get(piece)
        if cuts is None:
            return ()
        return united_cuts([cut for cut in cuts if self.counts(cut) and self.is_live(cut.id)])

    def meta(self, key: str) -> Fact | None:
        """The winning value of a key (rule 6)."""
        return self.winner(self._facts.metas.get(key, ()))


def united_cuts(cuts: Iterable[Fact]) -> tuple[tuple[int, int], ...]:
    """What cuts take, united."""
    intervals: list[tuple[int, int]] = []
    for cut in cuts:
        assert isinstance(cut.about, tuple)
        intervals += cut.about
    return unite(intervals)


def unite(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The union of intervals, in order; those that touch become one."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if united and start <= united[-1][1]:
            if end > united[-1][1]:
                united[-1] = united[-1][0], end
        else:
            united.append((start, end))
    return tuple(united)
