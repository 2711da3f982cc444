"""The images that an archive encloses: the bytes that its ops name, if they are here (docs/formats/archive.md)."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.images import MARK, judge_image, read_image
from edgeboard.canvas.ops import Op, decode_body
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import BlobHash

BLOBS_MAX: Final = 100_000
BYTES_MAX: Final = 128 * 1024 * 1024  # of all images of an archive together; as base64 they fit into a file


def named_blobs(ops: Iterable[Op]) -> list[BlobHash]:
    """The blobs that image items of these ops name, each once, in their order."""
    found: dict[BlobHash, None] = {}
    for op in ops:
        if MARK not in op.tail:
            continue
        try:
            body = decode_body(op)
        except DecodeError:
            continue
        image = read_image(body.payload) if isinstance(body, Add) and body.type == ItemType.IMAGE else None
        if image is not None and image.is_showable:
            found[image.content] = None
    return list(found)


def write_blobs(named: Iterable[BlobHash], read: Callable[[BlobHash], bytes | None]) -> dict[str, Any]:
    """The fields `blobs` and `absent` of an archive."""
    blobs: list[dict[str, str]] = []
    absent: list[str] = []
    size = 0
    for content in named:
        data = read(content)
        if data is None or size + len(data) > BYTES_MAX:
            absent.append(content.hex())
        else:
            size += len(data)
            blobs.append({"sha256": content.hex(), "raw": base64.b64encode(data).decode("ascii")})
    return {"blobs": blobs, "absent": absent}


def read_enclosed(fields: object, number: int) -> tuple[BlobHash, bytes]:
    """An element of `blobs`, checked against its name.

    Raises:
        DecodeError: not of that form, or no image. LimitError: too large.
    """
    try:
        if not isinstance(fields, dict):
            raise DecodeError("not an object")
        name, raw = fields.get("sha256"), fields.get("raw")
        if not isinstance(name, str) or not isinstance(raw, str):
            raise DecodeError("`sha256` or `raw` is missing or not a text")
        content, data = bytes.fromhex(name), base64.b64decode(raw, validate=True)
    except (DecodeError, binascii.Error, ValueError) as error:
        raise DecodeError(f"image {number}: {error}") from None
    if hashlib.sha256(data).digest() != content:
        raise DecodeError(f"image {number}: its bytes do not fit its name")
    verdict = judge_image(data)
    if verdict is not None:
        raise LimitError(f"image {number}: {verdict[1]}")
    return BlobHash(content), data
