"""What a board finds: simulated devices at names like those that udev gives, plugged and unplugged."""

import asyncio
import json
import random

import pytest

from edgeboard.peripherals import devices as devices_module
from edgeboard.peripherals.calibrations import FILE, load_calibrations, save_calibration
from edgeboard.peripherals.devices import Devices
from edgeboard.peripherals.settings import Settings
from edgeboard.ports import Touch
from edgeboard.render.values import PanelContext, PixelFormat
from firmware_bridge.device import Device
from firmware_bridge.pen.calibration import Calibration
from firmware_bridge.session import Change, Standing
from firmware_bridge.sim.cable import KINDS, Cable
from firmware_bridge.sim.catalogue import make
from firmware_bridge.sim.host import SimHost


class Desk:
    """A seat that remembers, and the devices under it."""

    def __init__(self, tmp_path, *settings):
        self.pens, self.moves, self.gone, self.panels, self.said = [], [], [], [], []
        self._news = asyncio.Event()
        self.by_id = tmp_path / "by-id"
        self.by_id.mkdir()
        self.devices = Devices(settings, tmp_path, self, [f"{self.by_id}/*"])

    def pen_ready(self, device, settings):
        self.pens.append((device, settings))
        self._news.set()

    def pen_moved(self, device, moves):
        self.moves += moves
        self._news.set()

    def pen_gone(self, device):
        self.gone.append(device)
        self._news.set()

    def panel_ready(self, device, panel, settings):
        self.panels.append((device, panel))
        self._news.set()

    def told(self, text, *, is_trouble):
        self.said.append((text, is_trouble))
        self._news.set()

    def plug(self, name, link, **options):
        host = SimHost(make(name, options), Cable(KINDS["perfect"], random.Random(7)), link=self.by_id / link)
        host.start()
        return host

    async def until(self, holds):
        async with asyncio.timeout(40):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def __aenter__(self):
        self.task = asyncio.ensure_future(self.devices.run())
        return self

    async def __aexit__(self, *why):
        self.task.cancel()
        await asyncio.wait({self.task})


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(devices_module, "LOOK_S", 0.01)


@pytest.mark.slow
async def test_a_tablet_that_is_plugged_in_works_by_itself_and_again_after_it_was_unplugged(tmp_path):
    async with Desk(tmp_path, Settings(room="lesson")) as desk:
        host = desk.plug("isdv4", "usb-Wacom-if00", loop="1")
        await desk.until(lambda: any(move.touch is Touch.MOVE for move in desk.moves))
        (device, settings) = desk.pens[0]
        assert device == f"serial:{desk.by_id}/usb-Wacom-if00"
        assert settings.room == "lesson"
        assert all(0 <= move.x <= 1 and 0 <= move.y <= 1 for move in desk.moves)
        (found,) = desk.devices.describe()
        assert (found["standing"], found["found"], found["pen"]["pressure"]) == ("ready", True, 255)
        host.unplug()
        await desk.until(lambda: desk.gone)
        assert desk.moves[-1].touch is Touch.AWAY
        assert any("unplugged" in text and is_trouble for text, is_trouble in desk.said)
        host.plug()
        await desk.until(lambda: len(desk.pens) == 2)
        host.stop()


async def test_a_line_with_nobody_we_know_is_left_alone_until_it_is_plugged_in_again(tmp_path, monkeypatch):
    asked = []

    async def nobody(self):
        asked.append(self.address.place)
        return Change(Standing.ENDED, "nobody answers")

    monkeypatch.setattr(Device, "ask", nobody)
    async with Desk(tmp_path, Settings()) as desk:
        line = desk.by_id / "usb-Arduino"
        (tmp_path / "ttyACM0").touch()
        line.symlink_to(tmp_path / "ttyACM0")
        looks = 0
        look = devices_module.plugged_lines

        def counted(patterns):
            nonlocal looks
            looks += 1
            return look(patterns)

        monkeypatch.setattr(devices_module, "plugged_lines", counted)

        async def looked(times):
            async with asyncio.timeout(20):
                until = looks + times
                while looks < until:  # noqa: ASYNC110 - a look has no event
                    await asyncio.sleep(0)

        await looked(5)
        assert asked == [str(line)]
        assert desk.said == []
        assert desk.devices.describe() == []
        line.unlink()
        await looked(3)
        line.symlink_to(tmp_path / "ttyACM0")
        await looked(5)
        assert asked == [str(line)] * 2


async def test_a_device_that_is_named_twice_is_used_once_and_that_is_said(tmp_path):
    url = f"serial:{tmp_path}/by-id/usb-Tablet"
    async with Desk(tmp_path, Settings(f"{url}?driver=isdv4"), Settings(f"{url}?driver=wacom4")) as desk:
        await desk.until(lambda: any("name it once" in text for text, is_trouble in desk.said if is_trouble))
        (found,) = desk.devices.describe()
        assert found["url"] == f"{url}?driver=isdv4"
        assert len(desk.devices._tasks) == 1


async def test_a_name_that_can_be_no_path_is_no_device_of_ours(tmp_path):
    async with Desk(tmp_path) as desk:
        assert await desk.devices.release("\0") is False
        assert desk.devices.resume("x" * 5000) is False


async def test_a_device_that_is_named_and_missing_is_said_and_waited_for(tmp_path):
    async with Desk(tmp_path, Settings(f"serial:{tmp_path}/by-id/usb-Panel?driver=waveshare43")) as desk:
        await desk.until(lambda: desk.said)
        assert "nothing is plugged in there" in desk.said[0][0]
        host = desk.plug("waveshare43", "usb-Panel", boot="0")
        await desk.until(lambda: desk.panels)
        _, panel = desk.panels[0]
        assert panel.context == PanelContext(800, 600, PixelFormat.GREY2)
        host.stop()


async def test_a_device_can_be_let_go_of_and_taken_back(tmp_path):
    async with Desk(tmp_path, Settings("sim:isdv4?loop=1")) as desk:
        await desk.until(lambda: desk.pens)
        assert await desk.devices.release("sim:isdv4")
        assert desk.gone == ["sim:isdv4"]
        assert desk.devices.describe()[0]["standing"] == "released"
        assert desk.devices.resume("sim:isdv4")
        await desk.until(lambda: len(desk.pens) == 2)
        assert not await desk.devices.release("/dev/somebody-elses")
        assert not desk.devices.resume("/dev/somebody-elses")


async def test_a_device_that_was_let_go_of_comes_back_though_nobody_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(devices_module, "LENT_S", 0.01)
    async with Desk(tmp_path, Settings("sim:isdv4?loop=1")) as desk:
        await desk.until(lambda: desk.pens)
        assert await desk.devices.release("sim:isdv4")
        await desk.until(lambda: len(desk.pens) == 2)


async def test_a_device_that_is_named_twice_is_used_once(tmp_path):
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "link").symlink_to(tmp_path / "ttyUSB0")
    names = Settings(f"serial:{tmp_path}/ttyUSB0"), Settings(f"serial:{tmp_path}/link?driver=isdv4")
    async with Desk(tmp_path, *names) as desk:
        await desk.until(lambda: any("name it once" in text for text, _ in desk.said))
        assert len(desk.devices.describe()) == 1


async def test_a_device_that_is_unplugged_is_said_to_be_so_once(tmp_path):
    async with Desk(tmp_path, Settings(f"serial:{tmp_path}/by-id/usb-Pen?driver=isdv4")) as desk:
        host = desk.plug("isdv4", "usb-Pen", loop="1")
        await desk.until(lambda: desk.pens)
        before = len(desk.said)
        host.unplug()
        await desk.until(lambda: desk.gone)
        async with asyncio.timeout(20):
            while "nothing is plugged in" not in desk.devices.describe()[0]["text"]:  # noqa: ASYNC110 - is not said
                await asyncio.sleep(0.01)
        assert ["unplugged" in text for text, _ in desk.said[before:]] == [True]
        host.stop()


async def test_a_device_that_cannot_be_is_said_and_takes_no_other_with_it(tmp_path):
    async with Desk(tmp_path, Settings("sim:toaster"), Settings("sim:isdv4?loop=1")) as desk:
        await desk.until(lambda: desk.pens and desk.said)
        assert any("toaster" in text and is_trouble for text, is_trouble in desk.said)


def test_calibrations_are_read_one_by_one(tmp_path, caplog):
    good = {"rotation": 180, "pressure": {"gamma": 0.5}}
    (tmp_path / FILE).write_text(json.dumps({"serial:/dev/pen": good, "other": {"rotation": 17}, "third": 5}))
    found = load_calibrations(tmp_path)
    assert {key: value.to_dict() for key, value in found.items()} == {"serial:/dev/pen": good}
    assert caplog.text.count("is left out") == 2


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_a_damaged_file_of_calibrations_ends_nothing(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    assert load_calibrations(tmp_path) == {}


def test_without_a_file_nothing_is_calibrated(tmp_path):
    assert load_calibrations(tmp_path) == {}


@pytest.mark.slow
async def test_a_tablet_that_was_let_go_of_comes_back_as_it_is_calibrated_by_now(tmp_path):
    url = f"serial:{tmp_path / 'by-id' / 'usb-Wacom-if00'}"
    async with Desk(tmp_path, Settings(url + "?driver=isdv4")) as desk:
        host = desk.plug("isdv4", "usb-Wacom-if00", loop="1")
        await desk.until(lambda: desk.moves)
        assert await desk.devices.release(str(host.path))
        corner = Calibration(matrix=(0.01, 0.0, 0.0, 0.0, 0.01, 0.0, 0.0, 0.0, 1.0))  # all ink goes there
        save_calibration(tmp_path, url, corner)
        before = len(desk.moves)
        assert max(move.x for move in desk.moves) > 0.05
        assert desk.devices.resume(url)
        await desk.until(lambda: len(desk.moves) > before + 20)
        assert max(move.x for move in desk.moves[before:]) <= 0.01
        host.stop()


async def test_tablets_of_linux_are_used_as_they_come_and_forgotten_as_they_go(tmp_path, monkeypatch):
    nodes, tablets, asked = tmp_path / "input", [], []
    nodes.mkdir()
    monkeypatch.setattr(devices_module, "EVENT_NODES", nodes)
    monkeypatch.setattr(devices_module, "find_tablets", lambda: list(tablets))

    async def ask(self):
        asked.append(str(self.address))
        return Change(Standing.READY, "a tablet")

    monkeypatch.setattr(Device, "ask", ask)
    monkeypatch.setattr(Device, "run", lambda self: asyncio.Event().wait())
    async with Desk(tmp_path, Settings()) as desk:
        tablets.append("/dev/input/by-id/usb-Wacom-event-mouse")
        (nodes / "event5").touch()
        async with asyncio.timeout(20):
            while not asked:  # noqa: ASYNC110 - a folder has no event
                await asyncio.sleep(0.01)
        assert asked == ["evdev:/dev/input/by-id/usb-Wacom-event-mouse"]
        assert [each["device"] for each in desk.devices.describe()] == asked
        tablets.clear()
        (nodes / "event5").unlink()
        async with asyncio.timeout(20):
            while desk.devices.describe():  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.01)


def test_an_event_node_has_the_name_that_stays(tmp_path):
    (tmp_path / "by-id").mkdir()
    (tmp_path / "event5").touch()
    (tmp_path / "by-id" / "usb-Wacom-event-mouse").symlink_to(tmp_path / "event5")
    (tmp_path / "by-id" / "usb-gone").symlink_to(tmp_path / "event9")
    by_id = str(tmp_path / "by-id" / "usb-Wacom-event-mouse")
    assert devices_module.stable_names(tmp_path) == {str(tmp_path / "event5"): by_id}
    assert devices_module.stable_names(tmp_path / "nowhere") == {}
