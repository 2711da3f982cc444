"""The kernel that compares frames: which tiles of two differ, in one call.

`edgeboard.render.tiles` calls it and holds its twin in Python. It is used only after it has given a known answer.
"""

from typing import Final, Protocol, cast

from edgeboard._native.loading import load

_BEFORE: Final = bytes(35)
_AFTER: Final = bytes(6) + b"\1" + bytes(27) + b"\1"  # 7 x 5 px, in tiles of 3
_CHANGED: Final = [(6, 0, 1, 3), (6, 3, 1, 2)]

AreaNumbers = tuple[int, int, int, int]  # x, y, width, height
Buffer = bytes | bytearray | memoryview


class Kernel(Protocol):
    """What the extension offers for frames."""

    def changed_tiles(
        self, before: Buffer, after: Buffer, width: int, height: int, channels: int, tile: int, /
    ) -> list[AreaNumbers]:
        """The tiles that differ, row by row, as `edgeboard.render.tiles.changed_tiles`.

        Raises:
            ValueError: sizes do not fit.
        """


def is_sound(kernel: Kernel) -> bool:
    """Whether the kernel gives the known answer."""
    try:
        return kernel.changed_tiles(_BEFORE, _AFTER, 7, 5, 1, 3) == _CHANGED
    except (AttributeError, TypeError, ValueError):
        return False


kernel: Final = cast("Kernel | None", load("tiles", is_sound))
