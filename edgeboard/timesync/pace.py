"""How many of a frame clock's frames a panel shows: all, or where it cannot, every second or third of them.

A board that is too slow for all frames shows those whose numbers the stride divides. They are frames that others show
too, at the same moments, so it is in step with them at a lower rate, and nobody has to be told.
"""

from typing import Final, final

STRIDES: Final = (1, 2, 3)  # at 30 Hz: 30, 15 and 10 frames a second
MISSED_MOST: Final = 6.0  # misses, less what was forgiven, after which a panel goes slower
FORGIVEN: Final = 0.5  # misses that a frame on time makes up for: up to one of three frames may be missed for good
CALM_S: Final = 10.0  # without a miss, until it goes faster again; doubles each time that this was in vain ..
CALM_MOST_S: Final = 640.0  # .. up to here


@final
class Pace:
    """The stride of one panel."""

    def __init__(self) -> None:
        self._at = 0
        self._missed = 0.0
        self._calm_s = CALM_S
        self._calm_since: float | None = None
        self._faster_at: float | None = None  # when it went faster last

    @property
    def stride(self) -> int:
        """Of the numbers of the frames that are shown."""
        return STRIDES[self._at]

    def next_number(self, number: int) -> int:
        """The first frame from this one on that is shown."""
        return -(-number // self.stride) * self.stride

    def last_number(self, number: int) -> int:
        """The last frame up to this one that is shown."""
        return number // self.stride * self.stride

    def note(self, *, is_missed: bool, now: float) -> bool:
        """A frame was shown: on time, or late or after others that were dropped. Gives whether the stride is another.

        A stall counts as one miss, however long it was: it says nothing of how fast the board is.
        """
        if not is_missed:
            self._missed = max(0.0, self._missed - FORGIVEN)
            if self._calm_since is None:
                self._calm_since = now
            if self._at and now - self._calm_since >= self._calm_s:
                self._turn(-1, now)
                self._faster_at = now
                return True
            return False
        self._calm_since = None
        self._missed += 1.0
        if self._missed < MISSED_MOST or self._at + 1 == len(STRIDES):
            self._missed = min(self._missed, MISSED_MOST)
            return False
        was_in_vain = self._faster_at is not None and now - self._faster_at < self._calm_s
        self._calm_s = min(CALM_MOST_S, 2 * self._calm_s) if was_in_vain else CALM_S
        self._turn(1, now)
        return True

    def _turn(self, steps: int, now: float) -> None:
        self._at += steps
        self._missed = 0.0
        self._calm_since = now
