"""A content that was dropped anywhere is known from then on, whether it is held or comes later."""

from edgeboard.canvas.dropped import Dropped
from edgeboard.canvas.facts import Facts, fact_of
from edgeboard.canvas.ops import Add, Maker
from edgeboard.ids import Origin


def test_what_is_held_is_found_once():
    facts, dropped = Facts(), Dropped()
    fact, _ = fact_of(Maker(Origin(1)).make(Add(0, 0, 1, b"x"), 0), 0)
    facts.add(fact)
    assert not dropped
    assert dropped.add(7, fact.hash(), facts) is fact
    assert dropped.add(8, fact.hash(), facts) is None
    assert dropped
    assert dropped.places == [7, 8]


def test_what_comes_later_is_met():
    facts, dropped = Facts(), Dropped()
    maker = Maker(Origin(1))
    gone, other = (fact_of(maker.make(Add(0, 0, 1, text), 0), 0)[0] for text in (b"x", b"y"))
    assert dropped.add(7, gone.hash(), facts) is None
    assert dropped.meets(gone)
    assert not dropped.meets(other)
    facts.add(other)
    assert dropped.add(9, other.hash(), facts) is other
