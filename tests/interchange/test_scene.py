"""Files of Excalidraw: what they are told by, and every field looked at before it is used."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgeboard.interchange.scene as scene_module
from edgeboard.errors import DecodeError, LimitError
from edgeboard.interchange.excalidraw_reader import read_excalidraw
from edgeboard.interchange.scene import is_scene, read_scene
from tests.interchange.scenes import element, scene, scenes


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (scene(), True), (b'\xef\xbb\xbf {"type": "excalidraw/clipboard"', True), (b'{"type":"excalidrawlib"', True),
        (b'{"format": "edgeboard-room", "note": "excalidraw"}', False), (b"1,2\n", False), (b"", False),
    ],
)  # fmt: skip
def test_a_file_is_told_by_its_beginning(data, expected):
    assert is_scene(data) is expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff", "not UTF-8"), (b"{", "not JSON"), (b"[" * 100_000, "nested too deeply|not JSON"),
        (b"[]", "not a drawing"), (b'{"type": "excalidrawlib", "libraryItems": []}', "a library of shapes"),
        (b'{"type": "excalidraw"}', "not a drawing"),
        (scene(5), "element 1 is not an object"), (b'{"type": "excalidraw", "elements": [NaN]}', "not JSON: NaN"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused_in_words(data, message):
    with pytest.raises(DecodeError, match=message):
        read_scene(data)


def test_files_and_elements_have_limits(monkeypatch):
    monkeypatch.setattr(scene_module, "ELEMENTS_MAX", 1)
    with pytest.raises(LimitError, match="2 elements; the limit is 1"):
        read_scene(scene(element("text"), element("text")))
    monkeypatch.setattr(scene_module, "SCENE_BYTES_MAX", 5)
    with pytest.raises(LimitError, match="the limit is 5"):
        read_scene(scene())


def test_background_and_files_are_there_if_they_are_of_their_form():
    found = read_scene(scene(appState={"viewBackgroundColor": "#eee"}, files={"a": {}}))
    assert (found.background, found.files) == ("#eee", {"a": {}})
    found = read_scene(scene(appState=[], files=7))
    assert (found.background, found.files) == ("", {})


@given(scenes(), st.data())
def test_a_field_of_another_type_is_one_family_of_errors(data, draw):
    """Any value at all in the place of any field of any element."""
    value = json.loads(data)
    if value["elements"]:
        chosen = draw.draw(st.sampled_from(value["elements"]))
        name = draw.draw(st.sampled_from(sorted(chosen)))
        chosen[name] = draw.draw(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.lists(st.integers(), max_size=2)
            | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2) | st.just([[0, 0]] * 3)
        )  # fmt: skip
    found = ()
    with suppress(DecodeError):
        found = read_excalidraw(json.dumps(value).encode()).items
    assert len(found) <= len(value["elements"])
