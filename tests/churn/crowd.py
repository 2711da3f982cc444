"""Guests and nodes that come and go by the hundred, on the event loop of the test; and what a node process uses."""

import asyncio
import os
import secrets
import socket
from pathlib import Path

import aiohttp

from edgeboard.canvas.ops import Add, ItemType
from edgeboard.errors import CloseCode, RefusedError, TransportError
from edgeboard.identity.keys import NodeKey
from edgeboard.ids import Origin, PersonId
from edgeboard.oplog.codec import encode_stroke
from edgeboard.signaling.client import SignalingClient
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.transport import patches
from edgeboard.transport.dialer import LinkTransport
from edgeboard.transport.settings import Settings
from edgeboard.transport.tasks import Tasks
from edgeboard.transport.webrtc import WebRtcCarrier
from edgeboard.wire.messages import CaughtUp, Channel, closing
from tests.crash.hosted import scribble

PATIENCE_S = 40.0
KNOCK_AGAIN_S = 0.25  # a board takes five offers a second from one address
ADDRESSES = ("127.0.0.1",)


def stroke(rng, points=8):
    return Add(0, 0, ItemType.STROKE, encode_stroke(0, rng.randrange(16), 24, scribble(rng, points)))


class Visitor:
    """A guest over the carrier of one's choice; leaves with a word, without one, or by breaking off."""

    def __init__(self, rng, name="Ana", room="lobby"):
        self.guest = ScriptedGuest(PersonId(rng.randbytes(16)), Origin(rng.getrandbits(64)), name)
        self.times = []  # when each message of `guest.heard` came
        self._room = room
        self._changed = asyncio.Event()
        self._reading = None

    def _take(self, channel, data):
        self.guest.receive(channel, data)
        now = asyncio.get_running_loop().time()
        self.times += [now] * (len(self.guest.heard) - len(self.times))
        self._changed.set()

    async def until(self, check, seconds=PATIENCE_S):
        async with asyncio.timeout(seconds):
            while not (found := check()):
                self._changed.clear()
                await self._changed.wait()
        return found

    async def _enter(self):
        self.guest.enter(self._room)
        await self.until(lambda: any(isinstance(message, CaughtUp) for message in self.guest.heard))
        return self


class WebSocketVisitor(Visitor):
    async def come(self, http, node):
        self.ws = await http.ws_connect(f"{node.url}/guest", max_msg_size=256 * 1024)
        self._frames = asyncio.Queue()
        self.guest.send = lambda channel, data: self._frames.put_nowait(bytes((channel,)) + data)
        self._reading = asyncio.create_task(self._read())
        self._writing = asyncio.create_task(self._write())
        return await self._enter()

    async def _read(self):
        async for message in self.ws:
            self._take(Channel(message.data[0]), message.data[1:])

    async def _write(self):
        while True:
            await self.ws.send_bytes(await self._frames.get())

    async def stop_reading(self):
        """Nor writes it any more."""
        self._writing.cancel()
        self._reading.cancel()
        await asyncio.gather(self._reading, self._writing, return_exceptions=True)

    async def leave(self, how="word"):
        """Returns when the end has been handed to the network."""
        await self.stop_reading()
        if how == "word":
            await self.ws.send_bytes(bytes((Channel.CTL,)) + closing(CloseCode.NORMAL, "bye"))
        elif how == "break" and (link := self.ws.get_extra_info("socket")) is not None:
            link.shutdown(socket.SHUT_RDWR)
        await self.ws.close()


class WebRtcVisitor(Visitor):
    async def come(self, http, node):
        patches.apply()
        self.tasks = Tasks()
        while True:
            self.carrier = WebRtcCarrier(node.url, Settings(addresses=ADDRESSES, linger_s=0.1), self.tasks)
            async with http.post(f"{node.url}/signal/guest", json={"sdp": await self.carrier.offer()}) as answer:
                if answer.status == 200:
                    await self.carrier.accept((await answer.json())["sdp"])
                    break
                assert answer.status in (429, 503), await answer.text()
            self.carrier.finish(linger=False)
            await asyncio.sleep(KNOCK_AGAIN_S)
        async with asyncio.timeout(PATIENCE_S):
            await self.carrier.opened()
        self.guest.send = self.carrier.put
        self.carrier.listen(self._take, lambda code, text: self._changed.set())
        return await self._enter()

    async def leave(self, how="word"):
        if how == "word":
            self.carrier.put(Channel.CTL, closing(CloseCode.NORMAL, "bye"))
        self.carrier.finish(linger=how == "word")
        await self.tasks.end(5.0)


class Peer:
    """A node that only links; each has a key of its own."""

    def __init__(self, secret, mode):
        self._credentials = secret.credentials(NodeKey(secrets.token_bytes(32)))
        self._signaling = SignalingClient(self._credentials)
        settings = Settings(mode=mode, addresses=ADDRESSES)
        self._transport = LinkTransport(settings, self._credentials, self._signaling.introduce, lambda link: None)

    async def link(self, node):
        """Link, and wait until the node has said something."""
        heard = asyncio.Event()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    link = await self._transport.connect(node.url)
                    break
                except RefusedError as error:
                    if error.code not in (CloseCode.RATE, CloseCode.LIMIT):
                        raise
                except TransportError:
                    pass  # the machine is busy
                await asyncio.sleep(KNOCK_AGAIN_S)
            link.attach(lambda channel, data: heard.set(), lambda code, text: None)
            await heard.wait()

    async def leave(self):
        await self._transport.close()
        await self._signaling.close()


async def ask(node):
    return await asyncio.to_thread(node.status)


class Use:
    """What a process uses of the machine."""

    def __init__(self, node, status):
        process = Path("/proc") / str(node.process.pid)
        self.tasks = status["tasks"]
        self.files = len(os.listdir(process / "fd"))  # noqa: PTH208 - links, of which only the number matters
        fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        self.memory = int(fields["VmRSS"].split()[0]) * 1024  # bytes

    def __repr__(self):
        return f"{self.tasks} tasks, {self.files} files, {self.memory / 1e6:.1f} MB"


async def settled(node, quiet=None):
    """What a node uses when everybody has left; where `quiet` is given, once it is down to that."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        status = await ask(node)
        use = Use(node, status)
        is_empty = status["guests"] == 0 and status["links"] == [] and status["transport"]["half_open"] == 0
        if is_empty and (quiet is None or (use.tasks <= quiet.tasks and use.files <= quiet.files)):
            return use
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not quiet within {PATIENCE_S:g} s: {use}, before {quiet}; {status}")
        await asyncio.sleep(0.1)


async def in_waves(count, at_once, work):
    """Run `work(n)` for each n, so many at a time."""
    numbers = iter(range(count))

    async def take():
        for number in numbers:
            await work(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(take())


def open_http():
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))
