"""Who looks at a panel in a browser: every frame in order, or a whole picture, and nobody uninvited."""

import asyncio
import json
import random
import struct
import zlib

import pytest
from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from edgeboard.errors import CloseCode, RefusedError, StateError
from edgeboard.render.frames import Frames, Mirror
from edgeboard.render.values import Area, Frame, PanelContext, PixelFormat
from edgeboard.web import panels
from edgeboard.web.app import make_app
from edgeboard.web.panels import FRAME_HEAD, FRAMES, QUEUE_MAX, WHOLE, WHOLE_HEAD, PanelDoors, Show, Viewer
from tests.web.test_app import change_panel, doors

CONTEXT = PanelContext(64, 40, PixelFormat.GREY4)


class Source:
    """A panel that is drawn on at random."""

    def __init__(self, context=CONTEXT):
        self.rng, self.frames, self.mirror = random.Random(5), Frames(), Mirror(context)
        about = {"name": "wall", "room": "lobby", "width": context.width, "height": context.height}
        self.show = Show(self.mirror, lambda: about)

    def draw(self, times=1):
        for _ in range(times):
            x, y = self.rng.randrange(60), self.rng.randrange(36)
            frame = self.frames.make(Area(x, y, 4, 4), self.rng.randbytes(16))
            self.mirror.show(frame)
            self.show.take(frame)


class Follower:
    """What the page does, in Python: docs/formats/panels.md."""

    def __init__(self, context=CONTEXT):
        self.mirror, self.wholes, self.packets = Mirror(context), 0, 0

    def take(self, packet):
        if packet[0] == WHOLE:
            _, sequence, chain, crc = WHOLE_HEAD.unpack_from(packet)
            pixels = zlib.decompress(packet[WHOLE_HEAD.size :])
            assert zlib.crc32(pixels) == crc
            assert sequence >= self.mirror.sequence, "an older picture than what was shown"
            self.mirror.pixels[:], self.mirror.sequence, self.mirror.crc = pixels, sequence, chain
            self.wholes += 1
            return
        assert packet[0] == FRAMES
        self.packets += 1
        data, at = zlib.decompress(packet[1:]), 0
        while at < len(data):
            sequence, chain, x, y, width, height, size = FRAME_HEAD.unpack_from(data, at)
            at += FRAME_HEAD.size
            if sequence > self.mirror.sequence:
                self.mirror.take(Frame(sequence, Area(x, y, width, height), data[at : at + size], chain))
            at += size

    async def follow(self, ws, until):
        async with asyncio.timeout(20):
            while not until():
                self.take(await ws.receive_bytes())


@pytest.fixture
def source():
    return Source()


@pytest.fixture
async def client(source):
    def watch(name):
        if name != "wall":
            raise StateError(f"this board has no panel {name!r}")
        return source.show

    asked = doors(
        panels=PanelDoors(
            lambda: [{"name": "wall", "driver": "png:/home/pi/wall.png", "room": "lobby", "fault": "no /home/pi"}],
            watch,
            change_panel,
        )
    )
    async with TestClient(TestServer(make_app(asked, control=False))) as client:
        yield client


async def test_who_looks_on_sees_what_is_there_and_every_frame_that_follows(client, source) -> None:
    source.draw(3)
    async with client.ws_connect("/api/panel/wall/frames") as ws:
        assert json.loads(await ws.receive_str())["room"] == "lobby"
        follower = Follower()
        await follower.follow(ws, lambda: follower.mirror.sequence == 3)
        for _ in range(5):
            source.draw(4)
            last = source.mirror.sequence
            await follower.follow(ws, lambda last=last: follower.mirror.sequence == last)
        assert follower.mirror.pixels == source.mirror.pixels
        assert follower.wholes == 1
        assert follower.packets >= 5


async def test_whoever_falls_behind_gets_the_newest_picture_in_place_of_what_was_missed() -> None:
    viewer = Viewer()
    viewer.is_lost = False
    for number in range(QUEUE_MAX):
        viewer.offer(bytes([number]))
    assert (len(viewer.packets), viewer.is_lost) == (QUEUE_MAX, False)
    viewer.offer(b"one too many")
    assert (len(viewer.packets), viewer.is_lost) == (0, True)
    viewer.offer(b"this is in the picture already")
    assert not viewer.packets


async def test_a_page_that_has_lost_a_frame_asks_for_the_whole_and_goes_on(client, source) -> None:
    async with client.ws_connect("/api/panel/wall/frames") as ws:
        await ws.receive_str()
        follower = Follower()
        await follower.follow(ws, lambda: follower.wholes == 1)
        source.draw(2)
        await ws.receive_bytes()  # and is lost
        await ws.send_str("whole")
        await follower.follow(ws, lambda: follower.wholes == 2)
        source.draw(2)
        await follower.follow(ws, lambda: follower.mirror.sequence == 4)
        assert follower.mirror.pixels == source.mirror.pixels


async def test_a_hundred_look_on_from_one_packing_and_each_has_the_same_picture(client, source, monkeypatch) -> None:
    packed = []
    make = panels.pack_frames
    monkeypatch.setattr(panels, "pack_frames", lambda frames: packed.append(len(frames)) or make(frames))
    sockets = [await client.ws_connect("/api/panel/wall/frames") for _ in range(100)]
    followers = [Follower() for _ in sockets]

    async def follow(ws, follower):
        await ws.receive_str()
        await follower.follow(ws, lambda: follower.mirror.sequence == 40)

    async def draw():
        for _ in range(20):
            source.draw(2)
            await asyncio.sleep(0)

    await asyncio.gather(draw(), *map(follow, sockets, followers))
    assert {bytes(each.mirror.pixels) for each in followers} == {bytes(source.mirror.pixels)}
    assert sum(packed) <= 40
    assert source.show.viewers == 100
    for ws in sockets:
        await ws.close()
    async with asyncio.timeout(20):
        while source.show.viewers:  # noqa: ASYNC110 - the server hears of it in its own turns
            await asyncio.sleep(0)


@pytest.mark.slow
async def test_one_who_does_not_read_holds_up_nobody_and_then_sees_the_newest_picture() -> None:
    context = PanelContext(600, 600, PixelFormat.GREY8)
    source = Source(context)
    asked = doors(panels=PanelDoors(list, lambda name: source.show, change_panel))
    async with TestClient(TestServer(make_app(asked, control=False))) as client:
        quick, slow = [await client.ws_connect("/api/panel/wall/frames", max_msg_size=0) for _ in range(2)]
        await quick.receive_str()
        follower = Follower(context)
        await follower.follow(quick, lambda: follower.wholes == 1)
        for _ in range(60):  # what does not pack, and fills every buffer on the way
            frame = source.frames.make(Area(0, 0, 600, 600), source.rng.randbytes(360_000))
            source.mirror.show(frame)
            source.show.take(frame)
            last = frame.sequence
            await follower.follow(quick, lambda last=last: follower.mirror.sequence == last)
        assert follower.mirror.pixels == source.mirror.pixels
        await slow.receive_str()
        late = Follower(context)
        await late.follow(slow, lambda: late.mirror.sequence == 60)
        assert late.mirror.pixels == source.mirror.pixels
        assert late.wholes >= 2
        assert late.packets < 50, "it was sent what nobody needs any more"
        await quick.close()
        await slow.close()


async def test_more_than_fit_are_sent_away_with_a_word(client, source, monkeypatch) -> None:
    monkeypatch.setattr(panels, "VIEWERS_MAX", 1)
    async with client.ws_connect("/api/panel/wall/frames") as first:
        await first.receive_str()
        answer = await client.get("/api/panel/wall/frames")
        assert answer.status == 503
        assert "look at this panel already" in (await answer.json())["text"]


async def test_who_may_not_see_the_room_does_not_see_its_panel(source) -> None:
    asked = []

    def check(ticket, room, remote):
        asked.append((ticket, room))
        raise RefusedError(CloseCode.FORBIDDEN, "say the PIN")

    facts = {"name": "wall", "driver": "virtual:wall", "room": "lobby", "fault": ""}
    shut = doors(panels=PanelDoors(lambda: [facts], lambda name: source.show, change_panel), check_reader=check)
    async with TestClient(TestServer(make_app(shut, control=False))) as client:
        answer = await client.get("/api/panel/wall/frames?ticket=mine")
        assert (answer.status, (await answer.json())["text"]) == (403, "say the PIN")
        assert asked == [("mine", "lobby")]
        foreign = await client.get("/api/panel/wall/frames", headers={"Origin": "http://evil.example"})
        assert foreign.status == 403
        listing = await client.get("/api/panels")
        assert (listing.status, (await listing.json())["text"]) == (403, "say the PIN"), "names and rooms are told"
        to_pages = await client.get("/panel", allow_redirects=False)
        assert (to_pages.status, to_pages.headers["Location"]) == (302, "/panels")
    far = doors(is_near=lambda source: False)
    async with TestClient(TestServer(make_app(far, control=False))) as client:
        assert (await client.get("/api/panels")).status == 403


async def test_the_list_names_panels_and_no_paths_of_this_machine(client) -> None:
    assert await (await client.get("/api/panels")).json() == [
        {"name": "wall", "driver": "png", "room": "lobby", "fault": "it shows nothing"}
    ]


async def test_when_a_panel_shows_something_else_all_are_sent_away_and_nobody_sees_what_was(client, source) -> None:
    source.draw(5)
    async with client.ws_connect("/api/panel/wall/frames") as ws:
        await ws.receive_str()
        follower = Follower()
        await follower.follow(ws, lambda: follower.wholes == 1)
        source.draw(2)
        source.show.cut()
        source.draw(2)
        async with asyncio.timeout(20):
            assert (await ws.receive()).type is WSMsgType.CLOSE
    source.show.cut()
    async with client.ws_connect("/api/panel/wall/frames") as ws:
        await ws.receive_str()
        other = Follower()
        await other.follow(ws, lambda: other.wholes == 1)
        assert set(other.mirror.pixels) == {255}, "what another room had on it is nobody's who comes now"
        source.draw(1)
        await other.follow(ws, lambda: other.mirror.sequence == 10)


async def test_who_may_not_look_any_more_is_sent_nothing_more(source, monkeypatch) -> None:
    monkeypatch.setattr(panels, "CHECK_S", -1.0)
    allowed = [True]

    def check(ticket, room, remote):
        if not allowed:
            raise RefusedError(CloseCode.FORBIDDEN, "your token was revoked")

    asked = doors(panels=PanelDoors(list, lambda name: source.show, change_panel), check_reader=check)
    async with (
        TestClient(TestServer(make_app(asked, control=False))) as client,
        client.ws_connect("/api/panel/wall/frames") as ws,
    ):
        await ws.receive_str()
        follower = Follower()
        await follower.follow(ws, lambda: follower.wholes == 1)
        allowed.clear()
        source.draw(1)
        async with asyncio.timeout(20):
            assert (await ws.receive()).type is WSMsgType.CLOSE


async def test_a_panel_that_is_not_there_is_said(client) -> None:
    answer = await client.get("/api/panel/door/frames")
    assert (answer.status, (await answer.json())["text"]) == (404, "this board has no panel 'door'")


async def test_the_pages_name_their_files_by_version(client) -> None:
    for path in ("/panel/wall", "/panels"):
        assert 'src="/static/v-' in await (await client.get(path)).text()


def test_the_heads_are_as_the_document_says():
    assert (WHOLE_HEAD.format, FRAME_HEAD.format) == (">BIII", ">IIHHHHI")
    assert struct.calcsize(FRAME_HEAD.format) == 20
