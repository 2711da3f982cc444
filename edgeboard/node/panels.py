"""One room on one panel: drawn where it has changed, with a marquee below it, or how to come in while it is empty.

Rules of this file: what a pen here draws is on its way to the panel in the turn in which it comes, drawn over what is
there, and drawn as it belongs when it is logged; everything else is gathered, and drawn in slices that leave the loop
to others; another part of the page, another layout and the idle screen come as one frame, so that nobody sees half of
them; a panel that is away is drawn for all the same.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, Protocol, final

from edgeboard.canvas.geometry import Rectangle, around
from edgeboard.canvas.ink import WIDTH_STEPS
from edgeboard.ids import RoomId, origin_of
from edgeboard.node.pipeline import Pipeline
from edgeboard.node.renderers import open_artist
from edgeboard.node.ribbon import Ribbon
from edgeboard.node.values import Damaged, Inked
from edgeboard.oplog.codec import TOOL_MAX
from edgeboard.render.album import ReadBlob
from edgeboard.render.bar import bar_area
from edgeboard.render.changes import Changes
from edgeboard.render.idle import IdleFacts, draw_idle, draw_notice, notice_area
from edgeboard.render.scene import Sight
from edgeboard.render.text import load_letters
from edgeboard.render.values import Area, PanelContext, View
from edgeboard.rooms.room import Room

GATHER_S: Final = 0.033  # of changes that nobody here is waiting for
SLACK: Final = 4.0  # px of the canvas that a smoothed curve may leave the box of its points by
LOOK_SLICE: Final = 64  # items looked at, before the loop gets a turn
WET_MAX: Final = 1_024  # parts of strokes under way that are remembered
MARKED_MAX: Final = 4_096  # points of a marker's stroke that are drawn as one


class ShowFrame(Protocol):
    """Takes what a panel is to show: an area, and its pixels as the panel's format shows them."""

    def __call__(self, area: Area, pixels: bytes, *, is_ink: bool) -> None: ...


class Welcome(NamedTuple):
    """What an empty room says, and what is said of a mesh that is lost."""

    facts: IdleFacts
    modules: Sequence[Sequence[int]]  # of the QR code of the address; empty: none


class Wish(NamedTuple):
    """How a panel is laid out."""

    covers: tuple[float, float, float] = (0.0, 0.0, 1280.0)  # left, top and width of what is shown, canvas px
    layout: str = "board"  # or both, or marquee
    idle: bool = False  # an empty room shows how to come in


@final
class PanelView:
    """One room on one panel."""

    def __init__(
        self,
        pipeline: Pipeline,
        room: Room,
        context: PanelContext,
        wish: Wish,
        read_blob: ReadBlob,
        show: ShowFrame,
        now: Callable[[], float],
        page: int = 0,
        *,
        without_plug_ins: bool = False,
        turns: asyncio.Lock | None = None,
    ) -> None:
        """
        Args:
            pipeline: which has the room.
            room: what is shown.
            context: of the panel.
            wish: how it is laid out.
            read_blob: the bytes of an image, if they are here.
            show: takes what the panel is to show.
            now: monotonic seconds, as the pipeline's.
            page: of the room.
            without_plug_ins: the renderer that comes with edgeboard draws.
            turns: of the panels of this board, one of which draws a slice in a turn of the loop; None: it is alone.
        """
        self._turns = turns or asyncio.Lock()
        self.room: RoomId = room.room
        self.page = page
        self._pipeline = pipeline
        self._context = context
        self._artist = open_artist(context, read_blob, without_plug_ins=without_plug_ins)
        self._show = show
        self._whole = Area(0, 0, context.width, context.height)
        self._board = self._whole  # where the page is
        self._notice = ""  # that stands above it
        self._welcome: Welcome | None = None
        self._is_idle = False  # the idle screen stands there
        self._holds_back = True  # what is drawn now comes as one frame
        self._is_drawn = False  # a page stands there, which can be moved
        self._damage = Changes()
        self._now = now
        self._wet: deque[tuple[Inked, Rectangle]] = deque(maxlen=WET_MAX)
        self._news = asyncio.Event()
        self._wish = wish
        self._is_laid_out = False
        self.view = self._view_of(wish)
        marquee = pipeline.marquee
        self._ribbon = Ribbon(
            marquee.ticker(self.room), marquee.time, now, self._pixels_of_ribbon, self._show_ribbon, context
        )
        self._ribbon_area: Area | None = None
        self._unlisten = marquee.listen(self.room, self._marquee_changed)
        pipeline.scene(self.room, page).followers.append(self._changed)
        self._news.set()

    def close(self) -> None:
        """Hear of the room no more; after `run`."""
        self._unlisten()
        self._pipeline.scene(self.room, self.page).followers.remove(self._changed)

    # -- what happens

    def damaged(self, output: Damaged) -> None:
        """Items look different; drawn soon."""
        if output.room == self.room:
            origins = {origin_of(item) for item in output.items}
            if any(wet.origin in origins for wet, _ in self._wet):  # that ink is logged, and comes back as an item
                self._wet = deque((each for each in self._wet if each[0].origin not in origins), WET_MAX)
            self._news.set()

    def _changed(self, boxes: list[Rectangle]) -> None:
        """Parts of the page look different, whoever has found that: another panel, or an eraser, looks too."""
        self._damage.add(boxes, self._now())
        self._news.set()

    def inked(self, output: Inked) -> None:
        """A pen here is drawing: shown at once."""
        if output.room != self.room or output.page != self.page or self._board.is_empty:
            return
        box = around(output.points).inflated(output.pen.width / WIDTH_STEPS + SLACK)
        self._remember(output, box)
        if self._holds_back:  # a whole frame is on its way, with this ink on it
            return
        if self._is_idle:
            self._clear()
            self._hand_on(self._board, is_ink=True)
            return
        if output.pen.tool == TOOL_MAX and self._mark(box):
            return
        inked = self._artist.ink(self.view, output.pen, output.points, output.pressures, self._board)
        if not inked.is_empty:
            self._hand_on(inked, is_ink=True)

    def _remember(self, output: Inked, box: Rectangle) -> None:
        """Ink under way; a marker's as one stroke, because what is painted twice is darker."""
        if self._wet and output.pen.tool == TOOL_MAX:
            before, around_it = self._wet[-1]
            whole = _joined(before, output)
            if whole is not None:
                self._wet[-1] = (whole, around_it.union(box))
                return
        self._wet.append((output, box))

    def _mark(self, box: Rectangle) -> bool:
        """Paint page and stroke as a whole where a marker has grown, if that takes no longer than a turn may.

        Returns:
            Whether it is shown; otherwise that is drawn with what else has changed.
        """
        area = self.view.touched(box).meet(self._board)
        if area.is_empty:
            return True
        items = self._items_in(area)
        for done in self._artist.paint(area, self.view, items):
            if not isinstance(done, Area):
                self._damage.add([box], self._now())
                self._news.set()
                return False
            self._draw_wet(done)
        self._hand_on(area, is_ink=True)
        return True

    def lay_out(self, wish: Wish) -> None:
        """Show another part of the page, or lay it out otherwise, as one frame."""
        self._wish = wish
        self._is_laid_out = False
        self._news.set()

    def welcome(self, welcome: Welcome) -> None:
        """How to come in, and how the mesh is doing; drawn anew only where that is to be seen."""
        before, self._welcome = self._welcome, welcome
        is_seen = self._is_idle or self._holds_back or _notice_of(before) != _notice_of(welcome)
        if welcome != before and is_seen:
            self._is_laid_out = False
            self._news.set()
        self._look_for_marquee()

    def _marquee_changed(self) -> None:
        self._ribbon.stir()
        self._look_for_marquee()

    def _look_for_marquee(self) -> None:
        """Whether there is one now, where there is one only as long as it says something."""
        if self._has_ribbon() != (self._ribbon_area is not None):
            self._is_laid_out = False
            self._news.set()

    def statistics(self) -> dict[str, Any]:
        """What it has done, as JSON values."""
        return {
            "idle": self._is_idle,
            "notice": self._notice,
            "renderer": self._artist.name,
            **self._ribbon.statistics(),
        }

    # -- drawing

    async def run(self) -> None:
        """Draw whatever changes, until this is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._draw_page(), name="draw a page on a panel")
            tasks.create_task(self._ribbon.run(), name="draw the marquee on a panel")

    async def _draw_page(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(GATHER_S)
            self._news.clear()
            await self._look()
            if not self._is_laid_out:
                self._settle()
            should_idle = self._should_idle()
            if should_idle and (self._holds_back or not self._is_idle):
                await self._show_idle()
            elif not should_idle:
                await self._draw_damage()

    async def _draw_damage(self) -> None:
        if self._is_idle:
            self._is_idle = False
            self._draw_anew()
            self._holds_back = True
        for region in self._damage.take():
            area = self.view.touched(region).meet(self._board)
            if not area.is_empty:
                await self._paint(area)
        self._is_drawn = True
        if self._holds_back and self._is_laid_out:
            self._holds_back = False
            self._ribbon.draw()  # what lies there was drawn for later
            self._hand_on(self._whole, is_ink=False)

    async def _look(self) -> None:
        """Which parts of the page have changed."""
        scene = self._pipeline.scene(self.room, self.page)
        while scene.is_stale:
            scene.refresh(self._pipeline.rooms[self.room].document, LOOK_SLICE)
            await asyncio.sleep(0)

    async def _paint(self, area: Area) -> None:
        parts: Iterator[object] | None = None
        done: object = None
        while done != "end":
            async with self._turns:
                await asyncio.sleep(0)  # so that no two draw in one turn, and pens are heard before
                parts = parts or self._artist.paint(area, self.view, self._items_in(area))
                while isinstance(done := next(parts, "end"), Area):
                    self._draw_wet(done)
            if callable(done):
                await asyncio.to_thread(done)
        if not self._holds_back:
            self._hand_on(area, is_ink=False)

    def _items_in(self, area: Area) -> list[Sight]:
        document = self._pipeline.rooms[self.room].document
        return self._pipeline.scene(self.room, self.page).items_in(document, self.view.reach(area))

    def _draw_wet(self, area: Area) -> None:
        region = self.view.reach(area)
        for wet, box in self._wet:
            if box.overlaps(region):
                self._artist.ink(self.view, wet.pen, wet.points, wet.pressures, area)

    # -- how it is laid out

    def _settle(self) -> None:
        """Give the page, the marquee and a notice their places, and begin a frame that shows all of them."""
        self._is_laid_out = True
        self._holds_back = True
        before = (self.view, self._board, self._is_idle, self._notice)
        self.view = self._view_of(self._wish)
        self._ribbon_area = self._place_ribbon() if self._has_ribbon() else None
        is_alone = self._wish.layout == "marquee"
        self._ribbon.move_to(self._artist.surface, self._ribbon_area, is_alone=is_alone)
        low = self._context.height if self._ribbon_area is None else self._ribbon_area.y
        self._notice = "" if is_alone else _notice_of(self._welcome)
        top = 0
        if self._notice and not self._should_idle():
            notice = notice_area(self._context)
            top = notice.height
            draw_notice(self._artist.surface, notice, self._context, self._notice)
        self._board = Area(0, 0, 0, 0) if is_alone else Area(0, top, self._context.width, max(0, low - top))
        self._ribbon.draw()
        is_moved = self._is_drawn and self._board == self._whole and before[1:] == (self._whole, False, self._notice)
        if is_moved and before[0] != self.view:
            areas = self._artist.moved(before[0], self.view)
            self._damage.add(map(self._region, areas), self._now())
        else:
            self._draw_anew()
        self._is_idle = False

    def _view_of(self, wish: Wish) -> View:
        left, top, width = wish.covers
        return View(left, top, self._context.width / width)

    def _has_ribbon(self) -> bool:
        """Whether there is a marquee: in a layout of both as long as it has something to say."""
        layout = self._wish.layout
        return layout == "marquee" or (layout == "both" and self._ribbon.has_news(self._pipeline.settings.marquee))

    def _place_ribbon(self) -> Area:
        return self._whole if self._wish.layout == "marquee" else bar_area(self._context)

    # -- an empty room

    def _should_idle(self) -> bool:
        is_empty = not self._wet and not len(self._pipeline.scene(self.room, self.page))
        return self._wish.idle and is_empty and self._welcome is not None and not self._board.is_empty

    async def _show_idle(self) -> None:
        assert self._welcome is not None
        self._holds_back = True
        self._is_idle = True
        self._damage.take()
        facts, modules = self._welcome
        await asyncio.to_thread(load_letters)
        for _ in draw_idle(self._artist.surface, self._board, self._context, facts, modules):
            await asyncio.sleep(0)
        if not self._should_idle():  # somebody has begun to draw: that comes in one frame with the page
            self._news.set()
            return
        self._holds_back = False
        self._ribbon.draw()
        self._show(self._whole, self._artist.pixels(self._whole, is_still=True), is_ink=False)

    def _clear(self) -> None:
        """An empty page, at once, with the ink that has just come."""
        self._is_idle = False
        for done in self._artist.paint(self._board, self.view, ()):
            if isinstance(done, Area):
                self._draw_wet(done)

    # -- what the panel is given

    def _draw_anew(self) -> None:
        """All of the page is to be drawn."""
        self._damage.take()
        self._damage.add([self._region(self._board)], self._now())

    def _region(self, area: Area) -> Rectangle:
        return self.view.area(*area)

    def _hand_on(self, area: Area, *, is_ink: bool) -> None:
        self._show(area, self._artist.pixels(area, is_still=False), is_ink=is_ink)

    def _pixels_of_ribbon(self, area: Area) -> bytes:
        return self._artist.pixels(area, is_still=False)

    def _show_ribbon(self, area: Area, pixels: bytes) -> None:
        if not self._holds_back:
            self._show(area, pixels, is_ink=False)


def _joined(before: Inked, after: Inked) -> Inked | None:
    """Two parts of one stroke: the second begins with points that the first ends with. None if they are not."""
    if (before.origin, before.pen) != (after.origin, after.pen):
        return None
    for count in range(min(len(before.points), len(after.points)), 0, -1):
        if before.points[-count:] == after.points[:count]:
            break
    else:
        return None
    if len(before.points) + len(after.points) > MARKED_MAX or (before.pressures is None) != (after.pressures is None):
        return None
    pressures = None
    if before.pressures is not None and after.pressures is not None:
        pressures = before.pressures + after.pressures[count:]
    return replace(before, points=before.points + after.points[count:], pressures=pressures)


def _notice_of(welcome: Welcome | None) -> str:
    """What is said above a page; empty: nothing."""
    return "" if welcome is None or welcome.facts.is_well else welcome.facts.state
