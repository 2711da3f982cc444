"""Lines of whole words."""

from itertools import pairwise

import pytest

from edgeboard.render.wrapping import wrap

TEXT = "The heating is off on Monday between eight and twelve"


@pytest.mark.parametrize("room", [9, 12, 20, 53, 80])
def test_lines_are_as_long_as_whole_words_allow_and_say_the_text(room):
    lines = wrap(TEXT, room, len)
    assert " ".join(lines) == TEXT
    assert all(len(line) <= room for line in lines)
    for line, after in pairwise(lines):
        assert len(f"{line} {after.split()[0]}") > room, f"{line!r} had room for more"


def test_a_word_that_is_wider_than_a_line_is_broken():
    assert wrap("a Donaudampfschiff", 6, len) == ["a", "Donaud", "ampfsc", "hiff"]


def test_a_letter_that_is_wider_than_a_line_has_one_of_its_own():
    assert wrap("ab c", 0.5, len) == ["a", "b", "c"]


def test_nothing_is_one_empty_line():
    assert wrap("", 5, len) == [""]
