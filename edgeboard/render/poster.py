"""A panel that shows the marquee alone: one item at a time, in large letters, its words wrapped over the height.

What shows is a function of the frame alone. Letters are no larger than lets about twenty stand in a line, and smaller
where that shows all of a text at once. A text that is longer turns like pages on e-ink, and moves up by whole px on
panels that move, with a rest at its beginning and its end.
"""

from math import ceil, floor
from typing import Final, NamedTuple, final

from edgeboard.marquee.items import Level, TickerItem
from edgeboard.marquee.ticker import TickerFrame
from edgeboard.render.bar import CAP, PAGE_LEAST_S
from edgeboard.render.icons import placed_icon
from edgeboard.render.looks import badge_icon, look_of
from edgeboard.render.surface import Surface
from edgeboard.render.text import is_leftward, line_mask, line_width
from edgeboard.render.values import Area, PanelContext, PixelFormat, Refresh
from edgeboard.render.wrapping import ELLIPSIS, wrap

BAND_SHARE: Final = 0.14  # of the shorter side, that the icon has at the left
LINE_EM: Final = 11.5  # of a line: about twenty letters
HEIGHT_SHARE: Final = 0.6  # of the height, that a letter has at most
SIZES: Final = (1.0, 0.8, 0.65)  # of the largest letters; smaller where a text would not show at once ..
SIZE_PAGED: Final = 0.8  # .. and this where it cannot
LEFTWARD: Final = "\u200f"  # the right-to-left mark of Unicode
LETTERS_MIN: Final = 9  # px
LEADING: Final = 1.25  # from one line to the next, em
REST_SHARE: Final = 0.2  # of a turn, for which a text that moves rests at its beginning, and at its end


class _Text(NamedTuple):
    """An item in lines."""

    em: int  # px
    lines: list[str]
    is_bold: bool

    @property
    def height(self) -> int:
        return self.pitch * len(self.lines)

    @property
    def pitch(self) -> int:
        return round(self.em * LEADING)


@final
class Poster:
    """The marquee on all of an area."""

    def __init__(self, surface: Surface, area: Area, context: PanelContext) -> None:
        """
        Args:
            surface: that is drawn on; nobody else draws in the area.
            area: on it.
            context: what the panel can show.
        """
        self._surface = surface
        self._area = area
        self._is_hard = context.format in (PixelFormat.GREY1, PixelFormat.BWR, PixelFormat.BWRY)
        self._context = context
        self._flips = context.refresh is Refresh.EINK
        least = min(area.width, area.height)
        self._band = max(18, round(least * BAND_SHARE))
        self._pad = max(3, round(least * 0.05))
        self._room = Area(
            area.x + self._band + self._pad,
            area.y + self._pad,
            max(1, area.width - self._band - 2 * self._pad),
            max(1, area.height - 2 * self._pad),
        )
        self._em = max(LETTERS_MIN, int(min(self._room.width / LINE_EM, area.height * HEIGHT_SHARE)))
        self._texts: tuple[tuple[str, Level] | None, _Text] = (None, _Text(self._em, [], False))
        self._shown: tuple[object, ...] = ()

    @property
    def area(self) -> Area:
        return self._area

    @property
    def surface(self) -> Surface:
        return self._surface

    def clear(self) -> Area:
        """Draw it empty; gives the area, all of it."""
        self._shown = ()
        self._surface.fill(look_of(self._context, Level.INFO).ground, self._area)
        return self._area

    def is_moving(self, frame: TickerFrame) -> bool:
        """Whether what shows now moves."""
        return not self._flips and self._text_of(frame.item).height > self._room.height

    def forget(self) -> None:
        """Somebody has drawn over it: the next frame is drawn whatever was shown."""
        self._shown = ()

    def next_change(self, frame: TickerFrame) -> float:
        """Mesh s at which something else shows than in this frame."""
        text = self._text_of(frame.item)
        rests = frame.plan.until if len(frame.plan.slots) == 1 else frame.next_change
        excess = text.height - self._room.height
        if excess <= 0:
            return rests
        if self._flips:
            return frame.next_page(self._pages(text, frame))
        length = frame.slot.length_s
        rest, step = length * REST_SHARE, length * (1 - 2 * REST_SHARE) / excess
        begins = frame.mesh_s - frame.elapsed_s
        if frame.elapsed_s < rest:
            return min(begins + rest + step / 2, frame.next_change)
        if self._moved(text, frame) >= excess:
            return frame.next_change
        return min(frame.next_change, begins + rest + (self._moved(text, frame) + 0.5) * step)

    def draw(self, frame: TickerFrame) -> Area | None:
        """Draw what a frame shows; gives the area that has changed, or None if it shows already."""
        text = self._text_of(frame.item)
        lines, top, page = text.lines, 0, ""
        excess = text.height - self._room.height
        if excess > 0 and self._flips:
            lines, page = self._page(text, frame)
        elif excess > 0:
            top = self._moved(text, frame)
        item = frame.item
        shown = (item.text, item.icon, item.level, tuple(lines), top, page)
        if shown == self._shown:
            return None
        self._shown = shown
        self._ground(item)
        room = self._room
        y = room.y - top if excess > 0 else room.y + (room.height - text.pitch * len(lines)) // 2
        look = look_of(self._context, item.level)
        for line in lines:
            if y + text.pitch > room.y - self._pad and y < room.y + room.height + self._pad:
                baseline = y + round(text.pitch / 2 + text.em * CAP / 2)
                x = room.x
                if is_leftward(item.text):
                    line = LEFTWARD + line  # its first letter need not say so
                    x += round(room.width - self._width(line, text.em, text.is_bold))
                self._letters(line, x, baseline, text.em, look.text, is_bold=text.is_bold)
            y += text.pitch
        if page:
            em = max(LETTERS_MIN, min(self._pad * 2, text.em // 2))
            x = self._area.x + (self._band - round(self._width(page, em, False))) // 2
            self._letters(page, x, self._area.y + self._area.height - self._pad, em, look.sign, is_bold=False)
        return self._area

    # -- what is said

    def _text_of(self, item: TickerItem) -> _Text:
        key = item.text, item.level
        if self._texts[0] != key:
            self._texts = key, self._lay_out(item.text, item.level is Level.CRITICAL)
        return self._texts[1]

    def _lay_out(self, text: str, is_bold: bool) -> _Text:
        """The largest letters in which all of it shows at once; else such in which no word is broken, if there are."""
        made = [self._in_letters(text, share, is_bold) for share in SIZES]
        for each in made:
            if each.height <= self._room.height and self._is_whole(text, each):
                return each
        long = [self._in_letters(text, SIZE_PAGED, is_bold), made[-1], self._in_letters(text, 0.5, is_bold)]
        return next((each for each in long if self._is_whole(text, each)), long[0])

    def _in_letters(self, text: str, share: float, is_bold: bool) -> _Text:
        em = max(LETTERS_MIN, round(self._em * share))
        return _Text(em, wrap(text, self._room.width, lambda part: self._width(part, em, is_bold)), is_bold)

    def _is_whole(self, text: str, made: _Text) -> bool:
        """Whether no word had to be broken."""
        return " ".join(made.lines) == " ".join(text.split())

    def _rows(self, text: _Text) -> int:
        return max(1, self._room.height // text.pitch)

    def _pages(self, text: _Text, frame: TickerFrame) -> int:
        """As few as it takes, and no more than can be read in its turn."""
        return min(ceil(len(text.lines) / self._rows(text)), max(1, int(frame.slot.length_s / PAGE_LEAST_S)))

    def _page(self, text: _Text, frame: TickerFrame) -> tuple[list[str], str]:
        rows, pages = self._rows(text), self._pages(text, frame)
        page = frame.page(pages)
        lines = text.lines[page * rows : (page + 1) * rows]
        if page == pages - 1 and len(text.lines) > pages * rows:
            last = lines[-1]
            while last and self._width(last + ELLIPSIS, text.em, text.is_bold) > self._room.width:
                last = last[:-1].rstrip()
            lines = [*lines[:-1], last + ELLIPSIS]
        return lines, f"{page + 1}/{pages}" if pages > 1 else ""

    def _moved(self, text: _Text, frame: TickerFrame) -> int:
        """How far a text that does not fit has moved up, px."""
        excess, length = text.height - self._room.height, frame.slot.length_s
        part = (frame.elapsed_s / length - REST_SHARE) / (1 - 2 * REST_SHARE)
        return max(0, min(excess, floor(part * excess + 0.5)))

    def _width(self, text: str, em: int, is_bold: bool) -> float:
        return line_width(text, em, is_bold, self._is_hard)

    # -- what is drawn

    def _ground(self, item: TickerItem) -> None:
        surface, area, look = self._surface, self._area, look_of(self._context, item.level)
        surface.fill(look.ground, area)
        band = Area(area.x, area.y, self._band, area.height)
        surface.fill(look.badge, band)
        size = self._band * 0.66
        place = placed_icon(
            badge_icon(item.level, item.icon), area.x + (self._band - size) / 2, area.y + (area.height - size) / 2, size
        )
        surface.polygon(place, look.sign, band, is_hard=self._is_hard)

    def _letters(self, text: str, x: int, baseline: int, em: int, colour: int, *, is_bold: bool) -> None:
        mask = line_mask(text, em, is_bold, self._is_hard)
        where = Area(x - mask.left, baseline - mask.ascent, mask.width, mask.height)
        self._surface.mask(where, mask.coverage, colour, self._area, is_hard=self._is_hard)
