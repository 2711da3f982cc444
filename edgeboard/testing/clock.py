"""Time that passes when a test says so."""

import heapq
import itertools
from collections.abc import Callable
from typing import final

from edgeboard.clock import Clock


@final
class VirtualClock:
    """A clock and its events. Events of one instant run in the order in which they were set."""

    def __init__(self, wall_ms: int = 0) -> None:
        self._now = 0.0
        self._wall_ms = wall_ms
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._now

    def wall_ms(self) -> int:
        return max(0, self._wall_ms + int(self._now * 1000))

    def steady_ahead(self) -> float:
        return 0.0

    def call_at(self, when: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(when, self._now), next(self._order), call))

    def run(self, seconds: float) -> None:
        """Let time pass, and run what falls due."""
        end = self._now + seconds
        while self._events and self._events[0][0] <= end:
            self._now, _, call = heapq.heappop(self._events)
            call()
        self._now = end


@final
class SkewedClock:
    """The clocks of a machine as those of another one would be; timers run as ever, so that real boards can have it."""

    def __init__(self, clock: Clock, ahead_s: float, drift_ppm: float) -> None:
        """
        Args:
            clock: of this machine.
            ahead_s: by which wall clock and crystal are ahead of it.
            drift_ppm: by which the crystal is fast.
        """
        self._clock = clock
        self._ahead_s = ahead_s
        self._drift = drift_ppm * 1e-6
        self._began = clock.now()

    def now(self) -> float:
        return self._clock.now()

    def wall_ms(self) -> int:
        return max(0, self._clock.wall_ms() + round(self._ahead_s * 1000))

    def steady_ahead(self) -> float:
        return self._clock.steady_ahead() + self._ahead_s + self._drift * (self._clock.now() - self._began)
