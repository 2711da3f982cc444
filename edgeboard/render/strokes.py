"""What of a stroke is drawn: its pen as it was restyled, the discs that cuts have left, and where it was moved to."""

from typing import NamedTuple

from edgeboard.canvas.bodies import Register
from edgeboard.canvas.geometry import IDENTITY, Transform
from edgeboard.canvas.ink import Disc, runs
from edgeboard.canvas.items import Item
from edgeboard.errors import DecodeError
from edgeboard.oplog.codec import WIDTH_MAX, Pen, decode_columns, decode_stroke
from edgeboard.render.figures import COLOUR_MAX, read_opacity


class Ink(NamedTuple):
    """A stroke, ready to be drawn."""

    pen: Pen
    opacity: float  # 0 .. 1
    runs: list[list[Disc]]  # in the stroke's own px, before it is moved


def ink_of(item: Item) -> Ink | None:
    """The ink of a stroke; None if there is none left, or it cannot be read."""
    drawn: list[list[Disc]] = []
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
                return None
            continue  # the rest of the stroke is good
        drawn += runs(stroke, pen.width, cuts)
    return None if pen is None or not drawn else Ink(pen, opacity, drawn)


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
