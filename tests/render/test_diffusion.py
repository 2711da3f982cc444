"""Error diffusion loses nothing."""

import random

import pytest

from edgeboard.render.diffusion import colours, greys
from edgeboard.render.palettes import COLOURS
from edgeboard.render.values import PixelFormat


@pytest.mark.parametrize("levels", [2, 4, 16])
def test_a_ramp_keeps_its_brightness_in_every_part(levels):
    width, height = 128, 32
    pixels = bytes(x * 2 for x in range(width)) * height
    out = greys(pixels, width, levels)
    for x in range(8, 120, 16):
        part = [out[y * width + i] for y in range(height) for i in range(x, x + 16)]
        assert sum(part) / len(part) == pytest.approx(2 * x + 15, abs=4)


def test_the_first_px_by_hand():
    # 100 becomes 0: 7/16 of 100 go to the right, so 100 there becomes 143.75, which is nearer to white
    assert greys(bytes((100, 100, 100)), 3, 2) == bytes((0, 255, 0))


def test_colours_of_the_palette_stay():
    rng = random.Random(1)
    palette = COLOURS[PixelFormat.BWRY]
    pixels = b"".join(bytes(rng.choice(palette)) + b"\xff" for _ in range(400))
    assert colours(pixels, 20, palette) == pixels
