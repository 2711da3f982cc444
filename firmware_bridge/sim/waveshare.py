"""Waveshare's 4.3" e-Paper UART module: 800 x 600 px, four greys, drawn by commands.

From the vendor's manual, V1.6 of 8 April 2015. A frame is `A5 length(2) command data CC 33 C3 3C parity`; replies are
ASCII without a frame. Drawing fills the module's memory, 0A brings it on the glass, all of it, and takes its time. The
module reads on while it works, up to a buffer's size; what comes beyond is lost, as people have met it who draw faster
than it can work. It trusts the length of a frame: one whose length was damaged swallows what follows.

What the manual leaves open is decided here, and said where it is: the size of the buffer, how long a shape takes, when
the answer to 0A comes (at the end of the refresh), that nothing between frames is answered, no terminators of replies.
"""

from collections import deque
from typing import TYPE_CHECKING, Final, final

from firmware_bridge.sim.drawing import Raster
from firmware_bridge.sim.glass import Glass, Waveform
from firmware_bridge.sim.line import LineDevice

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH: Final = 800
HEIGHT: Final = 600
BAUD: Final = 115_200
BAUDS: Final = (1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200)
HEADER: Final = 0xA5
TRAILER: Final = bytes.fromhex("CC33C33C")
LENGTH_MIN: Final = 9  # bytes of a frame, header to parity
LENGTH_MAX: Final = 1033
BUFFER_BYTES: Final = 4096  # our guess
BOOT_S: Final = 3.0  # from power or reset to the first answer
BAUD_S: Final = 0.1  # until it answers at the new rate
COMMAND_S: Final = 0.000_2  # our guess, as the next: a line stays within the 1.6 ms that it takes on the wire
PIXEL_S: Final = 0.000_000_2
REFRESH: Final = Waveform("4 greys", 1.5, has_flash=True)  # our guess of a panel of its age

INVALID_COMMAND: Final = 0
INVALID_ARGUMENTS: Final = 2
NO_CARD: Final = 3
NO_FILE: Final = 4
BAD_PARITY: Final = 20
BAD_FRAME: Final = 21

_GREYS: Final = bytes([0, 85, 170, 255]) + bytes(252)
_FONT_PX: Final = {1: 32, 2: 48, 3: 64}


class _ModuleError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"Error:{code}")
        self.code = code


@final
class Waveshare43(LineDevice):
    """The module.

    Args:
        boot_s: from power to the first answer; the manual asks to wait 3 s.
        refresh_s: of the whole screen.
    """

    def __init__(self, *, boot_s: float = BOOT_S, refresh_s: float = REFRESH.seconds) -> None:
        super().__init__(BAUD)
        self.glass: Glass = Glass(WIDTH, HEIGHT)
        self._waveform = Waveform(REFRESH.name, refresh_s, has_flash=True)
        self._boot_s = boot_s
        self._is_on = True
        self._is_asleep = False
        self._buffer = bytearray()
        self._replies: deque[bytes] = deque()
        self._ends: float | None = None  # when the command in work is done
        self._new_baud: int | None = None
        self._forget(0.0, 0.0)

    @property
    def is_asleep(self) -> bool:
        return self._is_asleep

    def power(self, is_on: bool, now: float) -> None:
        """What was drawn and set is forgotten; the glass keeps its picture."""
        self.glass.interrupt()
        self._is_on = is_on
        self._sent.clear()
        self._forget(now, self._boot_s)

    def reset(self, now: float) -> None:
        """A pulse on the reset pin."""
        self.power(True, now)

    def wake(self, now: float) -> None:
        """A rising edge on the WAKE_UP pin; ends a sleep, and with it what came in the meantime."""
        if self._is_asleep:
            self._is_asleep = False
            self._buffer.clear()

    def hear(self, data: bytes, now: float) -> None:
        self.on_timer(now)
        if not self._is_on or self._is_asleep or now < self._ready_at:
            self.counts["unheard"] += len(data)
            return
        room = BUFFER_BYTES - len(self._buffer)
        if len(data) > room:
            self.counts["overrun"] += len(data) - room
        self._buffer += data[:room]
        self._work(now)

    def on_timer(self, now: float) -> None:
        self.glass.on_timer(now)
        while self._ends is not None and self._ends <= now:
            ended, self._ends = self._ends, None
            if self._new_baud is not None:
                self.baud, self._new_baud = self._new_baud, None
            while self._replies:
                self.say(self._replies.popleft())
            self._work(ended)

    def next_timer(self) -> float | None:
        times = [time for time in (self._ends, self.glass.busy_until) if time is not None]
        return min(times, default=None)

    def _forget(self, now: float, boot_s: float) -> None:
        self.baud = BAUD
        self.memory = Raster(WIDTH, HEIGHT, 3)
        self._ink, self._paper = 0, 3
        self._rotation = 0
        self._fonts = {0x1E: 1, 0x1F: 1}
        self._buffer.clear()
        self._replies.clear()
        self._ends = self._new_baud = None
        self._ready_at = now + boot_s
        self._is_asleep = False

    def _work(self, now: float) -> None:
        """Takes the next command up, unless one is in work."""
        frame = self._next_frame() if self._ends is None and not self._is_asleep else None
        if frame is None:
            return
        try:
            reply, seconds = self._check(frame, now)
            self.counts["commands"] += 1
        except _ModuleError as error:
            self.counts["errors"] += 1
            self.counts[f"error_{error.code}"] += 1
            reply, seconds = f"Error:{error.code}".encode(), COMMAND_S
        if reply:
            self._replies.append(reply)
        self._ends = now + seconds

    def _next_frame(self) -> bytes | None:
        """A whole frame, right or wrong, taken off the buffer."""
        start = self._buffer.find(HEADER)
        if start != 0:
            skipped = len(self._buffer) if start < 0 else start
            self.counts["skipped"] += skipped
            del self._buffer[:skipped]
        if len(self._buffer) < 3:
            return None
        length = int.from_bytes(self._buffer[1:3], "big")
        if not LENGTH_MIN <= length <= LENGTH_MAX:
            frame = bytes(self._buffer[:3])
        elif len(self._buffer) < length:
            return None
        else:
            frame = bytes(self._buffer[:length])
        del self._buffer[: len(frame)]
        return frame

    def _check(self, frame: bytes, now: float) -> tuple[bytes, float]:
        if len(frame) < LENGTH_MIN or frame[-5:-1] != TRAILER:
            raise _ModuleError(BAD_FRAME)
        parity = 0
        for byte in frame[:-1]:
            parity ^= byte
        if parity != frame[-1]:
            raise _ModuleError(BAD_PARITY)
        return self._do(frame[3], frame[4:-5], now)

    def _do(self, command: int, data: bytes, now: float) -> tuple[bytes, float]:
        """One command: its reply, and how long it takes."""
        match command:
            case 0x00 | 0x0A | 0x2E | 0x08 | 0x02 | 0x06 | 0x0C | 0x11 | 0x1C | 0x1D | 0x0E | 0x0F:
                _expect(data, 0)
                return self._do_bare(command, now)
            case 0x01:
                (baud,) = _numbers(data, 4)
                if baud not in BAUDS:
                    raise _ModuleError(INVALID_ARGUMENTS)
                self._new_baud = baud
                return b"OK", BAUD_S
            case 0x07:
                (storage,) = _limited(data, 0, 1)
                if storage == 1:
                    raise _ModuleError(NO_CARD)
            case 0x0D:
                (self._rotation,) = _limited(data, 0, 1)
            case 0x10:
                self._ink, self._paper = _limited(data, 0, 3, 2)
            case 0x1E | 0x1F:
                (self._fonts[command],) = _limited(data, 1, 3)
            case 0x30 | 0x70:
                return self._do_text(command, data)
            case _:
                return b"OK", COMMAND_S + PIXEL_S * self._draw(command, data)
        return b"OK", COMMAND_S

    def _do_bare(self, command: int, now: float) -> tuple[bytes, float]:
        match command:
            case 0x0A:
                picture = bytes(self.memory.pixels).translate(_GREYS)
                ends = self.glass.refresh(
                    self.glass.whole, picture[::-1] if self._rotation else picture, self._waveform, now
                )
                self.counts["refreshes"] += 1
                return b"OK", ends - now
            case 0x2E:
                return b"OK", COMMAND_S + PIXEL_S * self.memory.clear(self._paper)
            case 0x08:
                self._is_asleep = True
                self._buffer.clear()
                return b"", 0.0
            case 0x0E | 0x0F:
                raise _ModuleError(NO_CARD)
            case 0x02:
                return str(self.baud).encode(), COMMAND_S
            case 0x06:
                return b"0", COMMAND_S  # the storage inside: there is no card
            case 0x0C:
                return str(self._rotation).encode(), COMMAND_S
            case 0x11:
                return f"{self._ink}{self._paper}".encode(), COMMAND_S
            case 0x1C | 0x1D:
                return str(self._fonts[command + 2]).encode(), COMMAND_S
            case _:
                return b"OK", COMMAND_S

    def _draw(self, command: int, data: bytes) -> int:
        memory, ink = self.memory, self._ink
        boxes: dict[int, Callable[[int, int, int, int, int], int]] = {
            0x22: memory.line,
            0x24: memory.fill_rectangle,
            0x25: memory.rectangle,
        }
        if command in boxes:
            x0, y0, x1, y1 = _numbers(data, 2, 4)
            return boxes[command](x0, y0, x1, y1, ink)
        if command == 0x20:
            x, y = _numbers(data, 2, 2)
            return memory.pixel(x, y, ink)
        if command in (0x26, 0x27):
            x, y, radius = _numbers(data, 2, 3)
            return (memory.circle if command == 0x26 else memory.fill_circle)(x, y, radius, ink)
        if command in (0x28, 0x29):
            x0, y0, x1, y1, x2, y2 = _numbers(data, 2, 6)
            points = ((x0, y0), (x1, y1), (x2, y2))
            return (memory.triangle if command == 0x28 else memory.fill_triangle)(points, ink)
        raise _ModuleError(INVALID_COMMAND)

    def _do_text(self, command: int, data: bytes) -> tuple[bytes, float]:
        if len(data) < 6 or data[-1] != 0:
            raise _ModuleError(INVALID_ARGUMENTS)
        if command == 0x70:
            code = INVALID_ARGUMENTS if len(data) - 4 > 11 else NO_FILE
            return f"\nError:{code}".encode(), COMMAND_S  # there are no pictures in it
        x, y = _numbers(data[:4], 2, 2)
        text, drawn = data[4:-1], 0
        while text:  # GB2312: two bytes from A1 on, else ASCII; a character is drawn as the box it would fill
            is_wide = text[0] >= 0xA1 and len(text) > 1
            height = _FONT_PX[self._fonts[0x1F if is_wide else 0x1E]]
            width = height if is_wide else height // 2
            if text[0] != 0x20:
                drawn += self.memory.rectangle(x + 2, y + 2, x + width - 3, y + height - 3, self._ink)
            x, text = x + width, text[2 if is_wide else 1 :]
        return b"OK", COMMAND_S + PIXEL_S * drawn


def _expect(data: bytes, size: int) -> None:
    if len(data) != size:
        raise _ModuleError(INVALID_ARGUMENTS)


def _numbers(data: bytes, size: int, count: int = 1) -> tuple[int, ...]:
    _expect(data, size * count)
    return tuple(int.from_bytes(data[start : start + size], "big") for start in range(0, len(data), size))


def _limited(data: bytes, low: int, high: int, count: int = 1) -> tuple[int, ...]:
    values = _numbers(data, 1, count)
    if not all(low <= value <= high for value in values):
        raise _ModuleError(INVALID_ARGUMENTS)
    return values
