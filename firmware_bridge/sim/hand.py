"""A hand that writes: strokes of a recording, at their times, as what a tablet senses.

The pen comes near, hovers, touches, writes the recorded points at the recorded times, hovers again and leaves. Every
recorded point becomes one sample that touches, so that whoever receives can count. The hand writes only while the
tablet is being listened to; if that ends in the middle of a stroke, the rest of the stroke is lost and the hand goes on
with the next one.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, final

PRESSURE_MAX: Final = 4095  # of a recording
HOVERS: Final = 5  # samples before and after each stroke
HOVER_S: Final = 0.01  # between them
AWAY_S: Final = 0.1  # from leaving to coming near again
MARGIN: Final = 0.04  # of the tablet that stays free on each side


@dataclass(frozen=True, slots=True)
class Stroke:
    """Points of one stroke: place in any unit, pressure 0 .. 1, time in s since its first point."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    pressure: tuple[float, ...]
    t: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True)
class HandSample:
    """What the tablet senses at one moment; places in its own units, pressure 0 .. 1, tilt -1 .. 1."""

    at: float  # s since the hand began with this stroke
    x: int
    y: int
    pressure: float = 0.0
    is_near: bool = True
    is_touching: bool = False
    is_eraser: bool = False
    is_side: bool = False
    tilt_x: float = 0.0
    tilt_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How a hand writes.

    Attributes:
        speed: 2 writes twice as fast as it was recorded.
        loop: begins again after the last stroke.
        rate: samples a second, between the recorded points as well; 0: the recorded points alone.
        eraser_every: each so-manieth stroke is made with the eraser end; 0: none.
        side_every: each so-manieth stroke is made with the side switch pressed; 0: none.
    """

    speed: float = 1.0
    loop: bool = False
    rate: float = 0.0
    eraser_every: int = 0
    side_every: int = 0


def read_recording(text: str) -> tuple[Stroke, ...]:
    """Strokes of a recording: a JSON object a line with `x`, `y` in any unit, `p` 0 .. 4095, `t` in ms.

    Raises:
        ValueError: a line is not of that form; the text names it.
    """
    strokes = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            columns = [tuple(float(value) for value in row[name]) for name in ("x", "y", "p", "t")]
        except (ValueError, KeyError, TypeError) as fault:
            raise ValueError(f"line {number} is not a recorded stroke: {fault}") from fault
        x, y, p, t = columns
        if not len(x) == len(y) == len(p) == len(t) or not x or any(late < early for early, late in pairwise(t)):
            raise ValueError(f"line {number} is not a recorded stroke: columns differ in length, or time runs back")
        strokes.append(Stroke(x, y, tuple(each / PRESSURE_MAX for each in p), tuple(each / 1000 for each in t)))
    return tuple(strokes)


def example_strokes() -> tuple[Stroke, ...]:
    """A wave, a spiral and a cross, 8 ms between points: for who has no recording."""
    steps = [step / 100 for step in range(101)]
    press = tuple(0.2 + 0.6 * math.sin(math.pi * step) for step in steps)
    times = tuple(step * 0.8 for step in steps)
    wave = [(100 * step, 20 + 12 * math.sin(6 * math.pi * step)) for step in steps]
    spiral = [
        (30 + 22 * step * math.cos(8 * math.pi * step), 60 + 18 * step * math.sin(8 * math.pi * step)) for step in steps
    ]
    cross = [[(65 + 30 * step, 45 + 30 * step) for step in steps], [(95 - 30 * step, 45 + 30 * step) for step in steps]]
    return tuple(
        Stroke(tuple(x for x, _ in path), tuple(y for _, y in path), press, times) for path in (wave, spiral, *cross)
    )


def fit_strokes(strokes: Sequence[Stroke], x_max: int, y_max: int) -> tuple[Stroke, ...]:
    """The same strokes, as large as the tablet allows with a margin, in whole units of the tablet, shape kept."""
    if not strokes:
        return ()
    left, right = min(min(each.x) for each in strokes), max(max(each.x) for each in strokes)
    top, bottom = min(min(each.y) for each in strokes), max(max(each.y) for each in strokes)
    room = 1 - 2 * MARGIN
    scale = min(room * x_max / max(right - left, 1e-9), room * y_max / max(bottom - top, 1e-9))
    off_x = (x_max - scale * (right - left)) / 2 - scale * left
    off_y = (y_max - scale * (bottom - top)) / 2 - scale * top
    return tuple(
        replace(
            each,
            x=tuple(float(round(value * scale + off_x)) for value in each.x),
            y=tuple(float(round(value * scale + off_y)) for value in each.y),
        )
        for each in strokes
    )


@final
class Hand:
    """Writes strokes on a tablet.

    Args:
        strokes: in units of the tablet, as `fit_strokes` gives them.
        habits: how.
    """

    def __init__(self, strokes: Sequence[Stroke], habits: Habits) -> None:
        if habits.speed <= 0:
            raise ValueError("a hand's speed is above 0")
        self.strokes = tuple(strokes)
        self._habits = habits
        self._number = 0  # of the stroke that comes, or is being written
        self._began = 0.0
        self._samples: Iterator[HandSample] = iter(())
        self._next: HandSample | None = None
        self.finished = 0  # strokes written to their end
        self.broken = 0  # strokes whose rest was lost
        self.points = 0  # samples that touched

    @property
    def is_done(self) -> bool:
        return self._next is None and not self._has_more()

    def begin(self, now: float) -> None:
        """The tablet is listened to: write, or go on with the next stroke."""
        if self._next is None:
            self._turn(now)

    def pause(self) -> None:
        """Nobody listens any more."""
        if self._next is not None:
            if self._next.is_touching:
                self.broken += 1
                self._number += 1
            self._next = None

    def next_time(self) -> float | None:
        """When the next sample is due."""
        return None if self._next is None else self._began + self._next.at / self._habits.speed

    def take(self) -> HandSample:
        """The next sample, due or not.

        Raises:
            ValueError: the hand does not write.
        """
        sample, due = self._next, self.next_time()
        if sample is None or due is None:
            raise ValueError("the hand does not write")
        self.points += sample.is_touching
        self._next = next(self._samples, None)
        if self._next is None:
            self.finished += 1
            self._number += 1
            self._turn(due + AWAY_S / self._habits.speed)
        return sample

    def _has_more(self) -> bool:
        return bool(self.strokes) and (self._habits.loop or self._number < len(self.strokes))

    def _turn(self, now: float) -> None:
        if self._has_more():
            self._began = now
            self._samples = self._write(self._number)
            self._next = next(self._samples)

    def _write(self, number: int) -> Iterator[HandSample]:
        habits = self._habits
        stroke = self.strokes[number % len(self.strokes)]
        if habits.rate:
            stroke = _resample(stroke, habits.rate / habits.speed)
        base = HandSample(
            at=0.0,
            x=0,
            y=0,
            is_eraser=bool(habits.eraser_every) and number % habits.eraser_every == habits.eraser_every - 1,
            is_side=bool(habits.side_every) and number % habits.side_every == habits.side_every - 1,
        )
        x, y = [round(value) for value in stroke.x], [round(value) for value in stroke.y]
        for step in range(HOVERS):
            yield replace(base, at=step * HOVER_S, x=x[0], y=y[0])
        starts = HOVERS * HOVER_S
        for index, t in enumerate(stroke.t):
            lean = math.sin(number + t)  # the hand turns a little as it goes
            yield replace(
                base,
                at=starts + t,
                x=x[index],
                y=y[index],
                pressure=stroke.pressure[index],
                is_touching=True,
                tilt_x=0.3 + 0.2 * lean,
                tilt_y=0.5 - 0.2 * lean,
            )
        ends = starts + stroke.t[-1]
        for step in range(HOVERS):
            yield replace(base, at=ends + (step + 1) * HOVER_S, x=x[-1], y=y[-1])
        yield replace(base, at=ends + (HOVERS + 1) * HOVER_S, x=x[-1], y=y[-1], is_near=False)


def _resample(stroke: Stroke, rate: float) -> Stroke:
    """The same stroke with points at a steady rate, straight between the recorded ones; its last point is kept."""
    columns: tuple[list[float], ...] = ([], [], [], [])
    index = 0
    times = [step / rate for step in range(math.ceil(stroke.t[-1] * rate))]
    for t in [*times, stroke.t[-1]]:
        while index < len(stroke) - 2 and stroke.t[index + 1] <= t:
            index += 1
        after = min(index + 1, len(stroke) - 1)
        span = stroke.t[after] - stroke.t[index]
        part = min((t - stroke.t[index]) / span, 1.0) if span > 0 else 1.0
        for column, values in zip(columns, (stroke.x, stroke.y, stroke.pressure), strict=False):
            column.append(values[index] + part * (values[after] - values[index]))
        columns[3].append(t)
    return Stroke(*(tuple(column) for column in columns))
