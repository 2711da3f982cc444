"""Releases among the boards of a mesh: who runs what, and chunks from whoever has them (docs/formats/releases.md).

Rules of this file:
- only boards take part; a guest that says a word of it loses its link;
- nothing is kept that does not fit its SHA-256; what a hash is worth, `edgeboard ota` says, which verifies it all;
- ink comes first: few bytes are under way, and less is given and asked for than of images;
- a chunk is lent to one board at a time, so that boards get it from each other instead of all from one; who keeps it
  for longer than `LENT_MOST_S` while others wait gives way to one of them;
- who sends wrong bytes is not asked again for `DROPPED_S`, and named.

The exchange is that of images, `edgeboard/blobs`, with a shelf and messages of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import final

from edgeboard.blobs.exchange import Exchange
from edgeboard.blobs.values import KIB, MIB, BlobSettings, BlobStatistics, Misled, Say
from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.ids import BlobHash, NodeId
from edgeboard.node.core import Core
from edgeboard.node.values import Alarm, ForReleases
from edgeboard.rate import TokenBucket
from edgeboard.timers import soonest
from edgeboard.wire.fields import BLOB_CHUNK_MAX
from edgeboard.wire.messages import BlobHave, BlobWant, Channel, OfBlobs, decode, encode
from edgeboard.wire.releases import FILE_BYTES_MAX, OfRelease, OfReleases, ReleaseIs, Report

SETTINGS = BlobSettings(
    blob_bytes_max=FILE_BYTES_MAX,
    keep_bytes=256 * MIB,
    fetches_max=4,
    node_bytes_per_s=512 * KIB,
    node_bytes_burst=1 * MIB,
    serve_bytes_per_s=512 * KIB,
    serve_bytes_burst=1 * MIB,
    serve_all_bytes_per_s=1 * MIB,
    cache_bytes=2 * MIB,
)
TOLD_PER_S, TOLD_BURST = 0.2, 10.0  # ReleaseIs of one link
LENT_S = 4.0  # since a board has asked for a piece of a chunk, for which others go elsewhere
LENT_MOST_S = 60.0  # while others wait: a chunk at 5 KiB/s
LOOK_S = 1.0  # between two looks at what has ended
WISH_S = 600.0  # for which a chunk is looked for, since somebody has asked for it
DROPPED_S = 3600.0
DENIED_MAX = 4096  # boards and chunks that are remembered, to offer the chunk again


@dataclass(slots=True)
class _Loan:
    link: int
    until: float
    since: float
    denied: set[int] = field(default_factory=set)


@final
class Renewal:
    """What a node has and wants of releases."""

    def __init__(self, core: Core) -> None:
        self._core = core
        rate = core.settings.messages_per_s * BLOB_CHUNK_MAX
        settings = replace(
            SETTINGS,
            node_bytes_per_s=min(SETTINGS.node_bytes_per_s, rate / 8),
            node_bytes_burst=min(SETTINGS.node_bytes_burst, rate / 2),
            serve_bytes_per_s=min(SETTINGS.serve_bytes_per_s, rate / 8),
            serve_bytes_burst=min(SETTINGS.serve_bytes_burst, rate / 2),
        )
        self._exchange = Exchange(settings, lambda data: None, self._may_have, self._may_drop)
        self._held: dict[BlobHash, None] = {}  # oldest first
        self._own: Mapping[BlobHash, int] = {}  # of these: what lies where updates are kept
        self._told: dict[int, ReleaseIs] = {}  # by link
        self._paces: dict[int, TokenBucket] = {}
        self._nodes: dict[int, NodeId] = {}
        self._wishes: dict[BlobHash, float] = {}
        self._loans: dict[BlobHash, _Loan] = {}
        self._denied = 0
        self._dropped: dict[NodeId, float] = {}
        self._look_due: float | None = None  # for wishes and loans that have ended
        self._now = 0.0
        self.own = ReleaseIs("", "", "", 0, 0, 0, ())

    # -- the disk

    def restore(self, held: Iterable[tuple[BlobHash, int]]) -> None:
        """Chunks that were fetched by an earlier run, oldest first."""
        held = list(held)
        self._exchange.restore(held)
        self._held.update((content, None) for content, _ in held)

    def offer(self, own: Mapping[BlobHash, int], told: ReleaseIs, reports: tuple[Report, ...], now: float) -> None:
        """What lies where updates are kept: contents with their bytes, what is to be said of it, and how it fared."""
        self._own = own
        fresh = [content for content in own if content not in self._exchange.shelf]
        self._exchange.restore((content, own[content]) for content in fresh)
        self._held.update((content, None) for content in fresh)
        for link in self._paces:
            self._exchange.announce(link, [(content, 1) for content in fresh])
            if told != self.own:
                self._core.say(link, told)
        self.own = told
        self._core.mesh.membership.set_reports(reports, now)

    def kept(self, content: BlobHash, now: float, *, ok: bool) -> None:
        """The answer to `KeepBlob`."""
        self._now = now
        if self._exchange.kept(content, now, ok=ok):
            self._held[content] = None
            self._wishes.pop(content, None)
            for link in self._paces:
                self._exchange.announce(link, [(content, 1)])

    def loaded(self, content: BlobHash, data: bytes | None, now: float) -> None:
        """The answer to `LoadBlob`."""
        self._now = now
        self._exchange.loaded(content, data, now)

    # -- what is wanted

    def want(self, contents: Iterable[BlobHash], now: float) -> None:
        """Fetch these from whoever has them, and look for them for `WISH_S`; what is too much is left out."""
        for content in contents:
            if not self.holds(content) and self._exchange.want(content):
                self._wishes[content] = now + WISH_S
                self._look_soon(now)

    def holds(self, content: BlobHash) -> bool:
        return content in self._exchange.shelf

    def can_come(self, content: BlobHash) -> bool:
        """Whether a linked board says that it has this."""
        return any(self._exchange.has(link, content) for link in self._paces)

    def files(self, name: str, node: NodeId | None = None) -> list[tuple[BlobHash, int]]:
        """What boards mean by a metadata file, those with the newest timestamp first; of one board alone if named."""
        told = [each for link, each in self._told.items() if node in (None, self._nodes[link])]
        told.sort(key=lambda each: each.timestamp, reverse=True)
        found = {BlobHash(file.content): file.size for each in told for file in each.files if file.name == name}
        return list(found.items())

    def boards(self) -> dict[NodeId, ReleaseIs]:
        """What each linked board says that it runs."""
        return {self._nodes[link]: told for link, told in self._told.items()}

    def outcomes(self) -> dict[int, tuple[int, int]]:
        """Of each release: how many other boards have kept it, and how many have gone back, by their signed word."""
        members, found = self._core.mesh.membership.members, dict[int, tuple[int, int]]()
        for node in members.alive():
            record = members.get(node)
            for counter, is_good in () if record is None else record.about.reports:
                kept, left = found.get(counter, (0, 0))
                found[counter] = (kept + is_good, left + (not is_good))
        return found

    # -- links and messages

    def link_up(self, link: int, node: NodeId, now: float) -> None:
        """A link to a board is open."""
        self._nodes[link] = node
        self._paces[link] = TokenBucket(TOLD_PER_S, TOLD_BURST, now)
        self._exchange.link_up(link, now, is_guest=False)
        self._exchange.announce(link, [(content, 1) for content in self._held])
        if self.own.files or self.own.channel:
            self._core.say(link, self.own)

    def link_down(self, link: int, now: float) -> None:
        if link not in self._paces:
            return
        del self._paces[link], self._nodes[link]
        self._told.pop(link, None)
        self._exchange.link_down(link, now)

    def receive(self, link: int, message: OfReleases, now: float) -> None:
        """Take a message of a link.

        Raises:
            RefusedError: the link has to end. DecodeError: not a message about chunks.
        """
        self._now = now
        if link not in self._paces:
            raise RefusedError(CloseCode.FORBIDDEN, "releases travel between boards; a guest has no part in it")
        if isinstance(message, ReleaseIs):
            if not self._paces[link].take(now, 1):
                raise RefusedError(CloseCode.RATE, "more was said of releases than can happen to a board")
            if not self._is_dropped(link, now):
                self._told[link] = message
            return
        inner = decode(Channel.CTL, message.message)
        if not isinstance(inner, OfBlobs):
            raise DecodeError("a message about releases holds none of chunks")
        if not isinstance(inner, BlobWant) and self._is_dropped(link, now):
            return
        self._exchange.receive(link, inner, now)
        if isinstance(inner, BlobHave):
            for entry in inner.held:
                loan = self._loans.get(BlobHash(entry.content))
                if loan is not None and link in loan.denied:
                    loan.denied.discard(link)  # it has found it elsewhere
                    self._denied -= 1

    def _is_dropped(self, link: int, now: float) -> bool:
        return self._dropped.get(self._nodes[link], now) > now

    def _may_have(self, link: int, content: BlobHash) -> bool:
        """A chunk goes to one board at a time; the others may get it from that one."""
        loan = self._loans.get(content)
        if loan is None or loan.until <= self._now:
            denied = set[int]() if loan is None else loan.denied
            self._lend(content, link, denied)
            return True
        if loan.link == link:
            waiting = sorted(loan.denied & self._paces.keys())
            if not waiting or self._now < loan.since + LENT_MOST_S:
                loan.until = self._now + LENT_S
                return True
            heir = waiting[0]
            self._lend(content, heir, loan.denied)
            self._exchange.announce(heir, [(content, 1)])
            loan = self._loans[content]
        if link not in loan.denied and self._denied < DENIED_MAX:
            loan.denied.add(link)
            self._denied += 1
        return False

    def _lend(self, content: BlobHash, link: int, denied: set[int]) -> None:
        self._denied -= link in denied
        self._loans[content] = _Loan(link, self._now + LENT_S, self._now, denied - {link})
        self._look_soon(self._now)

    def _may_drop(self, content: BlobHash) -> bool:
        return content not in self._own and content not in self._wishes

    # -- time and output

    def next_timer(self) -> float | None:
        return soonest(self._exchange.next_timer(), self._look_due)

    def on_timer(self, now: float) -> None:
        self._now = now
        self._exchange.on_timer(now)
        if self._look_due is None or now < self._look_due:
            return
        self._look_due = None
        for content in [content for content, until in self._wishes.items() if until <= now]:
            del self._wishes[content]
            self._exchange.unwant(content)
        for content in [content for content, loan in self._loans.items() if loan.until <= now]:
            loan = self._loans.pop(content)
            self._denied -= len(loan.denied)
            for link in loan.denied & self._paces.keys():
                self._exchange.announce(link, [(content, 1)])
        if self._loans or self._wishes:
            self._look_soon(now)

    def _look_soon(self, now: float) -> None:
        if self._look_due is None:
            self._look_due = now + LOOK_S

    def drain(self) -> Iterator[Alarm | ForReleases]:
        """All output so far; messages go out through the core."""
        for output in self._exchange.drain():
            match output:
                case Say(link, message):
                    self._say(link, message)
                case Misled(link, _):
                    yield from self._drop(link)
                case _:
                    yield ForReleases(output)

    def _say(self, link: int, message: OfBlobs) -> None:
        if link in self._paces:
            self._core.say(link, OfRelease(encode(message)))

    def _drop(self, link: int) -> Iterator[Alarm]:
        node = self._nodes.get(link)
        if node is None:
            return
        self._dropped = {each: until for each, until in self._dropped.items() if until > self._now}
        self._dropped[node] = self._now + DROPPED_S
        self._told.pop(link, None)
        self._exchange.link_down(link, self._now)
        self._exchange.link_up(link, self._now, is_guest=False)  # it may still be given what it asks for
        yield Alarm(
            f"board {node.hex()[:8]} sent wrong bytes of a release and is not asked for any: it is faulty or lies"
        )

    def statistics(self) -> BlobStatistics:
        return self._exchange.statistics()
