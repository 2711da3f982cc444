"""Nothing that has changed is lost, however much changes, and few boxes wait."""

from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.geometry import NOWHERE, Rectangle
from edgeboard.render.budgets import Budget
from edgeboard.render.changes import Changes

boxes = st.builds(
    lambda x, y, w, h: Rectangle(x, y, x + w, y + h),
    st.integers(0, 900), st.integers(0, 900), st.integers(0, 90), st.integers(0, 90),
)  # fmt: skip


def box(x, y=0.0):
    return Rectangle(x, y, x + 10, y + 10)


def test_boxes_that_lie_apart_wait_one_by_one_and_are_taken_once():
    changes = Changes()
    changes.add([box(0), box(100), NOWHERE, box(200)], 0.0)
    assert changes.take() == [box(0), box(100), box(200)]
    assert changes.take() == []


def test_what_overlaps_is_one_even_when_it_joins_two_that_did_not():
    changes = Changes()
    changes.add([box(0), box(18), box(9)], 0.0)
    assert changes.take() == [Rectangle(0, 0, 28, 10)]
    assert changes.statistics().coalesced == 2


def test_a_full_ring_unites_what_lies_nearest():
    changes = Changes(Budget(3, 3, 5.0))
    changes.add([box(0), box(100), box(1_000), box(1_012)], 0.0)
    assert changes.take() == [box(0), box(100), Rectangle(1_000, 0, 1_022, 10)]


def test_a_page_that_changes_much_has_a_larger_ring_until_it_is_quiet_again():
    changes = Changes(Budget(4, 32, 5.0))
    for turn in range(4):
        changes.add([box(20 * at, 50 * turn) for at in range(8)], 0.0)
    assert changes.statistics().bound == 32
    changes.take()
    for second in range(60):
        changes.add([box(0)], float(second))
        changes.take()
    assert changes.statistics().bound == 4


@given(st.lists(boxes, max_size=60), st.integers(1, 6))
def test_all_that_changed_is_in_some_box_and_the_bound_holds(added, bound):
    changes = Changes(Budget(bound, bound, 1.0))
    for each in added:
        changes.add([each], 0.0)
        assert len(changes) <= bound
    found = changes.take()
    assert all(any(one.contains(each) for one in found) for each in added)
    assert not any(one.overlaps(other) for one in found for other in found if one is not other)
