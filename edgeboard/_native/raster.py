"""The kernels that draw on surfaces: ink, polygons, masks and images, each in one call.

`edgeboard.render.surface` calls them and says what they do; `capsules`, `polygons` and `blending` there hold their
twins in Python. They are used only after they have given known answers.
"""

from array import array
from collections.abc import Sequence
from typing import Final, Protocol, cast

from edgeboard._native.loading import load

_SIDES: Final = (8, 4, 1)
_CLIP: Final = (1, 0, 6, 4)
_RUN: Final = array("d", (0.5, 1.0, 0.3, 4.0, 2.0, 1.2, 6.0, 0.5, 0.2))
_CONTOUR: Final = array("d", (2.0, 1.0, 7.5, 0.5, 5.0, 3.75))
_INK: Final = bytes.fromhex("ffffffffffffffffff8099b2b093d9ffff853333337cffffffffb84344e9ffff")
_POLYGON: Final = bytes.fromhex("fffffaede3d6cbffffffc5808080a3ffffffffcf828ff5ffffffffffd8e4ffff")

AreaNumbers = tuple[int, int, int, int]  # x, y, width, height
Buffer = bytes | bytearray | memoryview


class Kernel(Protocol):
    """What the extension offers for drawing: pixels, width, height, channels; clip, colour, opacity; and what to draw.

    Each returns the area that it may have changed, and raises ValueError as the method of `Surface` of its name does.
    """

    def ink(
        self, pixels: bytearray, width: int, height: int, channels: int, clip: AreaNumbers, colour: int, opacity: float,
        runs: Sequence["array[float]"], matrix: Sequence[float], is_hard: bool, /,
    ) -> AreaNumbers: ...  # fmt: skip

    def polygon(
        self, pixels: bytearray, width: int, height: int, channels: int, clip: AreaNumbers, colour: int, opacity: float,
        contours: Sequence["array[float]"], is_hard: bool, /,
    ) -> AreaNumbers: ...  # fmt: skip

    def mask(
        self, pixels: bytearray, width: int, height: int, channels: int, clip: AreaNumbers, colour: int, opacity: float,
        area: AreaNumbers, coverage: Buffer, is_hard: bool, /,
    ) -> AreaNumbers: ...  # fmt: skip

    def image(
        self, pixels: bytearray, width: int, height: int, channels: int, clip: AreaNumbers, colour: int, opacity: float,
        area: AreaNumbers, image: Buffer, /,
    ) -> AreaNumbers: ...  # fmt: skip


def is_sound(kernel: Kernel) -> bool:
    """Whether the kernels give the known answers."""
    ink, contour = bytearray(b"\xff" * 32), bytearray(b"\xff" * 32)
    try:
        kernel.ink(ink, *_SIDES, _CLIP, 0, 0.8, [_RUN], (1.0, 0.1, 0.0, 1.0, 0.0, 0.5), False)
        kernel.polygon(contour, *_SIDES, _CLIP, 0x808080, 1.0, [_CONTOUR], False)
    except (AttributeError, TypeError, ValueError):
        return False
    return (bytes(ink), bytes(contour)) == (_INK, _POLYGON)


kernel: Final = cast("Kernel | None", load("drawing", is_sound))
