"""How elements are painted."""

import pytest

from edgeboard.interchange.drawing import Notes
from edgeboard.interchange.looks import Look
from edgeboard.interchange.scene import Element


def look(**fields):
    notes = Notes()
    return Look(Element(1, {"type": "ellipse", **fields}), notes), [note.kind for note in notes.all()]


def test_what_is_not_said_is_a_thin_black_line():
    plain, notes = look()
    assert (plain.colour, plain.width, plain.fill, plain.opacity, plain.is_seen) == (16 + 0x1E1E1E, 2, None, 1, True)
    assert notes == []


def test_opacity_is_that_of_the_element_and_of_its_line():
    assert look(opacity=50, strokeColor="#ff000080")[0].opacity == pytest.approx(0.25, abs=0.002)
    assert look(opacity=900)[0].opacity == 1


def test_a_fill_alone_is_seen_and_nothing_at_all_is_not():
    filled, _ = look(strokeColor="transparent", backgroundColor="#d92d20")
    assert (filled.line, filled.colour, filled.fill, filled.is_seen) == (False, 4, 4, True)
    assert not look(strokeColor="transparent")[0].is_seen


def test_a_fill_that_is_more_transparent_than_its_line_is_noted():
    assert look(backgroundColor="#ff000080")[1] == ["fills that are more transparent than their lines"]


@pytest.mark.parametrize(("width", "expected"), [(0, 0.125), (4, 4), (9999, 256)])
def test_widths_have_bounds(width, expected):
    assert look(strokeWidth=width)[0].width == expected
