from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.panel.region import Region
from firmware_bridge.panel.values import Rect

rects = st.builds(Rect, st.integers(0, 300), st.integers(0, 300), st.integers(0, 60), st.integers(0, 60))


@given(st.lists(rects, max_size=24), st.integers(0, 500), st.integers(1, 12))
def test_what_was_added_is_held_by_one_of_few_rectangles(added, slack, limit):
    region = Region(slack, limit)
    for rect in added:
        region.add(rect)
        assert len(list(region)) <= limit
    for rect in added:
        assert not rect.area or any(held.meet(rect) == rect for held in region)


@given(st.lists(rects, max_size=12), rects)
def test_taking_what_meets_a_rectangle_leaves_nothing_that_meets_it(added, rect):
    region = Region(0)
    for one in added:
        region.add(one)
    before = list(region)
    taken = region.take_meeting(rect)
    assert not any(held.meet(taken).area for held in region)
    assert all(held in list(region) or held.meet(taken) == held for held in before)


def test_strokes_near_each_other_become_one_and_far_ones_stay_two():
    region = Region(slack=100)
    region.add(Rect(0, 0, 10, 10))
    region.add(Rect(500, 300, 10, 10))
    region.add(Rect(12, 0, 10, 10))
    assert list(region) == [Rect(0, 0, 22, 10), Rect(500, 300, 10, 10)]


def test_the_oldest_goes_first_and_one_that_grew_waits_as_long_as_its_oldest_part():
    region = Region(slack=10)
    for rect in (Rect(0, 0, 5, 5), Rect(100, 0, 5, 5), Rect(5, 0, 5, 5)):
        region.add(rect)
    assert region.take() == Rect(0, 0, 10, 5)
    assert region.take() == Rect(100, 0, 5, 5)
    assert not region


def test_all_of_it_is_one_rectangle_around_and_none_is_empty():
    region = Region(slack=0)
    region.add(Rect(0, 0, 5, 5))
    region.add(Rect(100, 40, 5, 5))
    assert region.take_all() == Rect(0, 0, 105, 45)
    assert not region.take_all().area


def test_an_empty_rectangle_is_not_kept():
    region = Region(slack=0)
    region.add(Rect(5, 5, 0, 3))
    assert not region


def test_what_lies_inside_can_be_dropped():
    region = Region(slack=0)
    region.add(Rect(0, 0, 5, 5))
    region.add(Rect(100, 40, 5, 5))
    region.drop_inside(Rect(90, 30, 30, 30))
    assert list(region) == [Rect(0, 0, 5, 5)]
