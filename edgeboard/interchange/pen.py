"""A recorded stroke as a pen draws it: what is visible when, and in which pieces it is logged.

Values only; who waits for the time to pass is `replay`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from edgeboard.canvas.ink import WIDTH_STEPS
from edgeboard.canvas.ops import Add, ItemType
from edgeboard.canvas.refine import TOLERANCE, refine
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import OpId
from edgeboard.interchange.drawing import Drawing, Drawn
from edgeboard.interchange.recordings import Recorded
from edgeboard.oplog.codec import POINTS_MAX, encode_columns, encode_stroke

PIECE_MS = 2_000  # at least so often a stroke under way is logged: what a power cut can cost
SAMPLE_MS = 8  # between points where the recording has no times: a usual tablet
_SOME: Final = OpId(1)  # item of a further piece whose item is not known yet


@dataclass(frozen=True, slots=True)
class Style:
    """What is written with, and where to."""

    colour: int = 0  # as the canvas counts it
    width: int = 24  # 1/8 px
    dx: int = 0  # px, added to what was recorded
    dy: int = 0
    page: int = 0
    layer: int = 0
    tool: int = 0
    tolerance: float = TOLERANCE  # px by which thinning may move the outline; 0 logs what was recorded


def worn(style: Style, colour: int | None, width: int | None) -> Style:
    """The style with the colour and the width that a recording brings."""
    return replace(
        style, colour=style.colour if colour is None else colour, width=style.width if width is None else width
    )


def times(stroke: Stroke) -> Sequence[int]:
    """When each point was drawn, ms since the first."""
    return stroke.t if stroke.t is not None else range(0, len(stroke.x) * SAMPLE_MS, SAMPLE_MS)


def moved(stroke: Stroke, dx: int, dy: int) -> Stroke:
    """The stroke `dx`, `dy` px away."""
    if not dx and not dy:
        return stroke
    x, y = [x + dx * stroke.scale for x in stroke.x], [y + dy * stroke.scale for y in stroke.y]
    return Stroke(stroke.scale, x, y, stroke.pressure, stroke.t, stroke.tilt_x, stroke.tilt_y)


def part(stroke: Stroke, first: int, end: int) -> Stroke:
    """Points `first` to `end` - 1 of a stroke."""
    x, y, *rest = (
        None if column is None else column[first:end]
        for column in (stroke.x, stroke.y, stroke.pressure, stroke.t, stroke.tilt_x, stroke.tilt_y)
    )
    assert x is not None
    assert y is not None
    return Stroke(stroke.scale, x, y, *rest)


def pieces(stroke: Stroke) -> Iterator[tuple[int, int]]:
    """The pieces a stroke is logged in, as (first, end) of its points; each begins with the last point of the one
    before it."""
    when = times(stroke)
    first, count = 0, len(stroke.x)
    while True:
        end = min(bisect_right(when, when[first] + PIECE_MS), first + POINTS_MAX)
        end = min(max(end, first + 2), count)  # two points that lie seconds apart are still a piece
        yield first, end
        if end == count:
            return
        first = end - 1


def body(stroke: Stroke, style: Style, item: OpId | None, index: int) -> Add:
    """The op that logs one piece; its points are thinned, unless the style says exactly."""
    thinned = refine(stroke, style.width / WIDTH_STEPS, style.tolerance)
    if item is None:
        payload = encode_stroke(style.tool, style.colour, style.width, thinned)
    else:
        payload = encode_columns(thinned)
    return Add(style.page, style.layer, ItemType.STROKE, payload, item, index)


def drawing_of(recorded: Iterable[Recorded], style: Style) -> Drawing:
    """A recording as a drawing; strokes that bring no colour or width have those of the style."""
    items = []
    for each in recorded:
        own = worn(style, each.colour, each.width)
        adds = [
            body(part(each.stroke, first, end), own, None if at == 0 else _SOME, at)
            for at, (first, end) in enumerate(pieces(each.stroke))
        ]
        items.append(Drawn(ItemType.STROKE, tuple(add.payload for add in adds)))
    return Drawing(tuple(items))
