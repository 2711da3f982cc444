import dataclasses

import pytest

from firmware_bridge.sim.hand import Habits, Hand, HandSample, example_strokes, fit_strokes
from firmware_bridge.sim.isdv4 import (
    MODELS,
    Isdv4Model,
    Isdv4Tablet,
    encode_pen,
    encode_pen_facts,
    encode_sample,
    encode_touch,
    encode_touch_facts,
)

PLAIN = MODELS["WACf008"]
TOUCH = MODELS["WACf00c"]


def tablet(model=PLAIN, *, strokes=2, has_palm=False, **habits):
    hand = Hand(fit_strokes(example_strokes()[:strokes], model.x_max, model.y_max), Habits(**habits))
    return Isdv4Tablet(model, hand, has_palm=has_palm)


def ask(device, data, now=0.0):
    """What the tablet says within a second of these bytes."""
    device.receive(data, now)
    return run(device, now + 1.0)


def run(device, until):
    said = device.drain()
    while (timer := device.next_timer()) is not None and timer <= until:
        device.on_timer(timer)
        said += device.drain()
    return said


# -- the frames of the description


def test_the_pen_query_is_answered_as_described():
    assert ask(tablet(), b"*") == [bytes.fromhex("c0 33 32 20 22 7f 01 00 00 08 10")]
    assert encode_pen_facts(MODELS["WACf004"]) == bytes.fromhex("c0 29 3e 1f 1b 7f 01 00 00 02 00")


@pytest.mark.parametrize(
    ("frame", "values"),
    [
        ("a1 01 7a 03 74 37 08 00 00", (0xA1, 1000, 2001, 55)),
        ("a3 01 7a 03 74 1b 39 00 00", (0xA3, 1001, 2003, 155)),
        ("a5 01 7a 03 75 7f 49 00 00", (0xA5, 1002, 2005, 255)),
        ("80 01 7a 03 74 00 68 00 00", (0x80, 1003, 2001, 0)),
    ],
)
def test_pen_packets_are_as_described(frame, values):
    assert encode_pen(*values) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("sample", "first"),
    [
        (HandSample(0.0, 5, 6), 0xA0),
        (HandSample(0.0, 5, 6, 0.5, is_touching=True), 0xA1),
        (HandSample(0.0, 5, 6, 0.5, is_touching=True, is_side=True), 0xA3),
        (HandSample(0.0, 5, 6, 0.5, is_touching=True, is_eraser=True), 0xA5),
        (HandSample(0.0, 5, 6, is_near=False, is_side=True), 0x80),
    ],
)
def test_the_first_byte_says_what_the_pen_does(sample, first):
    assert encode_sample(PLAIN, sample)[0] == first


def test_a_pen_that_touches_presses_at_least_a_little_and_leans_about_the_centre():
    sample = HandSample(0.0, 0, 0, 0.0, is_touching=True, tilt_x=-1.0, tilt_y=1.0)
    packet = encode_sample(TOUCH, sample)
    assert packet[5:] == bytes([1, 0, 0, 127])
    upright = encode_sample(TOUCH, dataclasses.replace(sample, tilt_x=0.0, tilt_y=0.0))
    assert upright[7:] == bytes([64, 64])


@pytest.mark.parametrize(("sensor", "length"), [(0, 5), (1, 7), (2, 5), (3, 7), (4, 7), (5, 13)])
def test_touch_packets_have_the_length_of_their_sensor(sensor, length):
    model = dataclasses.replace(TOUCH, touch=sensor)
    packet = encode_touch(model, [(300, 500), (4_000, 2)])
    assert len(packet) == length
    assert (packet[1] << 7 | packet[2], packet[3] << 7 | packet[4]) == (300, 500)
    assert packet[0] == (0x93 if length == 13 else 0x91)
    assert all(byte < 0x80 for byte in packet[1:])
    if length == 13:
        assert (packet[7] << 7 | packet[8], packet[9] << 7 | packet[10]) == (4_000, 2)
    assert encode_touch(model, [])[0] == 0x90


def test_touch_facts_carry_sensor_and_maxima():
    facts = encode_touch_facts(TOUCH)
    assert len(facts) == 11
    assert facts[0] == 0xC3
    assert facts[2] & 7 == 5
    assert facts[3] << 9 | facts[4] << 2 | facts[2] >> 5 & 3 == 4095
    assert facts[5] << 9 | facts[6] << 2 | facts[2] >> 3 & 3 == 4095
    assert facts[9] << 7 | facts[10] == 1040
    assert encode_touch_facts(PLAIN)[1] == 0  # no touch


# -- manners


def test_no_control_packet_is_sent_while_it_samples():
    device = tablet()
    device.receive(b"1", 0.0)
    assert not any(packet[0] & 0x40 for packet in ask(device, b"*%&", 0.1))
    device.receive(b"0", 1.2)
    assert [packet[0] for packet in ask(device, b"*", 1.3)] == [0xC0]
    assert device.statistics()["queries_refused"] == 3


def test_an_answer_that_sampling_overtook_is_not_given():
    device = tablet()
    device.receive(b"*1", 0.0)
    assert not any(packet[0] & 0x40 for packet in run(device, 1.0))


def test_it_says_nothing_before_it_is_started_and_after_it_is_stopped():
    device = tablet(loop=True)
    assert ask(device, b"") == []
    assert ask(device, b"1", 1.0)
    assert ask(device, b"0", 2.0) == []


@pytest.mark.parametrize("baud", [9_600, 19_200, 115_200])
def test_another_rate_is_not_understood(baud):
    device = tablet()
    device.set_line(baud)
    assert bytes.fromhex("c0 33 32 20 22 7f 01 00 00 08 10") not in ask(device, b"0*")


def test_a_pen_only_tablet_is_silent_to_touch_or_admits_that_it_has_none():
    assert ask(Isdv4Tablet(MODELS["WACf004"]), b"%&") == []
    assert [packet[:2] for packet in ask(Isdv4Tablet(PLAIN), b"%")] == [b"\xc1\x00"]
    assert [packet[:1] for packet in ask(Isdv4Tablet(TOUCH), b"%&")] == [b"\xc3", b"&"]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_only_the_first_byte_of_a_packet_has_bit_7(model):
    packets = ask(tablet(model, has_palm=True, speed=20), b"1")
    assert len(packets) > 50
    for packet in packets:
        assert packet[0] & 0x80
        assert not any(byte & 0x80 for byte in packet[1:])


def test_every_point_of_the_hand_becomes_one_packet_at_its_time():
    device = tablet()
    device.receive(b"1", 50.0)
    packets = run(device, 60.0)
    touching = [packet for packet in packets if packet[0] & 1]
    assert len(touching) == 202
    assert packets[-1][0] == 0x80
    assert device.hand is not None
    assert device.hand.is_done


def test_packets_come_no_faster_than_the_line_carries_them():
    device = tablet(speed=1_000, loop=True)
    device.receive(b"1", 0.0)
    assert 420 <= len(run(device, 1.0)) <= 428  # 38400 / 90


def test_a_palm_is_told_with_the_pen_near():
    device = tablet(TOUCH, has_palm=True, strokes=1)
    device.receive(b"1", 0.0)
    packets = run(device, 10.0)
    assert {len(packet) for packet in packets} == {9, 13}
    assert {packet[0] for packet in packets[:-2:2]} == {0x91}
    assert [packet[0] for packet in packets[-2:]] == [0x90, 0x80]  # the hand goes with the pen


def test_unplugged_it_stops_and_the_stroke_is_broken():
    device = tablet(loop=True)
    device.receive(b"1", 0.0)
    run(device, 0.5)
    device.power(False, 0.5)
    assert ask(device, b"1*", 0.6) == []
    device.power(True, 1.0)
    assert not device.is_sampling
    assert len(ask(device, b"*", 1.0)) == 1
    assert device.hand is not None
    assert device.hand.broken == 1


def test_noise_is_ignored_and_counted():
    device = tablet()
    noise = bytes(byte for byte in range(256) if byte not in b"01*%&")
    assert ask(device, noise) == []
    assert device.statistics()["ignored"] == len(noise)


def test_tablets_that_were_never_made_are_refused():
    with pytest.raises(ValueError, match="19200 or 38400"):
        Isdv4Tablet(dataclasses.replace(PLAIN, baud=9_600))
    with pytest.raises(ValueError, match="0 to 5"):
        Isdv4Tablet(Isdv4Model(38_400, 1, 1, 1, 0, 1, touch=6))
