"""What the owner says of a pen or a panel, and what a device URL may be."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from firmware_bridge.address import AUTO, parse_address
from firmware_bridge.errors import AddressError

EVERYTHING = AUTO


class Covers(NamedTuple):
    """The part of a canvas that a pen's area or a panel covers, px; how high it is follows from its shape."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1280.0


@dataclass(frozen=True, slots=True)
class Settings:
    """One device, or all that are plugged in (`auto`)."""

    url: str = EVERYTHING
    room: str = ""  # where it draws or what it shows; empty: the first of this board's rooms
    view: Covers = Covers()
    rotation: Literal["0", "90", "180", "270"] = "0"  # degrees clockwise that a tablet lies turned by
    left_handed: bool = False  # a further half turn
    side_switch: Literal["eraser", "none"] = "eraser"
    touch: bool = False  # fingers draw, where a tablet feels them
    colour: int = 0  # of the pen's ink: 0 .. 15 of the palette
    width: float = 3.0  # px of the canvas, at full pressure
    always_full: bool = False  # every update of an e-ink panel flashes, and none ghosts


def read_url(text: str) -> str:
    """A device URL as it is kept.

    Raises:
        ValueError: it means nothing; the text says what would.
    """
    try:
        return str(parse_address(text))
    except AddressError as error:
        raise ValueError(str(error)) from None


def read_view(text: str) -> Covers:
    """`left, top, width` in px of the canvas.

    Raises:
        ValueError: not three numbers, or not a width.
    """
    try:
        left, top, width = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no view; write left, top, width in px: 0, 0, 1280") from None
    if not (abs(left) <= 1e7 and abs(top) <= 1e7 and 16 <= width <= 1e6):
        raise ValueError(f"{text[:40]!r} is no view; its width goes from 16 to 1000000 px")
    return Covers(left, top, width)
