"""Facts are filed under what they are about, in order of their stamps."""

import pytest

from edgeboard.canvas import facts as module
from edgeboard.canvas.facts import Facts, Part, fact_of, stamp
from edgeboard.canvas.ops import Acl, Add, Alive, Clear, Context, Cut, Floor, Maker, Meta, Set, Unknown, hash_of
from edgeboard.canvas.values import pack_value
from edgeboard.errors import LimitError
from edgeboard.ids import AuthorTag, Origin, op_id
from edgeboard.vectors import Vector

FAR = op_id(9, 9)
NOTHING = Context(None, Vector())


def filed(facts, op, place=0):
    fact, key = fact_of(op, place)
    facts.add(fact)
    facts.file(fact, key)
    return fact


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (Add(0, 0, 1, b"x"), Part.ITEM),
        (Add(200, 0, 1, b"x"), Part.ITEM),
        (Add(0, 0, 200, b""), Part.ITEM),
        (Add(0, 0, 1, b"", FAR, 3), Part.PIECE),
        (Set(FAR, 5, [1]), Part.SET),
        (Alive(FAR, False), Part.ALIVE),
        (Cut(FAR, ((1, 2),)), Part.CUT),
        (Clear(0, NOTHING), Part.CLEAR),
        (Meta("k", 7), Part.META),
        (Acl(bytes(16), 1, NOTHING), Part.ACL),
        (Floor(NOTHING), Part.FLOOR),
        (Unknown(1, b"\0\0"), Part.VOID),
        (Unknown(0, b"\0\0\2"), Part.VOID),
        (Unknown(50, b""), Part.VOID),
    ],
)
def test_every_body_has_its_part(body, part):
    op = Maker(Origin(1)).make(body, 0)
    facts = Facts()
    fact = filed(facts, op)
    assert fact.part == part
    assert fact.hash() == hash_of(op)
    assert list(facts.every()) == facts.contents(op.id) == [fact]
    assert facts.contents(FAR) == []
    assert list(facts.items()) == ([fact] if part == Part.ITEM else [])
    if part in (Part.PIECE, Part.SET, Part.ALIVE, Part.CUT):
        assert fact.target() == FAR
    if isinstance(body, Set | Meta):
        assert fact.value() == pack_value(body.value)
    if part == Part.ITEM:
        assert fact.page() == body.page
    facts.check()


def test_lists_are_sorted_by_stamp_however_they_come():
    maker, facts = Maker(Origin(1)), Facts()
    ops = [maker.make(Alive(FAR, True), seen) for seen in (0, 5, 9)]
    ops += [Maker(Origin(2)).make(Alive(FAR, False), 5)]
    for op in (ops[1], ops[3], ops[0], ops[2]):
        filed(facts, op)
    assert [stamp(fact) for fact in facts.alives[FAR]] == sorted((op.lamport, op.id) for op in ops)
    facts.check()


def test_authors_have_numbers_and_there_is_an_end_to_them(monkeypatch):
    facts = Facts()
    tags = [AuthorTag(bytes([number]) * 8) for number in range(3)]
    assert [facts.number_of(tag) for tag in (*tags, tags[0])] == [0, 1, 2, 0]
    monkeypatch.setattr(module, "AUTHOR_MASK", 2)
    with pytest.raises(LimitError):
        facts.number_of(AuthorTag(b"another!"))


def test_a_fork_gives_all_its_contents():
    facts = Facts()
    one, other = (fact_of(Maker(Origin(1)).make(Add(0, 0, 1, text), 0), 0)[0] for text in (b"a", b"b"))
    facts.add(one)
    facts.forks[one.id] = [one, other]
    assert facts.contents(one.id) == list(facts.every()) == list(facts.items()) == [one, other]
    facts.check()
