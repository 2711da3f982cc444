"""Images inside drawings: data URLs both ways, and how a mirrored image lies on the canvas."""

import base64
import binascii
from collections.abc import Callable
from typing import Final

from edgeboard.canvas.geometry import Transform
from edgeboard.canvas.images import judge_image, media_of
from edgeboard.ids import BlobHash
from edgeboard.interchange.excalidraw import rotation

BYTES_MAX: Final = 48 * 1024 * 1024  # of images in one drawing; those beyond it are named

ReadBlob = Callable[[BlobHash], bytes | None]


def from_data_url(url: object) -> bytes | None:
    """The bytes in a data URL; None if it is none, or not in base64."""
    if not isinstance(url, str) or not url.startswith("data:"):
        return None
    head, comma, text = url.partition(",")
    if not comma or not head.endswith(";base64"):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def to_data_url(data: bytes) -> str:
    """A data URL of an image."""
    return f"data:{media_of(data)};base64,{base64.b64encode(data).decode('ascii')}"


def why_not(data: bytes | None) -> str | None:
    """Why an image of a drawing is not carried; None if it is."""
    if data is None:
        return "their files are not in the drawing"
    verdict = judge_image(data)
    return None if verdict is None else verdict[1]


def pose_of_image(angle: float, across: float, down: float) -> tuple[float, bool]:
    """How an image lies that is scaled by `across` and `down`, of which one or both may be negative, and turned then.

    Returns:
        The angle, and whether its sides are exchanged; upside down is that and a half turn.
    """
    return angle + (3.141592 if down < 0 else 0.0), (across < 0) != (down < 0)


def mirrored(angle: float, x: float, y: float) -> Transform:
    """Left and right are exchanged around a place, and then it is turned around it."""
    return rotation(angle, x, y).after(Transform(-1.0, 0.0, 0.0, 1.0, 2 * x, 0.0))
