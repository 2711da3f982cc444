"""Time that passes when a test says so."""

import heapq
import itertools
from collections.abc import Callable
from typing import final


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
