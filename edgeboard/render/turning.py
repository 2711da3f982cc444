"""Pixels for a display that hangs turned: what people see upright is turned the other way before it is shown."""

from typing import Final

from edgeboard.render.values import Area

TURNS: Final = (0, 90, 180, 270)  # degrees clockwise that a display hangs turned by


def turn_area(area: Area, width: int, height: int, degrees: int) -> Area:
    """Where an area of the upright picture, which is `width` x `height` px, lies on the display."""
    x, y, wide, high = area
    match degrees:
        case 90:  # its own top points to the right, so upright is a quarter against the clock
            return Area(y, width - x - wide, high, wide)
        case 180:
            return Area(width - x - wide, height - y - high, wide, high)
        case 270:
            return Area(height - y - high, x, high, wide)
        case _:
            return area


def turn_pixels(pixels: bytes, width: int, height: int, channels: int, degrees: int) -> bytes:
    """The pixels of an upright area, row by row, as the display takes them.

    Args:
        pixels: row by row.
        width: px of the upright area.
        height: likewise.
        channels: bytes a px, 1 or 4.
        degrees: one of `TURNS`.
    """
    if degrees == 0:
        return pixels
    view = memoryview(pixels).cast("I" if channels == 4 else "B")
    if degrees == 180:
        return view[::-1].tobytes()
    columns = range(width - 1, -1, -1) if degrees == 90 else range(width)
    if degrees == 90:
        return b"".join([view[x::width].tobytes() for x in columns])
    last = (height - 1) * width
    return b"".join([view[last + x :: -width].tobytes() for x in columns])
