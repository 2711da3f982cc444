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
PIXELS_MAX: Final = 40_000_000  # a small file can say that it is a huge picture, which no phone can hold
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


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height in px, as the head of an image says; None if it does not say.

    PNG (ISO 15948, 11.2.2), GIF89a (18), JPEG (ITU T.81, B.2.2) and WebP (RFC 9649, 2.5 to 2.7).
    """
    match media_of(data):
        case "image/png" if data[12:16] == b"IHDR" and len(data) >= 24:
            return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
        case "image/gif" if len(data) >= 10:
            return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
        case "image/jpeg":
            return _size_of_jpeg(data)
        case "image/webp" if len(data) >= 30:
            return _size_of_webp(data)
        case _:
            return None


def _size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    """From the first frame header; what stands between segments is passed over, as lenient readers do."""
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 9 <= len(data):
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        has_length = marker not in (0x00, 0x01, 0xFF) and not 0xD0 <= marker <= 0xD9
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big") if has_length else 1
    return None


def _size_of_webp(data: bytes) -> tuple[int, int] | None:
    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "little")

    match data[12:16]:
        case b"VP8X":
            return number(24, 3) + 1, number(27, 3) + 1
        case b"VP8L" if data[20] == 0x2F:
            bits = number(21, 4)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            return number(26, 2) & 0x3FFF, number(28, 2) & 0x3FFF
        case _:
            return None


def judge_image(data: bytes) -> tuple[CloseCode, str] | None:
    """Why these bytes cannot be shown as an image; None if they can."""
    if len(data) > IMAGE_BYTES_MAX:
        return CloseCode.TOO_BIG, f"an image has at most {IMAGE_BYTES_MAX // 1024 // 1024} MiB"
    if media_of(data) is None:
        return CloseCode.FORBIDDEN, f"this is no {_NAMES} image"
    width, height = size_of(data) or (0, 0)
    if width * height > PIXELS_MAX:
        return CloseCode.TOO_BIG, f"an image has at most {PIXELS_MAX // 1_000_000} million px"
    return None
