"""Thinning that keeps the look: what is drawn from the points that stay is what was drawn while the pen moved.

`thin` keeps the recorded polyline; but strokes are drawn smoothed (docs/formats/ink.md), and smoothing over points that
stand far apart cuts corners and bulges beside them. So after thinning the two curves are laid side by side, and where
they part, points come back, until they agree. The browser's `refine.js` does the same.
"""

from collections.abc import Sequence
from typing import Final

from edgeboard.canvas.ink import curve
from edgeboard.canvas.samples import Stroke
from edgeboard.canvas.thin import TOLERANCE, kept

ROUNDS_MAX: Final = 16  # each halves what it looks at, so few are needed
REACH: Final = 3  # points to either side that shape a segment and what it is compared with

Laid = tuple[list[float], list[float], list[int]]


def refine(stroke: Stroke, tolerance: float = TOLERANCE) -> Stroke:
    """The stroke of the points that stay; its drawn curve moves by at most `tolerance` px."""
    return stroke.choose(refined(stroke, tolerance))


def refined(stroke: Stroke, tolerance: float = TOLERANCE) -> list[int]:
    """Which points stay: their indices, rising, the first and the last among them."""
    last = len(stroke.x) - 1
    everything = list(range(last + 1))
    if last < 2:
        return everything
    full = curve(stroke)
    stays = set(kept(stroke.x, stroke.y, stroke.pressure, stroke.scale, tolerance))
    known: set[tuple[int, ...]] = set()  # segments that agree, with the points that shape them
    for _ in range(ROUNDS_MAX):
        indices = sorted(stays)
        if len(indices) > last:
            return indices
        thinned = curve(stroke.choose(indices))
        is_good = True
        for i in range(len(indices) - 1):
            key = (indices[i], *indices[max(0, i - REACH) : i + 2 + REACH])
            if key in known:
                continue
            if _agrees(full, thinned, indices, i, tolerance):
                known.add(key)
            else:
                is_good = False
                _come_back(stays, indices, i)
        if is_good:
            return indices
    return everything


def _agrees(full: Laid, thinned: Laid, indices: Sequence[int], i: int, tolerance: float) -> bool:
    """Whether segment i of the thinned curve lies on the full one, and the full one on it."""
    start, end = indices[i], indices[i + 1]
    at, thin_at = full[2], thinned[2]
    reach = end - start + 2  # smoothing slides points along, so a little more than the segment itself is compared
    low, high = at[max(0, start - reach)], at[min(len(at) - 1, end + reach)]
    if not _is_near(thinned, thin_at[i], thin_at[i + 1], full, low, high, tolerance):
        return False
    before, behind = thin_at[max(0, i - 1)], thin_at[min(len(indices) - 1, i + 2)]
    return _is_near(full, at[start], at[end], thinned, before, behind, tolerance)


def _is_near(a: Laid, a0: int, a1: int, b: Laid, b0: int, b1: int, tolerance: float) -> bool:
    """Whether every point from `a0` to `a1` of one curve is near the other between `b0` and `b1`."""
    limit, count = tolerance * tolerance, b1 - b0
    near = 0  # neighbours of a point are near the neighbours of what it was near
    for i in range(a0, a1 + 1):
        x, y = a[0][i], a[1][i]
        for n in range(count):
            at = (near + n) % count
            if _square_distance(x, y, b, b0 + at) <= limit:
                near = at
                break
        else:
            return False
    return True


def _square_distance(x: float, y: float, b: Laid, at: int) -> float:
    xs, ys, _ = b
    dx, dy = xs[at + 1] - xs[at], ys[at + 1] - ys[at]
    square = dx * dx + dy * dy
    u = min(1.0, max(0.0, ((x - xs[at]) * dx + (y - ys[at]) * dy) / square)) if square > 0 else 0.0
    off_x, off_y = x - xs[at] - u * dx, y - ys[at] - u * dy
    return off_x * off_x + off_y * off_y


def _come_back(stays: set[int], indices: Sequence[int], i: int) -> None:
    """Halve segment i; where it has nothing left to give, halve its neighbours."""

    def halve(at: int) -> bool:
        if at < 0 or at + 1 >= len(indices) or indices[at + 1] - indices[at] < 2:
            return False
        stays.add((indices[at] + indices[at + 1]) >> 1)
        return True

    if halve(i):
        return
    before, behind = halve(i - 1), halve(i + 1)
    if not before and not behind:
        halve(i - 2)
        halve(i + 2)
