"""What is near the surface, and when it said so: what the two serial protocols of Wacom have in common.

Rules of the bit that eraser and second side switch share: set when a tool enters, it is the eraser; when it changes
while a pen is near, it is the second switch; when it drops while the eraser is near, the eraser has left and a pen has
come (the X driver of xf86-input-wacom and Linux' wacom_w8001 agree). A tool that is replaced by another leaves first.
"""

from dataclasses import replace
from typing import final

from firmware_bridge.pen.samples import PenSample, Tool

NUDGE_S = 10.0  # a tablet that has nothing to say is told again to sample: it may have been switched off and on
SILENCE_S = 1.0  # a tool that is near and says nothing for so long has lost its cable
BITS_PER_BYTE = 10  # 8N1
OVERSHOOT = 50  # tablets pass their own maxima a little: up to 1/50 beyond is the edge, more is damage


def limit(value: int, maximum: int) -> int | None:
    """A coordinate within 0 .. maximum; None if it cannot have been meant."""
    if value <= maximum:
        return value
    return maximum if value <= maximum + maximum // OVERSHOOT else None


def away_from(last: PenSample, t: float) -> PenSample:
    """The sample that closes a visit: where the tool last was, and nothing pressed."""
    later = max(t, last.t)
    return replace(last, t=later, pressure=0, near=False, tip=False, side=False, side2=False)


@final
class Proximity:
    """Samples in order, each tool's visit closed by a sample with `near` False."""

    def __init__(self, baud: int) -> None:
        self.tool: Tool | None = None  # what is near
        self.byte_s = BITS_PER_BYTE / baud
        self._last: PenSample | None = None
        self._stamped = float("-inf")
        self._heard = 0.0
        self._nudged: float | None = None  # when it was last told to sample; None: not yet
        self._samples: list[PenSample] = []

    def stamp(self, now: float, bytes_after: int) -> float:
        """When a packet had come that `bytes_after` more bytes of the same read followed; never before the last."""
        t = now - bytes_after * self.byte_s
        if t < self._stamped:
            t = self._stamped
        self._stamped = t
        self._heard = now
        return t

    def read_shared_bit(self, bit: bool) -> tuple[Tool, bool]:
        """The tool, and whether its second side switch is pressed."""
        if self.tool is Tool.PEN:
            return Tool.PEN, bit
        return (Tool.ERASER if bit else Tool.PEN), False

    def report(self, sample: PenSample) -> None:
        """A tool is near."""
        if sample.tool is not self.tool:
            self.leave(sample.t)
            self.tool = sample.tool
        self._last = sample
        self._samples.append(sample)

    def leave(self, t: float) -> None:
        """Nothing is near any more; without effect if nothing was."""
        if self._last is not None:
            self._samples.append(away_from(self._last, t))
        self.tool = None
        self._last = None

    def begin(self, now: float) -> None:
        """The tablet has been told to sample."""
        self._nudged = now

    def next_timer(self) -> float | None:
        if self.tool is not None:
            return self._heard + SILENCE_S
        return None if self._nudged is None else max(self._heard, self._nudged) + NUDGE_S

    def is_nudge_due(self, now: float) -> bool:
        """Whether the tablet ought to be told again to sample; True once for each time."""
        if self.tool is not None or self._nudged is None or now < max(self._heard, self._nudged) + NUDGE_S:
            return False
        self._nudged = now
        return True

    def on_timer(self, now: float) -> bool:
        """Send a tool away that has fallen silent; True if so."""
        if self.tool is None or now < self._heard + SILENCE_S:
            return False
        self.leave(now)
        return True

    def take(self) -> tuple[PenSample, ...]:
        """The samples since the last call."""
        samples = tuple(self._samples)
        self._samples.clear()
        return samples
