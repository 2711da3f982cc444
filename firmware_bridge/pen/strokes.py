"""From samples to what a pen does: it hovers, goes down, moves, comes up, goes away.

Every stroke that begins ends, in order: `DOWN (MOVE)* UP`, whatever happens to the tool or the line, and it ends where
the pen last touched. Nothing that only one damaged packet says becomes ink: positions go through `plausibility`, and a
contact that its pressure contradicts, a switch that comes with the contact, and pressure that leaps count once a second
sample says so too. What erases is settled when the pen goes down; a switch pressed within a stroke waits for the next.
Hands are rejected by proximity: a finger does nothing while a pen is near, nor shortly after.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import final

from firmware_bridge.pen.calibration import Calibration
from firmware_bridge.pen.plausibility import Plausibility
from firmware_bridge.pen.samples import PenFacts, PenSample, Tool

LEAP = 0.45  # of full pressure, upwards between two samples: believed when the next says so too
RESTING = 0.06  # of full pressure: a tip that lets go while it presses harder has to say so twice


class Kind(Enum):
    HOVER = "hover"
    DOWN = "down"
    MOVE = "move"
    UP = "up"
    AWAY = "away"


class Switch(Enum):
    """What the side switches of a pen do."""

    ERASER = "eraser"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PenEvent:
    """What the pen did. `UP` and `AWAY` are where it last was."""

    kind: Kind
    t: float  # s, host's monotonic clock; never before the event before
    x: float  # 0 .. 1 of the active area, to the right
    y: float  # 0 .. 1, downwards
    pressure: int | None = None  # 0 .. 4095 after the curve, while it touches; None: it has none
    tilt_x: float | None = None  # degrees, to the right
    tilt_y: float | None = None  # degrees, towards the writer
    erases: bool = False


@dataclass(frozen=True, slots=True)
class StrokeSettings:
    side_switch: Switch = Switch.ERASER
    palm_s: float = 0.5  # s after a pen has left in which fingers still do nothing
    down_pressure: float = 0.0  # 0 .. 1 of full pressure that begins a stroke; it goes on down to half of it


@final
class Strokes:
    """The strokes of one tablet."""

    def __init__(
        self, facts: PenFacts, calibration: Calibration | None = None, settings: StrokeSettings | None = None
    ) -> None:
        self._facts = facts
        self._calibration = calibration or Calibration()
        self._settings = settings or StrokeSettings()
        self._plausibility = Plausibility(facts)
        self._down_at = self._settings.down_pressure * facts.pressure_max
        self._last: PenSample | None = None  # of what is near
        self._doubted: PenSample | None = None  # says of contact or switch what waits for a second
        self._drawn: PenEvent | None = None  # the last of the open stroke
        self._erases = False
        self._pressed = 0  # pressure of the last sample, and what it was taken for
        self._believed = 0
        self._pen_left = float("-inf")
        self._palm_seen: float | None = None  # a hand that was rejected rests there since; its last sample
        self._out: list[PenEvent] = []
        self._counts = dict.fromkeys(("samples", "strokes", "palm", "out_of_range", "glitches"), 0)

    def receive(self, samples: Iterable[PenSample]) -> list[PenEvent]:
        """What these samples make the pen do."""
        facts = self._facts
        for sample in samples:
            self._counts["samples"] += 1
            if not (0 <= sample.x <= facts.x_max and 0 <= sample.y <= facts.y_max):
                self._counts["out_of_range"] += 1
                if sample.near:
                    continue
            if sample.tool is Tool.FINGER and self._is_palm(sample):
                self._counts["palm"] += 1
                continue
            for passed in (sample,) if facts.is_checked else self._plausibility.admit(sample):
                self._take(passed)
        return self._take_out()

    def lost(self, now: float) -> list[PenEvent]:
        """The line is gone: an open stroke ends where the pen last was."""
        for sample in self._plausibility.forget():
            self._take(sample)
        self._leave(now)
        return self._take_out()

    def statistics(self) -> dict[str, int]:
        """Counters: `samples`, `strokes` begun, `palm` samples, samples `out_of_range`, `jumps` dropped, strokes
        `broken` where the pen was suddenly elsewhere, and `glitches` of tip and switch."""
        return {**self._counts, "jumps": self._plausibility.dropped, "broken": self._plausibility.broken}

    # -- samples that may be believed to be where they are

    def _take(self, sample: PenSample) -> None:
        if not sample.near:
            self._leave(sample.t)
            return
        last = self._last
        if last is not None and last.tool is not sample.tool:
            self._leave(sample.t)
            last = None
        touches = self._touches(sample)
        doubted = self._doubted
        if doubted is not None:
            self._doubted = None
            self._decide(doubted, sample, touches)
        elif touches is not (self._drawn is not None) and self._is_doubtful(sample, last, touches):
            self._doubted = sample
            return
        self._put(sample, touches)

    def _touches(self, sample: PenSample) -> bool:
        if not sample.tip or not self._down_at:
            return sample.tip
        return sample.pressure >= (self._down_at / 2 if self._drawn else self._down_at)

    def _is_doubtful(self, sample: PenSample, last: PenSample | None, touches: bool) -> bool:
        """Whether contact begins or ends in a way that one flipped bit could feign."""
        pressure_max = self._facts.pressure_max
        if self._facts.is_checked or sample.tool in (Tool.FINGER, Tool.CURSOR):
            return False
        if not touches:
            return sample.pressure > RESTING * pressure_max and not sample.tip
        if pressure_max and not sample.pressure:
            return True
        return last is not None and (last.side, last.side2) != (sample.side, sample.side2)

    def _decide(self, doubted: PenSample, sample: PenSample, touches: bool) -> None:
        """A second sample has come: what the doubted one was."""
        is_drawing = self._drawn is not None
        self._counts["glitches"] += touches is is_drawing
        if touches and not is_drawing:
            self._put(doubted, True, self._would_erase(sample))
        else:
            self._put(doubted, touches)

    def _put(self, sample: PenSample, touches: bool, erases: bool | None = None) -> None:
        """Say it."""
        if touches and self._drawn is None:
            self._erases = self._would_erase(sample) if erases is None else erases
            self._counts["strokes"] += 1
            self._pressed = self._believed = sample.pressure
            self._drawn = self._event(Kind.DOWN, sample)
            self._out.append(self._drawn)
        elif touches:
            self._drawn = self._event(Kind.MOVE, sample)
            self._out.append(self._drawn)
        else:
            self._end_stroke(sample.t)
            self._erases = self._would_erase(sample)
            self._out.append(self._event(Kind.HOVER, sample))
        self._last = sample

    def _event(self, kind: Kind, sample: PenSample) -> PenEvent:
        facts, calibration = self._facts, self._calibration
        x, y = calibration.place(sample.x / facts.x_max, sample.y / facts.y_max)
        pressure = None
        if kind is not Kind.HOVER and facts.pressure_max and sample.tool in (Tool.PEN, Tool.ERASER):
            pressure = calibration.press(self._weigh(sample.pressure) / facts.pressure_max)
        tilt_x, tilt_y = sample.tilt_x, sample.tilt_y
        if tilt_x is not None and tilt_y is not None:
            tilt_x, tilt_y = calibration.lean(tilt_x, tilt_y)
        return PenEvent(kind, sample.t, x, y, pressure, tilt_x, tilt_y, self._erases)

    def _weigh(self, pressure: int) -> int:
        """The pressure, unless it has leapt and nothing yet bears that out."""
        leap = LEAP * self._facts.pressure_max
        is_odd = pressure - self._believed > leap and pressure - self._pressed > leap
        self._pressed = pressure
        if not is_odd or self._facts.is_checked:
            self._believed = pressure
        return self._believed

    def _end_stroke(self, t: float) -> None:
        drawn = self._drawn
        if drawn is not None:
            self._out.append(self._repeat(Kind.UP, drawn, t))
            self._drawn = None

    def _repeat(self, kind: Kind, event: PenEvent, t: float) -> PenEvent:
        later = max(t, event.t)
        return PenEvent(kind, later, event.x, event.y, None, event.tilt_x, event.tilt_y, event.erases)

    def _leave(self, t: float) -> None:
        last, doubted = self._last, self._doubted
        self._doubted = None
        if last is None:
            return
        if doubted is not None and self._drawn is not None:
            self._put(doubted, False)
        self._end_stroke(t)
        if last.tool is not Tool.FINGER:
            self._pen_left = t
        away = self._event(Kind.HOVER, self._last or last)
        self._out.append(self._repeat(Kind.AWAY, away, t))
        self._last = None
        self._erases = False

    # -- hands

    def _is_palm(self, sample: PenSample) -> bool:
        """A finger that is rejected once stays so until it is lifted, or has not been heard of for a while."""
        palm_s, seen = self._settings.palm_s, self._palm_seen
        is_palm = (
            (self._last is not None and self._last.tool is not Tool.FINGER)
            or sample.t < self._pen_left + palm_s
            or (seen is not None and sample.t < seen + palm_s)
        )
        self._palm_seen = sample.t if is_palm and sample.near else None
        return is_palm

    def _would_erase(self, sample: PenSample) -> bool:
        switch = self._settings.side_switch is Switch.ERASER and (sample.side or sample.side2)
        return sample.tool is Tool.ERASER or switch

    def _take_out(self) -> list[PenEvent]:
        out, self._out = self._out, []
        return out
