"""Panels of a real board: opened as its owner says, drawn on, looked at by others, and changed while they run."""

import asyncio
import json

import aiohttp
import pytest
from PIL import Image

from edgeboard.config.schema import Config, NodeSection
from edgeboard.config.values import Listen
from edgeboard.errors import RefusedError, StateError
from edgeboard.node.build import build
from edgeboard.peripherals.panels import PanelSettings
from edgeboard.render.values import PanelContext
from edgeboard.testing.members import TestMesh
from tests.node.test_panels import shape
from tests.web.test_panels import Follower

MESH = TestMesh("of screens")


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
    return board.desk.screens._screens[name]._mirror


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
    await until(lambda: 0 not in shown(board, "wall").pixels)
    assert shown(board, "wall").sequence > before
    await board.desk.screens.change("wall", {"room": "lobby", "view": "5000, 5000, 100"})
    await until(lambda: shown(board, "wall").sequence > before + 1)
    assert 0 not in shown(board, "wall").pixels
    await board.desk.screens.change("wall", {"view": "0, 0, 1280"})
    await until(lambda: 0 in shown(board, "wall").pixels)


@pytest.mark.parametrize(
    ("name", "wish", "error", "said"),
    [
        ("attic", {"room": "hall"}, StateError, "no panel 'attic'; it has door, wall"),
        ("wall", {"layout": "upside"}, RefusedError, "one of board, both, marquee"),
        ("wall", {"view": "1, 2"}, RefusedError, "write left, top, width"),
        ("wall", {"colour": "red"}, RefusedError, "may be changed"),
        ("wall", {}, RefusedError, "may be changed"),
        ("wall", {"room": ""}, RefusedError, "name"),
    ],
)
async def test_what_cannot_be_is_refused_with_what_can(board, name, wish, error, said):
    with pytest.raises(error, match=said):
        await board.desk.screens.change(name, wish)
