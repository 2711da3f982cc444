"""Where the items of a page lie, so that what draws a region, or touches something, looks at few of them.

Boxes only: what an item looks like is read again from the document when it is drawn, since a page of decoded strokes
takes more memory than a small board has; only of the few under an eraser the ink is kept. The document is handed in
each time, because compaction exchanges it.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import floor, hypot, isfinite
from typing import Final, final

from edgeboard.canvas.bodies import ItemType
from edgeboard.canvas.document import Document
from edgeboard.canvas.geometry import IDENTITY, NOWHERE, Rectangle
from edgeboard.canvas.ink import WIDTH_STEPS
from edgeboard.canvas.items import Item, paint_order
from edgeboard.canvas.structure import layer_order
from edgeboard.errors import DecodeError
from edgeboard.ids import OpId
from edgeboard.oplog.codec import Pen, decode_columns, decode_stroke
from edgeboard.render.strokes import Ink, ink_of, restyled, transform_of
from edgeboard.render.svg import box_of

CELL: Final = 256.0  # px: side of a cell of the grid
CELLS_MAX: Final = 256  # of one item; larger ones are looked at always
INKS_MAX: Final = 128  # strokes whose ink is kept for the eraser's next step
OVERSHOOT: Final = 0.15  # of a segment, that a smoothed curve may leave the hull of its points by

Cell = tuple[int, int]


@final
class Scene:
    """The items of one page, by place."""

    def __init__(self, page: int = 0) -> None:
        self.page = page
        self._boxes: dict[OpId, Rectangle] = {}
        self._cells: dict[Cell, set[OpId]] = {}
        self._large: set[OpId] = set()
        self._changed: dict[OpId, None] = {}
        self._inks: dict[OpId, Ink | None] = {}  # the oldest first

    def __len__(self) -> int:
        return len(self._boxes)

    def touch(self, items: Iterable[OpId]) -> None:
        """These may look different now."""
        self._changed.update(dict.fromkeys(items))

    @property
    def is_stale(self) -> bool:
        """Whether something was touched since the last `refresh`."""
        return bool(self._changed)

    def refresh(self, document: Document, most: int = 1 << 30) -> list[Rectangle]:
        """Look at what was touched, at most so many items; returns the boxes where the page may look different, px."""
        found = []
        for item in list(self._changed)[:most]:
            del self._changed[item]
            self._inks.pop(item, None)
            before = self._boxes.pop(item, NOWHERE)
            if not before.is_empty:
                self._file(item, before, remove=True)
            now = document.item(item)
            box = NOWHERE if now is None or now.page != self.page else around_item(now)
            if not box.is_empty:
                self._boxes[item] = box
                self._file(item, box)
            found += [each for each in (before, box) if not each.is_empty]
        return found

    def items_in(self, document: Document, area: Rectangle) -> list[Item]:
        """The items whose boxes reach into an area, in paint order."""
        near = {item for item in self._near(area) if self._boxes[item].overlaps(area)}
        items = [item for item in map(document.item, near) if item is not None]
        orders = {item.layer: layer_order(document, self.page, item.layer) for item in items}
        return sorted(items, key=lambda item: (orders[item.layer], paint_order(item)))

    def strokes_under(self, document: Document, a: tuple[float, float], b: tuple[float, float], r: float) -> list[OpId]:
        """The strokes that something round touches on its way.

        Args:
            document: whose items these are.
            a: where it comes from, px.
            b: where it goes, px.
            r: its radius, px.
        """
        area = Rectangle(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])).inflated(r)
        items = (item for item in self.items_in(document, area) if item.type == ItemType.STROKE)
        return [item.id for item in items if _is_under(item, self._ink(item), a, b, r)]

    def _ink(self, item: Item) -> Ink | None:
        """Its ink, decoded once while an eraser is about: an eraser moves 200 times a second over the same strokes."""
        if item.id not in self._inks:
            if len(self._inks) >= INKS_MAX:
                del self._inks[next(iter(self._inks))]
            self._inks[item.id] = ink_of(item)
        return self._inks[item.id]

    def _near(self, area: Rectangle) -> Iterator[OpId]:
        cells = _cells_of(area)
        if cells is None:
            yield from self._boxes
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


def _is_under(item: Item, ink: Ink | None, a: tuple[float, float], b: tuple[float, float], r: float) -> bool:
    """Whether a capsule from a to b touches the ink of a stroke."""
    if ink is None:
        return False
    back = transform_of(item).inverse()
    assert back is not None
    scale = hypot(back.a, back.b)
    (ax, ay), (bx, by), r = back.apply(*a), back.apply(*b), r * scale
    left, right, top, below = min(ax, bx) - r, max(ax, bx) + r, min(ay, by) - r, max(ay, by) + r
    for run in ink.runs:
        for first, second in zip(run, run[1:] or run, strict=False):
            wide = max(first.r, second.r)
            if (
                (first.x < left - wide and second.x < left - wide)
                or (first.x > right + wide and second.x > right + wide)
                or (first.y < top - wide and second.y < top - wide)
                or (first.y > below + wide and second.y > below + wide)
            ):
                continue  # most of it is far away, and this is quickly seen
            reach = r + wide
            if _distance(first.x, first.y, second.x, second.y, ax, ay, bx, by) <= reach:
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
