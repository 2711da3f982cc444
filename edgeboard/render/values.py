"""What a panel is and what it shows, as values: its pixels, how it refreshes, the part of a page on it, and frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import ceil, floor, isfinite
from typing import Final, NamedTuple

from edgeboard.canvas.geometry import Rectangle, Transform

SIDE_MAX: Final = 8_192  # px of a panel
SLACK: Final = 2  # px around an item that rounding and smooth edges may need
PLACE_MAX: Final = 1e9  # px from the corner, of what is drawn
PLACE_STEPS: Final = 256  # in a px, that places are rounded to before anything is drawn
POINTS_MAX: Final = 100_000  # of what is drawn in one call


class Area(NamedTuple):
    """A rectangle of a panel, px."""

    x: int
    y: int
    width: int
    height: int

    @property
    def is_empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def meet(self, other: "Area") -> "Area":
        """What both hold; empty if nothing."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        below = min(self.y + self.height, other.y + other.height)
        return Area(x, y, max(0, right - x), max(0, below - y))

    def unite(self, other: "Area") -> "Area":
        """The smallest that holds both."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        below = max(self.y + self.height, other.y + other.height)
        return Area(x, y, right - x, below - y)


def blocks_of(area: Area, wanted: Area, side: int) -> Iterator[Area]:
    """The blocks of an area that a part of it touches; they are counted from the area's corner, whatever is wanted.

    Args:
        area: that is divided.
        wanted: may reach out of it.
        side: of a block, px; those at the right and lower edges may be smaller.
    """
    wanted = wanted.meet(area)
    if wanted.is_empty:
        return
    for row in range((wanted.y - area.y) // side, (wanted.y + wanted.height - 1 - area.y) // side + 1):
        for column in range((wanted.x - area.x) // side, (wanted.x + wanted.width - 1 - area.x) // side + 1):
            yield area.meet(Area(area.x + column * side, area.y + row * side, side, side))


class PixelFormat(Enum):
    """What the pixels of a panel can be; the names are those of `edgeboard.yaml`."""

    GREY1 = "grey1"  # black and white
    GREY2 = "grey2"  # 4 greys
    GREY4 = "grey4"  # 16 greys
    GREY8 = "grey8"
    BWR = "bwr"  # e-ink of three colours: black, white, red
    BWRY = "bwry"  # of four: black, white, red, yellow
    RGB565 = "rgb565"
    RGB888 = "rgb888"
    XRGB8888 = "xrgb8888"

    @property
    def is_colour(self) -> bool:
        return self not in (PixelFormat.GREY1, PixelFormat.GREY2, PixelFormat.GREY4, PixelFormat.GREY8)

    @property
    def levels(self) -> int:
        """Greys, of a panel without colours: 2, 4, 16 or 256; of one with colours 256."""
        return {"grey1": 2, "grey2": 4, "grey4": 16}.get(self.value, 256)

    @property
    def channels(self) -> int:
        """Bytes a px of what is drawn on: 1, grey from 0 black to 255 white; or 4, blue, green, red, 255."""
        return 4 if self.is_colour else 1


class Refresh(Enum):
    """How a panel changes what it shows."""

    LCD = "lcd"  # at once, as often as one likes
    EINK = "eink"  # slowly, and every change costs


@dataclass(frozen=True, slots=True)
class PanelContext:
    """What a renderer is chosen by."""

    width: int  # px, 1 .. SIDE_MAX, as people look at it: after rotation
    height: int
    format: PixelFormat = PixelFormat.GREY1
    refresh: Refresh = Refresh.EINK
    theme: str = "paper"  # paper: dark ink on white; night: light ink on black


@dataclass(frozen=True, slots=True)
class View:
    """What of a page a panel shows."""

    x: float  # px of the canvas at the panel's upper left corner
    y: float
    zoom: float  # px of the panel in one of the canvas

    def area(self, x: int, y: int, width: int, height: int) -> Rectangle:
        """What a rectangle of the panel shows, canvas px."""
        left, top = self.x + x / self.zoom, self.y + y / self.zoom
        return Rectangle(left, top, left + width / self.zoom, top + height / self.zoom)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the canvas lies on the panel, px."""
        return (x - self.x) * self.zoom, (y - self.y) * self.zoom

    @property
    def matrix(self) -> Transform:
        """From the canvas to the panel, beginning at a whole px, so that what is panned is what was there, moved."""
        left, top = round(self.x * self.zoom), round(self.y * self.zoom)
        return Transform(self.zoom, 0.0, 0.0, self.zoom, float(-left), float(-top))

    def touched(self, box: Rectangle) -> Area:
        """The px that something within a box of the canvas may leave a mark on; they may lie beside the panel."""
        return touched(self.matrix, box)

    def reach(self, area: Area) -> Rectangle:
        """What of the canvas must be looked at to draw an area: all that `touched` may lead to it from."""
        wide = 2 * SLACK
        return self.area(area.x - wide, area.y - wide, area.width + 2 * wide, area.height + 2 * wide)


def touched(matrix: Transform, box: Rectangle) -> Area:
    """The px that something within a box may leave a mark on, `SLACK` px more than it; empty if there are none.

    Args:
        matrix: from the box to px.
        box: may be empty.
    """
    found = matrix.rectangle(box)
    edges = [min(max(edge, -PLACE_MAX), PLACE_MAX) for edge in (found.x0, found.y0, found.x1, found.y1)]
    if found.is_empty or not all(map(isfinite, edges)):
        return Area(0, 0, 0, 0)
    left, top = floor(edges[0]) - SLACK, floor(edges[1]) - SLACK
    return Area(left, top, ceil(edges[2]) + SLACK - left, ceil(edges[3]) + SLACK - top)


@dataclass(frozen=True, slots=True)
class Frame:
    """One change of a panel.

    `crc` is CRC-32 (ISO-HDLC, as zlib's) of x, y, width, height (each u16, big endian) and the pixels, begun with the
    `crc` of the frame before, 0 for the first: who has taken every frame and has the same `crc` shows the same picture.
    """

    sequence: int  # from 1, rises by one
    area: Area
    pixels: bytes  # row by row, `PixelFormat.channels` bytes a px, only values that the format can show
    crc: int
    is_ink: bool = False  # a pen waits to see it
