"""Floors wait for entries and for each other, and are settled once."""

from edgeboard.canvas.facts import Facts, Part, fact_of
from edgeboard.canvas.floors import Floors, standing
from edgeboard.canvas.merge import View
from edgeboard.canvas.ops import Add, Alive, Context, Floor, Maker
from edgeboard.ids import AuthorTag, Origin, op_id
from edgeboard.vectors import Vector

ANN = AuthorTag(b"a" * 8)


class Scene:
    def __init__(self):
        self.facts, self.floors, self.maker, self.entries = Facts(), Floors(), Maker(Origin(1)), 0
        self.facts.number_of(ANN)

    def log(self, op):
        fact, key = fact_of(op, self.entries << 20)
        self.entries += 1
        self.facts.add(fact)
        self.facts.file(fact, key)
        if fact.part == Part.FLOOR:
            self.floors.add(fact)
        self.floors.taken(ANN, self.entries)
        return op.id

    def do(self, body):
        return self.log(self.maker.make(body, 0))

    def settle(self):
        return self.floors.settle(self.facts, frozenset(), View(self.facts, frozenset()), Vector({ANN: self.entries}))


def test_a_floor_waits_for_entries_and_then_is_due():
    scene = Scene()
    item = scene.do(Add(0, 0, 1, b""))
    scene.do(Alive(item, False))
    scene.do(Floor(Context(None, Vector({ANN: 5}))))
    assert scene.settle() == set()
    assert (len(scene.floors), scene.floors.is_due) == (1, False)
    scene.do(Add(0, 0, 1, b""))
    assert not scene.floors.is_due
    scene.do(Add(0, 0, 1, b""))
    assert scene.floors.is_due
    assert scene.settle() == scene.floors.gone == {item}
    assert (len(scene.floors), scene.floors.settled) == (0, [Vector({ANN: 5})])
    assert scene.settle() == set()


def test_a_floor_waits_for_the_one_below_it():
    scene = Scene()
    below = scene.maker.make(Floor(Context(None, Vector({ANN: 2}))), 0)
    item = scene.do(Add(0, 0, 1, b""))
    scene.do(Alive(item, False))
    scene.do(Floor(Context(below.id, Vector())))
    scene.do(Floor(Context(op_id(7, 7), Vector())))
    assert scene.settle() == set()
    assert len(scene.floors) == 2
    scene.log(below)
    assert scene.settle() == {item}
    assert len(scene.floors) == 1


def test_those_that_were_dropped_do_not_stand():
    scene = Scene()
    floor = scene.do(Floor(Context(None, Vector())))
    assert [fact.id for fact in standing(scene.facts)] == [floor]
    scene.facts.ops[floor].part = Part.STRUCK
    assert standing(scene.facts) == []
