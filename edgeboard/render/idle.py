"""What a panel shows while its room is empty: how to come in, whose board it is, and how the mesh is doing.

A pure picture of values: the same values give the same px on every panel of one kind. It is laid out in one column or
in two, by the shape of the area, with letters that are as large as their line has room for. Where an area is small,
what has no place is left out: the code, or else the address, comes first, then the name, then the state.
"""

from array import array
from collections.abc import Generator, Iterator, Sequence
from math import pi, sin
from typing import Final, NamedTuple, final

from edgeboard.render.surface import Surface
from edgeboard.render.text import line_mask, line_width
from edgeboard.render.values import Area, PanelContext, PixelFormat

INVITATION: Final = "Scan, and draw along"
LETTERS_MIN: Final = 9  # px; smaller ones nobody reads
SMALL: Final = 200  # px of the shorter side, below which there is no place for everything
LEADING: Final = 1.2  # from one line to the next, in sizes of its letters
QUIET: Final = 2  # modules of white around a QR code that stands on white; 4 on anything else
GRID: Final = 28.0  # px of a panel of 480 px between the dots of the ground
WAVES: Final = 3.0
ELLIPSIS: Final = "\u2026"


class IdleFacts(NamedTuple):
    """What is said."""

    name: str  # of the board
    room: str
    url: str  # of the room; empty: nobody else can come in
    state: str  # of the mesh, in a few words
    is_well: bool = True
    pin: str = ""  # that guests are asked for; empty: none is
    advice: str = ""  # what is said in place of an address


class _Look(NamedTuple):
    """Colours, 0xRRGGBB."""

    paper: int
    ink: int
    soft: int
    dots: int | None
    accent: int
    alarm: int


def look_of(context: PanelContext) -> _Look:
    """The colours that suit a panel."""
    is_night = context.theme == "night"
    ink, paper = (0xFFFFFF, 0x000000) if is_night else (0x000000, 0xFFFFFF)
    match context.format:
        case PixelFormat.GREY1:
            return _Look(paper, ink, ink, None, ink, ink)
        case PixelFormat.BWR | PixelFormat.BWRY:
            return _Look(paper, ink, ink, None, 0xFF0000, 0xFF0000)
        case PixelFormat.GREY2:
            return _Look(paper, ink, 0xAAAAAA if is_night else 0x555555, None, ink, ink)
        case PixelFormat.GREY4:
            soft, dots = (0xAAAAAA, 0x444444) if is_night else (0x555555, 0xCCCCCC)
            return _Look(paper, ink, soft, dots, ink, ink)
    if is_night:
        return _Look(0x15161A, 0xF2F2F5, 0xA6A7B0, 0x2C2E36, 0x7AA2FF, 0xFF9B85)
    return _Look(0xFCFCFA, 0x1D1D1F, 0x6E6F78, 0xE1E1E6, 0x2F6FED, 0xD64524)


@final
class _Sheet:
    """A surface with the colours and the letters of one panel."""

    def __init__(self, surface: Surface, area: Area, context: PanelContext) -> None:
        self.surface = surface
        self.area = area
        self.look = look_of(context)
        self.is_hard = context.format in (PixelFormat.GREY1, PixelFormat.BWR, PixelFormat.BWRY)

    def fitting(self, text: str, size: float, width: float, *, is_bold: bool = False) -> float:
        """The size, px, at which a line fits a width, `size` at most and `LETTERS_MIN` at least."""
        while size > LETTERS_MIN and (wide := line_width(text, size, is_bold, self.is_hard)) > width:
            size = max(float(LETTERS_MIN), min(size - 0.5, size * width / wide))  # hard letters grow in steps
        return size

    def cut(self, text: str, size: float, width: float, *, is_bold: bool = False) -> str:
        """As much of a line as fits a width."""
        if line_width(text, size, is_bold, self.is_hard) <= width:
            return text
        while text and line_width(text + ELLIPSIS, size, is_bold, self.is_hard) > width:
            text = text[:-1]
        return text.rstrip() + ELLIPSIS

    def wrap(self, text: str, size: float, width: float, most: int, *, is_bold: bool = False) -> list[str]:
        """A text in lines of whole words, `most` at most; what does not fit is cut."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and (len(lines) == most or line_width(longer, size, is_bold, self.is_hard) <= width):
                lines[-1] = longer
            else:
                lines.append(word)
        return [self.cut(line, size, width, is_bold=is_bold) for line in lines]

    def fits(self, text: str, size: float, width: float, *, is_bold: bool = False) -> bool:
        return line_width(text, size, is_bold, self.is_hard) <= width

    def write(self, text: str, x: float, baseline: float, size: float, colour: int, *, is_bold: bool = False) -> None:
        mask = line_mask(text, size, is_bold, self.is_hard)
        where = Area(round(x) - mask.left, round(baseline) - mask.ascent, mask.width, mask.height)
        self.surface.mask(where, mask.coverage, colour, self.area, is_hard=self.is_hard)

    def box(self, x: float, y: float, width: float, height: float, colour: int, radius: float = 0.0) -> None:
        """A filled rectangle, its corners rounded."""
        if radius <= 0:
            self.surface.fill(colour, Area(round(x), round(y), round(width), round(height)).meet(self.area))
            return
        run = array("d")
        inner = [(x + radius, y + radius), (x + width - radius, y + height - radius)]
        (x0, y0), (x1, y1) = inner
        for px, py in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)):
            run.extend((px, py, radius))
        self.surface.ink([run], colour, self.area, is_hard=self.is_hard)
        body = Area(round(x0), round(y0), round(x1) - round(x0), round(y1) - round(y0))  # its sides lie under that ink
        self.surface.fill(colour, body.meet(self.area))

    def squiggle(self, x: float, y: float, width: float, thick: float, colour: int) -> None:
        """A line as somebody draws it under a name: pressed harder in the middle."""
        run = array("d")
        steps = 72
        for step in range(steps + 1):
            part = step / steps
            swing = sin(part * WAVES * 2 * pi) * thick * 1.5 * (1 - 0.45 * part)
            run.extend((x + part * width, y + swing, thick * (0.32 + 0.34 * sin(pi * min(1.0, part * 1.06)))))
        self.surface.ink([run], colour, self.area, is_hard=self.is_hard)

    def disc(self, x: float, y: float, r: float, colour: int) -> None:
        self.surface.ink([array("d", (x, y, r))], colour, self.area, is_hard=self.is_hard)


def draw_idle(
    surface: Surface, area: Area, context: PanelContext, facts: IdleFacts, modules: Sequence[Sequence[int]]
) -> Iterator[None]:
    """Draw the idle screen in steps, each of a few milliseconds at most, for whoever else waits.

    Args:
        surface: what to draw on.
        area: where, px; a board that has a marquee leaves it its place.
        context: of the panel.
        facts: what to say.
        modules: of the QR code of `facts.url`, rows of 0 light and others dark, without a quiet zone; empty: none.
    """
    sheet = _Sheet(surface, area, context)
    surface.fill(sheet.look.paper, area)
    yield
    least = min(area.width, area.height)
    if least < SMALL:
        yield from _draw_small(sheet, facts, modules)
        return
    pad = max(6.0, least * 0.075)
    foot = max(float(LETTERS_MIN) + 1, min(least * 0.046, 40.0))  # px of the letters of the last line
    room = area.height - 2 * pad - foot * 1.6
    if sheet.look.dots is not None and least >= 240:
        yield from _dots(sheet, GRID * max(1.0, least / 480))
    if area.width >= area.height * 1.15:
        side = min(room + foot * 0.5, area.width * 0.4)
        code = (yield from _code(sheet, modules, area.x + pad, area.y + pad, side, room)) if modules else 0.0
        left = area.x + pad + (code + pad * 1.1 if code else 0.0)
        yield from _words(sheet, facts, left, area.y + pad, area.x + area.width - pad - left, room, is_centred=False)
    else:
        side = min(area.width - 2 * pad, room * 0.56)
        code = side if modules else 0.0
        if modules:
            middle = area.x + (area.width - _width_of(sheet, modules, side)) / 2
            yield from _code(sheet, modules, middle, area.y + pad, side, side)
        top = area.y + pad + (code + pad * 0.6 if code else 0.0)
        wide, high = area.width - 2 * pad, area.y + pad + room - top
        yield from _words(sheet, facts, area.x + pad, top, wide, high, is_centred=True)
    _foot(sheet, facts, pad, foot)


class _Block(NamedTuple):
    """Lines that are shown together, or not at all."""

    place: int  # from above
    lines: list[str]
    size: float
    colour: int
    is_bold: bool = False

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * LEADING


def _draw_small(sheet: _Sheet, facts: IdleFacts, modules: Sequence[Sequence[int]]) -> Iterator[None]:
    """The code as large as the area allows, and beside or below it as many words as have a place."""
    area = sheet.area
    pad = 3 if min(area.width, area.height) < 100 else 6
    x, y, width, height = area.x + pad, area.y + pad, area.width - 2 * pad, area.height - 2 * pad
    is_wide = area.width >= area.height * 1.15
    count = max(1, len(modules) + (2 * QUIET if _has_card(sheet) else 0))
    square = min(height, width * 0.55) if is_wide else min(width, height * 0.62)
    scale = int(square // count)
    if modules and scale >= 1:
        side = scale * (len(modules) + 2 * QUIET)
        shown = scale * count
        left = x if is_wide else x + (width - shown) // 2
        top = y + (height - shown) // 2 if is_wide else y
        yield from _code(sheet, modules, left, top - (shown < side) * QUIET * scale, side, side)
        if is_wide:
            x, width = x + shown + 2 * pad, width - shown - 2 * pad
        else:
            y, height = y + shown + pad, height - shown - pad
    else:
        modules = ()
    blocks: list[_Block] = []
    for block in _small_blocks(sheet, facts, width, height, has_code=bool(modules)):
        if sum(each.height for each in blocks) + block.height <= height:
            blocks.append(block)
    spare = height - sum(each.height for each in blocks)
    gap = min(spare / (len(blocks) + 1), pad * 1.5)
    level = y + (spare - gap * (len(blocks) - 1)) / 2
    for block in sorted(blocks, key=lambda each: each.place):
        for line in block.lines:
            wide = line_width(line, block.size, block.is_bold, sheet.is_hard)
            begin = x if is_wide else x + (width - wide) / 2
            sheet.write(line, begin, level + block.size * 0.92, block.size, block.colour, is_bold=block.is_bold)
            level += block.size * LEADING
            yield
        level += gap


def _small_blocks(sheet: _Sheet, facts: IdleFacts, width: float, height: float, *, has_code: bool) -> list[_Block]:
    """What there is to say beside a code, what matters most first."""
    look, body = sheet.look, max(float(LETTERS_MIN), min(height * 0.1, 12.0))
    found: list[_Block] = []

    def say(place: int, text: str, most: int, colour: int, *, is_bold: bool = False, size: float = body) -> None:
        lines = sheet.wrap(text, size, width, most, is_bold=is_bold)
        if not all(sheet.fits(line, size, width, is_bold=is_bold) for line in lines) or "".join(lines)[-1:] == ELLIPSIS:
            size = float(LETTERS_MIN)
            lines = sheet.wrap(text, size, width, most, is_bold=is_bold)
        if lines:
            found.append(_Block(place, lines, size, colour, is_bold))

    address = facts.url.partition("://")[2]
    if not has_code:
        say(1, address.replace("/room/", " /room/") or facts.advice, 4, look.ink)
    if facts.pin:
        say(2, f"PIN {facts.pin[:3]} {facts.pin[3:]}", 2, look.ink)
    title = sheet.fitting(facts.name, min(height * 0.24, 26.0), width, is_bold=True)
    title = max(title, min(sheet.fitting(word, 14.0, width, is_bold=True) for word in facts.name.split() or [""]))
    say(0, facts.name, 2, look.ink, is_bold=True, size=max(float(LETTERS_MIN), title))
    say(4, facts.state, 2, look.soft if facts.is_well else look.alarm)
    parts = [address] if sheet.fits(address, body, width) else address.replace("/room/", " /room/").split()
    if has_code and all(sheet.fits(part, LETTERS_MIN, width) for part in parts):
        size = min(sheet.fitting(part, body, width) for part in parts)
        found.append(_Block(3, parts, size, look.ink))
    return found


def _dots(sheet: _Sheet, gap: float) -> Iterator[None]:
    """The ground of a board that nobody has written on."""
    area, colour = sheet.area, sheet.look.dots
    assert colour is not None
    side = max(1, round(gap / 18))
    for row in range(1, int(area.height / gap) + 1):
        for column in range(1, int(area.width / gap) + 1):
            x, y = round(area.x + column * gap), round(area.y + row * gap)
            sheet.surface.fill(colour, Area(x, y, side, side).meet(area))
        yield


def _has_card(sheet: _Sheet) -> bool:
    return sheet.look.dots is not None or sheet.look.paper != 0xFFFFFF


def _width_of(sheet: _Sheet, modules: Sequence[Sequence[int]], side: float) -> float:
    count = len(modules) + 2 * QUIET
    return float(max(1, int(side // count)) * (count if _has_card(sheet) else len(modules)))


def _code(
    sheet: _Sheet, modules: Sequence[Sequence[int]], x: float, y: float, side: float, height: float
) -> Generator[None, None, float]:
    """A QR code as large as a square has whole px for each module; returns how far it reaches.

    Where the ground is not plain white it lies on a card.
    """
    count = len(modules) + 2 * QUIET
    scale = max(1, int(side // count))
    card = scale * count
    left, top = round(x), round(y + max(0.0, (height - card) / 2))
    is_card = _has_card(sheet)
    if not is_card:
        left -= QUIET * scale  # the edge is white anyway
    else:
        sheet.box(left, top, card, card, 0xFFFFFF, radius=scale * 1.6)
        yield
    for row, line in enumerate(modules):
        begin = None
        for column, module in enumerate([*line, 0]):
            if module and begin is None:
                begin = column
            elif not module and begin is not None:
                place = Area(
                    left + (QUIET + begin) * scale, top + (QUIET + row) * scale, (column - begin) * scale, scale
                )
                sheet.surface.fill(0, place.meet(sheet.area))
                begin = None
    yield
    return _width_of(sheet, modules, side)


def _words(
    sheet: _Sheet, facts: IdleFacts, x: float, y: float, width: float, height: float, *, is_centred: bool
) -> Iterator[None]:
    """The name, an invitation and the address, one below the other in the middle of a height."""
    look = sheet.look
    title = sheet.fitting(facts.name, max(14.0, min(height * 0.24, width * 0.19)), width, is_bold=True)
    body = sheet.fitting(INVITATION, max(float(LETTERS_MIN) + 1, min(height * 0.085, width * 0.07)), width)
    address = facts.url.partition("://")[2]
    lines = [address]
    letters = sheet.fitting(address, body * 1.12, width, is_bold=True) if address else body
    if not address:
        lines = sheet.wrap(facts.advice, letters, width, 4, is_bold=True)
    elif letters < body * 0.85 and "/room/" in address:
        host, _, room = address.partition("/room/")
        lines = [host, f"/room/{room}"]
        letters = min(sheet.fitting(line, body * 1.12, width, is_bold=True) for line in lines)
    thick = max(1.6, title * 0.075)
    yield
    gap = body * 0.62
    heights = [title * 0.78, thick * 5.4 + gap, body, gap * 0.4, *[letters * 1.25] * len(lines)]
    if facts.pin:
        heights += [gap * 0.6, body * 1.3]
    top = y + max(0.0, (height - sum(heights)) / 2)

    def put(text: str, baseline: float, size: float, colour: int, *, is_bold: bool = False) -> float:
        shown = sheet.cut(text, size, width, is_bold=is_bold)
        wide = line_width(shown, size, is_bold, sheet.is_hard)
        left = x + (width - wide) / 2 if is_centred else x
        sheet.write(shown, left, baseline, size, colour, is_bold=is_bold)
        return wide

    top += heights[0]
    wide = put(facts.name, top, title, look.ink, is_bold=True)
    yield
    length = min(width, max(wide, title * 1.6))
    sheet.squiggle(x + (width - length) / 2 if is_centred else x, top + thick * 4.4, length, thick, look.accent)
    top += heights[1] + heights[2]
    if facts.url:
        put(INVITATION, top, body, look.soft)
    yield
    top += heights[3]
    for line in lines:
        top += letters * 1.25
        put(line, top, letters, look.ink, is_bold=True)
        yield
    if facts.pin:
        top += heights[-2] + heights[-1]
        put(f"PIN {facts.pin[:3]} {facts.pin[3:]}", top, body * 1.1, look.ink)


def _foot(sheet: _Sheet, facts: IdleFacts, pad: float, size: float) -> None:
    """How the mesh is doing, and the room, at the lower edge."""
    area, look = sheet.area, sheet.look
    baseline = area.y + area.height - pad * 0.72
    colour = look.soft if facts.is_well else look.alarm
    r = size * 0.26
    x = area.x + pad
    sheet.disc(x + r, baseline - size * 0.36, r, look.accent if facts.is_well else look.alarm)
    if not facts.is_well:
        sheet.disc(x + r, baseline - size * 0.36, r * 0.5, look.paper)
    left = x + 2 * r + size * 0.45
    room = sheet.cut(facts.room, size, area.width * 0.4)
    wide = line_width(room, size, False, sheet.is_hard)
    right = area.x + area.width - pad
    if sheet.fits(facts.state, size, right - wide - size - left):
        sheet.write(room, right - wide, baseline, size, look.soft)
    sheet.write(sheet.cut(facts.state, size, right - left), left, baseline, size, colour)


def notice_area(context: PanelContext) -> Area:
    """Where a notice stands: along the upper edge."""
    return Area(0, 0, context.width, max(14, min(64, context.height // 16)))


def draw_notice(surface: Surface, area: Area, context: PanelContext, text: str) -> None:
    """Draw a line that everybody at the panel should read, light on dark, or dark on light at night."""
    sheet = _Sheet(surface, area, context)
    look = sheet.look
    surface.fill(look.alarm, area)
    size = area.height * 0.62
    pad = area.height * 0.5
    shown = sheet.cut(text, size, area.width - 2 * pad)
    sheet.write(shown, area.x + pad, area.y + area.height * 0.72, size, look.paper)
