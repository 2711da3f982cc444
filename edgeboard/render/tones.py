"""Which colour a panel shows for a colour of the canvas: what can be seen on paper is seen, whatever the panel has.

On panels of two levels, and on e-ink of a few colours, lines and letters of any colour that is seen on paper are black
(or red, or yellow, where the panel has them), so that a yellow note keeps its black words and no line is lost in dots;
what is filled becomes a pattern of dots. On panels of 4 or 16 greys flat colours become the grey next to them, so that
nothing flat is dotted. A night panel turns light and dark around and keeps the hue.
"""

import colorsys
from typing import Final, NamedTuple, final

from edgeboard.canvas.ink import PAGE_COLOUR, PALETTE, palette
from edgeboard.render import figures
from edgeboard.render.surface import grey_of
from edgeboard.render.values import PanelContext, PixelFormat

SEEN: Final = 23  # of brightness: what differs from the paper by more is seen on it
NEARLY: Final = 40  # what is darker is black where there are a few greys: ink is not pale
NOTE_SHARE: Final = 0.42  # of a note's darkness that is left where it is dotted, for the sake of its words
MARKED: Final = 0.14  # of a panel of two levels at least: fewer dots are no marker
BLACK: Final = 0x000000
WHITE: Final = 0xFFFFFF
RED: Final = 0xFF0000
YELLOW: Final = 0xFFFF00
NIGHT: Final = "night"
_FEW: Final = (PixelFormat.BWR, PixelFormat.BWRY)


class Paint(NamedTuple):
    """A colour, 0xRRGGBB, and how much of it is laid on, 0 .. 1."""

    colour: int
    opacity: float


@final
class Tones:
    """The colours of one panel. Colours come as numbers (docs/formats/ink.md) and leave as 0xRRGGBB."""

    def __init__(self, context: PanelContext) -> None:
        self._format = context.format
        self._is_night = context.theme == NIGHT
        self.is_hard = context.format is PixelFormat.GREY1 or context.format in _FEW
        self.paper = self._code(len(PALETTE) + PAGE_COLOUR)
        self.contrast = WHITE if self._is_night else BLACK

    def ink(self, colour: int) -> int:
        """Of lines and letters."""
        code = self._code(colour)
        if not self.is_hard:
            return self._seen(colour, self._snapped(code))
        if abs(grey_of(code) - grey_of(self.paper)) < SEEN:
            return self.paper
        hue = _hue(palette(colour), self._format)
        return self.contrast if hue is None else hue

    def fill(self, colour: int) -> int:
        """Of what is filled."""
        return self._snapped(self._code(colour))

    def note(self, colour: int) -> int:
        """Of the paper of a note."""
        code = self._code(colour)
        if not self.is_hard:
            return self._snapped(code)
        if figures.is_dark(colour):
            return self.ink(colour)
        return _mixed(code, self.paper, NOTE_SHARE)

    def letters_on(self, colour: int) -> int:
        """Of letters on a note of that colour."""
        if not figures.is_dark(colour):
            return self.ink(0)
        return self.paper if self.is_hard else self._snapped(self._code(3))

    def marker(self, colour: int, opacity: float) -> Paint:
        """Of a marker. Where there are two levels it only ever darkens: black words stay black below it."""
        code = self._code(colour)
        if self._format is not PixelFormat.GREY1:
            return Paint(self._snapped(code), opacity)
        darkness = abs(grey_of(code) - grey_of(self.paper)) / 255
        return Paint(self.contrast, max(MARKED * min(1.0, opacity / 0.4), opacity * darkness) if darkness else 0.0)

    def _code(self, colour: int) -> int:
        code = palette(colour)
        if not self._is_night:
            return code
        hue, light, saturation = colorsys.rgb_to_hls((code >> 16) / 255, (code >> 8 & 255) / 255, (code & 255) / 255)
        red, green, blue = colorsys.hls_to_rgb(hue, 1 - light, saturation)
        return round(red * 255) << 16 | round(green * 255) << 8 | round(blue * 255)

    def _snapped(self, code: int) -> int:
        """The next colour that the panel has, where it has some greys."""
        if self._format not in (PixelFormat.GREY2, PixelFormat.GREY4):
            return code
        step = 255 // (self._format.levels - 1)
        grey = grey_of(code)
        level = 0 if grey < NEARLY else 255 if grey > 255 - NEARLY // 2 else round(grey / step) * step
        return level << 16 | level << 8 | level

    def _seen(self, colour: int, code: int) -> int:
        """One step away from the paper, if rounding would make a line that is seen as light as the paper."""
        own = grey_of(self._code(colour))
        if code != self.paper or abs(own - grey_of(self.paper)) < SEEN:
            return code
        step = 255 // (self._format.levels - 1)
        level = grey_of(self.paper) + (step if self._is_night else -step)
        return level << 16 | level << 8 | level


def _mixed(code: int, other: int, share: float) -> int:
    """So much of one colour, and of another the rest."""
    parts = ((code >> at & 255, other >> at & 255) for at in (16, 8, 0))
    red, green, blue = (round(one * share + two * (1 - share)) for one, two in parts)
    return red << 16 | green << 8 | blue


def _hue(code: int, format: PixelFormat) -> int | None:
    """The colour of the panel that stands for it, if black does not."""
    red, green, blue = code >> 16, code >> 8 & 255, code & 255
    if format not in _FEW or red < 140 or red < 1.8 * blue:
        return None
    if green < 0.55 * red:
        return RED
    return YELLOW if format is PixelFormat.BWRY else None
