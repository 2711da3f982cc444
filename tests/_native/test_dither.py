"""The kernels that prepare px for panels: what their twins give, byte for byte."""

import random

import pytest

from edgeboard._native import dither
from edgeboard.render.dither import dither_in_python, pack_in_python
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PixelFormat
from tests.render.drawings import draw_bytes, draw_part

NUMBERS = {each: number for number, each in enumerate(PixelFormat)}


def draw_surface(rng, format):
    width, height = rng.choice((1, 7, 16, 40, 136, 301)), rng.choice((1, 3, 8, 19))
    size = width * height * format.channels
    few = bytes(rng.choice((0, 40, 128, 255)) for _ in range(7))
    pixels = draw_bytes(rng, size) if rng.random() < 0.5 else (few * size)[:size]
    return Surface(width, height, format.channels, bytearray(pixels))


def agree(kernel, format, seed):
    """An area dithered both ways and packed."""
    rng = random.Random(seed)
    surface = draw_surface(rng, format)
    area = draw_part(rng, surface.width, surface.height)
    place = surface.pixels, surface.width, surface.height, surface.channels
    for is_still in (False, True):
        wanted = dither_in_python(surface.crop(area), area, format, is_still=is_still)
        found = kernel.dither(*place, area, NUMBERS[format], is_still)
        assert found == wanted, f"seed {seed}, still {is_still}, {area}"
        assert kernel.pack(found, area.width, NUMBERS[format]) == pack_in_python(found, area.width, format)
    any_px = surface.crop(area)  # also what no panel could show
    assert kernel.pack(any_px, area.width, NUMBERS[format]) == pack_in_python(any_px, area.width, format)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("format", PixelFormat)
def test_px_are_those_of_the_twin(kernel, format, seed):
    agree(kernel, format, seed)


@pytest.mark.parametrize("format", [PixelFormat.GREY1, PixelFormat.GREY2, PixelFormat.GREY4])
def test_every_grey_at_every_place_of_the_pattern_is_that_of_the_twin(kernel, format):
    surface = Surface(256, 8, 1, bytearray(range(256)) * 8)
    for x in range(8):
        area = Area(x, 0, 248, 8)
        found = kernel.dither(surface.pixels, 256, 8, 1, area, NUMBERS[format], False)
        assert found == dither_in_python(surface.crop(area), area, format, is_still=False)


@pytest.mark.parametrize(
    ("name", "arguments", "fault"),
    [
        ("dither", (), TypeError),
        ("dither", (bytes(12), 4, 3, 1, (0, 0, 5, 3), 0, False), ValueError),
        ("dither", (bytes(12), 4, 3, 1, (0, 0, 0, 3), 0, False), ValueError),
        ("dither", (bytes(12), 4, 3, 1, (0, 0, -1, 3), 0, False), ValueError),
        ("dither", (bytes(12), 4, 3, 1, (0, 0, 4, 3), 9, False), ValueError),
        ("dither", (bytes(12), 4, 3, 1, (0, 0, 4, 3), -1, False), ValueError),
        ("dither", (bytes(12), 4, 3, 1, (0, 0, 4, 3), NUMBERS[PixelFormat.BWR], False), ValueError),
        ("dither", (bytes(12), 4, 3, 1, (0, 0, 4, 3), "0", False), TypeError),
        ("dither", ("text", 4, 3, 1, (0, 0, 4, 3), 0, False), TypeError),
        ("pack", (bytes(12), 5, 0), ValueError),
        ("pack", (bytes(12), 0, 0), ValueError),
        ("pack", (bytes(12), 1 << 62, 0), ValueError),
        ("pack", (bytes(12), 1 << 70, 0), OverflowError),
        ("pack", (bytes(12), 4, 9), ValueError),
        ("pack", (bytes(12), 4), TypeError),
        ("pack", (5, 4, 0), TypeError),
    ],
)
def test_what_is_no_area_of_px_is_refused(kernel, name, arguments, fault):
    with pytest.raises(fault):
        getattr(kernel, name)(*arguments)


def test_kernels_that_give_other_px_are_not_taken(kernel):
    class Wrong:
        dither = kernel.dither

        def pack(self, pixels, width, format):
            return kernel.pack(pixels, width, format)[:-1] + b"\0"

    assert dither.is_sound(kernel)
    assert not dither.is_sound(Wrong())
    assert not dither.is_sound(object())
