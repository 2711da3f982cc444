"""What panels are and what is shown on them: rectangles, modes, updates."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Rect(NamedTuple):
    """Whole px, origin upper left; empty if `w` or `h` is 0."""

    x: int
    y: int
    w: int
    h: int

    @property
    def area(self) -> int:
        return self.w * self.h

    def unite(self, other: "Rect") -> "Rect":
        """The smallest that holds both."""
        if not self.area or not other.area:
            return other if not self.area else self
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.x + self.w, other.x + other.w) - x, max(self.y + self.h, other.y + other.h) - y)

    def meet(self, other: "Rect") -> "Rect":
        """What both share; empty if nothing."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, below = min(self.x + self.w, other.x + other.w), min(self.y + self.h, other.y + other.h)
        return Rect(x, y, max(right - x, 0), max(below - y, 0))

    def align(self, x: int, y: int, width: int, height: int) -> "Rect":
        """The smallest around this whose edges are multiples of `x` and `y`, clamped to a panel of that size."""
        left, top = self.x // x * x, self.y // y * y
        right, below = -(-(self.x + self.w) // x) * x, -(-(self.y + self.h) // y) * y
        return Rect(left, top, right - left, below - top).meet(Rect(0, 0, width, height))


class Mode(Enum):
    """How e-ink is driven; E Ink's names for its waveforms."""

    INIT = "init"  # to white, whatever was there
    FULL = "full"  # GC16: all greys, flashes, leaves no ghost
    GREY = "grey"  # GL16: greys without a flash; where the panel has no greys, its partial refresh
    FAST = "fast"  # DU: any to black or white, no flash
    DIRECT = "direct"  # A2: black or white to black or white, the fastest


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """What a panel is and what its makers ask of those who drive it."""

    width: int  # px, as it stands
    height: int
    greys: int = 2  # levels: 2, 4 or 16
    modes: frozenset[Mode] = frozenset({Mode.FULL})
    is_whole: bool = False  # a refresh takes the whole screen, though damage is sent in parts
    align_x: int = 1  # px: where updates may begin and end
    align_y: int = 1
    durations: tuple[tuple[Mode, float], ...] = ()  # s, typical
    temperature_min: float = 0.0  # degrees Celsius: below, no refresh
    temperature_max: float = 50.0
    fast_min: float = 10.0  # degrees Celsius: below, no fast or partial waveform
    full_every_s: float = 0.0  # least time between two full refreshes
    has_sleep: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """One refresh: these pixels, in this mode, and everything around them as it is."""

    number: int  # counts updates of one policy
    rect: Rect  # what is sent, aligned
    pixels: bytes  # 8-bit grey, row by row, rect.w * rect.h: 0 black .. 255 white, already in the panel's levels
    mode: Mode
    base: int  # identity of the frame this is painted over; 0: any, this is a whole frame
    frame: int  # identity of the frame that comes of it
