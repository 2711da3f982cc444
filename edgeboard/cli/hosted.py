"""A guest session over the control socket of the node that is its host: dials, feeds, and dials again after an outage.

While anything is not safe, an outage is only waiting: the node may be restarting. What a node refuses ends the run, and
so does a node that does not come back.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, final

import aiohttp

from edgeboard.cli.control import NoNode, ask, explain
from edgeboard.cli.guest import GuestSession
from edgeboard.errors import CloseCode, DecodeError, RefusedError, UserError
from edgeboard.storage.statedir import find_control_socket

DIAL_AGAIN_S = 0.25
OUTAGE_MAX_S = 10.0  # until a node that has gone is given up; a restart takes 1 s, 5 on a slow board
MESSAGE_MAX = 128 * 1024  # bytes of a frame
PASSING = (CloseCode.NORMAL, CloseCode.GOING_AWAY, CloseCode.SLOW, CloseCode.SILENT)  # reasons to dial again


@final
class HostedGuest:
    """Keeps one session linked to its host. Use as an async context; `changed` is set whenever something happened."""

    def __init__(self, state: Path, session: GuestSession, on_change: Callable[[], None] = lambda: None) -> None:
        self.session = session
        self.links = 0
        self._ended = asyncio.Event()  # the host is given up
        self._state = state
        self._on_change = on_change
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._wakes = asyncio.Event()
        self._changed = asyncio.Condition()
        self._failed: UserError | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "HostedGuest":
        """Raises: NoNode, UserError: there is no host to begin with."""
        await asyncio.to_thread(ask, self._state, "/control/status")
        self._tasks = [
            asyncio.create_task(self._keep_linked(), name="link to the host"),
            asyncio.create_task(self._send(), name="send to the host"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def flush(self) -> None:
        """Send what the session wants sent."""
        self._wakes.set()

    async def unless_gone(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something as long as there is hope for the host; what is under way when it is given up is cancelled.

        Raises:
            UserError: the host is gone for good, or refuses.
        """
        doing, ending = asyncio.create_task(work), asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                doing.result()
            elif self._failed is not None:
                raise self._failed
        finally:
            doing.cancel()
            ending.cancel()
            await asyncio.gather(doing, ending, return_exceptions=True)

    async def until(self, holds: Callable[[], bool], timeout_s: float | None = None) -> bool:
        """Wait until something holds; False if it does not in time.

        Raises:
            UserError: the host is gone for good, or refuses.
        """
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                while not holds():
                    if self._failed is not None:
                        raise self._failed
                    await self._changed.wait()
        except TimeoutError:
            return holds()
        return True

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
        self._on_change()

    async def _send(self) -> None:
        while True:
            await self._wakes.wait()
            self._wakes.clear()
            ws = self._ws
            if ws is not None:
                for frame in self.session.drain():
                    try:
                        await ws.send_bytes(frame)
                    except (ConnectionError, aiohttp.ClientError):
                        break  # the reader notices, and all of it is submitted again

    async def _keep_linked(self) -> None:
        gone_at = time.monotonic()
        while True:
            try:
                await self._link()
                gone_at = time.monotonic()
            except NoNode as error:
                if time.monotonic() - gone_at > OUTAGE_MAX_S:
                    self._failed = error
            except RefusedError as error:
                if error.code not in PASSING:
                    self._failed = UserError(f"the node ends the link: {error}")
                gone_at = time.monotonic()
            except UserError as error:
                self._failed = error
            except DecodeError as error:
                self._failed = UserError(f"the node says what nobody understands: {error}")
            self._ws = None
            await self._notify()
            if self._failed is not None:
                self._ended.set()
                return
            await asyncio.sleep(DIAL_AGAIN_S)

    async def _link(self) -> None:
        """One link, from opening to its end."""
        try:
            async with (
                aiohttp.ClientSession(connector=_connector(self._state)) as http,
                http.ws_connect("http://edgeboard/guest", max_msg_size=MESSAGE_MAX, compress=0) as ws,
            ):
                self.session.connect()
                self._ws = ws
                self.links += 1
                self.flush()
                async for message in ws:
                    if message.type is aiohttp.WSMsgType.BINARY:
                        self.session.receive(message.data)
                        self.flush()
                        await self._notify()
        except (aiohttp.ClientError, OSError) as error:
            if self._ws is None:
                raise explain(self._state, error) from None


def _connector(state: Path) -> aiohttp.UnixConnector:
    return aiohttp.UnixConnector(str(find_control_socket(state)))
