"""Ink covers what the format says: compared with a count of small places inside the outline."""

import random
from array import array
from math import sqrt

import pytest

from edgeboard.render.capsules import cover
from edgeboard.render.surface import UNMOVED
from edgeboard.render.values import Area

CLIP = Area(0, 0, 24, 24)
FINE = 6  # places to a side of a px


def is_inside(px, py, one, other):
    """Whether a place lies in two joined discs: in a disc somewhere between them, looked for by halving thirds."""
    (x0, y0, r0), (x1, y1, r1) = one, other

    def beyond(u):
        x, y, r = x0 + u * (x1 - x0), y0 + u * (y1 - y0), r0 + u * (r1 - r0)
        return sqrt((px - x) ** 2 + (py - y) ** 2) - r

    low, high = 0.0, 1.0
    for _ in range(16):  # a convex function of u
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, b) if beyond(a) < beyond(b) else (a, high)
    return beyond((low + high) / 2) <= 0


@pytest.mark.parametrize("seed", range(6))
def test_what_two_joined_discs_cover_is_the_outline_of_the_format(seed):
    rng = random.Random(seed)
    discs = [(rng.uniform(6, 18), rng.uniform(6, 18), rng.choice((1.0, 3.0, 5.0)) * rng.uniform(0.6, 1)) for _ in "ab"]
    box, plane = cover([array("d", [number for disc in discs for number in disc])], CLIP, UNMOVED)
    for y in range(0, 24, 3):
        for x in range(24):
            places = [((i + 0.5) / FINE, (j + 0.5) / FINE) for i in range(FINE) for j in range(FINE)]
            share = sum(is_inside(x + dx, y + dy, *discs) for dx, dy in places) / FINE**2
            inside = box.x <= x < box.x + box.width and box.y <= y < box.y + box.height
            covered = plane[(y - box.y) * box.width + x - box.x] if inside else 0
            assert covered == pytest.approx(share * 255, abs=36), f"px {x}, {y} of {discs}"


def test_a_disc_within_a_disc_adds_nothing():
    alone = cover([array("d", (12, 12, 6))], CLIP, UNMOVED)
    assert cover([array("d", (12, 12, 6, 13, 12, 2))], CLIP, UNMOVED) == alone
    assert cover([array("d", (13, 12, 2, 12, 12, 6))], CLIP, UNMOVED) == alone
    assert cover([array("d", (12, 12, 6, 12, 12, 6))], CLIP, UNMOVED) == alone


def test_ink_drawn_to_and_fro_or_in_two_runs_is_the_same_but_for_rounding():
    there = [(4, 5, 2), (12, 17, 4), (20, 6, 1)]
    forward = cover([array("d", [number for disc in there for number in disc])], CLIP, UNMOVED)
    backward = cover([array("d", [number for disc in reversed(there) for number in disc])], CLIP, UNMOVED)
    in_two = cover([array("d", (4, 5, 2, 12, 17, 4)), array("d", (12, 17, 4, 20, 6, 1))], CLIP, UNMOVED)
    assert forward[0] == backward[0] == in_two[0]
    for other in (backward, in_two):
        assert max(abs(a - b) for a, b in zip(forward[1], other[1], strict=True)) <= 1


def test_a_matrix_moves_turns_and_scales():
    turned = cover([array("d", (2, 3, 1))], CLIP, (0.0, 2.0, -2.0, 0.0, 20.0, 4.0))
    assert turned == cover([array("d", (14, 8, 2))], CLIP, UNMOVED)
