"""The marquee on a panel: a ribbon of text that moves on LCDs, pages that turn on e-ink.

Where the ribbon stands is a function of the frame alone, in whole px, so that panels of one size show the same, and of
every size the same part of a text at the same time. What has been drawn of a text is kept while it passes, so that a
frame is nothing but rows that are copied: in the steady state no memory is asked for.
"""

from typing import Final, NamedTuple, final

from edgeboard.marquee.items import Level, TickerItem
from edgeboard.marquee.layout import Plan
from edgeboard.marquee.ticker import TickerFrame
from edgeboard.render.cache import Cache
from edgeboard.render.icons import ICONS, placed_icon
from edgeboard.render.looks import LEVEL_ICONS, Look, badge_icon, icon_colour, look_of
from edgeboard.render.surface import Surface
from edgeboard.render.text import line_mask, line_width
from edgeboard.render.values import Area, PanelContext, PixelFormat, Refresh
from edgeboard.render.wrapping import ELLIPSIS, wrap

HEIGHT_SHARE: Final = 12  # of a panel's height the bar has one part
HEIGHT_LEAST: Final = 20  # px
HEIGHT_MOST: Final = 112
EM_SHARE: Final = 0.6  # of the bar's height
LEAD_EM: Final = 4.0  # from the badge to where a text begins when its turn does
PAGE_LEAST_S: Final = 2.5  # of a page on e-ink: who turns faster is not read
STRIP_BYTES: Final = 1 << 20  # of texts that are kept while they pass; an 800 px panel needs a third
CAP: Final = 0.73  # of an em, height of capital letters
WIDEST: Final = 8_192  # px of a strip


def bar_area(context: PanelContext) -> Area:
    """Where the marquee of a panel lies: along its lower edge."""
    height = min(max(HEIGHT_LEAST, min(HEIGHT_MOST, context.height // HEIGHT_SHARE)), context.height)
    return Area(0, context.height - height, context.width, height)


class Strip(NamedTuple):
    """A text with its icon, drawn on the ground of the bar."""

    width: int  # px
    rows: memoryview  # row by row, as the surface has px


@final
class Bar:
    """The marquee in an area of a surface."""

    def __init__(self, surface: Surface, area: Area, context: PanelContext) -> None:
        """
        Args:
            surface: that is drawn on; nobody else draws in the area.
            area: on it.
            context: what the panel can show.

        Raises:
            ValueError: the area does not lie on the surface, or is too small to hold a letter.
        """
        if area.meet(surface.area) != area or area.height < 8 or area.width < 2 * area.height:
            raise ValueError(f"a marquee in {area} of {surface.width} x {surface.height} px; it needs a wide part")
        self._surface = surface
        self._area = area
        self._context = context
        self._is_hard = context.format in (PixelFormat.GREY1, PixelFormat.BWR, PixelFormat.BWRY)
        self._flips = context.refresh is Refresh.EINK
        wanted = area.height * EM_SHARE
        self._em = max(8, round(wanted / 8) * 8) if area.height >= HEIGHT_LEAST else int(wanted)
        self._badge = area.height
        self._strips: Cache[tuple[str, str, Level, bool], Strip] = Cache(STRIP_BYTES)
        self._plan: Plan | None = None
        self._places: list[tuple[int, TickerItem]] = []  # in a cycle, px from its beginning
        self._cycle = 0
        self._spacing: list[int] = []
        self._shown: tuple[object, ...] = ()
        self._look = look_of(context, Level.INFO)
        self._blank: memoryview = memoryview(b"")
        self._pages: tuple[str, Level, float, list[str]] = ("", Level.INFO, 0.0, [])

    @property
    def area(self) -> Area:
        return self._area

    @property
    def surface(self) -> Surface:
        return self._surface

    def clear(self) -> Area:
        """Draw it without any text; gives the area that has changed."""
        self._ground(Level.INFO)
        self._shown = ()
        return self._area

    def forget(self) -> None:
        """Somebody has drawn over it: the next frame is drawn whatever was shown."""
        self._shown = ()

    def is_moving(self, frame: TickerFrame) -> bool:
        """Whether this plan moves all the time, so that every frame of the panel shows something else."""
        return not self._flips and not self._is_still(frame.plan)

    def next_change(self, frame: TickerFrame) -> float:
        """Mesh s at which something else shows than in this frame: of what moves, the next px."""
        if self._flips:
            return frame.next_page(len(self._pages_of(frame)))
        if self._is_still(frame.plan):
            return frame.plan.until if len(frame.plan.slots) == 1 else frame.next_change
        return min(frame.plan.until, frame.mesh_s + 1 / (frame.plan.rate * self._em))

    def draw(self, frame: TickerFrame) -> Area | None:
        """Draw what a frame shows; gives the area that has changed, or None if it shows already."""
        return self._turn(frame) if self._flips else self._move(frame)

    # -- what moves

    def _is_still(self, plan: Plan) -> bool:
        """What fits rests where nothing else is to be said: a board with no news shall not be busy, and what interrupts
        shall be read whole at once."""
        return (plan.is_fallback or plan.is_critical) and all(
            self._width(slot.item.text, plan.is_critical) <= self._room for slot in plan.slots
        )

    @property
    def _room(self) -> int:
        """px of width for text."""
        return self._area.width - self._badge - self._em

    def _move(self, frame: TickerFrame) -> Area | None:
        plan = frame.plan
        if plan is not self._plan:
            self._lay_out(plan)
        if self._is_still(plan):
            shown: tuple[object, ...] = (plan, frame.turn)
            if shown == self._shown:
                return None
            self._shown = shown
            self._ground(frame.level, frame.item.icon)
            self._rest(frame.text, is_bold=plan.is_critical)
            return self._area
        offset = round(frame.offset_em * self._em)
        if self._shown == (plan, offset):
            return None
        self._shown = (plan, offset)
        self._compose(offset)
        self._badge_of(self._in_front(offset))
        return self._area

    def _in_front(self, offset: int) -> TickerItem:
        """Whose text is next to the badge: the first that has not passed it."""
        lead = round(LEAD_EM * self._em) - offset
        for base in (lead - self._cycle, lead):
            for (place, item), spacing in zip(self._places, self._spacing, strict=True):
                x = base + place
                if x + spacing > 0 and x + self._strip(item).width > 0:
                    return item
        return self._places[0][1]

    def _lay_out(self, plan: Plan) -> None:
        """Where the texts of a cycle lie; a text comes as often as its slot has room for it."""
        scale = plan.rate * self._em
        self._places = [
            (round((slot.start_s + copy * slot.length_s / slot.copies) * scale), slot.item)
            for slot in plan.slots
            for copy in range(slot.copies)
        ]
        ends = [place for place, _ in self._places[1:]]
        self._cycle = max(1, round(plan.cycle_us / 1e6 * scale))
        self._spacing = [end - place for (place, _), end in zip(self._places, [*ends, self._cycle], strict=True)]
        self._plan = plan
        worst = max(slot.item.level for slot in plan.slots)
        self._ground(worst)
        self._blank = memoryview(self._surface.crop(self._area))

    def _compose(self, offset: int) -> None:
        """Copy the rows of what is in the window: the ground first, then the texts behind the badge."""
        area, channels = self._area, self._surface.channels
        step, row = self._surface.width * channels, area.width * channels
        start = area.y * step + area.x * channels
        left, right = self._badge, area.width
        lead = left + round(LEAD_EM * self._em)
        with memoryview(self._surface.pixels) as pixels:
            for y in range(area.height):
                pixels[start + y * step : start + y * step + row] = self._blank[y * row : y * row + row]
            top = start + step  # below the line that parts it from the canvas
            base = lead - offset - self._cycle
            while base < right:
                for at, (place, item) in enumerate(self._places):
                    x = base + place
                    if x >= right:
                        break
                    if x + self._spacing[at] <= left:
                        continue
                    self._copy(pixels, top, step, x, left, right, self._strip(item), self._spacing[at])
                base += self._cycle

    def _copy(
        self,
        pixels: memoryview,
        top: int,
        step: int,
        x: int,
        left: int,
        right: int,
        strip: Strip,
        spacing: int,
    ) -> None:
        """Copy what of a strip lies between two columns."""
        channels = self._surface.channels
        width = min(strip.width, spacing)
        begin, end = max(x, left), min(x + width, right)
        if begin >= end:
            return
        size, source, pitch = (end - begin) * channels, (begin - x) * channels, strip.width * channels
        at = top + begin * channels
        for _ in range(self._area.height - 1):
            pixels[at : at + size] = strip.rows[source : source + size]
            at += step
            source += pitch

    def _strip(self, item: TickerItem) -> Strip:
        """What is drawn of an item, kept while it passes."""
        is_critical = item.level is Level.CRITICAL
        key = (item.text, item.icon, item.level, is_critical)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._draw_strip(item, is_critical=is_critical)
            self._strips.put(key, strip, len(strip.rows))
        return strip

    def _draw_strip(self, item: TickerItem, *, is_critical: bool) -> Strip:
        look, em, height = self._look, self._em, self._area.height - 1
        icon = item.icon if item.icon in ICONS else LEVEL_ICONS[item.level]
        begin = round(em * 1.35) if item.icon in ICONS or item.level is not Level.INFO else 0
        mask = line_mask(item.text, em, is_critical, self._is_hard)
        width = min(WIDEST, max(1, begin + mask.width))
        surface = Surface(width, height, self._surface.channels)
        surface.fill(look.ground)
        if begin:
            colour = icon_colour(self._context, item.level, is_critical=is_critical)
            place = placed_icon(icon, 0.0, (height - em) / 2, float(em))
            surface.polygon(place, colour, surface.area, is_hard=self._is_hard)
        baseline = round((height + CAP * em) / 2)
        where = Area(begin - mask.left, baseline - mask.ascent, mask.width, mask.height)
        surface.mask(where, mask.coverage, look.text, surface.area, is_hard=self._is_hard)
        return Strip(width, memoryview(bytes(surface.pixels)))

    # -- what turns

    def _turn(self, frame: TickerFrame) -> Area | None:
        pages = self._pages_of(frame)
        page = frame.page(len(pages))
        item = frame.item
        shown = (item.text, item.icon, item.level, page, len(pages))
        if shown == self._shown:
            return None
        self._shown = shown
        self._ground(item.level, item.icon)
        count = f"{page + 1}/{len(pages)}" if len(pages) > 1 else ""
        if len(pages) == 1 and frame.plan.is_fallback:
            self._rest(pages[0])
        else:
            self._write(pages[page], count)
        return self._area

    def _pages_of(self, frame: TickerFrame) -> list[str]:
        """The pages of a text: as few as it takes, and no more than can be read in its turn."""
        item, length = frame.item, frame.slot.length_s
        text, level, known, pages = self._pages
        if (text, level, known) != (item.text, item.level, length):
            most = max(1, int(length / PAGE_LEAST_S))
            pages = self._paged(item.text, item.level is Level.CRITICAL, most)
            self._pages = (item.text, item.level, length, pages)
        return pages

    def _paged(self, text: str, is_bold: bool, most: int) -> list[str]:
        if self._width(text, is_bold) <= self._room:
            return [text]
        room = self._room - self._width(" 9/9", False)
        pages = wrap(text, room, lambda part: self._width(part, is_bold))
        if len(pages) > most:
            last = pages[most - 1]
            while last and self._width(last + ELLIPSIS, is_bold) > room:
                last = last[:-1].rstrip()
            pages = [*pages[: most - 1], last + ELLIPSIS]
        return pages

    def _width(self, text: str, is_bold: bool) -> float:
        return line_width(text, self._em, is_bold, self._is_hard)

    # -- what stands

    def _ground(self, level: Level, icon: str = "") -> None:
        """The bar without a text: its ground, the line above, and the badge."""
        surface, area = self._surface, self._area
        self._look = look = look_of(self._context, level)
        surface.fill(look.ground, area)
        surface.fill(look.line, Area(area.x, area.y, area.width, 1))
        self._draw_badge(look, badge_icon(level, icon))

    def _badge_of(self, item: TickerItem) -> None:
        """The badge of an item, beside a ground that is drawn; each item says its own icon beside its text."""
        self._draw_badge(look_of(self._context, item.level), LEVEL_ICONS[item.level])

    def _draw_badge(self, look: Look, name: str) -> None:
        surface, area = self._surface, self._area
        badge = Area(area.x, area.y, self._badge, area.height)
        surface.fill(look.badge, badge)
        size = round(self._badge * 0.58)
        corner = (self._badge - size) / 2
        place = placed_icon(name, area.x + corner, area.y + corner, float(size))
        surface.polygon(place, look.sign, badge, is_hard=self._is_hard)

    def _write(self, text: str, count: str) -> None:
        """A line at the left, and which page it is at the right."""
        is_bold = self._look.ground != look_of(self._context, Level.INFO).ground
        self._letters(text, self._area.x + self._badge + self._em // 2, self._look.text, is_bold)
        if count:
            x = self._area.x + self._area.width - self._em // 2 - round(self._width(count, False))
            self._letters(count, x, self._look.soft, False)

    def _rest(self, text: str, *, is_bold: bool = False) -> None:
        """A line in the middle."""
        x = self._badge + (self._area.width - self._badge - round(self._width(text, is_bold))) // 2
        self._letters(text, self._area.x + max(self._badge, x), self._look.text, is_bold)

    def _letters(self, text: str, x: int, colour: int, is_bold: bool) -> None:
        mask = line_mask(text, self._em, is_bold, self._is_hard)
        baseline = self._area.y + round((self._area.height + 1 + CAP * self._em) / 2)
        where = Area(x - mask.left, baseline - mask.ascent, mask.width, mask.height)
        self._surface.mask(where, mask.coverage, colour, self._area, is_hard=self._is_hard)
