"""What a pen says: one value a packet, in the device's own units."""

from dataclasses import dataclass
from enum import Enum


class Tool(Enum):
    """What is near the surface."""

    PEN = "pen"
    ERASER = "eraser"
    CURSOR = "cursor"  # a mouse of the tablet
    FINGER = "finger"


@dataclass(frozen=True, slots=True)
class PenFacts:
    """What a tablet is, in its own units."""

    x_max: int  # x is 0 .. x_max, to the right
    y_max: int  # y is 0 .. y_max, downwards
    pressure_max: int  # 0: it has no pressure
    points_per_mm: float = 0.0  # 0: it does not say
    has_tilt: bool = False
    rate: int = 200  # samples a second that it gives at most
    is_checked: bool = False  # its line has checksums, so that what arrives is what was sent


@dataclass(frozen=True, slots=True)
class PenSample:
    """One sample. When the tool leaves, a last sample with `near` False says so."""

    t: float  # s, host's monotonic clock
    x: int  # 0 .. x_max
    y: int  # 0 .. y_max
    pressure: int = 0  # 0 .. pressure_max
    tool: Tool = Tool.PEN
    near: bool = True  # in proximity
    tip: bool = False  # touches
    side: bool = False  # first side switch
    side2: bool = False  # second side switch
    tilt_x: float | None = None  # degrees, -90 .. 90, to the right
    tilt_y: float | None = None  # degrees, -90 .. 90, towards the writer
