import random
from dataclasses import replace
from math import inf

import pytest

from edgeboard.marquee import layout, spans
from edgeboard.marquee.items import ITEMS_MAX, Level, TickerItem, changed
from edgeboard.marquee.spans import Spans, moments_of
from edgeboard.marquee.ticker import Ticker

RATE = 3.75
NOW = 100_000.0


def spans_of(items):
    made = Spans(RATE)
    made.set_items({item.id: item for item in items})
    return made


def plainly(items, mesh_s):
    """When the cycle of a moment began, by the definition: all turns of all spans are compared, one after another."""
    moments = sorted({0.0}.union(*(moments_of(item) for item in items)))
    began, before = 0.0, None
    for moment in moments:
        if moment > mesh_s:
            break
        shown = layout.cast(items, moment)
        turns = [(item.id, layout.length_s(item, RATE)) for item in shown]
        if before is not None and turns != before:
            began = moment
        before = turns
    return began


def a_change(rng, item, name, moment):
    wanted = TickerItem(
        name,
        "word " * rng.choice([1, 1, 2, 9, 60]) + "x",
        Level.CRITICAL if rng.random() < 0.1 else Level.INFO,
        rng.randrange(-1, 2),
        rng.randrange(2),
        rng.choice([0.0, 5.0, 60.0]),
        rng.choice([inf, inf, round(moment + rng.uniform(0, 80))]),
    )
    return changed(item, wanted, moment)


def test_every_moment_at_which_something_changes_ends_a_span():
    first = changed(None, TickerItem("a", "Hello"), 50.0)
    second = changed(first, TickerItem("a", "Bye", expires=99.0), 80.0)
    made = spans_of([second])
    assert [made.end(number) for number in range(len(made))] == [50.0, 80.0, 99.0, inf]
    assert [made.start(number) for number in range(len(made))] == [0.0, 50.0, 80.0, 99.0]
    assert [made.number_at(moment) for moment in (49.9, 50.0, 98.0, 99.0)] == [0, 1, 2, 3]


@pytest.mark.parametrize("few", [3, ITEMS_MAX])
@pytest.mark.parametrize("seed", range(12))
def test_a_cycle_began_where_the_turns_were_last_different(seed, few, monkeypatch):
    monkeypatch.setattr(layout, "ITEMS_MAX", few)  # so that some items have no turn
    monkeypatch.setattr(spans, "ITEMS_MAX", few)
    rng = random.Random(seed)
    items, made, ticker = {}, Spans(RATE), Ticker("quiet", RATE)
    for step in range(60):
        name = f"item {rng.randrange(10)}"
        if rng.random() < 0.1:
            items = {key: item for key, item in items.items() if key != name}
        else:
            items = {**items, name: a_change(rng, items.get(name), name, float(step * 2 - rng.randrange(3) + 3))}
        made.set_items(items)
        made.check()
        ticker.set_items(items.values())
        for moment in [rng.randrange(0, 160) + rng.choice([0.0, 0.5]) for _ in range(6)]:
            expected = plainly(items.values(), moment)
            said = f"seed {seed}, step {step}, at {moment}"
            assert made.began(made.number_at(moment)) == expected, said
            assert ticker.at(moment).plan.begin_us == round(expected * 1e6), said
    ticker.check()


def in_place(count):
    """Items that have changed their texts one after another, which moved nobody."""
    old = [changed(None, TickerItem(f"i{n:04}", "old", interval_s=60.0), NOW - 9_000) for n in range(count)]
    return [changed(item, replace(item, text="new"), NOW - 5_000 + n) for n, item in enumerate(old)]


def below_the_last(count):
    """Items that came and went without ever having a turn."""
    return [TickerItem(f"t{n:04}", "x") for n in range(ITEMS_MAX)] + [
        TickerItem(f"u{n:04}", "x", priority=-5, at=NOW - 3_000 + n, since=NOW - 3_000 + n, expires=NOW - 1_500 + n)
        for n in range(count - ITEMS_MAX)
    ]


def behind_a_fire(count):
    """Items that change their places while nobody sees them."""
    fire = TickerItem("fire", "Out!", Level.CRITICAL)
    old = [changed(None, TickerItem(f"i{n:04}", "x"), NOW - 9_000) for n in range(count - 1)]
    return [fire, *(changed(item, replace(item, priority=n % 7), NOW - 5_000 + n) for n, item in enumerate(old))]


@pytest.mark.parametrize("crowd", [in_place, below_the_last, behind_a_fire])
def test_a_change_of_one_of_very_many_items_looks_at_each_a_few_times_at_most(crowd, monkeypatch):
    items = crowd(1_150)
    ticker = Ticker("quiet", RATE)
    ticker.set_items(items)
    ticker.at(NOW)
    items[7] = changed(items[7], replace(items[7], text="newer"), NOW + 1)
    looks, texts = [], []
    find, width = layout.version_at, layout.ems.__wrapped__
    for module in (layout, spans):
        monkeypatch.setattr(module, "version_at", lambda item, moment: looks.append(item) or find(item, moment))
    monkeypatch.setattr(layout, "ems", lambda text: texts.append(text) or width(text))
    ticker.set_items(items)
    ticker.at(NOW + 2)
    assert len(looks) <= 2 * len(items) + 20, (
        f"{len(looks)} looks at {len(items)} items: this keeps a board from all else"
    )
    assert len(texts) <= 4 * ITEMS_MAX + 20, f"{len(texts)} texts were reckoned for a change of one"
