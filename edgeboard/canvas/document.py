"""The canvas: a pure function of the set of ops, whatever their order, repetition and route.

`apply` files a fact under what it is about and says what changed; nothing is decided until somebody looks (`merge.py`),
and payloads stay the bytes they came in until somebody draws. A broken body never raises: it is kept as void, because
it is part of a log whose signature holds. Rules are numbered as in docs/formats/oplog.md, "Merge".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, final

from edgeboard.canvas.bodies import Clear
from edgeboard.canvas.facts import AUTHOR_BITS, AUTHOR_MASK, Fact, Facts, Part, part_of
from edgeboard.canvas.floors import Floors, standing
from edgeboard.canvas.holdings import Holdings
from edgeboard.canvas.items import Item, digest_of, paint_order, read_item, read_value
from edgeboard.canvas.merge import View
from edgeboard.canvas.ops import Op
from edgeboard.ids import AuthorTag, NodeId, OpId, Origin, PersonId, origin_of
from edgeboard.vectors import Vector


class Place(NamedTuple):
    """Where an op lies: entry `entry` of the log of `author`."""

    author: AuthorTag
    entry: int


class Change(NamedTuple):
    """What applying an op did."""

    new: bool  # this content was not known before
    items: tuple[OpId, ...]  # that may look different now
    equivocation: bool = False  # another content of this op id was known; whoever signed this is at fault


_make_change: Final = tuple.__new__  # half the price of Change(...)


@dataclass(frozen=True, slots=True)
class Statistics:
    """A snapshot of what a document holds."""

    ops: int
    items: int  # born, whether live or dead
    void: int  # of unknown kinds or broken bodies
    forks: int  # op ids of several contents
    struck: int  # contents that were dropped at a floor elsewhere
    gone: int  # items that a floor has ended
    waiting_floors: int
    claims_refused: int  # origins that a second person claimed


@final
class Document:
    """One canvas."""

    def __init__(self, admins: frozenset[NodeId] = frozenset()) -> None:
        """Args:
        admins: the nodes whose acl ops count.
        """
        self.lamport = 0  # the highest seen
        self._admins = admins
        self._facts = Facts()
        self._view: View | None = None
        self._persons: dict[Origin, PersonId] = {}
        self._claims_refused = 0
        self._holdings = Holdings()
        self._born = 0
        # by content hash, once anything was dropped; None is what was
        self._hashes: dict[bytes, Fact | None] | None = None
        self._dropped: list[int] = []  # places
        self._floors = Floors()

    # ------------------------------------------------------------------------------------------------- what comes in

    def introduce(self, tag: AuthorTag, node: NodeId) -> None:
        """Say whose author this is."""
        number = self._facts.number_of(tag)
        if self._facts.nodes[number] == node:
            return
        self._facts.nodes[number] = node
        self._view = None
        if self._facts.acls and self._facts.floors:
            self._settle_anew()

    def own(self, origin: Origin, person: PersonId) -> None:
        """Say whose origin this is; the first claim stays."""
        if self._persons.setdefault(origin, person) != person:
            self._claims_refused += 1

    def apply(self, op: Op, place: Place) -> Change:
        """Take an op that lies at a place of the log. Never raises for what is in it."""
        author, entry = place
        facts = self._facts
        number = facts.numbers.get(author)
        if number is None:
            number = facts.number_of(author)
        self._hold(number, place)
        code = entry << AUTHOR_BITS | number
        if op.id in facts.ops:
            change = self._take_again(op, code)
        else:
            change = self._take(op, code)
        return self._settled(change) if self._floors.is_due else change

    def skip(self, place: Place, content: bytes) -> Change:
        """Take the place of an op that was dropped at a floor; `content` is its content hash."""
        facts = self._facts
        number = facts.number_of(place.author)
        self._hold(number, place)
        self._dropped.append(place.entry << AUTHOR_BITS | number)
        if self._hashes is None:
            self._hashes = {fact.hash(): fact for fact in facts.every()}
        change = Change(False, ())
        fact = self._hashes.get(content)
        if fact is not None and fact.part != Part.STRUCK:
            reach = fact.part in (Part.ACL, Part.FLOOR)
            change = Change(False, self._everything() if reach else self._touched(fact))
            self._strike(fact)
            if facts.floors:
                self._settle_anew()
        self._hashes.setdefault(content, None)
        return self._settled(change) if self._floors.is_due else change

    def _hold(self, number: int, place: Place) -> None:
        self._holdings.hold(number, place.entry)
        if self._floors.behind:
            self._floors.taken(place.author, self._holdings.next[number])

    def _take(self, op: Op, code: int) -> Change:
        facts = self._facts
        if op.lamport > self.lamport:
            self.lamport = op.lamport
        part, key, about = part_of(op)
        fact = Fact(op, part, about, code)
        facts.ops[op.id] = fact
        if part is Part.ITEM and self._hashes is None and not self._floors.gone:  # the way of nearly all ops
            self._born += 1
            return _make_change(Change, (True, (op.id,), False))
        return self._file(fact, key)

    def _file(self, fact: Fact, key: object) -> Change:
        facts = self._facts
        facts.file(fact, key)
        self._born += fact.part == Part.ITEM
        if self._hashes is not None:
            content = fact.hash()
            if self._hashes.get(content, fact) is None:
                self._strike(fact)
            self._hashes[content] = fact
        if fact.part in (Part.ACL, Part.FLOOR):
            self._view = None
            if fact.part == Part.FLOOR:
                self._floors.add(fact)
            return Change(True, self._everything())
        return Change(True, self._touched(fact, key))

    def _strike(self, fact: Fact) -> None:
        """Make a content void that was dropped elsewhere."""
        self._born -= fact.part == Part.ITEM
        self._facts.void -= fact.part == Part.VOID
        fact.part = Part.STRUCK
        self._facts.struck += 1
        self._view = None

    def _take_again(self, op: Op, code: int) -> Change:
        """Rule 1: a known op id adds a place, or is a fork."""
        facts = self._facts
        for fact in facts.contents(op.id):
            if fact.tail == op.tail:
                if code in fact.each_place():
                    return Change(False, ())
                fact.places = (*fact.each_place(), code)
                if fact.part in (Part.ACL, Part.FLOOR):
                    self._view = None
                    return Change(False, self._everything())
                return Change(False, self._touched(fact) if facts.clears or facts.acls else ())
        rivals = facts.contents(op.id)
        touched = {item for rival in rivals for item in self._touched(rival)}
        if op.lamport > self.lamport:
            self.lamport = op.lamport
        part, key, about = part_of(op)
        fact = Fact(op, part, about, code)
        facts.forks[op.id] = [*rivals, fact]
        self._view = None
        change = self._file(fact, key)
        if any(rival.part == Part.FLOOR for rival in facts.forks[op.id]):
            self._settle_anew()
        return Change(True, tuple(sorted(touched | set(change.items))), equivocation=True)

    def _touched(self, fact: Fact, key: object = None) -> tuple[OpId, ...]:
        """The items that a fact may change; `key` is what it is filed under, if that is at hand."""
        ops, gone = self._facts.ops, self._floors.gone
        match fact.part:
            case Part.ITEM:
                items = [fact.id]
            case Part.PIECE | Part.SET:
                items = [OpId(key) if isinstance(key, int) else fact.target()]
            case Part.CUT:
                items = self._items_of(fact.target())
            case Part.ALIVE:
                target = OpId(key) if isinstance(key, int) else fact.target()
                known = ops.get(target)
                if known is not None and known.part is Part.ITEM and target not in self._facts.forks:
                    return () if target in gone else (target,)
                items = self._items_of(target)
                for content in self._facts.contents(target):
                    items += self._touched(content) if content.part in (Part.CUT, Part.CLEAR) else ()
            case Part.CLEAR:
                items = self.under(fact)
            case _:
                items = []
        return tuple([item for item in items if item in ops and item not in gone])

    def _items_of(self, op: OpId) -> list[OpId]:
        """The items that an add stands for or belongs to."""
        return [
            fact.id if fact.part == Part.ITEM else fact.target()
            for fact in self._facts.contents(op)
            if fact.part in (Part.ITEM, Part.PIECE)
        ]

    def under(self, clear: Fact) -> list[OpId]:
        """The items that a clear covers, or would if it were live."""
        body = clear.about
        assert isinstance(body, Clear)
        view = self.view
        seen = view.context_of(clear, body.context)
        if seen is None:
            return []
        items = (item for item in self._facts.items() if item.id not in self._floors.gone)
        return [item.id for item in items if view.covers(clear, item, seen)]

    def _everything(self) -> tuple[OpId, ...]:
        return tuple(item.id for item in self._facts.items() if item.id not in self._floors.gone)

    def _settled(self, change: Change) -> Change:
        """Settle the floors whose context is held now (rule 8)."""
        gone = self._floors.settle(self._facts, self._admins, self.view, self.held)
        return Change(change.new, tuple(sorted({*change.items, *gone})), change.equivocation) if gone else change

    def _settle_anew(self) -> None:
        """After what changes who was an admin or what a floor's context was: all floors from the start."""
        self._view = None
        self._floors = Floors(standing(self._facts))
        self._floors.settle(self._facts, self._admins, self.view, self.held)

    # ------------------------------------------------------------------------------------------------- what is there

    @property
    def view(self) -> View:
        """The rules over everything held."""
        if self._view is None:
            self._view = View(self._facts, self._admins)
        return self._view

    @property
    def facts(self) -> Facts:
        """What the rules are asked of; not to be changed."""
        return self._facts

    @property
    def held(self) -> Vector:
        """Which entries were applied or skipped, without gaps."""
        return self._holdings.vector(self._facts.authors)

    @property
    def gone(self) -> frozenset[OpId]:
        """The items that a floor has ended."""
        return frozenset(self._floors.gone)

    def is_gone(self, item: OpId) -> bool:
        """Whether a floor has ended an item."""
        return item in self._floors.gone

    def person_of(self, origin: Origin) -> PersonId | None:
        """Whose origin it is, as far as anybody said."""
        return self._persons.get(origin)

    def knows(self, op: OpId) -> bool:
        """Whether any content of this id was applied."""
        return op in self._facts.ops

    def places(self, op: OpId) -> tuple[Place, ...]:
        """Where an op lies, all its contents together, in order."""
        authors = self._facts.authors
        codes = [code for fact in self._facts.contents(op) for code in fact.each_place()]
        return tuple(sorted(Place(authors[code & AUTHOR_MASK], code >> AUTHOR_BITS) for code in codes))

    def is_alive(self, target: OpId) -> bool:
        """Whether an item is live, or a cut or a clear has effect."""
        view = self.view
        fact = next((fact for fact in self._facts.contents(target) if view.counts(fact)), None)
        if fact is None:
            return False
        if fact.part == Part.ITEM:
            return target not in self._floors.gone and not view.is_dead(fact)
        return fact.part in (Part.CUT, Part.CLEAR) and view.is_live(target)

    def live(self) -> Iterator[Fact]:
        """The facts of the live items, in no order."""
        view, gone = self.view, self._floors.gone
        return (
            item for item in self._facts.items() if item.id not in gone and view.counts(item) and not view.is_dead(item)
        )

    def item(self, op: OpId) -> Item | None:
        """A live item, or None."""
        if not self.is_alive(op):
            return None
        fact = next(fact for fact in self._facts.contents(op) if self.view.counts(fact))
        return self._read(fact) if fact.part == Part.ITEM else None

    def items(self) -> list[Item]:
        """The live items in paint order (rule 9)."""
        items = [self._read(fact) for fact in self.live()]
        items.sort(key=paint_order)
        return items

    def _read(self, fact: Fact) -> Item:
        return read_item(self.view, fact, self._persons.get(origin_of(fact.id)))

    def meta(self, key: str) -> object:
        """The value of a key; None if it was never set, or cannot be read."""
        winner = self.view.meta(key)
        return None if winner is None else read_value(winner)

    def metas(self) -> dict[str, object]:
        """All keys with a value."""
        values = {key: self.meta(key) for key in sorted(self._facts.metas)}
        return {key: value for key, value in values.items() if value is not None}

    def digest(self) -> bytes:
        """16 bytes that are equal on all nodes with the same canvas."""
        return digest_of(self._facts, self.view, self.live())

    def ended(self) -> list[Vector]:
        """The contexts of the floors that are settled."""
        return list(self._floors.settled)

    def unexplained(self) -> list[Place]:
        """Dropped entries that no settled floor covers: whoever sent them has kept something back."""
        authors, ended = self._facts.authors, self.ended()
        places = (Place(authors[code & AUTHOR_MASK], code >> AUTHOR_BITS) for code in self._dropped)
        return [place for place in places if not any(seen.covers(*place) for seen in ended)]

    def statistics(self) -> Statistics:
        """How much of everything there is."""
        facts = self._facts
        return Statistics(
            len(facts.ops),
            self._born,
            facts.void,
            len(facts.forks),
            facts.struck,
            len(self._floors.gone),
            len(self._floors),
            self._claims_refused,
        )

    def check(self) -> None:
        """Assert what always holds."""
        facts = self._facts
        facts.check()
        assert self.lamport == max((fact.lamport for fact in facts.every()), default=0)
        assert self._born == sum(1 for _ in facts.items())
        filled: dict[int, set[int]] = {}
        for code in (*self._dropped, *(code for fact in facts.every() for code in fact.each_place())):
            filled.setdefault(code & AUTHOR_MASK, set()).add(code >> AUTHOR_BITS)
        for number in range(len(facts.authors)):
            assert filled.get(number, set()) == self._holdings.entries(number)
        if self._view is not None:  # what is remembered is what would be found
            assert digest_of(facts, View(facts, self._admins), self.live()) == self.digest()
        anew = Floors(standing(facts))
        anew.settle(facts, self._admins, self.view, self.held)
        assert (anew.gone, len(anew)) == (self._floors.gone, len(self._floors))
