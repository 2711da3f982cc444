import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing import ENCODED_MAX, PACKET_MAX, Deframer, Text, crc32c, deframe, enframe, stuff, unstuff


def test_the_checksum_is_crc_32c():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"") == 0


@pytest.mark.parametrize(
    ("plain", "stuffed"),
    [
        ("", "01"),
        ("00", "0101"),
        ("0000", "010101"),
        ("11220033", "0311220233"),
        ("11000000", "0211010101"),
        ("01" * 253, "fe" + "01" * 253),
        ("01" * 254, "ff" + "01" * 254),
        ("01" * 254 + "00", "ff" + "01" * 254 + "0101"),
        ("01" * 255, "ff" + "01" * 254 + "0201"),
        ("00" + "01" * 254, "01ff" + "01" * 254),
    ],
)
def test_stuffing_is_that_of_the_paper(plain, stuffed):
    assert stuff(bytes.fromhex(plain)).hex() == stuffed
    assert unstuff(bytes.fromhex(stuffed)).hex() == plain


@given(st.binary(max_size=1100))
def test_stuffed_bytes_hold_no_zero_and_come_back(data):
    stuffed = stuff(data)
    assert 0 not in stuffed
    assert len(stuffed) <= len(data) + len(data) // 254 + 1
    assert unstuff(stuffed) == data


@given(st.lists(st.binary(min_size=1, max_size=80) | st.just(bytes(range(256)) * 4), max_size=8), st.integers(0, 99))
def test_frames_come_out_however_the_line_splits_them(packets, seed):
    stream = b"".join(map(enframe, packets))
    rng, deframer, found = random.Random(seed), Deframer(), []
    while stream:
        size = rng.choice((1, 1, 2, 7, 300))
        found += deframer.receive(stream[:size])
        stream = stream[size:]
    assert found == packets
    assert deframer.damaged == 0


def test_text_and_frames_share_a_line():
    deframer = Deframer()
    smp = b"\x06\x09AA9IZWxsbywgd29ybGQhet4=\n"
    stream = b"boot: v2\r\n" + enframe(b"one") + smp + enframe(b"two")
    assert deframer.receive(stream) == [Text(b"boot: v2\r\n"), b"one", Text(smp), b"two"]


def test_lines_that_no_frame_follows_are_handed_on_when_the_line_is_quiet():
    deframer = Deframer()
    assert deframer.receive(b"\0hello\n") == []
    assert deframer.flush() == [Text(b"hello\n")]
    assert deframer.receive(b"wor") == []
    assert deframer.flush() == []
    assert deframer.receive(b"ld\0" + enframe(b"x")) == [Text(b"world"), b"x"]


def test_a_lost_zero_costs_no_frame():
    one, two = enframe(b"one"), enframe(b"two")
    assert Deframer().receive(one[:-1] + two) == [b"one", b"two"]
    assert Deframer().receive(one + two[1:]) == [b"one", b"two"]


@given(st.binary(max_size=400).filter(lambda noise: deframe(noise) is None))
def test_the_frame_after_noise_is_found(noise):
    found = Deframer().receive(noise + enframe(b"sound"))
    assert found[-1] == b"sound"


@given(st.binary(min_size=1, max_size=60), st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_never_makes_another_packet(packet, place, bit):
    frame = bytearray(enframe(packet))
    frame[place % len(frame)] ^= 1 << bit
    found = [each for each in Deframer().receive(bytes(frame) + b"\0") if not isinstance(each, Text)]
    assert found in ([], [packet])


def test_what_never_ends_is_not_kept():
    deframer = Deframer()
    for _ in range(100):
        deframer.receive(b"\xfe" * 1000)
    assert len(deframer._kept) <= ENCODED_MAX
    assert deframer.receive(enframe(b"after")) == [b"after"]
    assert deframer.damaged > 0


@pytest.mark.parametrize("size", [0, PACKET_MAX + 1])
def test_a_packet_that_fits_no_frame_is_refused(size):
    with pytest.raises(ValueError, match="fit a frame"):
        enframe(bytes(size))


def test_the_longest_packet_fits():
    packet = bytes(range(1, 255)) * 4 + bytes(8)
    assert len(packet) == PACKET_MAX
    assert Deframer().receive(enframe(packet)) == [packet]
