"""Elements of a `.excalidraw` file as they are written, with every field that Excalidraw writes itself."""

import zlib
from collections.abc import Sequence
from math import atan2, hypot
from typing import Any, Final, NamedTuple

from edgeboard.canvas.bodies import Register
from edgeboard.canvas.geometry import Transform
from edgeboard.canvas.items import Item
from edgeboard.ids import show_op
from edgeboard.interchange.excalidraw import GRID, LINE_HEIGHT, SANS, centre_of, tidy_angle
from edgeboard.render import figures

UNIT: Final = 1e-9  # a scale this near to 1 is none
CLEAR: Final = "transparent"

Fields = dict[str, Any]
Place = tuple[float, float]


def new_element(
    item: Item, number: int, kind: str, centre: Place, size: Place, angle: float, **fields: object
) -> Fields:
    """An element.

    Args:
        item: whose it is.
        number: how many elements came before it.
        kind: Excalidraw's word for its type.
        centre: of its box, px.
        size: of its box before it is turned, px.
        angle: radians.
        fields: what is not as it is for most.
    """
    name = f"{show_op(item.id)}.{number}"
    seed = zlib.crc32(name.encode()) >> 1
    (x, y), (width, height) = centre, size
    element: Fields = {
        "id": name, "type": kind, "x": short(x - width / 2), "y": short(y - height / 2), "width": short(width),
        "height": short(height), "angle": angle, "strokeColor": figures.css(0), "backgroundColor": CLEAR,
        "fillStyle": "solid", "strokeWidth": 1, "strokeStyle": "solid", "roughness": 0, "opacity": 100, "groupIds": [],
        "frameId": None, "index": "", "roundness": None, "seed": seed, "version": 1, "versionNonce": seed,
        "isDeleted": False, "boundElements": [], "updated": 1, "link": None,
        "locked": item.registers.get(Register.LOCK) is True,
    }  # fmt: skip
    element.update(fields)
    return element


class Pose(NamedTuple):
    """How a transform changes a figure."""

    angle: float  # radians
    across: float  # scale of its width
    down: float  # of its height
    is_square: bool  # corners stay right angles
    is_mirrored: bool

    @property
    def is_turn(self) -> bool:
        """Whether sizes stay as they are."""
        return self.is_square and not self.is_mirrored and self.across == 1 and self.down == 1


def pose_of(transform: Transform) -> Pose:
    """What a transform does to right angles and lengths."""
    a, b, c, d = transform.a, transform.b, transform.c, transform.d
    across, down = (1.0 if abs(scale - 1) < UNIT else scale for scale in (hypot(a, b), hypot(c, d)))
    is_square = abs(a * c + b * d) <= UNIT * across * down
    return Pose(tidy_angle(atan2(b, a)), across, down, is_square, a * d - b * c < 0)


def diamond_of(places: Sequence[Place]) -> list[Place] | None:
    """Two corners of the box whose edges a polygon touches in their middles, if it is one of those."""
    if len(places) != 4:
        return None
    (tx, ty), (rx, ry), (bx, by), (lx, ly) = places
    if tx == bx and ry == ly and lx <= tx <= rx and ty <= ry <= by:
        box = [(lx, ty), (rx, by)]
        cx, cy = centre_of(box)
        if abs(cx - tx) * GRID < 1 and abs(cy - ry) * GRID < 1:
            return box
    return None


def look_of(style: figures.Style) -> Fields:
    """The fields that say how a shape is painted."""
    return {
        "strokeColor": figures.css(style.colour),
        "backgroundColor": CLEAR if style.fill is None else figures.css(style.fill),
        "strokeWidth": style.width,
        "opacity": percent(style.opacity),
    }


def written(text: str, size: float) -> Fields:
    """The fields of a text of `size` px."""
    return {
        "text": text,
        "originalText": text,
        "fontSize": round(size, 6),
        "fontFamily": SANS,
        "textAlign": "left",
        "verticalAlign": "top",
        "containerId": None,
        "autoResize": True,
        "lineHeight": LINE_HEIGHT,
    }


def percent(opacity: float) -> float:
    """An opacity as the format counts it."""
    percent = round(opacity * 100, 6)
    return int(percent) if percent == int(percent) else percent


def short(value: float) -> float:
    """A number in six decimals, whole if it is."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded
