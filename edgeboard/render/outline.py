"""The outline of ink as the text of an SVG path (docs/formats/ink.md, "Outline").

A run of discs becomes one convex shape per pair of neighbours, all turning the same way, so that the whole is filled by
the nonzero rule. There is no trigonometry here: a tangent's direction follows from two lengths and one square root.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import sqrt
from typing import Final

from edgeboard.canvas.ink import Disc

DECIMALS: Final = 2  # of a px


def number(value: float) -> str:
    """A coordinate, as short as it goes."""
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def radius_of(runs: Sequence[Sequence[Disc]]) -> float | None:
    """The radius that all discs have; None if they differ."""
    radii = {disc.r for run in runs for disc in run}
    return radii.pop() if len(radii) == 1 else None


def line_path(runs: Iterable[Sequence[Disc]]) -> str:
    """The way of the pen: what a line with round ends and joins makes of it is the outline, if all radii are equal."""
    parts: list[str] = []
    for run in runs:
        last = f"{number(run[0].x)} {number(run[0].y)}"
        parts.append(f"M{last}")
        length = len(parts)
        for x, y, _ in run[1:]:
            here = f"{number(x)} {number(y)}"
            if here != last:
                parts.append(f"L{here}")
                last = here
        if len(parts) == length:
            parts.append("h0")  # a line of no length still has round ends
    return "".join(parts)


def fill_path(runs: Iterable[Sequence[Disc]]) -> str:
    """The union of the discs and of what joins them, to be filled."""
    parts: list[str] = []
    for run in runs:
        whole = None  # the last disc that has been drawn as a whole
        if len(run) == 1:
            parts.append(_disc(run[0]))
        for a, b in pairwise(run):
            dx, dy = b.x - a.x, b.y - a.y
            distance = sqrt(dx * dx + dy * dy)
            if distance > abs(a.r - b.r):
                parts.append(_capsule(a, b, dx / distance, dy / distance, (a.r - b.r) / distance))
                whole = b
                continue
            larger = a if a.r >= b.r else b
            if larger is not whole:
                parts.append(_disc(larger))
            whole = larger
    return "".join(parts)


def _disc(disc: Disc) -> str:
    x, y, r = disc
    radius, across = number(r), number(2 * r)
    return f"M{number(x + r)} {number(y)}a{radius} {radius} 0 1 1-{across} 0a{radius} {radius} 0 1 1 {across} 0z"


def _capsule(a: Disc, b: Disc, ux: float, uy: float, cosine: float) -> str:
    """Two discs and their outer tangents. (ux, uy) points from a to b; `cosine`: of the angle to the tangents."""
    sine = sqrt(max(0.0, 1.0 - cosine * cosine))
    left_x, left_y = ux * cosine - uy * sine, uy * cosine + ux * sine
    right_x, right_y = ux * cosine + uy * sine, uy * cosine - ux * sine
    begin = f"{number(a.x + a.r * left_x)} {number(a.y + a.r * left_y)}"
    far = f"{number(a.x - a.r * ux)} {number(a.y - a.r * uy)}"
    back = f"{number(a.x + a.r * right_x)} {number(a.y + a.r * right_y)}"
    out = f"{number(b.x + b.r * right_x)} {number(b.y + b.r * right_y)}"
    near = f"{number(b.x + b.r * ux)} {number(b.y + b.r * uy)}"
    end = f"{number(b.x + b.r * left_x)} {number(b.y + b.r * left_y)}"
    arc_a, arc_b = (f"A{number(r)} {number(r)} 0 0 1 " for r in (a.r, b.r))
    # each arc in two halves, because one whose ends coincide would not be drawn
    return f"M{begin}{arc_a}{far}{arc_a}{back}L{out}{arc_b}{near}{arc_b}{end}z"
