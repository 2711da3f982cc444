"""Panels of a real board: opened as its owner says, drawn on, looked at by others, and changed while they run."""

import asyncio
import errno
import json
import os
import sys
from pathlib import Path

import aiohttp
import msgpack
import pytest
from PIL import Image

import edgeboard
from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.clock import SystemClock
from edgeboard.config.schema import Config, NodeSection
from edgeboard.config.values import Listen
from edgeboard.errors import RefusedError, StateError
from edgeboard.ids import Origin
from edgeboard.node import renderers, screens
from edgeboard.node.build import build
from edgeboard.node.values import PenPlace
from edgeboard.node.welcome import Host
from edgeboard.peripherals.panels import PanelSettings
from edgeboard.ports import PenMove, Touch
from edgeboard.render import framebuffer
from edgeboard.render.painter import House
from edgeboard.render.values import PanelContext
from edgeboard.testing.members import TestMesh
from tests.node.test_panels import shape
from tests.render.test_framebuffer import RGB, Simulated
from tests.web.test_panels import Follower

MESH = TestMesh("of screens")
RECORDING = Path(edgeboard.__file__).parent / "cli" / "data" / "handwriting.jsonl"


def config_of(state, *panels, rooms=("lobby", "hall")):
    state.mkdir(mode=0o700)
    MESH.admit(state)
    node = NodeSection(name=state.name, state=state, listen=Listen("127.0.0.1", 0), join_file=state / "none")
    return Config(node=node, rooms=rooms, devices=(), panels=panels)


async def until(check, seconds=30):
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110 - sockets and threads have no event to wait for
            await asyncio.sleep(0.01)


@pytest.fixture
async def board(tmp_path):
    panels = (
        PanelSettings("virtual:wall?width=160&height=100", idle=False, layout="board"),
        PanelSettings(f"png:{tmp_path}/door.png?width=90&height=160", "door", "hall", rotation="90", idle=False),
    )
    made = build(config_of(tmp_path / "kitchen", *panels))
    await made.start()
    yield made
    await made.stop()


def draw(board, room, *numbers):
    board.node.feed(lambda now: board.node.pipeline.draw(room, [shape(*numbers)], now))


def picture(path):
    with Image.open(path) as image:
        return image.copy()


def shown(board, name):
    return board.desk.screens.named(name)._mirror


async def test_a_board_opens_the_panels_that_its_owner_names_and_each_shows_its_room(board, tmp_path):
    facts = {each["name"]: each for each in board.desk.screens.describe()}
    assert (facts["wall"]["width"], facts["wall"]["room"], facts["door"]["room"]) == (160, "lobby", "hall")
    assert (facts["door"]["width"], facts["door"]["height"]) == (160, 90), "it hangs turned"
    draw(board, "hall", 100, 100, 1200, 600)
    await until(lambda: 0 in shown(board, "door").pixels)
    await until(lambda: 0 in picture(tmp_path / "door.png").tobytes())
    assert picture(tmp_path / "door.png").size == (90, 160), "as the display is"
    assert 0 not in shown(board, "wall").pixels


async def test_what_a_panel_shows_is_followed_in_a_browser_frame_by_frame(board):
    url = f"http://127.0.0.1:{board.port}/api/panel/wall/frames"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        about = json.loads(await ws.receive_str())
        follower = Follower(PanelContext(about["width"], about["height"]))
        for at in range(3):
            draw(board, "lobby", 100 * at, 100, 100 * at + 300, 600)
        await follower.follow(ws, lambda: 0 in follower.mirror.pixels)
        async with asyncio.timeout(20):
            while follower.mirror.pixels != shown(board, "wall").pixels:
                follower.take(await ws.receive_bytes())
        assert (await (await session.get(f"http://127.0.0.1:{board.port}/api/panels")).json())[1]["viewers"] == 1


async def test_a_panel_shows_another_room_and_another_part_of_it_while_it_runs_and_numbers_go_on(board):
    draw(board, "lobby", 100, 100, 1200, 600)
    await until(lambda: 0 in shown(board, "wall").pixels)
    before = shown(board, "wall").sequence
    url = f"http://127.0.0.1:{board.port}/api/panel/wall/frames"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        await ws.receive_str()
        said = await board.desk.screens.change("wall", {"room": "hall"})
        assert said["room"] == "hall"
        async with asyncio.timeout(20):
            while (await ws.receive()).type is not aiohttp.WSMsgType.CLOSE:
                pass  # whoever looks on has to ask anew: the other room may not be theirs to see
    await until(lambda: shown(board, "wall").sequence > before)
    assert 0 not in shown(board, "wall").pixels
    await board.desk.screens.change("wall", {"room": "lobby", "view": "5000, 5000, 100"})
    await until(lambda: shown(board, "wall").sequence > before + 1)
    assert 0 not in shown(board, "wall").pixels
    await board.desk.screens.change("wall", {"view": "0, 0, 1280"})
    await until(lambda: 0 in shown(board, "wall").pixels)


async def test_a_renderer_that_fails_keeps_no_pen_from_drawing_and_no_other_panel_from_showing_it(board, monkeypatch):
    wall = board.desk.screens.named("wall")
    await board.desk.screens.change("door", {"room": "lobby"})
    await until(lambda: shown(board, "wall").sequence and shown(board, "door").sequence)

    def fail(*what):
        raise ZeroDivisionError("a renderer of somebody else's")

    monkeypatch.setattr(wall._view._artist, "ink", fail)
    pens, now = board.node.pipeline.pens, board.node.feed
    now(lambda at: pens.plug("pen", PenPlace("lobby", 0, 0, 1280), Origin(5), at))
    moves = [PenMove(touch, 0.0, 0.1, 0.1 + way, 3000) for touch, way in ((Touch.DOWN, 0.0), (Touch.MOVE, 0.3))]
    now(lambda at: pens.receive("pen", moves, at))
    assert min(shown(board, "door").pixels) == 0
    now(lambda at: pens.unplug("pen", at))
    await until(lambda: len(next(iter(board.node.pipeline.rooms.values())).document.items()) == 1)
    await until(lambda: wall._view is None)
    await board.desk.screens.change("wall", {"room": "lobby"})
    await until(lambda: min(shown(board, "wall").pixels) == 0)


def is_inked(memory):
    """Whether 32-bit px were drawn on: the fourth byte of each is set, and not all are white."""
    return memory[3::4].count(255) > 1000 and min(memory[0::4]) < 200


async def test_a_framebuffer_that_goes_is_said_once_and_shows_the_room_again_when_it_is_back(tmp_path, monkeypatch):
    (tmp_path / "dev").mkdir()
    device = Simulated(tmp_path / "dev", 160, 90, 32, RGB[32])
    monkeypatch.setattr(framebuffer, "ask_device", device.ask)
    monkeypatch.setattr(framebuffer, "CONSOLE", tmp_path / "none")
    monkeypatch.setattr(screens, "AGAIN_FIRST_S", 0.01)
    for name in screens.DESKTOPS:
        monkeypatch.delenv(name, raising=False)
    said, clock = [], SystemClock()
    made = build(config_of(tmp_path / "kitchen"))
    owner = screens.Screens(
        made.node, (PanelSettings(idle=False),), "lobby", lambda blob: None,
        lambda text, is_trouble: said.append(text), clock.now, lambda: Host(made.node.pipeline, clock, list, str),
        tmp_path / "dev",
    )  # fmt: skip
    assert owner.is_wanted
    await made.start()
    task = asyncio.create_task(owner.run())
    try:
        draw(made, "lobby", 100, 100, 1200, 600)
        await until(lambda: is_inked(device.memory))
        assert [each["name"] for each in owner.describe()] == ["fb0"]
        device.failure = OSError(errno.ENODEV, "gone")
        draw(made, "lobby", 200, 200, 800, 500)
        await until(lambda: said)
        (facts,) = owner.describe()
        assert (facts["name"], "width" in facts) == ("fb0", False)
        assert "opened when it comes back" in facts["fault"], "who asks for the panels is not told why one is dark"
        with pytest.raises(StateError, match="fb0 shows nothing"):
            owner.watch("fb0")
        device.path.write_bytes(bytes(len(device.memory)))
        device.failure = None
        await until(lambda: is_inked(device.memory))
        assert len(said) == 1
        assert [each["fault"] for each in owner.describe()] == [""]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await made.stop()


async def test_a_framebuffer_that_comes_later_is_found(tmp_path, monkeypatch):
    (tmp_path / "dev").mkdir()
    monkeypatch.setattr(framebuffer, "CONSOLE", tmp_path / "none")
    monkeypatch.setattr(screens, "LOOK_AGAIN_S", 0.01)
    for name in screens.DESKTOPS:
        monkeypatch.delenv(name, raising=False)
    clock, made = SystemClock(), build(config_of(tmp_path / "kitchen"))
    owner = screens.Screens(
        made.node, (PanelSettings(idle=False),), "lobby", lambda blob: None,
        lambda text, is_trouble: pytest.fail(text), clock.now, lambda: Host(made.node.pipeline, clock, list, str),
        tmp_path / "dev",
    )  # fmt: skip
    assert owner.is_wanted, "nobody looks for a screen that is plugged in later"
    await made.start()
    task = asyncio.create_task(owner.run())
    try:
        draw(made, "lobby", 100, 100, 1200, 600)
        device = Simulated(tmp_path, 160, 90, 32, RGB[32])
        monkeypatch.setattr(framebuffer, "ask_device", device.ask)
        device.path.rename(tmp_path / "dev" / "fb0")
        await until(lambda: is_inked((tmp_path / "dev" / "fb0").read_bytes()))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await made.stop()


async def test_where_a_desktop_draws_no_framebuffer_is_taken(tmp_path, monkeypatch):
    (tmp_path / "fb0").write_bytes(b"")
    owner = screens.Screens(None, (PanelSettings(),), "lobby", lambda blob: None, pytest.fail, None, None, tmp_path)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert not owner.is_wanted


@pytest.mark.parametrize(
    ("name", "wish", "error", "said"),
    [
        ("attic", {"room": "hall"}, StateError, "no panel 'attic'; it has door, wall"),
        ("wall", {"layout": "upside"}, RefusedError, "one of board, both, marquee"),
        ("wall", {"view": "1, 2"}, RefusedError, "write left, top, width"),
        ("wall", {"colour": "red"}, RefusedError, "may be changed"),
        ("wall", {}, RefusedError, "may be changed"),
        ("wall", {"room": ""}, RefusedError, "name"),
        ("wall", {"room": "halll"}, StateError, "no room 'halll'; did you mean hall."),
        ("wall", {"room": "xyz"}, StateError, "edgeboard rooms lists them; --new"),
    ],
)
async def test_what_cannot_be_is_refused_with_what_can(board, name, wish, error, said):
    with pytest.raises(error, match=said):
        await board.desk.screens.change(name, wish)


async def test_a_panel_of_the_configuration_that_opens_a_room_by_a_slip_is_told_and_shows_it(tmp_path, caplog):
    made = build(config_of(tmp_path / "kitchen", PanelSettings("virtual:wall", room="lobbi")))
    await made.start()
    try:
        await until(made.desk.screens.describe)
        (facts,) = made.desk.screens.describe()
        assert (facts["room"], facts["fault"]) == ("lobbi", "")
        assert any("'lobbi', which is not among this board's rooms" in line for line in caplog.messages)
    finally:
        await made.stop()


async def test_a_room_that_is_new_is_opened_where_that_is_meant(board):
    assert (await board.desk.screens.change("wall", {"room": "attic", "new": "yes"}))["room"] == "attic"


# Left, top and size of notes in px of the canvas, what they say, and their colour.
NOTES = [
    (60, 420, 210, 150, "Who opens the hall on Monday?", 6),
    (300, 450, 210, 150, "Ask Ada about the second pump", 2),
    (1010, 60, 210, 170, "Done:\npaint\nlamps\nkeys", 6),
]
LOOKS = {
    "board-800x480-1bit": "width=800&height=480&format=grey1&refresh=eink",
    "board-1872x1404-4bit": "width=1872&height=1404&format=grey4&refresh=eink",
    "board-800x480-colour": "width=800&height=480&format=rgb888",
    "marquee-800x480-colour": "width=800&height=480&format=rgb888",
    "marquee-400x300-2bit": "width=400&height=300&format=grey2",
}


def fill_board(board):
    """A page as a meeting leaves it: handwriting, notes, shapes and a text, and a marquee."""
    node, pipeline = board.node, board.node.pipeline
    bodies = [
        Add(0, 0, ItemType.STICKY, msgpack.packb([x, y, w, h, text, colour])) for x, y, w, h, text, colour in NOTES
    ]
    bodies += [
        Add(0, 0, ItemType.SHAPE, msgpack.packb([3, [570, 430, 760, 560], 9, 4, None])),
        Add(0, 0, ItemType.SHAPE, msgpack.packb([2, [830, 430, 990, 560], 4, 4, 2])),
        Add(0, 0, ItemType.SHAPE, msgpack.packb([1, [764, 495, 824, 495], 0, 3, None])),
        Add(0, 0, ItemType.TEXT, msgpack.packb([560, 610, "tank 4  →  oven 2", 34, 9])),
    ]
    node.feed(lambda now: pipeline.draw("lobby", bodies, now))
    node.feed(lambda now: pipeline.pens.plug("pen", PenPlace("lobby", 0, 0, 1280, 10, 24), Origin(11), now))
    for line in RECORDING.read_text().splitlines():
        row = json.loads(line)
        points = list(zip(row["x"], row["y"], row["p"], strict=True))
        touches = [Touch.DOWN, *[Touch.MOVE] * (len(points) - 1)]
        moves = [
            PenMove(touch, 0.0, x / 20 / 1280, y / 20 / 1280, max(p, 600))
            for touch, (x, y, p) in zip(touches, points, strict=True)
        ]
        moves.append(PenMove(Touch.UP, 0.0, moves[-1].x, moves[-1].y))
        node.feed(lambda now, moves=moves: pipeline.pens.receive("pen", moves, now))
    items = [{"id": "pump", "text": "Pump 3 is back in service", "level": "healthy"}, {"id": "tea", "text": "Tea at 4"}]
    node.feed(lambda now: pipeline.marquee.put("lobby", items, now))


@pytest.mark.slow
async def test_a_full_board_looks_well_on_every_kind_of_panel(tmp_path):
    """Pictures for people: in the folder that EDGEBOARD_ARTIFACTS names."""
    folder = Path(os.environ.get("EDGEBOARD_ARTIFACTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    panels = tuple(
        PanelSettings(f"png:{folder}/{name}.png?{query}", layout="marquee" if name.startswith("marquee") else "both")
        for name, query in LOOKS.items()
    )
    board = build(config_of(tmp_path / "Meeting room", *panels))
    await board.start()
    try:
        room = next(each for each in board.node.pipeline.rooms.values() if each.name == "lobby")
        await board.node.until_loaded(room.room)
        fill_board(board)
        wanted = len(NOTES) + 4 + len(RECORDING.read_text().splitlines())
        await until(lambda: len([item for item in room.document.items() if item.page == 0]) == wanted)
        await until(lambda: all(each["marquee"] for each in board.desk.screens.describe()))
        for name in LOOKS:
            screen = board.desk.screens.named(name)
            await until(lambda screen=screen: is_at_rest(board, screen))
            shown_now = bytes(shown(board, name).pixels)
            if screen.context.format.channels == 1:
                step = {"1bit": 255, "2bit": 85, "4bit": 17}[name.rpartition("-")[2]]
                levels = set(range(0, 256, step))
                assert set(shown_now) <= levels, "a value that the panel does not have"
                await until(
                    lambda name=name: picture(folder / f"{name}.png").tobytes() == bytes(shown(board, name).pixels)
                )
                assert shown_now.count(0) > 5_000
            elif name.startswith("marquee"):
                await until(lambda name=name: picture(folder / f"{name}.png").getpixel((4, 4)) != (255, 255, 255))
    finally:
        await board.stop()


def is_at_rest(board, screen):
    """Whether everything is on the panel: nothing waits to be drawn."""
    view = screen._view
    scene = board.node.pipeline.scene(view.room, 0)
    return not (view._news.is_set() or len(view._damage) or view._holds_back or view._wet or scene.is_stale)


async def test_a_picture_that_cannot_be_written_is_no_healthy_panel(tmp_path):
    made = build(config_of(tmp_path / "kitchen", PanelSettings(f"png:{tmp_path}/away/x.png?width=90&height=60", "x")))
    await made.start()
    fault = lambda: made.desk.screens.describe()[0]["fault"]  # noqa: E731
    try:
        await until(made.desk.screens.describe)
        await until(lambda: "cannot be written: No such file" in fault())
        (tmp_path / "away").mkdir()
        await until(lambda: fault() == "")
    finally:
        await made.stop()


async def test_where_pillow_is_missing_the_panels_say_so_themselves(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "edgeboard.node.screen", None)
    made = build(config_of(tmp_path / "kitchen", PanelSettings("virtual:wall")))
    await made.start()
    try:
        await until(made.desk.screens.describe)
        (facts,) = made.desk.screens.describe()
        assert (facts["name"], facts["room"]) == ("wall", "lobby")
        assert "pip install pillow" in facts["fault"]
    finally:
        await made.stop()


class Hanging(House):
    """A renderer of others whose pen is stuck for good."""

    name = "stuck"
    priority = 7

    def open(self, context, means):
        artist = super().open(context, means)

        class Stuck:
            surface = artist.surface
            paint, moved, pixels = artist.paint, artist.moved, artist.pixels

            def ink(self, *what):
                while True:
                    pass

        return Stuck()


async def test_a_renderer_that_hangs_is_named_and_left_out_and_ours_draws_what_the_pen_draws(tmp_path, monkeypatch):
    monkeypatch.setattr(renderers, "load_renderers", lambda: (House(), Hanging()))
    wall = PanelSettings("virtual:wall?width=160&height=100", idle=False, layout="board")
    board = build(config_of(tmp_path / "kitchen", wall))
    await board.start()
    try:
        facts = lambda: board.desk.screens.describe()[0]  # noqa: E731
        await until(lambda: board.desk.screens.describe() and facts().get("frames"))
        assert (facts()["renderer"], facts()["left_out"]) == ("stuck", "")
        pens, now = board.node.pipeline.pens, board.node.feed
        now(lambda at: pens.plug("pen", PenPlace("lobby", 0, 0, 1280), Origin(5), at))
        touches = ((Touch.DOWN, 0.0), (Touch.MOVE, 0.3), (Touch.UP, 0.4))
        now(lambda at: pens.receive("pen", [PenMove(each, 0.0, 0.1, 0.1 + way, 3000) for each, way in touches], at))
        await until(lambda: 0 in shown(board, "wall").pixels)
        assert facts()["renderer"] == "edgeboard"
        why = "one step of its ink took more than 0.5 s of the processor, or 2 s in all"
        assert facts()["left_out"] == f"the renderer stuck is left out: {why}"
        assert facts()["fault"] == "", "the panel shows all there is"
    finally:
        await board.stop()
