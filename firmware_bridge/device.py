"""One device at one address, whatever it turns out to be: a pen, a panel, or both at the end of one line.

Rules of this file: whoever uses a device hears of it through `Listener` alone; a pen that goes away ends its
stroke where it was; a panel that comes back shows what is wanted now.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol, final

from firmware_bridge.address import Address
from firmware_bridge.display import Display
from firmware_bridge.engine import Command, Measured, Moved, Output, Ready, Refused, Shown, Started, Told
from firmware_bridge.errors import AddressError
from firmware_bridge.opening import open_port
from firmware_bridge.panel.events import Settings as PanelSettings
from firmware_bridge.panel.values import PanelFacts
from firmware_bridge.pen.calibration import Calibration
from firmware_bridge.pen.samples import PenFacts, PenSample
from firmware_bridge.pen.strokes import PenEvent, Strokes, StrokeSettings
from firmware_bridge.recognition import Candidate, Recogniser
from firmware_bridge.session import Change, Session, Standing


class Listener(Protocol):
    """Whom a device tells; every call is short and raises nothing."""

    def changed(self, change: Change) -> None:
        """It stands differently: found, lost, not to be opened."""

    def pen_ready(self, facts: PenFacts) -> None:
        """It has a pen. May come again."""

    def pen_moved(self, events: Sequence[PenEvent]) -> None:
        """What the pen did, in order."""

    def panel_ready(self, display: Display) -> None:
        """It has a panel; once for each kind of panel that is found there."""

    def told(self, text: str) -> None:
        """A line for the log."""


@final
class Silence:
    """A listener that wants to know nothing."""

    def changed(self, change: Change) -> None:
        pass

    def pen_ready(self, facts: PenFacts) -> None:
        pass

    def pen_moved(self, events: Sequence[PenEvent]) -> None:
        pass

    def panel_ready(self, display: Display) -> None:
        pass

    def told(self, text: str) -> None:
        pass


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """How the device at one address is to be treated."""

    calibration: Calibration = field(default_factory=Calibration)
    strokes: StrokeSettings = StrokeSettings()
    panel: PanelSettings = PanelSettings()
    touch: bool = False  # fingers draw too, where the tablet feels them


def candidates(address: Address, *, touch: bool = False) -> list[Candidate]:
    """What may be at the end of a line: all that is known, or what the address says with driver=.

    Raises:
        AddressError: there is no such driver.
    """
    from firmware_bridge import mcu_device
    from firmware_bridge.panel import waveshare_uart
    from firmware_bridge.pen import isdv4, wacom4

    rate = address.rate
    if address.scheme == "sim":
        from firmware_bridge.sim.catalogue import CHIP_NAMES, LINE_NAMES

        if address.place not in LINE_NAMES:
            there_are = ", ".join((*LINE_NAMES, *CHIP_NAMES))
            raise AddressError(f"there is no simulator {address.place!r}; there are {there_are}")
    known = {
        each[0]: Candidate(each[1], rate or each[2], each[3])
        for each in (
            ("mcu", "an edgeboard microcontroller", mcu_device.LINE_RATES[0], mcu_device.McuDevice),
            ("waveshare43", "a Waveshare 4.3 inch e-paper module", 115_200, waveshare_uart.WaveshareUart),
            ("isdv4", "a Wacom tablet (ISDv4)", 38_400, partial(isdv4.Isdv4Pen, rate, touch=touch)),
            ("wacom4", "a Wacom tablet (protocol IV)", 9_600, partial(wacom4.Wacom4Pen, rate)),
        )
    }
    wanted = address.option("driver") or (address.place if address.scheme == "sim" else None)
    if wanted is None:
        return list(known.values())
    if wanted not in known:
        raise AddressError(f"{wanted} is no driver that is known; there are {', '.join(known)}")
    return [known[wanted]]


def is_simulated_chip(address: Address) -> bool:
    """Whether it is a simulated controller on SPI, which has no line."""
    if address.scheme != "sim":
        return False
    from firmware_bridge.sim.catalogue import CHIP_NAMES

    return address.place in CHIP_NAMES


@final
class Device:
    """A device, connected or not."""

    def __init__(self, address: Address, listener: Listener, settings: DeviceSettings | None = None) -> None:
        """Raises: AddressError: no device can be at such an address."""
        self.address = address
        self.name = ""  # as it says
        self.pen: PenFacts | None = None
        self.display: Display | None = None
        self._listener = listener
        self._settings = settings or DeviceSettings()
        self._strokes: Strokes | None = None
        self._was_ready = False
        self._known: list[Candidate] = []
        self._recogniser: Recogniser | None = None
        self._runner = self._make_runner()

    async def ask(self) -> Change:
        """Who is there: READY with a name, or ENDED with why not; it is let go of again."""
        return await self._runner.ask()

    async def run(self) -> None:
        """Keep it connected until this is cancelled."""
        try:
            await self._runner.run()
        finally:
            self._lose()

    def calibrate(self, calibration: Calibration) -> None:
        """Place its pen by this from the next connection on; only while it is not connected."""
        self._settings = replace(self._settings, calibration=calibration)
        self._strokes = None

    @property
    def change(self) -> Change:
        """How it stands."""
        return self._runner.change

    def submit(self, command: Command) -> bool:
        """Hand it a command; False if it is not connected."""
        return self._runner.submit(command)

    def statistics(self) -> dict[str, int]:
        """Counters by name: of its engine, its strokes, its panel."""
        counters = dict(self._runner.statistics())
        if self._strokes is not None:
            counters |= self._strokes.statistics()
        if self.display is not None:
            counters |= self.display.statistics()
        return counters

    def _make_runner(self) -> "Runner":
        address, settings = self.address, self._settings
        if address.scheme == "auto":
            raise AddressError("auto is no single device")
        if address.scheme == "evdev":
            from firmware_bridge.pen.evdev import EvdevSource

            source = EvdevSource(Path(address.place) if address.place else None)
            return Session(source.open_port, source.make_engine, self._on_output, self._on_change)
        if address.scheme == "spi" or is_simulated_chip(address):
            from firmware_bridge.panel.spi_session import SpiSession, panel_at

            return SpiSession(*panel_at(address), self._on_output, self._on_change)
        self._known = candidates(address, touch=settings.touch)
        return Session(partial(open_port, address), self._make_recogniser, self._on_output, self._on_change)

    def _make_recogniser(self) -> Recogniser:
        """Asks first for who answered last: what is plugged in again is mostly the same."""
        last = None if self._recogniser is None else self._recogniser.chosen
        if last is not None:
            self._known.sort(key=lambda candidate: candidate.name != last)
        self._recogniser = Recogniser(self._known)
        return self._recogniser

    def _on_output(self, output: Output) -> None:
        match output:
            case Moved(samples):
                self._move(samples)
            case Started() | Shown() | Refused() | Measured():
                if self.display is not None:
                    self.display.on_output(output)
            case Ready(name, pen, panel):
                self.name = name
                if pen is not None:
                    self._meet_pen(pen)
                else:  # what was plugged in before may have had one
                    self.pen = self._strokes = None
                if panel is not None:
                    self._meet_panel(panel)
            case Told(text):
                self._listener.told(text)
            case _:
                pass

    def _meet_pen(self, facts: PenFacts) -> None:
        if self._strokes is None or facts != self.pen:
            self._strokes = Strokes(facts, self._settings.calibration, self._settings.strokes)
        self.pen = facts
        self._listener.pen_ready(facts)

    def _meet_panel(self, facts: PanelFacts) -> None:
        display = self.display
        if display is not None and display.facts == facts:
            display.connected()
            return
        if display is not None:
            display.close()
        self.display = Display(facts, self._settings.panel, self.submit, self._listener.told)
        self._listener.panel_ready(self.display)

    def _move(self, samples: Sequence[PenSample]) -> None:
        if self._strokes is not None:
            events = self._strokes.receive(samples)
            if events:
                self._listener.pen_moved(events)

    def _on_change(self, change: Change) -> None:
        is_ready = change.standing is Standing.READY
        if self._was_ready and not is_ready:
            self._lose()
        self._was_ready = is_ready
        self._listener.changed(change)

    def _lose(self) -> None:
        """What the device was in the middle of ends cleanly."""
        if self._strokes is not None:
            events = self._strokes.lost(asyncio.get_running_loop().time())
            if events:
                self._listener.pen_moved(events)
        if self.display is not None:
            self.display.lost()


class Runner(Protocol):
    """Keeps a device of one kind connected."""

    change: Change

    async def run(self) -> None: ...

    async def ask(self) -> Change: ...

    def submit(self, command: Command) -> bool: ...

    def statistics(self) -> dict[str, int]: ...
