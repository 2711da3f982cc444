"""What is live is the same whether one asks for each item or for all: in stretches where nobody has said a word."""

import random

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.leaves import Leaf
from edgeboard.canvas.living import Stretch, count_living, living
from edgeboard.canvas.ops import Acl, Add, Alive, Clear, Context, Cut, Maker, Role, Set, decode_op
from edgeboard.ids import AuthorTag, NodeId, Origin, PersonId
from edgeboard.oplog.batch import Slot, decode_batch, encode_batch
from edgeboard.vectors import Vector

ANN, BEN = AuthorTag(b"a" * 8), AuthorTag(b"b" * 8)
NODES = {ANN: NodeId(b"A" * 16), BEN: NodeId(b"B" * 16)}


class Scene:
    """A canvas to which whole batches come."""

    def __init__(self):
        self.document = Document(frozenset(NODES.values()))
        self.makers = {tag: Maker(Origin(number + 1)) for number, tag in enumerate((ANN, BEN))}
        self.entries = dict.fromkeys((ANN, BEN), 0)
        for tag, node in NODES.items():
            self.document.introduce(tag, node)

    def log(self, tag, *bodies):
        ops = [self.makers[tag].make(body, self.document.lamport) for body in bodies]
        data = encode_batch(tag, self.entries[tag] or 1, 0, None, 0, (), [Slot(0, op.tail) for op in ops], bytes(64))
        batch = decode_batch(data)
        leaf = Leaf(tag, self.entries[tag], data, batch.heads, [(self.makers[tag].origin, PersonId(bytes(16)))])
        self.document.absorb(leaf, leaf.survey())
        self.entries[tag] += len(ops)
        return [op.id for op in ops]

    def seen(self):
        return Context(None, Vector(self.entries))

    def live(self):
        document = self.document
        found = list(living(document.facts, document.view, document.gone))
        for each in found:
            if isinstance(each, Stretch):
                first = document.facts.find(each.first)
                assert first.tail == each.leaf.tail(each.entry)
        assert count_living(document.facts, document.view, document.gone) == len(list(document.living()))
        return sorted(document.living()), sum(isinstance(each, Stretch) and each.is_bare for each in found)


def test_items_nobody_speaks_of_are_one_stretch():
    scene = Scene()
    made = scene.log(ANN, *(Add(0, 0, 1, bytes([n])) for n in range(9)))
    assert scene.live() == (made, 1)
    scene.log(BEN, Alive(made[4], False), Set(made[6], 2, [1]), Cut(made[7], ((0, 64),)))
    assert scene.live() == ([op for op in made if op != made[4]], 3)


def test_a_clear_takes_what_its_maker_had_seen_and_spares_the_rest():
    scene = Scene()
    made = scene.log(ANN, *(Add(n % 2, 0, 1, bytes([n])) for n in range(4)))
    context = scene.seen()
    later = scene.log(ANN, Add(0, 0, 1, b"later"))
    (clear,) = scene.log(BEN, Clear(2, context))
    assert scene.live()[0] == [made[0], made[2], *later]
    (second,) = scene.log(BEN, Clear(0, context))
    assert scene.live()[0] == later
    scene.log(ANN, Alive(made[1], True))
    assert scene.live()[0] == [made[1], *later]
    scene.log(ANN, Alive(second, False), Alive(clear, False))
    assert scene.live()[0] == [*made, *later]


def test_all_ways_to_ask_agree():
    for seed in range(80):
        rng, scene, made = random.Random(seed), Scene(), []
        for _ in range(rng.randint(3, 14)):
            tag, bodies = rng.choice((ANN, BEN)), []
            for _ in range(rng.randint(1, 6)):
                target = rng.choice(made) if made else None
                bodies.append(
                    rng.choice([
                        Add(rng.randint(0, 1), 0, 1, b"x"),
                        Add(rng.randint(0, 1), 0, 1, b"y"),
                        *([Alive(target, rng.random() < 0.4), Set(target, 2, [1])] * bool(made)),
                        *([Cut(target, ((0, 9),))] * bool(made)),
                        Clear(rng.choice((0, 0, 1, 2)), scene.seen()),
                        *([Acl(NODES[ANN], Role.VIEW, scene.seen())] * (seed % 5 == 0)),
                    ])
                )  # fmt: skip
            made += scene.log(tag, *bodies)
        document, view = scene.document, scene.document.view
        one_by_one = sorted(op for op in made if document.facts.find(op).part == 1 and document.is_alive(op))
        assert scene.live()[0] == one_by_one, seed
        document.check()
        slow = Document(frozenset(NODES.values()))
        for tag, node in NODES.items():
            slow.introduce(tag, node)
        for fact in document.facts.every():
            (place,) = document.places(fact.id)

            slow.apply(decode_op(Origin(fact.id >> 32), fact.tail), Place(*place))
        assert slow.digest() == document.digest(), seed
        assert slow.items() == document.items(), seed
        assert view is document.view
