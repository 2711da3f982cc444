"""How much of each px ink covers: discs, each joined to the next by the outer tangents (docs/formats/ink.md).

The twin in Python of `edgeboard/_native/eb_raster.c`. The distance of a px's centre from two joined discs is exact
outside of them: with s along and q across the line of their centres, and the sine of the angle that the tangent makes
with it, (r0 - r1) / length, it is sine * s + cosine * q - r0 between the two places where the tangent touches, and that
from the nearer disc beyond them. IEEE double in the order written here. Which px are looked at decides nothing.
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
MERGE_REACH: Final = 1.0  # px from the last disc that is drawn, within which one may be left out
MERGE_OFF: Final = 1 / 32  # px, of place and of radius, that nobody misses
SLACK: Final = 1 / 256  # px, so that no px falls between what joins a disc to the one before it and the one after

Disc = tuple[float, float, float]
Matrix = tuple[float, float, float, float, float, float]  # x' = a x + c y + e, y' = b x + d y + f


def cover(
    runs: Sequence["array[float]"], clip: Area, matrix: Matrix, *, is_hard: bool = False
) -> tuple[Area, bytearray]:
    """The coverage in 1/255 that runs of discs have, row by row, and the area that it is of.

    Raises:
        ValueError: as `Surface.ink` says.
    """
    placed = [merged(run) for run in _placed(runs, matrix, HALF if is_hard else 0.0)]
    box = around([disc for run in placed for disc in run], clip)
    plane = bytearray(box.width * box.height)
    if not box.is_empty:
        for run in placed:
            _cover_run(plane, box, run)
    return box, plane.translate(HARD) if is_hard else plane


def merged(run: list[Disc]) -> list[Disc]:
    """A run without the discs that nobody would miss.

    A disc is left out if it lies within `MERGE_REACH` of the last one that is not, and within `MERGE_OFF`, in place and
    in radius, of what joins that one with the disc after it. This looks at the run alone, so that every part of a
    surface is drawn of the same discs.
    """
    kept = run[:1]
    for disc, following in pairwise(run[1:]):
        (x, y, r), (x1, y1, r1) = kept[-1], following
        dx, dy, dr = disc[0] - x, disc[1] - y, disc[2] - r
        nx, ny, nr = x1 - x, y1 - y, r1 - r
        square, along, aside = nx * nx + ny * ny, dx * nx + dy * ny, dx * ny - dy * nx
        if not (
            dx * dx + dy * dy < MERGE_REACH * MERGE_REACH
            and 0.0 <= along <= square
            and square > 0.0
            and aside * aside <= MERGE_OFF * MERGE_OFF * square
            and abs(dr * square - nr * along) <= MERGE_OFF * square
        ):
            kept.append(disc)
    return [*kept, run[-1]] if len(run) > 1 else kept


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


class _Capsule:
    """Two discs that are joined; `is_joined` says whether, because one may hold the other."""

    def __init__(self, one: Disc, other: Disc) -> None:
        (self.x0, self.y0, self.r0), (x1, y1, self.r1) = one, other
        self.dx, self.dy = x1 - self.x0, y1 - self.y0
        self.most = min(1.0, self.r0 + self.r1)
        self.length = sqrt(self.dx * self.dx + self.dy * self.dy)
        self.is_joined = self.length > abs(self.r0 - self.r1)
        if self.is_joined:
            inverse = 1.0 / self.length
            self.ux, self.uy = self.dx * inverse, self.dy * inverse
            self.sine = (self.r0 - self.r1) * inverse
            self.cosine = sqrt(max(1.0 - self.sine * self.sine, 0.0))
            self.end = self.cosine * self.length
            self.limit = self.length + self.r1 + 0.5  # how far along the centres the second disc is drawn

    def follow(self, following: "_Capsule") -> None:
        """Of the second disc, leave to what follows what that covers: all but the wedge between both."""
        ahead = self.ux * following.ux + self.uy * following.uy
        aside = abs(self.ux * following.uy - self.uy * following.ux)
        if ahead * following.cosine - aside * following.sine > 0.0:
            wedge = max(following.sine * ahead + following.cosine * aside, self.sine, 0.0)
            self.limit = self.length + (self.r1 + 0.5) * wedge + SLACK


def _cover_run(plane: bytearray, box: Area, run: list[Disc]) -> None:
    """Cover what a run covers: each disc but the first belongs to what joins it to the one before it."""
    if len(run) == 1:
        _disc(plane, box, *run[0], min(1.0, run[0][2] + run[0][2]))
    capsules = [_Capsule(one, other) for one, other in pairwise(run)]
    for one, other in pairwise(capsules):
        if one.is_joined and other.is_joined:
            one.follow(other)
    for at, (capsule, (one_disc, other_disc)) in enumerate(zip(capsules, pairwise(run), strict=True)):
        if capsule.is_joined:
            _capsule(plane, box, capsule, is_first=at == 0)
        elif capsule.r1 >= capsule.r0:
            _disc(plane, box, *other_disc, capsule.most)
        elif at == 0:
            _disc(plane, box, *one_disc, capsule.most)


def _capsule(plane: bytearray, box: Area, c: _Capsule, *, is_first: bool) -> None:
    """Cover what two joined discs cover; what lies before the first only if nothing before it has covered that."""
    for y, x_range in _span(box, c.x0, c.y0, c.r0, c.x0 + c.dx, c.y0 + c.dy, c.r1):
        ry = y + 0.5 - c.y0
        at = (y - box.y) * box.width - box.x
        for x in x_range:
            if plane[at + x] == 255:
                continue
            rx = x + 0.5 - c.x0
            s = rx * c.ux + ry * c.uy
            q = abs(rx * c.uy - ry * c.ux)
            along = c.cosine * s - c.sine * q
            if along < 0.0:
                if not is_first:
                    continue
                distance = sqrt(rx * rx + ry * ry) - c.r0
            elif along > c.end:
                if s > c.limit:
                    continue
                ex, ey = rx - c.dx, ry - c.dy
                distance = sqrt(ex * ex + ey * ey) - c.r1
            else:
                distance = c.sine * s + c.cosine * q - c.r0
            covered = 0.5 - distance
            if covered > 0.0:
                value = int(min(covered, c.most) * 255.0 + 0.5)
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
