"""What simulated devices on a serial line have in common: a rate of their own, and deaf ears for every other rate.

A UART samples the level of its line in the middle of each bit. Whoever sends at another rate is therefore not silent:
the listener finds start bits where there were none and reads other bytes. `misread` does what the hardware does, bit
by bit, so that a host which tries rates meets the same rubbish as on a real line.
"""

from collections import Counter
from typing import Final, Protocol

from firmware_bridge.sim.glass import Glass

RATE_TOLERANCE: Final = 0.03  # of a UART at 8N1: beyond, the tenth bit is sampled in its neighbour


class SimDevice(Protocol):
    """A device at the far end of a line, simulated: bytes and time in, bytes out."""

    @property
    def baud(self) -> int:
        """The rate the device listens and talks at now."""

    @property
    def glass(self) -> Glass | None:
        """What a person sees, of a panel."""

    def power(self, is_on: bool, now: float) -> None:
        """Plugged in, or unplugged: it forgets what a real one forgets."""

    def set_line(self, baud: int) -> None:
        """The rate the host talks and listens at from here on."""

    def receive(self, data: bytes, now: float) -> None: ...

    def on_timer(self, now: float) -> None: ...

    def next_timer(self) -> float | None: ...

    def drain(self) -> list[bytes]:
        """What it has sent since, as the host hears it: garbage where their rates differ."""

    def statistics(self) -> dict[str, int]: ...


class LineDevice:
    """The half of a simulated device that is the same in all: rates, what is waiting to be sent, counters.

    A subclass implements `hear` (bytes as the device reads them), `power`, `on_timer` and `next_timer`, and sends with
    `say`.
    """

    glass: Glass | None = None

    def __init__(self, baud: int) -> None:
        self.baud = baud
        self._host_baud = baud
        self._sent: list[bytes] = []
        self.counts: Counter[str] = Counter()

    def set_line(self, baud: int) -> None:
        self._host_baud = baud

    def receive(self, data: bytes, now: float) -> None:
        """Bytes from the host, at the rate `set_line` named."""
        self.hear(data if self._is_matched() else misread(data, self._host_baud, self.baud), now)

    def hear(self, data: bytes, now: float) -> None:
        raise NotImplementedError

    def say(self, data: bytes) -> None:
        self.counts["sent"] += len(data)
        self._sent.append(data if self._is_matched() else misread(data, self.baud, self._host_baud))

    def drain(self) -> list[bytes]:
        sent, self._sent = self._sent, []
        return [data for data in sent if data]

    def statistics(self) -> dict[str, int]:
        return dict(self.counts)

    def _is_matched(self) -> bool:
        return abs(self._host_baud - self.baud) <= RATE_TOLERANCE * self.baud


def misread(data: bytes, sent_at: int, heard_at: int) -> bytes:
    """What a UART hears of bytes sent at another rate, 8N1; a byte whose stop bit is missing reads as 0, as Linux does.

    Args:
        data: what was sent, back to back, the line idle before and after.
        sent_at: baud; 0 hears nothing.
        heard_at: baud.
    """
    if sent_at <= 0 or heard_at <= 0:
        return b""
    levels = [level for byte in data for level in (0, *(byte >> bit & 1 for bit in range(8)), 1)]
    # In units of 1 / (sent_at * heard_at) s a sent bit lasts `heard_at` and a heard one `sent_at`.
    end = len(levels) * heard_at

    def level_at(time: int) -> int:
        return levels[time // heard_at] if time < end else 1

    heard = bytearray()
    time = 0
    while time < end:
        if level_at(time):
            time = (time // heard_at + 1) * heard_at  # to the next edge there can be
            continue
        middles = [level_at(time + sent_at // 2 + bit * sent_at) for bit in range(10)]
        if middles[0]:  # too short to be a start bit
            time += sent_at // 2
            continue
        heard.append(sum(level << bit for bit, level in enumerate(middles[1:9])) if middles[9] else 0)
        time += sent_at // 2 + 9 * sent_at
        while not level_at(time):  # a break: wait for the line to be idle
            time = (time // heard_at + 1) * heard_at
    return bytes(heard)
