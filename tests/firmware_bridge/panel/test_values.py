import pytest

from firmware_bridge.panel.values import Rect


@pytest.mark.parametrize(
    ("rect", "aligned"),
    [
        (Rect(3, 5, 10, 2), Rect(0, 4, 16, 4)),
        (Rect(8, 4, 8, 4), Rect(8, 4, 8, 4)),
        (Rect(797, 479, 3, 1), Rect(792, 476, 8, 4)),
        (Rect(795, 470, 40, 40), Rect(792, 468, 8, 12)),  # reaches past the panel
    ],
)
def test_an_aligned_rectangle_holds_what_it_held_and_stays_on_the_panel(rect, aligned):
    assert rect.align(8, 4, 800, 480) == aligned
    assert aligned.meet(rect) == rect.meet(Rect(0, 0, 800, 480))


def test_uniting_with_an_empty_rectangle_changes_nothing():
    assert Rect(5, 5, 0, 9).unite(Rect(1, 2, 3, 4)) == Rect(1, 2, 3, 4)
    assert Rect(1, 2, 3, 4).unite(Rect(5, 5, 0, 9)) == Rect(1, 2, 3, 4)


def test_rectangles_apart_share_nothing():
    assert Rect(0, 0, 4, 4).meet(Rect(4, 0, 4, 4)).area == 0
