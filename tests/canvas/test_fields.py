"""Bodies come back as they were written, and any other bytes are an error of one family."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.bodies import (
    NUMBER_MAX,
    Acl,
    Add,
    Alive,
    Clear,
    Context,
    Cut,
    Floor,
    Kind,
    Meta,
    Set,
    Unknown,
    kind_of,
    put_body,
)
from edgeboard.canvas.fields import get_body, get_meta, get_number
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import COUNTER_MAX, ORIGIN_MAX, op_id
from edgeboard.varints import put_uvarint
from edgeboard.vectors import Vector

NUMBERS = st.integers(0, 300) | st.integers(0, NUMBER_MAX)
ORIGINS = st.sampled_from([1, 2, ORIGIN_MAX])
OPS = st.builds(op_id, ORIGINS, st.integers(1, 300) | st.integers(1, COUNTER_MAX))
VECTORS = st.builds(Vector, st.dictionaries(st.binary(min_size=8, max_size=8), NUMBERS, max_size=4))
CONTEXTS = st.builds(Context, st.none() | OPS, VECTORS)
VALUES = (
    st.none()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=9)
    | st.lists(st.floats(allow_nan=False), max_size=6)
)


@st.composite
def intervals(draw):
    at, found = 0, []
    for skipped, length in draw(st.lists(st.tuples(NUMBERS, st.integers(1, 2**40)), min_size=1, max_size=5)):
        if at + skipped + length > NUMBER_MAX:
            break
        found.append((at + skipped, at + skipped + length))
        at += skipped + length
    return tuple(found) or ((0, 1),)


BODIES = st.one_of(
    st.builds(Add, NUMBERS, NUMBERS, st.integers(0, 99), st.binary(max_size=9)),
    st.builds(Add, NUMBERS, NUMBERS, st.integers(0, 99), st.binary(max_size=9), OPS, st.integers(1, 4095)),
    st.builds(Set, OPS, NUMBERS, VALUES),
    st.builds(Alive, OPS, st.booleans()),
    st.builds(Cut, OPS, intervals()),
    st.builds(Clear, NUMBERS, CONTEXTS),
    st.builds(Meta, st.text(max_size=30), VALUES),
    st.builds(Acl, st.binary(min_size=16, max_size=16), NUMBERS, CONTEXTS),
    st.builds(Floor, CONTEXTS),
    st.builds(Unknown, st.integers(9, 999), st.binary(max_size=9)),
)


@given(BODIES, OPS, st.binary(max_size=3))
def test_a_body_comes_back_whoever_makes_it(body, maker, before):
    out = bytearray(before)
    put_body(out, body, maker)
    assert get_body(kind_of(body), bytes(out), len(before), maker) == body


@given(BODIES, OPS, st.data())
def test_a_mutated_body_is_a_body_or_an_error(body, maker, dice):
    out = bytearray()
    put_body(out, body, maker)
    if out:
        out[dice.draw(st.integers(0, len(out) - 1))] = dice.draw(st.integers(0, 255))
    cut = dice.draw(st.integers(0, len(out)))
    with suppress(DecodeError):
        get_body(kind_of(body), bytes(out[:cut]), 0, maker)


@given(st.sampled_from(Kind), st.binary(max_size=40), OPS)
def test_any_bytes_are_a_body_or_an_error(kind, data, maker):
    with suppress(DecodeError):
        get_body(kind, data, 0, maker)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=2))
def test_a_number_is_below_2_to_the_53(value, before):
    out = bytearray(before)
    put_uvarint(out, value)
    if value <= NUMBER_MAX:
        assert get_number(bytes(out), len(before)) == (value, len(out))
    else:
        with pytest.raises(DecodeError):
            get_number(bytes(out), len(before))


def test_a_two_byte_number_is_in_its_shortest_form():
    assert get_number(b"\x80\x01", 0) == (128, 2)
    with pytest.raises(DecodeError):
        get_number(b"\x80\x00", 0)


def test_a_value_above_16_kib_is_a_limit():
    with pytest.raises(LimitError):
        get_body(Kind.SET, b"\x01\x01\xc5\x40\x00" + bytes(16 * 1024), 0, op_id(1, 2))


def test_meta_finds_its_value_among_later_fields():
    data = b"??\x93\xa1k\x92\x01\x02\xc0"
    key, start, end = get_meta(data, 2)
    assert (key, data[start:end]) == ("k", b"\x92\x01\x02")
    assert get_meta(b"\xdc\x00\x02\xa1k\xc0", 0)[0] == "k"


@pytest.mark.parametrize(
    "data", [b"\x90", b"\x91\xa1k", b"\xdc\x00\x01\xa1k", b"\xdd\x00\x00\x00\x01\xa1k", b"\xa1k", b""]
)
def test_meta_without_key_and_value_is_an_error(data):
    with pytest.raises(DecodeError):
        get_meta(data, 0)
