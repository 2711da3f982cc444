"""Panels on a board's own SPI bus and GPIO pins; needs the optional `python-periphery`, which is pure Python.

Chip select may be a pin of ours; without one the kernel drives it, once for each exchange. An IT8951 needs one of
ours, free of the kernel: `dtoverlay=spi0-0cs` on a Raspberry Pi.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from firmware_bridge.errors import DeviceError

if TYPE_CHECKING:
    from periphery import GPIO, SPI

CHUNK = 4096  # bytes: what spidev takes at once unless told otherwise
NO_KERNEL_SELECT = 0x40  # SPI_NO_CS


@dataclass(frozen=True, slots=True)
class Pins:
    """Lines of one GPIO chip, by number; the defaults are those of Waveshare's HATs on a Raspberry Pi."""

    chip: str = "/dev/gpiochip0"
    busy: int = 24
    reset: int = 17
    data: int | None = 25  # D/C; None: the controller has none
    select: int | None = None  # None: the kernel's


@final
class SpiWires:
    """`Wires` of a panel on a spidev device."""

    def __init__(self, device: str, pins: Pins, hertz: int = 10_000_000) -> None:
        """
        Args:
            device: "/dev/spidev0.0".
            pins: where the rest hangs.
            hertz: of the bus; an IT8951 takes 24 MHz at most, the others 10 MHz.

        Raises:
            DeviceError: the library is missing, or device or pins cannot be had; the text says what to do.
        """
        try:
            import periphery
        except ImportError as error:
            raise DeviceError("SPI panels need python-periphery: pip install python-periphery") from error
        self._lines: list[GPIO] = []
        self._bus: SPI | None = None
        try:
            flags = 0 if pins.select is None else NO_KERNEL_SELECT
            self._bus = periphery.SPI(device, 0, hertz, extra_flags=flags)
            self._busy = self._open(periphery.GPIO, pins.chip, pins.busy, "in")
            self._reset = self._open(periphery.GPIO, pins.chip, pins.reset, "high")
            self._data = None if pins.data is None else self._open(periphery.GPIO, pins.chip, pins.data, "low")
            self._select = None if pins.select is None else self._open(periphery.GPIO, pins.chip, pins.select, "high")
        except (OSError, LookupError, ValueError) as error:
            self.close()
            raise DeviceError(
                f"cannot use {device} with {pins.chip}: {error}; is SPI switched on, are the pins free, "
                "and is this user in the groups spi and gpio?"
            ) from error

    def select(self, on: bool) -> None:
        if self._select is not None:
            self._write(self._select, not on)

    def exchange(self, data: bytes) -> bytes:
        bus = self._bus
        if bus is None:
            raise DeviceError("the SPI device is closed")
        try:
            return b"".join([bytes(bus.transfer(data[at : at + CHUNK])) for at in range(0, len(data), CHUNK)])
        except OSError as error:
            raise DeviceError(f"the SPI device fails: {error}") from error

    def set_data(self, level: bool) -> None:
        if self._data is None:
            raise DeviceError("this panel needs a pin D/C")
        self._write(self._data, level)

    def busy_level(self) -> bool:
        try:
            return bool(self._busy.read())
        except OSError as error:
            raise DeviceError(f"the BUSY pin cannot be read: {error}") from error

    def set_reset(self, level: bool) -> None:
        self._write(self._reset, level)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def close(self) -> None:
        bus, self._bus = self._bus, None
        lines, self._lines = self._lines, []
        for part in (bus, *lines):
            if part is not None:
                try:
                    part.close()
                except OSError as error:
                    raise DeviceError(f"a pin or the SPI device cannot be let go of: {error}") from error

    def _open(self, make: "type[GPIO]", chip: str, line: int, direction: str) -> "GPIO":
        opened = make(chip, line, direction)
        self._lines.append(opened)
        return opened

    @staticmethod
    def _write(line: "GPIO", level: bool) -> None:
        try:
            line.write(level)
        except OSError as error:
            raise DeviceError(f"a pin cannot be set: {error}") from error
