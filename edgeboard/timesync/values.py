"""Mesh time as those see it who use it: a clock that all boards share, and how well this one knows it.

Mesh time is seconds since 1970 as far as the mesh's reference knows: it is for being in step, not for being right.
`now` is the clock of the engines (`edgeboard.clock`), so what is asked here costs no look at any clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, final

from edgeboard.ids import NodeId

PLAUSIBLE_S: Final = 1_672_531_200.0  # 2023-01-01: what a wall clock says before is a board that booted in 1970


@dataclass(frozen=True, slots=True)
class TimeQuality:
    """How well a board knows mesh time."""

    offset_s: float = 0.0  # of what is shown to what the newest measurements say; slewing makes it 0
    jitter_s: float = 0.0  # root of the mean square of what the measurements differ by
    drift_ppm: float = 0.0  # how much faster mesh time runs than this board's clock
    error_s: float = 0.0  # the farthest that mesh time may be away: half the round trips up to the reference
    reference: NodeId | None = None  # whose time it is; None: this board runs by itself
    hops: int = 0  # links between this board and the reference; 0: this board is it, or runs by itself
    settled: bool = True  # panels are in step: the offset is small, and enough was measured
    jumps: int = 0  # times that mesh time was set, which nobody sees before the first frame


class MeshTime(Protocol):
    """The time that panels are in step by."""

    def at(self, now: float) -> float:
        """Mesh seconds at this moment of `now`, for a screen; of later moments it says more, and never less."""
        ...

    def peek(self, now: float) -> float:
        """As `at`, for who does not show it: what `at` was asked for lately is on a screen, and is never set."""
        ...

    def reverse(self, mesh_s: float) -> float:
        """The moment of `now` at which it will be `mesh_s`, as far as is known; the next measurement may move it."""
        ...

    def quality(self) -> TimeQuality:
        """How good it is."""
        ...

    def on_jump(self, listener: Callable[[], None]) -> None:
        """Tell somebody whenever it was set: what was waited for may be far away then."""
        ...


@final
class LoneTime:
    """Mesh time of a board that has no mesh: it begins where it is told to, and runs as `now` does."""

    def __init__(self, now: float, mesh_s: float) -> None:
        """
        Args:
            now: this moment.
            mesh_s: what mesh time is at this moment (`begin_at` of a wall clock).
        """
        self._ahead_s = mesh_s - now

    def at(self, now: float) -> float:
        return now + self._ahead_s

    def peek(self, now: float) -> float:
        return self.at(now)

    def reverse(self, mesh_s: float) -> float:
        return mesh_s - self._ahead_s

    def quality(self) -> TimeQuality:
        return TimeQuality()

    def on_jump(self, listener: Callable[[], None]) -> None:
        """Nobody ever sets it."""


def begin_at(wall_s: float, floor_s: float = 0.0) -> float:
    """Where mesh time begins at a start.

    Args:
        wall_s: what the wall clock says, seconds since 1970.
        floor_s: mesh time that this board is known to have reached before; it never goes back behind that.
    """
    return max(wall_s, floor_s)
