import itertools

import pytest

from edgeboard.marquee.items import ITEMS_MAX, Level, TickerItem, changed
from edgeboard.marquee.layout import cast, default_interval, ems, needed_s, slots_of, version_at

RATE = 3.75


def ids(items):
    return [item.id for item in items]


def test_items_come_by_priority_then_order_then_id():
    items = [
        TickerItem("b", "x"),
        TickerItem("a", "x"),
        TickerItem("z", "x", order=-1),
        TickerItem("y", "x", priority=1),
    ]
    assert ids(cast(items, 0.0)) == ["y", "z", "a", "b"]


def test_critical_items_interrupt_the_others():
    items = [TickerItem("a", "x", priority=9), TickerItem("fire", "x", Level.CRITICAL, at=5.0, since=5.0, expires=8.0)]
    assert ids(cast(items, 4.9)) == ["a"]
    assert ids(cast(items, 5.0)) == ["fire"]
    assert ids(cast(items, 8.0)) == ["a"]


def test_too_many_items_leave_out_the_least_important():
    items = [TickerItem(f"{number:04}", "x", priority=number) for number in range(ITEMS_MAX + 5)]
    assert len(cast(items, 0.0)) == ITEMS_MAX
    assert cast(items, 0.0)[-1].priority == 5


def test_a_change_takes_effect_at_its_moment_and_not_before():
    first = changed(None, TickerItem("a", "Hello"), 50.0)
    second = changed(first, TickerItem("a", "Bye"), 80.0)
    seen = [version_at(second, moment) for moment in (49.9, 50.0, 79.9, 80.0)]
    assert [item and item.text for item in seen] == [None, "Hello", "Hello", "Bye"]


def test_a_changed_text_does_not_move_the_others():
    before = slots_of([TickerItem("a", "Door shut", interval_s=8.0), TickerItem("b", "x")], RATE)
    after = slots_of([TickerItem("a", "Door open since noon", interval_s=8.0), TickerItem("b", "x")], RATE)
    assert [slot[1:3] for slot in before] == [slot[1:3] for slot in after]


def test_a_text_that_outgrows_its_slot_makes_it_longer_by_quarters_of_its_interval():
    item = TickerItem("a", "long " * 40, interval_s=5.0)
    (slot,) = slots_of([item], RATE)
    assert slot.length_s % 1.25 == 0
    assert slot.length_s - 1.25 < needed_s(item, RATE) <= slot.length_s


def test_an_item_that_becomes_critical_needs_no_longer_turn():
    text = "Water in the server room: leave by the north stairs"
    calm = TickerItem("a", text, interval_s=default_interval(text, RATE))
    (before,) = slots_of([calm], RATE)
    (after,) = slots_of([TickerItem("a", text, Level.CRITICAL, interval_s=calm.interval_s)], RATE)
    assert before.length_s == after.length_s


def test_a_short_text_passes_several_times_in_a_long_slot():
    (slot,) = slots_of([TickerItem("a", "OK", interval_s=60.0)], RATE)
    assert slot.copies == int(60.0 / needed_s(TickerItem("a", "OK"), RATE))


def test_slots_follow_each_other_without_a_gap():
    slots = slots_of([TickerItem(name, "text " * size) for size, name in enumerate("abcd", 1)], RATE)
    for one, other in itertools.pairwise(slots):
        assert other.start_s == one.start_s + one.length_s


@pytest.mark.parametrize(
    ("text", "least", "most"), [("", 0, 0), ("a", 0.4, 0.8), ("日本", 2, 2), ("e\u0301", 0.5, 0.7)]
)
def test_how_wide_a_text_is_about(text, least, most):
    assert least <= ems(text) <= most


def test_an_interval_of_which_nobody_says_anything_fits_the_text():
    assert default_interval("OK", RATE) == 4.0
    text = "The kitchen has run out of coffee, and nobody has ordered any for two weeks now"
    assert default_interval(text, RATE) >= needed_s(TickerItem("a", text), RATE)
