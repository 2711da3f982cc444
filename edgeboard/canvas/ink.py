"""How a stroke looks (docs/formats/ink.md): recorded points, smoothed to discs that an outline joins.

All arithmetic is IEEE double in the order written here, with + - x / and the square root only, so that Python, C,
JavaScript and SVG draw the same. Path parameters count segments between recorded points; cuts are in 1/1024 of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor, sqrt
from typing import Final, NamedTuple

from edgeboard.canvas.samples import PRESSURE_MAX, Stroke

PALETTE: Final = (
    0x1D1D1F, 0x6E6E73, 0xC7C7CC, 0xFFFFFF, 0xD92D20, 0xE8590C, 0xF2B705, 0x2B8A3E,
    0x0B7285, 0x1971C2, 0x3B3BB3, 0x7B2CBF, 0xC2255C, 0x7F4F24, 0xF5B8C5, 0xA5D8FF,
)  # fmt: skip
PAGE_COLOUR: Final = 0xFFFFFF
MARKER_OPACITY: Final = 0.4
RADIUS_MIN: Final = 0.3  # px
PARTS_MAX: Final = 8  # of a segment
PART_LENGTH: Final = 4  # px
CUT_STEPS: Final = 1024  # of the path parameter, in a segment
WIDTH_STEPS: Final = 8  # of a stroke's width, in a px


class Disc(NamedTuple):
    """A place of the pen: centre and radius in px."""

    x: float
    y: float
    r: float


def palette(colour: int) -> int:
    """0xRRGGBB of a colour number: 0 .. 15 the palette, else 16 + 0xRRGGBB."""
    return PALETTE[colour] if 0 <= colour < len(PALETTE) else (colour - len(PALETTE)) & 0xFFFFFF


def smooth(values: Sequence[float]) -> list[float]:
    """Inner values become (a + 2b + c) / 4 of themselves and their neighbours."""
    inner = [(a + 2 * b + c) / 4 for a, b, c in zip(values, values[1:], values[2:], strict=False)]
    return [*values[:1], *inner, *values[-1:]] if len(values) > 1 else list(values)


def runs(stroke: Stroke, width: int, cuts: Iterable[tuple[int, int]] = ()) -> list[list[Disc]]:
    """The discs of one piece, in runs that its cuts leave.

    Args:
        stroke: as recorded.
        width: 1/8 px.
        cuts: united, in 1/1024 of a segment.
    """
    scale = stroke.scale
    points = [(x / scale, y / scale) for x, y in zip(stroke.x, stroke.y, strict=True)]
    return discs(points, width / WIDTH_STEPS, stroke.pressure, cuts)


def discs(
    points: Sequence[tuple[float, float]],
    width: float,
    pressures: Sequence[float] | None = None,
    cuts: Iterable[tuple[int, int]] = (),
) -> list[list[Disc]]:
    """The discs of one piece, in runs that its cuts leave; consecutive discs of a run are joined.

    Args:
        points: px.
        width: px.
        pressures: 0 .. 4095.
        cuts: united, in 1/1024 of a segment.
    """
    curve = _Curve(points, width, pressures)
    return [curve.discs(start, end) for start, end in _visible(cuts, len(points) - 1)]


def curve(stroke: Stroke, width: float) -> tuple[list[float], list[float], list[float], list[int]]:
    """The smoothed curve of one piece: x, y and radius in px, and where among them each recorded point stands."""
    points = [(x / stroke.scale, y / stroke.scale) for x, y in zip(stroke.x, stroke.y, strict=True)]
    drawn = _Curve(points, width, stroke.pressure)
    places = [0]
    for segment in range(len(points) - 1):
        places.append(places[-1] + drawn.parts(segment))
    found = drawn.discs(0.0, float(max(len(points) - 1, 0)))
    return [disc.x for disc in found], [disc.y for disc in found], [disc.r for disc in found], places


def _visible(cuts: Iterable[tuple[int, int]], end: int) -> Iterator[tuple[float, float]]:
    """What the cuts leave of a path of `end` segments, in path parameters."""
    start = 0.0
    for cut_start, cut_end in cuts:
        stop = cut_start / CUT_STEPS
        if stop > end:
            break
        if stop > start:
            yield start, stop
        start = cut_end / CUT_STEPS
    if start < end or (end == 0 and start == 0):
        yield start, end


class _Curve:
    """The smoothed curve of one piece."""

    def __init__(self, points: Sequence[tuple[float, float]], width: float, pressures: Sequence[float] | None) -> None:
        self._x = smooth([x for x, _ in points])
        self._y = smooth([y for _, y in points])
        self._pressures = None if pressures is None else smooth(pressures)
        self._width = width

    def discs(self, start: float, end: float) -> list[Disc]:
        """All discs from one path parameter to another, both included."""
        last = max(len(self._x) - 2, 0)  # segment
        found = []
        if start < end:
            first = min(floor(start), last)
            found.append(self._disc(first, start - first))
            for segment in range(first, ceil(end)):
                parts = self.parts(segment)
                inside = (part / parts for part in range(parts) if start < segment + part / parts < end)
                found += [self._disc(segment, u) for u in inside]
        segment = min(floor(end), last)
        found.append(self._disc(segment, end - segment))
        return found

    def parts(self, segment: int) -> int:
        """Into how many parts a segment is cut."""
        dx = self._x[segment + 1] - self._x[segment]
        dy = self._y[segment + 1] - self._y[segment]
        return min(PARTS_MAX, 1 + floor(sqrt(dx * dx + dy * dy) / PART_LENGTH))

    def _disc(self, segment: int, u: float) -> Disc:
        xs, ys, end = self._x, self._y, len(self._x) - 1
        a, c, d = max(segment - 1, 0), min(segment + 1, end), min(segment + 2, end)
        radius = self._width / 2
        if self._pressures is not None:
            here = self._pressures[segment]
            pressure = here + (self._pressures[c] - here) * u
            radius = self._width / 2 * (0.35 + 0.65 * pressure / PRESSURE_MAX)
        return Disc(
            catmull_rom(xs[a], xs[segment], xs[c], xs[d], u),
            catmull_rom(ys[a], ys[segment], ys[c], ys[d], u),
            max(radius, RADIUS_MIN),
        )


def catmull_rom(p0: float, p1: float, p2: float, p3: float, u: float) -> float:
    """Where a uniform curve is that leads from p1 (u = 0) to p2 (u = 1)."""
    u2 = u * u
    u3 = u2 * u
    return 0.5 * (2 * p1 + (p2 - p0) * u + (2 * p0 - 5 * p1 + 4 * p2 - p3) * u2 + (3 * p1 - p0 - 3 * p2 + p3) * u3)
