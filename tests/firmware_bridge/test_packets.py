import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import DeviceError
from firmware_bridge.packets import (
    Ack,
    Data,
    Hello,
    Loose,
    common_version,
    decode_packet,
    encode_packet,
    session_of,
)

byte, word, long = st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2**32 - 1)
payload = st.binary(min_size=1, max_size=300)
hellos = st.builds(
    Hello, st.integers(1, 2**32 - 1), long, st.integers(1, 3), st.integers(3, 255), st.integers(1, 32),
    st.integers(32, 1024), st.binary(max_size=80), st.booleans(),
)  # fmt: skip
packets = st.one_of(
    hellos,
    st.builds(Data, word, byte, byte, payload, st.booleans(), st.booleans(), st.booleans()),
    st.builds(Ack, word, byte, long, st.booleans()),
    st.builds(Loose, word, payload, st.booleans()),
)


@given(packets)
def test_packets_come_back(packet):
    assert decode_packet(encode_packet(packet)) == packet


@given(st.binary(max_size=40))
def test_hostile_bytes_are_refused_or_read_and_never_both_ways(data):
    try:
        packet = decode_packet(data)
    except DeviceError:
        return
    if not isinstance(packet, Hello):  # a hello of a later version may name more than we use
        assert encode_packet(packet) == data


@pytest.mark.parametrize(
    ("why", "data"),
    [
        ("empty", ""),
        ("unknown kind", "05"),
        ("unknown flags", "4301020304"),
        ("flags of data on an acknowledgement", "13010203"),
        ("hello cut short", "0101010820000100000000000000"[:-2]),
        ("hello without a nonce", "0101010820000000000000000000"),
        ("hello of versions that are no range", "010201082000010000000000000000"),
        ("hello without a window", "0101010020000100000000000000"),
        ("hello of tiny packets", "010101081f000100000000000000"),
        ("data without a payload", "3200000000"),
        ("acknowledgement cut short", "030102"),
        ("acknowledgement with a zero at its end", "0301020300"),
        ("acknowledgement of more than 32 packets", "030102030000000001"),
        ("loose without a payload", "040102"),
    ],
)
def test_what_is_out_of_its_ranges_is_refused(why, data):
    with pytest.raises(DeviceError):
        decode_packet(bytes.fromhex(data))


def test_a_later_side_that_speaks_our_version_too_is_understood():
    assert common_version(Hello(1, lowest=1, highest=9)) == 1
    assert common_version(Hello(1, lowest=2, highest=9)) is None


def test_a_session_depends_on_both_nonces():
    assert len({session_of(1, 2), session_of(2, 1), session_of(1, 3)}) == 3
