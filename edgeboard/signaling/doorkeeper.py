"""Who knocked how often, and which offers were seen before. Pure: the time comes in as `now`.

Both memories are bounded. The nonces are never forgotten early to make room, because then a flood would let an old
offer in again: beyond the bound new offers wait.
"""

from collections import OrderedDict
from typing import final

from edgeboard.errors import CloseCode, RefusedError

OFFERS_PER_S = 5  # and as many at once: a board that restarts dials all its neighbours
REPLAY_WINDOW_S = 600.0  # longer than anyone waits for an answer
SOURCES_MAX = 1_024
NONCES_MAX = 20_000  # about 2 MB, 33 offers a second for the whole window


@final
class Doorkeeper:
    def __init__(self, what: str = "offer") -> None:
        """`what` is counted here, for people to read."""
        self._what = what
        self._sources: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens left, at this time
        self._seen: OrderedDict[bytes, float] = OrderedDict()  # when they may be forgotten

    def knock(self, source: str, now: float) -> None:
        """Count one offer from an address.

        Raises:
            RefusedError: code RATE, more than 5 in a second.
        """
        tokens, before = self._sources.pop(source, (float(OFFERS_PER_S), now))
        tokens = min(float(OFFERS_PER_S), tokens + (now - before) * OFFERS_PER_S)
        allowed = tokens >= 1.0
        self._sources[source] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._sources) > SOURCES_MAX:
            self._sources.popitem(last=False)
        if not allowed:
            raise RefusedError(CloseCode.RATE, f"more than {OFFERS_PER_S} {self._what}s in a second; try again later")

    def remember(self, public_key: bytes, nonce: bytes, now: float) -> None:
        """Note an offer whose proofs hold.

        Raises:
            RefusedError: seen before (AUTH_FAILED), or more offers than can be remembered (RATE).
        """
        while self._seen and next(iter(self._seen.values())) <= now:
            self._seen.popitem(last=False)
        seen = public_key + nonce
        if seen in self._seen:
            raise RefusedError(CloseCode.AUTH_FAILED, f"this {self._what} was seen before")
        if len(self._seen) >= NONCES_MAX:
            raise RefusedError(CloseCode.RATE, f"too many {self._what}s to remember; try again later")
        self._seen[seen] = now + REPLAY_WINDOW_S
