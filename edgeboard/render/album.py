"""Images inside an SVG: data URIs of what is here, up to a bound, so that the picture needs nothing from outside."""

import base64
from collections.abc import Callable
from typing import Final, final

from edgeboard.canvas.images import media_of, read_image
from edgeboard.ids import BlobHash

BYTES_MAX: Final = 48 * 1024 * 1024  # of images in one picture; those beyond it are frames

ReadBlob = Callable[[BlobHash], bytes | None]


@final
class Album:
    """The images of one picture."""

    def __init__(self, read_blob: ReadBlob | None) -> None:
        self._read_blob = read_blob
        self._left = BYTES_MAX

    def embed(self, payload: bytes) -> str | None:
        """A data URI for the image that a payload names; None if it is not here, or beyond the bound."""
        image = read_image(payload)
        if self._read_blob is None or image is None or not image.is_showable:
            return None
        data = self._read_blob(image.content)
        media = None if data is None else media_of(data)
        if data is None or media is None or len(data) > self._left:
            return None
        self._left -= len(data)
        return f"data:{media};base64,{base64.b64encode(data).decode('ascii')}"
