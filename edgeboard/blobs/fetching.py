"""The wanting side of the exchange: which blobs are looked for, who has them, and what is on its way.

A blob is asked of one link at a time, and a link for one blob at a time. What links say that they hold is remembered as
*haves*; those of them that are wanted, and that it makes sense to ask for now, are the link's *offers*.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, final

from edgeboard.blobs.shelf import Shelf
from edgeboard.blobs.values import BlobSettings, Misled, Output, Say
from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import BlobHash
from edgeboard.rate import TokenBucket
from edgeboard.wire.fields import BLOB_CHUNK_MAX
from edgeboard.wire.messages import BlobChunk, BlobWant

HAVES_MAX = 8192  # blobs that are remembered of one link; the oldest word goes first
KEEPING_MAX = 2  # blobs being written before another is fetched
PACE_AGAIN_S = 0.05  # when a link's pace allowed no piece


@dataclass(slots=True)
class _Link:
    pace: TokenBucket
    haves: dict[BlobHash, int] = field(default_factory=dict)  # bytes of what it says that it holds
    offers: dict[BlobHash, int] = field(default_factory=dict)
    owed: int = 0  # bytes that it was asked for and has not sent


@dataclass(slots=True)
class _Wanted:
    tries: int = 0
    total: int = 0  # bytes, as its present source says
    buffer: bytearray = field(default_factory=bytearray)
    digest: Any = field(default_factory=hashlib.sha256)
    sources: set[int] = field(default_factory=set)  # of what is in the buffer
    liars: set[int] = field(default_factory=set)
    is_alone: bool = False  # all of it is to come from one source

    def forget(self) -> None:
        self.buffer, self.digest, self.sources = bytearray(), hashlib.sha256(), set()


@dataclass(slots=True)
class _Fetch:
    content: BlobHash
    wanted: _Wanted
    asked_to: int
    due: float  # when its source has been silent for too long
    end: float  # when it has had its time
    resume_at: float | None = None  # when the pace of the link may allow another piece


@final
class Fetching:
    """What is wanted, and from whom.

    Args:
        make_room: whether so many bytes may be kept; lets go of what nobody needs.
        whole: a blob is here and fits its name.
        full: a link offers a blob for which there is no room.
        out: where messages and alarms go.
    """

    def __init__(
        self,
        settings: BlobSettings,
        shelf: Shelf,
        make_room: Callable[[int], bool],
        whole: Callable[[BlobHash, bytes], None],
        full: Callable[[int, BlobHash], None],
        out: list[Output],
    ) -> None:
        self._settings = settings
        self._shelf = shelf
        self._make_room = make_room
        self._on_whole = whole
        self._on_full = full
        self._out = out
        self._links: dict[int, _Link] = {}
        self._wanted: dict[BlobHash, _Wanted] = {}
        self._fetches: dict[int, _Fetch] = {}  # by link
        self._again: list[tuple[float, BlobHash]] = []  # a heap: when sources are asked again
        self._halves: list[BlobHash] = []  # wanted ones with a buffer that nobody fills, oldest first
        self._is_stirred = False  # there may be something to begin with
        self.misled = 0

    def __contains__(self, content: BlobHash) -> bool:
        return content in self._wanted

    def __len__(self) -> int:
        return len(self._wanted)

    @property
    def under_way(self) -> int:
        """How many blobs are on their way."""
        return len(self._fetches)

    # -- links

    def link_up(self, link: int, pace: TokenBucket) -> None:
        self._links[link] = _Link(pace)

    def link_down(self, link: int, now: float) -> None:
        self._links.pop(link, None)
        fetch = self._fetches.pop(link, None)
        if fetch is not None:
            self._suspend(fetch, now)
        self.start(now)

    def has(self, link: int, content: BlobHash) -> bool:
        state = self._links.get(link)
        return state is not None and content in state.haves

    def holders(self, content: BlobHash) -> list[int]:
        return [link for link, state in self._links.items() if content in state.haves]

    def heard(self, link: int, content: BlobHash, size: int) -> None:
        """A link holds a blob; `start` comes afterwards."""
        state = self._links[link]
        if len(state.haves) >= HAVES_MAX and content not in state.haves:
            self.forget(link, next(iter(state.haves)))
        state.haves[content] = size
        wanted = self._wanted.get(content)
        if wanted is not None and link not in wanted.liars and not self._is_fetched_by(link, content):
            state.offers[content] = size

    def forget(self, link: int, content: BlobHash) -> None:
        """A link does not hold a blob, or it is of no use there."""
        self._links[link].haves.pop(content, None)
        self._links[link].offers.pop(content, None)

    # -- what is wanted

    def want(self, content: BlobHash) -> bool:
        """Look for a blob, from the next timer on; False if too many are looked for already."""
        if content in self._wanted:
            return True
        if len(self._wanted) >= self._settings.wanted_max:
            return False
        self._wanted[content] = _Wanted()
        self._offer(content)
        self._is_stirred = True
        return True

    def want_later(self, content: BlobHash, now: float) -> None:
        """Look for a blob after the longest pause: what was to be done with it has failed."""
        self._wanted.setdefault(content, _Wanted())
        heappush(self._again, (now + self._settings.again_last_s, content))

    def unwant(self, content: BlobHash) -> None:
        """Look for it no longer."""
        if self._wanted.pop(content, None) is None:
            return
        if content in self._halves:
            self._halves.remove(content)
        for link, state in self._links.items():
            state.offers.pop(content, None)
            if self._is_fetched_by(link, content):
                del self._fetches[link]
                self._is_stirred = True

    def _is_fetched_by(self, link: int, content: BlobHash) -> bool:
        return link in self._fetches and self._fetches[link].content == content

    def _offer(self, content: BlobHash) -> None:
        """Whoever has a wanted blob may be asked for it."""
        wanted = self._wanted[content]
        for link, state in self._links.items():
            if content in state.haves and link not in wanted.liars:
                state.offers[content] = state.haves[content]

    # -- one fetch

    def start(self, now: float) -> None:
        """Begin to fetch what can be fetched from links that have nothing else to do for us."""
        self._is_stirred = False
        for link, state in list(self._links.items()):
            while link not in self._fetches and state.offers:
                if len(self._fetches) >= self._settings.fetches_max or self._shelf.keeping >= KEEPING_MAX:
                    return
                busy = {fetch.content for fetch in self._fetches.values()}
                content = next((content for content in state.offers if content not in busy), None)
                if content is None:
                    break
                self._begin(link, content, state.offers[content], now)

    def _begin(self, link: int, content: BlobHash, size: int, now: float) -> None:
        wanted = self._wanted[content]
        if not self._make_room(size + sum(fetch.wanted.total for fetch in self._fetches.values())):
            del self._links[link].offers[content]
            self._on_full(link, content)
            self._later(content, now)
            return
        if wanted.buffer and (wanted.total != size or (wanted.is_alone and wanted.sources != {link})):
            wanted.forget()
        if content in self._halves:
            self._halves.remove(content)
        wanted.total = size
        due = now + self._settings.silent_s
        end = due + (size - len(wanted.buffer)) / self._settings.slow_bytes_per_s
        self._fetches[link] = fetch = _Fetch(content, wanted, len(wanted.buffer), due, end)
        self._ask(link, fetch, now)

    def _ask(self, link: int, fetch: _Fetch, now: float) -> None:
        """Ask for as much as may be under way and the pace of the link allows."""
        state, wanted = self._links[link], fetch.wanted
        fetch.resume_at = None
        while fetch.asked_to < wanted.total and fetch.asked_to - len(wanted.buffer) < self._settings.ahead_bytes:
            length = min(BLOB_CHUNK_MAX, wanted.total - fetch.asked_to)
            if not state.pace.take(now, length):
                fetch.resume_at = now + PACE_AGAIN_S
                fetch.due = max(fetch.due, now + self._settings.silent_s)
                fetch.end += PACE_AGAIN_S
                return
            state.owed += length
            self._out.append(Say(link, BlobWant(fetch.content, fetch.asked_to, length)))
            fetch.asked_to += length

    def chunk(self, link: int, chunk: BlobChunk, now: float) -> None:
        """A piece of a blob has come.

        Raises:
            RefusedError: it was not asked for, so the link has to end.
        """
        state = self._links[link]
        state.owed -= len(chunk.data)
        if state.owed < 0 or not chunk.data:
            raise RefusedError(CloseCode.RATE, "pieces of a blob that nobody has asked for")
        fetch = self._fetches.get(link)
        if fetch is None or fetch.content != chunk.content or chunk.offset != len(fetch.wanted.buffer):
            return  # of a fetch that was given up
        wanted = fetch.wanted
        expected = min(BLOB_CHUNK_MAX, wanted.total - chunk.offset)
        if chunk.total != wanted.total or len(chunk.data) != expected:
            self.forget(link, fetch.content)
            self.fail(link, fetch.content, now)
            return
        wanted.buffer += chunk.data
        wanted.digest.update(chunk.data)
        wanted.sources.add(link)
        fetch.due = now + self._settings.silent_s
        if len(wanted.buffer) < wanted.total:
            self._ask(link, fetch, now)
            return
        del self._fetches[link]
        state.offers.pop(fetch.content, None)
        if wanted.digest.digest() == fetch.content:
            self.unwant(fetch.content)
            self._on_whole(fetch.content, bytes(wanted.buffer))
        else:
            self._misled(link, fetch.content, wanted, now)
        self.start(now)

    def _misled(self, link: int, content: BlobHash, wanted: _Wanted, now: float) -> None:
        """All bytes are here and do not fit the name: one of the sources is faulty or lies."""
        if wanted.sources == {link}:
            self.misled += 1
            wanted.liars.add(link)
            self._out.append(Misled(link, content))
        wanted.is_alone = True
        wanted.forget()
        self._offer(content)
        self._later(content, now)

    def fail(self, link: int, content: BlobHash, now: float) -> None:
        """A link does not give a blob: another one is asked, or the same after a while."""
        self._links[link].offers.pop(content, None)
        self._links[link] = self._links.pop(link)  # others come first now
        if self._is_fetched_by(link, content):
            self._suspend(self._fetches.pop(link), now)
            self.start(now)

    def _suspend(self, fetch: _Fetch, now: float) -> None:
        """A fetch has lost its source; what it has is kept for the next one."""
        if fetch.content not in self._wanted:
            return
        if fetch.wanted.buffer:
            self._halves.append(fetch.content)
            if len(self._halves) > self._settings.fetches_max:
                self._wanted[self._halves.pop(0)].forget()
        self._later(fetch.content, now)

    def _later(self, content: BlobHash, now: float) -> None:
        """If nobody is left who can be asked, all are asked again after a while."""
        if any(content in state.offers for state in self._links.values()):
            return
        wanted = self._wanted[content]
        pause = min(self._settings.again_last_s, self._settings.again_first_s * 2**wanted.tries)
        wanted.tries = min(wanted.tries + 1, 16)
        heappush(self._again, (now + pause, content))

    # -- time

    def next_timer(self) -> float | None:
        if self._is_stirred:
            return 0.0  # at once
        times = [
            min(fetch.due, fetch.end) if fetch.resume_at is None else fetch.resume_at
            for fetch in self._fetches.values()
        ]
        if self._again:
            times.append(self._again[0][0])
        return min(times, default=None)

    def on_timer(self, now: float) -> None:
        while self._again and self._again[0][0] <= now:
            _, content = heappop(self._again)
            if content in self._wanted and not any(fetch.content == content for fetch in self._fetches.values()):
                self._offer(content)
        for link, fetch in list(self._fetches.items()):
            if fetch.resume_at is not None:
                if fetch.resume_at <= now:
                    self._ask(link, fetch, now)
            elif min(fetch.due, fetch.end) <= now:
                self.fail(link, fetch.content, now)
        self.start(now)
