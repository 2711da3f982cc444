"""What `.excalidraw` files and the canvas have in common, for both ways: names, units, angles and keys of the order.

The format is JSON: {"type": "excalidraw", "version": 2, "elements": [...], "appState": {...}, "files": {...}}. Both
measure in px, so only the pens differ: a free-hand line of Excalidraw is wider than its `strokeWidth` says.
"""

import math
from collections.abc import Sequence
from typing import Final

from edgeboard.canvas.geometry import Transform
from edgeboard.canvas.ink import PART_LENGTH, PARTS_MAX, catmull_rom

FORMAT: Final = "excalidraw"
VERSION: Final = 2
CLIPBOARD: Final = "excalidraw/clipboard"
LIBRARY: Final = "excalidrawlib"

# The diameter of a free-hand line, in its `strokeWidth`: perfect-freehand with a size of 4.25 and a thinning of 0.6,
# eased by a sine, has the radius 4.25 sin(pi/2 (0.5 - 0.6 (0.5 - p))). Ours is width (0.35 + 0.65 p) with pressure,
# so the factor with pressure is the one that makes both alike at half of it.
FREEHAND: Final = 2 * 4.25 * math.sin(math.pi / 4)
FREEHAND_PRESSED: Final = FREEHAND / (0.35 + 0.65 / 2)

GRID: Final = 64  # places are kept in 1/64 px, which floats hold exactly
INK_SCALE: Final = 20  # steps per px of free-hand lines
LINE_HEIGHT: Final = 1.3  # of the text size, as the canvas breaks lines
SANS: Final = 2  # the typeface that is nearest to ours
LARGEST_ANGLE: Final = 3.141592  # with its six decimals just below pi, so that a half turn has one name only
SPAN: Final = 64  # places in a row that `thinned` leaves out
OURS: Final = "edgeboard"  # the key of our own words in an element's `customData`

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def snap(value: float) -> float:
    """A place on the grid; a whole number if it is one, which is shorter to write."""
    steps = round(value * GRID)
    return steps // GRID if steps % GRID == 0 else steps / GRID


def tidy_angle(radians: float) -> float:
    """An angle in six decimals, between a half turn each way; tidying it again changes nothing."""
    angle = round(math.remainder(radians, math.tau), 6)
    return max(-LARGEST_ANGLE, min(LARGEST_ANGLE, angle)) or 0.0


def rotation(angle: float, x: float, y: float) -> Transform:
    """The turn by `angle` (radians, clockwise on the screen) around a place."""
    cosine, sine = math.cos(angle), math.sin(angle)
    return Transform(cosine, sine, -sine, cosine, x - cosine * x + sine * y, y - sine * x - cosine * y)


def centre_of(places: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The middle of the box around places."""
    xs, ys = [x for x, _ in places], [y for _, y in places]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def curve_through(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The places of the curve that Excalidraw draws through points: a uniform Catmull-Rom curve, its ends doubled."""
    last = len(points) - 1
    places = []
    for at in range(last):
        four = [points[min(max(at + step, 0), last)] for step in (-1, 0, 1, 2)]
        parts = min(PARTS_MAX, 1 + int(math.dist(four[1], four[2]) / PART_LENGTH))
        places += [_on_curve(four, number / parts) for number in range(parts)]
    return [*places, points[last]]


def _on_curve(four: Sequence[tuple[float, float]], u: float) -> tuple[float, float]:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = four
    return catmull_rom(x0, x1, x2, x3, u), catmull_rom(y0, y1, y2, y3, u)


def order_key(number: int) -> str:
    """The fractional key of the element in place `number`; keys compare as their numbers do.

    A key begins with a letter that says how many digits follow: `a` one, `b` two and so on.
    """
    length, first = 1, 0
    while number >= first + len(_DIGITS) ** length:
        first += len(_DIGITS) ** length
        length += 1
    rest, digits = number - first, ""
    for _ in range(length):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return chr(ord("a") + length - 1) + digits


def thinned(places: Sequence[tuple[float, float]], tolerance: float) -> list[tuple[float, float]]:
    """Fewer places, none of those left out further than `tolerance` px from the line that takes its place.

    At most `SPAN` in a row are left out, so the time is linear; first and last stay.
    """
    kept = [places[0]]
    first = 0
    for at in range(2, len(places)):
        left_out = places[first + 1 : at]
        if at - first > SPAN or any(_off(place, places[first], places[at]) > tolerance for place in left_out):
            first = at - 1
            kept.append(places[first])
    return [*kept, places[-1]]


def _off(place: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    """How far a place is from what joins two others, px."""
    (px, py), (ax, ay), (bx, by) = place, start, end
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    along = 0.0 if square == 0 else min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / square))
    return math.hypot(px - ax - along * dx, py - ay - along * dy)
