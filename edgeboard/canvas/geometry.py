"""Points, rectangles and transforms of the canvas, in px; what changed on it as damage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite
from typing import Final, NamedTuple, Self

from edgeboard.canvas.ink import Disc


class Point(NamedTuple):
    """A place on the canvas."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Rectangle:
    """From `x0`, `y0` up to and with `x1`, `y1`; empty if it has no point."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def is_empty(self) -> bool:
        return self.x1 < self.x0 or self.y1 < self.y0

    def union(self, other: Self) -> "Rectangle":
        """The least rectangle around both."""
        return Rectangle(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def intersection(self, other: Self) -> "Rectangle":
        """What lies in both; empty if nothing does."""
        both = Rectangle(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))
        return NOWHERE if both.is_empty else both

    def overlaps(self, other: Self) -> bool:
        """Whether they share a point."""
        return not self.intersection(other).is_empty

    def contains(self, other: Self) -> bool:
        """Whether all of `other` lies in here."""
        return other.is_empty or self.union(other) == self

    def inflated(self, by: float) -> "Rectangle":
        """Larger by so many px on each side."""
        return NOWHERE if self.is_empty else Rectangle(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def outward(self) -> "Rectangle":
        """The least rectangle of whole px around it."""
        if self.is_empty:
            return NOWHERE
        return Rectangle(floor(self.x0), floor(self.y0), ceil(self.x1), ceil(self.y1))


NOWHERE: Final = Rectangle(inf, inf, -inf, -inf)


@dataclass(frozen=True, slots=True)
class Damage:
    """A rectangle of a page, in px, that may look different than before."""

    page: int
    area: Rectangle


@dataclass(frozen=True, slots=True)
class Transform:
    """As in SVG: x' = a x + c y + e, y' = b x + d y + f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    @classmethod
    def of(cls, value: object) -> "Transform":
        """A register's value; the identity if it is no transform."""
        if isinstance(value, list) and len(value) >= 6 and all(map(_is_number, value[:6])):
            return cls(*map(float, value[:6]))
        return IDENTITY

    def apply(self, x: float, y: float) -> Point:
        """Where a point comes to lie."""
        return Point(self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f)

    def after(self, inner: Self) -> "Transform":
        """First `inner`, then this."""
        return Transform(
            self.a * inner.a + self.c * inner.b,
            self.b * inner.a + self.d * inner.b,
            self.a * inner.c + self.c * inner.d,
            self.b * inner.c + self.d * inner.d,
            self.a * inner.e + self.c * inner.f + self.e,
            self.b * inner.e + self.d * inner.f + self.f,
        )

    def inverse(self) -> "Transform | None":
        """The way back; None if there is none."""
        determinant = self.a * self.d - self.b * self.c
        if determinant == 0 or not isfinite(1 / determinant):
            return None
        return Transform(
            self.d / determinant,
            -self.b / determinant,
            -self.c / determinant,
            self.a / determinant,
            (self.c * self.f - self.d * self.e) / determinant,
            (self.b * self.e - self.a * self.f) / determinant,
        )

    def rectangle(self, area: Rectangle) -> Rectangle:
        """The least rectangle around a rectangle that is transformed."""
        if area.is_empty:
            return NOWHERE
        return around([self.apply(x, y) for x in (area.x0, area.x1) for y in (area.y0, area.y1)])

    def to_list(self) -> list[float]:
        """The value of a register."""
        return [self.a, self.b, self.c, self.d, self.e, self.f]


IDENTITY: Final = Transform()


def translation(dx: float, dy: float) -> Transform:
    """Moves by so many px."""
    return Transform(e=dx, f=dy)


def around(points: Iterable[tuple[float, float]]) -> Rectangle:
    """The least rectangle around points."""
    places = list(points)
    if not places:
        return NOWHERE
    xs, ys = [x for x, _ in places], [y for _, y in places]
    return Rectangle(min(xs), min(ys), max(xs), max(ys))


def around_runs(runs: Iterable[Sequence[Disc]]) -> Rectangle:
    """The least rectangle around what runs of discs paint."""
    area = NOWHERE
    for run in runs:
        for x, y, r in run:
            area = area.union(Rectangle(x - r, y - r, x + r, y + r))
    return area


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
