"""Lines of text as coverage: as wide as they say, hard where they must be, and never an error for odd characters."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.render import text as lines
from edgeboard.render.cache import Cache
from edgeboard.render.text import (
    CACHE_BYTES,
    MARKS_MAX,
    NOTHING,
    WIDTH_MAX,
    can_shape,
    is_leftward,
    line_mask,
    line_width,
    pieces,
)
from edgeboard.render.typefaces import boxes_in


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


HEBREW, ARABIC = "\u05e9\u05dc\u05d5\u05dd", "\u0633\u0644\u0627\u0645"  # shalom, salam


shapes = pytest.mark.skipif(not can_shape(), reason="Pillow has no raqm here: apt-get install libfribidi0")
has_hebrew = pytest.mark.skipif(bool(boxes_in(HEBREW + ARABIC)), reason="no font: apt-get install fonts-dejavu-core")


@shapes
@has_hebrew
def test_hebrew_is_written_from_right_to_left(monkeypatch):
    shaped = line_mask(HEBREW, 40)
    monkeypatch.setattr(lines, "_masks", Cache(CACHE_BYTES))
    with monkeypatch.context() as patch:
        patch.setattr(lines, "can_shape", lambda: False)
        turned = line_mask(HEBREW[::-1], 40)
    assert abs(shaped.width - turned.width) <= 2

    def dark(mask):
        return [sum(column(mask, x)) for x in range(min(shaped.width, turned.width))]

    unlike = sum(abs(one - other) for one, other in zip(dark(shaped), dark(turned), strict=True))
    assert unlike < 0.35 * sum(dark(shaped)), "its letters stand in another order"


@shapes
@has_hebrew
def test_numbers_and_latin_words_in_hebrew_stand_as_they_are_read():
    """What is read first is at the right; a number in it is not turned around."""
    with_number = line_mask(HEBREW + " 14", 40)
    number = line_mask("14", 40)
    left = [with_number.coverage[x :: with_number.width] for x in range(number.width // 2)]
    alone = [number.coverage[x :: number.width] for x in range(number.width // 2)]
    assert [sum(each) > 0 for each in left] == [sum(each) > 0 for each in alone]


@shapes
@has_hebrew
def test_arabic_letters_are_joined():
    joined = line_width(ARABIC, 40)
    assert joined < 0.95 * sum(line_width(char, 40) for char in ARABIC), "each letter stands alone"


@pytest.mark.parametrize(
    ("said", "is_left"),
    [(HEBREW, True), (f"12 {ARABIC}", True), (f"at {HEBREW}", False), ("abc", False), ("14:30", False), ("", False)],
)
def test_a_text_goes_the_way_of_its_first_letter(said, is_left):
    assert is_leftward(said) is is_left


@pytest.mark.parametrize("mark", ["\u0301", "\u0301\u200b", "\u20dd", "\u0301\u0323"])
def test_of_thousands_of_marks_on_a_letter_as_many_are_drawn_as_take_no_time(mark):
    """The limit of stream-safe text, UAX 15; a letter without marks behind it has its own."""
    many = "b" + mark * 4_000 + "b" + mark * 4
    few = "b" + (mark * MARKS_MAX)[: MARKS_MAX * len(mark) // sum(each != "\u200b" for each in mark)]
    few += "b" + mark * 4
    drawn = "".join(part for _, part, _ in lines._parts(many, is_bold=False))
    assert len(drawn) <= 2 + MARKS_MAX + 8, f"{len(drawn)} letters and marks are drawn"
    assert line_mask(many, 60.0) == line_mask(few, 60.0)
    assert sum(len(piece.replace("\u200b", "")) for _, _, piece in pieces(many, 1_000.0)) <= 2 + MARKS_MAX + 8


@given(st.text(alphabet=st.sampled_from(f"ab 1(.-{HEBREW}{ARABIC}\u0915\u094d\u0937\u200f\u200d\u6f22"), max_size=24))
def test_whatever_is_mixed_has_a_width_and_a_mask_that_agree(said):
    mask, wide = line_mask(said, 20), line_width(said, 20)
    assert len(mask.coverage) == mask.width * mask.height
    assert mask.width <= wide + 45


@shapes
@has_hebrew
def test_large_letters_that_hang_together_are_one_piece():
    assert list(pieces(ARABIC, 200.0)) == [(0.0, inf, ARABIC)]
