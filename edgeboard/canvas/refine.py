"""Thinning that keeps the look: fewer points, and the drawn outline stays within a tolerance (docs/formats/ink.md).

A point goes if the stroke is still drawn where it was drawn while the pen moved: every disc of one drawing lies on the
other with what its place and its radius are off adding up to at most the tolerance, and the other way round. Each
point is asked once, from the first to the last. Pressures and times are first rounded to what nobody sees. The kernel
in C (`edgeboard/_native/eb_refine.c`) and the browser's `refine.js` do the same, operation by operation.
"""

from collections.abc import Sequence
from typing import Final

from edgeboard._native.refine import kernel
from edgeboard.canvas.ink import curve
from edgeboard.canvas.samples import PRESSURE_MAX, Stroke

TOLERANCE: Final = 0.5  # px
TIME_STEP: Final = 16  # ms, as times are rounded
LEVELS: Final = (15, 100, 255, 1023, 2047)  # of pressure; the first that is fine enough is taken
LEVEL_SHARE: Final = 0.25  # of the tolerance that rounding a pressure may take
RADIUS_SLOPE: Final = 0.65  # of the half width, from no pressure to full pressure (docs/formats/ink.md)
KERNEL_POINTS_MAX: Final = 500
SPAN_MAX: Final = 32  # points in a row that may go
SLIDE: Final = 2  # points beyond the neighbours of a segment that it is compared with
REACH: Final = 7  # points to either side that shape what changes, and what that is compared with

Drawn = tuple[list[float], list[float], list[float], list[int]]


def refine(stroke: Stroke, width: float, tolerance: float = TOLERANCE) -> Stroke:
    """The stroke of the points that stay, with rounded pressures and times.

    Args:
        stroke: as recorded, one piece.
        width: px, at full pressure.
        tolerance: px by which the drawn outline may differ; 0 leaves the stroke as recorded.
    """
    if tolerance <= 0:
        return stroke
    pressure = None if stroke.pressure is None else rounded(stroke.pressure, width, tolerance)
    t = None if stroke.t is None else [(ms + TIME_STEP // 2) // TIME_STEP * TIME_STEP for ms in stroke.t]
    coarse = Stroke(stroke.scale, stroke.x, stroke.y, pressure, t, stroke.tilt_x, stroke.tilt_y)
    return coarse.choose(refined(stroke, pressure, width, tolerance))


def rounded(pressure: Sequence[int], width: float, tolerance: float) -> Sequence[int]:
    """Pressures in as few levels as a stroke of this width allows."""
    for levels in LEVELS:
        if width / 2 * RADIUS_SLOPE / (2 * levels) <= tolerance * LEVEL_SHARE:
            nearest = [(p * levels * 2 + PRESSURE_MAX) // (2 * PRESSURE_MAX) for p in pressure]
            return [(level * PRESSURE_MAX * 2 + levels) // (2 * levels) for level in nearest]
    return pressure


def refined(stroke: Stroke, pressure: Sequence[int] | None, width: float, tolerance: float) -> list[int]:
    """Which points stay: their indices, rising, the first and the last among them.

    Args:
        stroke: as recorded.
        pressure: as it will be logged.
        width: px, at full pressure.
        tolerance: px.
    """
    if kernel is None or len(stroke.x) > KERNEL_POINTS_MAX:
        return refined_in_python(stroke, pressure, width, tolerance)
    return kernel.refine(stroke.scale, stroke.x, stroke.y, stroke.pressure, pressure, width, tolerance)


def refined_in_python(stroke: Stroke, pressure: Sequence[int] | None, width: float, tolerance: float) -> list[int]:
    """The twin of the kernel: as `refined`."""
    last = len(stroke.x) - 1
    if last < 2:
        return list(range(last + 1))
    full = curve(stroke, width)
    coarse = Stroke(stroke.scale, stroke.x, stroke.y, pressure)
    kept = [0]
    for point in range(1, last):
        behind = range(point + 1, min(point + REACH, last) + 1)
        window = [*kept[-REACH:], *behind]
        gap = min(len(kept), REACH) - 1
        if window[gap + 1] - window[gap] > SPAN_MAX or not _is_same(full, coarse, window, gap, last, width, tolerance):
            kept.append(point)
    return [*kept, last]


def _is_same(
    full: Drawn, coarse: Stroke, window: Sequence[int], gap: int, last: int, width: float, tolerance: float
) -> bool:
    """Whether the points of the window are drawn on the full curve, and it on them, around segment `gap`."""
    thin = curve(coarse.choose(window), width)
    end = len(window) - 1
    low = 0 if window[0] == 0 else 2  # segments whose points all have their neighbours
    high = end if window[-1] == last else end - 2
    at, thin_at = full[3], thin[3]
    for off in (0, -1, 1, -2, 2, -3, 3):
        i = gap + off
        if not low <= i < high:
            continue
        start, stop = window[i], window[i + 1]
        if -2 <= off <= 2:
            first = at[max(0, window[max(0, i - 1)] - SLIDE)]  # smoothing slides points towards their neighbours
            behind = at[min(last, window[min(end, i + 2)] + SLIDE)]
            if not _is_near(thin, thin_at[i], thin_at[i + 1], full, first, behind, at[start], tolerance):
                return False
        first, behind = thin_at[max(low, i - 1)], thin_at[min(high, i + 2)]
        if not _is_near(full, at[start], at[stop], thin, first, behind, thin_at[i], tolerance):
            return False
    return True


def _is_near(a: Drawn, a0: int, a1: int, b: Drawn, b0: int, b1: int, near: int, tolerance: float) -> bool:
    """Whether every disc from `a0` to `a1` of one curve lies on the other, from `b0` to `b1`; `near` is tried first."""
    xs, ys, rs, _ = b
    count = b1 - b0
    for i in range(a0, a1 + 1):
        x, y, r = a[0][i], a[1][i], a[2][i]
        for n in range(count):  # neighbours of a disc are near the neighbours of what it was near
            at = b0 + (near - b0 + n) % count
            dx, dy = xs[at + 1] - xs[at], ys[at + 1] - ys[at]
            square = dx * dx + dy * dy
            u = min(1.0, max(0.0, ((x - xs[at]) * dx + (y - ys[at]) * dy) / square)) if square > 0 else 0.0
            off_x, off_y = x - xs[at] - u * dx, y - ys[at] - u * dy
            slack = tolerance - abs(r - rs[at] - u * (rs[at + 1] - rs[at]))
            if slack >= 0 and off_x * off_x + off_y * off_y <= slack * slack:
                near = at
                break
        else:
            return False
    return True
