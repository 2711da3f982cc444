"""The controller of Waveshare's 7.5" panel, second version: UC8179 class, 800 x 480 px, black and white or four greys.

From the vendor's sample sequences and the controller's register tables. It drives differentially: the old plane (10)
against the new one (13), and a partial refresh moves only what differs between them. Bit 3 of the first byte of 50
copies the new plane to the old one after each refresh; bit 0 turns the meaning of both planes: 0 takes 1 for black, 1
takes 1 for white. E0 02 with E5 states a temperature, which chooses the waveform: 5A fast, 6E partial, 5F four greys.

Ours: how the two planes name four greys (10 and 13: 00 white, 10 light, 01 dark, 11 black), the times between the
figures that users report, and that memory is noise after power, deep sleep and reset.
"""

from typing import ClassVar, Final, final

from firmware_bridge.panel.values import Rect
from firmware_bridge.sim.chip import Clock, CommandChip, unpack_bits
from firmware_bridge.sim.glass import Glass, Waveform

WIDTH: Final = 800
HEIGHT: Final = 480
PLANE_BYTES: Final = WIDTH * HEIGHT // 8
POWER_ON_S: Final = 0.1
POWER_OFF_S: Final = 0.03

FULL: Final = Waveform("full", 4.2, has_flash=True, has_greys=False)
FAST: Final = Waveform("fast", 1.3, has_flash=True, has_greys=False)
PARTIAL: Final = Waveform("partial", 0.45, stays=1, has_greys=False)
FOUR_GREYS: Final = Waveform("four greys", 2.0, has_flash=True)
_BY_TEMPERATURE: Final = {0x5A: FAST, 0x6E: PARTIAL, 0x5F: FOUR_GREYS}
_ONE: Final = (1, 1)


@final
class Uc8179(CommandChip):
    """The controller with its panel."""

    LENGTHS: ClassVar = {
        0x00: _ONE, 0x01: (4, 5), 0x02: (0, 0), 0x03: _ONE, 0x04: (0, 0), 0x06: (3, 4), 0x07: _ONE,
        0x10: (0, -1), 0x11: (0, 1), 0x12: (0, 0), 0x13: (0, -1), 0x15: _ONE, 0x30: _ONE, 0x50: (1, 2), 0x60: _ONE,
        0x61: (4, 4), 0x65: (4, 4), 0x71: (0, 1), 0x82: _ONE, 0x90: (9, 9), 0x91: (0, 0), 0x92: (0, 0),
        0xE0: _ONE, 0xE3: _ONE, 0xE5: _ONE,
    }  # fmt: skip
    STREAMS = frozenset({0x10, 0x13})
    WHILE_BUSY = frozenset({0x71})

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, Glass(WIDTH, HEIGHT), busy_level=False)
        self.lose_memory()
        self.restart()

    def lose_memory(self) -> None:
        self._planes = {0x10: bytearray(b"\xa5" * PLANE_BYTES), 0x13: bytearray(b"\x5a" * PLANE_BYTES)}

    def restart(self) -> None:
        self.lose_memory()
        self._command = None
        self._data.clear()
        self._is_asleep = False
        self._is_powered = False
        self._is_set = False  # 00 has come
        self._interval = 0x31  # 50, first byte
        self._window: Rect | None = None
        self._is_partial = False
        self._is_stated = False  # E0 02: the temperature is what E5 says
        self._temperature: int | None = None
        self._streamed = 0  # bytes of the plane in work
        self._is_old_known = False  # 10 has been written as a whole, or a full refresh has been shown

    def why_deaf(self, command: int) -> str:
        return "in deep sleep, which only a reset ends" if self._is_asleep else ""

    def begin(self, command: int) -> None:
        if command in self.STREAMS:
            self._streamed = 0

    def answer(self, command: int, size: int) -> bytes:
        return bytes([0 if self.is_busy else 1]) * size if command == 0x71 else bytes(size)

    def stream(self, command: int, data: bytes) -> None:
        area = self._area()
        row_bytes, plane = area.w // 8, self._planes[command]
        room = row_bytes * area.h - self._streamed
        if len(data) > room:
            self.fault(f"command {command:02X} with more data than its window of {area.w} x {area.h} px takes")
            data = data[:room]
        while data:
            row, column = divmod(self._streamed, row_bytes)
            part = data[: row_bytes - column]
            start = (area.y + row) * WIDTH // 8 + area.x // 8 + column
            plane[start : start + len(part)] = part
            self._streamed += len(part)
            data = data[len(part) :]

    def finish(self, command: int, data: bytes) -> None:
        match command:
            case 0x00:
                self._is_set = True
                if data[0] != 0x1F:
                    self.fault(f"panel setting {data[0]:02X}; with waveforms of its own it is 1F")
            case 0x04:
                self._is_powered = True
                self.occupy(POWER_ON_S)
            case 0x02:
                self._is_powered = False
                self.occupy(POWER_OFF_S)
            case 0x07:
                self._sleep(data[0])
            case 0x10 | 0x13:
                self._end_stream(command)
            case 0x12:
                self._refresh()
            case 0x50:
                self._interval = data[0]
            case 0x61:
                if data != WIDTH.to_bytes(2, "big") + HEIGHT.to_bytes(2, "big"):
                    self.fault(f"resolution {data.hex(' ')}; the panel has {WIDTH} x {HEIGHT} px")
            case 0x90:
                self._set_window(data)
            case 0x91:
                self._is_partial = True
            case 0x92:
                self._is_partial = False
            case 0xE0:
                self._is_stated = data[0] == 0x02
            case 0xE5:
                self._temperature = data[0]
            case _:
                pass

    def _area(self) -> Rect:
        whole = Rect(0, 0, WIDTH, HEIGHT)
        return self._window if self._is_partial and self._window is not None else whole

    def _set_window(self, data: bytes) -> None:
        x0, x1, y0, y1 = (int.from_bytes(data[start : start + 2], "big") for start in (0, 2, 4, 6))
        if x0 % 8 or x1 % 8 != 7:
            self.fault(f"a window from x {x0} to {x1}: it begins at a multiple of 8 and ends before one")
        elif x0 > x1 or y0 > y1 or x1 >= WIDTH or y1 >= HEIGHT:
            self.fault(f"a window from {x0}, {y0} to {x1}, {y1}, which is not on the panel")
        else:
            self._window = Rect(x0, y0, x1 - x0 + 1, y1 - y0 + 1)

    def _end_stream(self, command: int) -> None:
        area = self._area()
        if self._streamed != area.area // 8:
            self.fault(f"command {command:02X} with {self._streamed} bytes for a window of {area.area // 8}")
        elif command == 0x10 and area.area == WIDTH * HEIGHT:
            self._is_old_known = True

    def _sleep(self, check: int) -> None:
        if check != 0xA5:
            self.fault(f"deep sleep with {check:02X}; it asks for A5")
            return
        if self._is_powered:
            self.fault("deep sleep with the high voltage on, which harms the panel; 02 comes first")
        self._is_asleep = True

    def _refresh(self) -> None:
        waveform = FULL
        if self._is_stated:
            found = _BY_TEMPERATURE.get(self._temperature) if self._temperature is not None else None
            if found is None:
                self.fault(f"a stated temperature of {self._temperature}, for which no waveform is known")
                return
            waveform = found
        if not self._is_powered or not self._is_set:
            self.fault("a refresh before power on (04) and panel setting (00)")
            return
        if self._is_partial and self._window is None:
            self.fault("a partial refresh without a window (90)")
            return
        if waveform is PARTIAL and not self._is_old_known:
            self.fault("a partial refresh after a reset, with neither a full one before it nor the old plane written")
        area = self._area()
        old, new = self._cut(0x10, area), self._cut(0x13, area)
        if waveform is FOUR_GREYS:
            dark = unpack_bits(new, 0, 170)
            light = unpack_bits(old, 0, 85)
            pixels = bytes(255 - one - other for one, other in zip(dark, light, strict=True))
        else:
            pixels = self._greys(new)
        before = self._greys(old) if waveform is PARTIAL else None
        ends = self.glass.refresh(area, pixels, waveform, self.now, before=before)
        self.occupy(ends - self.now)
        if waveform.has_flash and area.area == WIDTH * HEIGHT:
            self._is_old_known = True
        if self._interval & 0x08:
            self._paste(0x10, area, new)

    def _greys(self, plane: bytes) -> bytes:
        return unpack_bits(plane, 0, 255) if self._interval & 0x01 else unpack_bits(plane, 255, 0)

    def _cut(self, command: int, area: Rect) -> bytes:
        plane, size = self._planes[command], area.w // 8
        starts = range(area.y * WIDTH // 8 + area.x // 8, (area.y + area.h) * WIDTH // 8, WIDTH // 8)
        return b"".join(bytes(plane[start : start + size]) for start in starts)

    def _paste(self, command: int, area: Rect, data: bytes) -> None:
        plane, size = self._planes[command], area.w // 8
        for row in range(area.h):
            start = (area.y + row) * WIDTH // 8 + area.x // 8
            plane[start : start + size] = data[row * size : (row + 1) * size]
