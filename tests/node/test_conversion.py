"""Files as items for a page: every kind of file, nothing lost in silence, one family of errors."""

import base64
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgeboard.node.conversion as conversion
from edgeboard.canvas.bodies import Add, Alive, Cut, ItemType, Meta, Register, Set
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.samples import Stroke
from edgeboard.canvas.values import pack_value
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import AuthorTag, Origin
from edgeboard.node.conversion import convert
from edgeboard.oplog.codec import encode_columns, encode_stroke
from edgeboard.rooms.archive import export_room
from tests.interchange.scenes import FILES, PNG, element, scene

INK = encode_stroke(0, 3, 24, Stroke(20, [0, 20, 40], [0, 20, 0]))
BOX = pack_value([2, [0, 0, 10.5, 10], 4, 8, None])


def archive_of(*made):
    """The archive of a room that holds these ops; each may name those before it by their place."""
    document, maker = Document(), Maker(Origin(5))
    ids = []
    for entry, make in enumerate(made):
        op = maker.make(make(ids), document.lamport)
        ids.append(op.id)
        document.apply(op, Place(AuthorTag(b"a" * 8), entry))
    return json.dumps(export_room("lobby", document)).encode()


def test_a_drawing_of_excalidraw():
    found = convert("x.excalidraw", scene(element("ellipse", opacity=50), element("frame")))
    (item,) = found["items"]
    assert (item["type"], item["registers"]) == (ItemType.SHAPE, {"2": [None, None, None, 0.5]})
    assert set(item) == {"type", "pieces", "registers"}
    x0, y0, x1, y1 = found["box"]
    assert x0 < 10 < 110 < x1
    assert y0 < 20 < 70 < y1
    assert [note["kind"] for note in found["notes"]] == ["frames"]
    json.dumps(found, allow_nan=False)


def test_images_come_along():
    found = convert("x", scene(element("image", fileId="f"), files=FILES))
    assert found["images"] == [base64.b64encode(PNG).decode()]
    assert len(found["items"]) == 1


def test_a_connector_names_the_items_that_it_joins():
    arrow = element("arrow", points=[[0, 0], [9, 9]], endArrowhead="arrow", startBinding={"elementId": "b"})
    items = convert("", scene(element("ellipse", id="b"), arrow))["items"]
    assert items[1]["ends"] == [0, None]


def test_an_archive_is_what_it_shows():
    data = archive_of(
        lambda _: Add(0, 0, ItemType.STROKE, INK),
        lambda ids: Add(0, 0, ItemType.STROKE, encode_columns(Stroke(20, [40, 80], [0, 3])), ids[0], 1),
        lambda ids: Cut(ids[1], ((10, 20),)),
        lambda _: Add(0, 3, ItemType.SHAPE, BOX),
        lambda ids: Set(ids[3], Register.TRANSFORM, [1, 0, 0, 1, 5, 5]),
        lambda ids: Set(ids[3], Register.Z, "b"),
        lambda _: Add(0, 0, ItemType.SHAPE, BOX),
        lambda ids: Alive(ids[6], False),
        lambda _: Add(4, 0, ItemType.SHAPE, pack_value([2, [900, 0, 990, 10], 4, 8, None])),
        lambda _: Meta("page/4", "Last"),
    )
    found = convert("lobby.json", data)
    stroke, box, other = found["items"]
    assert base64.b64decode(stroke["pieces"][0]) == INK
    assert len(stroke["pieces"]) == 2
    assert stroke["cuts"] == [[], [[10, 20]]]
    assert box["registers"] == {"1": [1, 0, 0, 1, 5, 5]}
    assert (other["page"], found["pages"]) == (1, ["", "Last"])
    assert "page" not in box
    assert found["notes"] == []
    assert found["box"][2] < 60, "of the first page"


def test_values_that_json_has_no_words_for_stay_behind():
    data = archive_of(
        lambda _: Add(0, 0, ItemType.SHAPE, BOX),
        lambda ids: Set(ids[0], Register.STYLE, [b"\xff", None]),
        lambda ids: Set(ids[0], Register.TRANSFORM, [float("nan")] * 6),
    )
    assert convert("", data)["items"][0]["registers"] == {}


def test_a_recording():
    (item,) = convert("pen.csv", b"1,1\n2,2\n3,1\n")["items"]
    assert item["type"] == ItemType.STROKE
    assert convert("x", b'{"x": [0, 20], "y": [5, 5]}')["box"] is not None


def test_nothing_to_be_seen_has_no_box():
    assert convert("", scene()) == {"items": [], "box": None, "images": [], "notes": []}


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("", b"", conversion.UNKNOWN),
        ("", b"{}", conversion.DAMAGED),
        ("", b"[1]", conversion.UNKNOWN),
        ("a.gif", b"GIF89a", conversion.UNKNOWN),
        ("a.csv", b"\xff" * 9, conversion.UNKNOWN),
        ("a.csv", b"PK\0\0", conversion.UNKNOWN),
        ("page.html", b"<!doctype html><p>", conversion.UNKNOWN),
        ("room.json", b"oops", conversion.DAMAGED),
        ("plan.excalidraw", b'{"type":"excalidraw"', conversion.DAMAGED),
        ("plan.excalidraw", b'{"type": "excalidraw", "elements": [5]}', conversion.DAMAGED),
        ("plan.svg", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", conversion.SVG),
        ("pen.inkml", b"<ink>", "pen.inkml:1: not XML"),
        ("pen.csv", b"1,2\n3\n", "pen.csv:2: "),
        ("", b'{"x": 1}', "the file:1: "),
    ],
)
def test_what_is_none_of_them_is_refused_in_words_for_whoever_chose_it(name, data, words):
    with pytest.raises(DecodeError) as caught:
        convert(name, data)
    assert str(caught.value).startswith(words)


def test_the_page_knows_those_sentences_and_can_translate_them():
    words = (Path(conversion.__file__).parents[1] / "web" / "static" / "transfer.js").read_text()
    for sentence in (conversion.UNKNOWN, conversion.DAMAGED, conversion.SVG):
        assert f'  "{sentence}",' in words


@given(
    st.binary(max_size=200) | st.text(st.characters(exclude_categories=["Cs"]), max_size=100).map(str.encode),
    st.sampled_from(["", "a.csv", "a.inkml", "x.json"]),
)
def test_any_bytes_are_items_or_one_family(data, name):
    with suppress(DecodeError):
        convert(name, data)


def test_more_items_than_a_page_adds_are_a_limit(monkeypatch):
    monkeypatch.setattr(conversion, "ITEMS_MAX", 1)
    with pytest.raises(LimitError, match="edgeboard import"):
        convert("", scene(element("ellipse"), element("ellipse")))
