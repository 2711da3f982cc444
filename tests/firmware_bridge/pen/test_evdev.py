"""Event nodes as lines: with a node of our own on a real descriptor, and with the kernel's own where uinput is."""

import asyncio
import errno
import os
import sys
from pathlib import Path

import pytest

from firmware_bridge.engine import Moved, Ready
from firmware_bridge.errors import DeviceError, PortError, PortForbiddenError, PortMissingError
from firmware_bridge.pen import evdev as shell
from firmware_bridge.pen.events import (
    ABS_PRESSURE,
    ABS_TILT_X,
    ABS_X,
    ABS_Y,
    BTN_STYLUS,
    BTN_STYLUS2,
    BTN_TOOL_PEN,
    BTN_TOOL_RUBBER,
    BTN_TOUCH,
    EV_ABS,
    EV_KEY,
    EV_SYN,
    SYN_DROPPED,
    SYN_REPORT,
)
from firmware_bridge.session import Change, Session, Standing
from tests.firmware_bridge.pen.test_events import ENTER, INTUOS, LEAVE, LIFT, TOUCH


class PipeNode:
    """An event node whose events come through a pipe, one byte a batch."""

    def __init__(self, description=INTUOS):
        self.fd, self._far = os.pipe()
        os.set_blocking(self.fd, False)
        self.description = description
        self._batches = []
        self.held = [(EV_ABS, ABS_X, 500)]
        self.is_gone = False

    def send(self, events):
        self._batches.append(events)
        os.write(self._far, b".")

    def unplug(self):
        self.is_gone = True
        os.write(self._far, b".")

    def read(self):
        if self.is_gone:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        try:
            os.read(self.fd, 1)
        except BlockingIOError:
            return []
        return self._batches.pop(0)

    def state(self):
        return self.held

    def close(self):
        for fd in (self.fd, self._far):
            os.close(fd)


class Listening:
    """A session with a tablet, and what it says."""

    def __init__(self, open_node, path=Path("/dev/input/event9")):
        self.source = shell.EvdevSource(path, open_node)
        self.samples, self.changes = [], []
        self.heard = asyncio.Event()
        self.session = Session(self.source.open_port, self.source.make_engine, self.take, self.change)

    def take(self, out):
        if isinstance(out, Moved):
            self.samples += out.samples
        self.heard.set()

    def change(self, change: Change):
        self.changes.append(change)
        self.heard.set()

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not condition():
                self.heard.clear()
                await self.heard.wait()


async def test_a_tablet_is_read_lost_and_read_again_by_an_ordinary_session():
    nodes = [PipeNode(), PipeNode()]
    waiting = list(nodes)
    listening = Listening(lambda path: waiting.pop(0))
    run = asyncio.create_task(listening.session.run())
    await listening.until(lambda: listening.changes and listening.changes[-1].standing is Standing.READY)
    nodes[0].send(ENTER + TOUCH)
    await listening.until(lambda: len(listening.samples) == 2)
    assert listening.samples[1].tip
    nodes[0].unplug()
    await listening.until(lambda: listening.changes[-1].standing is Standing.WAITING)
    assert "event9" in listening.changes[-1].text
    await listening.until(lambda: listening.changes[-1].standing is Standing.READY)
    nodes[1].send(ENTER + TOUCH + LIFT + LEAVE)
    await listening.until(lambda: len(listening.samples) == 6)
    run.cancel()
    await asyncio.wait({run})
    assert not Path(f"/proc/self/fd/{nodes[1].fd}").exists()


async def test_a_pen_that_is_near_when_the_node_opens_is_seen():
    node = PipeNode()
    node.held = [(EV_ABS, ABS_X, 500), (EV_ABS, ABS_Y, 600), (EV_KEY, BTN_TOOL_PEN, 1)]
    listening = Listening(lambda path: node)
    run = asyncio.create_task(listening.session.run())
    await listening.until(lambda: listening.samples)
    assert (listening.samples[0].x, listening.samples[0].y, listening.samples[0].near) == (500, 600, True)
    run.cancel()
    await asyncio.wait({run})


async def test_after_dropped_events_the_state_is_read_again():
    node = PipeNode()
    listening = Listening(lambda path: node)
    run = asyncio.create_task(listening.session.run())
    await listening.until(lambda: listening.changes and listening.changes[-1].standing is Standing.READY)
    node.held = [(EV_ABS, ABS_X, 4000), (EV_ABS, ABS_Y, 600), (EV_KEY, BTN_TOOL_PEN, 1), (EV_KEY, BTN_TOUCH, 1)]
    node.send([(1.0, EV_ABS, ABS_X, 7), (1.0, EV_SYN, SYN_DROPPED, 0), (1.0, EV_KEY, BTN_TOOL_PEN, 1)])
    await listening.until(lambda: listening.samples)
    assert [(s.x, s.y, s.tip) for s in listening.samples] == [(4000, 600, True)]
    run.cancel()
    await asyncio.wait({run})


@pytest.mark.parametrize(("number", "kind", "words"), [
    (errno.ENOENT, PortMissingError, "no tablet"),
    (errno.ENODEV, PortMissingError, "no tablet"),
    (errno.EACCES, PortForbiddenError, "usermod"),
    (errno.EIO, PortError, "event9"),
])  # fmt: skip
async def test_a_node_that_cannot_be_opened_is_one_clear_line(number, kind, words):
    def refuse(path):
        raise OSError(number, os.strerror(number))

    with pytest.raises(kind, match=words):
        await shell.EvdevSource(Path("/dev/input/event9"), refuse).open_port(print, print)


async def test_without_the_package_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "evdev", None)
    with pytest.raises(DeviceError, match=r"pip install evdev"):
        shell.load_evdev()
    with pytest.raises(PortError, match="pip install evdev"):
        await shell.EvdevSource(Path("/dev/input/event9")).open_port(print, print)


def test_tablets_are_listed_and_others_are_not(tmp_path):
    for name in ("event2", "event10", "event3", "mouse0"):
        (tmp_path / name).touch()
    keyboard = shell.Description("Keyboard", {}, frozenset({30}))

    def open_node(path):
        if path.name == "event3":
            raise PermissionError(errno.EACCES, "Permission denied")
        return PipeNode(keyboard if path.name == "event2" else INTUOS)

    assert shell.list_tablets(open_node, tmp_path) == [shell.Tablet(tmp_path / "event10", "Wacom Intuos S Pen")]
    assert shell.first_tablet(open_node, tmp_path) == tmp_path / "event10"


def test_nodes_of_which_none_may_be_read_are_told_with_the_remedy(tmp_path):
    (tmp_path / "event0").touch()

    def open_node(path):
        raise PermissionError(errno.EACCES, "Permission denied")

    with pytest.raises(PortForbiddenError, match="input"):
        shell.list_tablets(open_node, tmp_path)
    with pytest.raises(PortMissingError, match="no tablet"):
        shell.first_tablet(open_node, tmp_path / "nowhere")


async def test_a_tablet_of_the_kernels_own_is_read_and_lost_when_it_is_unplugged():
    package = pytest.importorskip("evdev", reason="the package evdev is not installed: pip install evdev")
    if not os.access("/dev/uinput", os.W_OK):
        pytest.skip("/dev/uinput cannot be opened, so no tablet can be made: modprobe uinput, as root")
    axis = package.AbsInfo
    keys = [BTN_TOOL_PEN, BTN_TOOL_RUBBER, BTN_TOUCH, BTN_STYLUS, BTN_STYLUS2]
    axes = [(ABS_X, axis(0, 0, 20000, 0, 0, 100)), (ABS_Y, axis(0, 0, 10000, 0, 0, 100)),
            (ABS_PRESSURE, axis(0, 0, 1023, 0, 0, 0)), (ABS_TILT_X, axis(0, -64, 63, 0, 0, 57))]  # fmt: skip
    made = package.UInput({EV_KEY: keys, EV_ABS: axes}, name="edgeboard test tablet")
    listening = Listening(shell.EvdevNode, Path(made.device.path))
    ready = []
    listening.take = lambda out, take=listening.take: (ready.append(out) if isinstance(out, Ready) else None, take(out))
    listening.session = Session(
        listening.source.open_port, listening.source.make_engine, listening.take, listening.change
    )
    run = asyncio.create_task(listening.session.run())
    await listening.until(lambda: ready)
    assert (ready[0].pen.x_max, ready[0].pen.pressure_max) == (20000, 1023)
    for kind, code, value in (
        (EV_KEY, BTN_TOOL_PEN, 1),
        (EV_ABS, ABS_X, 1000),
        (EV_ABS, ABS_Y, 2000),
        (EV_SYN, SYN_REPORT, 0),
    ):
        made.write(kind, code, value)
    await listening.until(lambda: listening.samples)
    assert (listening.samples[0].x, listening.samples[0].y) == (1000, 2000)
    made.close()
    await listening.until(lambda: listening.changes[-1].standing is Standing.WAITING)
    run.cancel()
    await asyncio.wait({run})
