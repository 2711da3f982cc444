"""Images inside archives."""

import base64
import hashlib

import pytest

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.values import pack_value
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import Origin
from edgeboard.rooms import enclosures
from edgeboard.rooms.enclosures import named_blobs, read_enclosed, write_blobs

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
NAME = hashlib.sha256(PNG).digest()


def op_of(body):
    return Maker(Origin(5)).make(body, 0)


def image(content, media="image/png"):
    return op_of(Add(0, 0, ItemType.IMAGE, pack_value([0, 0, 9, 9, content, media, len(PNG)])))


def test_each_blob_is_named_once():
    other = b"o" * 32
    ops = [image(NAME), image(other), image(NAME), image(b"s" * 32, "image/svg+xml")]
    assert named_blobs(ops) == [NAME, other]


def test_what_is_here_is_written_and_read_back_and_the_rest_is_named():
    absent = b"o" * 32
    written = write_blobs([NAME, absent], {NAME: PNG}.get)
    assert written["absent"] == [absent.hex()]
    assert [read_enclosed(fields, 1) for fields in written["blobs"]] == [(NAME, PNG)]


def test_what_goes_beyond_the_limit_is_left_out_and_named(monkeypatch):
    monkeypatch.setattr(enclosures, "BYTES_MAX", 150)
    written = write_blobs([NAME, b"o" * 32], lambda content: PNG)
    assert (len(written["blobs"]), written["absent"]) == (1, ["6f" * 32])


@pytest.mark.parametrize(
    "fields",
    [
        "text",
        {},
        {"sha256": NAME.hex()},
        {"sha256": "zz", "raw": ""},
        {"sha256": NAME.hex(), "raw": "*"},
        {"sha256": NAME.hex(), "raw": base64.b64encode(PNG + b"?").decode()},
        {"sha256": NAME.hex()[:-2], "raw": base64.b64encode(PNG).decode()},
    ],
)
def test_a_broken_image_is_a_decode_error_that_says_which(fields):
    with pytest.raises(DecodeError, match="image 3"):
        read_enclosed(fields, 3)


def test_what_is_no_image_is_refused():
    data = b"<svg/>"
    fields = {"sha256": hashlib.sha256(data).hexdigest(), "raw": base64.b64encode(data).decode()}
    with pytest.raises(LimitError, match="no PNG"):
        read_enclosed(fields, 1)
