"""Token buckets: how much one link may say."""

from typing import final


@final
class TokenBucket:
    """`rate` tokens a second, at most `burst` at once."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float, tokens: float = 1.0) -> bool:
        """Spend tokens; False if there are not enough, and then nothing is spent."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = max(self._at, now)
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True
