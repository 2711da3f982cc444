"""Colours are mixed of the two that come closest."""

import pytest

from edgeboard.render.palettes import BLACK, COLOURS, RED, SHARES, WHITE, YELLOW, mixture, nearest
from edgeboard.render.values import PixelFormat

FOUR = COLOURS[PixelFormat.BWRY]


@pytest.mark.parametrize(
    ("colour", "wanted"),
    [
        ((128, 128, 128), {BLACK: 32, WHITE: 32}),
        ((0, 128, 255), {RED: 32, YELLOW: 32}),
        ((0, 0, 128), {BLACK: 32, RED: 32}),
        ((3, 3, 250), {RED: 64}),
        ((250, 251, 252), {WHITE: 64}),
    ],
)
def test_a_colour_is_mixed_of_two(colour, wanted):
    one, other, share = mixture(colour, FOUR)
    mixed = {FOUR[one]: SHARES - share, FOUR[other]: share}
    assert {each: count for each, count in mixed.items() if count} == wanted


def test_every_colour_of_a_palette_is_itself():
    for number, colour in enumerate(FOUR):
        one, other, share = mixture(colour, FOUR)
        assert nearest(colour, FOUR) == number == {0: one, SHARES: other}[share]
