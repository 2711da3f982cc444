"""An item as what has to be drawn, read once: runs of discs, contours, letters and images, in the item's own px.

The same decisions as of the SVG (`figures.py`, `svg.py`), without a panel: what is seen of it there says `painter.py`.
What an item holds came from somebody else: every number is looked at, and what is not of its form is not drawn.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import acos, ceil, cos, hypot, pi, sin
from operator import sub
from typing import Final

from edgeboard.canvas.bodies import ItemType
from edgeboard.canvas.geometry import Rectangle, Transform
from edgeboard.canvas.images import read_image
from edgeboard.canvas.ink import MARKER_OPACITY
from edgeboard.canvas.items import Item
from edgeboard.canvas.values import unpack_value
from edgeboard.errors import DecodeError
from edgeboard.ids import BlobHash
from edgeboard.oplog.codec import TOOL_MAX
from edgeboard.render import figures
from edgeboard.render.strokes import strips_of, transform_of

FLAT: Final = 0.02  # px: by so much a polygon may cut off an ellipse
CORNERS_MAX: Final = 720  # of an ellipse
MARK_BYTES: Final = 300  # of a mark, beyond its numbers: about what Python takes for it


@dataclass(frozen=True, slots=True)
class Line:
    """Ink: runs of x, y, radius triples, joined by tangents."""

    runs: "Sequence[array[float]]"
    colour: int  # a number, docs/formats/ink.md
    opacity: float
    is_marker: bool = False
    count: int = field(init=False, compare=False)  # of discs
    length: float = field(init=False, compare=False)  # px, of all runs
    radius: float = field(init=False, compare=False)  # px, the largest

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", sum(map(len, self.runs)) // 3)
        object.__setattr__(self, "length", sum(map(_length, self.runs)))
        object.__setattr__(self, "radius", max((max(run[2::3], default=0.0) for run in self.runs), default=0.0))


@dataclass(frozen=True, slots=True)
class Fill:
    """A closed contour of x, y pairs, filled."""

    contour: "array[float]"
    colour: int
    opacity: float


@dataclass(frozen=True, slots=True)
class Note:
    """The paper of a sticky note; its words are `Letters`."""

    area: Rectangle
    colour: int
    opacity: float


@dataclass(frozen=True, slots=True)
class Letters:
    """Rows of text."""

    rows: Sequence[str]
    x: float
    y: float  # of the upper edge of the first row
    size: float  # px of the em
    colour: int
    opacity: float
    note: Rectangle | None = None  # they stand on a note of that `colour`, and what does not fit on it is cut off


@dataclass(frozen=True, slots=True)
class Picture:
    """An image, or its frame where its bytes are not here."""

    area: Rectangle
    content: BlobHash | None
    opacity: float


Mark = Line | Fill | Note | Letters | Picture


@dataclass(frozen=True, slots=True)
class Sketch:
    """All that is drawn of an item, from below to above."""

    marks: Sequence[Mark]
    transform: Transform
    size: int  # bytes that it takes in memory, about


def sketch_of(item: Item) -> Sketch | None:
    """What is drawn of an item; None if there is nothing, or it cannot be read."""
    marks = _stroke(item) if item.type == ItemType.STROKE else _figure(item)
    if not marks:
        return None
    return Sketch(marks, transform_of(item), len(marks) * MARK_BYTES + 8 * sum(map(_numbers, marks)))


def _length(run: "array[float]") -> float:
    x, y = run[::3], run[1::3]
    return sum(map(hypot, map(sub, x[1:], x), map(sub, y[1:], y)))


def _numbers(mark: Mark) -> int:
    match mark:
        case Line():
            return 3 * mark.count
        case Fill():
            return len(mark.contour)
        case Letters():
            return sum(map(len, mark.rows)) * 8
        case _:
            return 0


def content_of(item: Item) -> int:
    """A number that is another one when the item looks different; of this run of the program only."""
    registers = repr(sorted(item.registers.items(), key=lambda each: each[0])) if item.registers else ""
    return hash((item.id, tuple([piece for piece, _ in item.pieces]), item.cuts, registers))


# ----------------------------------------------------------------------------------------------------------- each kind


def _stroke(item: Item) -> list[Mark]:
    ink = strips_of(item)
    if ink is None:
        return []
    is_marker = ink.pen.tool == TOOL_MAX
    opacity = ink.opacity * (MARKER_OPACITY if is_marker else 1.0)
    return [Line(ink.runs, ink.pen.colour, opacity, is_marker)]


def _figure(item: Item) -> list[Mark]:
    make = _FIGURES.get(item.type)
    if make is None:
        return []
    try:
        value = unpack_value(item.pieces[0][1])
    except DecodeError:
        return []
    return make(item, [*value, *[None] * 7]) if isinstance(value, list) else []


def _shape(item: Item, value: Sequence[object]) -> list[Mark]:
    shape, numbers, colour, width, fill = value[:5]
    style = figures.style_of(item, colour, width, fill)
    return _drawn(shape if isinstance(shape, int) else figures.LINE, numbers, style)


def _connector(item: Item, value: Sequence[object]) -> list[Mark]:
    _, _, numbers, colour, width = value[:5]
    return _drawn(figures.ARROW, numbers, figures.style_of(item, colour, width, None))


def _drawn(shape: int, numbers: object, style: figures.Style) -> list[Mark]:
    places = figures.places_of(numbers)
    if places is None or len(places) < 2:
        return []
    (x0, y0), (x1, y1) = places[:2]
    is_closed = shape in (figures.RECTANGLE, figures.ELLIPSE, figures.POLYGON)
    if shape == figures.RECTANGLE:
        places = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    elif shape == figures.ELLIPSE:
        places = _ellipse((x0 + x1) / 2, (y0 + y1) / 2, abs(x1 - x0) / 2, abs(y1 - y0) / 2)
    marks: list[Mark] = []
    if is_closed and style.fill is not None:
        marks.append(Fill(array("d", [number for place in places for number in place]), style.fill, style.opacity))
    ways = [[*places, places[0]] if is_closed else places]
    if shape == figures.ARROW:
        ways += figures.head_of(places[-2], places[-1], 6 + 3 * style.width)
    radius = style.width / 2
    runs = [array("d", [number for x, y in way for number in (x, y, radius)]) for way in ways]
    marks.append(Line(runs, style.colour, style.opacity))
    return marks


def _ellipse(x: float, y: float, rx: float, ry: float) -> list[tuple[float, float]]:
    """A polygon that is nowhere further than `FLAT` from it: r (1 - cos(pi / corners)) is what a side cuts off."""
    radius = max(rx, ry, FLAT)
    corners = min(CORNERS_MAX, 4 * ceil(pi / acos(max(-1.0, 1 - FLAT / radius)) / 4 + 1))
    angles = (2 * pi * at / corners for at in range(corners))
    return [(x + rx * cos(angle), y + ry * sin(angle)) for angle in angles]


def _text(item: Item, value: Sequence[object]) -> list[Mark]:
    x, y, text, size, colour = value[:5]
    if not figures.is_place(x) or not figures.is_place(y):
        return []
    height = min(size, 1000.0) if figures.is_length(size) else 20.0
    style = figures.style_of(item, colour, None, None)
    return [Letters(figures.lines_of(item, text), x, y, height, style.colour, style.opacity)]


def _sticky(item: Item, value: Sequence[object]) -> list[Mark]:
    x, y, w, h, text, colour = value[:6]
    if not (figures.is_place(x) and figures.is_place(y) and figures.is_length(w) and figures.is_length(h)):
        return []
    own = colour if figures.is_colour(colour) else figures.STICKY_COLOUR
    style = figures.style_of(item, own, None, None)
    margin = figures.STICKY_MARGIN
    letters, rows = figures.laid_out(figures.lines_of(item, text), w - 2 * margin, h - 2 * margin)
    h = max(h, len(rows) * letters * figures.LINE_HEIGHT + 2 * margin)
    area = Rectangle(x, y, x + w, y + h)
    return [
        Note(area, style.colour, style.opacity),
        Letters(rows, x + margin, y + margin, letters, style.colour, style.opacity, area),
    ]


def _image(item: Item, value: Sequence[object]) -> list[Mark]:
    x, y, w, h = value[:4]
    if not (figures.is_place(x) and figures.is_place(y) and figures.is_length(w) and figures.is_length(h)):
        return []
    image = read_image(item.pieces[0][1])
    content = image.content if image is not None and image.is_showable else None
    return [Picture(Rectangle(x, y, x + w, y + h), content, figures.style_of(item, None, None, None).opacity)]


_FIGURES: Final[Mapping[int, Callable[[Item, Sequence[object]], list[Mark]]]] = {
    ItemType.SHAPE: _shape,
    ItemType.TEXT: _text,
    ItemType.STICKY: _sticky,
    ItemType.CONNECTOR: _connector,
    ItemType.IMAGE: _image,
}
