"""msgpack values by their structure."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.values import DEPTH_MAX, check_value, pack_value, skip_value, unpack_text, unpack_value
from edgeboard.errors import DecodeError, LimitError

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(0, 99), inner), max_leaves=20
)
LONG = [b"x" * 300, b"x" * 70_000, "x" * 40, "x" * 300, "x" * 70_000, [0] * 20, [0] * 70_000, {n: 0 for n in range(20)}]
LONG += [{n: 0 for n in range(70_000)}, msgpack.ExtType(5, b"x" * 3), msgpack.ExtType(5, b"x" * 300)]
LONG += [msgpack.ExtType(5, b"x" * 70_000), *(msgpack.ExtType(5, b"x" * 2**n) for n in range(5))]


@given(VALUES, st.binary(max_size=3))
def test_a_value_comes_back_and_ends_where_it_ends(value, behind):
    data = pack_value(value)
    check_value(data)
    assert unpack_value(data) == value
    assert skip_value(behind + data + behind, len(behind)) == len(behind) + len(data)


@pytest.mark.parametrize("value", LONG, ids=lambda value: type(value).__name__)
def test_every_width_of_every_head_is_skipped(value):
    data = pack_value(value)
    assert skip_value(data, 0) == len(data)
    with pytest.raises(DecodeError):
        skip_value(data[:-1], 0)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_value_or_an_error(data):
    try:
        end = skip_value(data, 0)
    except DecodeError:
        with pytest.raises(DecodeError):
            unpack_value(data)
        return
    assert 0 < end <= len(data)
    try:
        unpack_value(data[:end])
    except DecodeError:
        return  # a structure that Python has no value for


@given(st.binary(max_size=DEPTH_MAX))
def test_the_short_way_and_the_long_way_to_check_agree(data):
    def sound(check):
        try:
            return check() in (None, len(data))
        except DecodeError:
            return False

    assert sound(lambda: check_value(data)) == sound(lambda: skip_value(data, 0))


@pytest.mark.parametrize("around", [b"\x91", b"\x81\x00"])
def test_depth_is_bounded(around):
    assert unpack_value(around * DEPTH_MAX + b"\xc0") is not None
    with pytest.raises(DecodeError, match="deep"):
        unpack_value(around * (DEPTH_MAX + 1) + b"\xc0")
    with pytest.raises(DecodeError):
        unpack_value(b"\x91" * 100_000)


@pytest.mark.parametrize(
    "data", [b"\xc1", b"\x91\xc1", b"\xa1\xff", b"\x81\x90\x00", b"\xdd\xff\xff\xff\xff\xc0", b"\xc0\xc0", b""]
)
def test_what_is_no_value_in_python_is_an_error(data):
    with pytest.raises(DecodeError):
        unpack_value(data)


def test_a_text_is_a_text():
    assert unpack_text(pack_value("é")) == "é"
    with pytest.raises(DecodeError):
        unpack_text(pack_value(b"bytes"))


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, "\ud800"])
def test_what_msgpack_cannot_say_is_a_limit(value):
    with pytest.raises(LimitError):
        pack_value(value)
