"""Images inside an SVG."""

import base64
import hashlib

from edgeboard.canvas.bodies import Add, ItemType, Set
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.values import pack_value
from edgeboard.ids import AuthorTag, Origin
from edgeboard.render import album
from edgeboard.render.svg import render_svg

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
NAME = hashlib.sha256(PNG).digest()
URI = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def board(*bodies):
    document, maker = Document(), Maker(Origin(5))
    made = []
    for number, body in enumerate(bodies):
        op = maker.make(body(made) if callable(body) else body, document.lamport)
        document.apply(op, Place(AuthorTag(b"a" * 8), number))
        made.append(op.id)
    return document


def image(media="image/png", content=NAME):
    return Add(0, 0, ItemType.IMAGE, pack_value([10, 20.5, 300, 200, content, media, len(PNG)]))


def test_an_image_that_is_here_is_embedded_where_it_belongs():
    svg = render_svg(board(image()), read_blob={NAME: PNG}.get)
    assert f'<image x="10" y="20.5" width="300" height="200" preserveAspectRatio="none" href="{URI}"/>' in svg


def test_its_opacity_and_its_transform_are_kept():
    document = board(
        image(), lambda made: Set(made[0], 2, [None, None, None, 0.5]), lambda made: Set(made[0], 1, [2, 0, 0, 2, 5, 5])
    )
    svg = render_svg(document, read_blob={NAME: PNG}.get)
    assert 'opacity="0.5" href=' in svg
    assert '<g transform="matrix(2 0 0 2 5 5)"><image' in svg


def test_an_image_that_is_not_here_is_a_frame():
    for read in (None, {}.get, lambda content: b"<svg/>"):
        svg = render_svg(board(image()), read_blob=read)
        assert "<image" not in svg
        assert 'fill="#f2f2f5"' in svg
    assert "<image" not in render_svg(board(image("image/svg+xml")), read_blob={NAME: PNG}.get)


def test_beyond_the_bound_images_are_frames(monkeypatch):
    monkeypatch.setattr(album, "BYTES_MAX", 150)
    svg = render_svg(board(image(), image()), read_blob={NAME: PNG}.get)
    assert (svg.count("<image"), svg.count('fill="#f2f2f5"')) == (1, 1)
