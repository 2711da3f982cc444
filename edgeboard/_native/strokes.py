"""The kernel of the stroke codec: all columns of a stroke to bytes and back in one call.

`edgeboard.oplog.codec` calls it and holds its twin in Python; both write the same bytes, give the same values and
refuse the same inputs with the same exceptions. An extension that was built from other sources, or badly, would log
ink that nobody else can read, so it is used only after it has given a known answer.
"""

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar, cast

from edgeboard._native.loading import load
from edgeboard.errors import DecodeError

_Made = TypeVar("_Made")

# A stroke that takes an explicit grid, every order, coarse times, wide codes and all columns; and its bytes.
_COLUMNS: Final = (
    (0, 12, 60, 48, 48, 6_000_048),
    (-9, -9, 0, 9, 18, 27),
    (0, 2048, 2048, 2050, 4095, 1),
    (0, 16, 48, 48, 144, 160),
    (-90, 90, 0, 0, 0, 1),
    (45, 45, 45, 45, 45, 45),
)
_SCALE: Final = 7
_BYTES: Final = bytes.fromhex("d406070c09001100b3015a4378ffffff10007a1204060af17000000013fd7fbc29c8a6fb0a33000080")


class Kernel(Protocol):
    """What the extension offers for strokes."""

    def encode(
        self,
        scale: int,
        x: Sequence[int],
        y: Sequence[int],
        pressure: Sequence[int] | None,
        t: Sequence[int] | None,
        tilt_x: Sequence[int] | None,
        tilt_y: Sequence[int] | None,
        /,
    ) -> bytes:
        """The columns of a stroke.

        Raises:
            LimitError: a value is outside the format.
        """

    def decode(self, data: bytes, at: int, stroke: type[_Made], /) -> tuple[_Made, int]:
        """Columns that begin at offset `at`, as an object of `stroke`, a dataclass with slots for the seven arguments
        of `encode` and no others; returns (stroke, offset behind it).

        Raises:
            DecodeError: the bytes break the format.
            LimitError: more than 500 points.
        """


class _Probe:
    __slots__ = ("pressure", "scale", "t", "tilt_x", "tilt_y", "x", "y")

    scale: int
    x: tuple[int, ...]
    y: tuple[int, ...]
    pressure: tuple[int, ...]
    t: tuple[int, ...]
    tilt_x: tuple[int, ...]
    tilt_y: tuple[int, ...]


def is_sound(kernel: Kernel) -> bool:
    """Whether a kernel gives the known answer."""
    try:
        written = kernel.encode(_SCALE, *_COLUMNS)
        read, behind = kernel.decode(b"\xff" + _BYTES + b"\xff", 1, _Probe)
        columns = (read.x, read.y, read.pressure, read.t, read.tilt_x, read.tilt_y)
    except (AttributeError, TypeError, ValueError, DecodeError):
        return False
    return (written, behind, read.scale, columns) == (_BYTES, 1 + len(_BYTES), _SCALE, _COLUMNS)


kernel: Final = cast("Kernel | None", load("strokes", is_sound))
