"""How much of each px ink covers: discs, each joined to the next by the outer tangents (docs/formats/ink.md).

The twin in Python of `edgeboard/_native/eb_raster.c`. The distance of a px's centre from two joined discs is exact
outside of them: with s along and q across the line of their centres, and the sine of the angle that the tangent makes
with it, (r0 - r1) / length, it is sine * s + cosine * q - r0 between the two places where the tangent touches, and that
from the nearer disc beyond them. IEEE double in the order written here.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, floor, sqrt
from typing import TYPE_CHECKING, Final

from edgeboard.render.blending import HARD
from edgeboard.render.values import PLACE_MAX, PLACE_STEPS, POINTS_MAX, Area

if TYPE_CHECKING:
    from array import array

HALF: Final = 0.5  # px, of radius: ink at least this thick is never interrupted

Disc = tuple[float, float, float]
Matrix = tuple[float, float, float, float, float, float]  # x' = a x + c y + e, y' = b x + d y + f


def cover(
    runs: Sequence["array[float]"], clip: Area, matrix: Matrix, *, is_hard: bool = False
) -> tuple[Area, bytearray]:
    """The coverage in 1/255 that runs of discs have, row by row, and the area that it is of.

    Raises:
        ValueError: as `Surface.ink` says.
    """
    placed = list(_placed(runs, matrix, HALF if is_hard else 0.0))
    box = around([(x, y, r) for run in placed for x, y, r in run], clip)
    plane = bytearray(box.width * box.height)
    if not box.is_empty:
        for run in placed:
            if len(run) == 1:
                _disc(plane, box, *run[0], min(1.0, run[0][2] + run[0][2]))
            for at, (one, other) in enumerate(pairwise(run)):
                _capsule(plane, box, one, other, is_first=at == 0)
    return box, plane.translate(HARD) if is_hard else plane


def around(discs: Sequence[Disc], clip: Area) -> Area:
    """The least area around the px that discs may cover, within a clip."""
    if not discs or clip.is_empty:
        return Area(0, 0, 0, 0)
    left = max(clip.x, floor(min(x - r for x, _, r in discs) - 0.5))
    above = max(clip.y, floor(min(y - r for _, y, r in discs) - 0.5))
    right = min(clip.x + clip.width, ceil(max(x + r for x, _, r in discs) + 0.5))
    below = min(clip.y + clip.height, ceil(max(y + r for _, y, r in discs) + 0.5))
    return Area(left, above, right - left, below - above) if left < right and above < below else Area(0, 0, 0, 0)


def _placed(runs: Sequence["array[float]"], matrix: Matrix, least: float) -> Iterator[list[Disc]]:
    """The discs of each run on the surface; runs without discs are left out."""
    if tuple(map(_is_place, matrix)) != (True,) * 6:
        raise ValueError(f"matrix {matrix}; it is six numbers up to {PLACE_MAX:.0e}")
    a, b, c, d, e, f = matrix
    scale = sqrt(abs(a * d - b * c))
    count = 0
    for run in runs:
        if memoryview(run).format != "d" or len(run) % 3:
            raise ValueError("a run of discs is an array of 64-bit floats: x, y and radius of each")
        count += len(run) // 3
        if count > POINTS_MAX:
            raise ValueError(f"more than {POINTS_MAX} discs in one call")
        discs = []
        for x, y, r in zip(run[::3], run[1::3], run[2::3], strict=True):
            x, y, r = a * x + c * y + e, b * x + d * y + f, r * scale
            if not (_is_place(x) and _is_place(y) and 0.0 <= r <= PLACE_MAX):
                raise ValueError(f"a disc at {x}, {y} px of radius {r}; the limit is {PLACE_MAX:.0e}, from 0")
            x, y = floor(x * PLACE_STEPS + 0.5) / PLACE_STEPS, floor(y * PLACE_STEPS + 0.5) / PLACE_STEPS
            discs.append((x, y, max(r, least)))
        if discs:
            yield discs


def _is_place(number: float) -> bool:
    return -PLACE_MAX <= number <= PLACE_MAX


def _disc(plane: bytearray, box: Area, x0: float, y0: float, r: float, most: float) -> None:
    """Cover what a disc covers."""
    for y, x_range in _span(box, x0, y0, r, x0, y0, r):
        ry = y + 0.5 - y0
        at = (y - box.y) * box.width - box.x
        for x in x_range:
            if plane[at + x] < 255:
                rx = x + 0.5 - x0
                covered = 0.5 - (sqrt(rx * rx + ry * ry) - r)
                if covered > 0.0:
                    value = int(min(covered, most) * 255.0 + 0.5)
                    if value > plane[at + x]:
                        plane[at + x] = value


def _capsule(plane: bytearray, box: Area, one: Disc, other: Disc, *, is_first: bool) -> None:
    """Cover what two joined discs cover; what lies beyond the first only if nothing before it has covered that."""
    (x0, y0, r0), (x1, y1, r1) = one, other
    most = min(1.0, r0 + r1)
    dx, dy = x1 - x0, y1 - y0
    length = sqrt(dx * dx + dy * dy)
    if length <= abs(r0 - r1):  # one holds the other
        if r1 >= r0:
            _disc(plane, box, x1, y1, r1, most)
        elif is_first:
            _disc(plane, box, x0, y0, r0, most)
        return
    ux, uy = dx / length, dy / length
    sine = (r0 - r1) / length
    cosine = sqrt(1.0 - sine * sine)
    end = cosine * length
    for y, x_range in _span(box, x0, y0, r0, x1, y1, r1):
        ry = y + 0.5 - y0
        at = (y - box.y) * box.width - box.x
        for x in x_range:
            if plane[at + x] == 255:
                continue
            rx = x + 0.5 - x0
            s = rx * ux + ry * uy
            q = abs(rx * uy - ry * ux)
            along = cosine * s - sine * q
            if along < 0.0:
                if not is_first:
                    continue
                distance = sqrt(rx * rx + ry * ry) - r0
            elif along > end:
                ex, ey = rx - dx, ry - dy
                distance = sqrt(ex * ex + ey * ey) - r1
            else:
                distance = sine * s + cosine * q - r0
            covered = 0.5 - distance
            if covered > 0.0:
                value = int(min(covered, most) * 255.0 + 0.5)
                if value > plane[at + x]:
                    plane[at + x] = value


def _span(box: Area, x0: float, y0: float, r0: float, x1: float, y1: float, r1: float) -> Iterator[tuple[int, range]]:
    """The px that two joined discs may cover, and a few more, row by row: those near the line of their centres."""
    r = max(r0, r1) + 1.5
    left, right = min(x0 - r0, x1 - r1) - 1.0, max(x0 + r0, x1 + r1) + 1.0
    above, below = min(y0 - r0, y1 - r1) - 1.0, max(y0 + r0, y1 + r1) + 1.0
    dx, dy = x1 - x0, y1 - y0
    length = sqrt(dx * dx + dy * dy)
    for y in range(max(box.y, floor(above)), min(box.y + box.height, ceil(below))):
        first, last = left, right
        if abs(dy) > length * 0.01:
            middle, aside = x0 + (y + 0.5 - y0) * dx / dy, abs(r * length / dy)
            first, last = max(first, middle - aside), min(last, middle + aside)
        yield y, range(max(box.x, floor(first)), min(box.x + box.width, ceil(last)))
