"""Wacom protocol IV: who answers what, the real bytes of the note as golden vectors, and every ugly way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.engine import Failed, Moved, Ready, SetBaud, Start, Write
from firmware_bridge.pen.samples import PenFacts, Tool
from firmware_bridge.pen.wacom4 import (
    SETUP,
    SETUP_DISPLAY,
    SETUP_PENPARTNER,
    Wacom4Pen,
    read_model,
)
from tests.firmware_bridge.pen.hands import resample, strokes, visit

REAL = [bytes.fromhex(text) for text in ("e0333900171e40", "e0333100171b40", "e0332a00171b40", "e0332200171c40")]


def packet(x, y, pressure=0, *, near=True, buttons=0, stylus=True, tilt=None):
    """A packet of a Digitizer II: pressure has 8 bits, of which one is in the fourth byte."""
    raw = pressure ^ 0x80
    first = 0x80 | near << 6 | stylus << 5 | bool(buttons) << 3 | x >> 14
    middle = buttons << 3 | (raw & 1) << 2 | y >> 14
    out = bytes((first, x >> 7 & 127, x & 127, middle, y >> 7 & 127, y & 127, raw >> 1))
    return out + bytes(value & 127 for value in tilt) if tilt else out


class Tablet:
    """What one says when it is asked, for the handshake alone."""

    def __init__(self, model=b"UD-1212-R00 V1.4-2", rate=9600, ends=b"\r", damage=()):
        self.answers = {b"~#": b"~#" + model, b"~R\r": b"~RE,9600,100,1270,1270", b"~C\r": b"~C15240,15240"}
        self.rate, self.ends, self.damage = rate, ends, list(damage)
        self.at = 0
        self.heard = []

    def answer(self, out):
        if isinstance(out, SetBaud):
            self.at = out.rate
        if not isinstance(out, Write) or self.at != self.rate:
            return b""
        self.heard.append(out.data)
        text = self.answers.get(out.data, b"")
        if text and self.damage:
            return self.damage.pop(0) + self.ends
        return text and text + self.ends


def connect(tablet, **options):
    """Run the handshake on a clock of its own; the engine, what it said, and how long it took."""
    pen, now, said = Wacom4Pen(**options), 0.0, []
    pen.submit(Start(), now)
    while True:
        outs = pen.drain()
        said += outs
        if any(isinstance(out, Ready | Failed) for out in outs):
            for out in outs:
                tablet.answer(out)
            return pen, said, now
        replies = [reply for out in outs if (reply := tablet.answer(out))]
        if replies:
            now += 0.05
            pen.receive(b"".join(replies), now)
        else:
            now = pen.next_timer()
            pen.on_timer(now)


def sampling(model=b"UD-1212-R00 V1.4-2", **options):
    return connect(Tablet(model), **options)[0]


def feed(pen, data, now=100.0):
    pen.receive(data, now)
    return [sample for out in pen.drain() if isinstance(out, Moved) for sample in out.samples]


# -- the handshake


def test_a_digitizer_is_reset_asked_and_set_up():
    tablet = Tablet()
    _, said, _ = connect(tablet)
    assert tablet.heard == [b"\r$", b"\r#", b"SP\r", *[b"~#"] * 2, *[b"~R\r"] * 2, *[b"~C\r"] * 2, SETUP]
    facts = PenFacts(15240, 15240, 255, points_per_mm=50.0, rate=137)
    assert said[-2:] == [Ready("Wacom Digitizer II, UD-1212-R00 V1.4-2", pen=facts), Write(SETUP)]


@pytest.mark.parametrize(("model", "setup", "pressure_max"), [
    (b"UD-0608-R00 V1.2-5", SETUP, 127),
    (b"UD-0608-R00 V2.0-1", SETUP, 255),
    (b"ET-0405-R00 V1.1-1", SETUP, 511),
    (b"CT-0045-R00 V1.3-5", SETUP_PENPARTNER, 255),
    (b"PL-400-R00 V1.0-1", SETUP_DISPLAY, 255),
    (b"PL-550-R00 V1.0-1", SETUP_DISPLAY, 511),
    (b"PL-710-R00 V1.0-1", SETUP_DISPLAY, 511),
    (b"DT-510-R00 V1.0-1", SETUP_DISPLAY, 255),
])  # fmt: skip
def test_each_family_has_its_setup_and_its_bits_of_pressure(model, setup, pressure_max):
    _, said, _ = connect(Tablet(model))
    assert said[-1] == Write(setup)
    assert said[-2].pen.pressure_max == pressure_max


def test_a_graphire_needs_not_be_asked_how_large_it_is():
    tablet = Tablet(b"ET-0405-R00 V1.1-1")
    _, said, _ = connect(tablet)
    assert b"~C\r" not in tablet.heard
    assert (said[-2].pen.x_max, said[-2].pen.y_max) == (5103, 3711)


@pytest.mark.parametrize("model", [b"KT-0405-R00 V1.3-6", b"GD-0608-R00 V1.2-5"])
def test_an_unknown_model_is_refused_by_name(model):
    _, said, _ = connect(Tablet(model))
    assert isinstance(said[-1], Failed)
    assert model.decode() in said[-1].text
    assert read_model(model) is None


def test_a_penpartner_whose_answers_end_with_nothing_is_waited_for():
    _, said, took = connect(Tablet(b"CT-0045-R00 V1.3-5", ends=b""))
    assert isinstance(said[-2], Ready)
    assert said[-2].pen.x_max == 15240
    assert took < 6


@pytest.mark.parametrize(("rate", "given"), [(9600, None), (19200, None), (38400, None), (38400, 38400), (9600, 19200)])
def test_the_rate_is_found(rate, given):
    _, said, took = connect(Tablet(rate=rate), rate=given)
    assert isinstance(said[-2], Ready)
    assert said[-2].pen.rate == rate // 70
    assert took < (2 if rate == given else 8)


def test_nobody_there_is_told_with_the_rates_that_were_tried():
    _, said, _ = connect(Tablet(rate=300))
    assert all(word in said[-1].text for word in ("9600", "19200", "38400", "power"))
    assert [out.rate for out in said if isinstance(out, SetBaud)] == [9600, 19200, 38400, 9600]


def test_damaged_answers_are_asked_away():
    damage = [b"~#UD-1212-R00 V1.0-2", b"~#\x01\xff", b"~#UD-1212-R00 V1.4-2"]
    _, said, _ = connect(Tablet(damage=damage))
    assert said[-2].pen == PenFacts(15240, 15240, 255, points_per_mm=50.0, rate=137)


def test_a_tablet_that_does_not_say_how_large_it_is_is_refused():
    tablet = Tablet()
    tablet.answers[b"~C\r"] = b""
    _, said, _ = connect(tablet)
    assert "how large" in said[-1].text


def test_answers_behind_the_rest_of_packets_are_found():
    tablet = Tablet(damage=[b"\xe0\x33\x39\x00~#UD-1212-R00 V1.4-2"])
    assert isinstance(connect(tablet)[1][-2], Ready)


# -- packets


def test_the_real_bytes_are_read():
    got = feed(sampling(), b"".join(REAL))
    assert [(s.x, s.y, s.pressure, s.tool, s.near, s.tip) for s in got] == [
        (x, y, 0, Tool.PEN, True, False) for x, y in ((6585, 2974), (6577, 2971), (6570, 2971), (6562, 2972))
    ]


@pytest.mark.parametrize(("model", "packets"), [
    (b"UD-0608-R00 V1.2-5", {b"\xe0\0\0\0\0\0\x40": 0, b"\xe4\0\0\x04\0\0\x3f": 127, b"\xe0\0\0\0\0\0\0": 64}),
    (b"UD-0608-R00 V1.4-5", {b"\xe0\0\0\0\0\0\x40": 0, b"\xe4\0\0\x04\0\0\x3f": 255, b"\xe0\0\0\x04\0\0\x40": 1}),
    (b"ET-0405-R00 V1.1-1", {b"\xe0\0\0\0\0\0\x40": 0, b"\xe4\0\0\x04\0\0\x3f": 511, b"\xe4\0\0\0\0\0\x40": 1}),
])  # fmt: skip
def test_pressure_has_the_bits_of_the_model(model, packets):
    pen = sampling(model)
    assert [feed(pen, data)[0].pressure for data in packets] == list(packets.values())


def test_tip_and_side_are_buttons_and_the_shared_one_is_eraser_or_second_switch():
    pen = sampling()
    got = feed(pen, packet(1, 1) + packet(1, 1, 90, buttons=3) + packet(1, 1, buttons=4) + packet(1, 1, near=False))
    assert [(s.tip, s.side, s.side2, s.tool) for s in got[:3]] == [
        (False, False, False, Tool.PEN), (True, True, False, Tool.PEN), (False, False, True, Tool.PEN),
    ]  # fmt: skip
    got = feed(pen, packet(1, 1, 90, buttons=5) + packet(1, 1))
    assert [(s.tool, s.near) for s in got] == [(Tool.ERASER, True), (Tool.ERASER, False), (Tool.PEN, True)]


def test_the_eraser_of_a_graphire_has_a_button_of_its_own():
    pen = sampling(b"ET-0405-R00 V1.1-1")
    got = feed(pen, packet(1, 1, buttons=8) + packet(1, 1, near=False) + packet(1, 1, buttons=4))
    assert [(s.tool, s.side2) for s in got] == [(Tool.ERASER, False), (Tool.ERASER, False), (Tool.PEN, True)]


def test_a_mouse_is_a_cursor_without_pressure():
    got = feed(sampling(), packet(7, 8, 99, stylus=False, buttons=1))
    assert [(s.tool, s.x, s.y, s.pressure, s.tip) for s in got] == [(Tool.CURSOR, 7, 8, 0, True)]


def test_a_stylus_becomes_a_mouse_only_if_it_is_said_twice():
    pen = sampling()
    pen_packet, mouse = packet(7, 8), packet(7, 8, stylus=False)
    assert {s.tool for s in feed(pen, pen_packet * 2 + mouse + pen_packet + mouse + pen_packet)} == {Tool.PEN}
    assert [s.tool for s in feed(pen, mouse + mouse)] == [Tool.PEN, Tool.CURSOR]


def test_tilted_packets_have_nine_bytes_and_degrees():
    tablet = Tablet()
    pen, said, _ = connect(tablet, tilt=True)
    assert said[-1].data.startswith(b"FM1\r")
    got = feed(pen, packet(1, 2, tilt=(10, -20)) + packet(3, 4, tilt=(-64, 63)))
    assert [(s.x, s.tilt_x, s.tilt_y) for s in got] == [(1, 10.0, -20.0), (3, -64.0, 63.0)]


def test_impossible_packets_are_dropped_and_counted():
    pen = sampling()
    assert feed(pen, packet(20000, 5) + packet(5, 20000) + packet(5, 5, near=False, buttons=1)) == []
    counts = pen.statistics()
    assert (counts["out_of_range"], counts["damaged"]) == (2, 1)


def test_a_silent_pen_leaves_after_a_second():
    pen = sampling()
    feed(pen, packet(5, 5, 50, buttons=1), now=7.0)
    assert pen.next_timer() == 8.0
    pen.on_timer(8.0)
    assert pen.drain()[0].samples[0].near is False


def test_a_tablet_that_has_nothing_to_say_is_set_up_again():
    pen, _, now = connect(Tablet())
    assert pen.next_timer() == now + 10
    pen.on_timer(now + 10)
    assert pen.drain() == [Write(SETUP)]


def test_packets_of_one_read_are_spread_over_their_time_on_the_line():
    got = feed(sampling(), packet(5, 5) * 3, now=7.0)
    assert [s.t for s in got] == pytest.approx([7.0 - 140 / 9600, 7.0 - 70 / 9600, 7.0])


# -- every ugly way

WRITTEN = [
    packet(s.x // 2, s.y // 2, s.pressure, near=s.near, buttons=int(s.tip))
    for s in visit(resample(strokes()[0], 137), rate=137)
]


def places(samples):
    """What counts of each; a tool that leaves does so where it was last."""
    return [(s.x, s.y, s.pressure, s.tip) if s.near else "away" for s in samples]


EXPECTED = places(feed(sampling(), b"".join(WRITTEN)))


def test_whole_and_byte_by_byte_give_the_same():
    pen, out = sampling(), []
    for number, byte in enumerate(b"".join(WRITTEN)):
        out += feed(pen, bytes((byte,)), 100.0 + number / 960)
    assert places(out) == EXPECTED
    assert len(out) == len(WRITTEN)


@given(st.binary(max_size=20), st.integers(3, 50))
def test_after_noise_between_packets_the_next_but_one_is_read_at_the_latest(noise, at):
    pen = sampling()
    feed(pen, b"".join(WRITTEN[:at]) + noise)
    after = feed(pen, b"".join(WRITTEN[at:]))
    assert places(after)[-len(WRITTEN[at:]) + 2 :] == EXPECTED[at + 2 :]


@given(st.integers(3, 50), st.integers(1, 6))
def test_a_cut_packet_costs_itself_alone(at, length):
    data = b"".join(WRITTEN[:at]) + WRITTEN[at][:length] + b"".join(WRITTEN[at + 1 :])
    assert places(feed(sampling(), data)) == EXPECTED[:at] + EXPECTED[at + 1 :]


@given(st.integers(0, len(WRITTEN) * 56 - 1))
def test_a_flipped_bit_harms_at_most_its_own_packet_and_never_leaves_the_range(bit):
    data = bytearray(b"".join(WRITTEN))
    data[bit // 8] ^= 1 << bit % 8
    got = feed(sampling(), bytes(data))
    assert all(0 <= s.x <= 15240 and 0 <= s.y <= 15240 and 0 <= s.pressure <= 255 for s in got)
    assert all(s.tool is Tool.PEN for s in got[4:])  # after two packets what is near is sure
    rest = EXPECTED[bit // 56 + 1 :]
    assert places(got)[len(got) - len(rest) :] == rest
