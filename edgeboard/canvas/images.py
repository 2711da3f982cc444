"""Images on a canvas: what the payload of an image item says, and which bytes may be shown as one.

The picture itself is a blob and named by its SHA-256. Markup is no image here (SVG may hold scripts), and what an image
is says its content, never its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edgeboard.canvas.values import unpack_value
from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.ids import BLOB_HASH_BYTES, BlobHash

IMAGE_BYTES_MAX: Final = 2 * 1024 * 1024
MEDIA_TYPES: Final = ("image/png", "image/jpeg", "image/webp", "image/gif")
MARK: Final = b"image/"  # in the bytes of every op that adds an image which can be shown

_NAMES: Final = "PNG, JPEG, WebP or GIF"
_STARTS: Final[Mapping[bytes, str]] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


@dataclass(frozen=True, slots=True)
class Image:
    """What an image item names."""

    content: BlobHash
    media: str
    size: int  # bytes

    @property
    def is_showable(self) -> bool:
        return self.media in MEDIA_TYPES and 1 <= self.size <= IMAGE_BYTES_MAX


def read_image(payload: bytes) -> Image | None:
    """The image that a payload names; None if it is not of the form of docs/formats/oplog.md."""
    try:
        value = unpack_value(payload)
    except DecodeError:
        return None
    if not isinstance(value, list) or len(value) < 7:
        return None
    content, media, size = value[4:7]
    if not isinstance(content, bytes) or len(content) != BLOB_HASH_BYTES or not isinstance(media, str):
        return None
    return Image(BlobHash(content), media, size) if type(size) is int else None


def check_image(payload: bytes) -> None:
    """Whether a guest may add this image.

    Raises:
        RefusedError: no image item, a kind that is not shown, or too large; the text is for its maker.
    """
    image = read_image(payload)
    if image is None:
        raise RefusedError(CloseCode.MALFORMED, "an image names its content, its kind and its size")
    if image.media not in MEDIA_TYPES:
        raise RefusedError(CloseCode.FORBIDDEN, f"only {_NAMES} images can be shown")
    if not image.is_showable:
        raise RefusedError(CloseCode.TOO_BIG, f"an image has at most {IMAGE_BYTES_MAX // 1024 // 1024} MiB")


def media_of(data: bytes) -> str | None:
    """The media type of an image by its first bytes; None if it is none that is shown."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((media for start, media in _STARTS.items() if data.startswith(start)), None)


def judge_image(data: bytes) -> tuple[CloseCode, str] | None:
    """Why these bytes cannot be shown as an image; None if they can."""
    if len(data) > IMAGE_BYTES_MAX:
        return CloseCode.TOO_BIG, f"an image has at most {IMAGE_BYTES_MAX // 1024 // 1024} MiB"
    return None if media_of(data) else (CloseCode.FORBIDDEN, f"this is no {_NAMES} image")
