"""Messages over a WebSocket, for where WebRTC does not open, and for guests whose browser prefers it.

A frame is one byte of channel and the message; between nodes the frames after AUTH are sealed, because whoever carries
a WebSocket can read it. Writing is a task of its own behind a bounded queue, so a peer that does not read blocks
nobody: `put` never waits, and what it handed over is counted until the socket has taken it.
"""

import asyncio
import logging
import socket
from contextlib import suppress
from typing import final

from aiohttp import ClientError, ClientWebSocketResponse, WebSocketError, WSCloseCode, WSMsgType
from aiohttp.web import WebSocketResponse

from edgeboard.errors import CloseCode, DecodeError, SignatureError
from edgeboard.runtime.queues import ByteQueue, Overflow
from edgeboard.transport.link import OnLost, OnMessage
from edgeboard.transport.settings import Settings
from edgeboard.wire.messages import MESSAGE_MAX, Channel, closing
from edgeboard.wire.sealing import SEALED_OVERHEAD, Opener, Sealer

# What the WebSocket itself takes. Above the limit of a message, so that the link can say what was wrong with it.
FRAME_MAX = 2 * (MESSAGE_MAX + SEALED_OVERHEAD)

_ENDED = "the connection ended"
_logger = logging.getLogger(__name__)


@final
class RelayCarrier:
    """One end of a WebSocket that is open already; it moves messages while `run` runs."""

    name = "websocket"

    def __init__(self, ws: ClientWebSocketResponse | WebSocketResponse, remote: str, settings: Settings) -> None:
        self.remote = remote
        self._ws = ws
        self._linger_s = settings.linger_s
        self._frames = ByteQueue[bytes](2 * settings.send_max, Overflow.REFUSE, len)
        self._in_flight = 0  # bytes of the frame that the socket is taking
        self._sealer: Sealer | None = None
        self._opener: Opener | None = None
        self._on_message: OnMessage | None = None
        self._on_lost: OnLost | None = None
        self._listening = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._deadline: float | None = None  # set once the end is near: nothing may take longer
        self._cut_off = False

    @property
    def buffered(self) -> int:
        return self._frames.bytes + self._in_flight

    def listen(self, on_message: OnMessage, on_lost: OnLost) -> None:
        self._on_message, self._on_lost = on_message, on_lost
        self._listening.set()

    def seal(self, sealer: Sealer | None, opener: Opener | None) -> None:
        """See `meeting.Seal`."""
        self._sealer = sealer or self._sealer
        self._opener = opener or self._opener

    def put(self, channel: Channel, data: bytes) -> bool:
        if self._deadline is not None:
            return False
        return self._frames.put(bytes((channel,)) + data if self._sealer is None else self._sealer.seal(channel, data))

    def finish(self, *, linger: bool) -> None:
        self._on_lost = None
        self._finish(linger=linger)

    def _finish(self, *, linger: bool) -> None:
        if self._deadline is not None:
            return
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + self._linger_s
        self._cut_off = not linger
        if linger:
            self._frames.put(b"")  # the writer ends behind what was put
            loop.call_at(self._deadline, self._cut)
        else:
            self._cut()

    async def run(self) -> None:
        """Read and write until the link has ended; afterwards the WebSocket is closed."""
        reader = asyncio.create_task(self._read(), name=f"read {self.remote}")
        self._writer = asyncio.create_task(self._write(), name=f"write {self.remote}")
        if self._cut_off:
            self._cut()
        try:
            await asyncio.wait((reader, self._writer), return_when=asyncio.FIRST_COMPLETED)
            if reader.done():
                await self._ended(*reader.result())
        finally:
            self._lose(CloseCode.GOING_AWAY, _ENDED)
            await _end(reader)
            await _end(self._writer)
            await self._close_socket(abort=self._in_flight > 0)

    async def _read(self) -> tuple[CloseCode, str]:
        """Hand on what comes, from when somebody listens; returns why nothing more comes."""
        await self._listening.wait()
        while True:
            message = await self._ws.receive()
            if message.type is WSMsgType.BINARY:
                try:
                    channel, data = self._open(message.data)
                except DecodeError as error:
                    return CloseCode.MALFORMED, str(error)
                except SignatureError as error:
                    return CloseCode.AUTH_FAILED, str(error)
                if self._on_message is not None and self._deadline is None:
                    self._on_message(channel, data)
            elif message.type is WSMsgType.TEXT:
                return CloseCode.MALFORMED, "a frame is text, not binary"
            elif message.type is WSMsgType.ERROR:
                fault = message.data
                if isinstance(fault, WebSocketError) and fault.code == WSCloseCode.MESSAGE_TOO_BIG:
                    return CloseCode.TOO_BIG, f"a frame of more than {FRAME_MAX} bytes"
                return CloseCode.MALFORMED, f"not a WebSocket frame: {fault!r:.100}"
            else:
                return CloseCode.GOING_AWAY, _ENDED

    async def _write(self) -> None:
        """Send what was put, in order, until the empty frame that means the end."""
        try:
            while frame := await self._frames.get():
                self._in_flight = len(frame)
                await self._ws.send_bytes(frame)
                self._in_flight = 0
        except (ClientError, OSError, RuntimeError) as error:
            _logger.debug("%s: cannot write: %r", self.remote, error)

    def _open(self, frame: bytes) -> tuple[Channel, bytes]:
        if self._opener is not None:
            return self._opener.open(frame)
        try:
            return Channel(frame[0]), frame[1:]
        except (IndexError, ValueError):
            raise DecodeError("a frame names no channel") from None

    def _lose(self, code: CloseCode, text: str) -> None:
        self._finish(linger=False)
        on_lost, self._on_lost = self._on_lost, None
        if on_lost is not None:
            on_lost(code, text)

    async def _ended(self, code: CloseCode, text: str) -> None:
        """Nothing more is read; whoever broke the rules is told which, if they still listen."""
        if code is not CloseCode.GOING_AWAY and self._writer is not None:
            self.put(Channel.CTL, closing(code, text))
            self._finish(linger=True)
            self._lose(code, text)
            await asyncio.wait((self._writer,))
        else:
            self._lose(code, text)

    def _cut(self) -> None:
        self._cut_off = True
        if self._writer is not None:
            self._writer.cancel()

    async def _close_socket(self, *, abort: bool) -> None:
        """Say goodbye as WebSockets do; where that takes too long the socket is cut off, unsent bytes and all."""
        # Asked first: afterwards the WebSocket may not know its socket any more.
        raw = self._ws.get_extra_info("socket")
        gracefully = False
        try:
            async with asyncio.timeout_at(self._deadline):
                await self._ws.close()
            gracefully = not abort
        except (TimeoutError, ClientError, OSError, RuntimeError):
            pass
        except asyncio.CancelledError:
            # Waiting for its buffer, aiohttp shares one future: it was cancelled with our writer, and we are not.
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
        finally:
            if not gracefully and raw is not None:
                with suppress(OSError):
                    raw.shutdown(socket.SHUT_RDWR)


async def _end(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.wait((task,))
