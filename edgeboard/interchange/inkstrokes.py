"""InkML traces as strokes: units to px and ms, force to pressure, angles to tilt (InkML, section 3.2)."""

import math
from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import final

from edgeboard.canvas.samples import PRESSURE_MAX, Stroke
from edgeboard.interchange.inktraces import Channel, Trace
from edgeboard.interchange.recordings import PAUSE_MS, SCALE, Recorded
from edgeboard.oplog.codec import COORDINATE_END, TIME_END, WIDTH_MAX

PX_PER_INCH = 96.0
PX = {  # of one unit (section 3.2.2 and what programs write)
    "px": 1.0, "in": PX_PER_INCH, "pt": PX_PER_INCH / 72, "pc": PX_PER_INCH / 6, "em": 16.0, "ex": 8.0,
    "m": PX_PER_INCH / 0.0254, "cm": PX_PER_INCH / 2.54, "mm": PX_PER_INCH / 25.4, "himetric": PX_PER_INCH / 2540,
}  # fmt: skip
MS = {"s": 1000.0, "ms": 1.0, "us": 0.001, "ns": 1e-6}
LARGE_PX, SMALL_PX, FITTED_PX, EDGE_PX = 4000.0, 40.0, 1000.0, 40.0  # of a recording whose units nobody names


@final
class Scale:
    """What a step of X, Y and F is: as the file says, or else so that the whole is of a size to be seen."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        self.left = self.top = 0.0
        self.fit = 1.0
        unknown = [trace for trace in traces if not _px(_axis(trace, "X")[1])]
        if unknown:
            xs, ys = ([value for trace in unknown for value in _values(trace, name)] for name in ("X", "Y"))
            extent = max(max(xs) - min(xs), max(ys) - min(ys))
            if extent > LARGE_PX or 0 < extent < SMALL_PX:
                self.fit = FITTED_PX / extent
            if self.fit != 1.0 or min(*xs, *ys) < 0 or max(*xs, *ys) > LARGE_PX:
                self.left, self.top = min(xs) - EDGE_PX / self.fit, min(ys) - EDGE_PX / self.fit
        forces = [value for trace in traces for value in _force(trace) or ()]
        highest = max(forces, default=0.0)
        self.full = 1.0 if highest <= 1 else float((1 << math.ceil(math.log2(highest + 1))) - 1)

    def px(self, trace: Trace, name: str) -> list[float]:
        step = _px(_axis(trace, name)[1])
        if step:
            return [value * step for value in _values(trace, name)]
        start = self.left if name == "X" else self.top
        return [(value - start) * self.fit for value in _values(trace, name)]


def _px(channel: Channel) -> float:
    return channel.step_px or PX.get(channel.units, 0.0)


def _axis(trace: Trace, *names: str) -> tuple[int, Channel]:
    """The first of these channels that the trace has, and its place; -1 without one."""
    for at, channel in enumerate(trace.context.channels):
        if channel.name in names:
            return at, channel
    return -1, Channel("")


def _values(trace: Trace, *names: str) -> list[float]:
    """A channel, point by point; a point that leaves it out has what the point before it had."""
    at, channel = _axis(trace, *names)
    last = next((row[at] for row in trace.rows if at < len(row) and row[at] is not None), None) or 0.0
    found = []
    for row in trace.rows:
        given = row[at] if at < len(row) else None
        last = last if given is None else given
        found.append(channel.sign * last)
    return found


def _force(trace: Trace) -> list[float] | None:
    at, _ = _axis(trace, "F", "P")
    return None if at < 0 else _values(trace, "F", "P")


def to_stroke(trace: Trace, scale: Scale) -> tuple[Recorded, float | None, float | None]:
    """A trace as a stroke, and when it began and ended, ms, if that is known.

    Raises:
        ValueError: it lies outside the canvas, or its times go back or last too long; the text says which.
    """
    columns = []
    for name in ("X", "Y"):
        steps = array("q", (round(min(max(value, -1e12), 1e12) * SCALE) for value in scale.px(trace, name)))
        if max(map(abs, steps)) >= COORDINATE_END:
            raise ValueError(f"{name} lies outside the canvas, which ends at {COORDINATE_END // SCALE} px")
        columns.append(steps)
    times = _times(trace)
    t = None if times is None else array("q", (round(value - times[0]) for value in times))
    tilts = _tilts(trace)
    width = trace.context.width_px
    recorded = Recorded(
        Stroke(SCALE, columns[0], columns[1], _pressure(trace, scale), t, *tilts),
        PAUSE_MS,
        trace.context.colour,
        None if width is None else min(max(round(width * 8), 1), WIDTH_MAX),
    )
    began = trace.offset_ms
    if began is None and times is not None and _axis(trace, "T")[0] >= 0:
        began = times[0]
    return recorded, began, None if began is None else began + (t[-1] if t else 0)


def _pressure(trace: Trace, scale: Scale) -> "array[int] | None":
    found = _force(trace)
    if found is None:
        return None
    _, channel = _axis(trace, "F", "P")
    low = 0.0 if math.isnan(channel.least) else channel.least
    high = scale.full if math.isnan(channel.most) else channel.most
    unit = PRESSURE_MAX / (high - low) if high > low else 0.0
    return array("q", (min(max(round((value - low) * unit), 0), PRESSURE_MAX) for value in found))


def _times(trace: Trace) -> list[float] | None:
    """When each point was drawn, ms: by its channel, by the sample rate, or spread over the trace's duration."""
    at, channel = _axis(trace, "T")
    count = len(trace.rows)
    if at >= 0:
        unit = MS.get(channel.units, 1.0)
        times = [value * unit for value in _values(trace, "T")]
        if any(a > b for a, b in pairwise(times)):
            raise ValueError("T goes back within a trace; each trace is one stroke, drawn in one go")
    elif trace.context.rate_hz:
        times = [number * 1000 / trace.context.rate_hz for number in range(count)]
    elif trace.duration_ms and count > 1:
        times = [number * trace.duration_ms / (count - 1) for number in range(count)]
    else:
        return None
    if times[-1] - times[0] >= TIME_END:
        raise ValueError("a trace that lasts for weeks; is T in the unit that the file says?")
    return times


def _tilts(trace: Trace) -> "tuple[array[int] | None, array[int] | None]":
    """Degrees from upright along X and Y: as recorded, or from azimuth and elevation (section 3.2.1)."""
    pairs: list[tuple[float, float]] = []
    if _axis(trace, "OTx")[0] >= 0 and _axis(trace, "OTy")[0] >= 0:
        pairs = list(zip(*(_degrees(trace, name) for name in ("OTx", "OTy")), strict=True))
    elif _axis(trace, "OA")[0] >= 0 and _axis(trace, "OE")[0] >= 0:
        for azimuth, elevation in zip(_degrees(trace, "OA"), _degrees(trace, "OE"), strict=True):
            a, lean = math.radians(azimuth), math.radians(90 - min(max(elevation, 1.0), 90.0))
            x, y = (math.degrees(math.atan(part(a) * math.tan(lean))) for part in (math.cos, math.sin))
            pairs.append((x, y))
    if not pairs:
        return None, None
    along_x, along_y = (array("q", (min(max(round(pair[at]), -90), 90) for pair in pairs)) for at in (0, 1))
    return along_x, along_y


def _degrees(trace: Trace, name: str) -> list[float]:
    unit = 180 / math.pi if _axis(trace, name)[1].units == "rad" else 1.0
    return [value * unit for value in _values(trace, name)]
