"""Dithered px are those that a panel can show, right on average, and the same in whatever pieces they are asked for."""

import random

import pytest

from edgeboard.render.dither import GREYS, PATTERN, dither, pack
from edgeboard.render.palettes import COLOURS
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PixelFormat
from tests.render.drawings import draw_bytes, draw_part

FEW = (*GREYS, PixelFormat.BWR, PixelFormat.BWRY, PixelFormat.RGB565)
ALL = (PixelFormat.GREY8, PixelFormat.RGB888, PixelFormat.XRGB8888)


def a_surface(seed, format, width=40, height=24):
    surface = Surface(width, height, format.channels)
    surface.pixels[:] = draw_bytes(random.Random(seed), len(surface.pixels))
    if format.channels == 4:
        surface.pixels[3::4] = b"\xff" * (width * height)
    return surface


def shown(format):
    """What a px of a panel can be."""
    if format in GREYS:
        return {bytes((level * 255 // (format.levels - 1),)) for level in range(format.levels)}
    return {bytes(colour) + b"\xff" for colour in COLOURS[format]}


def pixels_of(data, channels):
    return [data[at : at + channels] for at in range(0, len(data), channels)]


def test_the_pattern_holds_every_threshold_once():
    assert sorted(value for row in PATTERN for value in row) == list(range(64))
    assert [row[:4] for row in PATTERN[:2]] == [(0, 32, 8, 40), (48, 16, 56, 24)]


@pytest.mark.parametrize("is_still", [False, True])
@pytest.mark.parametrize("format", [*GREYS, *COLOURS])
def test_only_what_the_panel_can_show_comes_out(format, is_still):
    surface = a_surface(1, format)
    out = dither(surface, surface.area, format, is_still=is_still)
    assert len(out) == len(surface.pixels)
    assert set(pixels_of(out, format.channels)) <= shown(format)


@pytest.mark.parametrize("is_still", [False, True])
@pytest.mark.parametrize("format", ALL)
def test_panels_that_show_everything_get_everything(format, is_still):
    surface = a_surface(1, format)
    part = Area(3, 5, 20, 10)
    assert dither(surface, part, format, is_still=is_still) == surface.crop(part)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("format", FEW)
def test_tiles_agree_wherever_they_are_cut(format, seed):
    surface = a_surface(seed, format)
    part = draw_part(random.Random(seed), surface.width, surface.height)
    whole = Surface(40, 24, format.channels, bytearray(dither(surface, surface.area, format, is_still=False)))
    assert dither(surface, part, format, is_still=False) == whole.crop(part)


@pytest.mark.parametrize("format", FEW)
def test_the_pattern_leaves_what_the_panel_can_show(format):
    surface = a_surface(3, format)
    once = dither(surface, surface.area, format, is_still=False)
    again = Surface(40, 24, format.channels, bytearray(once))
    assert dither(again, again.area, format, is_still=False) == once


@pytest.mark.parametrize("is_still", [False, True])
@pytest.mark.parametrize("grey", [0, 20, 85, 127, 200, 255])
@pytest.mark.parametrize("format", GREYS)
def test_greys_are_right_on_average(format, grey, is_still):
    surface = Surface(64, 64, 1, bytearray([grey] * 4096))
    out = dither(surface, surface.area, format, is_still=is_still)
    assert sum(out) / len(out) == pytest.approx(grey, abs=2.5)


@pytest.mark.parametrize("is_still", [False, True])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.8])
def test_mixtures_of_two_colours_are_mixed_of_them(share, is_still):
    surface = Surface(64, 64, 4)
    red_and_white = (round(255 * share), round(255 * share), 255, 255)
    surface.pixels[:] = bytes(red_and_white) * 4096
    out = pixels_of(dither(surface, surface.area, PixelFormat.BWRY, is_still=is_still), 4)
    white = out.count(b"\xff\xff\xff\xff")
    assert white / 4096 == pytest.approx(share, abs=0.04)
    assert out.count(b"\0\0\xff\xff") / 4096 == pytest.approx(1 - share, abs=0.04)


def test_errors_do_not_run_away_where_no_mixture_gives_a_colour():
    surface = Surface(64, 64, 4)
    surface.fill(0x0000FF, Area(0, 0, 64, 32))  # blue, of which e-ink with red has nothing
    out = Surface(64, 64, 4, bytearray(dither(surface, surface.area, PixelFormat.BWR, is_still=True)))
    assert out.crop(Area(0, 36, 64, 28)) == b"\xff" * (64 * 28 * 4)


@pytest.mark.parametrize(
    ("format", "pixels", "wanted"),
    [
        (PixelFormat.GREY1, bytes((255, 0, 0, 255, 255, 255, 255, 255, 0, 255)), bytes((0b10011111, 0b01000000))),
        (PixelFormat.GREY2, bytes((0, 85, 170, 255, 85)), bytes((0b00011011, 0b01000000))),
        (PixelFormat.GREY4, bytes((17, 255, 136)), b"\x1f\x80"),
        (PixelFormat.GREY8, bytes((17, 255, 136)), bytes((17, 255, 136))),
        (PixelFormat.BWRY, bytes(4) + b"\xff\xff\xff\xff\0\0\xff\xff\0\xff\xff\xff", bytes((0b00011011,))),
        (PixelFormat.BWR, b"\0\0\xff\xff", bytes((0b10000000,))),
        (PixelFormat.RGB565, b"\x08\x00\xf8\xff\x00\xfc\x00\xff", b"\x01\xf8\xe0\x07"),
        (PixelFormat.RGB888, b"\x01\x02\x03\xff\x04\x05\x06\xff", bytes((1, 2, 3, 4, 5, 6))),
        (PixelFormat.XRGB8888, b"\x01\x02\x03\xff", b"\x01\x02\x03\xff"),
    ],
)
def test_px_are_packed_as_the_panel_takes_them(format, pixels, wanted):
    assert pack(pixels, len(pixels) // format.channels, format) == wanted


def test_every_row_begins_with_a_byte():
    assert pack(bytes((255, 0, 255) * 2), 3, PixelFormat.GREY1) == bytes((0b10100000, 0b10100000))


def test_what_does_not_fit_is_refused():
    surface = Surface(8, 8)
    with pytest.raises(ValueError, match="surface of 1 channels, for a panel of bwr"):
        dither(surface, surface.area, PixelFormat.BWR, is_still=False)
    with pytest.raises(ValueError, match="is not on a surface"):
        dither(surface, Area(0, 0, 9, 8), PixelFormat.GREY1, is_still=False)
    with pytest.raises(ValueError, match="no rows of 3 px"):
        pack(bytes(8), 3, PixelFormat.GREY1)
    with pytest.raises(ValueError, match="no rows of 0 px"):
        pack(b"", 0, PixelFormat.GREY1)
    assert dither(surface, Area(1, 1, 0, 0), PixelFormat.GREY1, is_still=True) == b""
