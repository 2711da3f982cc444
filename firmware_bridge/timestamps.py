"""A device's 32-bit microsecond clock, told on the host's clock.

Each ping and its pong say: at some moment between `sent` and `received` the device's clock stood at so much. The
middle is wrong by half of what the two ways differ, so it is known best where the round trip was shortest (the minimum
filter of NTP, RFC 5905, section 10). Quartz drifts by up to 200 parts in a million: an old exchange counts as that
much longer than it was, and the rate is taken from two good exchanges that lie far apart.
"""

from collections import deque
from dataclasses import dataclass
from typing import final

WRAP = 2**32  # us: 71.6 minutes
DRIFT_MAX = 300e-6  # of two quartzes against each other
KEPT = 32  # exchanges
SPAN_S = 10.0  # between two exchanges, before a rate is taken from them


@dataclass(frozen=True, slots=True)
class _Exchange:
    host: float  # s, middle of the round trip
    device: int  # us, without wraps
    trip: float  # s


@final
class DeviceClock:
    """Translates stamps of one boot of a device; a device that has booted anew gets a new one."""

    def __init__(self) -> None:
        self._exchanges: deque[_Exchange] = deque(maxlen=KEPT)
        self._best: _Exchange | None = None
        self._rate = 1.0  # s of the host for each s of the device
        self._doubt = DRIFT_MAX  # how far that may be wrong

    @property
    def is_set(self) -> bool:
        return self._best is not None

    @property
    def trip(self) -> float | None:
        """s: the round trip that counts; a stamp is wrong by at most half of it, and what drift adds."""
        return None if self._best is None else self._best.trip

    def learn(self, sent: float, received: float, stamp: int) -> None:
        """One exchange: the device read `stamp` between these two moments. What cannot be is dropped."""
        if received < sent:
            return
        exchange = _Exchange((sent + received) / 2, self._unwrap(stamp, (sent + received) / 2), received - sent)
        self._exchanges.append(exchange)
        self._best = min(self._exchanges, key=lambda each: each.trip + 2 * self._doubt * abs(exchange.host - each.host))
        self._learn_rate()

    def translate(self, stamp: int, now: float) -> float:
        """The host's time of a stamp, in s; never later than `now`, because it has come already."""
        if self._best is None:
            return now
        device = self._unwrap(stamp, now)
        return min(self._best.host + (device - self._best.device) * 1e-6 * self._rate, now)

    def _unwrap(self, stamp: int, now: float) -> int:
        """The moment with these low 32 bits that is nearest to what the device's clock should stand at."""
        if self._best is None:
            return stamp
        expected = self._best.device + round((now - self._best.host) / self._rate * 1e6)
        return expected + (stamp - expected + WRAP // 2) % WRAP - WRAP // 2

    def _learn_rate(self) -> None:
        def best(exchanges: list[_Exchange]) -> _Exchange:
            return min(exchanges, key=lambda each: each.trip)

        known = list(self._exchanges)
        half = len(known) // 2
        if not half:
            return
        early, late = best(known[:half]), best(known[half:])
        span = (late.device - early.device) * 1e-6
        if span < SPAN_S:
            return
        # half of both trips is how far the two middles may be off, and a rate is worth no more than that allows
        doubt = (early.trip + late.trip) / 2 / span
        if doubt < DRIFT_MAX:
            rate = (late.host - early.host) / span
            self._rate, self._doubt = min(max(rate, 1 - DRIFT_MAX), 1 + DRIFT_MAX), doubt
