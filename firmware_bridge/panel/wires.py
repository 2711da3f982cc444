"""The seam between SPI panels and the pins they hang on: `spi` drives real ones, simulated chips stand in memory.

Drivers behind it block, so they run in a thread of their own; they know time only as `wait`.
"""

from collections.abc import Callable
from typing import Protocol

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel.values import PanelFacts, Update


class Wires(Protocol):
    """Pins and bus of one panel; every call blocks, and raises `DeviceError` where the hardware does not do it."""

    def select(self, on: bool) -> None:
        """Chip select; `on` is active, a low level."""

    def exchange(self, data: bytes) -> bytes:
        """Send bytes, mode 0, highest bit first, and return as many that came meanwhile."""

    def set_data(self, level: bool) -> None:
        """The pin D/C: high for data, low for commands."""

    def busy_level(self) -> bool:
        """The raw level of BUSY or HRDY; which means busy is the controller's affair."""

    def set_reset(self, level: bool) -> None:
        """The reset pin; low resets."""

    def wait(self, seconds: float) -> None: ...

    def close(self) -> None: ...


class SpiPanel(Protocol):
    """A driver behind the seam; each method blocks and may raise `DeviceError`, after which `start` begins anew."""

    def start(self) -> PanelFacts:
        """Reset the controller and ask what it is; wakes it too."""

    def show(self, update: Update, started: Callable[[], None]) -> None:
        """Bring an update on the glass; returns when it stands there.

        Args:
            update: the first one after `start` is a whole frame.
            started: called when the waveform begins.
        """

    def rest(self) -> None:
        """Sleep; `show` wakes."""

    def close(self) -> None: ...


def wait_for(wires: Wires, is_over: Callable[[], bool], limit: float, what: str, pause: float = 0.002) -> None:
    """Look again and again until something is over.

    Args:
        wires: for the time between.
        is_over: asked every `pause`.
        limit: s; about, since what asking takes is not counted.
        what: for the error: "its reset".
        pause: s.

    Raises:
        DeviceError: it is not over in time.
    """
    waited = 0.0
    while not is_over():
        if waited >= limit:
            raise DeviceError(
                f"the panel has not finished {what} within {limit:g} s: see to its power and its BUSY pin"
            )
        wires.wait(pause)
        waited += pause


def send_command(wires: Wires, code: int, data: bytes = b"") -> None:
    """One command and its data, for controllers with a pin D/C."""
    wires.set_data(False)
    wires.select(True)
    wires.exchange(bytes([code]))
    wires.select(False)
    if data:
        wires.set_data(True)
        wires.select(True)
        wires.exchange(data)
        wires.select(False)
