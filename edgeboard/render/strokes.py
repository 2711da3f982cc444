"""What of a stroke is drawn: its pen as it was restyled, the discs that cuts have left, and where it was moved to."""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from edgeboard._native.curve import kernel
from edgeboard.canvas.bodies import Register
from edgeboard.canvas.geometry import IDENTITY, Transform
from edgeboard.canvas.ink import WIDTH_STEPS, Disc, runs
from edgeboard.canvas.items import Item
from edgeboard.errors import DecodeError
from edgeboard.oplog.codec import WIDTH_MAX, Pen, decode_columns, read_pen
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
    strips = strips_of(item)
    if strips is None:
        return None
    runs = [list(map(Disc, run[::3], run[1::3], run[2::3])) for run in strips.runs]
    return Ink(strips.pen, strips.opacity, runs)


def strips_of(item: Item) -> Strips | None:
    """The ink of a stroke as flat numbers; None if there is none left, or it cannot be read."""
    first = item.pieces[0][1]
    try:
        pen, at = read_pen(first)
        pen, opacity = restyled(item, pen)
        drawn = discs_of(first, at, pen.width, item.cuts[0])
    except DecodeError:
        return None
    for (_, payload), cuts in zip(item.pieces[1:], item.cuts[1:], strict=True):
        try:
            drawn += discs_of(payload, 0, pen.width, cuts)
        except DecodeError:
            continue  # the rest of the stroke is good
    return Strips(pen, opacity, drawn) if drawn else None


def discs_of(data: bytes, at: int, width: int, cuts: Sequence[tuple[int, int]]) -> "list[array[float]]":
    """What is drawn of one piece.

    Args:
        data: has its columns.
        at: where they begin.
        width: 1/8 px.
        cuts: united, in 1/1024 of a segment.

    Returns:
        Runs of x, y, radius triples, px.

    Raises:
        DecodeError: the bytes break the format.
    """
    if kernel is None:
        return discs_in_python(data, at, width, cuts)
    return [array("d", run) for run in kernel.discs(data, at, width / WIDTH_STEPS, cuts)]


def discs_in_python(data: bytes, at: int, width: int, cuts: Sequence[tuple[int, int]]) -> "list[array[float]]":
    """The twin of the kernel: as `discs_of`."""
    stroke, _ = decode_columns(data, at)
    return [array("d", [number for disc in run for number in disc]) for run in runs(stroke, width, cuts)]


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
