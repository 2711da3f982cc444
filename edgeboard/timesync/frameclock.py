"""Frames of mesh time: every board that knows the time knows which frame it is, and when the next one begins.

Frames are counted from mesh second 0, so two boards never have to agree where they began.
"""

from math import floor
from typing import final


@final
class FrameClock:
    """Frames at a fixed rate. Exact: the frame of a frame's own start is that frame, at any rate and in any year."""

    def __init__(self, rate_hz: float) -> None:
        """
        Args:
            rate_hz: frames a second, above 0 to 1,000.

        Raises:
            ValueError: another rate.
        """
        if not 0.0 < rate_hz <= 1_000.0:
            raise ValueError(f"a frame clock runs at more than 0 and at most 1000 frames a second, not {rate_hz}")
        self.rate_hz = rate_hz

    def frame_at(self, mesh_s: float) -> int:
        """The number of the frame that is shown at a moment of mesh time."""
        frame = floor(mesh_s * self.rate_hz)
        if self.start_of(frame + 1) <= mesh_s:  # the product is rounded, at a seam to the wrong side
            return frame + 1
        return frame if self.start_of(frame) <= mesh_s else frame - 1

    def start_of(self, frame: int) -> float:
        """The moment of mesh time, s, at which a frame begins."""
        return frame / self.rate_hz
