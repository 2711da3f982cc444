"""SMP messages on console lines."""

import random

import pytest

from firmware_bridge.smp_lines import LINE_MAX, MESSAGE_MAX, PENDING_MAX, LineReader, compute_crc, fits, frame

HELLO = b"\x06\x09AA9IZWxsbywgd29ybGQhet4=\n"  # "Hello, world!" as the description of the format gives it


def read(*chunks):
    reader = LineReader()
    return [message for chunk in chunks for message in reader.receive(chunk)], reader


def test_the_crc_has_the_check_value_of_its_name():
    assert compute_crc(b"123456789") == 0x31C3


def test_a_short_message_is_one_line():
    assert frame(b"Hello, world!") == HELLO
    assert read(HELLO)[0] == [b"Hello, world!"]


@pytest.mark.parametrize("length", [0, 1, 88, 89, 90, 91, 92, 93, 180, 182, 183, 380, 1024, MESSAGE_MAX])
def test_messages_of_any_length_come_back_whole_and_byte_by_byte(length):
    message = random.Random(length).randbytes(length)
    lines = frame(message)
    assert all(len(line) <= LINE_MAX for line in lines.splitlines(keepends=True))
    assert [line[:2] for line in lines.splitlines()] == [b"\x06\x09"] + [b"\x04\x14"] * (lines.count(b"\n") - 1)
    assert read(lines)[0] == [message]
    assert read(*(lines[at : at + 1] for at in range(len(lines))))[0] == [message]


@pytest.mark.parametrize("lines", [1, 2, 5])
def test_what_fits_into_lines_needs_no_more_of_them(lines):
    assert frame(b"x" * fits(lines)).count(b"\n") == lines
    assert frame(b"x" * (fits(lines) + 1)).count(b"\n") == lines + 1


def test_log_lines_prompts_and_carriage_returns_are_skipped():
    lines = frame(b"a" * 200).splitlines(keepends=True)
    noisy = b"\x00\xff[00:01] <inf> usb: \x06ready\r\nuart:~$ " + b"<wrn> again\r\n".join(
        line.replace(b"\n", b"\r\n") for line in lines
    )
    messages, reader = read(noisy + b"uart:~$ ")
    assert (messages, reader.damaged) == ([b"a" * 200], 0)


@pytest.mark.parametrize("at", range(2, len(HELLO) - 1))
def test_a_flipped_bit_never_becomes_a_message(at):
    for bit in range(8):
        damaged = bytearray(HELLO)
        damaged[at] ^= 1 << bit
        messages = read(bytes(damaged), HELLO)[0]
        assert set(messages) == {b"Hello, world!"}  # two bits of the last digit mean nothing


def test_a_lost_line_costs_its_message_alone():
    lines = frame(b"b" * 300).splitlines(keepends=True)
    for lost in range(len(lines)):
        messages, reader = read(b"".join(lines[:lost] + lines[lost + 1 :]), HELLO)
        assert messages == [b"Hello, world!"]
        assert reader.damaged == (lost > 0)  # without its first line nothing was begun


def test_a_message_that_announces_too_much_is_dropped_at_once():
    assert read(b"\x06\x09//8=\n", HELLO)[0] == [b"Hello, world!"]


def test_noise_without_an_end_of_line_is_not_kept():
    reader = LineReader()
    for _ in range(100):
        assert list(reader.receive(bytes(range(11, 256)) * 40)) == []
        assert len(reader._pending) <= PENDING_MAX
    assert list(reader.receive(b"\n" + HELLO)) == [b"Hello, world!"]
