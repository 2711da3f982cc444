"""Other boards as addresses: which of them answer, and WebSockets to them.

A knock is a TCP connection that says nothing: it finds out which of a board's addresses leads anywhere, before a
WebRTC connection is made for one that does not.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import final

from aiohttp import (
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DummyCookieJar,
    TCPConnector,
)
from yarl import URL

from edgeboard.errors import TransportError
from edgeboard.transport.relay import FRAME_MAX
from edgeboard.transport.settings import Settings

KNOCKS_MAX = 8  # addresses of one board that are tried
SLOWER_S = 0.03  # that the others are waited for when one address has answered


def read_board(url: str) -> URL:
    """The root of a board's pages.

    Raises:
        TransportError: not an address of a board.
    """
    try:
        board = URL(url)
        if board.scheme in ("http", "https") and board.host:
            return board.origin()
    except ValueError:
        pass
    raise TransportError(f"not the address of a board (http://HOST:PORT): {url[:200]!r}")


async def knock(urls: Sequence[str], seconds: float) -> tuple[str, ...]:
    """Those of these addresses at which something listens, in the given order.

    Raises:
        TransportError: none answered within `seconds`; the text says why, for the first.
    """
    tried = tuple(dict.fromkeys(urls))[:KNOCKS_MAX]
    if not tried:
        raise TransportError("there is no address to dial")
    tasks = {asyncio.ensure_future(_knock(url, seconds)): url for url in tried}
    try:
        left = set(tasks)
        while left and not any(task.done() and task.exception() is None for task in tasks):
            _, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        if left:
            await asyncio.wait(left, timeout=SLOWER_S)
        found = tuple(url for task, url in tasks.items() if task.done() and task.exception() is None)
        if not found:
            raise next(iter(tasks)).exception() or TransportError("nobody answers")
        return found
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _knock(url: str, seconds: float) -> None:
    board = read_board(url)
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(board.host, board.port)
    except TimeoutError:
        raise TransportError(f"{board}: no answer within {seconds:g} s") from None
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise TransportError(f"{board}: {reason:.200}") from None
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@final
class WebSockets:
    """Opens the WebSockets of `transport.relay`; goes through no proxy and keeps no cookies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: ClientSession | None = None

    async def open(self, board: URL) -> ClientWebSocketResponse:
        """Raises: TransportError: no WebSocket in time."""
        if self._client is None:
            connector = TCPConnector(limit=0, force_close=True)
            self._client = ClientSession(connector=connector, cookie_jar=DummyCookieJar(), trust_env=False)
        closing_time = ClientWSTimeout(ws_close=self._settings.linger_s)
        try:
            async with asyncio.timeout(self._settings.open_s):
                return await self._client.ws_connect(board / "link", max_msg_size=FRAME_MAX, timeout=closing_time)
        except TimeoutError:
            raise TransportError(f"{board}: no answer within {self._settings.open_s:g} s") from None
        except (ClientError, OSError, ValueError) as error:
            raise TransportError(f"{board}: no WebSocket: {error!s:.200}") from None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
