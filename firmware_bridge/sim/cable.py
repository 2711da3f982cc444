"""A serial cable between a host and a device, both ways: sound, or bad in one of the ways cables are.

    perfect  everything arrives, in pieces as a UART's FIFO hands them on
    byte     everything arrives, one byte at a time
    lossy    bytes are missing
    noisy    bits are flipped
    late     what is sent waits before it arrives, in order
    cut      stops for good in mid packet, in both directions, until it is mended

Pure: time and dice are given. With `is_timed` a byte takes ten bit times of the rate it is sent at.
"""

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, final

if TYPE_CHECKING:
    import random

FIFO_BYTES: Final = 16  # of a 16550: a driver gets what has arrived after so many bytes, or when the line falls silent
BITS_PER_BYTE: Final = 10  # 8N1: start, eight, stop
BACKLOG_MAX: Final = 65_536  # bytes under way in one direction; what is sent beyond is lost and counted


@dataclass(frozen=True, slots=True)
class Manners:
    """How a cable misbehaves, each direction alike."""

    loss: float = 0.0  # of bytes, 0 .. 1
    flips: float = 0.0  # of bytes that have a bit flipped, 0 .. 1
    late_s: float = 0.0  # at most; each write waits a random part of it
    piece: int = FIFO_BYTES  # bytes handed on at once
    cut_bytes: tuple[int, int] | None = None  # cut after a random number of bytes in this range, both directions summed


KINDS: Final = {
    "perfect": Manners(),
    "byte": Manners(piece=1),
    "lossy": Manners(loss=0.01),
    "noisy": Manners(flips=0.01),
    "late": Manners(late_s=0.2),
    "cut": Manners(cut_bytes=(20, 2_000)),
}


@dataclass(slots=True)
class _Run:
    """Bytes that were written together."""

    starts: float
    byte_s: float
    baud: int
    data: bytes
    given: int = 0

    def due(self, piece: int) -> float:
        """When the next piece is complete."""
        return self.starts + self.byte_s * min(self.given + piece, len(self.data))


class _Direction:
    def __init__(self, piece: int) -> None:
        self._piece = piece
        self._runs: deque[_Run] = deque()
        self._free_at = 0.0  # when the line has carried all of it
        self.backlog = 0

    def push(self, data: bytes, starts: float, baud: int, byte_s: float) -> None:
        starts = max(starts, self._free_at)
        self._runs.append(_Run(starts, byte_s, baud, data))
        self._free_at = starts + byte_s * len(data)
        self.backlog += len(data)

    def pull(self, now: float) -> list[tuple[int, bytes]]:
        pieces = []
        while self._runs and self._runs[0].due(self._piece) <= now:
            run = self._runs[0]
            piece = run.data[run.given : run.given + self._piece]
            run.given += len(piece)
            self.backlog -= len(piece)
            pieces.append((run.baud, piece))
            if run.given == len(run.data):
                self._runs.popleft()
        return pieces

    def next_arrival(self) -> float | None:
        return self._runs[0].due(self._piece) if self._runs else None

    def clear(self) -> None:
        self._runs.clear()
        self._free_at, self.backlog = 0.0, 0


@final
class Cable:
    """Carries bytes up to the host and down to the device.

    Args:
        manners: how it misbehaves; `KINDS` has one for each kind.
        rng: decides what is lost, flipped, late and where it is cut.
        is_timed: bytes take their time; otherwise they arrive at once.
    """

    def __init__(self, manners: Manners, rng: "random.Random", *, is_timed: bool = True) -> None:
        self._manners = manners
        self._rng = rng
        self._is_timed = is_timed
        self._up = _Direction(manners.piece)
        self._down = _Direction(manners.piece)
        self.counts: Counter[str] = Counter()
        self.mend()

    @property
    def is_cut(self) -> bool:
        return self._left == 0

    @property
    def backlog_down(self) -> int:
        """Bytes under way to the device."""
        return self._down.backlog

    def mend(self) -> None:
        """Plugged in anew: nothing is under way, and a cable that gets cut is whole for a while."""
        self._up.clear()
        self._down.clear()
        self._left = None if self._manners.cut_bytes is None else self._rng.randint(*self._manners.cut_bytes)

    def send_up(self, data: bytes, now: float, baud: int) -> None:
        """The device sends at `baud`."""
        self._send(self._up, data, now, baud)

    def send_down(self, data: bytes, now: float, baud: int) -> None:
        """The host sends at `baud`."""
        self._send(self._down, data, now, baud)

    def arrived_up(self, now: float) -> list[tuple[int, bytes]]:
        """What the host gets by now, each with the rate it was sent at."""
        return self._up.pull(now)

    def arrived_down(self, now: float) -> list[tuple[int, bytes]]:
        """What the device gets by now, each with the rate it was sent at."""
        return self._down.pull(now)

    def next_timer(self) -> float | None:
        times = [time for time in (self._up.next_arrival(), self._down.next_arrival()) if time is not None]
        return min(times, default=None)

    def statistics(self) -> dict[str, int]:
        return dict(self.counts)

    def _send(self, direction: _Direction, data: bytes, now: float, baud: int) -> None:
        if self._left is not None:
            kept = data[: self._left]
            self._left -= len(kept)
            self.counts["cut"] += len(data) - len(kept)
            data = kept
        data = self._damage(data)
        room = BACKLOG_MAX - direction.backlog
        if len(data) > room:
            self.counts["overrun"] += len(data) - room
            data = data[:room]
        if not data:
            return
        self.counts["carried"] += len(data)
        late = self._rng.uniform(0.0, self._manners.late_s) if self._manners.late_s else 0.0
        direction.push(data, now + late, baud, BITS_PER_BYTE / baud if self._is_timed and baud > 0 else 0.0)

    def _damage(self, data: bytes) -> bytes:
        dice = self._rng.random
        if loss := self._manners.loss:
            kept = bytes(byte for byte in data if dice() >= loss)
            self.counts["lost"] += len(data) - len(kept)
            data = kept
        if flips := self._manners.flips:
            flipped = bytes(byte ^ 1 << self._rng.randrange(8) if dice() < flips else byte for byte in data)
            self.counts["flipped"] += sum(one != other for one, other in zip(data, flipped, strict=True))
            data = flipped
        return data
