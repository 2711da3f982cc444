"""Outlines, measured: a point is inside the path exactly if it is in a disc or between two tangents."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.ink import Disc
from edgeboard.render.outline import fill_path, line_path, number, radius_of


def polygons(path):
    """The subpaths of a path of M, l, a, z as polygons; arcs are cut fine."""
    found, points, at = [], [], (0.0, 0.0)
    for command, text in re.findall(r"([Mlaz])([^Mlaz]*)", path):
        values = [float(value) for value in re.findall(r"-?[0-9.]+", text)]
        if command == "M":
            points = [at := (values[0], values[1])]
        elif command == "l":
            points.append(at := (at[0] + values[0], at[1] + values[1]))
        elif command == "a":
            end = (at[0] + values[5], at[1] + values[6])
            points += arc(at, end, values[0])
            at = end
        else:
            found.append(points)
    return found


def arc(start, end, radius):
    """Half a circle at most, clockwise on the screen."""
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    half = math.dist(start, end) / 2
    if half == 0:
        return []
    radius = max(radius, half)
    height = math.sqrt(radius * radius - half * half)
    ux, uy = (end[0] - start[0]) / (2 * half), (end[1] - start[1]) / (2 * half)
    centre = (middle[0] - uy * height, middle[1] + ux * height)
    first = math.atan2(start[1] - centre[1], start[0] - centre[0])
    turn = (math.atan2(end[1] - centre[1], end[0] - centre[0]) - first) % (2 * math.pi)
    angles = [first + turn * step / 24 for step in range(1, 25)]
    return [(centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)) for angle in angles]


def winding(polygon, x, y):
    total = 0
    for (x0, y0), (x1, y1) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
        if y0 <= y < y1 and side > 0:
            total += 1
        elif y1 <= y < y0 and side < 0:
            total -= 1
    return total


def depth(run, x, y):
    """How deep a point lies inside the hulls of neighbours; negative outside. Sampled along the way."""
    best = -math.inf
    for a, b in zip(run, [*run[1:], run[-1]], strict=True):
        for step in range(41):
            u = step / 40
            px, py, r = a.x + (b.x - a.x) * u, a.y + (b.y - a.y) * u, a.r + (b.r - a.r) * u
            best = max(best, r - math.hypot(x - px, y - py))
    return best


RUNS = [
    [Disc(0, 0, 3)],
    [Disc(0, 0, 3), Disc(10, 0, 3)],
    [Disc(0, 0, 3), Disc(10, 4, 1), Disc(3, 9, 2)],
    [Disc(0, 0, 5), Disc(1, 0, 1), Disc(12, 0, 1)],  # the second lies inside the first
    [Disc(0, 0, 1), Disc(1, 0, 5), Disc(12, 0, 1)],  # the first inside the second
    [Disc(0, 0, 2), Disc(0, 0, 2), Disc(0, 0, 2)],
    [Disc(0, 0, 2), Disc(0.001, 0, 1.9995)],
    [Disc(0, 0, 1), Disc(-7, -7, 0.3), Disc(-7, 7, 4)],
    [Disc(1, -1, 1), Disc(1.875, 0, 4.296875)],  # a half circle whose radius is rounded up
    [Disc(0, 0, 4.296875), Disc(3.6, 0, 1)],
    [Disc(0, 0, 1), Disc(-3.6, 0.1, 4.296875)],
]


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS)
def test_a_fill_covers_the_discs_and_what_joins_them_and_nothing_else(run):
    shapes = polygons(fill_path([run]))
    for ix in range(-12, 16):
        for iy in range(-12, 14):
            x, y = ix + 0.013, iy + 0.017
            inside = depth(run, x, y)
            if abs(inside) > 0.08:  # px: rounded numbers, sampled hulls
                assert (sum(winding(shape, x, y) for shape in shapes) != 0) == (inside > 0), (x, y, inside)


coordinates = st.floats(-50, 50, width=32)
some_discs = st.lists(st.builds(Disc, coordinates, coordinates, st.floats(0.5, 9, width=32)), min_size=1, max_size=6)


wild = st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(0.3, 6)), min_size=2, max_size=7)
gentle = st.lists(st.tuples(st.floats(1, 6), st.floats(-0.6, 0.6), st.floats(-0.2, 0.2)), min_size=2, max_size=12)


def along(turns):
    """A pen that goes on, turns a little, and presses a little more or less."""
    x = y = heading = 0.0
    radius = 1.5
    for length, turn, press in turns:
        yield Disc(x, y, radius)
        heading += turn
        radius = min(4.0, max(0.3, radius + press))
        x, y = x + length * math.cos(heading), y + length * math.sin(heading)


@pytest.mark.slow
@given(st.one_of(wild.map(lambda discs: [Disc(*disc) for disc in discs]), gentle.map(lambda turns: list(along(turns)))))
def test_whatever_the_pen_does_what_is_inside_is_filled_and_what_is_outside_is_not(run):
    shapes = polygons(fill_path([run]))
    for disc in run:
        for dx, dy in ((0, 0), (1.2, 0.3), (-0.7, 1.9), (2.6, -2.2), (-3.3, -0.4), (0.4, 5.1)):
            x, y = disc.x + dx, disc.y + dy
            inside = depth(run, x, y)
            if abs(inside) > 0.12:  # px
                total = sum(winding(shape, x, y) for shape in shapes)
                assert (total > 0) == (inside > 0), (x, y, inside, total)


def test_a_gentle_curve_is_one_shape_and_takes_few_bytes():
    run = [Disc(30 * math.cos(at / 10), 30 * math.sin(at / 10), 1 + at / 60) for at in range(60)]
    path = fill_path([run])
    assert path.count("M") == 1
    assert len(path) < 60 * 30


@given(some_discs)
def test_paths_hold_numbers_and_nothing_else(run):
    assert re.fullmatch(r"([Mlaz]|-?[0-9]+(\.[0-9]{1,2})?| )+", fill_path([run]))
    assert re.fullmatch(r"([Mlh]|-?[0-9]+(\.[0-9]{1,2})?| )+", line_path([run]))


def test_a_line_goes_through_all_discs_once():
    assert line_path([[Disc(0, 0, 1), Disc(1, 2.5, 1), Disc(1.001, 2.5, 1)]]) == "M0 0l1 2.5"
    assert line_path([[Disc(0, 0, 1), Disc(1, 0, 1)], [Disc(5, 5, 1)]]) == "M0 0l1 0M5 5h0"


def test_one_radius_is_found():
    assert radius_of([[Disc(0, 0, 1.5)], [Disc(3, 0, 1.5)]]) == 1.5
    assert radius_of([[Disc(0, 0, 1.5), Disc(3, 0, 1)]]) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.001, "0"), (1.5, "1.5"), (1.004, "1"), (-12.129, "-12.13"), (100, "100"), (0.1 + 0.2, "0.3")],
)
def test_numbers_are_short(value, text):
    assert number(value) == text
