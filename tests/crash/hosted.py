"""Guests of real nodes without a browser: they draw on through every outage, and know what they were promised.

A guest's link lives on an event loop in a thread of its own, so that a test may block while it kills and starts nodes.
"""

import asyncio
import random
import threading
import time
from contextlib import suppress

import aiohttp

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import Add, Alive, ItemType, decode_op
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import AuthorTag, Origin, PersonId, op_id, show_op
from edgeboard.interchange import pen
from edgeboard.oplog.codec import encode_columns, encode_stroke
from edgeboard.storage.statedir import find_control_socket
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.wire.messages import Channel, Refused, Submit

DIAL_AGAIN_S = 0.03
FRAME_MAX = 256 * 1024  # bytes
SOMEWHERE = AuthorTag(b"anywhere")  # a canvas does not depend on where its ops lie


class Loop:
    """An event loop in a thread."""

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="guests")
        self._thread.start()
        return self

    def run(self, work, timeout=60.0):
        """Run a coroutine there, and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def __exit__(self, *_):
        self.run(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    async def _end(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class HostedGuest:
    """A person with a pen at the guest door of a node's control socket; dials again whenever the link has ended."""

    def __init__(self, loop, state, seed, *, name="Ana", room="lobby"):
        self.rng = random.Random(seed)
        self.guest = ScriptedGuest(PersonId(self.rng.randbytes(16)), Origin(self.rng.getrandbits(64)), name)
        self.drawn = {}  # printed id -> tail of every op that was ever made
        self.links = 0
        self.times = []  # when each message of `guest.heard` came
        self.fault = None
        self._strokes = []  # ids
        self._loop = loop
        self._state = state
        self._room = room
        self._task = asyncio.run_coroutine_threadsafe(self._keep_linked(), loop.loop)

    @property
    def is_linked(self):
        return self.guest.room is not None

    def leave(self):
        self._task.cancel()

    # -- what it does

    def draw(self, *bodies):
        """One gesture: these bodies, or something that people do."""

        async def do():
            made = self.guest.draw(*(bodies or self._gesture()))
            for made_id in made:
                self.drawn[show_op(made_id)] = self.guest.outbox[made_id & 0xFFFFFFFF]
            if not bodies:
                self._strokes += made[:1]
            return made

        return self._loop.run(do())

    def draw_until(self, over, pace_s=0.01):
        """Draw at about that pace until `over()`."""
        deadline = time.monotonic() + 60
        while not over():
            self.draw()
            assert time.monotonic() < deadline, "what was waited for does not happen"
            assert self.fault is None, self.fault
            time.sleep(self.rng.uniform(0, 2 * pace_s))  # the pace of the pen

    def _gesture(self):
        """Mostly a stroke, now and then one of several pieces, sometimes a wipe."""
        rng = self.rng
        if self._strokes and rng.random() < 0.1:
            return [Alive(rng.choice(self._strokes), rng.random() < 0.3)]
        first = Add(0, 0, ItemType.STROKE, encode_stroke(0, rng.randrange(16), 24, scribble(rng)))
        item = op_id(self.guest.origin, len(self.drawn) + 1)
        further = [
            Add(0, 0, ItemType.STROKE, encode_columns(scribble(rng)), item, at + 1)
            for at in range(rng.choice([0, 0, 1, 2]))
        ]
        return [first, *further]

    def draw_long(self):
        """One stroke of about 1.5 KB."""
        return self.draw(Add(0, 0, ItemType.STROKE, encode_stroke(0, 0, 24, scribble(self.rng, 450))))

    def submit_again(self):
        """Hand in everything that is not safe."""

        async def do():
            tails = tuple(self.guest.outbox.values())
            for at in range(0, len(tails), 20):
                self.guest.say(Submit(self.guest.room, self.guest.origin.to_bytes(8, "big"), tails[at : at + 20]))

        self._loop.run(do())

    @property
    def refusals(self):
        return [message for message in self.guest.heard if isinstance(message, Refused)]

    def write(self, stroke, style):
        """Log a recorded stroke as a pen does, in its pieces."""
        item = op_id(self.guest.origin, len(self.drawn) + 1)
        parts = enumerate(pen.pieces(stroke))
        self.draw(*(pen.body(pen.part(stroke, *part), style, item if at else None, at) for at, part in parts))

    # -- what it was promised

    def promised(self, counters):
        return {show_op(op_id(self.guest.origin, counter)) for counter in counters}

    @property
    def saved(self):
        return self.promised(self.guest.saved | self.guest.safe)

    @property
    def safe(self):
        return self.promised(self.guest.safe)

    @property
    def is_all_safe(self):
        return not self.guest.outbox

    # -- the link

    async def _keep_linked(self):
        while self.fault is None:
            with suppress(aiohttp.ClientError, OSError):
                await self._link()
            self.guest.lose_link()
            await asyncio.sleep(DIAL_AGAIN_S)

    async def _link(self):
        connector = aiohttp.UnixConnector(str(find_control_socket(self._state)))
        async with (
            aiohttp.ClientSession(connector=connector) as http,
            http.ws_connect("http://board/guest", max_msg_size=FRAME_MAX) as ws,
        ):
            frames = asyncio.Queue()
            self.guest.send = lambda channel, data: frames.put_nowait(bytes((channel,)) + data)
            writing = asyncio.create_task(self._write(ws, frames))
            self.links += 1
            self.guest.enter(self._room)
            try:
                async for message in ws:
                    self._receive(message)
            finally:
                self.guest.send = lambda channel, data: None
                writing.cancel()

    def _receive(self, message):
        if message.type is not aiohttp.WSMsgType.BINARY:
            return
        try:
            self.guest.receive(Channel(message.data[0]), message.data[1:])
        except Exception as error:  # nobody would see it in this thread
            self.fault = error
            raise
        self.times += [time.monotonic()] * (len(self.guest.heard) - len(self.times))

    async def _write(self, ws, frames):
        with suppress(aiohttp.ClientError, OSError):
            while True:
                await ws.send_bytes(await frames.get())


def scribble(rng, points=8):
    """A short stroke with pressure."""
    x, y = rng.randrange(20_000), rng.randrange(12_000)
    xs, ys, pressure = [], [], []
    for _ in range(points):
        x, y = x + rng.randrange(-60, 90), y + rng.randrange(-60, 60)
        xs.append(x)
        ys.append(y)
        pressure.append(rng.randrange(200, 4096))
    return Stroke(20, xs, ys, pressure)


def canvas_of(*guests):
    """The digest of a canvas on which these have drawn, and nobody else."""
    document = Document()
    entry = 0
    for guest in guests:
        for tail in guest.drawn.values():
            document.apply(decode_op(guest.guest.origin, tail), Place(SOMEWHERE, entry))
            entry += 1
    return document.digest().hex()
