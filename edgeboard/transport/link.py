"""The face of an open link, whatever carries it: limits, order, and an end that is told exactly once.

Rules of this file: what arrives is queued and delivered from the event loop, so a handler never runs inside a
carrier; a handler that raises loses its message and nothing else; a reliable message is never dropped, a queue that is
full ends the link with a reason; live messages are dropped first.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, final

from edgeboard.errors import CloseCode, DecodeError
from edgeboard.ports import Peer
from edgeboard.runtime.queues import ByteQueue, Overflow
from edgeboard.transport.settings import Settings
from edgeboard.wire.live import LIVE_MAX
from edgeboard.wire.messages import MESSAGE_MAX, Channel, Close, closing, decode
from edgeboard.wire.session import close_code

OnMessage = Callable[[Channel, bytes], None]
OnLost = Callable[[CloseCode, str], None]

_MESSAGE_COST = 64  # bytes that an empty message counts in the queue
_logger = logging.getLogger(__name__)


class Carrier(Protocol):
    """What moves messages. It says what arrives, and once that it is lost; it says nothing after `finish`."""

    @property
    def name(self) -> str:
        """`webrtc`, `websocket` or `loopback`."""
        ...

    @property
    def remote(self) -> str: ...

    @property
    def buffered(self) -> int:
        """Bytes put and not yet sent."""
        ...

    def listen(self, on_message: OnMessage, on_lost: OnLost) -> None:
        """Who is told from now on; the callbacks never raise."""
        ...

    def put(self, channel: Channel, data: bytes) -> bool:
        """Send one message; False if the carrier is lost already. Never raises."""
        ...

    def finish(self, *, linger: bool) -> None:
        """End; with `linger` what was put is given a moment to arrive. Never raises; further calls do nothing."""
        ...


@dataclass(frozen=True, slots=True)
class LinkStatistics:
    messages_sent: int = 0
    messages_received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    live_dropped: int = 0  # sent or received, for lack of room
    handler_errors: int = 0


@final
class OpenLink:
    """Implements `ports.Link` on a carrier."""

    def __init__(
        self,
        carrier: Carrier,
        peer: Peer | None,
        settings: Settings,
        on_end: Callable[["OpenLink"], None] | None = None,
    ) -> None:
        """Take over `carrier`; `on_end` is for the owner and runs before the `on_close` of the user."""
        self._carrier = carrier
        self._peer = peer
        self._settings = settings
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._inbox = ByteQueue[tuple[Channel, bytes]](settings.receive_max, Overflow.REFUSE, _cost)
        self._on_message: OnMessage | None = None
        self._on_close: OnLost | None = None
        self._farewell: tuple[CloseCode, str] | None = None
        self._scheduled = False
        self._messages_sent = self._messages_received = self._bytes_sent = self._bytes_received = 0
        self._live_dropped = self._handler_errors = 0
        carrier.listen(self.arrived, self.lost)

    @property
    def peer(self) -> Peer | None:
        return self._peer

    @property
    def carrier(self) -> str:
        return self._carrier.name

    @property
    def remote(self) -> str:
        return self._carrier.remote

    @property
    def buffered(self) -> int:
        return self._carrier.buffered

    @property
    def is_open(self) -> bool:
        return self._farewell is None

    def attach(self, on_message: OnMessage, on_close: OnLost) -> None:
        """Start delivery; see `ports.Link`. A second call replaces the first."""
        self._on_message, self._on_close = on_message, on_close
        self._schedule()

    def send(self, channel: Channel, data: bytes) -> bool:
        """See `ports.Link`. A live message is dropped, and False returned, already above 64 KiB of buffer."""
        if self._farewell is not None:
            return False
        if len(data) > _most(channel):
            _logger.error("%s: a message of %d bytes on %s is too big to send", self.remote, len(data), channel.name)
            return False
        buffered = self._carrier.buffered
        if channel is Channel.LIVE and buffered > self._settings.live_max:
            self._live_dropped += 1
            return False
        if buffered > self._settings.send_max or not self._carrier.put(channel, data):
            return False
        self._messages_sent += 1
        self._bytes_sent += len(data)
        return True

    def close(self, code: CloseCode, text: str) -> None:
        """See `ports.Link`. What has arrived and was not delivered is dropped; `on_close` hears `code` and `text`."""
        if self._farewell is None:
            while self._inbox.take() is not None:
                pass
            self._end(code, text, tell=True)

    def arrived(self, channel: Channel, data: bytes) -> None:
        """The carrier has a message."""
        if self._farewell is not None:
            return
        if len(data) > _most(channel):
            text = f"a message of {len(data)} bytes on {channel.name.lower()}; the limit is {_most(channel)}"
            self._end(CloseCode.TOO_BIG, text, tell=True)
        elif channel is Channel.CTL and _may_be_close(data):
            self._read_close(data)
        elif self._inbox.put((channel, data)):
            self._messages_received += 1
            self._bytes_received += len(data)
            self._schedule()
        elif channel is Channel.LIVE:
            self._live_dropped += 1
        else:
            self._end(CloseCode.RATE, "more has come than could be taken", tell=True)

    def lost(self, code: CloseCode, text: str) -> None:
        """The carrier has ended without last words."""
        if self._farewell is None:
            self._end(code, text, tell=False)

    def statistics(self) -> LinkStatistics:
        return LinkStatistics(
            self._messages_sent,
            self._messages_received,
            self._bytes_sent,
            self._bytes_received,
            self._live_dropped,
            self._handler_errors,
        )

    def _read_close(self, data: bytes) -> None:
        try:
            message = decode(Channel.CTL, data)
        except DecodeError as error:
            self._end(CloseCode.MALFORMED, str(error), tell=True)
            return
        if isinstance(message, Close):
            self._end(close_code(message.code), message.text, tell=False)

    def _end(self, code: CloseCode, text: str, *, tell: bool) -> None:
        self._farewell = code, text
        if tell:
            self._carrier.put(Channel.CTL, closing(code, text))
        self._carrier.finish(linger=tell)
        if self._on_end is not None:
            self._on_end(self)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled and self._on_message is not None:
            self._scheduled = True
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        """Hand over all that is here; how much that can be is bounded by what one turn of the loop reads."""
        self._scheduled = False
        while (item := self._inbox.take()) is not None and self._on_message is not None:
            try:
                self._on_message(*item)
            except Exception:  # a bug above must not take the link, or with aiortc the whole transport, with it
                self._handler_errors += 1
                _logger.exception("%s: a message on %s was not handled", self.remote, item[0].name)
        if self._farewell is not None and self._on_close is not None:
            on_close, self._on_close = self._on_close, None
            try:
                on_close(*self._farewell)
            except Exception:  # as above
                self._handler_errors += 1
                _logger.exception("%s: the end of the link was not handled", self.remote)


def _most(channel: Channel) -> int:
    return LIVE_MAX if channel is Channel.LIVE else MESSAGE_MAX


def _cost(item: tuple[Channel, bytes]) -> int:
    return len(item[1]) + _MESSAGE_COST


def _may_be_close(data: bytes) -> bool:
    """Whether an array starts with the number of CLOSE, in any of the forms that msgpack has for arrays."""
    first = data[:1]
    at = 1 if b"\x90" <= first <= b"\x9f" else {b"\xdc": 3, b"\xdd": 5}.get(first, len(data))
    return data[at : at + 1] == b"\x03"
