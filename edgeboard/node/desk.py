"""The desk of a board: its pens draw in rooms, its panels show them, and what happens to either is said to people."""

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

from edgeboard.errors import RefusedError
from edgeboard.ids import Origin
from edgeboard.node.node import Node
from edgeboard.node.screens import Screens
from edgeboard.node.values import PenPlace
from edgeboard.oplog.codec import WIDTH_MAX
from edgeboard.peripherals.panels import PanelSettings, name_of
from edgeboard.peripherals.settings import EVERYTHING, Covers, Settings
from edgeboard.ports import Panel, PenMove

if TYPE_CHECKING:
    from edgeboard.node.welcome import Host
    from edgeboard.peripherals.devices import Devices
    from edgeboard.render.album import ReadBlob

_log = logging.getLogger(__name__)


@final
class Desk:
    """What this board does with what hangs on it."""

    def __init__(
        self,
        node: Node,
        make_devices: Callable[["Desk"], "Devices"],
        panels: Sequence[PanelSettings],
        default_room: str,
        read_blob: "ReadBlob",
        now: Callable[[], float],
        host: "Callable[[], Host]",
    ) -> None:
        """
        Args:
            node: whose rooms these are.
            make_devices: makes what finds the devices; asked when the board runs, so that others need not load it.
            panels: what the owner says of panels.
            default_room: where devices go of which nothing else is said.
            read_blob: the bytes of an image, if they are here.
            now: monotonic seconds, as the node's.
            host: makes what says how to come in; asked when there is a panel.
        """
        self._node = node
        self._make_devices = make_devices
        self._default_room = default_room
        self.screens = Screens(node, panels, default_room, read_blob, self.told, now, host)
        self._devices: Devices | None = None

    async def run(self) -> None:
        """Serve the devices until this is cancelled."""
        self._devices = self._make_devices(self)
        await self._devices.run()

    def describe(self) -> list[dict[str, Any]]:
        """Every device as JSON values."""
        found = [] if self._devices is None else self._devices.describe()
        for each in found:
            each["room"] = each["room"] or self._default_room
            each["strokes"] = self._node.pipeline.pens.strokes(each["device"])
        return found

    def describe_panels(self) -> list[dict[str, Any]]:
        """Every panel as JSON values: those that show something, and those of the configuration that cannot."""
        texts = (
            {}
            if self._devices is None
            else {each["url"].partition("?")[0]: each["text"] for each in self._devices.describe()}
        )
        return self.screens.describe(texts)

    async def release(self, port: str) -> bool:
        """See `Devices.release`."""
        return self._devices is not None and await self._devices.release(port)

    def resume(self, port: str) -> bool:
        """See `Devices.resume`."""
        return self._devices is not None and self._devices.resume(port)

    # -- what the devices say

    def pen_ready(self, device: str, settings: Settings) -> None:
        left, top, width = settings.view
        thickness = min(WIDTH_MAX, max(1, round(settings.width * 8)))
        room = settings.room or self._default_room
        place = PenPlace(room, left, top, width, settings.colour, thickness)
        origin = Origin(secrets.randbits(64))

        def plug(now: float) -> None:
            try:
                self._node.pipeline.pens.plug(device, place, origin, now)
            except RefusedError as error:
                self.told(f"{device}: {error}", is_trouble=True)

        self._node.feed(plug)

    def pen_moved(self, device: str, moves: Sequence[PenMove]) -> None:
        self._node.feed(lambda now: self._node.pipeline.pens.receive(device, moves, now))

    def pen_gone(self, device: str) -> None:
        self._node.feed(lambda now: self._node.pipeline.pens.unplug(device, now))

    def panel_ready(self, device: str, panel: Panel, settings: Settings) -> None:
        wish = self.screens.wish_of(settings.url)
        name = name_of(device) if wish.driver == EVERYTHING else wish.name or name_of(wish.driver)
        room = settings.room or wish.room or self._default_room
        covers = wish.view if settings.view == Covers() else settings.view
        self.screens.add(name, panel, replace(wish, driver=device, name=name, room=room, view=covers))

    def told(self, text: str, *, is_trouble: bool) -> None:
        """Into the log, and onto the board: whoever stands there wants to know that a cable is loose."""
        if is_trouble:
            _log.warning("%s", text)
        else:
            _log.info("%s", text)
        self._node.feed(lambda now: self._node.pipeline.notify(text, is_trouble=is_trouble))
