"""Varints and zigzag, against the golden vectors and on any bytes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.errors import DecodeError
from edgeboard.varints import UVARINT_MAX, get_uvarint, put_uvarint, unzigzag, zigzag

GOLDEN = json.loads((Path(__file__).parent / "vectors" / "varints.json").read_text())


def encoded(value):
    out = bytearray()
    put_uvarint(out, value)
    return bytes(out)


@given(st.integers(0, UVARINT_MAX), st.binary(max_size=3), st.binary(max_size=3))
def test_what_is_written_is_read_wherever_it_stands(value, before, behind):
    data = before + encoded(value) + behind
    assert get_uvarint(data, len(before)) == (value, len(data) - len(behind))


@given(st.integers(-(2**62), 2**62))
def test_zigzag_goes_both_ways_and_keeps_small_numbers_small(value):
    assert unzigzag(zigzag(value)) == value
    assert 0 <= zigzag(value) <= 2 * abs(value)


@given(st.binary(max_size=12))
def test_any_bytes_are_a_shortest_form_or_an_error(data):
    try:
        value, at = get_uvarint(data, 0)
    except DecodeError:
        return
    assert encoded(value) == data[:at]


@pytest.mark.parametrize("case", GOLDEN["unsigned"], ids=lambda case: case["value"])
def test_golden_unsigned(case):
    assert encoded(int(case["value"])).hex() == case["hex"]
    assert get_uvarint(bytes.fromhex(case["hex"]), 0)[0] == int(case["value"])


@pytest.mark.parametrize("case", GOLDEN["signed"], ids=lambda case: case["value"])
def test_golden_signed(case):
    assert str(zigzag(int(case["value"]))) == case["zigzag"]
    assert unzigzag(get_uvarint(bytes.fromhex(case["hex"]), 0)[0]) == int(case["value"])


@pytest.mark.parametrize("case", GOLDEN["bad"], ids=lambda case: case["why"])
def test_golden_bad(case):
    with pytest.raises(DecodeError):
        get_uvarint(bytes.fromhex(case["hex"]), 0)
