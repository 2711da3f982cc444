"""ISDv4: the handshake, the packets of the note as golden vectors, and every ugly way that bytes arrive."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.engine import Failed, Moved, Ready, SetBaud, Start, Told, Write
from firmware_bridge.pen.isdv4 import Isdv4Pen, read_pen_answer, read_touch_answer
from firmware_bridge.pen.samples import PenFacts, Tool
from tests.firmware_bridge.pen.hands import packet, packets, resample, strokes, visit

ANSWER = bytes.fromhex("c0 33 32 20 22 7f 01 00 00 08 10".replace(" ", ""))
TILTED = ANSWER[:7] + bytes((60, 60)) + ANSWER[9:]
TOUCH_5 = bytes((0xC1, 10, 0, 0x08, 0, 0x08, 0, 0, 0, 0, 1))  # sensor 0, 4096 by 4096
TOUCH_13 = bytes((0xC3, 10, 5, 0x08, 0, 0x08, 0, 0, 0, 0, 1))
NOTHING = bytes((0xC1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))


def started(pen, now=0.0):
    pen.submit(Start(), now)
    pen.drain()
    pen.on_timer(now + 0.25)
    pen.drain()
    return now + 0.25


def sampling(answer=ANSWER, touch=None, rate=None):
    """A pen that has answered, at time 1."""
    pen = Isdv4Pen(rate, touch=touch is not None)
    started(pen)
    pen.receive(answer, 0.3)
    pen.receive(answer, 0.4)
    if touch is not None:
        pen.receive(touch, 0.5)
    assert pen.drain()[-1] == Write(b"1")
    return pen


def samples_of(pen):
    return [sample for out in pen.drain() if isinstance(out, Moved) for sample in out.samples]


def feed(pen, data, now=1.0):
    pen.receive(data, now)
    return samples_of(pen)


WRITTEN = packets(visit(resample(strokes()[0], 427)))


# -- the handshake


def test_a_pen_is_stopped_drained_asked_twice_and_started():
    pen = Isdv4Pen()
    pen.submit(Start(), 10.0)
    assert pen.drain() == [SetBaud(38400), Write(b"0")]
    assert pen.next_timer() == 10.25
    pen.receive(b"\xa0\x01\x02" + ANSWER, 10.1)  # queued before: discarded
    assert pen.drain() == []
    pen.on_timer(10.25)
    assert pen.drain() == [Write(b"*")]
    pen.receive(ANSWER, 10.3)
    assert pen.drain() == [Write(b"*")]
    pen.receive(ANSWER, 10.31)
    facts = PenFacts(26312, 16520, 255, points_per_mm=100.0, rate=426)
    assert pen.drain() == [Ready("Wacom ISDv4, version 1040", pen=facts), Write(b"1")]


def test_a_pen_that_answers_once_is_taken_at_its_word():
    pen = Isdv4Pen()
    now = started(pen)
    pen.receive(ANSWER, now)
    pen.drain()
    for _ in range(4):
        pen.on_timer(pen.next_timer())
        assert pen.drain() == [Write(b"*")]
    pen.on_timer(pen.next_timer())
    assert isinstance(pen.drain()[0], Ready)


def test_a_flipped_bit_in_the_answer_is_asked_away():
    pen = Isdv4Pen()
    now = started(pen)
    pen.receive(bytes((0xC0, 0x13)) + ANSWER[2:], now)
    pen.receive(ANSWER, now)
    assert pen.drain() == [Write(b"*")] * 2
    pen.receive(ANSWER, now)
    ready = pen.drain()[0]
    assert ready.pen.x_max == 26312


@pytest.mark.parametrize(("given", "order"), [(None, [38400, 19200]), (19200, [19200, 38400])])
def test_the_other_rate_is_tried_and_then_the_remedy_is_told(given, order):
    pen = Isdv4Pen(given)
    now = 0.0
    pen.submit(Start(), now)
    rates = [out.rate for out in pen.drain() if isinstance(out, SetBaud)]
    while (due := pen.next_timer()) is not None:
        pen.on_timer(due)
        outs = pen.drain()
        rates += [out.rate for out in outs if isinstance(out, SetBaud)]
    assert rates == order
    assert isinstance(outs[-1], Failed)
    assert all(str(rate) in outs[-1].text for rate in order)
    pen.receive(ANSWER, 9.0)
    assert pen.drain() == []


def test_a_second_start_begins_from_anew():
    pen = sampling()
    pen.submit(Start(), 5.0)
    assert pen.drain() == [SetBaud(38400), Write(b"0")]


def test_the_real_maxima_of_a_wacf004_are_read():
    answer = read_pen_answer(bytes.fromhex("c0293e1f1b7f0100000200"))
    assert (answer.x_max, answer.y_max, answer.pressure_max) == (21240, 15980, 255)


def test_tilt_is_read_only_where_the_sources_agree_on_it():
    assert read_pen_answer(TILTED).tilt_max == 60
    assert read_pen_answer(ANSWER[:7] + bytes((60, 50)) + ANSWER[9:]).tilt_max == 0


# -- packets


def test_the_golden_frames_are_read():
    pen = sampling()
    frames = "a1017a0374370800 00 a3017a03741b3900 00 a5017a03757f4900 00 80017a0374006800 00"
    got = feed(pen, bytes.fromhex(frames.replace(" ", "")))
    near = [(s.x, s.y, s.pressure, s.tool, s.tip, s.side, s.side2, s.near) for s in got]
    assert near == [
        (1000, 2001, 55, Tool.PEN, True, False, False, True),
        (1001, 2003, 155, Tool.PEN, True, True, False, True),
        (1002, 2005, 255, Tool.PEN, True, False, True, True),  # the bit changed while a pen was near: second switch
        (1002, 2005, 0, Tool.PEN, False, False, False, False),
    ]


def test_the_shared_bit_on_entering_is_the_eraser_and_dropping_it_brings_a_pen():
    pen = sampling()
    got = feed(pen, packet(100, 100, shared=True) + packet(100, 100, 9, tip=True, shared=True) + packet(101, 100))
    assert [(s.tool, s.near) for s in got] == [
        (Tool.ERASER, True), (Tool.ERASER, True), (Tool.ERASER, False), (Tool.PEN, True),
    ]  # fmt: skip


def test_tilt_is_in_degrees_from_upright():
    pen = sampling(TILTED)
    got = feed(pen, packet(5, 5, tilt=(30, 60)) + packet(5, 5, tilt=(0, 61)))
    assert [(s.tilt_x, s.tilt_y) for s in got] == [(0.0, 64.0), (-64.0, None)]


def test_packets_of_one_read_are_spread_over_their_time_on_the_line():
    pen = sampling(rate=19200)
    got = feed(pen, b"".join(packet(x, 5) for x in range(3)), now=2.0)
    step = 90 / 19200
    assert [s.t for s in got] == pytest.approx([2.0 - 2 * step, 2.0 - step, 2.0])
    again = feed(pen, packet(7, 5) * 2, now=2.001)
    assert again[0].t == 2.0  # not before the last
    assert again[1].t == 2.001


def test_out_of_range_and_impossible_packets_are_dropped_and_counted():
    pen = sampling()
    bad = (
        packet(40000, 5)
        + packet(5, 40000)
        + packet(5, 5, 900)
        + packet(5, 5, near=False, tip=True)
        + b"\xa8"
        + bytes(8)
    )
    assert feed(pen, bad) == []
    counts = pen.statistics()
    assert (counts["out_of_range"], counts["damaged"]) == (3, 2)


def test_a_little_beyond_the_maxima_is_the_edge():
    assert feed(sampling(), packet(26400, 16700))[0].x == 26312


def test_a_control_packet_between_others_is_counted_and_no_sample():
    pen = sampling()
    assert len(feed(pen, packet(1, 1) + ANSWER + packet(2, 2))) == 2
    assert pen.statistics()["control"] == 3


def test_a_tablet_that_has_nothing_to_say_is_told_again_to_sample():
    """It may not have heard it, or have been switched off and on."""
    pen = sampling()
    assert pen.next_timer() == 10.4
    pen.on_timer(10.4)
    assert pen.drain() == [Write(b"1")]
    feed(pen, packet(1, 1) + packet(1, 1, near=False), now=15.0)
    assert pen.next_timer() == 25.0
    pen.on_timer(20.4)
    assert pen.drain() == []


def test_a_silent_pen_leaves_after_a_second_and_a_missing_one_does_not_matter():
    pen = sampling()
    feed(pen, packet(10, 10, 5, tip=True), now=3.0)
    assert pen.next_timer() == 4.0
    pen.on_timer(3.9)
    assert pen.drain() == []
    pen.on_timer(4.0)
    last = samples_of(pen)
    assert [(s.near, s.tip, s.t) for s in last] == [(False, False, 4.0)]
    assert pen.statistics()["silences"] == 1


# -- touch


@pytest.mark.parametrize("length", [5, 7, 13])
def test_touch_packets_are_ignored_unless_asked_for(length):
    pen = sampling()
    touch = b"\x91" + bytes(length - 1)
    got = feed(pen, packet(1, 1) + touch + packet(2, 2) + touch + touch + packet(3, 3))
    assert [s.x for s in got] == [1, 2, 3]
    assert pen.statistics()["touch_ignored"] == 3
    assert pen.statistics()["noise"] == 0


def test_touch_is_given_in_the_pens_units_when_asked_for():
    pen = sampling(touch=TOUCH_5)
    got = feed(pen, bytes((0x91, 16, 0, 16, 0)) + bytes((0x90, 16, 0, 16, 0)))
    assert [(s.tool, s.x, s.y, s.tip, s.near) for s in got] == [
        (Tool.FINGER, 13156, 8260, True, True), (Tool.FINGER, 13156, 8260, False, False),
    ]  # fmt: skip


def test_touch_is_ignored_while_a_pen_is_near_and_ends_when_it_comes():
    pen = sampling(touch=TOUCH_13)
    finger = bytes((0x91, 16, 0, 16, 0)) + bytes(8)
    got = feed(pen, finger + packet(5, 5) + finger + packet(6, 6) + packet(6, 6, near=False) + finger)
    assert [(s.tool, s.near) for s in got] == [
        (Tool.FINGER, True), (Tool.FINGER, False), (Tool.PEN, True), (Tool.PEN, True), (Tool.PEN, False),
        (Tool.FINGER, True),
    ]  # fmt: skip
    assert pen.statistics()["touch_ignored"] == 1


def test_a_pen_without_touch_may_stay_silent_or_say_so():
    for say in (lambda pen: pen.on_timer(1.4), lambda pen: pen.receive(NOTHING, 0.5)):
        pen = Isdv4Pen(touch=True)
        started(pen)
        pen.receive(ANSWER, 0.3)
        pen.receive(ANSWER, 0.4)
        assert pen.drain()[-1] == Write(b"%")
        say(pen)
        assert [type(out) for out in pen.drain()] == [Told, Ready, Write]


def test_the_touch_answer_gives_maxima_by_resolution_where_it_has_none():
    answer = read_touch_answer(bytes((0xC1, 10, 1, 0, 0, 0, 0, 0, 0, 0, 1)))
    assert (answer.x_max, answer.y_max, answer.length) == (1024, 1024, 7)
    assert read_touch_answer(bytes((0xC1, 10, 6, 0, 0, 0, 0, 0, 0, 0, 1))) is None  # no such sensor


# -- every ugly way


def places(samples):
    """What counts of each; a tool that leaves does so where it was last."""
    return [(s.x, s.y, s.pressure, s.tip) if s.near else "away" for s in samples]


EXPECTED = places(feed(sampling(), b"".join(WRITTEN)))


def test_whole_and_byte_by_byte_give_the_same():
    pen, out = sampling(), []
    for number, byte in enumerate(b"".join(WRITTEN)):
        out += feed(pen, bytes((byte,)), 1.0 + number / 3840)
    assert places(out) == EXPECTED
    assert len(out) == len(WRITTEN)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=400))
def test_split_anyhow_gives_the_same(sizes):
    pen, out, data = sampling(), [], b"".join(WRITTEN)
    for size in sizes:
        out += feed(pen, data[:size])
        data = data[size:]
    assert places(out + feed(pen, data)) == EXPECTED


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_noise_before_and_after_costs_no_packet_but_its_own(before, after):
    pen = sampling()
    got = places(feed(pen, before + b"".join(WRITTEN) + after))
    clean = [place for place in got if place in EXPECTED]
    assert len(clean) >= len(EXPECTED) - 2  # what noise feigned at the seams apart: one at each end


@given(st.binary(min_size=1, max_size=20), st.integers(5, 60))
def test_after_noise_between_packets_the_next_is_read(noise, at):
    pen = sampling()
    feed(pen, b"".join(WRITTEN[:at]) + noise)
    after = feed(pen, b"".join(WRITTEN[at:]))
    assert places(after)[-len(WRITTEN[at:]) + 1 :] == EXPECTED[at + 1 :]


@given(st.integers(3, 60), st.integers(1, 8))
def test_a_cut_packet_costs_itself_alone(at, length):
    pen = sampling()
    data = b"".join(WRITTEN[:at]) + WRITTEN[at][:length] + b"".join(WRITTEN[at + 1 :])
    assert places(feed(pen, data)) == EXPECTED[:at] + EXPECTED[at + 1 :]
    assert pen.statistics()["cut"] == 1


@given(st.integers(0, len(WRITTEN) * 72 - 1))
def test_a_flipped_bit_harms_at_most_its_own_packet_and_never_leaves_the_range(bit):
    data = bytearray(b"".join(WRITTEN))
    data[bit // 8] ^= 1 << bit % 8
    at = bit // 72
    got = feed(sampling(), bytes(data))
    assert all(0 <= s.x <= 26312 and 0 <= s.y <= 16520 and 0 <= s.pressure <= 255 for s in got)
    rest = EXPECTED[at + 1 :]
    assert places(got)[len(got) - len(rest) :] == rest


def test_thousands_of_random_bytes_leave_a_pen_that_still_listens():
    rng = random.Random(5)
    pen = sampling()
    for number in range(200):
        feed(pen, rng.randbytes(100), 1 + number)
    feed(pen, bytes(20), 300.0)
    pen.on_timer(400.0)
    pen.drain()
    assert places(feed(pen, b"".join(WRITTEN), 500.0)) == EXPECTED
