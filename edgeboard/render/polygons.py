"""How much of each px closed contours cover, by the even-odd rule: the twin in Python of `eb_polygon.c`.

Each px is cut into 16 lines. Where an edge crosses the middle of a line is rounded to 1/256 px; between the first and
the second crossing, the third and the fourth, and so on, the line is covered, exactly. IEEE double in the order written
here, from the upper end of each edge, so that px do not depend on the clip.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import ceil, floor
from typing import TYPE_CHECKING, Final, NamedTuple

from edgeboard.render.blending import HARD
from edgeboard.render.values import PLACE_MAX, PLACE_STEPS, POINTS_MAX, Area

if TYPE_CHECKING:
    from array import array

LINES: Final = 16  # of a px


class _Edge(NamedTuple):
    x: float  # px, of the upper end
    y: float
    below: float  # y of the lower end
    slope: float  # px to the right, in a px down

    def crossing(self, y: float) -> float:
        """Where it crosses a line, in steps."""
        return self.x * PLACE_STEPS + floor((y - self.y) * self.slope * PLACE_STEPS + 0.5)


def cover(contours: Sequence["array[float]"], clip: Area, *, is_hard: bool = False) -> tuple[Area, bytearray]:
    """The coverage in 1/255 that contours have, row by row, and the area that it is of.

    Raises:
        ValueError: as `Surface.polygon` says.
    """
    closed = _placed(contours)
    points = [point for contour in closed for point in contour]
    box = _around(points, clip)
    plane = bytearray()
    edges = [edge for contour in closed for edge in _edges(contour)]
    for row in range(box.y, box.y + box.height):
        plane += _row(box, row, [edge for edge in edges if edge.y < row + 1 and edge.below > row])
    return box, plane.translate(HARD) if is_hard else plane


def _placed(contours: Sequence["array[float]"]) -> list[list[tuple[float, float]]]:
    """The contours with three points or more, rounded."""
    closed = []
    count = 0
    for contour in contours:
        if memoryview(contour).format != "d" or len(contour) % 2:
            raise ValueError("a contour is an array of 64-bit floats: x and y of each point")
        count += len(contour) // 2
        if count > POINTS_MAX:
            raise ValueError(f"more than {POINTS_MAX} points in one call")
        for number in contour:
            if not -PLACE_MAX <= number <= PLACE_MAX:
                raise ValueError(f"a corner at {number} px; the limit is {PLACE_MAX:.0e}")
        rounded = [floor(number * PLACE_STEPS + 0.5) / PLACE_STEPS for number in contour]
        if len(rounded) >= 6:
            closed.append(list(zip(rounded[::2], rounded[1::2], strict=True)))
    return closed


def _around(points: Sequence[tuple[float, float]], clip: Area) -> Area:
    if not points or clip.is_empty:
        return Area(0, 0, 0, 0)
    left = max(clip.x, floor(min(x for x, _ in points)))
    above = max(clip.y, floor(min(y for _, y in points)))
    right = min(clip.x + clip.width, ceil(max(x for x, _ in points)))
    below = min(clip.y + clip.height, ceil(max(y for _, y in points)))
    return Area(left, above, right - left, below - above) if left < right and above < below else Area(0, 0, 0, 0)


def _edges(contour: Sequence[tuple[float, float]]) -> list[_Edge]:
    edges = []
    for (x0, y0), (x1, y1) in zip(contour, [*contour[1:], contour[0]], strict=True):
        if y0 < y1:
            edges.append(_Edge(x0, y0, y1, (x1 - x0) / (y1 - y0)))
        elif y1 < y0:
            edges.append(_Edge(x1, y1, y0, (x0 - x1) / (y0 - y1)))
    return edges


def _row(box: Area, row: int, edges: Sequence[_Edge]) -> bytes:
    """The coverage of one row of px."""
    if not edges:
        return bytes(box.width)
    left, right = float(box.x * PLACE_STEPS), float((box.x + box.width) * PLACE_STEPS)
    changes = [0] * (box.width + 2)
    for line in range(LINES):
        y = row + (line + 0.5) / LINES
        crossings = sorted(
            int(min(max(edge.crossing(y), left), right) - left) for edge in edges if edge.y <= y < edge.below
        )
        for number, crossing in enumerate(crossings):
            at, part = divmod(crossing, PLACE_STEPS)
            sign = -1 if number & 1 else 1
            changes[at] += sign * (PLACE_STEPS - part)
            changes[at + 1] += sign * part
    return bytes(
        (covered * 255 + PLACE_STEPS * LINES // 2) // (PLACE_STEPS * LINES)
        for covered in list(accumulate(changes))[:-2]
    )
