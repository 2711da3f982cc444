"""How large a buffer is, by how much of it is used: it grows at once when it is full, and shrinks when it has been
mostly empty for a while, so that it does not swing.
"""

from dataclasses import dataclass
from typing import Final, final

FULL: Final = 0.9  # of the bound: more is full
EMPTY: Final = 0.25  # of the bound: less is mostly empty; far below half of FULL, so that what has shrunk is not full


@dataclass(frozen=True, slots=True)
class Budget:
    """Between what bounds a buffer is sized, and how long it waits before it shrinks.

    Raises:
        ValueError: the bounds are not 1 <= least <= most.
    """

    least: int
    most: int
    seconds: float

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise ValueError(f"a buffer of {self.least} to {self.most}; it is at least 1, and at most no less")

    def begin(self) -> "Size":
        """The size of a buffer that is new."""
        return Size(self)


@final
class Size:
    """The bound of one buffer."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.bound = budget.least
        self._peak = 0  # that was used since
        self._since: float | None = None

    def used(self, amount: int, now: float) -> bool:
        """So much is used now; returns whether the bound is another one.

        Args:
            amount: in the unit of the bound.
            now: seconds, never back.
        """
        before = self.bound
        if self._since is None:
            self._since = now
        self._peak = max(self._peak, amount)
        if amount >= FULL * self.bound:
            self.bound = min(2 * self.bound, self._budget.most)
            self._begin(now, 0)
        elif now - self._since >= self._budget.seconds:
            if self._peak < EMPTY * self.bound:
                self.bound = max(self.bound // 2, self._budget.least)
            self._begin(now, amount)
        return self.bound != before

    def _begin(self, now: float, peak: int) -> None:
        self._since, self._peak = now, peak
