"""Blobs from whoever has them: have, want, chunk (docs/formats/wire.md, "Blobs").

Rules of this package:
- nothing is kept, or said to be held, before its SHA-256 fits its name;
- whoever lacks a blob asks for it, piece by piece; what was not asked for ends the link that sends it;
- when a source fails, falls silent or goes, the next one goes on where it stopped;
- a blob out of several sources that does not fit is fetched anew from one alone, so that it is known who lies;
- memory is bounded: so many blobs on their way, so many being written, so many half-way ones.

The engine knows neither rooms nor images: what is wanted, who may be given what, and what may not be kept are its
owner's to say.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import final

from edgeboard.blobs.fetching import Fetching
from edgeboard.blobs.giving import Giving
from edgeboard.blobs.shelf import Shelf
from edgeboard.blobs.values import BlobSettings, BlobStatistics, DropBlob, KeepBlob, Output, Say
from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import BlobHash
from edgeboard.rate import TokenBucket
from edgeboard.timers import soonest
from edgeboard.wire.fields import BLOB_HAVES_MAX, Held
from edgeboard.wire.messages import TEXT_MAX, BlobChunk, BlobHave, BlobLack, BlobWant, OfBlobs

REFUSED_MAX = 4096  # blobs of which is remembered that they may not be kept

Verdict = tuple[CloseCode, str]


@final
class Exchange:
    """All blobs of a node, and who has them.

    Args:
        judge: why a whole blob may not be kept; None if it may.
        may_have: whether a link may be given a blob.
        may_drop: whether nobody needs a blob.
    """

    def __init__(
        self,
        settings: BlobSettings,
        judge: Callable[[bytes], Verdict | None],
        may_have: Callable[[int, BlobHash], bool],
        may_drop: Callable[[BlobHash], bool],
    ) -> None:
        self._settings = settings
        self._judge = judge
        self._out: list[Output] = []
        self.shelf = Shelf(settings.keep_bytes, settings.cache_bytes, may_drop)
        self._giving = Giving(settings, self.shelf, may_have, self._out)
        self._fetching = Fetching(settings, self.shelf, self._make_room, self._whole, self._turn_away, self._out)
        self._guests: set[int] = set()
        self._haves: dict[int, TokenBucket] = {}  # by link: how many blobs it may name
        self._refused: dict[BlobHash, Verdict] = {}
        self._fetched = self._full = 0

    # -- links

    def link_up(self, link: int, now: float, *, is_guest: bool) -> None:
        settings = self._settings
        if is_guest:
            self._guests.add(link)
            pace = TokenBucket(settings.guest_bytes_per_s, settings.guest_bytes_burst, now)
        else:
            pace = TokenBucket(settings.node_bytes_per_s, settings.node_bytes_burst, now)
        self._haves[link] = TokenBucket(settings.haves_per_s, settings.haves_burst, now)
        self._fetching.link_up(link, pace)
        self._giving.link_up(link, now)

    def link_down(self, link: int, now: float) -> None:
        self._guests.discard(link)
        self._haves.pop(link, None)
        self._giving.link_down(link)
        self._fetching.link_down(link, now)

    def has(self, link: int, content: BlobHash) -> bool:
        """Whether a link said that it holds a blob."""
        return self._fetching.has(link, content)

    def announce(self, link: int, held: Iterable[tuple[BlobHash, int]]) -> None:
        """Tell a link which blobs are here: (content, level) each; those that are not are left out."""
        entries = [
            Held(content, size, level) for content, level in held if (size := self.shelf.size(content)) is not None
        ]
        for at in range(0, len(entries), BLOB_HAVES_MAX):
            self._out.append(Say(link, BlobHave(tuple(entries[at : at + BLOB_HAVES_MAX]))))

    # -- what is wanted

    def restore(self, held: Iterable[tuple[BlobHash, int]]) -> None:
        """What the disk holds at the start, oldest first."""
        self.shelf.restore(held)

    def want(self, content: BlobHash) -> bool:
        """Fetch a blob from whoever has it, unless it is here; False if too many are wanted already."""
        if self.shelf.is_known(content) or content in self._refused:
            return True
        return self._fetching.want(content)

    def unwant(self, content: BlobHash) -> None:
        """Nobody needs it any more."""
        self._fetching.unwant(content)

    def take(self, content: BlobHash, data: bytes) -> bool:
        """Keep a blob that came another way; False if it is here already.

        Raises:
            RefusedError: it does not fit its name, may not be kept, or there is no room for it.
        """
        if self.shelf.is_known(content):
            return False
        if hashlib.sha256(data).digest() != content:
            raise RefusedError(CloseCode.MALFORMED, "a blob does not fit its name")
        verdict = self._judge(data)
        if verdict is not None:
            raise RefusedError(*verdict)
        if not self._make_room(len(data)):
            raise RefusedError(CloseCode.STORE_FULL, self._full_text())
        self._fetching.unwant(content)
        self._keep(content, data)
        return True

    # -- messages and answers

    def receive(self, link: int, message: OfBlobs, now: float) -> None:
        """Take a message of a link.

        Raises:
            RefusedError: the link has to end.
        """
        match message:
            case BlobHave(held):
                if not self._haves[link].take(now, len(held)):
                    raise RefusedError(CloseCode.RATE, "more blobs were named than a board has")
                for entry in held:
                    self._heard(link, BlobHash(entry.content), entry.size)
                self._fetching.start(now)
            case BlobWant():
                if not message.length:
                    raise RefusedError(CloseCode.MALFORMED, "no bytes of a blob were asked for")
                self._giving.asked(link, message, now)
            case BlobChunk():
                self._fetching.chunk(link, message, now)
            case BlobLack(content, _, _):
                self._fetching.forget(link, BlobHash(content))
                self._fetching.fail(link, BlobHash(content), now)

    def _heard(self, link: int, content: BlobHash, size: int) -> None:
        if not 1 <= size <= self._settings.blob_bytes_max:
            most = self._settings.blob_bytes_max
            self._refuse(link, content, (CloseCode.TOO_BIG, f"a blob has 1 to {most} bytes"))
        elif content in self._refused:
            self._refuse(link, content, self._refused[content])
        else:
            self._fetching.heard(link, content, size)

    def kept(self, content: BlobHash, now: float, *, ok: bool) -> bool:
        """The answer to `KeepBlob`; whether the blob is held now."""
        if not self.shelf.kept(content, ok=ok):
            return False
        if not ok:
            self._fetching.want_later(content, now)
            for link in self._guests.intersection(self._fetching.holders(content)):
                self._refuse(link, content, (CloseCode.STORE_FULL, "this board's disk takes no images just now"))
        self._fetching.start(now)
        return ok

    def loaded(self, content: BlobHash, data: bytes | None, now: float) -> None:
        """The answer to `LoadBlob`; None if it is damaged or gone."""
        if data is None:
            self.shelf.lose(content)
        self._giving.loaded(content, data, now)

    def _whole(self, content: BlobHash, data: bytes) -> None:
        """A blob is here and fits its name."""
        self._fetched += 1
        verdict = self._judge(data)
        if verdict is None:
            self._keep(content, data)
            return
        if len(self._refused) >= REFUSED_MAX:
            del self._refused[next(iter(self._refused))]
        self._refused[content] = verdict
        for link in self._fetching.holders(content):
            self._fetching.forget(link, content)
            self._refuse(link, content, verdict)

    def _keep(self, content: BlobHash, data: bytes) -> None:
        self.shelf.keep(content, data)
        self._out.append(KeepBlob(content, data))

    def _turn_away(self, link: int, content: BlobHash) -> None:
        """There is no room for what a link offers."""
        self._full += 1
        if link in self._guests:
            self._refuse(link, content, (CloseCode.STORE_FULL, self._full_text()))

    def _refuse(self, link: int, content: BlobHash, verdict: Verdict) -> None:
        code, text = verdict
        self._out.append(Say(link, BlobLack(content, code, text[:TEXT_MAX])))

    def _make_room(self, size: int) -> bool:
        self._out += [DropBlob(content) for content in self.shelf.make_room(size)]
        return self.shelf.has_room(size)

    def _full_text(self) -> str:
        return f"this board's {self._settings.keep_bytes >> 20} MiB for images are used up"

    # -- time and output

    def next_timer(self) -> float | None:
        return soonest(self._fetching.next_timer(), self._giving.next_timer())

    def on_timer(self, now: float) -> None:
        self._fetching.on_timer(now)
        due = self._giving.next_timer()
        if due is not None and due <= now:
            self._giving.give(now)

    def drain(self) -> Iterator[Output]:
        """All output so far, in order."""
        while self._out:
            yield self._out.pop(0)

    def statistics(self) -> BlobStatistics:
        return BlobStatistics(
            len(self.shelf),
            self.shelf.held_bytes,
            len(self._fetching),
            self._fetching.under_way,
            self._fetched,
            self._giving.given_bytes,
            len(self._refused),
            self._fetching.misled,
            self._full,
        )
