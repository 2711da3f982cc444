"""Rooms as files, now and as they were."""

import json

import pytest

import edgeboard.render.png as png
from edgeboard.canvas.bodies import Alive
from edgeboard.errors import DecodeError
from edgeboard.node.exporting import describe_past, show_moment, take_source, write_export
from edgeboard.rooms.past import take_record
from edgeboard.testing.simulated import MESH
from edgeboard.web.exports import Wanted
from tests.rooms.test_past import Sitting


@pytest.fixture(scope="module")
def sitting():
    """Four strokes, all of them erased and let go of; and when all four were there."""
    sitting = Sitting(4)
    strokes = [sitting.stroke() for _ in range(4)]
    sitting.then = sitting.shown[-1][0]
    sitting.say(*[Alive(item, False) for item in strokes])
    sitting.let_go()
    return sitting


def export(sitting, wanted, segments=None):
    segments = sitting.segments if segments is None else segments
    return write_export(take_source(sitting.room, MESH, wanted), wanted, lambda: segments, lambda _: None)


def test_what_was_erased_since_is_in_an_export_of_then(sitting):
    assert b"<path" not in export(sitting, Wanted("svg")).data
    pages = [export(sitting, Wanted("svg", page, sitting.then)).data.count(b"<path") for page in (0, 1)]
    assert sum(pages) == 4
    drawn = json.loads(export(sitting, Wanted("excalidraw", 0, sitting.then)).data)["elements"]
    assert len(drawn) == pages[0]
    archive = json.loads(export(sitting, Wanted("json", at=sitting.then)).data)
    assert [op["kind"] for op in archive["ops"]] == ["add"] * 4
    assert export(sitting, Wanted("svg", 0, sitting.then)).notes == []


def test_what_the_history_has_no_longer_is_said(sitting):
    (note,) = export(sitting, Wanted("svg", 0, sitting.then), []).notes
    assert (note["kind"], note["count"]) == ("ops of that time", 4)
    assert "the history no longer reaches back so far; the past is whole from 20" in note["why"]
    found = describe_past("lobby", take_record(sitting.room.log, sitting.room.document), lambda: [], sitting.then)
    assert (found["live_items"], found["notes"][0]["count"], found["at"]) == (0, 4, sitting.then)


def test_what_a_drawing_cannot_hold_is_noted(sitting):
    notes = export(sitting, Wanted("excalidraw", 7, sitting.then)).notes
    assert [(note["kind"], note["count"]) for note in notes] == [("items on other pages", 4)]


@pytest.mark.skipif(not png.is_available(), reason="apt install librsvg2-bin")
def test_a_picture_in_px(sitting):
    data = export(sitting, Wanted("png", scale=2, at=sitting.then)).data
    assert data.startswith(b"\x89PNG")


def test_a_form_that_nobody_knows_is_refused(sitting):
    with pytest.raises(DecodeError, match="'doc'"):
        export(sitting, Wanted("doc"))


def test_a_moment_is_shown_whatever_it_is():
    assert show_moment(1_700_000_000_000).startswith("2023-11-1")
    assert show_moment(1 << 60) == f"{1 << 60} ms"
