"""Pens and panels of whole boards: real pseudo terminals, real links over WebRTC, unplugged and plugged in again."""

import asyncio
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import edgeboard
from edgeboard.canvas.geometry import Rectangle
from edgeboard.config.schema import Config, NodeSection
from edgeboard.config.values import Listen
from edgeboard.node.build import build
from edgeboard.node.renderers import open_artist
from edgeboard.peripherals.panels import PanelSettings
from edgeboard.peripherals.settings import Covers, Settings
from edgeboard.render.scene import Scene
from edgeboard.render.values import PanelContext, PixelFormat, View
from edgeboard.testing.members import TestMesh
from edgeboard.transport.settings import Settings as TransportSettings
from firmware_bridge.sim.cable import KINDS, Cable
from firmware_bridge.sim.catalogue import make
from firmware_bridge.sim.host import SimHost

MESH = TestMesh("of desks")
RECORDING = Path(edgeboard.__file__).parent / "cli" / "data" / "handwriting.jsonl"
STROKES = 12  # of it that are written
COVERS = Covers(0, 0, 1280)


def config_of(state, *peers, devices=()):
    state.mkdir(mode=0o700)
    MESH.admit(state)
    return Config(
        node=NodeSection(name=state.name, state=state, listen=Listen("127.0.0.1", 0), join_file=Path("/none")),
        peers=peers,
        devices=devices,
        transport=TransportSettings(mode="webrtc", include_loopback=True, addresses=("127.0.0.1",)),
    )


async def until(check, seconds=60):
    """Asks in the event loop, where documents stand still."""
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110 - threads and sockets have no event to wait for
            await asyncio.sleep(0.02)


def lobby(board):
    return next(iter(board.node.pipeline.rooms.values()))


def strokes(board):
    return len(lobby(board).document.items())


def reference(board):
    """What a panel of four greys and 800 x 600 px would show of the room."""
    room = lobby(board)
    artist = open_artist(PanelContext(800, 600, PixelFormat.GREY2))
    view = View(COVERS.left, COVERS.top, 800 / COVERS.width)
    scene = Scene()  # of our own: what the panel has not seen yet stays to be seen
    scene.touch(item.id for item in room.document.items())
    scene.refresh(room.document)
    items = scene.items_in(room.document, Rectangle(-1e6, -1e6, 1e6, 1e6))
    for _ in artist.paint(artist.surface.area, view, items):
        pass
    return artist.pixels(artist.surface.area, is_still=False)


def seen(host):
    return host.look(lambda: bytes(host.device.glass.seen))


def standing(board, line):
    return next(each["standing"] for each in board.desk.describe() if each["device"] == f"serial:{line.link}")


@pytest.fixture
def recording(tmp_path):
    """The beginning of the recording."""
    (tmp_path / "pen.jsonl").write_text("".join(RECORDING.read_text().splitlines(keepends=True)[:STROKES]))
    return str(tmp_path / "pen.jsonl")


class Line:
    """A simulated device at a name that stays while it is plugged and unplugged."""

    def __init__(self, tmp_path, name, **options):
        self.link = tmp_path / f"usb-{name}"
        self.host = SimHost(make(name, options), Cable(KINDS["perfect"], random.Random(3)), link=self.link)
        self.settings = Settings(f"serial:{self.link}?driver={name}", view=COVERS)


@pytest.mark.slow
async def test_what_a_pen_writes_on_one_board_stands_on_the_panel_of_another_though_both_are_unplugged(
    tmp_path, recording
):
    pen = Line(tmp_path, "isdv4", file=recording, speed="4", loop="1")
    panel = Line(tmp_path, "waveshare43", boot="0.1", refresh="0.05")
    first = build(config_of(tmp_path / "a", devices=(pen.settings,)))
    await first.start()
    second = build(config_of(tmp_path / "b", f"http://127.0.0.1:{first.port}", devices=(panel.settings,)))
    await second.start()
    try:
        await until(lambda: second.links.all())
        assert {link.carrier for _, link in second.links.all()} == {"webrtc"}
        await asyncio.to_thread(pen.host.start)
        await asyncio.to_thread(panel.host.start)
        await until(lambda: strokes(second) >= 3 and standing(second, panel) == "ready")
        await asyncio.to_thread(pen.host.unplug)
        await asyncio.to_thread(panel.host.unplug)
        await until(lambda: standing(first, pen) == standing(second, panel) == "waiting")
        before = strokes(first)
        await asyncio.to_thread(pen.host.plug)
        await asyncio.to_thread(panel.host.plug)
        await until(lambda: strokes(second) >= before + 3)
        await asyncio.to_thread(pen.host.unplug)
        await until(lambda: standing(first, pen) == "waiting")  # which has logged the stroke that was under way
        await until(lambda: lobby(first).document.digest() == lobby(second).document.digest())
        wanted = reference(second)
        assert wanted.count(0) > 300
        await until(lambda: seen(panel.host) == wanted)
        assert not {"errors", "overrun", "host_overrun"} & {
            name for name, count in panel.host.statistics().items() if count
        }
    finally:
        await asyncio.gather(first.stop(), second.stop())
        await asyncio.to_thread(pen.host.stop)
        await asyncio.to_thread(panel.host.stop)


@pytest.mark.slow
async def test_a_panel_of_a_board_shows_what_its_own_pen_writes(tmp_path, recording):
    panel = Line(tmp_path, "waveshare43", boot="0", refresh="0.05")
    pen = Line(tmp_path, "isdv4", file=recording, speed="4")
    board = build(config_of(tmp_path / "a", devices=(pen.settings, panel.settings)))
    await board.start()
    try:
        await asyncio.to_thread(panel.host.start)
        await asyncio.to_thread(pen.host.start)
        await until(lambda: pen.host.look(lambda: pen.host.device.hand.is_done))
        await asyncio.to_thread(pen.host.unplug)
        await until(lambda: standing(board, pen) == "waiting")
        assert strokes(board) >= STROKES
        wanted = reference(board)
        await until(lambda: seen(panel.host) == wanted)
    finally:
        await board.stop()
        await asyncio.to_thread(pen.host.stop)
        await asyncio.to_thread(panel.host.stop)


@pytest.mark.slow
async def test_a_panel_of_the_bridge_that_is_named_among_the_panels_hangs_as_its_owner_says(tmp_path, recording):
    panel = Line(tmp_path, "waveshare43", boot="0", refresh="0.05")
    pen = Line(tmp_path, "isdv4", file=recording, speed="4")
    front = PanelSettings(panel.settings.url, "front", view=COVERS, rotation="180", layout="board", idle=False)
    board = build(replace(config_of(tmp_path / "a", devices=(pen.settings,)), panels=(front,)))
    await board.start()
    try:
        await asyncio.to_thread(panel.host.start)
        await asyncio.to_thread(pen.host.start)
        await until(lambda: pen.host.look(lambda: pen.host.device.hand.is_done))
        await asyncio.to_thread(pen.host.unplug)
        await until(lambda: standing(board, pen) == "waiting")
        wanted = reference(board)[::-1]  # turned by half
        assert wanted.count(0) > 300
        await until(lambda: seen(panel.host) == wanted)
        (facts,) = board.desk.screens.describe()
        assert (facts["name"], facts["room"], facts["format"]) == ("front", "lobby", "grey2")
    finally:
        await board.stop()
        await asyncio.to_thread(pen.host.stop)
        await asyncio.to_thread(panel.host.stop)


async def test_a_board_without_devices_loads_nothing_of_the_bridge_and_one_with_auto_no_driver():
    code = "import edgeboard.node.build, edgeboard.peripherals.devices, sys; print(*sorted(sys.modules))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    loaded = set(out.decode().split())
    assert not {"serial", "PIL", "cbor2", "firmware_bridge.device", "firmware_bridge.session"} & loaded


async def test_panels_whose_device_does_not_answer_are_listed_with_the_reason(tmp_path):
    config = config_of(tmp_path / "a")
    panels = (
        PanelSettings(f"serial:{tmp_path}/usb-none?driver=waveshare43", name="sign"),
        PanelSettings("spi:/dev/spidev77.7?driver=nosuch", name="door"),
    )
    board = build(replace(config, panels=panels))
    await board.start()
    try:
        await until(lambda: any("usb-none" in each["fault"] for each in board.desk.describe_panels()))
        found = {each["name"]: each["fault"] for each in board.desk.describe_panels()}
        assert set(found) == {"sign", "door"}
        assert "nothing is plugged in" in found["sign"]
        assert found["door"]
    finally:
        await board.stop()
