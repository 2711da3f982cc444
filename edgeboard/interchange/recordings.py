"""Pen recordings as people have them: JSON lines, CSV of x, y, pressure, t, or InkML.

A stroke comes back as it was recorded, column by column, in compact arrays and of any length up to `POINTS_MAX`;
cutting it into pieces is for who draws it. What is wrong with a file is one `UserError` with file and line.
"""

import json
import math
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

from edgeboard.canvas.samples import PRESSURE_MAX, Stroke
from edgeboard.errors import UserError
from edgeboard.oplog.codec import COORDINATE_END, TIME_END

FILE_MAX = 64 * 1024 * 1024  # bytes
LINE_MAX = 4 * 1024 * 1024  # characters
POINTS_MAX = 100_000  # of a stroke
SCALE = 20  # steps per px in our JSON lines; a CSV has px, and is kept in these steps
PAUSE_MS = 180  # between strokes where the recording does not say: about that of a writing hand
PAUSE_MAX_MS = 2_000  # nobody wants to watch a pen that was put away
ALLOWED = "a recording is JSON lines, CSV or InkML"
ALLOWED_JSON = 'a line is {"x": [..], "y": [..], "p": [0..4095, ..], "t": [ms, ..]}, x and y in 1/20 px'
ALLOWED_CSV = "a line is x,y,pressure,t: px, px, 0 to 1 or 0 to 4095, ms; an empty line ends a stroke"
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")  # where semicolons or tabs stand between values


@dataclass(frozen=True, slots=True)
class Recorded:
    """One stroke, and how long the pen was in the air before it."""

    stroke: Stroke
    pause_ms: int = PAUSE_MS
    colour: int | None = None  # as the canvas counts it, where the recording says
    width: int | None = None  # 1/8 px, likewise

    @property
    def duration_ms(self) -> int:
        return int(self.stroke.t[-1]) if self.stroke.t else 0


def is_recording(name: str, data: bytes) -> bool:
    """Whether a file is a recording, and not the archive of a room or a drawing."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    if head.startswith(b"<") or name.lower().endswith((".csv", ".inkml", ".jsonl")):
        return True
    return head.startswith(b"{") and b'"format"' not in head and b'"x"' in head


def parse_recording(source: str, data: bytes) -> list[Recorded]:
    """All strokes of a recording's bytes; which of the forms it has shows at its beginning.

    Raises:
        UserError: a line is not of that form; the text names `source` and line.
    """
    if len(data) > FILE_MAX:
        raise UserError(f"{source}: larger than {FILE_MAX // 1024 // 1024} MiB; split it into several recordings")
    if data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<"):
        from edgeboard.interchange.inkml import read_inkml  # and with it a parser of XML

        return read_inkml(source, data)
    if not data.strip():
        raise UserError(f"{source}: is empty; {ALLOWED}")
    if b"\0" in data[:4096]:
        raise UserError(f"{source}: is no text; {ALLOWED}")
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"{source}:{line}: not UTF-8 text; {ALLOWED}") from None
    first = next((line for line in lines if line.strip()), "")
    read = _read_json if first.lstrip().startswith("{") else _read_csv
    strokes = list(read(source, lines))
    if not strokes:
        raise UserError(f"{source}: holds no stroke; {ALLOWED_CSV if read is _read_csv else ALLOWED_JSON}")
    return strokes


def _read_json(source: str, lines: Sequence[str]) -> Iterator[Recorded]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line) > LINE_MAX:
            _fail(source, number, f"longer than {LINE_MAX // 1024 // 1024} MiB")
        try:
            fields = json.loads(line)
        except RecursionError:
            _fail(source, number, f"not JSON: nested too deeply; {ALLOWED_JSON}")
        except ValueError as error:
            _fail(source, number, f"not JSON: {str(error)[:60]}; {ALLOWED_JSON}")
        if not isinstance(fields, dict):
            _fail(source, number, f"not a JSON object; {ALLOWED_JSON}")
        x = _column(source, number, fields, "x", 1 - COORDINATE_END, COORDINATE_END - 1)
        y = _column(source, number, fields, "y", 1 - COORDINATE_END, COORDINATE_END - 1)
        pressure = _column(source, number, fields, "p", 0, PRESSURE_MAX)
        t = _column(source, number, fields, "t", 0, TIME_END - 1)
        if x is None or y is None:
            _fail(source, number, f"lacks {'x' if x is None else 'y'}; {ALLOWED_JSON}")
        for name, column in (("y", y), ("p", pressure), ("t", t)):
            if column is not None and len(column) != len(x):
                _fail(source, number, f"{name} has {len(column)} values and x {len(x)}; write as many of each")
        if t is not None and any(a > b for a, b in pairwise(t)):
            _fail(source, number, "t goes back; it is ms since the stroke's start")
        yield Recorded(Stroke(SCALE, x, y, pressure, t))


def _column(source: str, number: int, fields: dict[str, Any], name: str, low: int, high: int) -> "array[int] | None":
    values = fields.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or not values:
        _fail(source, number, f"{name} is not a list of numbers; {ALLOWED_JSON}")
    if len(values) > POINTS_MAX:
        _fail(source, number, f"a stroke of {len(values)} points; the limit is {POINTS_MAX}")
    for value in values:
        if type(value) is not int or not low <= value <= high:
            _fail(source, number, f"{name} holds {str(value)[:30]}; write whole numbers from {low} to {high}")
    return array("q", values)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    x: float
    y: float
    pressure: float | None
    t: float | None


def _read_csv(source: str, lines: Sequence[str]) -> Iterator[Recorded]:
    groups = list(_groups(source, lines))
    levels = max((row.pressure for rows in groups for row in rows if row.pressure is not None), default=0.0)
    unit = PRESSURE_MAX if levels <= 1 else 1  # a file of fractions has none above 1
    last_end: float | None = None
    for rows in groups:
        timed = rows[0].t
        stroke = Stroke(
            SCALE,
            array("q", (_steps(source, row.line, row.x) for row in rows)),
            array("q", (_steps(source, row.line, row.y) for row in rows)),
            None if rows[0].pressure is None else array("q", (round((row.pressure or 0) * unit) for row in rows)),
            None if timed is None else array("q", (round((row.t or 0) - timed) for row in rows)),
        )
        pause = PAUSE_MS
        if timed is not None and last_end is not None and timed > last_end:
            pause = min(round(timed - last_end), PAUSE_MAX_MS)
        last_end = rows[-1].t
        yield Recorded(stroke, pause)


def _groups(source: str, lines: Sequence[str]) -> Iterator[list[_Row]]:
    """The rows of each stroke; pressure 0 is a pen in the air."""
    rows: list[_Row] = []
    header = True
    for number, line in enumerate(lines, 1):
        row = None
        if line.strip() and not line.lstrip().startswith("#"):
            if len(line) > LINE_MAX:
                _fail(source, number, f"longer than {LINE_MAX // 1024 // 1024} MiB")
            delimiter = _delimiter(line)
            cells = [cell.strip().strip('"') for cell in line.split(delimiter)]
            if delimiter != ",":
                cells = [cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell for cell in cells]
            if header and cells[0].lower() == "x":
                header = False
                continue
            header = False
            row = _row(source, number, cells)
        elif line.strip():
            continue  # a comment ends nothing
        if row is not None and row.pressure != 0:
            _follow(source, rows, row)
            continue
        if rows:
            yield rows
            rows = []
    if rows:
        yield rows


def _delimiter(line: str) -> str:
    return next((mark for mark in (";", "\t") if mark in line), ",")


def _row(source: str, number: int, cells: list[str]) -> _Row:
    if not 2 <= len(cells) <= 4:
        _fail(source, number, f"{len(cells)} values; {ALLOWED_CSV}")
    values: list[float | None] = []
    for name, cell in zip(("x", "y", "pressure", "t"), cells, strict=False):
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            _fail(source, number, f"{name} is {cell[:30]!r}, not a number; {ALLOWED_CSV}")
        values.append(value)
    x, y, pressure, t = [*values, None, None][:4]
    assert x is not None
    assert y is not None
    if pressure is not None and not 0 <= pressure <= PRESSURE_MAX:
        _fail(source, number, f"a pressure of {cells[2][:30]}; write 0 to 1, or 0 to {PRESSURE_MAX}")
    return _Row(number, x, y, pressure, t)


def _follow(source: str, rows: list[_Row], row: _Row) -> None:
    """Add a row to the stroke it belongs to."""
    if rows:
        first, last = rows[0], rows[-1]
        if (first.pressure is None) != (row.pressure is None) or (first.t is None) != (row.t is None):
            _fail(source, row.line, f"not as many values as the lines above; {ALLOWED_CSV}")
        if last.t is not None and row.t is not None and row.t < last.t:
            _fail(source, row.line, "t goes back within a stroke; put an empty line between strokes")
        if row.t is not None and first.t is not None and row.t - first.t >= TIME_END:
            _fail(source, row.line, "a stroke that lasts for weeks; t is in ms")
    if len(rows) == POINTS_MAX:
        _fail(source, row.line, f"a stroke of more than {POINTS_MAX} points")
    rows.append(row)


def _steps(source: str, line: int, px: float) -> int:
    steps = round(px * SCALE)
    if abs(steps) >= COORDINATE_END:
        _fail(source, line, f"{px:g} px is outside the canvas, which ends at {COORDINATE_END // SCALE} px")
    return steps


def _fail(source: str, line: int, text: str) -> NoReturn:
    raise UserError(f"{source}:{line}: {text}")
