"""The panels of this board: what of a room is to be seen on each, drawn where it has changed and handed on.

Rules of this file: what a pen here draws is on its way to the panel in the turn in which it comes, drawn over what is
there, and drawn as it belongs when it is logged; everything else is gathered, and drawn in slices that leave the loop
to others; a panel that is away is drawn for all the same.
"""

import asyncio
from collections import deque
from math import ceil, floor
from typing import Any, Final, Protocol, final

from edgeboard.canvas.geometry import Rectangle, around
from edgeboard.canvas.ink import WIDTH_STEPS
from edgeboard.ids import RoomId, origin_of
from edgeboard.node.pipeline import Pipeline
from edgeboard.node.renderers import open_artist
from edgeboard.node.values import Damaged, Inked
from edgeboard.render.album import ReadBlob
from edgeboard.render.values import Area, PanelContext, View
from edgeboard.rooms.room import Room

GATHER_S: Final = 0.033  # of changes that nobody here is waiting for
SLACK: Final = 4.0  # px of the canvas that a smoothed curve may leave the box of its points by
LOOK_SLICE: Final = 64  # items looked at, before the loop gets a turn
REGIONS_MAX: Final = 8  # that are drawn one by one; more are drawn as one
WET_MAX: Final = 1_024  # parts of strokes under way that are remembered


class ShowFrame(Protocol):
    """Takes what a panel is to show: an area, and its pixels as the panel's format shows them."""

    def __call__(self, area: Area, pixels: bytes, *, is_ink: bool) -> None: ...


@final
class PanelView:
    """One room on one panel."""

    def __init__(
        self,
        pipeline: Pipeline,
        room: Room,
        context: PanelContext,
        covers: tuple[float, float, float],
        read_blob: ReadBlob,
        show: ShowFrame,
        page: int = 0,
    ) -> None:
        """
        Args:
            pipeline: which has the room.
            room: what is shown.
            context: of the panel.
            covers: left, top and width of what is shown, canvas px.
            read_blob: the bytes of an image, if they are here.
            show: takes what the panel is to show.
            page: of the room.
        """
        self.room: RoomId = room.room
        self.page = page
        left, top, width = covers
        self.view = View(left, top, context.width / width)
        self._pipeline = pipeline
        self._context = context
        self._artist = open_artist(context, read_blob)
        self._show = show
        self._damage = [self.view.area(0, 0, context.width, context.height)]
        self._wet: deque[tuple[Inked, Rectangle]] = deque(maxlen=WET_MAX)
        self._news = asyncio.Event()
        self._news.set()

    def damaged(self, output: Damaged) -> None:
        """Items look different; drawn soon."""
        if output.room == self.room:
            origins = {origin_of(item) for item in output.items}
            if any(wet.origin in origins for wet, _ in self._wet):  # that ink is logged, and comes back as an item
                self._wet = deque((each for each in self._wet if each[0].origin not in origins), WET_MAX)
            self._news.set()

    def inked(self, output: Inked) -> None:
        """A pen here is drawing: shown at once."""
        if output.room != self.room or output.page != self.page:
            return
        box = around(output.points).inflated(output.pen.width / WIDTH_STEPS + SLACK)
        self._wet.append((output, box))
        inked = self._artist.ink(self.view, output.pen, output.points, output.pressures)
        if not inked.is_empty:
            self._hand_on(inked, is_ink=True)

    def look_at(self, covers: tuple[float, float, float]) -> None:
        """Show another part of the page."""
        left, top, width = covers
        self.view = View(left, top, self._context.width / width)
        self._damage = [self.view.area(0, 0, self._context.width, self._context.height)]
        self._news.set()

    def statistics(self) -> dict[str, Any]:
        """What it has done, as JSON values."""
        return {}

    async def run(self) -> None:
        """Draw whatever changes, until this is cancelled."""
        while True:
            await self._news.wait()
            await asyncio.sleep(GATHER_S)
            self._news.clear()
            await self._look()
            damage, self._damage = self._damage, []
            for region in damage:
                area = self._on_panel(region)
                if area is not None:
                    await self._paint(area)

    async def _look(self) -> None:
        """Which parts of the page have changed."""
        scene = self._pipeline.scene(self.room, self.page)
        while scene.is_stale:
            for box in scene.refresh(self._pipeline.rooms[self.room].document, LOOK_SLICE):
                self._damage = united(self._damage, box)
            await asyncio.sleep(0)

    async def _paint(self, area: Area) -> None:
        room = self._pipeline.rooms[self.room]
        items = self._pipeline.scene(self.room, self.page).items_in(room.document, self.view.area(*area))
        for done in self._artist.paint(area, self.view, items):
            if done is None:
                await asyncio.sleep(0)
            else:
                self._draw_wet(done)
        self._hand_on(area, is_ink=False)

    def _draw_wet(self, area: Area) -> None:
        region = self.view.area(*area)
        for wet, box in self._wet:
            if box.overlaps(region):
                self._artist.ink(self.view, wet.pen, wet.points, wet.pressures, area)

    def _on_panel(self, region: Rectangle) -> Area | None:
        """The px of the panel that a region touches; None if it is not to be seen."""
        if region.is_empty:
            return None
        (left, top), (right, below) = self.view.place(region.x0, region.y0), self.view.place(region.x1, region.y1)
        x, y = max(0, floor(left) - 1), max(0, floor(top) - 1)
        width, height = min(self._context.width, ceil(right) + 2) - x, min(self._context.height, ceil(below) + 2) - y
        return Area(x, y, width, height) if width > 0 and height > 0 else None

    def _hand_on(self, area: Area, *, is_ink: bool) -> None:
        self._show(area, self._artist.pixels(area, is_still=False), is_ink=is_ink)


def united(regions: list[Rectangle], box: Rectangle) -> list[Rectangle]:
    """The regions with one more; those that overlap become one, and so do all when they are too many."""
    apart = []
    for region in regions:
        if region.overlaps(box):
            box = box.union(region)
        else:
            apart.append(region)
    if len(apart) >= REGIONS_MAX:
        for region in apart:
            box = box.union(region)
        apart = []
    return [*apart, box]
