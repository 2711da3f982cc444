"""The canvas: a pure function of the set of ops, whatever their order, repetition and route.

`apply` files a fact under what it is about and says what changed; nothing is decided until somebody looks (`merge.py`),
and payloads stay the bytes they came in until somebody draws. A broken body never raises: it is kept as void, because
it is part of a log whose signature holds. Rules are numbered as in docs/formats/oplog.md, "Merge".
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, cast, final

from edgeboard.canvas.changes import Absorbed, Change, Statistics
from edgeboard.canvas.dropped import Dropped
from edgeboard.canvas.facts import AUTHOR_BITS, AUTHOR_MASK, Fact, Facts, Part, fact_in, fact_of
from edgeboard.canvas.floors import Floors, standing
from edgeboard.canvas.holdings import Holdings
from edgeboard.canvas.items import Item, digest_of, paint_order, read_item, read_value
from edgeboard.canvas.leaves import DROPPED, HASH_BYTES, OTHER, RUN, Leaf, Survey
from edgeboard.canvas.living import Stretch, count_living, living
from edgeboard.canvas.merge import View
from edgeboard.canvas.ops import Op
from edgeboard.canvas.reach import items_under, touched_by
from edgeboard.ids import AuthorTag, NodeId, OpId, Origin, PersonId, op_id, origin_of
from edgeboard.vectors import Vector


class Place(NamedTuple):
    """Where an op lies: entry `entry` of the log of `author`."""

    author: AuthorTag
    entry: int


_NO_RUN: Final = (0, 0, 1 << 16, 0)  # behind all entries


@final
class Document:
    """One canvas."""

    def __init__(self, admins: frozenset[NodeId] = frozenset()) -> None:
        """Args:
        admins: the nodes whose acl ops count.
        """
        self.lamport = 0  # the highest seen
        self.admins = admins
        self._facts = Facts()
        self._view: View | None = None
        self._persons: dict[Origin, PersonId] = {}
        self._claims_refused = 0
        self._holdings = Holdings()
        self._born = 0
        self._dropped = Dropped()
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
        fact, key = fact_of(op, self._hold_one(place))
        change = self._take(fact, key)
        return self._settled(change) if self._floors.is_due else change

    def skip(self, place: Place, content: bytes) -> Change:
        """Take the place of an op that was dropped at a floor; `content` is its content hash."""
        change = self._skip(self._hold_one(place), content)
        return self._settled(change) if self._floors.is_due else change

    def absorb(self, leaf: Leaf, survey: Survey) -> Absorbed:
        """Take a batch of the log: the same as `apply` and `skip` for each of its entries, at the price of its runs."""
        facts, table, dropped = self._facts, leaf.table, self._dropped
        leaves, gone = facts.leaves, self._floors.gone
        number = self._hold(leaf.author, leaf.first, leaf.first + leaf.count)
        self.lamport = max(self.lamport, survey.lamport)
        items, forks = list[OpId](), list[OpId]()
        runs = RUN.iter_unpack(survey.runs)
        run = next(runs, _NO_RUN)
        for other in OTHER.iter_unpack(survey.others):
            _, _, row, counter, at, size, entry, *_ = other
            while run[2] < entry:  # in their order, so that counters rise
                self._take_run(leaf, run, items, forks)
                run = next(runs, _NO_RUN)
            code = leaf.first + entry << AUTHOR_BITS | number
            if size == DROPPED:
                items += self._skip(code, leaf.data[at : at + HASH_BYTES]).items
                continue
            fact, key = fact_in(leaf, other, code)
            if fact.part is Part.SET or fact.part is Part.ALIVE:  # nearly always of an item that lies in a leaf
                item = cast("OpId", key)
                if item in leaves and not dropped and leaves.admit(table[row][0], counter):
                    facts.ops[fact.id] = fact
                    facts.file(fact, item)
                    if item not in gone:
                        items.append(item)
                    continue
            change = self._take(fact, key)
            items += change.items
            if change.equivocation:
                forks.append(fact.id)
        while run is not _NO_RUN:
            self._take_run(leaf, run, items, forks)
            run = next(runs, _NO_RUN)
        if self._floors.is_due:
            items += self._settle()
        return Absorbed(tuple(items), tuple(forks))

    def _take_run(self, leaf: Leaf, run: tuple[int, ...], items: list[OpId], forks: list[OpId]) -> None:
        """Take plain items; what they change goes into `items`, and the equivocal ones into `forks`."""
        row, counter, entry, count = run
        facts, origin = self._facts, leaf.table[row][0]
        first = op_id(origin, counter)
        if not self._dropped and facts.leaves.admit(origin, counter, count):
            facts.leaves.add(origin, counter, count, leaf, entry)
            self._born += count
            items += cast("Iterable[OpId]", range(first, first + count))
            return
        for behind in range(count):
            fact = facts.fact_at(OpId(first + behind), leaf, entry + behind)
            change = self._take(fact, None)
            items += change.items
            if change.equivocation:
                forks.append(fact.id)
            elif facts.ops.get(fact.id) is fact and fact.part is Part.ITEM:  # it may stay where it lies
                del facts.ops[fact.id]
                facts.leaves.add(origin, counter + behind, 1, leaf, entry + behind)

    def adopt(self, leaf: Leaf, survey: Survey) -> None:
        """Say that ops that were applied one by one lie in a batch now: plain items need no objects then."""
        facts = self._facts
        number = facts.number_of(leaf.author)
        for row, counter, entry, count in RUN.iter_unpack(survey.runs):
            origin = leaf.table[row][0]
            for behind in range(count):
                op = op_id(origin, counter + behind)
                fact = facts.ops.get(op)
                place = leaf.first + entry + behind << AUTHOR_BITS | number
                if fact is not None and fact.part is Part.ITEM and fact.places == place and op not in facts.forks:
                    del facts.ops[op]
                    facts.leaves.add(origin, counter + behind, 1, leaf, entry + behind)

    def _hold(self, author: AuthorTag, first: int, end: int) -> int:
        """Take the entries `first` .. `end` - 1 of an author; gives its number."""
        number = self._facts.number_of(author)
        self._holdings.hold_range(number, first, end)
        if self._floors.behind:
            self._floors.taken(author, self._holdings.next[number])
        return number

    def _hold_one(self, place: Place) -> int:
        return place.entry << AUTHOR_BITS | self._hold(place.author, place.entry, place.entry + 1)

    def _take(self, fact: Fact, key: object) -> Change:
        facts = self._facts
        if fact.id in facts:
            return self._take_again(fact, key)
        if fact.lamport > self.lamport:
            self.lamport = fact.lamport
        facts.add(fact)
        return self._file(fact, key)

    def _file(self, fact: Fact, key: object) -> Change:
        facts = self._facts
        facts.file(fact, key)
        self._born += fact.part is Part.ITEM
        if self._dropped and self._dropped.meets(fact):
            self._strike(fact)
        if fact.part in (Part.ACL, Part.FLOOR):
            self._view = None
            if fact.part == Part.FLOOR:
                self._floors.add(fact)
            return Change(True, self._everything())
        return Change(True, self._touched(fact, key))

    def _skip(self, code: int, content: bytes) -> Change:
        facts = self._facts
        fact = self._dropped.add(code, content, facts)
        if fact is None:
            return Change(False, ())
        reach = fact.part in (Part.ACL, Part.FLOOR)
        change = Change(False, self._everything() if reach else self._touched(fact))
        self._strike(fact)
        if facts.floors:
            self._settle_anew()
        return change

    def _strike(self, fact: Fact) -> None:
        """Make a content void that was dropped elsewhere."""
        self._facts.keep(fact)
        self._born -= fact.part == Part.ITEM
        self._facts.void -= fact.part == Part.VOID
        fact.part = Part.STRUCK
        self._facts.struck += 1
        self._view = None

    def _take_again(self, fact: Fact, key: object) -> Change:
        """Rule 1: a known op id adds a place, or is a fork."""
        facts = self._facts
        assert isinstance(fact.places, int)  # it comes from one place
        rivals = facts.contents(fact.id)
        for rival in rivals:
            if rival.tail == fact.tail:
                if fact.places in rival.each_place():
                    return Change(False, ())
                rival.places = (*rival.each_place(), fact.places)
                facts.keep(rival)
                if rival.part in (Part.ACL, Part.FLOOR):
                    self._view = None
                    return Change(False, self._everything())
                return Change(False, self._touched(rival) if facts.clears or facts.acls else ())
        touched = {item for rival in rivals for item in self._touched(rival)}
        if fact.lamport > self.lamport:
            self.lamport = fact.lamport
        facts.keep(rivals[0])
        facts.forks[fact.id] = [*rivals, fact]
        self._view = None
        change = self._file(fact, key)
        if any(rival.part == Part.FLOOR for rival in facts.forks[fact.id]):
            self._settle_anew()
        return Change(True, tuple(sorted(touched | set(change.items))), equivocation=True)

    def _touched(self, fact: Fact, key: object = None) -> tuple[OpId, ...]:
        return touched_by(fact, key, self._facts, self._floors.gone, lambda: self.view)

    def under(self, clear: Fact) -> list[OpId]:
        """The items that a clear covers, or would if it were live."""
        return items_under(clear, self._facts, self._floors.gone, self.view)

    def _everything(self) -> tuple[OpId, ...]:
        return tuple(item.id for item in self._facts.items() if item.id not in self._floors.gone)

    def _settle(self) -> set[OpId]:
        """Settle the floors whose context is held now (rule 8); gives the items that have ended by that."""
        return self._floors.settle(self._facts, self.admins, self.view, self.held)

    def _settled(self, change: Change) -> Change:
        gone = self._settle()
        return Change(change.new, tuple(sorted({*change.items, *gone})), change.equivocation) if gone else change

    def _settle_anew(self) -> None:
        """After what changes who was an admin or what a floor's context was: all floors from the start."""
        self._view = None
        self._floors = Floors(standing(self._facts))
        self._floors.settle(self._facts, self.admins, self.view, self.held)

    # ------------------------------------------------------------------------------------------------- what is there

    @property
    def view(self) -> View:
        """The rules over everything held."""
        if self._view is None:
            self._view = View(self._facts, self.admins)
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

    def origins_of(self, person: PersonId) -> frozenset[Origin]:
        """The origins of a person."""
        return frozenset(origin for origin, owner in self._persons.items() if owner == person)

    def knows(self, op: OpId) -> bool:
        """Whether any content of this id was applied."""
        return op in self._facts

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

    def living(self) -> Iterator[OpId]:
        """The live items, in no order."""
        for each in living(self._facts, self.view, self._floors.gone):
            if isinstance(each, Stretch):
                yield from map(OpId, range(each.first, each.first + each.length))
            else:
                yield each.id

    def count_living(self) -> int:
        """How many items are live."""
        return count_living(self._facts, self.view, self._floors.gone)

    def item(self, op: OpId) -> Item | None:
        """A live item, or None."""
        if not self.is_alive(op):
            return None
        fact = next(fact for fact in self._facts.contents(op) if self.view.counts(fact))
        return self._read(fact) if fact.part == Part.ITEM else None

    def items(self) -> list[Item]:
        """The live items in paint order (rule 9)."""
        facts = self._facts
        items = [self._read(fact) for op in self.living() for fact in facts.contents(op) if self._is_item(fact)]
        items.sort(key=paint_order)
        return items

    def _is_item(self, fact: Fact) -> bool:
        return fact.part is Part.ITEM and self.view.counts(fact)

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
        return digest_of(self._facts, self.view, self._floors.gone)

    def ended(self) -> list[Vector]:
        """The contexts of the floors that are settled."""
        return list(self._floors.settled)

    def unexplained(self) -> list[Place]:
        """Dropped entries that no settled floor covers: whoever sent them has kept something back."""
        authors, ended = self._facts.authors, self.ended()
        places = (Place(authors[code & AUTHOR_MASK], code >> AUTHOR_BITS) for code in self._dropped.places)
        return [place for place in places if not any(seen.covers(*place) for seen in ended)]

    def statistics(self) -> Statistics:
        """How much of everything there is."""
        facts = self._facts
        return Statistics(
            len(facts),
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
        for code in (*self._dropped.places, *(code for fact in facts.every() for code in fact.each_place())):
            filled.setdefault(code & AUTHOR_MASK, set()).add(code >> AUTHOR_BITS)
        for number in range(len(facts.authors)):
            assert filled.get(number, set()) == self._holdings.entries(number)
        if self._view is not None:  # what is remembered is what would be found
            assert digest_of(facts, View(facts, self.admins), self._floors.gone) == self.digest()
        anew = Floors(standing(facts))
        anew.settle(facts, self.admins, self.view, self.held)
        assert (anew.gone, len(anew)) == (self._floors.gone, len(self._floors))
