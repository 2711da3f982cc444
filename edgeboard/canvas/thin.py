"""Thinning: leaves out the points of a stroke that nobody would miss (Ramer, Douglas and Peucker).

A point may go if it lies within a tolerance of the chord between those that stay, and its pressure within another of
what lies between theirs. The browser has the same in `thin.js`, in the same order of arithmetic.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final

from edgeboard.canvas.samples import Stroke

TOLERANCE: Final = 0.5  # px
PRESSURE_TOLERANCE: Final = 128  # of 4095


def thin(stroke: Stroke, epsilon: float = TOLERANCE, pressure_epsilon: float = PRESSURE_TOLERANCE) -> Stroke:
    """The stroke of the points that stay.

    Args:
        stroke: as recorded.
        epsilon: px by which a point may lie off the chord.
        pressure_epsilon: by how much its pressure may differ, of 4095.
    """
    return stroke.choose(kept(stroke.x, stroke.y, stroke.pressure, stroke.scale, epsilon, pressure_epsilon))


def kept(
    x: Sequence[float],
    y: Sequence[float],
    pressure: Sequence[float] | None = None,
    scale: float = 1,
    epsilon: float = TOLERANCE,
    pressure_epsilon: float = PRESSURE_TOLERANCE,
) -> list[int]:
    """Which points stay: their indices, rising, the first and the last among them."""
    last = len(x) - 1
    if last < 1:
        return list(range(last + 1))
    stays = {0, last}
    chords = [(0, last)]
    while chords:
        first, end = chords.pop()
        worst, at = 1.0, -1  # beyond the tolerance
        x0, y0 = x[first], y[first]
        dx, dy = x[end] - x0, y[end] - y0
        square = dx * dx + dy * dy
        for i in range(first + 1, end):
            along = ((x[i] - x0) * dx + (y[i] - y0) * dy) / square if square > 0 else 0.0
            u = min(1.0, max(0.0, along))
            off_x = x[i] - x0 - u * dx
            off_y = y[i] - y0 - u * dy
            error = sqrt(off_x * off_x + off_y * off_y) / scale / epsilon
            if pressure is not None:
                between = pressure[first] + u * (pressure[end] - pressure[first])
                error = max(error, abs(pressure[i] - between) / pressure_epsilon)
            if error > worst:
                worst, at = error, i
        if at >= 0:
            stays.add(at)
            chords += ((first, at), (at, end))
    return sorted(stays)
