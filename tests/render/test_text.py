"""Lines of text as coverage: as wide as they say, hard where they must be, and never an error for odd characters."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.render.text import NOTHING, WIDTH_MAX, line_mask, line_width, pieces


def column(mask, x):
    return mask.coverage[x :: mask.width]


def test_a_line_is_covered_where_its_letters_are():
    mask = line_mask("HIH", 20)
    assert len(mask.coverage) == mask.width * mask.height
    assert 13 <= mask.ascent <= 16  # capitals are 0.73 of the size
    assert max(mask.coverage) == 255
    assert mask.width == pytest.approx(line_width("HIH", 20), abs=2)


def test_letters_below_the_line_reach_below_it():
    assert line_mask("x", 20).height == line_mask("x", 20).ascent
    below = line_mask("g", 20)
    assert below.height > below.ascent


def test_what_hangs_over_to_the_left_is_kept():
    mask = line_mask("j", 100)
    assert mask.left > 0
    assert max(column(mask, 0)) > 0


def test_hard_letters_have_nothing_between():
    assert set(line_mask("Quick brown fox", 13, is_hard=True).coverage) == {0, 255}
    assert len(set(line_mask("Quick brown fox", 13).coverage)) > 20


def test_bold_letters_have_more_ink():
    plain, bold = line_mask("Board", 24), line_mask("Board", 24, is_bold=True)
    assert sum(bold.coverage) > 1.2 * sum(plain.coverage)


@pytest.mark.parametrize("text", ["Ωμέγα", "Привет", "naïve façade", "→ ✓ ☺", "é"])
def test_our_own_scripts_are_no_boxes(text):
    boxes = {line_mask(char, 40).coverage for char in ("\ue000", "\uf8ff")}
    assert not any(line_mask(char, 40).coverage in boxes for char in text if char.isprintable() and char != " ")


def test_what_no_font_has_is_a_box_and_not_nothing():
    assert sum(line_mask("\ue000", 40).coverage) > 0


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\ufe0f", "\x00\x07", "\u202e", "\ud800"])
def test_what_cannot_be_seen_covers_nothing(text):
    mask = line_mask(text, 20)
    assert sum(mask.coverage) == 0


def test_an_empty_line_is_nothing():
    assert line_mask("", 20) == NOTHING


def test_a_line_is_not_longer_than_a_panel():
    mask = line_mask("W" * 8_000, 200)
    assert WIDTH_MAX <= mask.width <= WIDTH_MAX + 400


@pytest.mark.parametrize("size", [0, -3, 0.5, 1_001, float("nan"), float("inf")])
def test_a_size_that_is_none_is_refused_with_the_range(size):
    with pytest.raises(ValueError, match="1 to 1000 px"):
        line_mask("x", size)
    with pytest.raises(ValueError, match="1 to 1000 px"):
        line_width("x", size)


@given(st.text(max_size=30), st.sampled_from([1.0, 7.0, 12.3, 40.0]), st.booleans(), st.booleans())
def test_whatever_people_write_is_drawn(text, size, is_bold, is_hard):
    mask = line_mask(text, size, is_bold, is_hard)
    assert len(mask.coverage) == mask.width * mask.height
    assert 0 <= mask.left <= mask.width
    assert 0 <= mask.ascent <= mask.height


def test_large_letters_come_one_by_one_where_the_line_has_them():
    text, size = "Vähe\u0301 AV", 200.0
    found = list(pieces(text, size))
    assert [piece for *_, piece in found] == ["V", "ä", "h", "e\u0301", "A", "V"]
    whole = line_mask(text, size)
    assert [end for _, end, _ in found] == pytest.approx([line_width(text[:end], size) for end in (1, 2, 3, 5, 7, 8)])
    for at, _, piece in found:
        mask = line_mask(piece, size)
        left = round(at) - mask.left + whole.left
        column = [whole.coverage[y * whole.width + x] for y in range(whole.height) for x in range(left + 10, left + 60)]
        own = [mask.coverage[y * mask.width + x] for y in range(mask.height) for x in range(10, 60)]
        assert sum(column) == pytest.approx(sum(own), rel=0.1), piece


def test_small_letters_and_what_is_far_away_are_no_pieces():
    assert list(pieces("small letters", 20.0)) == [(0.0, inf, "small letters")]
    assert all(at < WIDTH_MAX for at, _, _ in pieces("W" * 300, 900.0))
    assert len(list(pieces("W" * 300, 900.0))) < 12
