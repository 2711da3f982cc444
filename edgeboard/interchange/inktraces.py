"""The text of an InkML trace: points between commas, values with or without blanks, whole or as differences.

"Ink Markup Language (InkML)", section 3.2.1: a value may have a mark in front. `!` says that it and those after it in
its channel are whole, `'` that they are differences to the value before, `"` that they are differences of differences.
`*` repeats what was written last in the channel, `?` is a value that nobody knows, T and F are truth values.
"""

import math
import re
from dataclasses import dataclass
from typing import final

_VALUE = re.compile(
    r"\s*([!'\"]?)\s*(#[0-9A-Fa-f]{1,12}|[-+]?(?:\d{1,20}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?|[*?TF])"
)
_BLANK = re.compile(r"\s*")
_WHOLE, _FIRST, _SECOND = "!", "'", '"'


class TraceError(ValueError):
    """The text is not of this form.

    Attributes:
        line: where, counted from the first line of the text.
    """

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a trace format (section 3.2.1); a limit that is not said is nan."""

    name: str
    units: str = ""
    most: float = math.nan
    least: float = math.nan
    sign: float = 1.0
    step_px: float = 0.0  # of one step of the device; 0 if nobody says


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for a trace (section 4)."""

    channels: tuple[Channel, ...] = (Channel("X"), Channel("Y"))
    regular: int = 2  # channels that every point has; the others may be left out
    rate_hz: float = 0.0  # of sampling, where there are no times
    colour: int | None = None
    width_px: float | None = None
    began_ms: float = 0.0  # what time offsets count from


@dataclass(slots=True)
class Trace:
    """One trace as it stands in the file."""

    line: int
    context: Context
    rows: list[list[float | None]]
    offset_ms: float | None
    duration_ms: float | None


@final
class _Column:
    """What a value in one channel means, after those before it."""

    def __init__(self) -> None:
        self._mark = _WHOLE
        self._written = 0.0
        self._value = 0.0
        self._slope = 0.0

    def read(self, mark: str, word: str) -> float | None:
        self._mark = mark or self._mark
        match word:
            case "?":
                return None
            case "*":
                written = self._written
            case "T" | "F":
                return float(word == "T")
            case _:
                written = float(int(word[1:], 16)) if word.startswith("#") else float(word)
        before, self._written = self._value, written
        if self._mark == _WHOLE:
            self._value = written
            self._slope = written - before
        else:
            self._slope = written if self._mark == _FIRST else self._slope + written
            self._value += self._slope
        return self._value


def read_points(text: str, channels: int, regular: int, most: int) -> list[list[float | None]]:
    """The points of a trace, each with the values of its channels.

    Args:
        text: of the element.
        channels: how many a point may have.
        regular: how many it must have.
        most: points.

    Raises:
        TraceError: not of this form, or too many points.
    """
    columns = [_Column() for _ in range(channels)]
    rows: list[list[float | None]] = []
    at = 0
    for point in text.rstrip().removesuffix(",").split(","):
        row: list[float | None] = []
        inner = 0
        while found := _VALUE.match(point, inner):
            if len(row) == channels:
                raise TraceError(
                    f"a point with more than {channels} values: {point.strip()[:40]!r}", _line(text, at, point)
                )
            row.append(columns[len(row)].read(found[1], found[2]))
            inner = found.end()
        if _BLANK.fullmatch(point, inner) is None:
            raise TraceError(f"{point[inner:].strip()[:30]!r} is not a number", _line(text, at, point))
        if not row and not text.strip():
            return []
        if len(row) < regular:
            raise TraceError(
                f"a point with {len(row)} values where the format has {regular}: {point.strip()[:40]!r}",
                _line(text, at, point),
            )
        if any(value is not None and not abs(value) < 1e15 for value in row):
            raise TraceError(f"a value beyond all measure: {point.strip()[:40]!r}", _line(text, at, point))
        rows.append(row)
        if len(rows) > most:
            raise TraceError(f"a trace of more than {most} points", _line(text, at, point))
        at += len(point) + 1
    return rows


def _line(text: str, at: int, point: str) -> int:
    """Where a point that begins at an offset has its first value."""
    return text.count("\n", 0, at + len(point) - len(point.lstrip()))
