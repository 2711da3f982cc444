"""Shapes, connectors, texts, sticky notes and images as SVG, as the board's page draws them (`static/figures.js`).

What an item holds came from somebody else: every number is looked at before it is used, and what is not of its form is
not drawn.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite, sqrt
from typing import Final, TypeGuard

from edgeboard.canvas.bodies import ItemType, Register
from edgeboard.canvas.geometry import Rectangle, around
from edgeboard.canvas.ink import palette
from edgeboard.canvas.items import Item
from edgeboard.canvas.values import unpack_value
from edgeboard.errors import DecodeError
from edgeboard.render.outline import number

FAR: Final = 1e7  # px: beyond it nothing is drawn
NUMBERS_MAX: Final = 20_000  # in a shape
LINES_MAX: Final = 400  # of a text
LINE_HEIGHT: Final = 1.3  # of the text size
ASCENT: Final = 0.9  # of the text size: where the baseline is below the top
LETTER: Final = 0.55  # of the text size: how wide a letter is, about; only to break lines
LINE_WIDTH_MAX: Final = 256.0  # px
SHADOW: Final = 0.12  # the opacity of a note's shadow
STICKY_MARGIN: Final = 12
STICKY_SIZES: Final = (18, 16, 14, 12, 10)  # of its letters: the first that lets all of the text in
STICKY_COLOUR: Final = 6
FONT: Final = "Inter,system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif"
DARK: Final = 140  # of 255: below it white text is read better
COLOUR_MAX: Final = 16 + 0xFFFFFF
LINE, ARROW, RECTANGLE, ELLIPSE, POLYGON = range(5)

_SIGNS: Final = "\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"  # of scripts that have no spaces
_WIDE: Final = re.compile(f"[{_SIGNS}]")
_PARTS: Final = re.compile(rf"[{_SIGNS}]|[^\s{_SIGNS}]+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Picture:
    """An item as SVG, and the box that it needs."""

    svg: str
    box: Rectangle


@dataclass(frozen=True, slots=True)
class Style:
    colour: int
    width: float
    fill: int | None
    opacity: float

    @property
    def pen(self) -> str:
        return (
            f'stroke="{css(self.colour)}" stroke-width="{number(self.width)}" '
            f'stroke-linecap="round" stroke-linejoin="round"'
            f"{opacity_of(self.opacity, 'fill-opacity')}{opacity_of(self.opacity, 'stroke-opacity')}"
        )


def css(colour: int) -> str:
    return f"#{palette(colour):06x}"


def opacity_of(opacity: float, name: str = "opacity") -> str:
    """The attribute of that name; nothing if all of it is seen.

    What is drawn in parts that lie on each other, a line on a fill or a note on its shadow, is as clear in each part,
    as in the browser and on panels: there is no picture of it aside that could be made clear as a whole.
    """
    return "" if opacity >= 1 else f' {name}="{number(opacity)}"'


def escape(text: str) -> str:
    """Text that may stand in XML, whatever is in it."""
    clean = "".join(char if _is_xml(char) else "\ufffd" for char in text)
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _is_xml(char: str) -> bool:
    code = ord(char)
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def no_embedding(payload: bytes) -> str | None:
    """Where images are only frames."""
    return None


def figure(item: Item, embed: Callable[[bytes], str | None] = no_embedding) -> Picture | None:
    """The picture of an item that is no stroke; None if there is nothing to draw.

    Args:
        embed: a data URI for the payload of an image, if its bytes are here.
    """
    make = partial(_image, embed=embed) if item.type == ItemType.IMAGE else _FIGURES.get(item.type)
    if make is None:
        return None
    try:
        value = unpack_value(item.pieces[0][1])
    except DecodeError:
        return None
    return make(item, [*value, *[None] * 7]) if isinstance(value, list) else None


# ------------------------------------------------------------------------------------------------------------- figures


def _shape(item: Item, value: Sequence[object]) -> Picture | None:
    shape, numbers, colour, width, fill = value[:5]
    return _drawn(item, shape if isinstance(shape, int) else LINE, numbers, style_of(item, colour, width, fill))


def _connector(item: Item, value: Sequence[object]) -> Picture | None:
    _, _, numbers, colour, width = value[:5]
    return _drawn(item, ARROW, numbers, style_of(item, colour, width, None))


def _drawn(item: Item, shape: int, numbers: object, style: Style) -> Picture | None:
    places = places_of(numbers)
    if places is None or len(places) < 2:
        return None
    (x0, y0), (x1, y1) = places[:2]
    fill = css(style.fill) if style.fill is not None and shape in (RECTANGLE, ELLIPSE, POLYGON) else "none"
    box = around(places).inflated(style.width * 4 + 8)
    if shape == RECTANGLE:
        body = f'rect x="{number(min(x0, x1))}" y="{number(min(y0, y1))}"'
        body += f' width="{number(abs(x1 - x0))}" height="{number(abs(y1 - y0))}"'
    elif shape == ELLIPSE:
        body = f'ellipse cx="{number((x0 + x1) / 2)}" cy="{number((y0 + y1) / 2)}"'
        body += f' rx="{number(abs(x1 - x0) / 2)}" ry="{number(abs(y1 - y0) / 2)}"'
    else:
        way = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in places)
        if shape == POLYGON:
            way += "z"
        if shape == ARROW:
            way += "".join(
                f"M{number(x0)} {number(y0)}L{number(x1)} {number(y1)}"
                for (x0, y0), (x1, y1) in head_of(places[-2], places[-1], 6 + 3 * style.width)
            )
        body = f'path d="{way}"'
    return Picture(f'<{body} fill="{fill}" {style.pen}/>', box)


def head_of(start: tuple[float, float], tip: tuple[float, float], size: float) -> list[list[tuple[float, float]]]:
    """The two strokes of an arrow's head, from its tip."""
    dx, dy = tip[0] - start[0], tip[1] - start[1]
    length = sqrt(dx * dx + dy * dy)
    ux, uy = (dx / length, dy / length) if length else (1.0, 0.0)
    cosine, sine = 0.900447, 0.434966  # of 0.45, the angle between the arrow and each side of its head
    ends = ((ux * cosine + uy * side, uy * cosine - ux * side) for side in (-sine, sine))
    return [[tip, (tip[0] - size * x, tip[1] - size * y)] for x, y in ends]


def _text(item: Item, value: Sequence[object]) -> Picture | None:
    x, y, text, size, colour = value[:5]
    if not is_place(x) or not is_place(y):
        return None
    height = min(size, 1000.0) if is_length(size) else 20.0
    style = style_of(item, colour, None, None)
    lines = lines_of(item, text)
    widest = max((len(line) for line in lines), default=0)
    box = Rectangle(x - 2, y - 2, x + max(1, widest) * height, y + (len(lines) + 0.5) * height * LINE_HEIGHT)
    svg = _written(lines, x, y, height, css(style.colour))
    return Picture(f"<g{opacity_of(style.opacity)}>{svg}</g>", box)


def _sticky(item: Item, value: Sequence[object]) -> Picture | None:
    x, y, w, h, text, colour = value[:6]
    if not (is_place(x) and is_place(y) and is_length(w) and is_length(h)):
        return None
    style = style_of(item, colour if is_colour(colour) else STICKY_COLOUR, None, None)
    letters, lines = laid_out(lines_of(item, text), w - 2 * STICKY_MARGIN, h - 2 * STICKY_MARGIN)
    h = max(h, len(lines) * letters * LINE_HEIGHT + 2 * STICKY_MARGIN)  # no text is hidden
    ink = "#ffffff" if is_dark(style.colour) else css(0)
    shadow = SHADOW * style.opacity
    size = f'width="{number(w)}" height="{number(h)}"'
    svg = (
        f"<g{opacity_of(style.opacity, 'fill-opacity')}>"
        f'<rect x="{number(x + 1)}" y="{number(y + 4)}" {size} fill="#000000" fill-opacity="{number(shadow)}"/>'
        f'<rect x="{number(x)}" y="{number(y)}" {size} fill="{css(style.colour)}"/>'
        f'<svg x="{number(x)}" y="{number(y)}" {size}>'  # cuts off what a narrow note has no room for
        f"{_written(lines, STICKY_MARGIN, STICKY_MARGIN, letters, ink)}</svg></g>"
    )
    return Picture(svg, Rectangle(x, y, x + w + 1, y + h + 4))


def _image(item: Item, value: Sequence[object], embed: Callable[[bytes], str | None]) -> Picture | None:
    """The image, or its frame where its bytes are not here."""
    x, y, w, h = value[:4]
    if not (is_place(x) and is_place(y) and is_length(w) and is_length(h)):
        return None
    uri = embed(item.pieces[0][1])
    if uri is not None:
        place = f'x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}"'
        opacity = opacity_of(style_of(item, None, None, None).opacity)
        svg = f'<image {place} preserveAspectRatio="none"{opacity} href="{uri}"/>'
        return Picture(svg, Rectangle(x, y, x + w, y + h))
    place = (
        f'x="{number(x + 0.5)}" y="{number(y + 0.5)}" width="{number(max(0, w - 1))}" height="{number(max(0, h - 1))}"'
    )
    return Picture(f'<rect {place} fill="#f2f2f5" stroke="#c7c7cc"/>', Rectangle(x, y, x + w, y + h))


_FIGURES: Final[Mapping[int, Callable[[Item, Sequence[object]], Picture | None]]] = {
    ItemType.SHAPE: _shape,
    ItemType.TEXT: _text,
    ItemType.STICKY: _sticky,
    ItemType.CONNECTOR: _connector,
}


# --------------------------------------------------------------------------------------------------------------- parts


def _written(lines: Sequence[str], x: float, y: float, size: float, colour: str) -> str:
    head = f'<text x="{number(x)}" font-family="{FONT}" font-size="{number(size)}" fill="{colour}" xml:space="preserve"'
    rows = ((y + (at * LINE_HEIGHT + ASCENT) * size, line) for at, line in enumerate(lines))
    return "".join(f'{head} y="{number(row)}">{escape(line)}</text>' for row, line in rows if line.strip())


def laid_out(lines: Sequence[str], width: float, height: float) -> tuple[int, list[str]]:
    """How large the letters of a sticky note are, and its rows: as large as lets all of the text in, if any is."""
    rows: list[str] = []
    for size in STICKY_SIZES:
        rows = _shortened([row for line in lines for row in wrapped(line, max(1.0, width / size))])
        if len(rows) * size * LINE_HEIGHT <= height:
            return size, rows
    return STICKY_SIZES[-1], rows


def wrapped(line: str, room: float) -> list[str]:
    """A line broken between words, between signs without spaces, and inside a long word; `room` in letter sizes.

    Takes time in proportion to the line's length: whoever draws decides how long lines are, and how wide their paper.
    """
    rows: list[str] = []
    begin = at = 0  # of the row, and of the part that is looked at
    wide = signs = 0  # of the row so far: signs as wide as high, and all
    for part in _PARTS.findall(line):
        spoken = part.rstrip()
        if spoken and _length(wide + _wide(spoken), signs + len(spoken)) > room:
            if at > begin:
                rows.append(line[begin:at].rstrip())
            begin, wide, signs = at, 0, 0
            for place, sign in enumerate(part, at):
                breadth = _wide(sign)
                if place > begin and not sign.isspace() and _length(wide + breadth, signs + 1) > room:
                    rows.append(line[begin:place])
                    begin, wide, signs = place, 0, 0
                wide, signs = wide + breadth, signs + 1
        else:
            wide, signs = wide + _wide(part), signs + len(part)
        at += len(part)
    return [*rows, line[begin:].rstrip()]


def _wide(text: str) -> int:
    """How many of its signs are as wide as high."""
    return 0 if text.isascii() else sum(1 for char in text if _WIDE.match(char))


def _length(wide: int, signs: int) -> float:
    """About how long a text is, in letter sizes."""
    return wide + (signs - wide) * LETTER


def lines_of(item: Item, own: object) -> list[str]:
    """The text of an item, where its register does not say otherwise, by lines."""
    later = item.registers.get(Register.TEXT)
    text = later if isinstance(later, str) else own if isinstance(own, str) else ""
    return _shortened(text.split("\n"))


def _shortened(rows: list[str]) -> list[str]:
    """So many rows as are drawn; the last says that there are more."""
    return [*rows[: LINES_MAX - 1], "…"] if len(rows) > LINES_MAX else rows


def style_of(item: Item, colour: object, width: object, fill: object) -> Style:
    """An item's own style, where its register does not say otherwise."""
    later = item.registers.get(Register.STYLE)
    new_colour, new_width, new_fill, opacity = [*later, *[None] * 4][:4] if isinstance(later, list) else [None] * 4
    return Style(
        next((value for value in (new_colour, colour) if is_colour(value)), 0),
        min(next((value for value in (new_width, width) if is_length(value)), 2.0), LINE_WIDTH_MAX),
        next((value for value in (new_fill, fill) if is_colour(value)), None),
        read_opacity(opacity),
    )


def read_opacity(value: object) -> float:
    """From 0 to 1; all of it if it is no number."""
    return min(1.0, max(0.0, value)) if _is_number(value) else 1.0


def places_of(numbers: object) -> list[tuple[float, float]] | None:
    """The places of a shape, px; None if they are not of their form."""
    if not isinstance(numbers, list) or len(numbers) > NUMBERS_MAX or not all(map(is_place, numbers)):
        return None
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def is_dark(colour: int) -> bool:
    """Whether white text is read better on it."""
    code = palette(colour)
    return 0.299 * (code >> 16) + 0.587 * (code >> 8 & 255) + 0.114 * (code & 255) < DARK


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def is_place(value: object) -> TypeGuard[float]:
    """Whether it is a number of px within reach."""
    return _is_number(value) and abs(value) <= FAR


def is_length(value: object) -> TypeGuard[float]:
    """The same above 0."""
    return is_place(value) and value > 0


def is_colour(value: object) -> TypeGuard[int]:
    """Whether it is a number of a colour."""
    return type(value) is int and 0 <= value <= COLOUR_MAX
