"""The splitter: packets of known length, of unknown length, cut, and noise around them."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.pen.splitter import Splitter

LENGTHS = {0x80: 3, 0xC0: 5, 0x90: 0}


def make():
    return Splitter(lambda first: LENGTHS.get(first, 3))


def test_packets_come_with_how_much_followed_them():
    assert list(make().split(b"\x80ab\xc0cdef\x80")) == [(b"\x80ab", 6), (b"\xc0cdef", 1)]


def test_what_is_cut_is_dropped_and_the_next_begins_there():
    splitter = make()
    assert list(splitter.split(b"\x80a\xc0cd\x80xy")) == [(b"\x80xy", 0)]
    assert splitter.cut == 2


def test_a_packet_of_unknown_length_ends_where_the_next_begins():
    splitter = make()
    assert [packet for packet, _ in splitter.split(b"\x90abcdef\x80xyz")] == [b"\x80xy"]
    assert (splitter.unknown, splitter.noise) == (1, 1)  # the z


@given(st.binary(max_size=200), st.lists(st.integers(1, 20), max_size=60))
def test_however_it_is_split_the_same_packets_come(data, sizes):
    whole, parts = make(), make()
    expected = [packet for packet, _ in whole.split(data)]
    got, rest = [], data
    for size in sizes:
        got += [packet for packet, _ in parts.split(rest[:size])]
        rest = rest[size:]
    got += [packet for packet, _ in parts.split(rest)]
    assert got == expected
    assert (parts.noise, parts.cut, parts.unknown) == (whole.noise, whole.cut, whole.unknown)
