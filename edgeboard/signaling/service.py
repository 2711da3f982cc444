"""The signaling service of `edgeboard signal`: the lobby over WebSockets. Nothing is written anywhere.

One connection of each board waits for envelopes; a board that does not read what it is sent is let go.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any, final

from aiohttp import WSMsgType, web

from edgeboard.clock import Clock
from edgeboard.errors import RefusedError
from edgeboard.identity.keys import verify
from edgeboard.signaling.frames import FRAME_MAX
from edgeboard.signaling.lobby import End, Lobby, LobbySettings, Say

QUEUE_MAX = 128  # frames that wait for one board
PROOF_S = 5.0  # to prove who it is
HEARTBEAT_S = 20.0  # between pings: who does not answer has gone
PATH = "/lobby"


@final
class SignalingService:
    """Serves one lobby.

    Args:
        clock: the time.
        settings: the bounds of the lobby.
        entropy: `n` random bytes.
    """

    def __init__(
        self,
        clock: Clock,
        settings: LobbySettings | None = None,
        *,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._lobby = Lobby(settings or LobbySettings(), verify)
        self._clock = clock
        self._entropy = entropy
        self._queues: dict[int, asyncio.Queue[bytes | None]] = {}

    def make_app(self) -> web.Application:
        app = web.Application(client_max_size=1024)
        app.router.add_get(PATH, self._visit)
        app.router.add_get("/", self._about)
        app.on_shutdown.append(self._see_out)
        return app

    async def _see_out(self, app: web.Application) -> None:
        """Everybody is to go: boards come back by themselves when there is a service again."""
        for number in list(self._queues):
            self._queue(number, None)

    async def _about(self, request: web.Request) -> web.StreamResponse:
        """Numbers for whoever runs it: no names, no addresses."""
        found = self._lobby.statistics()
        answer: dict[str, Any] = {"service": "edgeboard signal", "visitors": found.visitors, "meshes": found.meshes}
        answer |= {"carried": found.carried, "bytes": found.bytes, "refused": dict(found.refused)}
        return web.json_response(answer)

    async def _visit(self, request: web.Request) -> web.StreamResponse:
        source = (request.remote or "").removeprefix("::ffff:")
        try:
            number = self._lobby.arrive(source, self._entropy(32), self._clock.now())
        except RefusedError as error:
            return web.json_response({"code": int(error.code), "text": str(error)}, status=429)
        queue = self._queues[number] = asyncio.Queue(QUEUE_MAX)
        ws = web.WebSocketResponse(max_msg_size=FRAME_MAX, compress=False, heartbeat=HEARTBEAT_S)
        writer = None
        try:
            await ws.prepare(request)
            writer = asyncio.get_running_loop().create_task(self._write(ws, queue), name="signal")
            self._do()
            await self._read(ws, number)
        finally:
            self._lobby.leave(number)
            self._do()
            self._queues.pop(number, None)
            if writer is not None:
                with suppress(asyncio.QueueFull):
                    queue.put_nowait(None)
                await asyncio.wait((writer,), timeout=1.0)
                writer.cancel()
        return ws

    async def _read(self, ws: web.WebSocketResponse, number: int) -> None:
        proved_by = self._clock.now() + PROOF_S
        is_proved = False
        while True:
            try:
                async with asyncio.timeout(None if is_proved else max(0.0, proved_by - self._clock.now())):
                    message = await ws.receive()
            except TimeoutError:
                return
            if message.type is not WSMsgType.BINARY:
                return
            is_proved = True  # or the lobby ends it
            self._lobby.receive(number, message.data, self._clock.now())
            self._do()

    async def _write(self, ws: web.WebSocketResponse, queue: "asyncio.Queue[bytes | None]") -> None:
        with suppress(ConnectionError, RuntimeError):
            while (data := await queue.get()) is not None:
                await ws.send_bytes(data)
            await ws.close()

    def _do(self) -> None:
        """What the lobby wants said and done."""
        for output in self._lobby.drain():
            match output:
                case Say(visitor, data):
                    self._queue(visitor, data)
                case End(visitor):
                    self._queue(visitor, None)

    def _queue(self, visitor: int, data: bytes | None) -> None:
        queue = self._queues.get(visitor)
        if queue is None:
            return
        try:
            queue.put_nowait(data)
        except asyncio.QueueFull:  # it reads nothing: whatever it lacks, it will ask again
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(None)
            self._lobby.leave(visitor)
