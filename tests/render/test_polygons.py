"""Polygons cover what lies inside, by the even-odd rule."""

import random
from array import array

import pytest

from edgeboard.render.polygons import cover
from edgeboard.render.values import Area

CLIP = Area(0, 0, 30, 30)


def area_of(points):
    ends = zip(points, [*points[1:], points[0]], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in ends)) / 2


@pytest.mark.parametrize("seed", range(10))
def test_a_triangle_covers_its_area(seed):
    rng = random.Random(seed)
    points = [(rng.uniform(2, 28), rng.uniform(2, 28)) for _ in range(3)]
    _, plane = cover([array("d", [number for point in points for number in point])], CLIP)
    assert sum(plane) / 255 == pytest.approx(area_of(points), rel=0.02, abs=0.5)


def test_edges_are_covered_by_their_share():
    box, plane = cover([array("d", (2.25, 3, 5.5, 3, 5.5, 4.5, 2.25, 4.5))], CLIP)
    assert box == Area(2, 3, 4, 2)
    assert list(plane) == [191, 255, 255, 128, 96, 128, 128, 64]


def test_what_is_wound_twice_is_outside():
    square = array("d", (4, 4, 20, 4, 20, 20, 4, 20))
    _, plane = cover([square, square], CLIP)
    assert not any(plane)


def test_a_star_that_crosses_itself_has_a_hole():
    box, plane = cover([array("d", (15, 1, 24, 28, 1, 11, 29, 11, 6, 28))], CLIP)
    assert plane[(16 - box.y) * box.width + 15 - box.x] == 0
    assert plane[(6 - box.y) * box.width + 15 - box.x] == 255
