"""The frames of a panel in order: who makes them numbers and sums them, and who takes them all has the same picture."""

import struct
from binascii import crc32
from typing import Final, final

from edgeboard.errors import DecodeError
from edgeboard.render.values import Area, Frame, PanelContext

WHITE: Final = 255
_AREA = struct.Struct(">4H")


def chain(crc: int, area: Area, pixels: bytes | bytearray) -> int:
    """The sum of a frame that follows one with the sum `crc`; see `Frame`."""
    return crc32(pixels, crc32(_AREA.pack(*area), crc))


def blank(context: PanelContext) -> bytearray:
    """The pixels of a panel that has shown nothing: white."""
    return bytearray((WHITE,)) * (context.width * context.height * context.format.channels)


@final
class Frames:
    """Numbers and sums the frames of one panel."""

    def __init__(self) -> None:
        self.sequence = 0  # of the last one; 0: none yet
        self.crc = 0

    def make(self, area: Area, pixels: bytes, *, is_ink: bool = False) -> Frame:
        """The next frame."""
        self.sequence += 1
        self.crc = chain(self.crc, area, pixels)
        return Frame(self.sequence, area, pixels, self.crc, is_ink)


@final
class Mirror:
    """What somebody shows who has taken all frames of a panel."""

    def __init__(self, context: PanelContext) -> None:
        self.context = context
        self.pixels = blank(context)  # row by row, as `Frame.pixels`
        self.sequence = 0
        self.crc = 0

    def take(self, frame: Frame) -> None:
        """Show one more.

        Raises:
            DecodeError: it does not follow what was taken, does not fit the panel, or its sum is wrong; nothing has
                changed then.
        """
        area = frame.area
        x, y, width, height = area
        if frame.sequence != self.sequence + 1:
            raise DecodeError(f"frame {frame.sequence} does not follow frame {self.sequence}; ask for a whole picture")
        fits = x >= 0 and y >= 0 and x + width <= self.context.width and y + height <= self.context.height
        channels = self.context.format.channels
        if area.is_empty or not fits or len(frame.pixels) != width * height * channels:
            raise DecodeError(f"frame {frame.sequence} does not fit a panel of this size; ask for a whole picture")
        crc = chain(self.crc, area, frame.pixels)
        if crc != frame.crc:
            raise DecodeError(f"the sum of frame {frame.sequence} is wrong: frames were lost or changed on the way")
        self.show(frame)

    def show(self, frame: Frame) -> None:
        """Show one more, unasked: it comes straight from where it was made."""
        channels = self.context.format.channels
        paste(self.pixels, self.context.width * channels, frame.area, frame.pixels, channels)
        self.sequence, self.crc = frame.sequence, frame.crc

    def clear(self) -> None:
        """Show nothing; what follows is a whole picture."""
        self.pixels[:] = blank(self.context)


def paste(target: bytearray | memoryview, stride: int, area: Area, pixels: bytes | bytearray, channels: int) -> None:
    """Put an area's pixels where they belong in a picture whose rows are `stride` bytes apart."""
    x, y, width, height = area
    wide, left = width * channels, x * channels
    if wide == stride:
        target[y * stride : (y + height) * stride] = pixels
        return
    for row in range(height):
        at = (y + row) * stride + left
        target[at : at + wide] = pixels[row * wide : (row + 1) * wide]


def crop(source: bytes | bytearray | memoryview, stride: int, area: Area, channels: int) -> bytes:
    """An area's pixels out of a picture whose rows are `stride` bytes apart."""
    x, y, width, height = area
    wide, left = width * channels, x * channels
    if wide == stride:
        return bytes(source[y * stride : (y + height) * stride])
    view = memoryview(source)
    return b"".join([view[at : at + wide] for at in range(y * stride + left, (y + height) * stride, stride)][:height])
