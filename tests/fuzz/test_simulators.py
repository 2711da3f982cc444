"""Simulated devices against hosts out of their mind: nothing raises, time goes on, and what waits stays bounded."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.sim.cable import BACKLOG_MAX, KINDS, Cable
from firmware_bridge.sim.catalogue import CHIP_NAMES, make, make_chip
from firmware_bridge.sim.chip import FAULTS_MAX, VirtualClock

FRAMES = {
    "isdv4": [b"0", b"1", b"*", b"%", b"&"],
    "wacom4": [b"\r#", b"\r$", b"~#", b"~R\r", b"~C\r", b"ST\r", b"SP\r", b"OC1\r", b"ZF1\r"],
    "waveshare43": [
        bytes.fromhex("A5 00 09 0A CC 33 C3 3C A6"),
        bytes.fromhex("A5 00 0D 01 00 00 25 80 CC 33 C3 3C 0C"),
        bytes.fromhex("A5 00 11 22 00 0A 00 0A 00 FF 00 FF CC 33 C3 3C 96"),
        bytes.fromhex("A5 00 15 29 00 0A 00 0A 00 20 00 80 00 80 00 FF CC 33 C3 3C 46"),
        bytes.fromhex("A5 00 17 30 00 0A 00 0A C4 E3 BA C3 57 6F 72 6C 64 00 CC 33 C3 3C 9E"),
        bytes.fromhex("A5 00 09 08 CC 33 C3 3C A4"),
    ],
}
BAUDS = [0, 300, 9_600, 19_200, 38_400, 115_200, 921_600]


def acts(name):
    """What may happen to a device on a line, in any order."""
    return st.lists(
        st.one_of(
            st.tuples(st.just("bytes"), st.binary(max_size=60)),
            st.tuples(st.just("bytes"), st.sampled_from(FRAMES[name])),
            st.tuples(st.just("wait"), st.floats(0, 5)),
            st.tuples(st.just("baud"), st.sampled_from(BAUDS)),
            st.tuples(st.just("power"), st.booleans()),
        ),
        max_size=30,
    )


@pytest.mark.parametrize("name", FRAMES)
@given(data=st.data(), kind=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 2**16))
def test_a_device_on_a_line_takes_anything(name, data, kind, seed):
    device, cable, now = make(name, {"speed": "3"} if name != "waveshare43" else {}), None, 0.0
    cable = Cable(KINDS[kind], random.Random(seed))
    device.power(True, now)
    for act, value in data.draw(acts(name)):
        if act == "bytes":
            cable.send_down(value, now, 38_400)
        elif act == "wait":
            now += value
        elif act == "baud":
            device.set_line(value)
        else:
            device.power(value, now)
            cable.mend()
        for _ in range(20_000):
            for _, piece in cable.arrived_down(now):
                device.receive(piece, now)
            timer = device.next_timer()
            if timer is None or timer > now:
                break
            device.on_timer(now)
        else:
            raise AssertionError(f"its timer at {timer} never goes, though it is {now}")
        for piece in device.drain():
            assert piece
            cable.send_up(piece, now, device.baud)
        cable.arrived_up(now)
        assert cable.backlog_down <= BACKLOG_MAX
        assert all(count >= 0 for count in device.statistics().values())


WIRES = st.lists(
    st.one_of(
        st.tuples(st.just("select"), st.booleans()),
        st.tuples(st.just("set_data"), st.booleans()),
        st.tuples(st.just("set_reset"), st.booleans()),
        st.tuples(st.just("wait"), st.floats(0, 5)),
        st.tuples(st.just("exchange"), st.binary(max_size=12)),
        st.tuples(
            st.just("exchange"),
            st.sampled_from(
                [bytes.fromhex(text) for text in (
                    "04", "12", "10", "13", "00", "1f", "20", "22", "f7", "24", "26", "6000 0302", "6000 0034",
                    "6000 0021", "6000 0022", "0000 0120", "0000 0000", "0000 0008", "1000 0000 0000",
                )]
            ),
        ),
    ),
    max_size=60,
)  # fmt: skip


@pytest.mark.parametrize("name", CHIP_NAMES)
@given(acts=WIRES)
def test_a_controller_takes_anything_and_says_what_was_wrong(name, acts):
    chip = make_chip(name, {}, VirtualClock())
    for act, value in acts:
        answer = getattr(chip, act)(value)
        if act == "exchange":
            assert len(answer) == len(value)
        chip.busy_level()
        assert len(chip.faults) <= FAULTS_MAX
    chip.cut_power()
    chip.close()
