"""The kernel of thinning: which points of a stroke stay, in one call.

`edgeboard.canvas.refine` calls it and holds its twin in Python; both keep the same points. It is used only after it has
given a known answer.
"""

from collections.abc import Sequence
from typing import Final, Protocol, cast

from edgeboard._native.loading import load

# A corner between lines, with a pressure that rises and falls; and the points that stay.
_X: Final = (0, 80, 160, 240, 320, 320, 320, 320, 320)
_Y: Final = (0, 0, 0, 8, 0, 80, 160, 240, 320)
_PRESSURE: Final = (0, 2000, 2000, 2100, 2000, 2000, 1990, 2010, 4095)
_COARSE: Final = (0, 1911, 1911, 2184, 1911, 1911, 1911, 1911, 4095)
_KEPT: Final = [0, 3, 4, 5, 8]


class Kernel(Protocol):
    """What the extension offers for thinning."""

    def refine(
        self,
        scale: int,
        x: Sequence[int],
        y: Sequence[int],
        pressure: Sequence[int] | None,
        coarse: Sequence[int] | None,
        width: float,
        tolerance: float,
        /,
    ) -> list[int]:
        """The indices of the points that stay; see `edgeboard.canvas.refine.refined`.

        Raises:
            ValueError: not 1 to 500 points, columns of unequal lengths, one pressure column without the other, or a
                scale, width or tolerance that is none.
        """


def is_sound(kernel: Kernel) -> bool:
    """Whether a kernel gives the known answer."""
    try:
        return kernel.refine(8, _X, _Y, _PRESSURE, _COARSE, 3.0, 0.5) == _KEPT
    except (AttributeError, TypeError, ValueError):
        return False


kernel: Final = cast("Kernel | None", load("thinning", is_sound))
