import random
from math import inf

import pytest

from edgeboard.marquee.items import Level, TickerItem, changed
from edgeboard.marquee.ticker import KEPT_MAX, PLANS_MAX, Ticker


def ticker_of(*items, fallback="quiet"):
    ticker = Ticker(fallback)
    ticker.set_items(items)
    return ticker


def some_items(rng, count=8):
    """Items with a past, as they stand in a room after a few changes."""
    found = []
    for number in range(count):
        item, moment = None, rng.uniform(0, 50)
        for _ in range(rng.randrange(1, 4)):
            wanted = TickerItem(
                f"item {number}",
                "word " * rng.randrange(1, 20) + str(rng.randrange(100)),
                rng.choice(list(Level)) if rng.random() < 0.2 else Level.INFO,
                rng.randrange(3),
                expires=rng.choice([inf, moment + rng.uniform(1, 300)]),
            )
            wanted = changed(item, TickerItem(**{**vars_of(wanted), "text": wanted.text.strip()}), round(moment, 3))
            item, moment = wanted, moment + rng.uniform(0, 60)
        found.append(item)
    return found


def vars_of(item):
    return {name: getattr(item, name) for name in item.__slots__}


# ------------------------------------------------------------------------------------------------ a pure function


@pytest.mark.parametrize("seed", range(20))
def test_two_panels_with_the_same_items_show_the_same_at_the_same_time(seed):
    rng = random.Random(seed)
    items = some_items(rng)
    moments = [rng.uniform(0, 400) for _ in range(200)]
    one = ticker_of(*items)
    forward = {moment: one.at(moment) for moment in sorted(moments)}
    rng.shuffle(items)
    other = ticker_of(*items)
    backward = {moment: other.at(moment) for moment in sorted(moments, reverse=True)}
    assert forward == backward, f"seed {seed}: what shows depends on when it was asked, or in which order items came"
    one.check()
    other.check()


@pytest.mark.parametrize("seed", range(20))
def test_nothing_changes_before_the_moment_that_a_frame_names(seed):
    rng = random.Random(seed)
    ticker = ticker_of(*some_items(rng))
    moment = 0.0
    for _ in range(60):
        frame = ticker.at(moment)
        assert frame.next_change > moment
        later = ticker.at(moment + (min(frame.next_change, moment + 1e3) - moment) * 0.999)
        assert (later.plan, later.turn) == (frame.plan, frame.turn), f"seed {seed}: it changed early"
        moment = min(frame.next_change, moment + 1e3)


def test_what_went_on_while_a_panel_was_away_does_not_matter():
    item = changed(None, TickerItem("a", "Hello"), 10.0)
    long_there = ticker_of(item)
    for text, moment in (("Two", 20.0), ("Three", 30.0), ("Four", 40.0)):
        item = changed(item, TickerItem("a", text), moment)
        long_there.set_items([item])
        long_there.at(moment + 5)
    newcomer = ticker_of(item)
    for moment in (35.0, 41.0, 1234.5):
        assert newcomer.at(moment)[1:] == long_there.at(moment)[1:]


# ------------------------------------------------------------------------------------------------ turns


def test_items_take_turns_for_as_long_as_they_said():
    ticker = ticker_of(TickerItem("a", "One", interval_s=5.0), TickerItem("b", "Two", interval_s=7.0))
    assert [ticker.at(t).text for t in (0.0, 4.9, 5.0, 11.9, 12.0, 17.0)] == ["One", "One", "Two", "Two", "One", "Two"]
    assert ticker.at(4.0).next_change == pytest.approx(5.0)


def test_a_changed_text_does_not_disturb_the_turn_of_another():
    first = changed(None, TickerItem("a", "One", interval_s=5.0), 100.0)
    other = changed(None, TickerItem("b", "Two", interval_s=7.0), 100.0)
    before = ticker_of(first, other)
    after = ticker_of(changed(first, TickerItem("a", "Uno", interval_s=5.0), 107.0), other)
    assert after.at(110.0).text == "Two"
    assert after.at(110.0)[1:] == before.at(110.0)[1:]
    assert after.at(113.0).text == "Uno"


def test_a_critical_item_begins_at_its_moment_and_what_it_interrupted_begins_anew_behind_it():
    calm = [TickerItem("a", "One", interval_s=5.0), TickerItem("b", "Two", interval_s=7.0)]
    fire = TickerItem("fire", "Out!", Level.CRITICAL, interval_s=6.0, at=108.0, since=108.0, expires=120.0)
    ticker = ticker_of(*calm, fire)
    frame = ticker.at(108.0)
    assert (frame.text, frame.elapsed_s, frame.plan.is_critical) == ("Out!", 0.0, True)
    assert ticker.at(120.0)[1:3] == (0, 0.0)
    assert ticker.at(107.99).text in ("One", "Two")


def test_several_changes_of_one_moment_show_together():
    items = [changed(None, TickerItem(name, "old", interval_s=4.0), 10.0) for name in "abc"]
    ticker = ticker_of(*(changed(item, TickerItem(item.id, "new", interval_s=4.0), 50.0) for item in items))
    assert {slot.item.text for slot in ticker.at(49.999).plan.slots} == {"old"}
    assert {slot.item.text for slot in ticker.at(50.0).plan.slots} == {"new"}


def test_it_falls_back_while_nothing_is_valid():
    ticker = ticker_of(TickerItem("a", "One", at=10.0, since=10.0, expires=20.0), fallback="All quiet")
    assert [ticker.at(t).text for t in (9.0, 10.0, 20.0)] == ["All quiet", "One", "All quiet"]
    assert [ticker.at(t).plan.is_fallback for t in (9.0, 10.0, 20.0)] == [True, False, True]


@pytest.mark.parametrize("fallback", ["", "\n", "\x07"])
def test_it_is_never_blank(fallback):
    assert Ticker(fallback).at(123.0).text


def test_a_rate_that_stands_still_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        Ticker("x", 0.0)


def test_the_ribbon_moves_evenly_and_wraps_around():
    ticker = ticker_of(TickerItem("a", "One", interval_s=5.0), TickerItem("b", "Two", interval_s=7.0))
    assert ticker.at(2.0).offset_em == pytest.approx(2.0 * 3.75)
    assert ticker.at(6.0).offset_em == pytest.approx(6.0 * 3.75)
    assert ticker.at(12.0).offset_em == pytest.approx(0.0)


def test_a_long_text_turns_its_pages_evenly():
    ticker = ticker_of(TickerItem("a", "One", interval_s=9.0))
    assert [ticker.at(t).page(3) for t in (0.0, 2.9, 3.0, 6.0, 8.999)] == [0, 0, 1, 2, 2]
    assert ticker.at(4.0).next_page(3) == pytest.approx(6.0)
    assert ticker.at(7.0).next_page(3) == pytest.approx(9.0)


# ------------------------------------------------------------------------------------------------ keeping house


def test_the_same_items_again_are_no_change():
    ticker = ticker_of(TickerItem("a", "One"))
    version = ticker.version
    assert not ticker.set_items([TickerItem("a", "One")])
    assert ticker.version == version


@pytest.mark.parametrize("seed", range(10))
def test_letting_go_of_what_has_ended_moves_nothing(seed):
    items = some_items(random.Random(seed), 12)
    ticker = ticker_of(*items)
    moment = 250.0
    gone = ticker.ended(moment)
    left = ticker_of(*(item for item in items if item.id not in gone))
    for later in (moment, moment + 3.3, moment + 77.7):
        assert left.at(later)[1:] == ticker.at(later)[1:], f"seed {seed}: {gone} went, and the rest moved"
    assert sum(item.expires <= moment for item in left.items) <= 1, f"seed {seed}: more is kept than has to be"


def crowd(shown=1_000, over=150):
    """More items than have a turn, and as many again that ended without ever having had one."""
    now = 100_000.0
    return [
        TickerItem(f"m{n}", "字" * (n % 400) + "x", at=now - 5_000 + n / 10, since=now - 5_000 + n / 10)
        for n in range(shown)
    ] + [TickerItem(f"e{n}", "f", priority=-5, expires=now - 150 + n) for n in range(over)], now


def test_the_items_that_have_ended_are_tried_a_few_times_at_most(monkeypatch):
    items, now = crowd()
    ticker, tries = ticker_of(*items), []
    stands = Ticker._stands_without
    monkeypatch.setattr(Ticker, "_stands_without", lambda *all: tries.append(1) or stands(*all))
    gone = ticker.ended(now)
    assert len(gone) == 150, "what never had a turn goes at once"
    assert len(tries) <= KEPT_MAX + 1


def test_plans_that_were_looked_at_do_not_pile_up():
    items = [TickerItem(f"{n}", "x", at=float(n), since=float(n)) for n in range(1, PLANS_MAX * 2)]
    ticker = ticker_of(*items)
    for n in range(PLANS_MAX * 2):
        ticker.at(n + 0.5)
    ticker.check()
    assert len(ticker._plans) <= PLANS_MAX
