"""The giving side of the exchange: pieces of blobs for those who asked, at a pace, whoever waits longest first.

What was asked for waits in a short queue per link; a link that asks for more than that at once is not one of ours.
"""

from collections import deque
from collections.abc import Callable
from typing import final

from edgeboard.blobs.shelf import Shelf
from edgeboard.blobs.values import BlobSettings, LoadBlob, Output, Say
from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import BlobHash
from edgeboard.rate import TokenBucket
from edgeboard.wire.messages import BlobChunk, BlobLack, BlobWant

QUEUE_MAX = 32  # pieces that one link waits for: eight blobs of which 64 KiB each were asked for
LOADS_MAX = 2  # blobs that are being read from the disk
LOOK_AGAIN_S = 0.02  # when the pace allowed no piece
AT_ONCE_MAX = 16  # pieces given before pens and links get a turn


@final
class Giving:
    """What links have asked for.

    Args:
        may_have: whether a link may be given a blob.
    """

    def __init__(
        self, settings: BlobSettings, shelf: Shelf, may_have: Callable[[int, BlobHash], bool], out: list[Output]
    ) -> None:
        self._settings = settings
        self._shelf = shelf
        self._may_have = may_have
        self._out = out
        self._queues: dict[int, deque[BlobWant]] = {}
        self._paces: dict[int, TokenBucket] = {}
        self._pace_of_all: TokenBucket | None = None
        self._loading: set[BlobHash] = set()
        self._due: float | None = None
        self.given_bytes = 0

    def link_up(self, link: int, now: float) -> None:
        settings = self._settings
        self._queues[link] = deque()
        self._paces[link] = TokenBucket(settings.serve_bytes_per_s, settings.serve_bytes_burst, now)
        if self._pace_of_all is None:
            self._pace_of_all = TokenBucket(settings.serve_all_bytes_per_s, settings.serve_all_bytes_per_s, now)

    def link_down(self, link: int) -> None:
        self._queues.pop(link, None)
        self._paces.pop(link, None)

    def asked(self, link: int, want: BlobWant, now: float) -> None:
        """A link asks for a piece.

        Raises:
            RefusedError: it has asked for too many already.
        """
        queue = self._queues[link]
        content = BlobHash(want.content)
        size = self._shelf.size(content)
        if size is None or want.offset >= size or not self._may_have(link, content):
            self._lack(link, content)
            return
        if len(queue) >= QUEUE_MAX:
            raise RefusedError(CloseCode.RATE, f"more than {QUEUE_MAX} pieces of blobs were asked for at once")
        queue.append(want)
        self.give(now)

    def loaded(self, content: BlobHash, data: bytes | None, now: float) -> None:
        """A blob was read from the disk; None if it was damaged or is gone."""
        self._loading.discard(content)
        if data is None:
            for link, queue in self._queues.items():
                waiting = [want for want in queue if want.content != content]
                if len(waiting) < len(queue):
                    self._queues[link] = deque(waiting)
                    self._lack(link, content)
        else:
            self._shelf.cache(content, data)
        self.give(now)

    def next_timer(self) -> float | None:
        return self._due

    def give(self, now: float) -> None:
        """Send what the pace allows: a piece to each link in turn."""
        self._due = None
        waiting = deque(link for link, queue in self._queues.items() if queue)
        given = 0
        while waiting and given < AT_ONCE_MAX:
            link = waiting.popleft()
            given += 1
            if self._give_one(link, now):
                waiting.append(link)
        if waiting:
            self._due = now
            for link in [link for link in self._queues if link not in waiting]:  # those in line come first next time
                self._queues[link] = self._queues.pop(link)

    def _give_one(self, link: int, now: float) -> bool:
        """One piece for a link; False if it has to wait, or needs none."""
        queue = self._queues[link]
        want = queue[0]
        content = BlobHash(want.content)
        data = self._shelf.read(content)
        if data is None:
            if content not in self._shelf:  # it went while this waited
                queue.popleft()
                self._lack(link, content)
                return bool(queue)
            if content not in self._loading and len(self._loading) < LOADS_MAX:
                self._loading.add(content)
                self._out.append(LoadBlob(content))
            return False  # `loaded` goes on
        piece = data[want.offset : want.offset + want.length]
        assert self._pace_of_all is not None
        if not (self._paces[link].take(now, len(piece)) and self._pace_of_all.take(now, len(piece))):
            self._due = now + LOOK_AGAIN_S
            return False
        queue.popleft()
        self.given_bytes += len(piece)
        self._out.append(Say(link, BlobChunk(content, want.offset, len(data), piece)))
        return bool(queue)

    def _lack(self, link: int, content: BlobHash) -> None:
        self._out.append(Say(link, BlobLack(content, CloseCode.NORMAL, "it is not here")))  # which is no fault
