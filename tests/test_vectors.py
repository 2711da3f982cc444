"""Version vectors: a lattice with a canonical encoding."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError, LimitError
from edgeboard.vectors import AUTHORS_MAX, Range, Vector

GOLDEN = json.loads((Path(__file__).parent / "vectors" / "ids.json").read_text())
TAGS = st.sampled_from([bytes([number]) * 8 for number in range(6)])
VECTORS = st.builds(Vector, st.dictionaries(TAGS, st.integers(0, 300)))


@given(VECTORS)
def test_an_encoding_comes_back_and_is_the_only_one(vector):
    data = vector.to_bytes()
    assert Vector.from_bytes(data) == vector
    assert Vector.read(b"x" + data + b"y", 1) == (vector, len(data) + 1)
    assert hash(Vector.from_bytes(data)) == hash(vector)


@given(VECTORS, VECTORS)
def test_a_merge_is_the_least_that_includes_both(one, other):
    merged = one.merge(other)
    assert merged.includes(one)
    assert merged.includes(other)
    assert merged == other.merge(one)
    assert all(n in (one[tag], other[tag]) for tag, n in merged)
    assert one.includes(other) == (merged == one)


@given(VECTORS, VECTORS)
def test_what_is_beyond_is_what_a_merge_adds(one, other):
    ranges = one.beyond(other)
    assert ranges == sorted(ranges)
    assert Vector({tag: end for tag, _, end in ranges}).merge(other) == one.merge(other)
    assert all(one.covers(tag, end - 1) and not other.covers(tag, first) for tag, first, end in ranges)


@given(VECTORS, TAGS, st.integers(0, 300))
def test_an_entry_is_covered_below_next(vector, tag, entry):
    assert vector.covers(tag, entry) == (entry < vector[tag])


@given(VECTORS, VECTORS)
def test_digests_differ_where_vectors_do(one, other):
    assert (one.digest() == other.digest()) == (one == other)


@given(VECTORS.map(Vector.to_bytes), st.data())
def test_mutated_bytes_give_a_vector_or_an_error(data, dice):
    data = bytearray(data)
    for _ in range(dice.draw(st.integers(1, 3))):
        at = dice.draw(st.integers(0, len(data) - 1))
        data[at] = dice.draw(st.integers(0, 255))
    cut = dice.draw(st.integers(0, len(data)))
    try:
        vector = Vector.from_bytes(bytes(data[:cut]))
    except DecodeError:
        return
    assert vector.to_bytes() == data[:cut]


def test_a_stranger_holds_nothing_and_zero_is_nothing():
    vector = Vector({bytes(8): 0})
    assert (len(vector), vector[bytes(8)], vector) == (0, 0, Vector())
    assert repr(Vector({b"\1" * 8: 2})) == "Vector({0101010101010101: 2})"
    assert vector != "a vector"


def test_ranges_are_in_order_of_author():
    vector = Vector({b"b" * 8: 2, b"a" * 8: 3})
    assert vector.beyond(Vector({b"a" * 8: 1})) == [Range(b"a" * 8, 1, 3), Range(b"b" * 8, 0, 2)]


def test_too_many_authors_are_refused_before_they_are_read():
    with pytest.raises(LimitError, match=str(AUTHORS_MAX)):
        Vector.from_bytes(b"\x91\x4e")


@pytest.mark.parametrize("case", GOLDEN["vectors"], ids=lambda case: case["hex"][:20])
def test_golden_vectors(case):
    vector = Vector({bytes.fromhex(tag): n for tag, n in case["entries"]})
    assert vector.to_bytes().hex() == case["hex"]
    assert vector.digest().hex() == case["digest"]
    assert Vector.from_bytes(bytes.fromhex(case["hex"])) == vector


@pytest.mark.parametrize("case", GOLDEN["bad_vectors"], ids=lambda case: case["why"])
def test_golden_bad_vectors(case):
    with pytest.raises(DecodeError):
        Vector.from_bytes(bytes.fromhex(case["hex"]))
