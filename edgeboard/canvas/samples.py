"""What a pen gives, one value a sample, and what a stroke is made of, column by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PRESSURE_MAX: Final = 4095


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a pen, on the canvas."""

    x: float  # px
    y: float
    pressure: int | None = None  # 0 .. PRESSURE_MAX
    t_ms: int | None = None  # since the stroke's first sample
    tilt_x: int | None = None  # degrees, -90 .. 90
    tilt_y: int | None = None


@dataclass(frozen=True, slots=True)
class Stroke:
    """The points of one piece, column by column, as recorded."""

    scale: int  # steps per px
    x: Sequence[int]  # steps
    y: Sequence[int]
    pressure: Sequence[int] | None = None  # 0 .. PRESSURE_MAX
    t: Sequence[int] | None = None  # ms since the stroke's first point
    tilt_x: Sequence[int] | None = None  # degrees, -90 .. 90
    tilt_y: Sequence[int] | None = None

    def choose(self, points: Sequence[int]) -> "Stroke":
        """The stroke of these of its points."""

        def chosen(column: Sequence[int] | None) -> tuple[int, ...] | None:
            return None if column is None else tuple([column[point] for point in points])

        return Stroke(
            self.scale,
            tuple([self.x[point] for point in points]),
            tuple([self.y[point] for point in points]),
            chosen(self.pressure),
            chosen(self.t),
            chosen(self.tilt_x),
            chosen(self.tilt_y),
        )


def stroke_of(samples: Sequence[Sample], scale: int) -> Stroke:
    """The columns of some samples, on a grid of `scale` steps per px; a column is there if every sample has it."""

    def column(values: list[int | None]) -> tuple[int, ...] | None:
        present = tuple([value for value in values if value is not None])
        return present if len(present) == len(values) else None

    tilt_x = column([sample.tilt_x for sample in samples])
    tilt_y = column([sample.tilt_y for sample in samples])
    both = tilt_x is not None and tilt_y is not None
    return Stroke(
        scale,
        tuple([round(sample.x * scale) for sample in samples]),
        tuple([round(sample.y * scale) for sample in samples]),
        column([sample.pressure for sample in samples]),
        column([sample.t_ms for sample in samples]),
        tilt_x if both else None,
        tilt_y if both else None,
    )
