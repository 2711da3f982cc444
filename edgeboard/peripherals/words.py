"""What a board says of its devices: each line once, and no more lines than a person reads.

A device with a loose plug, or one that talks without end, must fill neither the log's disk nor the page: beyond a few
lines a minute only the latest waits for its turn, with the number of those that it stands for.
"""

from collections.abc import Callable
from typing import Final, Protocol, final

from edgeboard.rate import TokenBucket

EVERY_S: Final = 15.0  # between lines, in the long run
BURST: Final = 8.0  # lines at once


class Clock(Protocol):
    """What of an event loop is needed here."""

    def time(self) -> float:
        """s, monotonic."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> object:
        """Call that after so many s."""


@final
class Words:
    """The lines about one matter of one device."""

    def __init__(self, say: Callable[[str, bool], object], clock: Clock) -> None:
        """
        Args:
            say: gets a line, and whether it is of a trouble.
            clock: tells the time, and rings.
        """
        self._say = say
        self._clock = clock
        self._bucket = TokenBucket(1 / EVERY_S, BURST, clock.time())
        self._said = ""  # last
        self._waiting: tuple[str, bool] | None = None
        self._left_out = 0  # lines before the one that waits
        self._rings = False

    def say(self, text: str, *, is_trouble: bool) -> None:
        """Say it now, or when its turn comes, unless it was the last line or a later one takes its place."""
        if self._waiting is not None:
            self._left_out += text != self._waiting[0]
            self._waiting = text, is_trouble
        elif text != self._said:
            self._waiting = text, is_trouble
            self._go_on()

    def _go_on(self) -> None:
        """Say what waits, as soon as that may be."""
        self._rings = False
        if self._waiting is None:
            return
        text, is_trouble = self._waiting
        if text == self._said and not self._left_out:
            self._waiting = None
        elif self._bucket.take(self._clock.time()):
            more = f" (lines left out before it: {self._left_out})" if self._left_out else ""
            self._said, self._waiting, self._left_out = text, None, 0
            self._say(f"{text}{more}", is_trouble)
        elif not self._rings:
            self._rings = True
            self._clock.call_later(EVERY_S, self._go_on)
