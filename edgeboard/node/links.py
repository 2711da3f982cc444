"""The links of a node: their numbers, who is linked already, and the boards to dial.

Rules of this file:
- between two nodes one link lives: of two that cross, the one that the lower node id opened; of two in one direction,
  and where the older answers nothing, the newer, since the older is dead or dying;
- two runs of one node key cannot both be alive: while the first still answers, the second is refused as a clone;
- a link over a WebSocket that we opened is a stopgap: WebRTC is tried again beside it, with growing pauses, since a
  small board that has just started is slow;
- a board that is named by its address is tried for ever, with growing pauses, and never while it is linked already;
  the log hears of the first attempt that fails, of one an hour, and of the link;
- a node that is named by its id is tried once, at all of its addresses; when again is for whoever asked.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import final

from edgeboard.errors import CloseCode, EdgeboardError, RefusedError, TransportError
from edgeboard.ids import NodeId
from edgeboard.node.outages import Outage
from edgeboard.ports import Link, Signaling, Transport
from edgeboard.wire.messages import Channel

FIRST_PAUSE_S = 0.3
LAST_PAUSE_S = 10.0
LOOK_S = 1.0  # between looks at a link that may be dead
STRANGERS_MAX = 512  # nodes at whose addresses somebody else was found
MOVED_S = 8.0  # after a node was seen elsewhere: its link has fallen silent by then, or will not
MOVED_LOOK_S = 0.3
REFUSED_PAUSE_S = 30.0  # after a refusal: a person has to act first
IMPROVE_FIRST_S, IMPROVE_LAST_S = 30.0, 3600.0  # pauses between attempts to replace a WebSocket by WebRTC
CLONE_PROBE_S = 2.5  # two pings of the first link: does it still answer?
CLONE_TEXT = (
    "this node key is in use by another machine: the state directory was copied; remove node.key from one of the two, "
    "and invite it"
)
FINAL = frozenset({CloseCode.OTHER_MESH, CloseCode.AUTH_FAILED, CloseCode.CLONE, CloseCode.REVOKED, CloseCode.TOO_OLD})

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Linked:
    """One open link."""

    number: int
    link: Link
    ours: bool  # we opened it
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    refusal: RefusedError | None = None  # why it has ended, if a person has to act on that


@final
class Links:
    """All open links of a node.

    Args:
        node: our own id.
        rng: jitter of pauses.
        spawn: runs a coroutine as a task that the node owns.
        on_up, on_down, on_message: what the node does with a link's life.
        heard: when something was last heard on a link, or None.
        is_suspect: whether a link has left pings unanswered.
    """

    def __init__(
        self,
        node: NodeId,
        rng: random.Random,
        spawn: Callable[..., object],
        on_up: Callable[[int, NodeId | None], None],
        on_down: Callable[[int], None],
        on_message: Callable[[int, Channel, bytes], None],
        heard: Callable[[int], float | None],
        is_suspect: Callable[[int], bool],
    ) -> None:
        self._node = node
        self._rng = rng
        self._spawn = spawn
        self._on_up = on_up
        self._on_down = on_down
        self._on_message = on_message
        self._heard = heard
        self._is_suspect = is_suspect
        self._links: dict[int, Linked] = {}
        self._by_node: dict[NodeId, Linked] = {}
        self._next = 1
        self._closing = False
        self._transport: Transport | None = None
        self._routes: Callable[[NodeId, Sequence[str]], Sequence[Signaling]] = lambda node, urls: ()
        self._dialling: set[NodeId] = set()
        self._moved: set[NodeId] = set()
        self._outages: dict[NodeId, Outage] = {}
        self._strangers: dict[NodeId, set[str]] = {}  # addresses at which somebody else was found
        self.refusals: dict[str, str] = {}  # board address to the reason it gave last
        self.unreachable: dict[str, str] = {}  # the same of one that does not answer
        self._put_out = ""  # what a member said of us last, if it was that
        self.was_linked = False  # to any node, in this run

    def get(self, number: int) -> Link | None:
        linked = self._links.get(number)
        return None if linked is None else linked.link

    def all(self) -> list[tuple[int, Link]]:
        return [(linked.number, linked.link) for linked in self._links.values()]

    def accept(self, link: Link, *, ours: bool = False) -> Linked | None:
        """Take a link that has opened; None if it had to be refused or has to wait."""
        if self._closing:
            link.close(CloseCode.GOING_AWAY, "this board is stopping")
            return None
        if link.peer is None:
            return self._add(link, None, ours)
        node = link.peer.node
        known = self._by_node.get(node)
        if known is None or known.link.peer is None:
            return self._add(link, node, ours)
        if known.link.peer.boot != link.peer.boot:
            since = self._heard(known.number) or 0.0
            self._spawn(self._decide_clone(known, link, ours, since), name="clone check")
            return None
        keep_ours = self._node < node
        if known.ours != ours and ours != keep_ours and not self._is_suspect(known.number):
            link.close(CloseCode.NORMAL, "these boards are linked already")
            return None
        known.link.close(CloseCode.NORMAL, "replaced by another link between the same boards")
        self._remove(known)
        return self._add(link, node, ours)

    async def _decide_clone(self, known: Linked, link: Link, ours: bool, since: float) -> None:
        """Two runs of one key: the second is a restart if the first falls silent, else a copy."""
        try:
            async with asyncio.timeout(0 if self._is_suspect(known.number) else CLONE_PROBE_S):
                await known.ended.wait()
        except TimeoutError:
            if (self._heard(known.number) or 0.0) > since:
                _log.error("refused a board at %s: %s", link.remote, CLONE_TEXT)
                link.close(CloseCode.CLONE, CLONE_TEXT)
                return
            known.link.close(CloseCode.SILENT, "replaced by the same board after its restart")
            self._remove(known)
        self.accept(link, ours=ours)

    def _add(self, link: Link, node: NodeId | None, ours: bool) -> Linked:
        linked = Linked(self._next, link, ours)
        self._next += 1
        self._links[linked.number] = linked
        if node is not None:
            self._by_node[node] = linked
            self._put_out = ""
            self.was_linked = True
            _log.info("linked to board %s at %s over %s", node.hex()[:8], link.remote, link.carrier)
            if ours and link.carrier == "websocket" and self._transport is not None:
                self._spawn(self._improve(linked, node, self._transport), name=f"improve {node.hex()[:8]}")
        self._on_up(linked.number, node)
        number = linked.number
        link.attach(
            lambda channel, data: self._on_message(number, channel, data),
            lambda code, text: self._closed(linked, code, text),
        )
        return linked

    async def _improve(self, linked: Linked, node: NodeId, transport: Transport) -> None:
        pause = IMPROVE_FIRST_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rng.uniform(0.5, 1.0) * pause):
                    await linked.ended.wait()
                    return
            try:
                self.accept(await transport.connect(linked.link.remote, node, may_relay=False), ours=True)
                return
            except EdgeboardError as error:
                _log.debug("board %s stays on a WebSocket: %s", node.hex()[:8], error)
                pause = min(IMPROVE_LAST_S, 2 * pause)

    def _closed(self, linked: Linked, code: CloseCode, text: str) -> None:
        if linked.link.peer is not None and linked.number in self._links:
            node = linked.link.peer.node.hex()[:8]
            _log.info("the link to board %s has ended: %s (code %d)", node, text[:200], code)
        if code in FINAL:
            linked.refusal = RefusedError(code, text)
        self._remove(linked)
        self._hear(code, text)

    def _remove(self, linked: Linked) -> None:
        if self._links.pop(linked.number, None) is None:
            return
        peer = linked.link.peer
        if peer is not None and self._by_node.get(peer.node) is linked:
            del self._by_node[peer.node]
        linked.ended.set()
        self._on_down(linked.number)

    @property
    def put_out(self) -> str:
        """What a member of the mesh says, if it is that this board was put out and nobody links to it; else empty.

        Whoever is put out is told nothing that it could check; so this is the word of that member.
        """
        return "" if self._by_node else self._put_out

    @property
    def doubt(self) -> str:
        """The same, although others link to this board: of two that were put out together each keeps the other."""
        return self._put_out

    def _hear(self, code: CloseCode, text: str) -> None:
        """Somebody has refused us, or we him: the text of this code names who was put out."""
        if code is CloseCode.REVOKED and f"board {self._node.hex()[:8]} " in text:
            self._put_out = text

    @property
    def has_nodes(self) -> bool:
        return bool(self._by_node)

    def is_linked(self, node: NodeId) -> bool:
        """Whether there is a link to a node that answers."""
        linked = self._by_node.get(node)
        return linked is not None and not self._is_suspect(linked.number)

    def seen(self, node: NodeId, urls: Sequence[str]) -> None:
        """Somebody has just seen a node there. If it is linked, its link may be to where it was before: should it fall
        silent within the next seconds, the node is dialled anew, or that link would take up to 30 s to die."""
        if node in self._by_node and node not in self._moved and not self._closing:
            self._moved.add(node)
            self._spawn(self._follow(node, urls), name=f"follow {node.hex()[:8]}")

    async def _follow(self, node: NodeId, urls: Sequence[str]) -> None:
        try:
            async with asyncio.timeout(MOVED_S):
                while (linked := self._by_node.get(node)) is not None and not self._is_suspect(linked.number):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(MOVED_LOOK_S):
                            await linked.ended.wait()
            if linked is not None:
                self.dial(node, urls, lambda _: None)
        except TimeoutError:
            pass  # it answers: nothing has happened
        finally:
            self._moved.discard(node)

    def wire(self, transport: Transport, routes: Callable[[NodeId, Sequence[str]], Sequence[Signaling]]) -> None:
        """Join what dials nodes; once, before the first is dialled.

        Args:
            transport: opens links.
            routes: through whom a node may be introduced, given where it may be.
        """
        self._transport, self._routes = transport, routes

    def dial(self, node: NodeId, urls: Sequence[str], failed: Callable[[NodeId], None]) -> None:
        """Link to a node, wherever it is; does nothing while it is linked or being dialled.

        Args:
            urls: boards (http://host:port) that are tried first, one after the other; what else they name is for the
                routes that were wired.
            failed: told if no link came of it.
        """
        if node in self._dialling or self._closing or self.is_linked(node):
            return
        self._dialling.add(node)
        self._spawn(self._dial(node, urls, failed), name=f"dial {node.hex()[:8]}")

    async def _dial(self, node: NodeId, urls: Sequence[str], failed: Callable[[NodeId], None]) -> None:
        assert self._transport is not None
        boards = [url for url in urls if url.startswith(("http://", "https://"))]
        outage, now = self._outages.pop(node, Outage()), asyncio.get_running_loop().time
        failure = "its address is not known"
        try:
            for attempt in (
                *([partial(self._dial_boards, node, boards)] if boards else []),
                *(partial(self._transport.connect_by, route, node) for route in self._routes(node, urls)),
            ):
                try:
                    if self.is_linked(node):
                        return
                    self.accept(await attempt(), ours=True)
                    return
                except EdgeboardError as error:
                    failure = str(error)
                    if isinstance(error, RefusedError):
                        self._hear(error.code, failure)
                    _log.debug("no link to board %s: %s", node.hex()[:8], error)
        finally:
            self._dialling.discard(node)
            if not self.is_linked(node) and not self._closing:
                if outage.fail(now(), refused=False):
                    _log.info("no link to board %s, trying on: %s", node.hex()[:8], failure)
                self._outages[node] = outage
                if len(self._outages) > STRANGERS_MAX:
                    del self._outages[next(iter(self._outages))]
                failed(node)

    async def _dial_boards(self, node: NodeId, urls: Sequence[str]) -> Link:
        """Try one address after the other; raises as `Transport.connect` if the last one fails."""
        assert self._transport is not None
        strangers = self._strangers.pop(node, set()) & set(urls)
        known = [url for url in urls if url not in strangers]
        if not known:  # or they were strangers for a while only
            strangers.clear()
            known = list(urls)
        failure: EdgeboardError = TransportError("nobody answers")
        for url in await self._transport.reach(known):
            try:
                return await self._transport.connect(url, node)
            except (RefusedError, TransportError) as error:
                failure = error
                if isinstance(error, RefusedError) and error.code is CloseCode.FORBIDDEN:
                    strangers.add(url)
        if strangers:
            self._strangers[node] = strangers
            if len(self._strangers) > STRANGERS_MAX:
                del self._strangers[next(iter(self._strangers))]
        raise failure

    async def keep_linked(self, transport: Transport, url: str, on_refused: Callable[[RefusedError], None]) -> None:
        """Dial the board at `url` whenever it is not linked; ends only when cancelled.

        Args:
            on_refused: told of each refusal that a person has to act on.
        """
        pause = FIRST_PAUSE_S
        outage, now = Outage(), asyncio.get_running_loop().time
        known: NodeId | None = None
        dialled: Linked | None = None  # our own link, which may have ended before we look again
        while True:
            linked = dialled if known is None else self._by_node.get(known, dialled)
            dialled = None
            if linked is not None and not self._is_suspect(linked.number):
                await self._ended_or_suspect(linked)
                pause = FIRST_PAUSE_S
                if linked.refusal is not None:  # a copy is found out only after its link has opened
                    pause = self._refused(url, linked.refusal, on_refused, pause, is_news=True)
                await asyncio.sleep(self._rng.uniform(0.5, 1.0) * pause)
                continue
            try:
                link = await transport.connect(url)
            except RefusedError as error:
                pause = self._refused(url, error, on_refused, pause, is_news=outage.fail(now(), refused=True))
            except TransportError as error:
                self.refusals.pop(url, None)
                self.unreachable[url] = str(error)
                level = logging.INFO if outage.fail(now(), refused=False) else logging.DEBUG
                _log.log(level, "no link to %s (%s), trying on: %s", url, outage.describe(now()), error)
                pause = min(LAST_PAUSE_S, pause * 2)
            else:
                self.refusals.pop(url, None)
                self.unreachable.pop(url, None)
                if took := outage.end(now()):
                    _log.info("%s answers again after %s", url, took)
                pause = FIRST_PAUSE_S
                known = None if link.peer is None else link.peer.node
                dialled = self.accept(link, ours=True)
                if known is not None and known not in self._by_node:
                    pause = CLONE_PROBE_S
            await asyncio.sleep(self._rng.uniform(0.5, 1.0) * pause)

    def _refused(
        self, url: str, error: RefusedError, on_refused: Callable[[RefusedError], None], pause: float, *, is_news: bool
    ) -> float:
        """Remember a refusal, and tell it where a person has to act; returns how long to wait."""
        self.refusals[url] = str(error)
        self.unreachable.pop(url, None)
        self._hear(error.code, str(error))
        _log.log(logging.WARNING if is_news else logging.DEBUG, "the board at %s refuses: %s", url, error)
        if error.code is CloseCode.EPOCH:  # one of the two knows more now than it did
            return FIRST_PAUSE_S
        if error.code not in FINAL:
            return min(LAST_PAUSE_S, pause * 2)
        on_refused(error)
        return REFUSED_PAUSE_S

    async def _ended_or_suspect(self, linked: Linked) -> None:
        """Wait until a link has ended, or answers nothing: a killed board ends no link, WebRTC finds out in 32 s."""
        while not linked.ended.is_set() and not self._is_suspect(linked.number):
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await linked.ended.wait()

    def close_all(self) -> None:
        """Say goodbye on every link; later ones are turned away."""
        self._closing = True
        for linked in list(self._links.values()):
            linked.link.close(CloseCode.GOING_AWAY, "this board is stopping")
