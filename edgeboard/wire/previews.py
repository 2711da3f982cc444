"""What a pen shows of a stroke before it is logged: live items, a few points each (docs/formats/wire.md, "live")."""

from collections.abc import Iterator
from typing import Final, final

from edgeboard.canvas.samples import Stroke
from edgeboard.ids import OpId
from edgeboard.oplog.codec import Pen, encode_columns
from edgeboard.wire.live import Further, LiveItem, Preview, live_item, short_name

INTRODUCED_EVERY: Final = 8  # items: one that comes late, or has lost one, waits for at most seven more
POINTS_MAX: Final = 16  # in one item


@final
class PreviewWriter:
    """The live items of one piece of a stroke, as it grows."""

    def __init__(self, op: OpId, pen: Pen, page: int = 0, layer: int = 0) -> None:
        """A piece that the op `op` is going to log."""
        self._op = op
        self._pen = pen
        self._page = page
        self._layer = layer
        self._shown = 0  # points
        self._items = 0

    @property
    def shown(self) -> int:
        """Points of the piece that were shown."""
        return self._shown

    def show(self, stroke: Stroke, end: int) -> Iterator[LiveItem]:
        """The items that bring what was not shown yet of the first `end` points of `stroke`."""
        while self._shown < end:
            first = self._shown
            part = slice(first, min(first + POINTS_MAX, end))
            pressure = None if stroke.pressure is None else stroke.pressure[part]
            columns = encode_columns(Stroke(stroke.scale, stroke.x[part], stroke.y[part], pressure))
            if self._items % INTRODUCED_EVERY == 0:
                yield live_item(Preview(self._op, first, self._pen, self._page, self._layer, columns))
            else:
                yield live_item(Further(short_name(self._op), first, columns))
            self._shown, self._items = part.stop, self._items + 1
