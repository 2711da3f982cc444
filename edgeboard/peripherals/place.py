"""One device and what this board makes of it: moves of its pen, a `Panel`, and words about its troubles."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, final

from edgeboard.peripherals.settings import Settings
from edgeboard.peripherals.words import Words
from edgeboard.ports import Panel, PenMove, Touch
from firmware_bridge.address import Address
from firmware_bridge.device import Device, DeviceSettings
from firmware_bridge.display import Display
from firmware_bridge.panel.events import Settings as PanelSettings
from firmware_bridge.panel.values import Rect
from firmware_bridge.pen.calibration import Calibration
from firmware_bridge.pen.samples import PenFacts
from firmware_bridge.pen.strokes import Kind, PenEvent, StrokeSettings, Switch
from firmware_bridge.session import Change, Standing

if TYPE_CHECKING:
    from edgeboard.render.values import Frame

TOUCHES: Final = {
    Kind.HOVER: Touch.HOVER,
    Kind.DOWN: Touch.DOWN,
    Kind.MOVE: Touch.MOVE,
    Kind.UP: Touch.UP,
    Kind.AWAY: Touch.AWAY,
}


class Seat(Protocol):
    """What a board does with its devices. Calls are short and raise nothing."""

    def pen_ready(self, device: str, settings: Settings) -> None:
        """A pen is there."""

    def pen_moved(self, device: str, moves: Sequence[PenMove]) -> None:
        """What it did, in order."""

    def pen_gone(self, device: str) -> None:
        """It was unplugged; what it drew stays."""

    def panel_ready(self, device: str, panel: Panel, settings: Settings) -> None:
        """A panel is there, and wants to be drawn on; it shows what it is given when it comes back, too."""

    def told(self, text: str, *, is_trouble: bool) -> None:
        """A line about a device, for the log and the people at this board."""


@final
class Place:
    """Where one device is plugged in, or is wanted."""

    def __init__(
        self, address: Address, settings: Settings, calibration: Calibration, seat: Seat, *, is_found: bool
    ) -> None:
        """
        Args:
            address: where it is.
            settings: what the owner says of it.
            calibration: of its pen.
            seat: what is told.
            is_found: nobody has named it; it may be nothing that we know.

        Raises:
            AddressError: no device can be at such an address.
        """
        self.id = str(Address(address.scheme, address.place))  # names the device across restarts
        self.address = address
        self.settings = settings
        self.is_found = is_found
        self.has_answered = False
        self._seat = seat
        self._is_turned = calibration.rotation in (90, 270)
        self._aspect = 1.0  # height by width of the pen's area
        self._has_pen = False
        self._is_down = False
        self._is_known_missing = False
        loop = asyncio.get_running_loop()
        self._words = Words(self._say, loop)  # how it stands
        self._talk = Words(self._say, loop)  # what it has to say itself
        strokes = StrokeSettings(side_switch=Switch(settings.side_switch))
        panel = PanelSettings(always_full=settings.always_full)
        self.device = Device(address, self, DeviceSettings(calibration, strokes, panel, touch=settings.touch))

    def calibrate(self, calibration: Calibration) -> None:
        """Place its pen by this; only while it is let go of."""
        self._is_turned = calibration.rotation in (90, 270)
        self.device.calibrate(calibration)

    def describe(self) -> dict[str, Any]:
        """The device as JSON values."""
        pen, display, change = self.device.pen, self.device.display, self.device.change
        return {
            "device": self.id,
            "url": str(self.address),
            "found": self.is_found,
            "standing": change.standing.value,
            "text": change.text,
            "name": self.device.name,
            "room": self.settings.room,
            "pen": None if pen is None else {"width": pen.x_max, "height": pen.y_max, "pressure": pen.pressure_max},
            "panel": None if display is None else [display.facts.width, display.facts.height, display.facts.greys],
            "busy": display is not None and display.is_busy,
            "counters": self.device.statistics(),
        }

    # -- what the device says

    def changed(self, change: Change) -> None:
        is_ready = change.standing is Standing.READY
        if is_ready:
            self._words.say(change.text, is_trouble=False)
            self.has_answered = True
        elif change.standing is Standing.WAITING and (self.has_answered or not self.is_found):
            if not (self._is_known_missing and change.is_missing):  # that it is not there was said when it went
                self._words.say(change.text, is_trouble=True)
            self._is_known_missing = change.is_missing
        if is_ready:
            self._is_known_missing = False
        if not is_ready and self._has_pen:
            self._has_pen = False
            self._set_down(False)
            self._seat.pen_gone(self.id)

    def pen_ready(self, facts: PenFacts) -> None:
        wide, high = (facts.y_max, facts.x_max) if self._is_turned else (facts.x_max, facts.y_max)
        self._aspect = high / max(wide, 1)
        self._has_pen = True
        self._seat.pen_ready(self.id, self.settings)

    def pen_moved(self, events: Sequence[PenEvent]) -> None:
        aspect = self._aspect
        self._seat.pen_moved(
            self.id,
            [
                PenMove(
                    TOUCHES[event.kind], event.t, event.x, event.y * aspect, event.pressure,
                    None if event.tilt_x is None else round(event.tilt_x),
                    None if event.tilt_y is None else round(event.tilt_y), event.erases,
                )
                for event in events
            ],
        )  # fmt: skip
        self._set_down(events[-1].kind in (Kind.DOWN, Kind.MOVE))

    def panel_ready(self, display: Display) -> None:
        self._seat.panel_ready(self.id, BridgePanel(display), self.settings)

    def told(self, text: str) -> None:
        self._talk.say(text, is_trouble=False)

    def _set_down(self, is_down: bool) -> None:
        if is_down != self._is_down:
            self._is_down = is_down
            if self.device.display is not None:
                self.device.display.pen(is_down=is_down)

    def _say(self, text: str, is_trouble: bool) -> None:
        self._seat.told(f"{self.id}: {text}", is_trouble=is_trouble)


@final
class BridgePanel:
    """A panel behind the bridge, as the node knows panels."""

    def __init__(self, display: Display) -> None:
        from edgeboard.render.values import PanelContext, PixelFormat

        facts = display.facts
        pixels = {2: PixelFormat.GREY1, 4: PixelFormat.GREY2}.get(facts.greys, PixelFormat.GREY4)
        self.context = PanelContext(facts.width, facts.height, pixels)
        self._display = display

    def show(self, frame: "Frame") -> None:
        self._display.show(Rect(*frame.area), frame.pixels, is_ink=frame.is_ink)

    def close(self) -> None:
        """Nothing: its device is the bridge's, and outlives what shows something on it."""
