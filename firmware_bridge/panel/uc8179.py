"""UC8179: the controller of Waveshare's 7.5 inch V2 and its kin, black and white, over SPI with a pin D/C.

It drives each px by what was (plane 10) and what shall be (plane 13). A driver that lets the old plane go stale leaves
ghosts, so both are written before every refresh, from our own copy of the glass. The meaning of a bit hangs on
register 50: with `10 07` a one is black, with `A9 07` a one is white.

Its partial waveform is chosen by telling it a temperature that is not so (register E5), so it does not suit the cold.
BUSY is low while it works, asked for by command 71. Deep sleep ends with a reset, after which the old plane is written
whole again.

Source: Waveshare's driver of the 7.5 inch V2, the UC8179 data sheet.
"""

from collections.abc import Callable
from typing import final

from firmware_bridge.errors import DeviceError
from firmware_bridge.panel import frame
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.values import Mode, PanelFacts, Rect, Update
from firmware_bridge.panel.wires import Wires, send_command, wait_for

PSR, PWR, POF, PON, BTST, DSLP = 0x00, 0x01, 0x02, 0x04, 0x06, 0x07
OLD, DRF, NEW, DSPI, CDI, TCON, TRES, FLG = 0x10, 0x12, 0x13, 0x15, 0x50, 0x60, 0x61, 0x71
PTL, PTIN, PTOUT, CCSET, TSSET = 0x90, 0x91, 0x92, 0xE0, 0xE5

BOOSTER, BOOSTER_QUICK = bytes.fromhex("17172817"), bytes.fromhex("27271817")
POWER = bytes.fromhex("07072817")
BLACK_IS_1, WHITE_IS_1, FLOATING = bytes.fromhex("1007"), bytes.fromhex("a907"), b"\xf7"
TOLD_PARTIAL, TOLD_QUICK = b"\x6e", b"\x5a"  # temperatures that stand for waveforms

POWER_S, BEGIN_S, SHOWN_S = 2.0, 0.1, 30.0
RESET_S = 0.02


@final
class Uc8179:
    """Driver of one controller."""

    def __init__(self, wires: Wires, width: int = 800, height: int = 480, *, is_quick: bool = False) -> None:
        """
        Args:
            wires: its pins.
            width: px, a multiple of 8.
            height: px.
            is_quick: full refreshes by the fast waveform: 1.2 s and one inversion instead of 4.2 s.
        """
        self._wires = wires
        self._glass = Frame(width, height)
        self._is_known = False  # the glass shows what our copy says
        self._is_partial = False  # it is set up for partial refreshes
        self._is_asleep = False
        self._is_quick = is_quick

    def start(self) -> PanelFacts:
        self._is_known = False
        self._set_up()
        full = 1.2 if self._is_quick else 4.2
        return PanelFacts(
            self._glass.width,
            self._glass.height,
            modes=frozenset({Mode.FULL, Mode.GREY, Mode.FAST}),
            align_x=8,
            durations=((Mode.FULL, full), (Mode.GREY, 0.45), (Mode.FAST, 0.45)),
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
        if is_full:
            self._show_full(update.pixels, started)
        else:
            self._show_part(update.rect, update.pixels, started)
        self._glass.paste(update.rect, update.pixels)
        if is_full:
            self._prepare_parts()  # now, when nobody waits, and not when a pen does: it sends both planes
        self._is_known = True

    def rest(self) -> None:
        if self._is_asleep:
            return
        self._send(CDI, FLOATING)
        self._send(POF)
        self._wait(POWER_S, "its power off")
        self._send(DSLP, b"\xa5")
        self._is_asleep = True

    def close(self) -> None:
        self._wires.close()

    def _set_up(self) -> None:
        """Reset and tell it what it drives; its planes are not to be trusted after that."""
        wires = self._wires
        for level in (True, False, True):
            wires.set_reset(level)
            wires.wait(RESET_S)
        self._is_asleep = self._is_partial = False
        glass = self._glass
        self._send(BTST, BOOSTER_QUICK if self._is_quick else BOOSTER)
        self._send(PWR, POWER)
        self._power_on()
        self._send(PSR, b"\x1f")
        self._send(TRES, glass.width.to_bytes(2, "big") + glass.height.to_bytes(2, "big"))
        self._send(DSPI, b"\0")
        self._send(CDI, BLACK_IS_1)
        self._send(TCON, b"\x22")
        if self._is_quick:
            self._send(CCSET, b"\x02")
            self._send(TSSET, TOLD_QUICK)

    def _show_full(self, pixels: bytes, started: Callable[[], None]) -> None:
        """From a reset on, which also brings back a controller that has lost its way."""
        self._set_up()
        white = frame.pack(pixels, self._glass.width, 2)
        self._send(OLD, white)  # as if all were to change: every px is driven
        self._send(NEW, _invert(white))
        self._refresh(started)

    def _show_part(self, rect: Rect, pixels: bytes, started: Callable[[], None]) -> None:
        if self._is_asleep:
            self._set_up()
        else:
            self._wait(POWER_S, "what it did before")
        if not self._is_partial:
            self._prepare_parts()
        self._send(CDI, WHITE_IS_1)
        self._send(PTIN)
        edges = (rect.x, rect.x + rect.w - 1, rect.y, rect.y + rect.h - 1)
        self._send(PTL, b"".join([edge.to_bytes(2, "big") for edge in edges]) + b"\x01")
        self._send(OLD, frame.pack(self._glass.crop(rect), rect.w, 2))
        self._send(NEW, frame.pack(pixels, rect.w, 2))
        self._refresh(started)
        self._send(PTOUT)

    def _prepare_parts(self) -> None:
        """Into the state that partial refreshes begin from."""
        self._send(PSR, b"\x1f")
        self._power_on()
        self._send(CCSET, b"\x02")
        self._send(TSSET, TOLD_PARTIAL)
        self._send(CDI, WHITE_IS_1)
        # the planes hold ones for black since the last full refresh, or nothing since a reset
        glass = frame.pack(bytes(self._glass.pixels), self._glass.width, 2)
        self._send(OLD, glass)
        self._send(NEW, glass)
        self._is_partial = True

    def _refresh(self, started: Callable[[], None]) -> None:
        self._send(DRF)
        what = "waiting (it does not begin: is its cable loose?)"
        wait_for(self._wires, lambda: not self._wires.busy_level(), BEGIN_S, what, 0.001)  # needs 200 us to fall
        started()
        self._wait(SHOWN_S, "its refresh")

    def _power_on(self) -> None:
        self._send(PON)
        self._wait(POWER_S, "its power on")

    def _wait(self, limit: float, what: str) -> None:
        def is_over() -> bool:
            self._send(FLG)
            return self._wires.busy_level()

        wait_for(self._wires, is_over, limit, what, 0.005)

    def _send(self, code: int, data: bytes = b"") -> None:
        send_command(self._wires, code, data)


def _invert(packed: bytes) -> bytes:
    return (int.from_bytes(packed, "big") ^ (1 << 8 * len(packed)) - 1).to_bytes(len(packed), "big")
