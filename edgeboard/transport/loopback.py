"""A pair of links within one process: no sockets, no delay, nothing lost, the same order every time."""

from collections import deque
from typing import final

from edgeboard.errors import CloseCode
from edgeboard.ports import Peer
from edgeboard.transport.link import OnLost, OnMessage, OpenLink
from edgeboard.transport.settings import Settings
from edgeboard.wire.messages import Channel


@final
class LoopbackCarrier:
    """One end. While it is `stalled` what it was given stays in its buffer, as with a slow network."""

    name = "loopback"

    def __init__(self, remote: str) -> None:
        self.remote = remote
        self.other: LoopbackCarrier | None = None
        self._on_message: OnMessage | None = None
        self._on_lost: OnLost | None = None
        self._waiting: deque[tuple[Channel, bytes]] = deque()
        self._stalled = False

    @property
    def buffered(self) -> int:
        return sum(len(data) for _, data in self._waiting)

    @property
    def stalled(self) -> bool:
        return self._stalled

    @stalled.setter
    def stalled(self, stalled: bool) -> None:
        self._stalled = stalled
        self._flush()

    def listen(self, on_message: OnMessage, on_lost: OnLost) -> None:
        self._on_message, self._on_lost = on_message, on_lost

    def put(self, channel: Channel, data: bytes) -> bool:
        if self.other is None:
            return False
        self._waiting.append((channel, data))
        self._flush()
        return True

    def finish(self, *, linger: bool) -> None:
        other, self.other = self.other, None
        if other is not None and other._on_lost is not None:
            other.other = None
            other._on_lost(CloseCode.GOING_AWAY, "the connection ended")

    def _flush(self) -> None:
        while self._waiting and not self._stalled and self.other is not None and self.other._on_message is not None:
            self.other._on_message(*self._waiting.popleft())


def loopback_links(
    left: Peer | None, right: Peer | None, settings: Settings | None = None
) -> tuple[OpenLink, OpenLink]:
    """Two ends of one link; the first has `left` as its peer, the second `right`."""
    settings = settings or Settings()
    ends = LoopbackCarrier("loopback:left"), LoopbackCarrier("loopback:right")
    ends[0].other, ends[1].other = ends[1], ends[0]
    return OpenLink(ends[0], left, settings), OpenLink(ends[1], right, settings)
