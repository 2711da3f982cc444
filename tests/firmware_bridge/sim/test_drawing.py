import math

import pytest

from firmware_bridge.sim.drawing import Raster


@pytest.fixture
def raster():
    return Raster(20, 16, 0)


def picture(raster):
    rows = [raster.pixels[y * raster.width : (y + 1) * raster.width] for y in range(raster.height)]
    return ["".join(".#"[value] for value in row) for row in rows]


def inked(raster):
    return {(at % raster.width, at // raster.width) for at, value in enumerate(raster.pixels) if value}


def test_a_line_goes_from_end_to_end_whichever_way():
    for ends in ((2, 3, 12, 7), (12, 7, 2, 3), (5, 1, 6, 14), (3, 3, 3, 9), (9, 4, 2, 4), (4, 4, 4, 4)):
        raster = Raster(20, 16, 0)
        assert raster.line(*ends, 1) == len(inked(raster)) == max(abs(ends[0] - ends[2]), abs(ends[1] - ends[3])) + 1
        assert {ends[:2], ends[2:]} <= inked(raster)


def test_a_steep_and_a_flat_line_step_as_bresenham_says(raster):
    raster.line(0, 0, 6, 2, 1)
    assert picture(raster)[:3] == ["##..................", "..###...............", ".....##............."]


def test_a_rectangle_has_both_corners(raster):
    raster.rectangle(6, 5, 2, 1, 1)
    box = [".....", "#####", "#...#", "#...#", "#...#", "#####"]
    assert [row[2:7] for row in picture(raster)[:6]] == box
    filled = Raster(20, 16, 0)
    assert filled.fill_rectangle(2, 1, 6, 5, 1) == 25
    assert inked(raster) < inked(filled)


def test_a_circle_keeps_its_radius_and_a_filled_one_is_round(raster):
    raster.circle(9, 8, 6, 1)
    assert all(abs(math.hypot(x - 9, y - 8) - 6) < 0.8 for x, y in inked(raster))
    assert {(3, 8), (15, 8), (9, 2), (9, 14)} <= inked(raster)
    filled = Raster(20, 16, 0)
    filled.fill_circle(9, 8, 6, 1)
    assert inked(raster) <= inked(filled)
    assert {(x, y) for x in range(20) for y in range(16) if math.hypot(x - 9, y - 8) <= 5.5} <= inked(filled)


def test_a_filled_triangle_holds_its_edges_and_its_middle(raster):
    points = ((2, 2), (16, 5), (6, 14))
    raster.fill_triangle(points, 1)
    edges = Raster(20, 16, 0)
    edges.triangle(points, 1)
    assert inked(edges) < inked(raster)
    assert (8, 7) in inked(raster)
    assert (2, 14) not in inked(raster)
    flat = Raster(20, 16, 0)
    assert flat.fill_triangle(((3, 3), (9, 3), (5, 3)), 1)
    assert inked(flat) == {(x, 3) for x in range(3, 10)}


def test_what_falls_outside_is_left_out(raster):
    raster.line(-10, 8, 100, 8, 1)
    raster.line(-5, -5, 30, 30, 1)
    raster.column(50, 0, 5, 1)
    raster.column(5, 40, 20, 1)
    raster.row(0, 5, 99, 1)
    raster.fill_rectangle(18, 14, 70_000, 70_000, 1)
    raster.circle(0, 0, 30, 1)
    raster.fill_circle(-5, 8, 7, 1)
    assert raster.pixel(20, 0, 1) == raster.pixel(0, -1, 1) == 0
    assert len(raster.pixels) == 320
    assert inked(raster) >= {(x, 8) for x in range(20)} | {(x, x) for x in range(16)} | {(18, 14), (19, 15)}


def test_clearing_sets_everything(raster):
    assert raster.clear(1) == 320
    assert len(inked(raster)) == 320
