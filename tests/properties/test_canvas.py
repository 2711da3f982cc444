"""Any set of ops, in any order and repetition, is the canvas that the rules say (tests/properties/reference.py)."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.histories import ADMINS, ALL, AUTHORS, PLAIN, History, replica
from tests.properties.reference import canvas, digest

pytestmark = pytest.mark.slow

SEEDS = st.integers(0, 2**32)


def shuffled(rng, steps):
    """The same steps in another order, some of them more than once."""
    again = [*steps, *rng.choices(steps, k=len(steps) // 3)]
    rng.shuffle(again)
    return again


def prove(rng, history, *, make=None):
    """That replicas which took a history in several orders hold what the rules say.

    Raises:
        AssertionError: they do not.
    """
    make = {} if make is None else {"make": make}
    wanted, gone = canvas(history.steps, AUTHORS, ADMINS)
    orders = [(history.steps, 0), (history.steps[::-1], 0)]
    orders += [
        (shuffled(rng, history.steps), rng.choice((0, 10**9, rng.randrange(len(history.steps))))) for _ in range(2)
    ]
    for steps, introduced_at in orders:
        document = replica(steps, introduced_at=introduced_at, **make)
        assert document.gone == gone
        assert document.digest() == digest(wanted)
        document.check()


@settings(max_examples=150)
@given(SEEDS, st.integers(1, 40))
def test_a_canvas_is_what_the_rules_say_whatever_the_order(seed, length):
    rng = random.Random(seed)
    prove(rng, History(rng, length, rng.choice((ALL, PLAIN))))


@settings(max_examples=60)
@given(SEEDS)
def test_without_admins_and_floors_and_forks_as_well(seed):
    rng = random.Random(seed)
    prove(rng, History(rng, 30, PLAIN))


@settings(max_examples=60)
@given(SEEDS)
def test_a_floor_ends_the_same_items_whenever_it_arrives(seed):
    rng = random.Random(seed)
    kinds = ("add",) * 3 + ("alive",) * 4 + ("clear", "floor", "floor", "set")
    history = History(rng, 40, kinds)
    floors = [step for step in history.steps if step[0].kind == 8]
    others = [step for step in history.steps if step[0].kind != 8]
    first, last = replica([*floors, *others]), replica([*others, *floors])
    assert first.digest() == last.digest()
    assert first.gone == last.gone == canvas(history.steps, AUTHORS, ADMINS)[1]


@settings(max_examples=60)
@given(SEEDS)
def test_changes_name_every_item_that_looks_different(seed):
    rng = random.Random(seed)
    history = History(rng, 30, rng.choice((ALL, PLAIN)))
    document = replica([])
    before = {}
    for op, place in shuffled(rng, history.steps):
        change = document.apply(op, place)
        after = {item.id: item for item in document.items()}
        different = {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}
        assert different <= set(change.items)
        before = after


@settings(max_examples=60)
@given(SEEDS)
def test_equivocation_has_one_winner_and_is_told_once(seed):
    rng = random.Random(seed)
    history = History(rng, 25, ("add", "add", "set", "alive", "fork", "fork"))
    contents = {(op.id, op.tail) for op, _ in history.steps}
    document = replica([])
    changes = [document.apply(op, place) for op, place in shuffled(rng, history.steps)]
    assert sum(change.new for change in changes) == len(contents)
    assert sum(change.equivocation for change in changes) == len(contents) - len({op for op, _ in contents})
    view = document.view
    for op, _ in contents:
        assert sum(view.counts(fact) for fact in document.facts.contents(op)) == 1


@pytest.mark.parametrize("seed", range(5))
def test_long_histories_agree_too(seed):
    rng = random.Random(seed)
    prove(rng, History(rng, 120))
