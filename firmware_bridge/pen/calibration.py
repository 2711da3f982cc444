"""From a tablet's surface to the active area, and from its pressure to ours.

A position goes through two steps: the quarter turns of how the tablet lies, then a plane projection that the four
corners gave. The projection is a homography (four points determine it: Hartley and Zisserman, Multiple View Geometry,
section 4.1; by way of the unit square, as in section 2.2.3 of Heckbert, Fundamentals of Texture Mapping, 1989), or an
affine map by least squares, which cannot shear a rectangle into a trapezium but forgives a corner that was tapped
badly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Self, final

from firmware_bridge.errors import DeviceError

PRESSURE_MAX = 4095
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
QUARTER_TURNS = (0, 90, 180, 270)
UNIT_CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))  # upper left, upper right, lower right, lower left
SMALLEST = 0.01  # of the tablet: triangles of three corners that are smaller have them (nearly) on one line
FLATTEST = 1e-6  # determinant of a projection
GAMMA_LEAST, GAMMA_MOST = 0.1, 10.0
POINTS_MAX = 32  # of a curve

Point = tuple[float, float]
Row = tuple[float, float, float, float, float, float, float, float, float]


class Projection(Enum):
    HOMOGRAPHY = "homography"
    AFFINE = "affine"


@final
@dataclass(frozen=True, slots=True)
class PressureCurve:
    """From raw pressure, 0 .. 1, to ours: `low` and less is nothing, `high` and more is full, between them `gamma`
    bends it (above 1: a light hand draws thinner), or straight lines through `points` do, which then take its place."""

    low: float = 0.0
    high: float = 1.0
    gamma: float = 1.0
    points: tuple[Point, ...] = ()  # (in, out), both 0 .. 1, both growing

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 1:
            raise DeviceError("the range of pressure has to be 0 <= low < high <= 1")
        if not GAMMA_LEAST <= self.gamma <= GAMMA_MOST:
            raise DeviceError(f"the pressure's gamma is between {GAMMA_LEAST} and {GAMMA_MOST:g}; 1 changes nothing")
        if not self.points:
            return
        flat = all(0 <= value <= 1 for point in self.points for value in point)
        pairs = list(zip(self.points, self.points[1:], strict=False))
        if not 2 <= len(self.points) <= POINTS_MAX or not flat or any(b[0] <= a[0] or b[1] < a[1] for a, b in pairs):
            raise DeviceError(f"a pressure curve is 2 to {POINTS_MAX} points (in, out) from 0 to 1, both growing")

    def press(self, raw: float) -> int:
        """Our pressure, 0 .. 4095."""
        part = (raw - self.low) / (self.high - self.low)
        part = 0.0 if part < 0 else min(part, 1.0)
        if self.points:
            part = self._interpolate(part)
        elif self.gamma != 1.0:
            part **= self.gamma
        return round(part * PRESSURE_MAX)

    def _interpolate(self, part: float) -> float:
        before = self.points[0]
        for point in self.points:
            if part <= point[0]:
                width = point[0] - before[0]
                return point[1] if not width else before[1] + (point[1] - before[1]) * (part - before[0]) / width
            before = point
        return before[1]


@final
@dataclass(frozen=True, slots=True)
class Calibration:
    """How one tablet lies and is pressed. Without arguments: as it says itself."""

    matrix: Row = IDENTITY  # of the projection, row by row, after the turn
    rotation: int = 0  # degrees clockwise that the tablet is turned by: 0, 90, 180, 270
    left_handed: bool = False  # a further half turn
    pressure: PressureCurve = field(default_factory=PressureCurve)

    def __post_init__(self) -> None:
        if self.rotation not in QUARTER_TURNS:
            raise DeviceError(f"a tablet is turned by 0, 90, 180 or 270 degrees, not by {self.rotation}")

    @classmethod
    def fit(
        cls,
        corners: Sequence[Point],
        targets: Sequence[Point] = UNIT_CORNERS,
        *,
        projection: Projection = Projection.HOMOGRAPHY,
        rotation: int = 0,
        left_handed: bool = False,
        pressure: PressureCurve | None = None,
    ) -> Self:
        """The calibration that brings the corners to their targets.

        Args:
            corners: where the pen was, 0 .. 1 of the tablet as it says itself; four, in the order of the targets.
            targets: where it was meant to be, 0 .. 1 of the active area.

        Raises:
            DeviceError: the corners do not span an area, or are crossed.
        """
        turned = [turn(x, y, rotation, left_handed) for x, y in corners]
        if len(turned) != 4 or len(targets) != 4:
            raise DeviceError("a calibration takes four corners")
        check_corners(turned)
        solve = fit_homography if projection is Projection.HOMOGRAPHY else fit_affine
        matrix = solve(turned, targets)
        return cls(matrix, rotation, left_handed, pressure or PressureCurve())

    def place(self, x: float, y: float) -> Point:
        """Where on the active area, 0 .. 1, a pen is that is at `x`, `y`, 0 .. 1 of the tablet; beyond it, the edge."""
        if self.rotation or self.left_handed:
            x, y = turn(x, y, self.rotation, self.left_handed)
        if self.matrix is not IDENTITY:
            a, b, c, d, e, f, g, h, i = self.matrix
            w = g * x + h * y + i
            if w <= 0:  # behind the horizon of a strong perspective
                w = 1e-9
            x, y = (a * x + b * y + c) / w, (d * x + e * y + f) / w
        return (0.0 if x < 0 else min(x, 1.0)), (0.0 if y < 0 else min(y, 1.0))

    def press(self, raw: float) -> int:
        """Our pressure, 0 .. 4095, of one of 0 .. 1 of the tablet's."""
        return self.pressure.press(raw)

    def lean(self, tilt_x: float, tilt_y: float) -> Point:
        """The tilt as the board has it, by the nearest quarter turn or mirroring."""
        for _ in range(self.rotation // 90 + (2 if self.left_handed else 0)):
            tilt_x, tilt_y = -tilt_y, tilt_x
        if self.matrix is IDENTITY:
            return tilt_x, tilt_y
        a, b, c, d, e, f, g, h, i = self.matrix
        w = (g + h) / 2 + i  # what the projection does to directions, amidst the tablet: its derivatives times w
        x, y = ((a + b) / 2 + c) / w, ((d + e) / 2 + f) / w
        a, b, d, e = a - x * g, b - x * h, d - y * g, e - y * h
        if abs(a) + abs(e) >= abs(b) + abs(d):
            return (tilt_x if a >= 0 else -tilt_x), (tilt_y if e >= 0 else -tilt_y)
        return (tilt_y if b >= 0 else -tilt_y), (tilt_x if d >= 0 else -tilt_x)

    def to_dict(self) -> dict[str, object]:
        """For YAML or JSON; what is as usual is left out."""
        pressure: dict[str, object] = {}
        curve = self.pressure
        if curve.low > 0 or curve.high < 1:
            pressure |= {"low": curve.low, "high": curve.high}
        if curve.points:
            pressure["points"] = [list(point) for point in curve.points]
        elif curve.gamma != 1.0:
            pressure["gamma"] = curve.gamma
        out: dict[str, object] = {}
        if self.matrix != IDENTITY:
            out["matrix"] = list(self.matrix)
        if self.rotation:
            out["rotation"] = self.rotation
        if self.left_handed:
            out["left_handed"] = True
        if pressure:
            out["pressure"] = pressure
        return out

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Self:
        """What `to_dict` gave.

        Raises:
            DeviceError: it is something else; the text says what.
        """
        matrix = IDENTITY
        if "matrix" in values:
            numbers = read_numbers(values["matrix"], "matrix", 9)
            a, b, c, d, e, f, g, h, i = numbers
            matrix = (a, b, c, d, e, f, g, h, i)
            if abs(determinant(matrix)) < FLATTEST or (g + h) / 2 + i <= 0:
                raise DeviceError("the calibration's matrix brings everything to one line, or turns it inside out")
        rotation, left_handed = values.get("rotation", 0), values.get("left_handed", False)
        if not isinstance(rotation, int) or not isinstance(left_handed, bool):
            raise DeviceError("a calibration's rotation is a number of degrees, and left_handed is true or false")
        pressure = values.get("pressure", {})
        known = {"matrix", "rotation", "left_handed", "pressure"}
        if strangers := set(values) - known:
            raise DeviceError(
                f"a calibration has no {sorted(map(str, strangers))[0]}; it has {', '.join(sorted(known))}"
            )
        if not isinstance(pressure, Mapping):
            raise DeviceError("a calibration's pressure is low, high, and gamma or points")
        return cls(matrix, rotation, left_handed, read_curve(pressure))


def read_numbers(value: object, name: str, count: int) -> tuple[float, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != count:
        raise DeviceError(f"a calibration's {name} is {count} numbers")
    numbers: list[float] = []
    for each in value:
        if isinstance(each, bool) or not isinstance(each, int | float) or not -1e6 < each < 1e6:
            raise DeviceError(f"a calibration's {name} is {count} numbers, and {each!r} is none that makes sense")
        numbers.append(float(each))
    return tuple(numbers)


def read_curve(values: Mapping[str, object]) -> PressureCurve:
    if strangers := set(values) - {"low", "high", "gamma", "points"}:
        raise DeviceError(f"a calibration's pressure has no {sorted(map(str, strangers))[0]}")
    low, high, gamma = read_numbers(
        [values.get("low", 0.0), values.get("high", 1.0), values.get("gamma", 1.0)], "pressure", 3
    )
    given = values.get("points", ())
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise DeviceError("a pressure curve's points are a list of pairs")
    pairs = [read_numbers(point, "points, each,", 2) for point in given]
    return PressureCurve(low, high, gamma, tuple((x, y) for x, y in pairs))


def turn(x: float, y: float, rotation: int, left_handed: bool) -> Point:
    """A position on a tablet that is turned clockwise, as the board has it."""
    degrees = (rotation + (180 if left_handed else 0)) % 360
    if degrees == 90:
        return 1.0 - y, x
    if degrees == 180:
        return 1.0 - x, 1.0 - y
    if degrees == 270:
        return y, 1.0 - x
    return x, y


def check_corners(corners: Sequence[Point]) -> None:
    """Raises DeviceError unless these are the corners of a convex area that is large enough."""
    areas = []
    for number in range(4):
        (ax, ay), (bx, by), (cx, cy) = (corners[(number + step) % 4] for step in range(3))
        areas.append(((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) / 2)
    if min(map(abs, areas)) < SMALLEST:
        raise DeviceError("three of the four corners lie on one line or in one place; tap the four corners again")
    if min(areas) < 0 < max(areas):
        raise DeviceError(
            "the four corners are crossed; tap them in order: upper left, upper right, lower right, lower left"
        )


def fit_homography(sources: Sequence[Point], targets: Sequence[Point]) -> Row:
    """The plane projection that brings four convex points to four others, its last row 1 amidst the sources."""
    matrix = multiply(from_square(targets), invert(from_square(sources)))
    x, y = (sum(axis) / 4 for axis in zip(*sources, strict=True))
    w = matrix[6] * x + matrix[7] * y + matrix[8]
    a, b, c, d, e, f, g, h, i = (value / w for value in matrix)
    return a, b, c, d, e, f, g, h, i


def from_square(corners: Sequence[Point]) -> Row:
    """The projection that brings the unit square's corners to these."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, h = (dx3 * dy2 - dx2 * dy3) / area, (dx1 * dy3 - dx3 * dy1) / area
    return x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1.0


def invert(matrix: Row) -> Row:
    """The inverse, but for a factor, which a projection does not notice."""
    a, b, c, d, e, f, g, h, i = matrix
    return (
        *(e * i - f * h, c * h - b * i, b * f - c * e),
        *(f * g - d * i, a * i - c * g, c * d - a * f),
        *(d * h - e * g, b * g - a * h, a * e - b * d),
    )


def multiply(one: Row, other: Row) -> Row:
    a, b, c, d, e, f, g, h, i = (
        sum(one[3 * row + step] * other[3 * step + column] for step in range(3))
        for row in range(3)
        for column in range(3)
    )
    return a, b, c, d, e, f, g, h, i


def fit_affine(sources: Sequence[Point], targets: Sequence[Point]) -> Row:
    """The affine map that brings the points nearest to the others, by least squares (the normal equations)."""
    found: list[list[float]] = []
    for axis in range(2):
        rows = [[0.0] * 4 for _ in range(3)]
        for (x, y), target in zip(sources, targets, strict=True):
            basis = (x, y, 1.0)
            for row, weight in zip(rows, basis, strict=True):
                for column, value in enumerate((*basis, target[axis])):
                    row[column] += weight * value
        found.append(solve(rows))
    (a, b, c), (d, e, f) = found
    return a, b, c, d, e, f, 0.0, 0.0, 1.0


def solve(rows: list[list[float]]) -> list[float]:
    """A system of linear equations, each row with its right side last, by Gauss with pivoting.

    Raises:
        DeviceError: it has no single solution.
    """
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda number: abs(rows[number][column]))
        if abs(rows[pivot][column]) < 1e-9:
            raise DeviceError("the four corners do not span an area; tap them again")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for number in range(size):
            if number != column:
                factor = rows[number][column] / rows[column][column]
                rows[number] = [a - factor * b for a, b in zip(rows[number], rows[column], strict=True)]
    return [row[size] / row[number] for number, row in enumerate(rows)]


def determinant(matrix: Row) -> float:
    a, b, c, d, e, f, g, h, i = matrix
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
