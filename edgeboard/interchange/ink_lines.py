"""The ink of a stroke as lines: its recorded points, or where something was cut the curve that is left."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edgeboard.canvas.ink import WIDTH_STEPS, runs
from edgeboard.canvas.items import Item
from edgeboard.canvas.samples import PRESSURE_MAX, Stroke
from edgeboard.errors import DecodeError
from edgeboard.oplog.codec import Pen, decode_columns, decode_stroke
from edgeboard.render.strokes import restyled

Place = tuple[float, float]


class Line(NamedTuple):
    """Places of a pen, px, and how hard it was pressed at each, 0 to `PRESSURE_MAX`, if that is known."""

    places: list[Place]
    levels: list[float] | None

    def continued(self, more: "Line") -> "Line":
        """This line and one that goes on where it ends."""
        places = self.places + more.places[1:]
        if self.levels is None and more.levels is None:
            return Line(places, None)
        full = float(PRESSURE_MAX)  # what a piece without pressure looks like
        own, others = (line.levels if line.levels is not None else [full] * len(line.places) for line in (self, more))
        return Line(places, own + others[1:])


def lines_of_ink(item: Item) -> tuple[Pen, float, list[Line], bool]:
    """The pen of a stroke, its opacity, its lines, and whether times or tilts were recorded.

    Raises:
        DecodeError: the first piece cannot be read.
    """
    pen, _ = decode_stroke(item.pieces[0][1])
    pen, opacity = restyled(item, pen)
    is_timed = False
    lines: list[Line] = []
    for number, ((_, payload), cuts) in enumerate(zip(item.pieces, item.cuts, strict=True)):
        try:
            stroke = decode_columns(payload)[0] if number else decode_stroke(payload)[1]
        except DecodeError:
            if not number:
                raise
            continue  # the rest of the stroke is good
        is_timed = is_timed or stroke.t is not None or stroke.tilt_x is not None
        if cuts:
            lines += _left(stroke, pen.width, cuts)
            continue
        line = _whole(stroke)
        if lines and line.places[0] == lines[-1].places[-1]:
            lines[-1] = lines[-1].continued(line)  # a piece begins where the one before it ends
        else:
            lines.append(line)
    return pen, opacity, lines, is_timed


def _whole(stroke: Stroke) -> Line:
    places = [(x / stroke.scale, y / stroke.scale) for x, y in zip(stroke.x, stroke.y, strict=True)]
    return Line(places, None if stroke.pressure is None else [float(level) for level in stroke.pressure])


def _left(stroke: Stroke, width: int, cuts: Iterable[tuple[int, int]]) -> Iterator[Line]:
    """What cuts have left of a piece: its curve, with the pressures that give its radii."""
    half = width / WIDTH_STEPS / 2
    for run in runs(stroke, width, cuts):
        levels = [min(1.0, max(0.0, (disc.r / half - 0.35) / 0.65)) * PRESSURE_MAX for disc in run]
        yield Line([(disc.x, disc.y) for disc in run], None if stroke.pressure is None else levels)
