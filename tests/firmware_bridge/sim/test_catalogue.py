import json
from pathlib import Path

import pytest

from firmware_bridge.errors import AddressError
from firmware_bridge.sim.catalogue import CHIP_NAMES, LINE_NAMES, MachineClock, describe, make, make_chip, make_host
from firmware_bridge.sim.chip import VirtualClock
from firmware_bridge.sim.isdv4 import Isdv4Tablet
from firmware_bridge.sim.waveshare import Waveshare43


@pytest.mark.parametrize("name", LINE_NAMES)
def test_every_device_is_made_without_options_and_described(name):
    device = make(name, {})
    assert device.baud > 0
    device.power(True, 0.0)
    assert describe(name)


def test_a_tablet_takes_a_recording_and_habits(tmp_path):
    recording = tmp_path / "hand.jsonl"
    recording.write_text(json.dumps({"x": [0, 10], "y": [0, 5], "p": [1, 2], "t": [0, 20]}) + "\n")
    device = make("isdv4", {"file": str(recording), "loop": "1", "speed": "2.5", "model": "WACf004"})
    assert isinstance(device, Isdv4Tablet)
    assert device.baud == 19_200
    assert device.hand is not None
    assert len(device.hand.strokes) == 1


def test_the_recording_that_comes_with_the_demo_is_written_to_its_last_point():
    recording = Path(__file__).parents[3] / "edgeboard" / "cli" / "data" / "handwriting.jsonl"
    device = make("isdv4", {"file": str(recording)})
    device.receive(b"1", 0.0)
    packets = []
    while (timer := device.next_timer()) is not None:
        device.on_timer(timer)
        packets += device.drain()
    points = sum(len(json.loads(line)["x"]) for line in recording.read_text().splitlines())
    assert sum(packet[0] & 1 for packet in packets) == points
    assert device.hand is not None
    assert (device.hand.finished, device.hand.broken) == (len(device.hand.strokes), 0)


def test_a_panel_takes_its_times():
    device = make("waveshare43", {"boot": "0", "refresh": "0.2"})
    assert isinstance(device, Waveshare43)
    device.power(True, 0.0)
    device.receive(bytes.fromhex("A5 00 09 0A CC 33 C3 3C A6"), 0.0)
    assert device.glass.busy_until == 0.2


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("abacus", {}, "no simulator 'abacus'; there are isdv4"),
        ("isdv4", {"sped": "1"}, "no option sped; it has .*speed"),
        ("isdv4", {"speed": "fast"}, "speed=fast is not a number from 0.01"),
        ("isdv4", {"speed": "0"}, "speed=0 is not a number"),
        ("isdv4", {"loop": "yes"}, "loop=yes is neither 0 nor 1"),
        ("isdv4", {"model": "X"}, "model=X is none of WACf004"),
        ("isdv4", {"file": "/nowhere/at.all"}, "the recording /nowhere/at.all cannot be read"),
        ("waveshare43", {"refresh": "-1"}, "refresh=-1 is not a number"),
    ],
)
def test_a_mistake_in_a_name_or_option_is_said(name, options, text):
    with pytest.raises(AddressError, match=text):
        make(name, options)


def test_a_recording_that_is_none_is_said(tmp_path):
    file = tmp_path / "hand.jsonl"
    file.write_text("not json\n")
    with pytest.raises(AddressError, match="line 1 is not a recorded stroke"):
        make("isdv4", {"file": str(file)})


@pytest.mark.parametrize("name", CHIP_NAMES)
def test_every_panel_on_spi_is_made_and_described(name):
    chip = make_chip(name, {}, VirtualClock())
    assert chip.faults == []
    assert describe(name)
    with pytest.raises(AddressError, match="hangs on SPI"):
        make(name, {})


def test_panels_on_spi_go_by_the_machines_clock_unless_told_otherwise():
    chip = make_chip("it8951", {"model": "10.3inch"})
    assert chip.glass.width == 1872
    before = chip.now
    chip.wait(0.001)
    assert chip.now >= before + 0.001
    MachineClock().wait(-1.0)


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("isdv4", {}, "no simulator 'isdv4' on SPI; there are it8951"),
        ("it8951", {"model": "12inch"}, "model=12inch is none of 6inch"),
        ("uc8179", {"model": "x"}, "sim:uc8179 has no option model"),
    ],
)
def test_a_mistake_about_a_panel_on_spi_is_said(name, options, text):
    with pytest.raises(AddressError, match=text):
        make_chip(name, options)


def test_a_host_is_made_of_the_options_of_device_cable_and_paths(tmp_path):
    link, picture = tmp_path / "panel", tmp_path / "panel.png"
    options = {"boot": "0", "cable": "byte", "seed": "7", "link": str(link), "picture": str(picture)}
    with make_host("waveshare43", options) as host:
        assert host.path == link
        assert link.is_symlink()
        assert isinstance(host.device, Waveshare43)
    assert not link.is_symlink()


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("isdv4", {"picture": "x.png"}, "sim:isdv4 has no screen"),
        ("isdv4", {"cable": "frayed"}, "cable=frayed is none of perfect, byte"),
        ("isdv4", {"seed": "x"}, "seed=x is not a number"),
        ("isdv4", {"sped": "2"}, "no option sped"),
    ],
)
def test_a_mistake_about_a_host_is_said(name, options, text):
    with pytest.raises(AddressError, match=text):
        make_host(name, options)
