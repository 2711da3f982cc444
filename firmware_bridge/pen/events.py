"""What Linux says of a tablet, as input events: to samples.

A frame of events is committed by SYN_REPORT, and axes that have not changed are not repeated, so the last values stay.
After SYN_DROPPED the kernel has lost events: everything is ignored until the whole state comes, which the shell reads
again and sends behind the mark SYN_STATE (ours, no code of the kernel's). Codes: linux/input-event-codes.h; what a
proximity is worth: libinput's tablet documentation (a tool that leaves has let go of its buttons before; pen and eraser
are two tools).
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import pi
from typing import assert_never, final

from firmware_bridge.engine import Command, Failed, Moved, Output, Ready, Rest, Show, Start
from firmware_bridge.pen.proximity import away_from
from firmware_bridge.pen.samples import PenFacts, PenSample, Tool

EV_SYN, EV_KEY, EV_ABS = 0, 1, 3
SYN_REPORT, SYN_DROPPED = 0, 3
SYN_STATE = 0xFFFF
ABS_X, ABS_Y, ABS_PRESSURE, ABS_TILT_X, ABS_TILT_Y = 0x00, 0x01, 0x18, 0x1A, 0x1B
BTN_LEFT = 0x110
BTN_TOOL_PEN, BTN_TOOL_RUBBER = 0x140, 0x141
BTN_STYLUS3, BTN_TOUCH, BTN_STYLUS, BTN_STYLUS2 = 0x149, 0x14A, 0x14B, 0x14C
TOOLS = {
    BTN_TOOL_PEN: Tool.PEN,
    BTN_TOOL_RUBBER: Tool.ERASER,
    0x142: Tool.PEN,  # brush
    0x143: Tool.PEN,  # pencil
    0x144: Tool.PEN,  # airbrush
    0x145: Tool.FINGER,
    0x146: Tool.CURSOR,  # mouse
    0x147: Tool.CURSOR,  # lens
}
AXES = (ABS_X, ABS_Y, ABS_PRESSURE, ABS_TILT_X, ABS_TILT_Y)
KEYS = frozenset({*TOOLS, BTN_LEFT, BTN_TOUCH, BTN_STYLUS, BTN_STYLUS2, BTN_STYLUS3})

RECORD = struct.Struct("<dHHi")  # s on the host's monotonic clock, type, code, value: an event on its way to an engine
USUAL_RATE = 200  # samples a second; the kernel does not say

Event = tuple[float, int, int, int]  # as in RECORD


@dataclass(frozen=True, slots=True)
class Axis:
    """An absolute axis, as EVIOCGABS gives it."""

    minimum: int
    maximum: int
    resolution: int = 0  # units a mm, of tilt units a radian; 0: not known

    @property
    def span(self) -> int:
        return max(self.maximum - self.minimum, 0)


@dataclass(frozen=True, slots=True)
class Description:
    """What a node of Linux' input subsystem is."""

    name: str
    axes: Mapping[int, Axis]
    keys: frozenset[int]

    @property
    def is_tablet(self) -> bool:
        """Whether this is a pen's node, and not the pad's or the finger's."""
        has_axes = all(axis in self.axes and self.axes[axis].span for axis in (ABS_X, ABS_Y))
        return has_axes and BTN_TOOL_PEN in self.keys

    @property
    def facts(self) -> PenFacts:
        x, y = self.axes[ABS_X], self.axes[ABS_Y]
        pressure = self.axes.get(ABS_PRESSURE)
        return PenFacts(
            x_max=x.span,
            y_max=y.span,
            pressure_max=pressure.span if pressure else 0,
            points_per_mm=float(x.resolution),
            has_tilt=ABS_TILT_X in self.axes and ABS_TILT_Y in self.axes,
            rate=USUAL_RATE,
            is_checked=True,
        )


@final
class EventState:
    """The state that events build up, and the samples that its commits give."""

    def __init__(self, axes: Mapping[int, Axis]) -> None:
        self._axes = axes
        self._values = {code: axis.minimum for code, axis in axes.items()}
        self._pressed: dict[int, None] = {}  # keys that are down, in the order in which they went
        self._near: PenSample | None = None
        self._is_stale = False
        self._has_changed = False
        self.dropped = 0  # times that the kernel has lost events

    def feed(self, events: Iterable[Event]) -> list[PenSample]:
        """Take events, in order; the samples of the frames that they complete."""
        samples: list[PenSample] = []
        for t, kind, code, value in events:
            if kind == EV_SYN:
                if code == SYN_DROPPED:
                    self.dropped += 1
                    self._is_stale = True
                elif code == SYN_STATE:
                    self._is_stale = False
                    self._pressed.clear()
                    self._has_changed = True
                elif code == SYN_REPORT and self._has_changed and not self._is_stale:
                    self._has_changed = False
                    self._commit(t, samples)
            elif self._is_stale:
                continue
            elif kind == EV_ABS and code in self._axes:
                self._values[code] = value
                self._has_changed = True
            elif kind == EV_KEY and code in KEYS:
                self._press(code, value)
        return samples

    def _press(self, code: int, value: int) -> None:
        if value == 1:
            self._pressed.setdefault(code)
        elif value == 0:
            self._pressed.pop(code, None)
        self._has_changed = True

    def _commit(self, t: float, samples: list[PenSample]) -> None:
        keys = self._pressed
        tool = next((TOOLS[code] for code in reversed(keys) if code in TOOLS), None)
        near = self._near
        if near is not None and near.tool is not tool:
            samples.append(away_from(near, t))
            self._near = None
        if tool is None:
            return
        tilt_x, tilt_y = self._tilt(ABS_TILT_X), self._tilt(ABS_TILT_Y)
        is_mouse = tool is Tool.CURSOR
        sample = PenSample(
            max(t, near.t) if near else t,
            self._value(ABS_X),
            self._value(ABS_Y),
            self._value(ABS_PRESSURE),
            tool,
            True,
            (BTN_LEFT if is_mouse else BTN_TOUCH) in keys,
            BTN_STYLUS in keys,
            BTN_STYLUS2 in keys or BTN_STYLUS3 in keys,
            tilt_x if tilt_y is not None else None,
            tilt_y if tilt_x is not None else None,
        )
        self._near = sample
        samples.append(sample)

    def _value(self, code: int) -> int:
        axis = self._axes.get(code)
        return 0 if axis is None else min(max(self._values[code] - axis.minimum, 0), axis.span)

    def _tilt(self, code: int) -> float | None:
        """Degrees; axes that do not know their resolution have steps of one degree."""
        axis = self._axes.get(code)
        if axis is None:
            return None
        value = float(self._values[code])
        degrees = value / axis.resolution * 180 / pi if axis.resolution else value
        return min(max(degrees, -90.0), 90.0)


@final
class EventPen:
    """A `DeviceEngine` for one such tablet: its bytes are RECORDs, and who is there is known before they come."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._state = EventState({code: axis for code, axis in description.axes.items() if code in AXES})
        self._rest = b""
        self._out: list[Output] = []
        self._samples = 0

    def submit(self, command: Command, now: float) -> None:
        match command:
            case Start() if self._description.is_tablet:
                self._out.append(Ready(self._description.name, pen=self._description.facts))
            case Start():
                name = self._description.name
                self._out.append(
                    Failed(f"{name} is no pen tablet; name another event node, or none to take the first tablet")
                )
            case Show() | Rest():
                pass  # a pen shows nothing, and may rest as it is
            case _:
                assert_never(command)

    def receive(self, data: bytes, now: float) -> None:
        data = self._rest + data
        whole = len(data) - len(data) % RECORD.size
        self._rest = data[whole:]
        samples = self._state.feed(RECORD.iter_unpack(data[:whole]))
        if samples:
            self._samples += len(samples)
            self._out.append(Moved(tuple(samples)))

    def on_timer(self, now: float) -> None:
        pass  # a tablet that rests says nothing, and one that is unplugged is the line's affair

    def next_timer(self) -> float | None:
        return None

    def drain(self) -> list[Output]:
        out, self._out = self._out, []
        return out

    def statistics(self) -> dict[str, int]:
        """Counters: `samples`, and how often the kernel has `dropped` events."""
        return {"samples": self._samples, "dropped": self._state.dropped}
