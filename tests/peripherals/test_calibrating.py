"""A calibration of a simulated tablet, from the first corner to the last line."""

import random

import pytest

from edgeboard.errors import UserError
from edgeboard.peripherals.calibrating import Wishes, calibrate, device_id
from firmware_bridge.pen.calibration import PRESSURE_MAX
from firmware_bridge.sim.cable import KINDS, Cable
from firmware_bridge.sim.catalogue import make
from firmware_bridge.sim.host import SimHost
from tests.peripherals.taps import CORNERS, line, tap, write_taps


def host(name, **options):
    return SimHost(make(name, options), Cable(KINDS["perfect"], random.Random(1), is_timed=False))


async def test_a_person_who_taps_and_writes_gets_a_calibration(tmp_path):
    told = []
    with host("isdv4", file=str(write_taps(tmp_path / "taps.jsonl")), speed="4") as tablet:
        done = await calibrate(f"serial:{tablet.path}?driver=isdv4", Wishes(), told.append)
        assert done.device == f"serial:{tablet.path}"
        facts = tablet.look(lambda: tablet.device.model)
    assert done.name.startswith("Wacom")
    asked = [text for text in told if " of 6: " in text]
    assert [text.partition(": ")[2] for text in asked] == [
        "tap the upper left corner", "tap the upper right corner", "tap the lower right corner",
        "tap the lower left corner", "write a line as lightly as you ever do", "write a line as firmly as you ever do",
    ]  # fmt: skip
    assert told[0] == done.name
    # The hand fits what it writes onto the tablet: its corners are the corners of the board from now on.
    corners = [(x, y) for stroke in tablet.device.hand.strokes[:4] for x, y in [(stroke.x[0], stroke.y[0])]]
    for (x, y), (u, v) in zip(corners, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        assert done.calibration.place(x / facts.x_max, y / facts.y_max) == pytest.approx((u, v), abs=0.002)
    assert done.calibration.press(600 / 4095 / 2) == pytest.approx(0, abs=PRESSURE_MAX * 0.02)
    assert done.calibration.press(3600 / 4095) == pytest.approx(PRESSURE_MAX, abs=PRESSURE_MAX * 0.02)


async def test_what_makes_no_sense_is_asked_again(tmp_path):
    told = []
    corners = [tap(x, y) for x, y in CORNERS]
    strokes = [line(1500, 100), *corners, tap(900, 900, 600, 8), line(600, 500), line(3600, 900)]
    with host("isdv4", file=str(write_taps(tmp_path / "taps.jsonl", strokes)), speed="4") as tablet:
        await calibrate(f"{tablet.path}?driver=isdv4", Wishes(), told.append)
    assert "   the pen moved while it touched; tap without moving it" in told
    assert "   that was too short; write a line as long as a finger" in told


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("/dev/nothing", "nothing is plugged in there"),
        ("auto", "edgeboard devices lists"),
        ("pen", "is no kind of device"),
        ("sim:nothing", "there is no simulator"),
    ],
)
async def test_where_no_pen_is_there_is_a_word(url, text):
    with pytest.raises(UserError, match=text):
        await calibrate(url, Wishes(), lambda line: None)


async def test_a_panel_is_no_pen():
    with host("waveshare43", boot="0") as panel, pytest.raises(UserError, match="has no pen"):
        await calibrate(f"{panel.path}?driver=waveshare43", Wishes(), lambda line: None)


def test_a_device_has_one_name_however_it_is_called(tmp_path):
    assert device_id("/dev/ttyS9") == "serial:/dev/ttyS9"
    assert device_id("serial:/dev/ttyS9?baud=38400") == "serial:/dev/ttyS9"
    assert device_id("sim:isdv4?speed=4") == "sim:isdv4"
