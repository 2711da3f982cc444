"""The page that mirrors a panel of this board in a browser, and what feeds it.

Rules of this file: what a panel shows is packed once for all who look on; nobody who looks on is waited for, and who
falls behind gets the newest whole picture in place of what was missed; a packet is at most one whole picture. What is
sent stands in docs/formats/panels.md.
"""

import asyncio
import json
import struct
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, final

from aiohttp import WSMsgType, web

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.web.assets import Assets

if TYPE_CHECKING:  # a node whose panels nobody looks at loads nothing of them
    from edgeboard.render.frames import Mirror
    from edgeboard.render.values import Frame

PANEL_PAGE: Final = "panel.html"
PANELS_PAGE: Final = "panels.html"
FAULT: Final = "it shows nothing"  # whoever runs the board reads why with: edgeboard panels
VIEWERS_MAX: Final = 256  # of one panel
QUEUE_MAX: Final = 4  # packets that wait for one viewer; more, and it gets a whole picture
GATHER_MAX_S: Final = 0.033  # between two packets, however many look on
GATHER_EACH_S: Final = 0.000_3  # for each of them: what it costs to hand a packet on, and as much again for others
PORTION: Final = 16  # viewers that are handed a packet before the loop gets a turn
THREAD_LEAST: Final = 32 * 1024  # bytes; more are packed in a thread
CHECK_S: Final = 5.0  # between two looks at whether a viewer still may
STUCK_S: Final = 20.0  # a packet that is not taken in this time ends the connection
LEVEL: Final = 1  # of zlib: twice the bytes of the highest, and a tenth of the time
WHOLE: Final = 1  # kinds of packets; append only
FRAMES: Final = 2
WHOLE_HEAD: Final = struct.Struct(">BIII")  # kind, sequence, chain, sum of the pixels
FRAME_HEAD: Final = struct.Struct(">IIHHHHI")  # sequence, chain, x, y, width, height, bytes of pixels

Json = Mapping[str, Any] | list[Any]


@final
class Viewer:
    """One browser that looks on."""

    def __init__(self) -> None:
        self.packets: deque[bytes] = deque()
        self.is_lost = True  # it needs a whole picture
        self.news = asyncio.Event()
        self.news.set()
        self.sending: asyncio.Task[None] | None = None

    def offer(self, packet: bytes) -> None:
        """Hand it a packet; never waits."""
        if self.is_lost or len(self.packets) >= QUEUE_MAX:
            self.lose()
        else:
            self.packets.append(packet)
            self.news.set()

    def lose(self) -> None:
        """What it shows is not what it should; a whole picture follows."""
        self.is_lost = True
        self.packets.clear()
        self.news.set()


@final
class Show:
    """One panel as others look on. Fed with each frame in the turn in which it is made, which costs a copy."""

    def __init__(self, mirror: "Mirror", about: Callable[[], Mapping[str, Any]]) -> None:
        """
        Args:
            mirror: what the panel shows; it has each frame before it comes here.
            about: what people are told of the panel: name, room, width, height, format, refresh ..
        """
        self.wholes = 0  # pictures that were sent for want of frames
        self.packets = 0
        self._mirror = mirror
        self._about = about
        self._viewers: dict[Viewer, web.WebSocketResponse] = {}
        self._pending: list[Frame] = []
        self._pending_bytes = 0
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._cuts = 0
        self._closing: set[asyncio.Task[bool]] = set()
        self._whole: tuple[int, asyncio.Task[bytes]] | None = None  # of this sequence, for all who need it

    @property
    def room(self) -> str:
        """What is to be seen; who may not look at that may not look at this."""
        return str(self._about()["room"])

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    def take(self, frame: "Frame") -> None:
        """The panel shows one more frame."""
        if not self._viewers:
            return
        self._pending.append(frame)
        self._pending_bytes += len(frame.pixels)
        self._news.set()

    def check_full(self) -> None:
        """Raises: RefusedError: so many look on that there is no room for one more."""
        if len(self._viewers) >= VIEWERS_MAX:
            raise RefusedError(CloseCode.ROOM_FULL, f"{VIEWERS_MAX} look at this panel already; try again later")

    async def serve(self, ws: web.WebSocketResponse, room: str, check: Callable[[], None]) -> None:
        """Let one more look on who may see that room, until it goes.

        Args:
            ws: to whom.
            room: that it may see.
            check: raises RefusedError when it may not any more: its token was revoked, or there is another PIN.
        """
        if self.room != room:  # since that was asked
            await ws.close()
            return
        viewer = Viewer()
        self._viewers[viewer] = ws
        if self._task is None:
            self._task = asyncio.create_task(self._spread(), name="show a panel")
        viewer.sending = asyncio.create_task(self._send(viewer, ws, check), name="show a panel to one")
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT and message.data == "whole":
                    viewer.lose()
        finally:
            viewer.sending.cancel()  # and nothing is awaited here: this task may be cancelled itself
            self._viewers.pop(viewer, None)
            if not self._viewers and self._task is not None:
                self._task.cancel()
                self._task = None
                self._pending.clear()
                self._pending_bytes = 0
                self._whole = None

    def cut(self) -> None:
        """The panel is about to show something else, which who looks on may not be allowed to see, and whoever comes
        now may not have been allowed to see what it shows: nobody gets anything more, and all may ask anew."""
        viewers, self._viewers = self._viewers, {}
        self._cuts += 1
        self._pending, self._pending_bytes, self._whole = [], 0, None
        self._mirror.clear()
        for viewer, ws in viewers.items():
            if viewer.sending is not None:
                viewer.sending.cancel()
            closing = asyncio.create_task(ws.close(), name="send one away who looks at a panel")
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _spread(self) -> None:
        """Pack what has come, and hand it to everybody."""
        most = len(self._mirror.pixels)
        while True:
            await self._news.wait()
            self._news.clear()
            frames, size = self._pending, self._pending_bytes
            self._pending, self._pending_bytes = [], 0
            if size > most:
                for viewer in self._viewers:
                    viewer.lose()
            else:
                cuts = self._cuts
                packet = await in_thread(size, partial(pack_frames, frames))
                self.packets += 1
                for at, viewer in enumerate(list(self._viewers) if cuts == self._cuts else (), 1):
                    viewer.offer(packet)
                    if at % PORTION == 0:
                        await asyncio.sleep(0)
            await asyncio.sleep(min(GATHER_MAX_S, len(self._viewers) * GATHER_EACH_S))

    async def _send(self, viewer: Viewer, ws: web.WebSocketResponse, check: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        checked = loop.time()
        with suppress(OSError, TimeoutError, RefusedError):
            await ws.send_str(json.dumps(self._about()))
            while True:
                await viewer.news.wait()
                viewer.news.clear()
                if loop.time() - checked > CHECK_S:
                    check()
                    checked = loop.time()
                if viewer.is_lost:
                    self.wholes += 1
                    whole = self._pack_whole()  # of this very turn: what is offered from now on follows it
                    viewer.is_lost = False
                    await self._put(ws, await asyncio.shield(whole))
                while viewer.packets and not viewer.is_lost:
                    await self._put(ws, viewer.packets.popleft())
        await ws.close()

    async def _put(self, ws: web.WebSocketResponse, packet: bytes) -> None:
        async with asyncio.timeout(STUCK_S):
            await ws.send_bytes(packet)

    def _pack_whole(self) -> "asyncio.Task[bytes]":
        """The picture as it is now, packed once for all who ask for it."""
        mirror = self._mirror
        if self._whole is None or self._whole[0] != mirror.sequence:
            pixels = bytes(mirror.pixels)
            made = in_thread(len(pixels), partial(pack_whole, mirror.sequence, mirror.crc, pixels))
            self._whole = mirror.sequence, asyncio.ensure_future(made)
        return self._whole[1]


async def in_thread(size: int, make: Callable[[], bytes]) -> bytes:
    """Make bytes of so many, beside the loop if they are many."""
    return make() if size < THREAD_LEAST else await asyncio.to_thread(make)


def pack_whole(sequence: int, chain: int, pixels: bytes) -> bytes:
    """A whole picture as a packet."""
    return WHOLE_HEAD.pack(WHOLE, sequence, chain, zlib.crc32(pixels)) + zlib.compress(pixels, LEVEL)


def pack_frames(frames: "list[Frame]") -> bytes:
    """Frames that follow one another as a packet."""
    packer = zlib.compressobj(LEVEL)
    parts = [bytes((FRAMES,))]
    for frame in frames:
        head = FRAME_HEAD.pack(frame.sequence, frame.crc, *frame.area, len(frame.pixels))
        parts += [packer.compress(head), packer.compress(frame.pixels)]
    return b"".join([*parts, packer.flush()])


@dataclass(frozen=True, slots=True)
class PanelDoors:
    """What a node lets the web do with its panels."""

    listing: Callable[[], list[dict[str, Any]]]
    watch: Callable[[str], Show]  # raises StateError: no panel of that name
    change: Callable[[str, Mapping[str, str]], Awaitable[Json]]  # name, and view, room or layout; raises EdgeboardError


def add_panel_pages(
    app: web.Application,
    doors: PanelDoors,
    assets: Assets,
    check_near: Callable[[web.Request], None],
    check_reader: Callable[[web.Request, str], None],
) -> None:
    """Args: check_reader: raises RefusedError unless who asks may see what that room holds."""

    def seen_by(request: web.Request, panels: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those whose room may be seen; raises RefusedError where that is none."""
        found, refused = [], None
        for each in panels:
            try:
                check_reader(request, each["room"])
                found.append(each)
            except RefusedError as error:
                refused = error
        if refused is not None and not found:
            raise refused
        return found

    async def page(request: web.Request) -> web.StreamResponse:
        return assets.page(PANEL_PAGE)

    async def pages(request: web.Request) -> web.StreamResponse:
        check_near(request)
        return assets.page(PANELS_PAGE)

    async def listing(request: web.Request) -> web.StreamResponse:
        check_near(request)
        found = [
            {**each, "driver": each["driver"].partition(":")[0], "fault": FAULT if each["fault"] else ""}
            for each in seen_by(request, doors.listing())
        ]  # paths are ours
        return web.json_response(found, headers={"Cache-Control": "no-store"})

    async def frames(request: web.Request) -> web.StreamResponse:
        show = doors.watch(request.match_info["name"])
        room = show.room
        check_reader(request, room)
        show.check_full()
        ws = web.WebSocketResponse(max_msg_size=1024, compress=False, heartbeat=30.0)
        await ws.prepare(request)
        await show.serve(ws, room, partial(check_reader, request, room))
        return ws

    async def to_pages(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/panels")

    app.router.add_get("/panel", to_pages)
    app.router.add_get("/panel/", to_pages)
    app.router.add_get("/panel/{name}", page)
    app.router.add_get("/panels", pages)
    app.router.add_get("/api/panels", listing)
    app.router.add_get("/api/panel/{name}/frames", frames)


def add_panel_control(app: web.Application, doors: PanelDoors) -> None:
    """What the owner of the state directory may do about its panels."""

    async def listing(request: web.Request) -> web.StreamResponse:
        return web.json_response(doors.listing())

    async def change(request: web.Request) -> web.StreamResponse:
        return web.json_response(await doors.change(request.match_info["name"], request.query))

    app.router.add_get("/control/panels", listing)
    app.router.add_post("/control/panels/{name}", change)
