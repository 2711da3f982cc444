"""Elements as they are written."""

import math

import pytest

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.geometry import Transform
from edgeboard.canvas.values import pack_value
from edgeboard.interchange.drawing import Drawing, Drawn, items_of
from edgeboard.interchange.elements import diamond_of, new_element, percent, pose_of, short
from edgeboard.interchange.excalidraw import rotation


def test_an_element_has_every_field_that_excalidraw_writes():
    drawn = Drawn(ItemType.SHAPE, (pack_value([]),), {Register.LOCK: True})
    (item,) = items_of(Drawing((drawn,)))
    made = new_element(item, 3, "ellipse", (50.0, 40.0), (20.0, 10.5), 0.5, opacity=30)
    assert (made["x"], made["y"], made["width"], made["height"], made["angle"]) == (40, 34.75, 20, 10.5, 0.5)
    assert (made["locked"], made["opacity"], made["type"]) == (True, 30, "ellipse")
    assert made == new_element(item, 3, "ellipse", (50.0, 40.0), (20.0, 10.5), 0.5, opacity=30)
    assert made["id"] != new_element(item, 4, "ellipse", (0, 0), (1, 1), 0)["id"]
    assert {"seed", "version", "versionNonce", "isDeleted", "groupIds", "boundElements", "index", "link"} <= set(made)


@pytest.mark.parametrize(
    ("transform", "is_square", "is_turn", "across", "down"),
    [
        (Transform(), True, True, 1, 1),
        (rotation(0.7, 9, 9), True, True, 1, 1),
        (Transform(2, 0, 0, 3, 5, 5), True, False, 2, 3),
        (Transform(-1, 0, 0, 1, 0, 0), True, False, 1, 1),
        (Transform(1, 0, 0.5, 1, 0, 0), False, False, 1, math.hypot(0.5, 1)),
    ],
)
def test_a_pose_says_what_becomes_of_right_angles(transform, is_square, is_turn, across, down):
    pose = pose_of(transform)
    assert (pose.is_square, pose.is_turn) == (is_square, is_turn)
    assert (pose.across, pose.down) == pytest.approx((across, down))


def test_a_diamond_is_told_from_other_polygons():
    assert diamond_of([(5, 0), (10, 3), (5, 6), (0, 3)]) == [(0, 0), (10, 6)]
    assert diamond_of([(5, 0), (10, 3), (5, 6), (1, 3)]) is None
    assert diamond_of([(5, 0), (10, 3), (5, 6)]) is None


def test_numbers_are_short():
    assert (short(3.0), short(0.1 + 0.2), percent(0.35), percent(1.0)) == (3, 0.3, 35, 100)
