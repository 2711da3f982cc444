"""The SSD1680 with a panel of 128 x 296 px, black and white: the controller of many small panels.

From the controller's public datasheet. 24 is the plane of what is wanted, 1 for white; 26 is the old one where it is
driven in display mode 2 (FF, CF in 22), which moves only what differs between the two; nothing copies one to the other.
Mode 1 (F7, C7) flashes and drives every pixel. BUSY is high while it works and in deep sleep, which only a reset ends.

Ours: times, and that memory is noise after power and after deep sleep mode 2.
"""

from typing import ClassVar, Final, final

from firmware_bridge.sim.chip import Clock, CommandChip, unpack_bits
from firmware_bridge.sim.glass import Glass, Waveform

WIDTH: Final = 128
HEIGHT: Final = 296
COLUMNS: Final = 22  # bytes of a row of its memory, 176 sources; the panel has the first sixteen
ROWS: Final = 296
RESET_S: Final = 0.01
POWER_S: Final = 0.1

FULL: Final = Waveform("full", 1.6, has_flash=True, has_greys=False)
FAST: Final = Waveform("fast", 0.9, has_flash=True, has_greys=False)
PARTIAL: Final = Waveform("partial", 0.4, stays=1, has_greys=False)

CLOCK, ANALOG, TEMPERATURE, LUT, MODE_2, DISPLAY, ANALOG_OFF, CLOCK_OFF = (1 << bit for bit in range(7, -1, -1))
_ONE: Final = (1, 1)


@final
class Ssd1680(CommandChip):
    """The controller with its panel."""

    LENGTHS: ClassVar = {
        0x01: (3, 3), 0x03: _ONE, 0x04: (3, 3), 0x0C: (4, 4), 0x10: _ONE, 0x11: _ONE, 0x12: (0, 0), 0x18: _ONE,
        0x1A: (1, 2), 0x1B: (0, 2), 0x20: (0, 0), 0x21: (1, 2), 0x22: _ONE, 0x24: (0, -1), 0x26: (0, -1), 0x2C: _ONE,
        0x2F: (0, 1), 0x37: (10, 10), 0x3C: _ONE, 0x3F: _ONE, 0x44: (2, 2), 0x45: (4, 4), 0x4E: _ONE, 0x4F: (2, 2),
        0x7F: (0, 0),
    }  # fmt: skip
    STREAMS = frozenset({0x24, 0x26})

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, Glass(WIDTH, HEIGHT), busy_level=True)
        self.lose_memory()
        self.restart()

    @property
    def is_busy(self) -> bool:
        return self._is_asleep or super().is_busy

    def lose_memory(self) -> None:
        size = COLUMNS * ROWS
        self._planes = {0x24: bytearray(b"\xa5" * size), 0x26: bytearray(b"\x5a" * size)}
        self._written = {0x24: 0, 0x26: 0}  # bytes since

    def restart(self) -> None:
        self._is_asleep = False
        self._has_begun = False
        self._written = {0x24: 0, 0x26: 0}
        self._soft_reset()

    def why_deaf(self, command: int) -> str:
        return "in deep sleep, which only a reset ends" if self._is_asleep else ""

    def begin(self, command: int) -> None:
        if command in self.STREAMS and not self._is_in_window(self._x, self._y):
            self.fault(f"memory is written from column {self._x}, row {self._y}, outside its window")

    def answer(self, command: int, size: int) -> bytes:
        return bytes([0x19, 0x00])[:size] if command == 0x1B else bytes(size)  # 25 degrees Celsius

    def stream(self, command: int, data: bytes) -> None:
        plane = self._planes[command]
        for byte in data:
            if self._x < COLUMNS and self._y < ROWS:
                plane[self._y * COLUMNS + self._x] = byte
            self._step()
        self._written[command] += len(data)

    def finish(self, command: int, data: bytes) -> None:
        match command:
            case 0x01:
                if int.from_bytes(data[:2], "little") != HEIGHT - 1:
                    self.fault(f"{int.from_bytes(data[:2], 'little') + 1} gates; the panel has {HEIGHT}")
                self._has_gates = True
            case 0x10:
                self._sleep(data[0])
            case 0x11:
                self._entry = data[0] & 7
            case 0x12:
                self._soft_reset()
                self.occupy(RESET_S)
            case 0x18:
                self._has_sensor = data[0] == 0x80
            case 0x1A:
                self._is_stated = True
            case 0x20:
                self._activate()
            case 0x21:
                self._options = data[0]
            case 0x22:
                self._sequence = data[0]
            case 0x44:
                self._columns = (data[0] & 0x3F, data[1] & 0x3F)
            case 0x45:
                self._rows = (int.from_bytes(data[:2], "little"), int.from_bytes(data[2:], "little"))
            case 0x4E:
                self._x = data[0] & 0x3F
            case 0x4F:
                self._y = int.from_bytes(data, "little")
            case _:
                pass

    def _soft_reset(self) -> None:
        """Registers as after power; memory stays."""
        self._command = None
        self._data.clear()
        self._entry = 3
        self._columns, self._rows = (0, COLUMNS - 1), (0, ROWS - 1)
        self._x = self._y = 0
        self._options = 0
        self._sequence = 0xFF
        self._is_clocked = self._is_powered = False
        self._loaded: Waveform | None = None
        self._has_sensor = self._is_stated = False
        self._has_gates = False

    def _is_in_window(self, x: int, y: int) -> bool:
        return min(self._columns) <= x <= max(self._columns) and min(self._rows) <= y <= max(self._rows)

    def _step(self) -> None:
        """The address counter after a byte: along one axis, and at its end along the other."""
        right, down = bool(self._entry & 1), bool(self._entry & 2)
        x0, x1 = min(self._columns), max(self._columns)
        y0, y1 = min(self._rows), max(self._rows)
        if self._entry & 4:
            self._y, is_over = _advance(self._y, y0, y1, down)
            if is_over:
                self._x, _ = _advance(self._x, x0, x1, right)
        else:
            self._x, is_over = _advance(self._x, x0, x1, right)
            if is_over:
                self._y, _ = _advance(self._y, y0, y1, down)

    def _sleep(self, mode: int) -> None:
        if mode & 3 == 0:
            return
        if self._is_powered:
            self.fault("deep sleep with the high voltage on, which harms the panel")
        self._is_asleep = True
        if mode & 3 == 3:
            self.lose_memory()

    def _activate(self) -> None:
        """20: what 22 has named, in the order of its bits."""
        steps = self._sequence
        if steps & CLOCK:
            self._is_clocked = True
        if steps & ANALOG:
            self._is_powered = True
            self.occupy(POWER_S)
        if steps & LUT:
            self._load_lut(steps)
        if steps & DISPLAY:
            self._display(steps)
        if steps & ANALOG_OFF:
            self._is_powered = False
            self.occupy(POWER_S)
        if steps & CLOCK_OFF:
            self._is_clocked = False

    def _load_lut(self, steps: int) -> None:
        if not self._is_clocked:
            self.fault("a waveform loaded without the clock")
            return
        is_measured = bool(steps & TEMPERATURE)
        if is_measured and not self._has_sensor:
            self.fault("the temperature is loaded, but 18 has not chosen the sensor inside")
        if steps & MODE_2:
            self._loaded = PARTIAL
        else:
            self._loaded = FAST if self._is_stated and not is_measured else FULL

    def _display(self, steps: int) -> None:
        if not self._is_clocked or not self._is_powered:
            self.fault(f"an update ({steps:02X}) without clock and high voltage")
            return
        if not self._has_gates:
            self.fault("an update before the number of gates (01) is set")
        wanted = PARTIAL if steps & MODE_2 else None
        if self._loaded is None or (self._loaded is PARTIAL) != (wanted is PARTIAL):
            self.fault(f"an update ({steps:02X}) in a display mode whose waveform is not loaded")
            return
        if self._loaded is PARTIAL and not self._has_begun and self._written[0x26] < WIDTH * HEIGHT // 8:
            self.fault("a partial update after a reset, with neither a full one before it nor the old plane written")
        before = self._greys(0x26, self._options >> 4) if self._loaded is PARTIAL else None
        pixels = self._greys(0x24, self._options)
        ends = self.glass.refresh(self.glass.whole, pixels, self._loaded, self.now, before=before)
        self.occupy(ends - self.now)
        self._has_begun = self._has_begun or self._loaded.has_flash

    def _greys(self, command: int, option: int) -> bytes:
        """A plane as the option of 21 has it: as it is, as if all were 0, or inverse."""
        plane = self._planes[command]
        shown = b"".join(bytes(plane[row * COLUMNS : row * COLUMNS + WIDTH // 8]) for row in range(HEIGHT))
        if option & 4:
            shown = bytes(len(shown))
        return unpack_bits(shown, 255, 0) if option & 8 else unpack_bits(shown, 0, 255)


def _advance(at: int, low: int, high: int, is_up: bool) -> tuple[int, bool]:
    """The next place, and whether it began again."""
    if is_up:
        return (low, True) if at >= high else (at + 1, False)
    return (high, True) if at <= low else (at - 1, False)
