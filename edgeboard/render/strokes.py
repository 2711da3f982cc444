"""What of a stroke is drawn: its pen as it was restyled, the discs that cuts have left, and where it was moved to."""

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from edgeboard.canvas.bodies import Register
from edgeboard.canvas.geometry import IDENTITY, Transform
from edgeboard.canvas.ink import Disc, runs
from edgeboard.canvas.items import Item
from edgeboard.canvas.samples import Stroke
from edgeboard.errors import DecodeError
from edgeboard.oplog.codec import WIDTH_MAX, Pen, decode_columns, decode_stroke
from edgeboard.render.figures import COLOUR_MAX, read_opacity


class Ink(NamedTuple):
    """A stroke, ready to be drawn."""

    pen: Pen
    opacity: float  # 0 .. 1
    runs: list[list[Disc]]  # in the stroke's own px, before it is moved


class Strips(NamedTuple):
    """The same as flat numbers."""

    pen: Pen
    opacity: float
    runs: "list[array[float]]"  # x, y, radius triples


def ink_of(item: Item) -> Ink | None:
    """The ink of a stroke; None if there is none left, or it cannot be read."""
    drawn: list[list[Disc]] = []
    pens: set[tuple[Pen, float]] = set()
    for pen, opacity, stroke, cuts in _pieces(item):
        pens.add((pen, opacity))
        drawn += runs(stroke, pen.width, cuts)
    return Ink(*pens.pop(), drawn) if drawn else None


def strips_of(item: Item) -> Strips | None:
    """The ink of a stroke; None if there is none left, or it cannot be read."""
    drawn: list[array[float]] = []
    pens: set[tuple[Pen, float]] = set()
    for pen, opacity, stroke, cuts in _pieces(item):
        pens.add((pen, opacity))
        drawn += [array("d", [number for disc in run for number in disc]) for run in runs(stroke, pen.width, cuts)]
    return Strips(*pens.pop(), drawn) if drawn else None


def _pieces(item: Item) -> Iterator[tuple[Pen, float, Stroke, tuple[tuple[int, int], ...]]]:
    """The pieces that can be read, with pen and opacity; none if the first, which has the pen, cannot."""
    pen: Pen | None = None
    opacity = 1.0
    for (_, payload), cuts in zip(item.pieces, item.cuts, strict=True):
        try:
            if pen is None:
                pen, stroke = decode_stroke(payload)
                pen, opacity = restyled(item, pen)
            else:
                stroke, _ = decode_columns(payload)
        except DecodeError:
            if pen is None:
                return
            continue  # the rest of the stroke is good
        yield pen, opacity, stroke, cuts


def restyled(item: Item, pen: Pen) -> tuple[Pen, float]:
    """The pen, where the style register does not say otherwise, and the opacity."""
    value = item.registers.get(Register.STYLE)
    colour, width, _, opacity = [*value, *[None] * 4][:4] if isinstance(value, list) else [None] * 4
    return Pen(
        pen.tool,
        colour if type(colour) is int and 0 <= colour <= COLOUR_MAX else pen.colour,
        width if type(width) is int and 1 <= width <= WIDTH_MAX else pen.width,
    ), read_opacity(opacity)


def transform_of(item: Item) -> Transform:
    """Where an item was moved to; the identity if that cannot be undone."""
    transform = Transform.of(item.registers.get(Register.TRANSFORM))
    return transform if transform.inverse() is not None else IDENTITY
