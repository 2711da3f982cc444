import dataclasses

import pytest

from firmware_bridge.sim.hand import Habits, Hand, HandSample, example_strokes, fit_strokes
from firmware_bridge.sim.wacom4 import MODELS, Wacom4Tablet, encode_packet, encode_sample

ARTZ = MODELS["artz"]


def tablet(model=ARTZ, *, baud=9_600, is_chatty=False, **habits):
    hand = Hand(fit_strokes(example_strokes()[:2], model.x_max, model.y_max), Habits(**habits))
    return Wacom4Tablet(model, hand, baud=baud, is_chatty=is_chatty)


def run(device, until):
    said = device.drain()
    while (timer := device.next_timer()) is not None and timer <= until:
        device.on_timer(timer)
        said += device.drain()
    return said


def ask(device, data, now=0.0):
    device.receive(data, now)
    return run(device, now + 1.0)


# Bytes of a real ArtZ II, a pen that hovers.
@pytest.mark.parametrize(
    ("packet", "x", "y"),
    [
        ("e0 33 39 00 17 1e 40", 6_585, 2_974),
        ("e0 33 31 00 17 1b 40", 6_577, 2_971),
        ("e0 33 2a 00 17 1b 40", 6_570, 2_971),
        ("e0 33 22 00 17 1c 40", 6_562, 2_972),
    ],
)
@pytest.mark.parametrize("extra", [0, 1, 2])
def test_packets_are_those_of_a_real_tablet(packet, x, y, extra):
    assert encode_packet(x, y, 0, 0, extra) == bytes.fromhex(packet)


@pytest.mark.parametrize("extra", [0, 1, 2])
def test_pressure_reads_back_as_the_description_says(extra):
    for pressure in range(0x80 << extra):
        packet = encode_packet(0, 0, pressure, 1, extra)
        z = packet[6] & 0x7F
        if extra >= 1:
            z = z << 1 | packet[3] >> 2 & 1
        if extra == 2:
            z = z << 1 | packet[0] >> 2 & 1
        assert z ^ 0x40 << extra == pressure
        assert all(byte < 0x80 for byte in packet[1:])


def test_places_use_all_sixteen_bits():
    packet = encode_packet(0xFFFF, 0x8001, 0, 0, 1)
    assert (packet[0] & 3) << 14 | packet[1] << 7 | packet[2] == 0xFFFF
    assert (packet[3] & 3) << 14 | packet[4] << 7 | packet[5] == 0x8001


@pytest.mark.parametrize(
    ("model", "change", "buttons"),
    [
        ("artz", {"is_touching": True}, 1),
        ("artz", {"is_touching": True, "is_side": True}, 3),
        ("artz", {"is_eraser": True}, 4),
        ("graphire", {"is_eraser": True, "is_touching": True}, 9),
        ("artz", {}, 0),
        ("artz", {"is_near": False, "is_side": True}, 0),
    ],
)
def test_buttons_are_said_twice(model, change, buttons):
    packet = encode_sample(MODELS[model], dataclasses.replace(HandSample(0.0, 1, 2), **change))
    assert packet[3] >> 3 & 0xF == buttons
    assert bool(packet[0] & 8) == bool(buttons)
    assert bool(packet[0] & 0x40) == change.get("is_near", True)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"~#", b"~#UD-0608-R00 V1.4-2\r"),
        (b"~#\r", b"~#UD-0608-R00 V1.4-2\r"),
        (b"~R\r", b"~R01,000,02,2540,2540\r"),
        (b"~C\r", b"~C20320,15240\r"),
        (b"\r#SP\r~C\r", b"~C20320,15240\r"),
        (b"nonsense\r~C\r", b"~C20320,15240\r"),
        (b"x" * 500 + b"\r~C\r", b"~C20320,15240\r"),
    ],
)
def test_queries_are_answered(command, answer):
    assert b"".join(ask(tablet(), command)) == answer


def test_a_graphire_does_not_say_how_large_it_is():
    assert ask(tablet(MODELS["graphire"]), b"~R\r~C\r") == []


def test_a_penpartner_ends_no_lines():
    assert ask(tablet(MODELS["penpartner"]), b"~#") == [b"~#CT-0045-R00 V1.3-5"]


def test_ascii_mode_is_left_by_a_reset():
    device = tablet()
    assert ask(device, b"\r$") == []
    assert ask(device, b"~#\r~C\rST\r", 1.0) == []
    assert ask(device, b"\r#~C\r", 5.0) == [b"~C20320,15240\r"]


def test_it_sends_between_start_and_stop():
    device = tablet(loop=True)
    assert ask(device, b"MU1\rOC1\r~M0\r~M1\rIT0\rIN0\rSR\rZF1\r") == []
    assert len(device.settings) == 8
    packets = ask(device, b"ST\r", 2.0)
    assert len(packets) > 50
    assert {len(packet) for packet in packets} == {7}
    assert all(packet[0] & 0x80 and not any(byte & 0x80 for byte in packet[1:]) for packet in packets)
    assert ask(device, b"SP\r", 4.0) == []


def test_the_origin_lies_below_until_it_is_moved():
    sample = HandSample(0.0, 100, 200)
    upside_down = encode_sample(ARTZ, sample, is_upside_down=True)
    assert upside_down[4] << 7 | upside_down[5] == ARTZ.y_max - 200
    device = tablet()
    first = ask(device, b"ST\r")[0]
    moved = tablet()
    assert ask(moved, b"OC1\rST\r")[0] != first


def test_every_point_of_the_hand_becomes_one_packet():
    device = tablet()
    device.receive(b"OC1\rST\r", 0.0)
    packets = run(device, 20.0)
    assert sum(packet[3] >> 3 & 1 for packet in packets) == 202
    assert not packets[-1][0] & 0x40


def test_packets_come_no_faster_than_the_line_carries_them():
    assert 130 <= len(ask(tablet(speed=1_000, loop=True), b"ST\r")) <= 138  # 9600 / 70


def test_a_chatty_tablet_sends_from_power_on():
    device = tablet(is_chatty=True, loop=True)
    device.power(True, 0.0)
    assert run(device, 1.0)
    assert ask(device, b"\r#", 2.0)
    assert ask(device, b"SP\r", 4.0) == []
    device.power(False, 6.0)
    assert ask(device, b"~#", 6.0) == []


@pytest.mark.parametrize("baud", [19_200, 38_400])
def test_another_rate_is_not_understood(baud):
    device = tablet()
    device.set_line(baud)
    assert b"~#UD" not in b"".join(ask(device, b"\r#~#\r"))


def test_tablets_that_were_never_made_are_refused():
    with pytest.raises(ValueError, match="9600, 19200 or 38400"):
        tablet(baud=115_200)
    with pytest.raises(ValueError, match="0 to 2"):
        Wacom4Tablet(dataclasses.replace(ARTZ, extra_z_bits=3))
