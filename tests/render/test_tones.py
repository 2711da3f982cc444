"""What is seen on paper is seen on every panel, and no flat colour is dotted where the panel has greys."""

import pytest

from edgeboard.canvas.ink import PALETTE
from edgeboard.render.surface import grey_of
from edgeboard.render.tones import BLACK, RED, WHITE, YELLOW, Tones
from edgeboard.render.values import PanelContext, PixelFormat


def tones(format, theme="paper"):
    return Tones(PanelContext(800, 480, format, theme=theme))


@pytest.mark.parametrize("format", list(PixelFormat))
@pytest.mark.parametrize("theme", ["paper", "night"])
@pytest.mark.parametrize("colour", range(len(PALETTE)))
def test_a_line_that_is_seen_on_paper_is_seen_on_every_panel(format, theme, colour):
    on = tones(format, theme)
    is_seen = grey_of(PALETTE[colour]) < 232
    assert (on.ink(colour) != on.paper) == is_seen


def test_two_levels_have_only_black_lines():
    assert {tones(PixelFormat.GREY1).ink(colour) for colour in range(16)} == {BLACK, WHITE}
    assert {tones(PixelFormat.GREY1, "night").ink(colour) for colour in range(16)} == {BLACK, WHITE}


def test_red_and_yellow_stay_where_the_panel_has_them():
    red, yellow = 4, 6
    assert (tones(PixelFormat.BWR).ink(red), tones(PixelFormat.BWR).ink(yellow)) == (RED, BLACK)
    assert (tones(PixelFormat.BWRY).ink(red), tones(PixelFormat.BWRY).ink(yellow)) == (RED, YELLOW)


@pytest.mark.parametrize(("format", "step"), [(PixelFormat.GREY2, 85), (PixelFormat.GREY4, 17)])
def test_flat_colours_are_greys_of_the_panel(format, step):
    on = tones(format)
    codes = [tone(colour) for colour in range(16) for tone in (on.ink, on.fill, on.note, on.letters_on)]
    assert all(grey_of(code) % step == 0 for code in codes)


def test_colours_stay_what_they_are_where_the_panel_has_all():
    on = tones(PixelFormat.XRGB8888)
    assert [on.ink(colour) for colour in range(16)] == list(PALETTE)
    assert on.marker(6, 0.4) == (PALETTE[6], 0.4)


def test_letters_are_read_on_their_note():
    for format in PixelFormat:
        on = tones(format)
        for colour in range(16):
            assert abs(grey_of(on.note(colour)) - grey_of(on.letters_on(colour))) > 80, (format, colour)


def test_a_marker_never_lightens_where_there_is_only_black_and_is_as_dark_as_elsewhere():
    colour, opacity = tones(PixelFormat.GREY1).marker(4, 0.4)
    assert colour == BLACK
    assert 255 * (1 - opacity) == pytest.approx(255 * 0.6 + grey_of(PALETTE[4]) * 0.4)
    assert tones(PixelFormat.GREY1).marker(6, 0.4).opacity == 0.14  # it would be 0.11, which is a few dots
    assert tones(PixelFormat.GREY1).marker(3, 0.4).opacity == 0.0


def test_ink_that_is_nearly_black_is_black_on_e_ink():
    assert tones(PixelFormat.GREY4).ink(0) == tones(PixelFormat.GREY2).ink(0) == BLACK


def test_night_turns_light_and_dark_around_and_keeps_the_hue():
    on = tones(PixelFormat.RGB888, "night")
    assert on.paper == BLACK
    assert grey_of(on.ink(0)) > 200
    red = on.ink(4)
    assert red >> 16 > 2 * (red & 255)
