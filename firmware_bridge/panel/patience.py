"""How long to leave a panel alone that refuses what it is asked."""

from math import inf
from typing import final


@final
class Patience:
    """A back-off: each failure in a row doubles the wait, up to a bound; a success ends it."""

    def __init__(self, first_s: float, last_s: float) -> None:
        self._first_s = first_s
        self._last_s = last_s
        self._failures = 0
        self.until = -inf  # s: nothing before that

    def fail(self, now: float) -> None:
        self.until = now + min(self._first_s * 2 ** min(self._failures, 32), self._last_s)
        self._failures += 1

    def lose(self, now: float) -> None:
        """It went away in the middle of something: the first time costs no wait, for somebody may have unplugged it."""
        if self._failures:
            self.fail(now)
        self._failures = max(self._failures, 1)

    def succeed(self) -> None:
        self._failures = 0
