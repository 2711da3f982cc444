"""Boards at real services on loopback, and at servers that are none."""

import asyncio
import random

import pytest
from aiohttp import web

from edgeboard.clock import SystemClock
from edgeboard.errors import TransportError
from edgeboard.identity.keys import NodeKey
from edgeboard.ids import MeshId
from edgeboard.signaling import attendance as module
from edgeboard.signaling.attendance import SCHEME, SERVICES_MAX, Attendance
from edgeboard.signaling.frames import Envelope, Here, decode, encode
from edgeboard.signaling.service import SignalingService

MESH = MeshId(b"m" * 16)


class Board:
    def __init__(self, seed, mesh=MESH):
        self.key = NodeKey(seed * 32)
        self.found, self.gone, self.got = {}, [], []
        self.changed = asyncio.Event()
        self.attendance = Attendance(self.key, mesh, random.Random(1), self.on_found, self.on_gone, self.on_arrived)

    def on_found(self, node, urls):
        self.found[node] = urls
        self.changed.set()

    def on_gone(self, node):
        self.gone.append(node)
        self.changed.set()

    def on_arrived(self, url, sender, envelope):
        self.got.append((url, sender, envelope))
        self.changed.set()

    async def until(self, check):
        async with asyncio.timeout(10):
            while not check():
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def boards():
    made = [Board(b"a"), Board(b"b")]
    yield made
    for board in made:
        await board.attendance.close()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "LAST_PAUSE_S", 0.02)


@pytest.fixture
async def serve():
    runners = []

    async def start(app=None, port=0):
        runner = web.AppRunner(app or SignalingService(SystemClock()).make_app(), shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    start.runners = runners
    yield start
    for runner in runners:
        await runner.cleanup()


async def test_boards_meet_at_a_service(boards, serve):
    ann, bob = boards
    url = await serve()
    assert ann.attendance.add(url)
    assert not ann.attendance.add(url)
    bob.attendance.add(url)
    await ann.until(lambda: bob.key.node_id in ann.found)
    await bob.until(lambda: ann.key.node_id in bob.found)
    assert ann.found[bob.key.node_id] == (SCHEME + url,)
    ann.attendance.send(url, bob.key.node_id, b"sealed")
    await bob.until(lambda: bob.got)
    assert bob.got == [(url, ann.key.node_id, b"sealed")]
    assert ann.attendance.describe() == [{"url": url, "open": True, "boards": 1, "trouble": ""}]
    assert bob.attendance.remove(url)
    assert not bob.attendance.remove(url)
    await ann.until(lambda: ann.gone == [bob.key.node_id])


async def test_any_of_several_services_is_enough(boards, serve):
    ann, bob = boards
    one, two = await serve(), await serve()
    for url in (one, two):
        ann.attendance.add(url)
        bob.attendance.add(url)
    await ann.until(lambda: len(ann.found.get(bob.key.node_id, ())) == 2)
    await serve.runners[0].cleanup()
    async with asyncio.timeout(10):
        while ann.attendance._services[one].here:  # noqa: ASYNC110 - nobody is told, since the other service goes on
            await asyncio.sleep(0.01)
    assert ann.gone == []
    assert ann.attendance.places(bob.key.node_id) == (SCHEME + two,)
    with pytest.raises(TransportError, match="not reached"):
        ann.attendance.send(one, bob.key.node_id, b"")


async def test_a_service_that_comes_back_empty_is_attended_again(boards, serve):
    ann, bob = boards
    url = await serve()
    ann.attendance.add(url)
    bob.attendance.add(url)
    await ann.until(lambda: bob.key.node_id in ann.found)
    await serve.runners.pop().cleanup()
    await ann.until(lambda: ann.gone)
    ann.found.clear()
    await serve(port=int(url.rpartition(":")[2]))
    await ann.until(lambda: bob.key.node_id in ann.found)


async def test_what_is_no_service_is_named_and_tried_on(boards, serve, caplog):
    caplog.set_level("INFO", module.__name__)
    ann, _ = boards
    elsewhere = await serve(web.Application())
    ann.attendance.add(elsewhere)
    ann.attendance.add("http://127.0.0.1:1")
    async with asyncio.timeout(10):
        while not all(each["trouble"] for each in ann.attendance.describe()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    troubles = [each["trouble"] for each in ann.attendance.describe()]
    assert troubles[0] == "this is not a signaling service"
    assert "connect" in troubles[1].lower()
    assert len([line for line in caplog.messages if elsewhere in line]) == 1


async def test_so_many_services_and_no_more(boards):
    ann, _ = boards
    for number in range(SERVICES_MAX):
        ann.attendance.add(f"http://127.0.0.1:{number + 1}")
    with pytest.raises(TransportError, match="at most"):
        ann.attendance.add("http://127.0.0.1:99")


async def test_a_service_that_invents_boards_fills_no_memory(boards, monkeypatch):
    monkeypatch.setattr(module, "NODES_MAX", 2)
    ann, _ = boards
    service = module.Service("http://x")
    ann.attendance._services["http://x"] = service
    ann.attendance._came(service, (*(bytes([n]) * 16 for n in range(9)), ann.key.node_id))
    assert len(service.here) == 2
    assert len(ann.found) == 2
    assert ann.key.node_id not in ann.found


async def test_a_service_that_floods_a_board_is_left(boards, serve, monkeypatch):
    monkeypatch.setattr(module, "FRAMES_BURST", 20.0)
    ann, _ = boards

    async def flood(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        for _ in range(1000):
            await ws.send_bytes(encode(Envelope(b"n" * 16, b"x")))
        return ws

    app = web.Application()
    app.router.add_get(module.PATH, flood)
    ann.attendance.add(await serve(app))
    async with asyncio.timeout(10):
        while not (trouble := ann.attendance.describe()[0]["trouble"]):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert trouble == "it says more than boards have to say to each other"


async def test_a_service_reads_nothing_and_what_it_makes_up_is_not_heard(boards, serve, monkeypatch):
    ann, bob = boards
    carried = []

    async def lie(request):
        """A service that looks at what it carries, and says things of its own."""
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_bytes(encode(Here((bob.key.node_id,))))
        await ws.send_bytes(encode(Envelope(bob.key.node_id, b"made up by the service")))
        carried.append(decode((await ws.receive()).data))
        await ws.send_bytes(encode(Here((b"last" * 4,))))
        return ws

    app = web.Application()
    app.router.add_get(module.PATH, lie)
    url = await serve(app)
    ann.attendance.add(url)
    await ann.until(lambda: bob.key.node_id in ann.found)
    ann.attendance.send(url, bob.key.node_id, b"candidate 192.168.1.7")
    await ann.until(lambda: b"last" * 4 in ann.found)
    assert carried[0].node == bob.key.node_id
    assert b"192.168" not in carried[0].data
    assert ann.got == []
