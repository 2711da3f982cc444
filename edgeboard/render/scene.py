"""Where the items of a page lie, so that what draws a region, or touches something, looks at few of them.

Places only: what an item looks like is read again from the document when it is drawn, since a page of decoded strokes
takes more memory than a small board has; only of the few under an eraser the ink is kept. The document is handed in
each time, because compaction exchanges it.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from math import floor, hypot, isfinite
from typing import Final, NamedTuple, final

from edgeboard.canvas.bodies import ItemType
from edgeboard.canvas.document import Document
from edgeboard.canvas.geometry import IDENTITY, NOWHERE, Rectangle
from edgeboard.canvas.ink import WIDTH_STEPS
from edgeboard.canvas.items import Item, paint_order
from edgeboard.canvas.structure import layer_order
from edgeboard.errors import DecodeError
from edgeboard.ids import OpId
from edgeboard.oplog.codec import Pen, decode_columns, decode_stroke
from edgeboard.render.cache import Cache
from edgeboard.render.sketches import content_of
from edgeboard.render.strokes import restyled, strips_of, transform_of
from edgeboard.render.svg import box_of

CELL: Final = 256.0  # px: side of a cell of the grid
CELLS_MAX: Final = 256  # of one item; larger ones are looked at always
TRACE_BYTES: Final = 512 * 1024  # of strokes whose ink is kept for the eraser's next step
CHUNK: Final = 24  # discs that have a box of their own, so that an eraser looks at few
OVERSHOOT: Final = 0.15  # of a segment, that a smoothed curve may leave the hull of its points by

Cell = tuple[int, int]


class Sight(NamedTuple):
    """An item that is to be seen, before anybody has looked at it closely."""

    id: OpId
    content: int  # another one when it looks different, see `sketches.content_of`
    box: Rectangle  # holds all that it shows, canvas px
    read: Callable[[], Item | None]  # from the document; None if it is gone meanwhile


class _Place(NamedTuple):
    """What is known of an item without reading it."""

    box: Rectangle
    content: int
    layer: int
    order: tuple[str, int, int]  # in which it is painted, among those of its layer
    is_stroke: bool


class _Chunk(NamedTuple):
    """Some discs that follow each other, and a box around them."""

    x0: float
    y0: float
    x1: float
    y1: float
    discs: "array[float]"  # x, y, radius triples; the last is the first of the next chunk


_Trace = list[_Chunk]


@final
class Scene:
    """The items of one page, by place."""

    def __init__(self, page: int = 0) -> None:
        self.page = page
        self.followers: list[Callable[[list[Rectangle]], object]] = []  # hear what each `refresh`, whosever, has found
        self._places: dict[OpId, _Place] = {}
        self._cells: dict[Cell, set[OpId]] = {}
        self._large: set[OpId] = set()
        self._changed: dict[OpId, None] = {}
        self._layers: list[int] = []  # of the items, as they are painted
        self._traces: Cache[OpId, _Trace] = Cache(TRACE_BYTES)

    def __len__(self) -> int:
        return len(self._places)

    def touch(self, items: Iterable[OpId]) -> None:
        """These may look different now."""
        self._changed.update(dict.fromkeys(items))

    def relayered(self, document: Document) -> tuple[OpId, ...]:
        """The items that look different because layers have changed places since this was asked last: all, or none."""
        before = self._layers
        self._layers = self._sorted(document, before)
        return () if before == self._layers else tuple(self._places)

    def _sorted(self, document: Document, layers: Iterable[int]) -> list[int]:
        """Layers as they are painted."""
        return sorted(layers, key=lambda layer: layer_order(document, self.page, layer))

    @property
    def is_stale(self) -> bool:
        """Whether something was touched since the last `refresh`."""
        return bool(self._changed)

    def refresh(self, document: Document, most: int = 1 << 30) -> list[Rectangle]:
        """Look at what was touched, at most so many items; returns the boxes where the page may look different, px."""
        found = []
        for item in list(self._changed)[:most]:
            del self._changed[item]
            self._traces.drop(item)
            place = self._places.pop(item, None)
            before = NOWHERE if place is None else place.box
            if place is not None:
                self._file(item, before, remove=True)
            now = document.item(item)
            box = NOWHERE if now is None or now.page != self.page else around_item(now)
            if now is not None and not box.is_empty:
                if now.layer not in self._layers:
                    self._layers = self._sorted(document, [*self._layers, now.layer])
                self._places[item] = _Place(
                    box, content_of(now), now.layer, paint_order(now), now.type == ItemType.STROKE
                )
                self._file(item, box)
            found += [each for each in (before, box) if not each.is_empty]
        for follower in self.followers:
            follower(found)
        return found

    def items_in(self, document: Document, area: Rectangle) -> list[Sight]:
        """The items whose boxes reach into an area, in paint order."""
        near = self._places_in(area)
        orders = {layer: layer_order(document, self.page, layer) for layer in {place.layer for _, place in near}}
        near.sort(key=lambda each: (orders[each[1].layer], each[1].order))
        read = document.item
        return [Sight(item, place.content, place.box, partial(read, item)) for item, place in near]

    def strokes_under(self, document: Document, a: tuple[float, float], b: tuple[float, float], r: float) -> list[OpId]:
        """The strokes that something round touches on its way, the lowest id first.

        Args:
            document: whose items these are.
            a: where it comes from, px.
            b: where it goes, px.
            r: its radius, px.
        """
        area = Rectangle(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])).inflated(r)
        strokes = sorted(item for item, place in self._places_in(area) if place.is_stroke)
        return [item for item in strokes if _is_under(self._trace(document, item), a, b, r)]

    def _trace(self, document: Document, item: OpId) -> _Trace:
        """Its ink, decoded once while an eraser is about: an eraser moves 200 times a second over the same strokes."""
        found = self._traces.get(item)
        if found is None:
            now = document.item(item)
            found = [] if now is None else _traced(now)
            self._traces.put(item, found, sum(200 + 8 * len(chunk.discs) for chunk in found))
        return found

    def _places_in(self, area: Rectangle) -> list[tuple[OpId, _Place]]:
        places = self._places
        found = ((item, places[item]) for item in set(self._near(area)))
        x0, y0, x1, y1 = area.x0, area.y0, area.x1, area.y1
        return [
            (item, place)
            for item, place in found
            if place.box.x0 <= x1 and place.box.x1 >= x0 and place.box.y0 <= y1 and place.box.y1 >= y0
        ]

    def _near(self, area: Rectangle) -> Iterator[OpId]:
        cells = _cells_of(area)
        if cells is None:
            yield from self._places
            return
        yield from self._large
        for cell in cells:
            yield from self._cells.get(cell, ())

    def _file(self, item: OpId, box: Rectangle, *, remove: bool = False) -> None:
        cells = _cells_of(box)
        if cells is None:
            self._large.symmetric_difference_update({item})
            return
        for cell in cells:
            if remove:
                self._cells[cell].discard(item)
                if not self._cells[cell]:
                    del self._cells[cell]
            else:
                self._cells.setdefault(cell, set()).add(item)


def _cells_of(area: Rectangle) -> list[Cell] | None:
    """The cells that an area reaches into; None if they are too many to name."""
    left, top = floor(area.x0 / CELL), floor(area.y0 / CELL)
    right, below = floor(area.x1 / CELL) + 1, floor(area.y1 / CELL) + 1
    if (right - left) * (below - top) > CELLS_MAX:
        return None
    return [(x, y) for x in range(left, right) for y in range(top, below)]


def around_item(item: Item) -> Rectangle:
    """A box that holds all that an item shows, px; it may be a little larger, and is empty if there is nothing."""
    if item.type != ItemType.STROKE:
        return box_of(item)
    box = NOWHERE
    pen: Pen | None = None
    for _, payload in item.pieces:
        try:
            if pen is None:
                pen, stroke = decode_stroke(payload)
                pen, _ = restyled(item, pen)
            else:
                stroke, _ = decode_columns(payload)
        except DecodeError:
            if pen is None:
                return NOWHERE
            continue
        longest = max((abs(b - a) for column in (stroke.x, stroke.y) for a, b in pairwise(column)), default=0)
        reach = pen.width / WIDTH_STEPS / 2 + 1 + OVERSHOOT * longest / stroke.scale
        scale = stroke.scale
        part = Rectangle(min(stroke.x) / scale, min(stroke.y) / scale, max(stroke.x) / scale, max(stroke.y) / scale)
        box = box.union(part.inflated(reach))
    transform = transform_of(item)
    box = box if transform == IDENTITY else transform.rectangle(box)
    return box if all(map(isfinite, (box.x0, box.y0, box.x1, box.y1))) else NOWHERE


def _traced(item: Item) -> _Trace:
    """The ink of a stroke where it was moved to, in chunks."""
    ink = strips_of(item)
    if ink is None:
        return []
    transform = transform_of(item)
    scale = hypot(transform.a, transform.b)
    chunks: list[_Chunk] = []
    for run in ink.runs:
        xs, ys, rs = run[::3], run[1::3], run[2::3]
        if transform is not IDENTITY:
            places = [transform.apply(x, y) for x, y in zip(xs, ys, strict=True)]
            xs, ys = array("d", (x for x, _ in places)), array("d", (y for _, y in places))
            rs = array("d", (r * scale for r in rs))
        for at in range(0, max(1, len(xs) - 1), CHUNK):
            part = slice(at, at + CHUNK + 1)
            x, y, r = xs[part], ys[part], rs[part]
            discs = array("d", bytes(24 * len(x)))
            discs[::3], discs[1::3], discs[2::3] = x, y, r
            wide = max(r)
            chunks.append(_Chunk(min(x) - wide, min(y) - wide, max(x) + wide, max(y) + wide, discs))
    return chunks


def _is_under(trace: _Trace, a: tuple[float, float], b: tuple[float, float], r: float) -> bool:
    """Whether a capsule from a to b touches ink."""
    left, right, top, below = min(a[0], b[0]) - r, max(a[0], b[0]) + r, min(a[1], b[1]) - r, max(a[1], b[1]) + r
    for x0, y0, x1, y1, discs in trace:
        if x0 > right or x1 < left or y0 > below or y1 < top:
            continue  # most of it is far away, and this is quickly seen
        for at in range(0, max(3, len(discs) - 3), 3):
            to = at + 3 if at + 3 < len(discs) else at
            reach = r + max(discs[at + 2], discs[to + 2])
            if _distance(discs[at], discs[at + 1], discs[to], discs[to + 1], *a, *b) <= reach:
                return True
    return False


def _distance(
    x0: float, y0: float, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float
) -> float:  # fmt: skip
    """Between two segments: 0 if they cross, else from one of the four ends to the other segment."""

    def side(px: float, py: float, qx: float, qy: float, rx: float, ry: float) -> float:
        return (qx - px) * (ry - py) - (qy - py) * (rx - px)

    if (
        side(x0, y0, x1, y1, x2, y2) * side(x0, y0, x1, y1, x3, y3) < 0
        and side(x2, y2, x3, y3, x0, y0) * side(x2, y2, x3, y3, x1, y1) < 0
    ):
        return 0.0
    return min(
        _to_segment(x0, y0, x2, y2, x3, y3),
        _to_segment(x1, y1, x2, y2, x3, y3),
        _to_segment(x2, y2, x0, y0, x1, y1),
        _to_segment(x3, y3, x0, y0, x1, y1),
    )


def _to_segment(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    u = 0.0 if length == 0 else min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / length))
    return hypot(px - ax - u * dx, py - ay - u * dy)
