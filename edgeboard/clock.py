"""The two clocks. Engines get `now` as an argument and never see these."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> float:
        """Monotonic seconds; the zero is arbitrary."""
        ...

    def wall_ms(self) -> int:
        """Unix milliseconds, for labels only: boards boot in 1970."""
        ...

    def steady_ahead(self) -> float:
        """By how much a crystal that nobody steers is ahead of `now`, s; `now` may be slewed, as NTP does it."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> float:
        return time.monotonic()

    def wall_ms(self) -> int:
        return max(0, time.time_ns() // 1_000_000)

    def steady_ahead(self) -> float:
        if not hasattr(time, "CLOCK_MONOTONIC_RAW"):
            return 0.0
        before = time.monotonic_ns()
        raw = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
        return (raw - (before + time.monotonic_ns()) // 2) / 1e9
