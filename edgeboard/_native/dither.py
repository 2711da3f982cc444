"""The kernels that prepare px for panels: dithered, by a pattern or by error diffusion, and packed.

`edgeboard.render.dither` calls them, says what they do and holds their twins in Python. They are used only after they
have given known answers.
"""

from typing import Final, Protocol, cast

from edgeboard._native.loading import load

GREY1, GREY4 = 0, 2  # places in `edgeboard.render.values.PixelFormat`
_RAMP: Final = bytes(range(0, 256, 8)) * 2  # 32 x 2 px
_AREA: Final = (3, 0, 24, 2)
_ORDERED: Final = bytes.fromhex("000aaa15555f")
_DIFFUSED: Final = bytes.fromhex("122334455667778999aabbcc222334455666788899abbbcc")

AreaNumbers = tuple[int, int, int, int]  # x, y, width, height
Buffer = bytes | bytearray | memoryview


class Kernel(Protocol):
    """What the extension offers; a format is its place in `PixelFormat`, an area lies on the surface and has px."""

    def dither(
        self, pixels: Buffer, width: int, height: int, channels: int, area: AreaNumbers, format: int, is_still: bool, /
    ) -> bytes:
        """The px of an area, as `edgeboard.render.dither.dither`.

        Raises:
            ValueError: sizes, area or format do not fit.
        """

    def pack(self, pixels: Buffer, width: int, format: int, /) -> bytes:
        """Rows of px, as `edgeboard.render.dither.pack`.

        Raises:
            ValueError: not whole rows, or no such format.
        """


def is_sound(kernel: Kernel) -> bool:
    """Whether the kernels give the known answers."""
    try:
        ordered = kernel.pack(kernel.dither(_RAMP, 32, 2, 1, _AREA, GREY1, False), 24, GREY1)
        diffused = kernel.pack(kernel.dither(_RAMP, 32, 2, 1, _AREA, GREY4, True), 24, GREY4)
    except (AttributeError, TypeError, ValueError):
        return False
    return (ordered, diffused) == (_ORDERED, _DIFFUSED)


kernel: Final = cast("Kernel | None", load("dithering", is_sound))
