"""What simulated panel controllers on SPI have in common: pins, time, and a list of what was done wrong.

A controller is held by the same wires as a real one (`panel.wires.Wires`). What a real one would answer with garbage,
or not at all, is written into `faults`, in words: a driver is right when its pictures are right and the list is empty.
Time is given by a clock: a virtual one, which only waiting moves, or the machine's.
"""

from math import inf
from typing import ClassVar, Final, Protocol, final

from firmware_bridge.panel.wires import Wires
from firmware_bridge.sim.glass import Glass

LOOK_S: Final = 0.000_01  # that a look at a pin takes: whoever looks without waiting gets on too
FAULTS_MAX: Final = 100


class Clock(Protocol):
    def now(self) -> float:
        """s, monotonic."""

    def wait(self, seconds: float) -> None: ...


@final
class VirtualClock:
    """Stands still unless somebody waits."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def wait(self, seconds: float) -> None:
        self._now += max(0.0, seconds)


class Chip(Wires):
    """Pins and time. A subclass hears bytes in `hear`, begins anew in `restart`, and says it is busy with `occupy`.

    Args:
        clock: what time it is.
        glass: what it drives.
        busy_level: of its busy pin while it is busy.
    """

    def __init__(self, clock: Clock, glass: Glass, *, busy_level: bool) -> None:
        self.glass = glass
        self.faults: list[str] = []
        self.is_closed = False
        self._clock = clock
        self._busy_level = busy_level
        self._busy_until = clock.now()
        self._is_selected = False
        self._is_data = False
        self._is_held = False  # in reset
        self._is_there = True

    # -- the wires

    def select(self, on: bool) -> None:
        self._tick()
        self._is_selected = on

    def set_data(self, level: bool) -> None:
        self._is_data = level

    def set_reset(self, level: bool) -> None:
        """Low resets; it begins anew when the level rises."""
        self._tick()
        if not level:
            self._is_held = True
            self.glass.interrupt()
        elif self._is_held:
            self._is_held = False
            if self._is_there:
                self._busy_until = self._clock.now()
                self.restart()

    def exchange(self, data: bytes) -> bytes:
        self._tick()
        if not self._is_there:
            return bytes(len(data))
        if not self._is_selected:
            self.fault("bytes while it was not selected")
        elif self._is_held:
            self.fault("bytes while it was held in reset")
        else:
            return self.hear(data)
        return bytes(len(data))

    def busy_level(self) -> bool:
        self._clock.wait(LOOK_S)
        self._tick()
        return self._is_there and self._busy_level == self.is_busy  # a loose pin is pulled down

    def wait(self, seconds: float) -> None:
        self._clock.wait(seconds)
        self._tick()

    def close(self) -> None:
        self.is_closed = True

    # -- what happens to it

    def cut_power(self) -> None:
        """The power goes and comes: registers and memory are gone, the glass keeps its picture."""
        self.glass.interrupt()
        self._busy_until = self._clock.now()
        self.lose_memory()
        self.restart()

    def hang(self) -> None:
        """It stays busy for good; a reset helps."""
        self._busy_until = inf

    def pull_out(self) -> None:
        """The ribbon comes loose: nobody answers, and bytes and levels are all 0."""
        self.glass.interrupt()
        self._is_there = False

    def put_in(self) -> None:
        """The ribbon is back, and with it the power."""
        self._is_there = True
        self.cut_power()

    # -- for subclasses

    @property
    def is_busy(self) -> bool:
        return self._is_held or self._clock.now() < self._busy_until

    @property
    def now(self) -> float:
        return self._clock.now()

    def hear(self, data: bytes) -> bytes:
        raise NotImplementedError

    def restart(self) -> None:
        raise NotImplementedError

    def lose_memory(self) -> None:
        raise NotImplementedError

    def fault(self, text: str) -> None:
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(text)

    def occupy(self, seconds: float) -> None:
        self._busy_until = max(self._busy_until, self._clock.now()) + seconds

    def _tick(self) -> None:
        self.glass.on_timer(self._clock.now())


class CommandChip(Chip):
    """A controller with a pin that tells commands from data: UC81xx, SSD16xx.

    A subclass names how many bytes of data each command takes in `LENGTHS`, does what follows at once in `begin`, and
    what needs the data in `finish`. Both are called for commands it knows and while it is not busy.
    """

    LENGTHS: ClassVar[dict[int, tuple[int, int]]]  # least and most; of image data: -1
    STREAMS: ClassVar[frozenset[int]]  # commands whose data go into a memory
    WHILE_BUSY: ClassVar[frozenset[int]] = frozenset()

    def __init__(self, clock: Clock, glass: Glass, *, busy_level: bool) -> None:
        super().__init__(clock, glass, busy_level=busy_level)
        self._command: int | None = None
        self._data = bytearray()

    def hear(self, data: bytes) -> bytes:
        if self._is_data:
            return self._hear_data(data)
        for byte in data:
            self._hear_command(byte)
        return bytes(len(data))

    def begin(self, command: int) -> None:
        raise NotImplementedError

    def finish(self, command: int, data: bytes) -> None:
        raise NotImplementedError

    def stream(self, command: int, data: bytes) -> None:
        """A part of the bytes for a memory."""
        raise NotImplementedError

    def answer(self, command: int, size: int) -> bytes:
        """What it says while the host clocks data."""
        return bytes(size)

    def why_deaf(self, command: int) -> str:
        """Why it does not hear a command, if it does not."""
        return ""

    def end_command(self) -> None:
        """The host is done with a command's data: another one follows, or nobody selects it any more."""
        command, self._command = self._command, None
        if command is None:
            return
        data = bytes(self._data)
        self._data.clear()
        least, most = self.LENGTHS[command]
        if command not in self.STREAMS and not least <= len(data) <= most:
            takes = f"{least}" if least == most else f"{least} to {most}"
            self.fault(f"command {command:02X} with {len(data)} bytes of data; it takes {takes}")
            return
        self.finish(command, data)

    def _hear_command(self, byte: int) -> None:
        self.end_command()
        if deaf := self.why_deaf(byte):
            self.fault(f"command {byte:02X} {deaf}")
        elif byte not in self.LENGTHS:
            self.fault(f"command {byte:02X}, which it does not know")
        elif self.is_busy and byte not in self.WHILE_BUSY:
            self.fault(f"command {byte:02X} while it was busy")
        else:
            self._command = byte
            self.begin(byte)
            if self.LENGTHS[byte] == (0, 0):
                self.end_command()

    def _hear_data(self, data: bytes) -> bytes:
        if self._command is None:
            if not self.faults:  # what it did not hear has been said
                self.fault("data without a command")
        elif self._command in self.STREAMS:
            self.stream(self._command, data)
        else:
            answer = self.answer(self._command, len(data))
            self._data += data
            if len(self._data) == self.LENGTHS[self._command][1]:
                self.end_command()
            return answer
        return bytes(len(data))


def unpack_bits(plane: bytes, zero: int, one: int) -> bytes:
    """A byte for each bit, the highest first: `zero` or `one`."""
    if not plane:
        return b""
    table = bytes.maketrans(b"01", bytes([zero, one]))
    return format(int.from_bytes(plane, "big"), f"0{8 * len(plane)}b").encode().translate(table)
