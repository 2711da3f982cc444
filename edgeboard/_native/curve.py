"""The kernel of curves: the columns of a piece to the discs that are drawn, in one call.

`edgeboard.render.strokes` calls it and holds its twin in Python; both give the same numbers to the last bit. It is used
only after it has given a known answer.
"""

from array import array
from collections.abc import Sequence
from typing import Final, Protocol, cast

from edgeboard._native.loading import load
from edgeboard.errors import DecodeError

# Four points with pressures, of which two cuts leave two runs; and the last disc of each.
_BYTES: Final = bytes.fromhex("17040012008e6b4ef9266e0361d648003ffb6940")
_CUTS: Final = ((0, 300), (1_100, 1_200))
_ENDS: Final = [
    (3, (2.069594429805875, 1.6764272101223467, 1.0229280598958332)),
    (5, (13.0, 0.0, 0.5964285714285714)),
]


class Kernel(Protocol):
    """What the extension offers for curves."""

    def discs(self, data: bytes, at: int, width: float, cuts: Sequence[tuple[int, int]], /) -> list[bytes]:
        """The runs of the columns that begin at offset `at`, each as x, y, radius doubles of this machine.

        Args:
            data: columns, docs/formats/oplog.md.
            at: where they begin.
            width: px.
            cuts: united, in 1/1024 of a segment.

        Raises:
            DecodeError: the bytes break the format.
            LimitError: more than 500 points.
            ValueError: a negative offset, or a width that is none.
        """


def is_sound(kernel: Kernel) -> bool:
    """Whether a kernel gives the known answer."""
    try:
        found = [array("d", run) for run in kernel.discs(_BYTES, 0, 3.0, _CUTS)]
    except (AttributeError, TypeError, ValueError, DecodeError):
        return False
    return [(len(run) // 3, tuple(run[-3:])) for run in found] == _ENDS


kernel: Final = cast("Kernel | None", load("curves", is_sound))
