"""What is held without gaps, whatever the order."""

from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.holdings import Holdings
from edgeboard.ids import AuthorTag
from edgeboard.vectors import Vector

TAGS = [AuthorTag(bytes([number]) * 8) for number in range(3)]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12))))
def test_the_vector_is_up_to_the_first_gap(entries):
    holdings = Holdings()
    for number, entry in entries:
        holdings.hold(number, entry)
    expected = {}
    for number, tag in enumerate(TAGS):
        held = {entry for who, entry in entries if who == number}
        assert holdings.entries(number) == held
        expected[tag] = next(entry for entry in range(14) if entry not in held)
    assert holdings.vector(TAGS) == Vector(expected)
