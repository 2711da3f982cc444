"""Tells a flipped bit from a fast pen, on lines without a checksum.

A pen has mass and a hand behind it: from one sample to the next it goes on about as it went, and its velocity changes
by what an arm can do. A flipped bit throws one sample aside, by a power of two on one axis, and the next is back where
the pen really is. So a sample that follows from the last two is passed on at once; one that does not is held back
until the next decides: if the next bears it out, both are passed on; if the next fits without it, it is dropped; if
both stand together far from where the pen was, the pen has been somewhere else meanwhile, and the visit is closed and
begun again, so that no line is drawn across. The first sample of a visit follows from nothing, and waits for its
second, or for the visit's end. Nothing waits longer than one packet.

Distances are measured to the segment that the pen may have reached, not to one predicted point: times of arrival
jitter, packets get lost, and a sample further along the same line is no harm.
"""

from collections.abc import Sequence
from math import hypot, inf
from typing import final

from firmware_bridge.pen.proximity import away_from
from firmware_bridge.pen.samples import PenFacts, PenSample

NOISE_MM = 1.5  # tremor and the tablet's own noise; less is never a jump
USUAL = 40e3  # mm/s²: what follows without a doubt; fast handwriting stays below 20 m/s²
UTMOST = 150e3  # mm/s²: scribbling as wide and fast as an arm can is about 100 m/s²
FASTEST = 4e3  # mm/s, of an arm
SURE_MM = 4.0  # of a bend between two samples: what is further aside is held back, however slow the tablet
BEND_MM = 8.0  # likewise: what is further aside of its neighbours is not believed
LEAP_MM = 25.0  # aside of where a pen was going: no bunching of packets and no loss of some explains more
FARTHEST_MM = 12.0  # between two samples of which nothing else is known
REACH = 2.0  # steps ahead on the same line
WIDTH_MM = 200.0  # of a tablet that does not say how large it is
INTERVAL_MAX_S = 0.02  # between samples; more is a gap, or a slow tablet
GAP = 4.0  # intervals: more than this is a gap, after which the pen may be anywhere it could have gone
SMOOTHING = 1 / 16  # of the interval

Passed = Sequence[PenSample]


@final
class Plausibility:
    """Passes samples on, in order, without those that no pen can have given."""

    def __init__(self, facts: PenFacts) -> None:
        self._per_mm = facts.points_per_mm or facts.x_max / WIDTH_MM
        self._shortest = 1 / max(facts.rate, 1)
        self._interval = self._shortest
        self._good: PenSample | None = None
        self._step = (0.0, 0.0)  # in one interval
        self._held: PenSample | None = None
        self.dropped = 0
        self.broken = 0  # visits closed because the pen was suddenly elsewhere

    def admit(self, sample: PenSample) -> Passed:
        """What may be believed now: none, one, or two with what was held back."""
        good, held = self._good, self._held
        if not sample.near or (good or held or sample).tool is not sample.tool:
            alone = self.forget()
            if sample.near:
                self._held = sample
                return alone
            return (*alone, sample)
        if held is None:
            if good is not None and self._follows(good, sample, USUAL, REACH, SURE_MM):
                self._accept(sample)
                return (sample,)
            self._held = sample
            return ()
        self._held = None
        if good is None:
            return self._begin(held, sample)
        if self._lies_between(good, held, sample) and self._follows(good, held, inf, 2 * REACH, LEAP_MM):
            self._accept(held)
            return (held, *self.admit(sample))
        if self._is_nearer(good, held, sample) and self._is_close(held, sample):
            if not self._can_reach(good, held):
                self.broken += 1
                self._good = None
                return (away_from(good, held.t), *self._begin(held, sample))
            self._accept(held)
            self._accept(sample)
            return held, sample
        self.dropped += 1
        if self._follows(good, sample, UTMOST, 2 * REACH, FARTHEST_MM):
            self._accept(sample)
            return (sample,)
        self._held = sample
        return ()

    def forget(self) -> Passed:
        """The tool has gone, or the line: a visit of one sample is believed, for it can draw no line."""
        good, held = self._good, self._held
        self._good = self._held = None
        self._step = (0.0, 0.0)
        self._interval = self._shortest
        if held is None:
            return ()
        if good is None:
            return (held,)
        self.dropped += 1
        return ()

    def _begin(self, first: PenSample, second: PenSample) -> Passed:
        if self._is_close(first, second):
            self._accept(first)
            self._accept(second)
            return first, second
        self.dropped += 1
        self._held = second
        return ()

    def _accept(self, sample: PenSample) -> None:
        good = self._good
        if good is not None:
            past = sample.t - good.t
            intervals = max(past / self._interval, 1.0)
            self._step = ((sample.x - good.x) / intervals, (sample.y - good.y) / intervals)
            if 0 < past < GAP * self._interval:
                interval = self._interval + (past - self._interval) * SMOOTHING
                self._interval = min(max(interval, self._shortest), INTERVAL_MAX_S)
        self._good = sample

    def _time_between(self, one: PenSample, other: PenSample) -> float:
        """s; within the jitter of arrival one interval."""
        past = other.t - one.t
        return past if past > GAP * self._interval else self._interval

    def _follows(self, good: PenSample, sample: PenSample, acceleration: float, reach: float, bend_mm: float) -> bool:
        """Whether the pen can have gone on from `good` to `sample`, with a bend of so much at most."""
        step_x, step_y = self._step
        dx, dy = float(sample.x - good.x), float(sample.y - good.y)
        square = step_x * step_x + step_y * step_y
        if square:
            along = (dx * step_x + dy * step_y) / square
            along = 0.0 if along < 0 else min(along, reach)
            dx -= along * step_x
            dy -= along * step_y
        time = self._time_between(good, sample)
        most = (NOISE_MM + min(acceleration * time * time, bend_mm)) * self._per_mm
        return dx * dx + dy * dy <= most * most

    def _lies_between(self, good: PenSample, held: PenSample, sample: PenSample) -> bool:
        """Whether `held` lies on the way from `good` to `sample`, as a pen bends its way."""
        to_x, to_y = sample.x - good.x, sample.y - good.y
        dx, dy = float(held.x - good.x), float(held.y - good.y)
        square = to_x * to_x + to_y * to_y
        if square:
            along = min(max((dx * to_x + dy * to_y) / square, 0.0), 1.0)
            dx -= along * to_x
            dy -= along * to_y
        interval = self._interval
        before, after = max(held.t - good.t, interval), max(sample.t - held.t, interval)
        most = (NOISE_MM + min(UTMOST * before * after / 2, BEND_MM)) * self._per_mm
        step_x, step_y = self._step  # who is faster than any arm already, as a replayed hand may be, may go on so
        farthest = (NOISE_MM + FASTEST * max(sample.t - good.t, 2 * interval)) * self._per_mm
        farthest = max(farthest * farthest, 4 * REACH * REACH * (step_x * step_x + step_y * step_y))
        return dx * dx + dy * dy <= most * most and square <= farthest

    def _is_nearer(self, good: PenSample, held: PenSample, sample: PenSample) -> bool:
        """Whether the pen would have been slower from `held` to `sample` than from `good`."""
        interval = self._interval
        after = max(sample.t - held.t, interval)
        whole = after + max(held.t - good.t, interval)
        return hypot(sample.x - held.x, sample.y - held.y) * whole < hypot(sample.x - good.x, sample.y - good.y) * after

    def _can_reach(self, good: PenSample, held: PenSample) -> bool:
        """Whether there was a gap, and in it time enough to get from one to the other."""
        past = held.t - good.t
        far = hypot(held.x - good.x, held.y - good.y)
        return past > GAP * self._interval and far <= FASTEST * past * self._per_mm

    def _is_close(self, one: PenSample, other: PenSample) -> bool:
        """Whether a pen of which nothing else is known goes from one to the other."""
        most = NOISE_MM + min(FASTEST * self._time_between(one, other), FARTHEST_MM)
        return hypot(other.x - one.x, other.y - one.y) <= most * self._per_mm
