"""How much another board's clock is ahead of ours, from probes that went there and back.

A probe leaves at t1 and comes back at t4, by our clock; it came at t2 and left at t3 by theirs. Nothing arrives before
it was sent, so the other clock is at most t2 - t1 ahead at t1, and at least t3 - t4 at t4: bounds that differ from the
truth by the delay of one way each (the offset of RFC 5905, section 8, is the middle of both). Over a window the lowest
of the upper bounds and the highest of the lower ones count: a minimum-delay filter for each way. The clocks' drift is
the slope at which these two stay farthest apart (the fit of Moon, Skelly and Towsley, "Estimation and removal of clock
skew from network delay measurements", INFOCOM 1999, for both ways at once).

How unequal the shortest ways are cannot be measured. `error_at` says how much it may matter: half the least round trip.
"""

from collections import deque
from math import sqrt
from typing import Final, NamedTuple, final

WINDOW: Final = 128  # samples
WINDOW_S: Final = 900.0  # an older sample says more about the room's temperature then than about now
DELAY_MAX_S: Final = 2.0  # a probe that takes longer is as good as lost
DRIFT_MAX: Final = 250e-6  # of two clocks of 100 ppm each, and some
SLOPE_COST_S: Final = 2.0  # drift is taken for real only where it widens the band by so much of it
SLACK_S: Final = 0.000_5  # by which a sample may lie beyond the band without being odd
SLACK_RATE: Final = 20e-6  # more for each second since the last
ODD_IN_A_ROW: Final = 3  # samples beyond the band that agree with each other: a clock was set, or stood still
_STEPS: Final = 24  # halvings of DRIFT_MAX: to 3e-11


class Sample(NamedTuple):
    """What one probe has shown; times are ours, bounds are of their clock less ours, s."""

    left: float  # when it left
    came: float  # when it was back
    most: float  # they are ahead by at most this, when it left
    least: float  # and at least by this, when it was back

    @property
    def delay_s(self) -> float:
        return self.most - self.least


class Line(NamedTuple):
    """How much their clock is ahead, as a line over ours."""

    at: float
    ahead_s: float
    drift: float
    band_s: float  # the least round trip, as far as both ways were ever free at all

    def ahead_at(self, now: float) -> float:
        return self.ahead_s + (now - self.at) * self.drift


@final
class Estimator:
    """The clock at the other end of one link."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=WINDOW)
        self._odd: list[Sample] = []
        self._prior = 0.0  # drift, as the last full window had it
        self._line: Line | None = None
        self.restarts = 0  # times that the other clock, or ours, was not the same any more
        self.rejected = 0  # samples that no clock explains

    def __len__(self) -> int:
        """Samples that count now."""
        return len(self._samples)

    @property
    def line(self) -> Line | None:
        """The newest estimate; None before the first sample."""
        return self._line

    def add(self, left: float, there: float, back: float, came: float) -> bool:
        """Take one probe: t1, t2, t3 and t4, in seconds of the clock of whoever stamped them.

        Returns:
            Whether it counts: it came back in time, and fits what is known of both clocks.
        """
        delay = (came - left) - (back - there)
        if not (left <= came and there <= back and 0.0 <= delay <= DELAY_MAX_S):  # not a number fits nothing, too
            self.rejected += 1
            return False
        sample = Sample(left, came, there - left, back - came)
        if self._is_odd(sample):
            self._odd.append(sample)
            if len(self._odd) < ODD_IN_A_ROW:
                self.rejected += 1
                return False
            self.restarts += 1
            self._samples.clear()
            self._samples.extend(self._odd[:-1])
        self._odd.clear()
        self._samples.append(sample)
        while came - self._samples[0].came > WINDOW_S:
            self._samples.popleft()
        self._fit()
        return True

    def error_at(self, now: float) -> float:
        """The most that `line` may be wrong by at a moment, s: by unequal ways, and by drift since the last sample."""
        if self._line is None:
            return DELAY_MAX_S
        span = self._samples[-1].came - self._samples[0].came
        doubt = min(DRIFT_MAX, 0.5e-6 + max(0.0, self._line.band_s) / max(span, 1e-3))
        return max(0.0, self._line.band_s) / 2 + doubt * max(0.0, now - self._samples[-1].came)

    def jitter(self) -> float:
        """Root of the mean square by which single probes differ from the line, s."""
        line = self._line
        if line is None:
            return 0.0
        squares = 0.0
        for left, came, most, least in self._samples:
            middle = (most + least) / 2 - line.ahead_at((left + came) / 2)
            squares += middle * middle
        return sqrt(squares / len(self._samples))

    def _is_odd(self, sample: Sample) -> bool:
        """Whether no clock that ran on as before can have made this sample."""
        line = self._line
        if line is None:
            return False
        slack = line.band_s / 2 + SLACK_S + SLACK_RATE * (sample.came - self._samples[-1].came)
        if len(self._samples) < ODD_IN_A_ROW:
            slack += DRIFT_MAX * (sample.came - self._samples[0].left)
        below = line.ahead_at(sample.left) - slack
        above = line.ahead_at(sample.came) + slack
        return sample.most < below or sample.least > above

    def _fit(self) -> None:
        """The line in the middle of the widest band between the bounds; samples that no line fits are let go of."""
        samples = self._samples
        while True:
            origin = samples[-1].came
            most = _hull([(each.left - origin, each.most) for each in samples], 1.0)
            least = _hull([(each.came - origin, each.least) for each in samples], -1.0)
            drift = self._slope(most, least)
            above = min(bound - drift * at for at, bound in most)
            below = max(bound - drift * at for at, bound in least)
            if above >= below - SLACK_S or len(samples) == 1:
                break
            samples.popleft()
        if len(samples) == samples.maxlen:
            self._prior = drift
        self._line = Line(origin, (above + below) / 2, drift, above - below)

    def _slope(self, most: list[tuple[float, float]], least: list[tuple[float, float]]) -> float:
        """The drift at which the band is widest: its width is concave in the drift, so its slope changes sign once."""
        low, high = -DRIFT_MAX, DRIFT_MAX
        for _ in range(_STEPS):
            drift = (low + high) / 2
            upper = min((bound - drift * at, at) for at, bound in most)
            lower = max((bound - drift * at, at) for at, bound in least)
            gain = lower[1] - upper[1]  # of width, for more drift
            cost = SLOPE_COST_S if drift > self._prior else -SLOPE_COST_S
            if gain > cost:
                low = drift
            else:
                high = drift
        return (low + high) / 2


def _hull(points: list[tuple[float, float]], side: float) -> list[tuple[float, float]]:
    """The corners of the lower (side 1) or upper (-1) hull of points in order: no other can bound a line."""
    hull: list[tuple[float, float]] = []
    for x, y in points:
        while len(hull) > 1:
            (ax, ay), (bx, by) = hull[-2], hull[-1]
            if side * ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) > 0:
                break
            hull.pop()
        hull.append((x, y))
    return hull
