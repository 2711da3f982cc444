"""Devices as a whole: real pseudo terminals, real simulators, unplugged and plugged in again."""

import asyncio
import random

import pytest

from firmware_bridge.address import Address, parse_address
from firmware_bridge.device import Device, DeviceSettings, candidates
from firmware_bridge.errors import AddressError
from firmware_bridge.panel.values import Rect
from firmware_bridge.pen.strokes import Kind
from firmware_bridge.session import Standing
from firmware_bridge.sim.cable import KINDS, Cable
from firmware_bridge.sim.catalogue import make
from firmware_bridge.sim.host import SimHost


class Heard:
    """A listener that remembers, and can be waited with."""

    def __init__(self):
        self.changes, self.events, self.said = [], [], []
        self.pens, self.displays = [], []
        self._news = asyncio.Event()

    def __getattr__(self, name):
        lists = {"changed": "changes", "pen_ready": "pens", "panel_ready": "displays", "told": "said"}

        def note(value):
            if name == "pen_moved":
                self.events += value
            else:
                getattr(self, lists[name]).append(value)
            self._news.set()

        return note

    async def until(self, holds):
        async with asyncio.timeout(20):
            while not holds():
                self._news.clear()
                await self._news.wait()

    @property
    def kinds(self):
        return [event.kind for event in self.events]


class Plugged:
    """A simulated device at a path, and the `Device` that drives it."""

    def __init__(self, tmp_path, name, cable="perfect", **options):
        link = tmp_path / f"usb-{name}"
        self.host = SimHost(make(name, options), Cable(KINDS[cable], random.Random(7)), link=link)
        self.heard = Heard()
        address = Address("serial", str(link), (("driver", name),))
        self.device = Device(address, self.heard, DeviceSettings())

    async def __aenter__(self):
        self.host.start()
        self.task = asyncio.ensure_future(self.device.run())
        return self

    async def __aexit__(self, *why):
        self.task.cancel()
        await asyncio.wait({self.task})
        self.host.stop()


async def test_a_tablet_that_is_unplugged_in_mid_stroke_ends_it_where_the_pen_last_was(tmp_path):
    async with Plugged(tmp_path, "isdv4", loop="1", speed="0.5") as plugged:
        heard = plugged.heard
        await heard.until(lambda: heard.kinds.count(Kind.MOVE) > 20 and heard.kinds[-1] is Kind.MOVE)
        plugged.host.unplug()
        await heard.until(lambda: heard.changes[-1].standing is Standing.WAITING)
        assert heard.kinds[-2:] == [Kind.UP, Kind.AWAY]
        last = [event for event in heard.events if event.kind is Kind.MOVE][-1]
        up = next(event for event in reversed(heard.events) if event.kind is Kind.UP)
        assert (up.x, up.y) == (last.x, last.y)
        before = len(heard.events)
        plugged.host.plug()
        await heard.until(lambda: len(heard.events) > before and heard.kinds[-1] is Kind.MOVE)
        assert len(heard.pens) == 2
        assert heard.kinds.count(Kind.DOWN) >= heard.kinds.count(Kind.UP)


@pytest.mark.parametrize("cable", ["perfect", "byte", "late"])
async def test_every_stroke_begins_and_ends_whatever_the_cable_does_to_packets(tmp_path, cable):
    async with Plugged(tmp_path, "isdv4", cable, speed="4") as plugged:
        heard = plugged.heard
        await heard.until(lambda: heard.kinds.count(Kind.UP) >= 3)
        is_down = False
        for kind in heard.kinds:
            assert kind is not Kind.DOWN or not is_down
            assert kind not in (Kind.MOVE, Kind.UP) or is_down
            is_down = kind in (Kind.DOWN, Kind.MOVE)


async def test_a_panel_that_is_plugged_in_again_is_drawn_anew(tmp_path):
    async with Plugged(tmp_path, "waveshare43", boot="0", refresh="0.01") as plugged:
        heard = plugged.heard
        await heard.until(lambda: heard.displays)
        (display,) = heard.displays
        rect = Rect(100, 50, 20, 10)
        display.show(rect, bytes(200), is_ink=False)

        def is_black():
            frame = plugged.host.look(lambda: bytes(plugged.host.device.glass.seen))
            return all(frame[y * 800 + x] < 64 for y in range(50, 60) for x in range(100, 120))

        async def shown():
            async with asyncio.timeout(20):
                while not await asyncio.to_thread(is_black):  # noqa: ASYNC110 - a thread has no event
                    await asyncio.sleep(0.01)

        await shown()
        plugged.host.unplug()
        await heard.until(lambda: heard.changes[-1].standing is Standing.WAITING)
        display.show(Rect(100, 52, 20, 2), bytes(40), is_ink=False)
        plugged.host.plug()  # as after power: it remembers nothing
        await heard.until(lambda: heard.changes[-1].standing is Standing.READY)
        await shown()
        assert len(heard.displays) == 1


async def test_a_device_that_is_somebody_else_is_said(tmp_path):
    async with Plugged(tmp_path, "waveshare43", boot="0") as plugged:
        device = Device(Address("serial", str(plugged.host.path), (("driver", "isdv4"),)), Heard())
        plugged.task.cancel()
        await asyncio.wait({plugged.task})
        change = await device.ask()
        assert change.standing is Standing.ENDED
        assert "ISDv4" in change.text


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("serial:/dev/x?driver=mouse", "driver=mouse is not known"),
        ("auto", "no single device"),
        ("sim:toaster", "there are isdv4"),
    ],
)
def test_what_no_device_can_be_at_is_refused(url, said):
    with pytest.raises(AddressError, match=said):
        Device(parse_address(url), Heard())


def test_every_language_is_asked_at_its_own_rate_unless_the_address_says_one():
    assert [each.rate for each in candidates(parse_address("/dev/x"))] == [115200, 115200, 38400, 9600]
    assert [each.rate for each in candidates(parse_address("/dev/x?baud=19200&driver=isdv4"))] == [19200]


@pytest.mark.slow
async def test_a_panel_on_pins_is_a_device_like_any_other(tmp_path):
    picture = tmp_path / "glass.png"
    heard = Heard()
    device = Device(parse_address(f"sim:ssd1680?picture={picture}"), heard)
    task = asyncio.ensure_future(device.run())
    await heard.until(lambda: heard.displays)
    display = heard.displays[0]
    display.show(Rect(0, 0, 128, 296), b"\xff" * (128 * 296), is_ink=False)
    display.show(Rect(16, 40, 8, 8), bytes(64), is_ink=True)
    async with asyncio.timeout(20):
        while display.updates < 2:
            await display.until_idle()
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert heard.changes[0].standing is Standing.READY
    assert heard.changes[-1].standing is Standing.ENDED
