"""Boards on 127.0.0.1: a real web server, real signaling, real links; and what collects what arrives on a link."""

import asyncio
import os
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from edgeboard.clock import SystemClock
from edgeboard.errors import EdgeboardError, RefusedError
from edgeboard.identity.keys import NodeKey
from edgeboard.signaling.client import SignalingClient
from edgeboard.signaling.server import SignalingServer
from edgeboard.testing.members import TestMesh
from edgeboard.transport import patches
from edgeboard.transport.dialer import LinkTransport
from edgeboard.transport.settings import Settings

PATIENCE_S = 10.0  # for anything to happen; a test that waits so long has failed
MESH = TestMesh("m")


class Inbox:
    """The user of a link: what it got, and a wait for it."""

    def __init__(self, link=None):
        self.link = link
        self.messages = []
        self.closed = None
        self._changed = asyncio.Event()
        self.fail = 0  # so many messages are not handled
        if link is not None:
            link.attach(self.on_message, self.on_close)

    def on_message(self, channel, data):
        assert self.closed is None
        if self.fail:
            self.fail -= 1
            raise ZeroDivisionError("a bug above")
        self.messages.append((channel, data))
        self._changed.set()

    def on_close(self, code, text):
        assert self.closed is None, "on_close is called once"
        self.closed = (code, text)
        self._changed.set()

    async def until(self, true):
        """Wait until `true(self)`."""
        async with asyncio.timeout(PATIENCE_S):
            while not true(self):
                self._changed.clear()
                await self._changed.wait()
        return self

    async def until_messages(self, count):
        await self.until(lambda inbox: len(inbox.messages) >= count)
        return self.messages

    async def until_closed(self):
        await self.until(lambda inbox: inbox.closed is not None)
        return self.closed


class Board:
    """One node as the composition root joins it, on a port of its own."""

    def __init__(self, name, settings=None, mesh=MESH, key=None, boot=None, introduce=None):
        settings = settings or Settings(addresses=("127.0.0.1",))
        key = key or NodeKey(name.encode().ljust(32, b"."))
        self.credentials = mesh.credentials(key, (boot or name).encode().ljust(8, b".")[:8])
        self.news = []
        self.client = SignalingClient(self.credentials)
        self.inboxes = asyncio.Queue()
        self.transport = LinkTransport(
            settings, self.credentials, introduce or self.client.introduce, self.on_link, on_news=self.on_news
        )
        answers = self.transport.answer_node, self.transport.answer_guest
        self.signaling = SignalingServer(self.credentials, SystemClock(), *answers)
        self.calls = Counter()
        self.url = ""
        self._runner = None

    def on_link(self, link):
        self.inboxes.put_nowait(Inbox(link))

    def on_news(self, charter, secret):
        self.news.append((charter, secret))
        self.credentials.membership = self.credentials.membership.learn(charter, secret)

    async def accepted(self):
        """The inbox of the next link that another opened."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.inboxes.get()

    async def connect(self, other):
        """Both ends of a new link to another board: ours, theirs."""
        async with asyncio.timeout(PATIENCE_S):
            link = await self.transport.connect(other if isinstance(other, str) else other.url)
        return Inbox(link), await other.accepted()

    async def start(self):
        app = web.Application()
        app.router.add_post("/signal/node", self._signal_node)
        app.router.add_post("/signal/guest", self._signal_guest)
        app.router.add_get("/link", self._websocket(self.transport.serve_link))
        app.router.add_get("/guest", self._websocket(self.transport.serve_guest))
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def stop(self):
        await self.transport.close()
        await self.client.close()
        await self._runner.cleanup()

    async def _signal_node(self, request):
        self.calls["node"] += 1
        try:
            return web.Response(body=await self.signaling.offer(await request.read(), request.remote))
        except EdgeboardError as error:
            code = error.code if isinstance(error, RefusedError) else 10
            return web.json_response({"code": code, "text": str(error)}, status=403)

    async def _signal_guest(self, request):
        self.calls["guest"] += 1
        offer = (await request.json())["sdp"]
        return web.json_response({"sdp": await self.signaling.guest_offer(offer, request.remote)})

    def _websocket(self, serve):
        async def handle(request):
            self.calls[request.path] += 1
            ws = web.WebSocketResponse(compress=False, max_msg_size=256 * 1024)
            await ws.prepare(request)
            await serve(ws, request.remote)
            return ws

        return handle


@pytest.fixture
def inbox_of():
    return Inbox


@pytest.fixture
async def boards():
    """Makes boards, each started; they are stopped at the end."""
    patches.apply()
    made = []

    async def make(name, **more):
        board = Board(name, **more)
        made.append(board)
        return await board.start()

    yield make
    for board in made:
        await board.stop()


@pytest.fixture
def until():
    """Waits until something is true that nobody announces."""

    async def wait(true):
        async with asyncio.timeout(PATIENCE_S):
            while not true():  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.001)

    return wait


@pytest.fixture
def open_files():
    """How many file descriptors this process has."""
    return lambda: len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0  # noqa: PTH208
