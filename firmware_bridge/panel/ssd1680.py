"""SSD1680 and its kin (SSD1681, SSD1683): controllers of small black and white panels, over SPI with a pin D/C.

Two planes, a one is white: 24 what shall be, 26 what was. Both are written before every partial refresh, from our own
copy of the glass; a full one ignores 26 (register 21). Refreshes are command 22 with the steps that 20 then takes,
one a bit: clock, supply, temperature, waveform, second kind of waveform, show, supply off, clock off. F7 is a full
refresh, FF a partial one; both leave the high voltage off. BUSY is high while it works. Deep sleep ends with a reset.

Source: the SSD1680 data sheet (command table, sequence for the OTP waveforms), Waveshare's drivers of the 2.13 inch V4
and the 2.9 inch V2 panels.
"""

from collections.abc import Callable
from typing import final

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel import frame
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.values import Mode, PanelFacts, Rect, Update
from firmware_bridge.panel.wires import Wires, send_command, wait_for

GATES, SLEEP, ENTRY, RESET, SENSOR, ACTIVATE, UPDATE_1, UPDATE_2 = 0x01, 0x10, 0x11, 0x12, 0x18, 0x20, 0x21, 0x22
NEW, OLD, BORDER, RANGE_X, RANGE_Y, AT_X, AT_Y = 0x24, 0x26, 0x3C, 0x44, 0x45, 0x4E, 0x4F

FULL, PARTIAL = b"\xf7", b"\xff"
IGNORE_OLD, KEEP_OLD = 0x40, 0x00
BORDER_FULL, BORDER_PARTIAL = b"\x05", b"\x80"

RESET_S, BEGIN_S, SHOWN_S = 1.0, 0.1, 15.0


@final
class Ssd1680:
    """Driver of one controller."""

    def __init__(self, wires: Wires, width: int = 128, height: int = 296, *, sources: int = 0x80) -> None:
        """
        Args:
            wires: its pins.
            width: px, at most 176: 122 of the 2.13 inch panel, 128 of the 2.9 inch one.
            height: px, at most 296.
            sources: which outputs drive columns, second byte of register 21: 0x80 S8 to S167, 0x00 S0 to S175.
        """
        self._wires = wires
        self._glass = Frame(width, height)
        self._sources = sources
        self._is_known = False  # the glass shows what our copy says
        self._is_asleep = False

    def start(self) -> PanelFacts:
        self._is_known = False
        self._set_up()
        return PanelFacts(
            self._glass.width,
            self._glass.height,
            modes=frozenset({Mode.FULL, Mode.GREY, Mode.FAST}),
            align_x=8,
            durations=((Mode.FULL, 2.0), (Mode.GREY, 0.4), (Mode.FAST, 0.4)),
            full_every_s=180.0,
            has_sleep=True,
        )

    def show(self, update: Update, started: Callable[[], None]) -> None:
        is_full = update.mode is Mode.FULL and update.rect == self._glass.rect
        if not is_full and not self._is_known:
            raise DeviceError("the first refresh of a panel is a full one")
        if not is_full and update.mode not in (Mode.GREY, Mode.FAST):
            raise DeviceError(f"no refresh {update.mode.value} of {update.rect}")
        self._is_known = False  # until it has ended well
        if not is_full and not self._is_asleep:
            self._wait(RESET_S, "what it did before")
        if is_full or self._is_asleep:
            self._set_up()
            if not is_full:  # a reset may have cost the planes, which a partial refresh compares as a whole
                for plane in (OLD, NEW):
                    self._write(plane, self._glass.rect, bytes(self._glass.pixels))
        if is_full:
            self._write(NEW, update.rect, update.pixels)
            self._write(OLD, update.rect, update.pixels)
            self._refresh(FULL, IGNORE_OLD, BORDER_FULL, started)
        else:
            self._write(OLD, update.rect, self._glass.crop(update.rect))
            self._write(NEW, update.rect, update.pixels)
            self._refresh(PARTIAL, KEEP_OLD, BORDER_PARTIAL, started)
        self._glass.paste(update.rect, update.pixels)
        # After a partial refresh the planes must be alike where it was, else the next would drive these px again.
        if not is_full:
            self._write(OLD, update.rect, update.pixels)
        self._is_known = True

    def rest(self) -> None:
        if not self._is_asleep:
            self._send(SLEEP, b"\x01")
            self._is_asleep = True

    def close(self) -> None:
        self._wires.close()

    def _set_up(self) -> None:
        wires, glass = self._wires, self._glass
        for level in (True, False, True):
            wires.set_reset(level)
            wires.wait(0.01)
        self._is_asleep = False
        self._wait(RESET_S, "its reset")
        self._send(RESET)
        self._wait(RESET_S, "its reset")
        self._send(GATES, (glass.height - 1).to_bytes(2, "little") + b"\0")
        self._send(ENTRY, b"\x03")  # rightwards, then downwards
        self._send(SENSOR, b"\x80")  # its own

    def _write(self, plane: int, rect: Rect, pixels: bytes) -> None:
        right, below = rect.x + rect.w - 1, rect.y + rect.h - 1
        self._send(RANGE_X, bytes([rect.x // 8, right // 8]))
        self._send(RANGE_Y, rect.y.to_bytes(2, "little") + below.to_bytes(2, "little"))
        self._send(AT_X, bytes([rect.x // 8]))
        self._send(AT_Y, rect.y.to_bytes(2, "little"))
        self._send(plane, frame.pack(pixels, rect.w, 2))

    def _refresh(self, steps: bytes, old: int, border: bytes, started: Callable[[], None]) -> None:
        self._send(BORDER, border)
        self._send(UPDATE_1, bytes([old, self._sources]))
        self._send(UPDATE_2, steps)
        self._send(ACTIVATE)
        wait_for(
            self._wires, self._wires.busy_level, BEGIN_S, "waiting (it does not begin: is its cable loose?)", 0.001
        )
        started()
        self._wait(SHOWN_S, "its refresh")

    def _wait(self, limit: float, what: str) -> None:
        wait_for(self._wires, lambda: not self._wires.busy_level(), limit, what, 0.005)

    def _send(self, code: int, data: bytes = b"") -> None:
        send_command(self._wires, code, data)
