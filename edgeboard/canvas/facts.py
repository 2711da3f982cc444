"""What a canvas knows: every op that was applied, by what it is about.

Nothing is decided here. A fact joins a few lists, each sorted by stamp, and stays as it is; who wins is asked of a
`merge.View` when somebody looks. So the order in which facts come cannot matter. Facts are small, because there is one
per op: a tail, where it lies in the log, and what cannot be read off the tail cheaply.
"""

from bisect import insort
from collections.abc import Container, Iterable, Iterator
from enum import IntEnum
from typing import Final, final

from edgeboard.canvas.bodies import Kind
from edgeboard.canvas.fields import get_acl, get_add, get_alive, get_clear, get_context, get_cut, get_meta, get_set
from edgeboard.canvas.leaves import NEAR, Leaf, Leaves
from edgeboard.canvas.ops import Op, content_hash, decode_op
from edgeboard.canvas.values import check_value
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import AuthorTag, NodeId, OpId, Origin, counter_of, op_id, origin_of

AUTHOR_BITS: Final = 20  # of a place as one number: entry << AUTHOR_BITS | author's number
AUTHOR_MASK: Final = (1 << AUTHOR_BITS) - 1


class Part(IntEnum):
    """What a fact is to the canvas."""

    VOID = 0  # unknown, or of a broken body
    ITEM = 1
    PIECE = 2  # a further one
    SET = 3
    ALIVE = 4
    CUT = 5
    CLEAR = 6
    META = 7
    ACL = 8
    FLOOR = 9
    STRUCK = 10  # its content was dropped at a floor


# What may be dropped at a floor. Not alive: who still has the add of a dead item must find it dead.
DROPPABLE: Final = frozenset({Part.ITEM, Part.PIECE, Part.SET, Part.CUT})


@final
class Fact:
    """One content of one op."""

    __slots__ = ("about", "body_at", "id", "lamport", "part", "places", "tail", "value_at")

    def __init__(
        self,
        id: OpId,
        lamport: int,
        part: Part,
        tail: bytes,
        body_at: int,
        about: object,
        places: int | tuple[int, ...],
        value_at: int = 0,
    ) -> None:
        self.id = id
        self.lamport = lamport
        self.part = part
        self.tail = tail
        self.body_at = body_at
        self.about = about  # by part: a piece's index, a set's register, the value of alive, the body of a rare kind
        self.places = places
        self.value_at = value_at  # where the value of a set begins in the tail; 0 until somebody asks

    def each_place(self) -> tuple[int, ...]:
        places = self.places
        return places if isinstance(places, tuple) else (places,)

    def hash(self) -> bytes:
        """The content hash."""
        return content_hash(origin_of(self.id), self.tail)

    def target(self) -> OpId:
        """What a piece, set, alive or cut refers to."""
        match self.part:
            case Part.PIECE:
                item = get_add(self.tail, self.body_at, self.id)[3]
                assert item is not None  # or it would be an item itself
                return item
            case Part.SET:
                return get_set(self.tail, self.body_at, self.id)[0]
            case Part.ALIVE:
                return get_alive(self.tail, self.body_at, self.id)[0]
            case _:
                return get_cut(self.tail, self.body_at, self.id)[0]

    def value(self) -> bytes:
        """The msgpack bytes that a set or meta gives."""
        if self.part == Part.SET:
            if not self.value_at:
                self.value_at = get_set(self.tail, self.body_at, self.id)[2]
            return self.tail[self.value_at :]
        _, start, end = get_meta(self.tail, self.body_at)
        return self.tail[start:end]

    def page(self) -> int:
        """The page that an item was added to."""
        return get_add(self.tail, self.body_at, self.id)[0]


def stamp(fact: Fact) -> tuple[int, int]:
    """What decides between facts: (Lamport number, op id); the greatest wins."""
    return fact.lamport, fact.id


def fact_of(op: Op, place: int) -> tuple[Fact, object]:
    """The fact that an op is, and what it is filed under."""
    part, key, about = part_of(op.kind, op.tail, op.body_at, op.id)
    return Fact(op.id, op.lamport, part, op.tail, op.body_at, about, place), key


def part_of(kind: int, tail: bytes, at: int, maker: OpId) -> tuple[Part, object, object]:
    """What an op is to the canvas: its part, what it is filed under, and what its fact says `about`.

    Args:
        kind: of the op.
        tail: of the op.
        at: where its body begins in the tail.
        maker: its id.
    """
    try:
        match kind:
            case Kind.ADD:
                _, _, _, item, index, _ = get_add(tail, at, maker)
                return (Part.ITEM, None, None) if item is None else (Part.PIECE, item, index)
            case Kind.SET:
                target, register, _ = get_set(tail, at, maker)
                return Part.SET, target, register
            case Kind.ALIVE:
                target, alive = get_alive(tail, at, maker)
                return Part.ALIVE, target, alive
            case Kind.CUT:
                piece, intervals = get_cut(tail, at, maker)
                return Part.CUT, piece, intervals
            case Kind.CLEAR:
                return Part.CLEAR, None, get_clear(tail, at, maker)
            case Kind.META:
                return Part.META, get_meta(tail, at)[0], None
            case Kind.ACL:
                acl = get_acl(tail, at, maker)
                return Part.ACL, acl.subject, acl
            case Kind.FLOOR:
                return Part.FLOOR, maker, get_context(tail, at, maker)[0]
            case _:
                return Part.VOID, None, None
    except DecodeError:
        return Part.VOID, None, None


def fact_in(leaf: Leaf, other: tuple[int, ...], place: int) -> tuple[Fact, object]:
    """The fact of an op that is no plain item, by its record of OTHER, and what it is filed under."""
    _, head, row, counter, at, size, _, body_at, target, far, about, behind, word = other
    origin, tail, kind = leaf.table[row][0], leaf.data[at : at + size], head >> 4
    op = op_id(origin, counter)
    if not word:
        part, key, value = part_of(kind, tail, body_at, op)
        return Fact(op, other[0], part, tail, body_at, value, place), key
    item = op_id(origin if word == NEAR else Origin(far), target)
    if kind == Kind.ALIVE:
        return Fact(op, other[0], Part.ALIVE, tail, body_at, about == 1, place), item
    try:
        check_value(tail[behind:])
    except DecodeError:
        return Fact(op, other[0], Part.VOID, tail, body_at, None, place), None
    return Fact(op, other[0], Part.SET, tail, body_at, about, place, behind), item


@final
class Facts:
    """All facts, and the ways to find them.

    Plain items are leaves of the log (`leaves.py`) and no objects; a fact of one is made when somebody asks, and kept
    in `ops` only if there is more to it than lies in the log: a second place, a second content, that it was struck.
    """

    __slots__ = (
        "acls",
        "alives",
        "authors",
        "clears",
        "cuts",
        "floors",
        "forks",
        "leaves",
        "metas",
        "nodes",
        "numbers",
        "ops",
        "pieces",
        "sets",
        "struck",
        "void",
    )

    def __init__(self) -> None:
        self.leaves = Leaves()
        self.ops: dict[OpId, Fact] = {}  # the content that came first, of ops that are not in `leaves`
        self.forks: dict[OpId, list[Fact]] = {}  # all contents, of ids that have several
        self.pieces: dict[OpId, list[Fact]] = {}  # by item
        self.sets: dict[OpId, dict[int, list[Fact]]] = {}  # by item and register
        self.alives: dict[OpId, list[Fact]] = {}  # by target
        self.cuts: dict[OpId, list[Fact]] = {}  # by piece
        self.clears: list[Fact] = []
        self.metas: dict[str, list[Fact]] = {}
        self.acls: dict[NodeId, list[Fact]] = {}  # by subject
        self.floors: dict[OpId, list[Fact]] = {}  # by id: all contents
        self.struck = 0  # how many facts are
        self.void = 0
        self.authors: list[AuthorTag] = []
        self.numbers: dict[AuthorTag, int] = {}  # the inverse of `authors`
        self.nodes: list[NodeId | None] = []  # by author's number; None until introduced

    def number_of(self, author: AuthorTag) -> int:
        """The number that stands for an author in places.

        Raises:
            LimitError: there are too many.
        """
        number = self.numbers.get(author)
        if number is None:
            number = len(self.authors)
            if number > AUTHOR_MASK:
                raise LimitError(f"more than {AUTHOR_MASK} authors")
            self.numbers[author] = number
            self.authors.append(author)
            self.nodes.append(None)
        return number

    def file(self, fact: Fact, key: object) -> None:
        """Put a fact where it is looked for; `key` and the fact's part and about are those of `part_of`."""
        match fact.part:
            case Part.SET:
                assert isinstance(key, int)
                assert isinstance(fact.about, int)
                register = fact.about
                registers = self.sets.get(OpId(key))
                if registers is None:
                    self.sets[OpId(key)] = {register: [fact]}
                else:
                    _insert(registers.setdefault(register, []), fact)
            case Part.ALIVE:
                assert isinstance(key, int)
                alives = self.alives.get(OpId(key))
                if alives is None:
                    self.alives[OpId(key)] = [fact]
                else:
                    _insert(alives, fact)
            case Part.PIECE:
                _insert(self.pieces.setdefault(OpId(_number(key)), []), fact)
            case Part.CUT:
                _insert(self.cuts.setdefault(OpId(_number(key)), []), fact)
            case Part.CLEAR:
                _insert(self.clears, fact)
            case Part.META:
                assert isinstance(key, str)
                _insert(self.metas.setdefault(key, []), fact)
            case Part.ACL:
                assert isinstance(key, bytes)
                _insert(self.acls.setdefault(NodeId(key), []), fact)
            case Part.FLOOR:
                _insert(self.floors.setdefault(fact.id, []), fact)
            case Part.VOID:
                self.void += 1
            case _:
                pass

    def contents(self, op: OpId) -> list[Fact]:
        """Every content of an op id."""
        fork = self.forks.get(op)
        if fork is not None:
            return fork
        fact = self.find(op)
        return [] if fact is None else [fact]

    def __len__(self) -> int:
        """How many op ids are known."""
        return len(self.ops) + self.leaves.count

    def __contains__(self, op: OpId) -> bool:
        return op in self.ops or op in self.leaves

    def find(self, op: OpId) -> Fact | None:
        """The content of an op id that came first."""
        fact = self.ops.get(op)
        if fact is not None:
            return fact
        spot = self.leaves.find(op)
        return None if spot is None else self.fact_at(op, spot.leaf, spot.entry)

    def add(self, fact: Fact) -> None:
        """Take the first content of an op id."""
        self.ops[fact.id] = fact
        self.leaves.admit(origin_of(fact.id), counter_of(fact.id))

    def keep(self, fact: Fact) -> None:
        """Make a fact one of `ops`, because there will be more to it than lies in the log."""
        if fact.id not in self.ops:
            self.leaves.remove(fact.id)
            self.ops[fact.id] = fact

    def fact_at(self, op: OpId, leaf: Leaf, entry: int) -> Fact:
        """The plain item that lies in a leaf."""
        tail = leaf.tail(entry)
        found = decode_op(origin_of(op), tail)
        place = leaf.first + entry << AUTHOR_BITS | self.numbers[leaf.author]
        return Fact(op, found.lamport, Part.ITEM, tail, found.body_at, None, place)

    def every(self) -> Iterator[Fact]:
        """Every content of every op id."""
        yield from self._plain(self.leaves.origins())
        if not self.forks:
            yield from self.ops.values()
            return
        for op in self.ops:
            yield from self.contents(op)

    def of_origins(self, origins: Container[Origin]) -> Iterator[Fact]:
        """Every content of every op id of some origins."""
        yield from self._plain([origin for origin in self.leaves.origins() if origin in origins])
        for op in self.ops:
            if origin_of(op) in origins:
                yield from self.contents(op)

    def items(self) -> Iterator[Fact]:
        """Every content that may be an item."""
        yield from self._plain(self.leaves.origins())
        yield from self.kept_items()

    def kept_items(self) -> Iterator[Fact]:
        """Those of them that do not lie in `leaves`."""
        forks = self.forks
        for op, fact in self.ops.items():
            if op in forks:
                yield from (content for content in forks[op] if content.part == Part.ITEM)
            elif fact.part == Part.ITEM:
                yield fact

    def _plain(self, origins: Iterable[Origin]) -> Iterator[Fact]:
        for origin in origins:
            for run in self.leaves.runs(origin):
                first = op_id(origin, run.counter)
                for behind in range(run.length):
                    yield self.fact_at(OpId(first + behind), run.leaf, run.entry + behind)

    def check(self) -> None:
        """Assert what always holds."""
        filed = 0
        by_register = (facts for registers in self.sets.values() for facts in registers.values())
        listed = (self.alives, self.pieces, self.cuts, self.metas, self.acls, self.floors)
        for facts in (self.clears, *by_register, *(facts for index in listed for facts in index.values())):
            assert facts == sorted(facts, key=stamp)
            filed += len(facts)
        every = list(self.every())
        unfiled = sum(fact.part in (Part.VOID, Part.ITEM) for fact in every)
        assert filed + unfiled <= len(every) <= filed + unfiled + self.struck
        self.leaves.check()
        assert len({fact.id for fact in every}) == len(self)
        assert self.struck == sum(fact.part == Part.STRUCK for fact in every)
        assert self.void == sum(fact.part == Part.VOID for fact in every)
        for op, contents in self.forks.items():
            assert len({fact.tail for fact in contents}) == len(contents) > 1
            assert self.ops[op] is contents[0]
            assert {fact.id for fact in contents} == {op}
        assert len(self.authors) == len(self.numbers) == len(self.nodes)


def _number(key: object) -> int:
    assert isinstance(key, int)
    return key


def _insert(facts: list[Fact], fact: Fact) -> None:
    """Keep a list sorted by stamp; nearly always the new one is the last."""
    if not facts or stamp(facts[-1]) <= stamp(fact):
        facts.append(fact)
    else:
        insort(facts, fact, key=stamp)
