"""Colours as style sheets write them, and as the canvas counts them."""

from typing import Final, NamedTuple

from edgeboard.canvas.ink import PALETTE

NAMED: Final = {
    "black": 0x000000, "silver": 0xC0C0C0, "gray": 0x808080, "white": 0xFFFFFF, "maroon": 0x800000, "red": 0xFF0000,
    "purple": 0x800080, "fuchsia": 0xFF00FF, "green": 0x008000, "lime": 0x00FF00, "olive": 0x808000,
    "yellow": 0xFFFF00, "navy": 0x000080, "blue": 0x0000FF, "teal": 0x008080, "aqua": 0x00FFFF, "orange": 0xFFA500,
}  # fmt: skip
_NUMBERS: Final = {rgb: number for number, rgb in reversed(tuple(enumerate(PALETTE)))}


class Css(NamedTuple):
    """A colour of a style sheet."""

    rgb: int  # 0xRRGGBB
    alpha: float = 1.0  # 0 .. 1


def read_css(text: str) -> Css | None:
    """A colour in hex digits (3, 4, 6 or 8), by name, or `transparent`; None for what is not understood."""
    word = text.strip().lower()
    if word == "transparent":
        return Css(0, 0.0)
    if word in NAMED:
        return Css(NAMED[word])
    digits = word.removeprefix("#")
    if word == digits or any(digit not in "0123456789abcdef" for digit in digits):
        return None
    if len(digits) in (3, 4):
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) not in (6, 8):
        return None
    return Css(int(digits[:6], 16), int(digits[6:], 16) / 255 if len(digits) == 8 else 1.0)


def number_of(rgb: int) -> int:
    """The number by which the canvas knows a colour: that of the palette if it is in there, else 16 + 0xRRGGBB."""
    return _NUMBERS.get(rgb, len(PALETTE) + rgb)
