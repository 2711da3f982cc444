"""Colours of style sheets."""

import pytest

from edgeboard.canvas.ink import PALETTE, palette
from edgeboard.interchange.colours import Css, number_of, read_css


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#1e1e1e", Css(0x1E1E1E)), ("#FFF", Css(0xFFFFFF)), (" Red ", Css(0xFF0000)),
        ("#0f08", Css(0x00FF00, 136 / 255)),
        ("#11223300", Css(0x112233, 0.0)), ("transparent", Css(0, 0.0)),
    ],
)  # fmt: skip
def test_a_colour_is_read_in_each_of_its_forms(text, expected):
    assert read_css(text) == expected


@pytest.mark.parametrize("text", ["", "#", "#12", "#12345", "#gggggg", "123456", "rgb(1,2,3)", "blurple", "#123456789"])
def test_what_is_no_colour_is_none(text):
    assert read_css(text) is None


def test_a_colour_of_the_palette_has_the_palettes_number_and_any_other_its_own():
    assert [number_of(rgb) for rgb in PALETTE] == list(range(16))
    assert palette(number_of(0x123456)) == 0x123456
