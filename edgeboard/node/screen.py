"""One panel of this board: the device, the frames it is given, who else looks at them, and what it shows now."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, final

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.node.guarding import failure_of
from edgeboard.node.node import Node
from edgeboard.node.panels import PanelView, Welcome, Wish
from edgeboard.node.values import Inked
from edgeboard.peripherals.panels import PanelSettings
from edgeboard.peripherals.settings import Covers
from edgeboard.ports import Panel
from edgeboard.render.album import ReadBlob
from edgeboard.render.frames import Frames, Mirror
from edgeboard.render.turning import TURNS, turn_area, turn_pixels
from edgeboard.render.values import Area, Frame, PanelContext
from edgeboard.rooms.room import Room

if TYPE_CHECKING:
    from edgeboard.web.panels import Show

_log = logging.getLogger(__name__)


@final
class Screen:
    """A panel, whatever it shows."""

    def __init__(
        self,
        name: str,
        settings: PanelSettings,
        panel: Panel,
        node: Node,
        read_blob: ReadBlob,
        told: Callable[..., None],
        greet: Callable[[str], Welcome],
        now: Callable[[], float],
        turns: asyncio.Lock,
    ) -> None:
        self.name = name
        self.settings = settings
        self.context = panel.context
        self.room = ""
        self.fault = ""  # why nothing is drawn
        self.left_out = ""  # which renderer of others draws no more, and why
        self._panel = panel
        self._node = node
        self._read_blob = read_blob
        self._told = told
        self._greet = greet
        self._now = now
        self._turns = turns
        self._wish = Wish(settings.view, settings.layout, settings.idle)
        self._frames = Frames()
        self._mirror = Mirror(panel.context)
        self._show: Show | None = None
        self._view: PanelView | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_given_up = False

    # -- what it shows

    def enter(self, room: str) -> None:
        """Show this room from now on.

        Raises:
            RefusedError: no such room can be opened.
        """
        refused: list[RefusedError] = []

        def open_room(now: float) -> Room | None:
            try:
                return self._node.pipeline.open_room(room, now)
            except RefusedError as error:
                refused.append(error)
                return None

        opened = self._node.feed(open_room)
        if opened is None:
            raise refused[0] if refused else RefusedError(CloseCode.GOING_AWAY, "this board is stopping")
        self._leave()
        self._is_given_up = False
        self.fault = ""
        if room != self.room and self._show is not None:
            self._show.cut()
        pipeline = self._node.pipeline
        view = PanelView(
            pipeline,
            opened,
            self.context,
            self._wish,
            self._read_blob,
            self.show,
            self._now,
            without_plug_ins=bool(self.left_out),
            turns=self._turns,
        )
        self._node.on_damage.append(view.damaged)
        self._node.on_ink.append(self._inked)
        self.room, self._view = room, view
        self._task = asyncio.create_task(self._draw(view), name=f"draw on {self.name}")

    def lay_out(self, covers: Covers | None, layout: str | None) -> None:
        """Show another part of the room, or lay it out otherwise."""
        self._wish = self._wish._replace(covers=covers or self._wish.covers, layout=layout or self._wish.layout)
        if self._view is not None:
            self._view.lay_out(self._wish)

    def greet(self) -> None:
        """Tell people what is to be told now."""
        if self._view is not None:
            self._view.welcome(self._greet(self.room))

    def _leave(self) -> None:
        if self._view is not None:
            self._node.on_damage.remove(self._view.damaged)
            self._node.on_ink.remove(self._inked)
            self._view.close()
            self._view = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _draw(self, view: PanelView) -> None:
        try:
            await self._node.until_loaded(view.room)  # or it would be called empty
            view.welcome(self._greet(self.room))
            await view.run()
        except Exception as error:  # a panel that cannot be drawn on takes nothing else with it
            self._failed(error)

    def _inked(self, output: Inked) -> None:
        if self._view is None or self._is_given_up:
            return
        try:
            self._view.inked(output)
        except Exception as error:  # a renderer of others, whatever it does, keeps no pen from drawing
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Let ours draw, if it was a renderer of others that failed."""
        failure = failure_of(error)
        if failure is None or self.left_out:
            self._give_up()
            return
        self.left_out = str(failure)
        _log.warning("%s: %s; the one that comes with edgeboard draws from now on", self.name, failure)
        self._is_given_up = True  # until that one does
        asyncio.get_running_loop().call_soon(self._enter_again)

    def _enter_again(self) -> None:
        try:
            self.enter(self.room)
        except RefusedError as error:  # the board is stopping
            self.fault = str(error)

    def _give_up(self) -> None:
        """Draw no more, until another room is shown."""
        _log.exception("nothing more is drawn on %s", self.name)
        self._is_given_up = True
        asyncio.get_running_loop().call_soon(self._leave)
        self.fault = "nothing more is drawn there, after a fault of this board's software; its log says more"
        text = f"{self.name}: {self.fault}"
        asyncio.get_running_loop().call_soon(partial(self._told, text, is_trouble=True))

    def show(self, area: Area, pixels: bytes, *, is_ink: bool = False) -> None:
        """Hand the next frame to the panel, and to all who look at it elsewhere."""
        frame = self._frames.make(area, pixels, is_ink=is_ink)
        self._mirror.show(frame)
        self._panel.show(frame)
        if self._show is not None:
            self._show.take(frame)

    # -- what people ask

    def describe(self) -> dict[str, Any]:
        """The panel as JSON values."""
        context, view = self.context, self._view
        return {
            "name": self.name,
            "driver": self.settings.driver,
            "width": context.width,
            "height": context.height,
            "format": context.format.value,
            "channels": context.format.channels,
            "refresh": context.refresh.value,
            "theme": context.theme,
            "room": self.room,
            "layout": self._wish.layout,
            "view": list(self._wish.covers),
            "frames": self._frames.sequence,
            "crc": self._frames.crc,
            "viewers": 0 if self._show is None else self._show.viewers,
            "fault": self.fault,
            "left_out": self.left_out,
            **({} if view is None else view.statistics()),
        }

    def watched(self) -> "Show":
        """What others look at; made when the first one asks."""
        if self._show is None:
            from edgeboard.web.panels import Show

            self._show = Show(self._mirror, self.describe)
        return self._show

    def end(self) -> None:
        """Draw no more, and give the panel back."""
        self._leave()
        self._panel.close()
        if self._show is not None:
            self._show.cut()

    async def close(self) -> None:
        """As `end`, and wait until nothing is drawn any more."""
        task = self._task
        self.end()
        await asyncio.gather(*([] if task is None else [task]), return_exceptions=True)


@final
class Turned:
    """A panel that hangs turned, as an upright one."""

    def __init__(self, panel: Panel, degrees: int) -> None:
        """Raises: ValueError: not one of `TURNS`."""
        if degrees not in TURNS:
            raise ValueError(f"a panel hangs turned by one of {TURNS} degrees, not by {degrees}")
        own = panel.context
        is_across = degrees in (90, 270)
        width, height = (own.height, own.width) if is_across else (own.width, own.height)
        self.context = PanelContext(width, height, own.format, own.refresh, own.theme)
        self._panel = panel
        self._degrees = degrees

    def show(self, frame: Frame) -> None:
        """As `Panel.show`; the sum stays that of the upright frame."""
        area, channels = frame.area, self.context.format.channels
        pixels = turn_pixels(frame.pixels, area.width, area.height, channels, self._degrees)
        area = turn_area(area, self.context.width, self.context.height, self._degrees)
        self._panel.show(Frame(frame.sequence, area, pixels, frame.crc, frame.is_ink))

    def close(self) -> None:
        self._panel.close()
