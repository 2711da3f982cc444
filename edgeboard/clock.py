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


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> float:
        return time.monotonic()

    def wall_ms(self) -> int:
        return max(0, time.time_ns() // 1_000_000)
