"""The outline of ink as the text of an SVG path (docs/formats/ink.md, "Outline").

A run of discs becomes a few strips: along one side, around the last disc, back along the other side, around the first.
A strip is broken where the pen turns sharply, so that every place inside is wound around at least once, clockwise, and
the whole is filled by the nonzero rule. There is no trigonometry here: directions follow from lengths and square roots.
Places are rounded to 1/100 px first and written as differences of what is rounded, so nothing drifts.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Final, NamedTuple

from edgeboard.canvas.ink import Disc

STEPS: Final = 100  # in a px
FLAT: Final = 0.01  # px: by so much a joint may cut a corner
FAR: Final = -0.2  # cosine of the angle of an arc: below it two are made of it
SHARP: Final = 0.5  # cosine of a turn: below it a strip ends
OVERLAP: Final = 0.8  # of a segment: how much of it the inside of a bend may take

_TEXTS: dict[int, str] = {}  # of small numbers, which are nearly all


class Segment(NamedTuple):
    """Two discs and their outer tangents: (px, py) from each centre to the tangent point on the side where angles
    rise, (nx, ny) on the other; of length 1."""

    a: Disc
    b: Disc
    ux: float
    uy: float
    length: float
    px: float
    py: float
    nx: float
    ny: float


def number(value: float) -> str:
    """A coordinate, as short as it goes."""
    return _text(round(value * STEPS))


def _text(steps: int) -> str:
    text = _TEXTS.get(steps)
    if text is None:
        sign, size = "-" if steps < 0 else "", abs(steps)
        text = f"{sign}{size // STEPS}.{size % STEPS:02}".rstrip("0").rstrip(".")
        if size < 100 * STEPS:
            _TEXTS[steps] = text
    return text


def radius_of(runs: Sequence[Sequence[Disc]]) -> float | None:
    """The radius that all discs have; None if they differ."""
    radii = {disc.r for run in runs for disc in run}
    return radii.pop() if len(radii) == 1 else None


def line_path(runs: Iterable[Sequence[Disc]]) -> str:
    """The way of the pen: what a line with round ends and joins makes of it is the outline, if all radii are equal."""
    trail = Trail()
    for run in runs:
        trail.move(run[0].x, run[0].y)
        before = len(trail.parts)
        for x, y, _ in run[1:]:
            trail.line(x, y)
        if len(trail.parts) == before:
            trail.parts.append("h0")  # a line of no length still has round ends
    return "".join(trail.parts)


def fill_path(runs: Iterable[Sequence[Disc]]) -> str:
    """The union of the discs and of what joins them, to be filled."""
    trail = Trail()
    for run in runs:
        if len(run) == 1:
            trail.disc(run[0])
        for piece in _pieces(run):
            if isinstance(piece, Disc):
                trail.disc(piece)
            else:
                trail.strip(piece)
    return "".join(trail.parts)


def _pieces(run: Sequence[Disc]) -> Iterator[Disc | list[Segment]]:
    """A run as strips, and as discs where one lies within its neighbour."""
    strip: list[Segment] = []
    whole: Disc | None = None  # the last disc that is drawn as a whole
    for a, b in pairwise(run):
        dx, dy = b.x - a.x, b.y - a.y
        distance = sqrt(dx * dx + dy * dy)
        if distance <= abs(a.r - b.r):
            if strip:
                yield strip
                strip, whole = [], a
            larger = a if a.r >= b.r else b
            if larger is not whole:
                yield larger
            whole = larger
            continue
        segment = _segment(a, b, dx / distance, dy / distance, distance)
        if strip and _is_sharp(strip[-1], segment):
            yield strip
            strip = []
        strip.append(segment)
    if strip:
        yield strip


def _segment(a: Disc, b: Disc, ux: float, uy: float, length: float) -> Segment:
    cosine = (a.r - b.r) / length
    sine = sqrt(max(0.0, 1.0 - cosine * cosine))
    return Segment(
        a, b, ux, uy, length,
        ux * cosine - uy * sine, uy * cosine + ux * sine, ux * cosine + uy * sine, uy * cosine - ux * sine,
    )  # fmt: skip


def _is_sharp(before: Segment, after: Segment) -> bool:
    """Whether the inside of a bend is too tight for one strip: by the turn of the pen, and of each tangent."""
    room = OVERLAP * min(before.length, after.length)
    turns = (
        (before.ux, before.uy, after.ux, after.uy),
        (before.px, before.py, after.px, after.py),
        (before.nx, before.ny, after.nx, after.ny),
    )
    return any(x * v + y * w < SHARP or after.a.r * abs(x * w - y * v) > room for x, y, v, w in turns)


class Trail:
    """A path being written: its text so far, and where the pen is."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._x = 0
        self._y = 0

    def move(self, x: float, y: float) -> None:
        self._x, self._y = round(x * STEPS), round(y * STEPS)
        self.parts.append(f"M{_text(self._x)} {_text(self._y)}")

    def line(self, x: float, y: float) -> None:
        step_x, step_y = round(x * STEPS), round(y * STEPS)
        if step_x != self._x or step_y != self._y:
            self.parts.append(f"l{_text(step_x - self._x)} {_text(step_y - self._y)}")
            self._x, self._y = step_x, step_y

    def arc(self, radius: float, x: float, y: float) -> None:
        """Clockwise, half a circle at most."""
        step_x, step_y = round(x * STEPS), round(y * STEPS)
        if step_x != self._x or step_y != self._y:
            size = number(radius)
            self.parts.append(f"a{size} {size} 0 0 1 {_text(step_x - self._x)} {_text(step_y - self._y)}")
            self._x, self._y = step_x, step_y

    def disc(self, disc: Disc) -> None:
        x, y, r = disc
        self.move(x + r, y)
        across = self._x - round((x - r) * STEPS)
        # a radius that is a little too small is enlarged until it fits; one too large would flatten both halves
        size = _text(across // 2)
        self.parts.append(f"a{size} {size} 0 0 1 {_text(-across)} 0a{size} {size} 0 0 1 {_text(across)} 0z")

    def strip(self, strip: Sequence[Segment]) -> None:
        """Some segments, each of which begins where the one before it ends."""
        first, last = strip[0], strip[-1]
        x, y, r = first.a
        self.move(x + r * first.px, y + r * first.py)
        self._around(first.a, first.px, first.py, -first.ux, -first.uy)
        self._around(first.a, -first.ux, -first.uy, first.nx, first.ny)
        for before, after in pairwise(strip):
            turn = before.ux * after.uy - before.uy * after.ux
            self._joint(after.a, before.nx, before.ny, after.nx, after.ny, is_outside=turn > 0)
        x, y, r = last.b
        self.line(x + r * last.nx, y + r * last.ny)
        self._around(last.b, last.nx, last.ny, last.ux, last.uy)
        self._around(last.b, last.ux, last.uy, last.px, last.py)
        for after, before in pairwise(reversed(strip)):
            turn = before.ux * after.uy - before.uy * after.ux
            self._joint(after.a, after.px, after.py, before.px, before.py, is_outside=turn < 0)
        self.parts.append("z")

    def _around(self, disc: Disc, x0: float, y0: float, x1: float, y1: float) -> None:
        """Clockwise around a disc from one direction to another, up to the opposite one. If it is far, in two arcs:
        where an arc of nearly half a circle lies depends on the last digit of its ends."""
        x, y, r = disc
        if x0 * x1 + y0 * y1 < FAR:
            middle_x, middle_y = x0 + x1 - (y0 - y1), y0 + y1 + (x0 - x1)  # both point to the middle; one may be small
            length = sqrt(middle_x * middle_x + middle_y * middle_y)
            self.arc(r, x + r * middle_x / length, y + r * middle_y / length)
        self.arc(r, x + r * x1, y + r * y1)

    def _joint(self, disc: Disc, x0: float, y0: float, x1: float, y1: float, *, is_outside: bool) -> None:
        """Around a disc from one tangent point to the next: by an arc, or by one place in between if none can tell."""
        x, y, r = disc
        half = sqrt(max(0.0, (1.0 + x0 * x1 + y0 * y1) / 2))  # cosine of half the turn
        if r * (1.0 - half) < FLAT:
            self.line(x + r * (x0 + x1) / 2 / half, y + r * (y0 + y1) / 2 / half)
            return
        self.line(x + r * x0, y + r * y0)
        if is_outside and x0 * y1 - y0 * x1 > 0:
            self.arc(r, x + r * x1, y + r * y1)
        else:
            self.line(x + r * x1, y + r * y1)
