"""The icons of the marquee, as polygons on a grid of 24 x 24, filled by the even-odd rule.

Few and plain, so that they can be told on 16 px of two levels. Names are part of what items say: append only.
"""

from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import cos, pi, sin
from typing import Final

GRID: Final = 24.0
Contours = Sequence[Sequence[float]]  # x, y pairs each


def _round(x: float, y: float, r: float, corners: int = 32) -> tuple[float, ...]:
    """A circle, or what has few corners, one of them straight up."""
    turn = pi / corners if corners == 8 else 0.0  # an octagon stands on a side
    points = []
    for corner in range(corners):
        angle = 2 * pi * corner / corners + turn
        points += [x + r * sin(angle), y - r * cos(angle)]
    return tuple(points)


def _path(places: str) -> tuple[float, ...]:
    return tuple(map(float, places.split()))


def _box(left: float, top: float, right: float, below: float) -> tuple[float, ...]:
    return left, top, right, top, right, below, left, below


def _star(x: float, y: float, r: float) -> tuple[float, ...]:
    points = []
    for corner in range(10):
        reach, angle = (r, r * 0.42)[corner % 2], pi * corner / 5
        points += [x + reach * sin(angle), y - reach * cos(angle)]
    return tuple(points)


ICONS: Final[Mapping[str, Contours]] = {
    "info": (_round(12, 12, 10), _round(12, 7.3, 1.6, 12), _box(10.6, 10.4, 13.4, 17.6)),
    "check": (_round(12, 12, 10), _path("6.4 12.4 8.3 10.5 10.7 12.9 15.8 7.8 17.7 9.7 10.7 16.7")),
    "warning": (
        _path("12 2 13.4 2.8 22.8 19.6 22.2 21.6 1.8 21.6 1.2 19.6 10.6 2.8"),
        _path("10.5 8.4 13.5 8.4 13 15 11 15"),
        _round(12, 17.8, 1.6, 12),
    ),
    "critical": (_round(12, 12, 10.8, 8), _path("10.6 7 13.4 7 13 14.2 11 14.2"), _round(12, 17, 1.6, 12)),
    "bell": (
        _path("12 2 13.6 3.4 16.4 4.6 18.4 8 18.8 14 21 17 21 18.4 3 18.4 3 17 5.2 14 5.6 8 7.6 4.6 10.4 3.4"),
        _path("9.4 19.6 14.6 19.6 13.6 21.6 10.4 21.6"),
    ),
    "bolt": (_path("13.5 1.5 4.5 13.6 10.8 13.6 9.2 22.5 19.5 9.6 13 9.6"),),
    "clock": (_round(12, 12, 10), _path("10.8 5.6 13.2 5.6 13.2 11.4 17.3 14.3 15.9 16.3 10.8 12.7")),
    "drop": (
        _path("12 1.6 16 7.4 18.6 12.4 18.9 15.6 17 19.6 14 21.8 12 22.2 10 21.8 7 19.6 5.1 15.6 5.4 12.4 8 7.4"),
    ),
    "flame": (
        _path(
            "12.6 1.4 13.2 5 16.6 8.4 19 12 19.2 16 17.4 19.8 14 22.2 10 22.2 6.6 19.8 4.8 16 5.2 12 7.2 9 8.4 12 "
            "10 12.6 10 8 11 4"
        ),
        _path("12 13.4 14.4 16.6 14.4 18.8 12 20.4 9.6 18.8 9.6 16.6"),
    ),
    "heart": (
        _path("12 21.4 4 13.4 2.2 10 2.6 6.6 5 4.2 8 3.8 10.6 5 12 7 13.4 5 16 3.8 19 4.2 21.4 6.6 21.8 10 20 13.4"),
    ),
    "star": (_star(12, 12.8, 11.2),),
    "up": (_path("12 3 21 13 15.4 13 15.4 21 8.6 21 8.6 13 3 13"),),
    "down": (_path("12 21 3 11 8.6 11 8.6 3 15.4 3 15.4 11 21 11"),),
    "steady": (_path("21 12 11 21 11 15.4 3 15.4 3 8.6 11 8.6 11 3"),),
    "door": (_box(5, 2, 19, 22), _round(15.6, 12.4, 1.5, 12)),
    "cup": (
        _path("3 6 17 6 17 14 15.4 18 13 19.6 7 19.6 4.6 18 3 14"),
        _path("18 7.6 21.4 8.8 21.4 13 18 14.6 18 12.6 19.4 12 19.4 9.8 18 9.4"),
    ),
    "thermometer": (
        _path("10 2.6 12 1.8 14 2.6 14.4 13.6 16.6 16 16.8 18.8 15 21.4 12 22.4 9 21.4 7.2 18.8 7.4 16 9.6 13.6"),
        _box(11.2, 4.6, 12.8, 11),
    ),
    "person": (_round(12, 7, 5), _path("3 22 3.8 17.4 7 14.4 12 13.4 17 14.4 20.2 17.4 21 22")),
}


@lru_cache(maxsize=32)
def placed_icon(name: str, x: float, y: float, size: float) -> "tuple[array[float], ...]":
    """The contours of an icon as `Surface.polygon` takes them; none if there is no such icon.

    Args:
        name: a key of `ICONS`.
        x, y: upper left corner, px.
        size: of a side, px.
    """
    scale = size / GRID
    return tuple(
        array("d", [(y if at % 2 else x) + value * scale for at, value in enumerate(contour)])
        for contour in ICONS.get(name, ())
    )
