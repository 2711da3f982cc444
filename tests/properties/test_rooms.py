"""Whole rooms: nodes that draw, part, reboot, let go of what is dead, and in the end show the same."""

import hashlib
import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edgeboard.canvas.document import Document
from edgeboard.canvas.ops import (
    Acl,
    Add,
    Alive,
    Clear,
    Context,
    Cut,
    Floor,
    Maker,
    Meta,
    Register,
    Set,
    Undo,
)
from edgeboard.canvas.undo import redo, undo
from edgeboard.ids import MeshId, Origin, PersonId, RoomId, author_id, node_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.floors import reduce_log
from edgeboard.oplog.log import Log, Status
from edgeboard.vectors import Vector

pytestmark = pytest.mark.slow

MESH, ROOM = MeshId(b"m" * 16), RoomId(b"r" * 16)
NAMES = st.integers(0, 3)
KEYS = [bytes([number + 1]) * 32 for number in range(4)]
ADMINS = frozenset([node_id(KEYS[0])])


def signature(key, message):
    """Not Ed25519, but as good to tell right from wrong, and fast."""
    return hashlib.sha512(key + message).digest()


def holds(key, signed, message):
    return signature(key, message) == signed


class Node:
    """A board: a log, its canvas, and a pen."""

    def __init__(self, number):
        self.number = number
        self.key = KEYS[number]
        self.person = PersonId(bytes([number]) * 16)
        self.boots = 0
        self.stored = []
        self.boot()

    def boot(self):
        """Start from what is stored: a new author, a new origin."""
        self.boots += 1
        self.log = Log(MESH, ROOM, holds)
        self.document, self.slow = Document(ADMINS), Document(ADMINS)
        self.maker = Maker(Origin(self.number << 16 | self.boots))
        author = author_id(node_id(self.key), self.boots, 7)
        self.author = LocalAuthor(MESH, ROOM, author, self.key, lambda message: signature(self.key, message))
        for data in self.stored:
            self.take(data, store=False)

    def take(self, data, *, store=True):
        offer = self.log.offer(data)
        for accepted in offer.accepted:
            accepted.apply_to(self.document)
            self.one_by_one(accepted)
            if store:
                self.stored.append(accepted.batch.data)
        return offer

    def one_by_one(self, accepted):
        """The same op by op, which must come to the same."""
        self.slow.introduce(accepted.batch.author, accepted.node)
        for origin, person in accepted.batch.origins:
            self.slow.own(origin, person)
        for dropped in accepted.dropped:
            self.slow.skip(dropped.place, dropped.content)
        for entry in accepted.entries:
            self.slow.apply(entry.op, entry.place)
        assert self.slow.statistics() == self.document.statistics()
        assert self.slow.digest() == self.document.digest()
        assert self.slow.items() == self.document.items()

    def submit(self, bodies, flag=Undo.NONE):
        made = [
            self.maker.make(body, self.document.lamport, undo=flag, more=number > 0)
            for number, body in enumerate(bodies)
        ]
        self.carry([(op, self.person) for op in made])
        return made

    def carry(self, ops):
        assert self.take(self.author.batch(ops, 0)).status == Status.NEW

    def reduce(self):
        for reduced in reduce_log(self.log, self.document):
            if reduced is None:
                continue
            assert self.log.offer(reduced.data).status == Status.DUPLICATE
        self.stored = list(self.log.batches())


class Room(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.nodes = [Node(number) for number in range(4)]
        self.cut_links = set()
        self.ops = []

    def items(self, node):
        return sorted(fact.id for fact in node.document.facts.items())

    @rule(name=NAMES, seed=st.integers(0, 999))
    def draw(self, name, seed):
        node, rng = self.nodes[name], random.Random(seed)
        first = node.maker.next_id
        pieces = [
            Add(seed % 2, 0, 1, bytes([seed % 7, index]), first if index else None, index)
            for index in range(seed % 3 + 1)
        ]
        made = node.submit(pieces)
        self.ops += [(op, node.person) for op in made]
        if rng.random() < 0.3:
            node.submit([Set(first, Register.TEXT, "a long text that a floor may let go of"), Meta("last", seed)])

    @precondition(lambda self: self.ops)
    @rule(name=NAMES, number=st.integers(0, 99))
    def hand_an_op_to_another_host(self, name, number):
        self.nodes[name].carry([self.ops[number % len(self.ops)]])

    @rule(name=NAMES, number=st.integers(0, 99), how=st.sampled_from(["erase", "revive", "cut", "move", "uncut"]))
    def edit(self, name, number, how):
        node = self.nodes[name]
        items = self.items(node)
        if not items:
            return
        target = items[number % len(items)]
        cuts = [fact.id for cuts in node.document.facts.cuts.values() for fact in cuts]
        match how:
            case "cut":
                node.submit([Cut(target, ((number, number + 9),))])
            case "move":
                node.submit([Set(target, Register.TRANSFORM, [1, 0, 0, 1, number, 0])])
            case "uncut":
                if cuts:
                    node.submit([Alive(sorted(cuts)[number % len(cuts)], number % 2 == 0)])
            case _:
                node.submit([Alive(target, how == "revive")])

    @rule(name=NAMES, scope=st.integers(0, 2))
    def clear(self, name, scope):
        self.nodes[name].submit([Clear(scope, Context(None, self.nodes[name].document.held))])

    @rule(name=NAMES, back=st.booleans())
    def undo_or_redo(self, name, back):
        node = self.nodes[name]
        step = undo(node.document, node.person) if back else redo(node.document, node.person)
        if step.bodies:
            node.submit(step.bodies, step.flag)

    @rule(name=NAMES, role=st.sampled_from([0, 1, 2, 3]), subject=NAMES)
    def restrict(self, name, role, subject):
        node = self.nodes[name]  # also those that may not: then it has no effect
        node.submit([Acl(node_id(KEYS[subject]), role, Context(None, node.document.held))])

    @rule(name=NAMES, relative=st.booleans())
    def floor(self, name, relative):
        node = self.nodes[name]
        held, floors = node.document.held, sorted(node.document.facts.floors)
        context = Context(None, held)
        if relative and floors:
            below = node.document.facts.floors[floors[-1]][0]
            known = node.document.view.context_of(below, below.about)
            if known is not None and held.includes(known):
                context = Context(floors[-1], Vector({tag: n for tag, n in held if known[tag] != n}))
        node.submit([Floor(context)])

    @rule(name=NAMES)
    def let_go(self, name):
        self.nodes[name].reduce()

    @rule(name=NAMES)
    def reboot(self, name):
        node = self.nodes[name]
        before = node.document.digest()
        node.boot()
        assert node.document.digest() == before

    @rule(one=NAMES, other=NAMES)
    def part_or_meet(self, one, other):
        self.cut_links ^= {frozenset((one, other))}

    @rule(one=NAMES, other=NAMES, seed=st.integers(0, 999))
    def exchange(self, one, other, seed):
        if frozenset((one, other)) not in self.cut_links:
            self.repair(self.nodes[one], self.nodes[other], random.Random(seed))

    def repair(self, node, source, rng=None):
        """Fetch what is missing; with dice, some of it is lost, comes twice or in another order."""
        batches = [data for wanted in node.log.missing(source.log.vector()) for data in source.log.read(wanted)]
        if rng is not None:
            rng.shuffle(batches)
            batches = [data for data in batches for _ in range(rng.choice((0, 1, 1, 1, 2)))]
        for data in batches:
            node.take(data)

    @invariant()
    def every_node_is_sound(self):
        for node in self.nodes:
            node.document.check()
            node.log.check()
            assert node.document.held == node.log.vector()

    def teardown(self):
        for _ in range(2):
            for node in self.nodes:
                for source in self.nodes:
                    self.repair(node, source)
        late = Node(3)
        late.stored = list(self.nodes[0].log.batches())
        late.boot()
        assert len({node.log.vector_digest() for node in (*self.nodes, late)}) == 1
        assert len({node.document.digest() for node in (*self.nodes, late)}) == 1
        assert all(node.document.unexplained() == [] for node in (*self.nodes, late))


TestRoom = Room.TestCase
TestRoom.settings = settings(max_examples=60, stateful_step_count=30)
