import struct

import pytest

from firmware_bridge.sim.waveshare import BUFFER_BYTES, HEIGHT, WIDTH, Waveshare43


def frame(command, data=b""):
    body = bytes([0xA5]) + struct.pack(">HB", 9 + len(data), command) + data + bytes.fromhex("CC33C33C")
    parity = 0
    for byte in body:
        parity ^= byte
    return body + bytes([parity])


@pytest.fixture
def module():
    module = Waveshare43()
    module.power(True, 0.0)
    return module


def send(module, data, now=10.0, seconds=5.0):
    """Its replies within five seconds, joined."""
    module.receive(data, now)
    said = module.drain()
    while (timer := module.next_timer()) is not None and timer <= now + seconds:
        module.on_timer(timer)
        said += module.drain()
    return b"".join(said)


def pixel(module, x, y):
    return module.memory.pixels[y * WIDTH + x]


# -- the manual's own frames

GOLDEN = [
    ("A5 00 09 00 CC 33 C3 3C AC", b"OK"),
    ("A5 00 0D 01 00 00 25 80 CC 33 C3 3C 0C", b"OK"),
    ("A5 00 09 02 CC 33 C3 3C AE", b"115200"),
    ("A5 00 09 06 CC 33 C3 3C AA", b"0"),
    ("A5 00 0A 07 00 CC 33 C3 3C A8", b"OK"),
    ("A5 00 09 08 CC 33 C3 3C A4", b""),
    ("A5 00 09 0A CC 33 C3 3C A6", b"OK"),
    ("A5 00 09 0C CC 33 C3 3C A0", b"0"),
    ("A5 00 0A 0D 01 CC 33 C3 3C A3", b"OK"),
    ("A5 00 09 0E CC 33 C3 3C A2", b"Error:3"),
    ("A5 00 09 0F CC 33 C3 3C A3", b"Error:3"),
    ("A5 00 0B 10 00 03 CC 33 C3 3C BD", b"OK"),
    ("A5 00 09 11 CC 33 C3 3C BD", b"03"),
    ("A5 00 09 1C CC 33 C3 3C B0", b"1"),
    ("A5 00 09 1D CC 33 C3 3C B1", b"1"),
    ("A5 00 0A 1E 01 CC 33 C3 3C B0", b"OK"),
    ("A5 00 0A 1F 01 CC 33 C3 3C B1", b"OK"),
    ("A5 00 0D 20 00 0A 00 0A CC 33 C3 3C 88", b"OK"),
    ("A5 00 11 22 00 0A 00 0A 00 FF 00 FF CC 33 C3 3C 96", b"OK"),
    ("A5 00 11 24 00 0A 00 0A 00 FF 00 FF CC 33 C3 3C 90", b"OK"),
    ("A5 00 11 25 00 0A 00 0A 00 FF 00 FF CC 33 C3 3C 91", b"OK"),
    ("A5 00 0F 26 00 FF 00 FF 00 80 CC 33 C3 3C 0C", b"OK"),
    ("A5 00 0F 27 00 FF 00 FF 00 80 CC 33 C3 3C 0D", b"OK"),
    ("A5 00 15 28 00 0A 00 0A 00 20 00 80 00 80 00 FF CC 33 C3 3C 47", b"OK"),
    ("A5 00 15 29 00 0A 00 0A 00 20 00 80 00 80 00 FF CC 33 C3 3C 46", b"OK"),
    ("A5 00 09 2E CC 33 C3 3C 82", b"OK"),
    ("A5 00 17 30 00 0A 00 0A C4 E3 BA C3 57 6F 72 6C 64 00 CC 33 C3 3C 9E", b"OK"),
    ("A5 00 16 70 00 00 00 00 50 49 43 37 2E 42 4D 50 00 CC 33 C3 3C DF", b"\nError:4"),
]


@pytest.mark.parametrize(("example", "reply"), GOLDEN, ids=[example[9:11] for example, _ in GOLDEN])
def test_the_manuals_examples_are_understood(module, example, reply):
    module.set_line(115_200)
    if example[9:11] == "01":
        module.receive(bytes.fromhex(example), 10.0)
        module.set_line(9_600)
        assert send(module, b"", 10.0) == reply
        assert module.baud == 9_600
    else:
        assert send(module, bytes.fromhex(example)) == reply


# -- drawing and refreshing


def test_drawing_fills_the_memory_and_only_a_refresh_shows_it(module):
    assert send(module, frame(0x24, struct.pack(">4H", 10, 10, 20, 20))) == b"OK"
    assert pixel(module, 15, 15) == 0
    assert set(module.glass.seen) == {255}
    assert send(module, frame(0x0A), 20.0) == b"OK"
    assert module.glass.seen[15 * WIDTH + 15] == 0
    assert module.glass.refreshes == 1


def test_a_refresh_takes_its_time_and_what_comes_meanwhile_waits(module):
    module.receive(frame(0x0A) + frame(0x00), 10.0)
    module.on_timer(11.4)
    assert module.drain() == []
    module.on_timer(11.5)
    module.on_timer(11.6)
    assert module.drain() == [b"OK", b"OK"]


@pytest.mark.parametrize("value", range(4))
def test_four_colours_become_four_greys(module, value):
    send(module, frame(0x10, bytes([value, 3])) + frame(0x20, struct.pack(">2H", 5, 6)) + frame(0x0A))
    assert module.glass.seen[6 * WIDTH + 5] == 85 * value


def test_clearing_takes_the_background_colour(module):
    send(module, frame(0x10, b"\0\1") + frame(0x2E))
    assert set(module.memory.pixels) == {1}
    assert send(module, frame(0x11), 20.0) == b"01"


def test_turned_by_180_degrees_the_first_pixel_is_the_last(module):
    send(module, frame(0x20, bytes(4)) + frame(0x0D, b"\1") + frame(0x0A))
    assert module.glass.seen[-1] == 0
    assert module.glass.seen[0] == 255


def test_text_inks_the_boxes_of_its_characters_in_the_size_that_was_set(module):
    send(module, frame(0x30, struct.pack(">2H", 100, 100) + b"A B\0"))
    columns = {at % WIDTH for at, value in enumerate(module.memory.pixels) if value == 0}
    assert min(columns) == 102
    assert max(columns) == 100 + 3 * 16 - 3
    assert not columns & set(range(116, 132))
    send(module, frame(0x1F, b"\3") + frame(0x2E) + frame(0x30, bytes(4) + b"\xc4\xe3\0"), 20.0)
    rows = {at // WIDTH for at, value in enumerate(module.memory.pixels) if value == 0}
    assert max(rows) == 61


# -- what it refuses


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (frame(0x99), b"Error:0"),
        (frame(0x2D, bytes(8)), b"Error:0"),
        (frame(0x00)[:-1] + b"\0", b"Error:20"),
        (frame(0x00)[:4] + b"\xcc\x33\xc3\x3d\xad", b"Error:21"),
        (b"\xa5\x00\x08" + bytes(5), b"Error:21"),
        (b"\xa5\x04\x0a", b"Error:21"),
        (frame(0x22, bytes(7)), b"Error:2"),
        (frame(0x00, b"\0"), b"Error:2"),
        (frame(0x10, b"\4\0"), b"Error:2"),
        (frame(0x1E, b"\0"), b"Error:2"),
        (frame(0x0D, b"\2"), b"Error:2"),
        (frame(0x01, struct.pack(">I", 250_000)), b"Error:2"),
        (frame(0x07, b"\1"), b"Error:3"),
        (frame(0x30, bytes(4) + b"text without an end"), b"Error:2"),
        (frame(0x70, bytes(4) + b"A LONG NAME.BMP\0"), b"\nError:2"),
    ],
)
def test_what_is_wrong_is_answered_with_its_number(module, data, reply):
    assert send(module, data) == reply
    assert send(module, frame(0x00), 20.0) == b"OK"


def test_a_full_frame_of_data_is_taken_and_one_more_byte_is_not(module):
    assert send(module, frame(0x30, bytes(4) + b" " * 1019 + b"\0")) == b"OK"
    assert send(module, frame(0x30, bytes(4) + b" " * 1020 + b"\0")).startswith(b"Error:21")


def test_noise_between_frames_is_skipped(module):
    assert send(module, b"\x00\xff\x3c\xcc" + frame(0x00) + b"noise" + frame(0x02)) == b"OK115200"


def test_frames_may_arrive_byte_by_byte(module):
    said = b"".join(send(module, bytes([byte]), 10.0 + number, 0.5) for number, byte in enumerate(frame(0x02)))
    assert said == b"115200"


def test_a_damaged_length_swallows_what_follows(module):
    broken = bytearray(frame(0x00))
    broken[2] = 0x12  # 18: this frame and the next
    assert send(module, bytes(broken) + frame(0x00)) == b"Error:20"
    assert send(module, frame(0x00), 20.0) == b"OK"


def test_shapes_that_come_faster_than_it_works_get_lost(module):
    clear, line = frame(0x2E), frame(0x22, bytes(8))
    sent = clear * 100 + line * 300
    replies = send(module, sent, seconds=60.0)
    assert module.statistics()["overrun"] == len(sent) - BUFFER_BYTES
    assert replies.count(b"OK") < 400


# -- sleep, power, rate


def test_asleep_it_hears_nothing_until_its_pin_rises(module):
    assert send(module, frame(0x08)) == b""
    assert send(module, frame(0x00), 20.0) == b""
    module.wake(30.0)
    assert send(module, frame(0x00), 31.0) == b"OK"


def test_it_needs_three_seconds_after_power_and_after_a_reset():
    module = Waveshare43()
    module.power(True, 0.0)
    assert send(module, frame(0x00), 2.9) == b""
    assert send(module, frame(0x00), 3.0) == b"OK"
    module.reset(10.0)
    assert send(module, frame(0x00), 12.0) == b""
    assert send(module, frame(0x00), 13.0) == b"OK"


def test_unplugged_in_mid_refresh_the_glass_stays_halfway_and_the_memory_is_gone(module):
    send(module, frame(0x24, struct.pack(">4H", 0, 0, WIDTH, HEIGHT)))
    module.receive(frame(0x0A), 20.0)
    module.power(False, 20.5)
    assert send(module, frame(0x00), 30.0) == b""
    module.power(True, 40.0)
    assert module.glass.seen[0] == 127
    assert set(module.memory.pixels) == {3}
    assert send(module, frame(0x0A), 50.0) == b"OK"
    assert module.glass.seen[0] == 255


def test_a_new_rate_is_answered_at_after_a_tenth_of_a_second_and_forgotten_without_power(module):
    module.receive(frame(0x01, struct.pack(">I", 9_600)), 10.0)
    module.on_timer(10.09)
    assert module.drain() == []
    module.set_line(9_600)
    module.on_timer(10.1)
    assert module.drain() == [b"OK"]
    assert send(module, frame(0x02), 11.0) == b"9600"
    module.power(False, 20.0)
    module.power(True, 21.0)
    assert module.baud == 115_200
