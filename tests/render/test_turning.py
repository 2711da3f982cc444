"""A display that hangs turned shows people an upright picture."""

import pytest

from edgeboard.render.frames import crop
from edgeboard.render.turning import TURNS, turn_area, turn_pixels
from edgeboard.render.values import Area

WIDE, HIGH = 5, 3
UPRIGHT = [[10 * row + column for column in range(WIDE)] for row in range(HIGH)]


def clockwise(rows):
    """What a sheet looks like that was turned a quarter clockwise."""
    return [list(row) for row in zip(*rows[::-1], strict=True)]


def flat(rows, channels):
    return bytes(value for row in rows for number in row for value in [number] * channels)


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("degrees", TURNS)
def test_turned_by_the_display_the_picture_stands_upright(degrees, channels):
    shown = turn_pixels(flat(UPRIGHT, channels), WIDE, HIGH, channels, degrees)
    wide = HIGH if degrees in (90, 270) else WIDE
    rows = [list(shown[at : at + wide * channels : channels]) for at in range(0, len(shown), wide * channels)]
    for _ in range(degrees // 90):  # as the display hangs
        rows = clockwise(rows)
    assert rows == UPRIGHT


@pytest.mark.parametrize("degrees", TURNS)
def test_a_part_lands_where_the_whole_has_it(degrees):
    area = Area(1, 0, 3, 2)
    whole = turn_pixels(flat(UPRIGHT, 1), WIDE, HIGH, 1, degrees)
    part = turn_pixels(crop(flat(UPRIGHT, 1), WIDE, area, 1), 3, 2, 1, degrees)
    stride = HIGH if degrees in (90, 270) else WIDE
    assert crop(whole, stride, turn_area(area, WIDE, HIGH, degrees), 1) == part
