"""Mesh time as it is shown: it runs after what the measurements say; while it is slewed it neither jumps nor goes back.

An error is slewed away within `SLEW_S`, at most at `SLEW_MAX`: a scrolling line runs a little faster or slower for a
while, as with the clock discipline of RFC 5905, section 11.3, but faster, since this clock drives nothing but panels.
Time is set, in one jump, only while nobody looks, or where it is wrong by more than `GAP_S`: a board that booted in
1970 would slew for centuries. Then what moves on a panel ends its turn by the old time (`node/ribbon.py`).
"""

from typing import Final, final

SLEW_S: Final = 2.0  # in which an error is gone, if it is small
SLEW_MAX: Final = 0.1  # of the rate; a tenth faster is not noticed in a line that scrolls
STEP_S: Final = 0.02  # an error above is set at once while nobody looks
GAP_S: Final = 10.0  # an error above is set even then: slewing it would take minutes
LOOKED_S: Final = 5.0  # who has asked so lately is still showing it


@final
class SlewedTime:
    """A clock that is steered. Lines over `now`: one while an error is slewed away, then one at the plain rate."""

    def __init__(self, now: float, mesh_s: float) -> None:
        self._from = now
        self._mesh_s = mesh_s  # at `_from`
        self._rate = 1.0
        self._extra = 0.0  # rate on top of it, until the error is gone
        self._span_s = 0.0  # from `_from` until then
        self._looked_at: float | None = None
        self.offset_s = 0.0  # what was wrong when it was last steered
        self.jumps = 0

    def at(self, now: float) -> float:
        """Mesh seconds; nothing is noted, so that looking for its own sake does not count as showing it."""
        into = now - self._from
        return self._mesh_s + into * self._rate + min(into, self._span_s) * self._extra

    def show(self, now: float) -> float:
        """As `at`, for somebody who shows it or acts on it: from now on it is not set while he looks."""
        if self._looked_at is None or now > self._looked_at:
            self._looked_at = now
        return self.at(now)

    def reverse(self, mesh_s: float) -> float:
        """When it will be `mesh_s`, if nothing is steered until then."""
        ahead = mesh_s - self._mesh_s
        into = ahead / (self._rate + self._extra)
        if into > self._span_s:
            into = (ahead - self._extra * self._span_s) / self._rate
        return self._from + into

    def steer(self, now: float, target_s: float, drift: float) -> None:
        """Mesh time should be `target_s` now, and run faster than `now` by `drift`."""
        mesh_s = self.at(now)
        error = target_s - mesh_s
        is_shown = self._looked_at is not None and now - self._looked_at <= LOOKED_S
        self.offset_s = error
        if abs(error) > (GAP_S if is_shown else STEP_S):
            self.jumps += 1
            self.offset_s = error = 0.0
            mesh_s = target_s
        self._from, self._mesh_s, self._rate = now, mesh_s, 1.0 + drift
        self._extra = max(-SLEW_MAX, min(SLEW_MAX, error / SLEW_S))
        self._span_s = error / self._extra if self._extra else 0.0
