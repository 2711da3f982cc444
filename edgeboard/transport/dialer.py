"""Opens links to boards, accepts those that others open, and ends them all: `ports.Transport`.

Nodes meet over WebRTC through whatever introduces them (a callable, because signaling is a stranger here), and over a
WebSocket where that does not open. Who may be a node is decided by the handshake; guests are anybody, and what they
may do is for those who get the link.
"""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from aiohttp.web import WebSocketResponse
from yarl import URL

from edgeboard.errors import CloseCode, EdgeboardError, RefusedError, TransportError
from edgeboard.identity.credentials import Credentials
from edgeboard.ids import NodeId, node_id
from edgeboard.ports import Link, Peer, Signaling
from edgeboard.transport import patches
from edgeboard.transport.boards import WebSockets, knock, read_board
from edgeboard.transport.half_open import HalfOpen
from edgeboard.transport.link import Carrier, OpenLink
from edgeboard.transport.meeting import Meeting, OnNews, Seal
from edgeboard.transport.relay import RelayCarrier
from edgeboard.transport.settings import Settings
from edgeboard.transport.tasks import Tasks
from edgeboard.wire.handshake import NONCE_BYTES, Side
from edgeboard.wire.messages import Channel, closing
from edgeboard.wire.session import EphemeralKey, Fingerprints, Session

if TYPE_CHECKING:
    from edgeboard.transport.webrtc import WebRtcCarrier

# Given the URL of a board, our offer, and the node that is meant (None: whoever is there): its answer, and the public
# key that signed it. Raises `TransportError` when the board cannot be reached, `RefusedError` when it, or we, refused.
Introduce = Callable[[str, str, NodeId | None], Awaitable[tuple[str, bytes]]]

LetIn = Callable[["WebRtcCarrier"], Awaitable[OpenLink]]  # makes the link of a connection that has opened

# Reasons that another carrier would not change.
FINAL = frozenset({
    CloseCode.AUTH_FAILED, CloseCode.BAD_SIGNATURE, CloseCode.CLONE, CloseCode.EPOCH, CloseCode.FORBIDDEN,
    CloseCode.OTHER_MESH, CloseCode.REVOKED, CloseCode.TOO_OLD,
})  # fmt: skip

NOT_RELAYED = (
    "the boards know of each other, but nothing passes between them, and who introduced them carries no ink: let UDP "
    "pass, or name one at an address that the other reaches with --peer"
)
STOPPING = "this board is stopping"
SWITCHED_OFF = "that takes WebRTC, which is switched off here"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TransportStatistics:
    open_links: Mapping[str, int]  # now, by carrier
    half_open: int  # now
    opened: Mapping[str, int]  # since the start, by carrier
    failures: Mapping[str, int]  # since the start, by carrier: tried or offered, and no link came of it
    patches: frozenset[str]  # what is changed in aiortc


@final
class LinkTransport:
    """All links of one node, on the running event loop.

    Args:
        settings: what the owner may set.
        credentials: who we are.
        introduce: carries an offer to a board and brings its answer.
        on_link: gets every link that others opened, to a node (`peer` is set) or to a guest.
        on_news: gets what a member of a newer epoch has brought.
        capabilities: what we can do and where browsers find us, told to other nodes; asked for each link anew.
        entropy: `n` random bytes.
    """

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        introduce: Introduce,
        on_link: Callable[[Link], None],
        *,
        on_news: OnNews | None = None,
        capabilities: Callable[[], Mapping[str, object]] = dict,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._introduce = introduce
        self._on_link = on_link
        self._on_news = on_news
        self._capabilities = capabilities
        self._entropy = entropy
        self._loop = asyncio.get_running_loop()
        self._tasks = Tasks()
        self._under_way: set[asyncio.Task[OpenLink]] = set()  # dialled, or being let in
        self._links: set[OpenLink] = set()
        self._opened: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._nodes = HalfOpen(settings.half_open_nodes)
        self._guests = HalfOpen(settings.half_open_guests)
        self._relays = HalfOpen(settings.half_open_relay)
        self._websockets = WebSockets(settings)
        self._loading: asyncio.Future[frozenset[str]] | None = None
        self._closing = asyncio.Event()

    def warm_up(self) -> "asyncio.Future[frozenset[str]]":
        """Begin to load aiortc, in a thread: neither the loop nor the first link need wait."""
        if self._loading is None:
            self._loading = self._loop.run_in_executor(None, patches.apply, self._settings)
        return self._loading

    async def reach(self, urls: Sequence[str]) -> tuple[str, ...]:
        """See `ports.Transport`."""
        return await knock(urls, self._settings.knock_s)

    async def connect(self, url: str, node: NodeId | None = None, *, may_relay: bool = True) -> Link:
        """See `ports.Transport`."""
        return await self._watched(self._dial(read_board(url), node, may_relay))

    async def connect_by(self, signaling: Signaling, node: NodeId) -> Link:
        """See `ports.Transport`."""
        return await self._watched(self._dial_by(signaling, node))

    async def answer_node(self, offer: str, public_key: bytes, source: str) -> str:
        """Answer the offer of a node, whose envelope was checked and signed with `public_key`.

        Raises:
            RefusedError: no SDP of ours, or too many connections are half open.
            TransportError: this machine cannot answer, or is stopping.
        """

        async def let_in(carrier: "WebRtcCarrier") -> OpenLink:
            carrier.expect_board()
            return await self._meet(carrier, Side.ANSWERER, carrier.fingerprints, expected=public_key)

        return await self._answer(offer, source, self._nodes, let_in)

    async def answer_guest(self, offer: str, source: str) -> str:
        """Answer the offer of a browser; raises as `answer_node`."""

        async def let_in(carrier: "WebRtcCarrier") -> OpenLink:
            return self._make_link(carrier, None)

        return await self._answer(offer, source, self._guests, let_in)

    async def serve_link(self, ws: WebSocketResponse, source: str) -> None:
        """Be the answering side of a node's WebSocket, which is prepared already; returns when it has ended."""
        carrier = RelayCarrier(ws, source, self._settings)
        running = self._tasks.spawn(carrier.run(), f"relay {source}")
        try:
            with self._relays.slot():
                binding = EphemeralKey(self._entropy(32))
                link = await self._watched(self._meet(carrier, Side.ANSWERER, binding, seal=carrier.seal))
            self._hand_over(link)
        except (RefusedError, TransportError) as error:
            self._failed("websocket", source, error)
            if isinstance(error, RefusedError):
                carrier.put(Channel.CTL, closing(error.code, str(error)))  # unless the meeting has said so already
            carrier.finish(linger=True)
        await _ended(running)

    async def serve_guest(self, ws: WebSocketResponse, source: str) -> None:
        """Be the host of a browser's WebSocket, which is prepared already; returns when it has ended."""
        carrier = RelayCarrier(ws, source, self._settings)
        running = self._tasks.spawn(carrier.run(), f"relay {source}")
        self._hand_over(self._make_link(carrier, None))
        await _ended(running)

    async def close(self) -> None:
        """End all links, with a word to the other side, and everything that is under way."""
        self._closing.set()
        for work in self._under_way:
            work.cancel()
        for link in list(self._links):
            link.close(CloseCode.GOING_AWAY, STOPPING)
        await self._tasks.end(self._settings.close_s)
        await self._websockets.close()

    def statistics(self) -> TransportStatistics:
        return TransportStatistics(
            open_links=Counter(link.carrier for link in self._links),
            half_open=self._nodes.count + self._guests.count + self._relays.count,
            opened=Counter(self._opened),
            failures=Counter(self._failures),
            patches=patches.active(),
        )

    async def _dial(self, board: URL, node: NodeId | None, may_relay: bool) -> OpenLink:
        if self._settings.mode == "websocket":
            if not may_relay:
                raise TransportError(f"{board}: {SWITCHED_OFF}")
            return await self._dial_websocket(board, node)
        try:
            return await self._dial_webrtc(str(board), node, lambda offer: self._introduce(str(board), offer, node))
        except (RefusedError, TransportError) as error:
            self._failed("webrtc", str(board), error, logging.DEBUG)  # whoever asked for the link says more
            is_final = isinstance(error, RefusedError) and error.code in FINAL
            if is_final or not may_relay or self._settings.mode == "webrtc":
                raise
            why = str(error)
        link = await self._dial_websocket(board, node)
        _logger.info("%s: linked over a WebSocket, since WebRTC does not open: %s", board, why)
        return link

    async def _dial_by(self, signaling: Signaling, node: NodeId) -> OpenLink:
        remote = f"board {node.hex()[:8]} by {signaling.name}"
        if self._settings.mode == "websocket":
            raise TransportError(f"{remote}: {SWITCHED_OFF}")
        is_introduced = False

        async def introduce(offer: str) -> tuple[str, bytes]:
            nonlocal is_introduced
            answer = await signaling.introduce(node, offer)
            is_introduced = True
            return answer

        try:
            return await self._dial_webrtc(remote, node, introduce)
        except (RefusedError, TransportError) as error:
            self._failed("webrtc", remote, error, logging.DEBUG)
            if is_introduced and isinstance(error, TransportError):
                raise TransportError(f"{error}; {NOT_RELAYED}") from None
            raise

    async def _dial_webrtc(
        self, remote: str, node: NodeId | None, introduce: Callable[[str], Awaitable[tuple[str, bytes]]]
    ) -> OpenLink:
        carrier = await self._new_carrier(remote)
        try:
            async with self._time_to_open(carrier):
                offer = await carrier.offer()
                answer, public_key = await self._introduced(remote, introduce(offer))
                _check_node(remote, node, node_id(public_key))
                await carrier.accept(answer)
                await carrier.opened()
            carrier.expect_board()
            return await self._meet(carrier, Side.OFFERER, carrier.fingerprints, expected=public_key)
        except BaseException:
            carrier.finish(linger=False)
            raise

    async def _new_carrier(self, remote: str) -> "WebRtcCarrier":
        try:
            await asyncio.shield(self.warm_up())
        except ImportError as error:
            raise TransportError(f"{remote}: WebRTC cannot be loaded here: {error}") from None
        from edgeboard.transport.webrtc import WebRtcCarrier

        return WebRtcCarrier(remote, self._settings, self._tasks)

    async def _introduced(self, remote: str, answer: Awaitable[tuple[str, bytes]]) -> tuple[str, bytes]:
        try:
            return await answer
        except (RefusedError, TransportError, TimeoutError):
            raise
        except Exception as error:  # it was handed in, and what it raises beyond its promise must not cross our port
            _logger.exception("%s: introducing failed", remote)
            raise TransportError(f"{remote}: introducing failed: {error!r:.200}") from error

    async def _dial_websocket(self, board: URL, node: NodeId | None) -> OpenLink:
        try:
            carrier = RelayCarrier(await self._websockets.open(board), str(board), self._settings)
            self._tasks.spawn(carrier.run(), f"relay {board}")
            binding = EphemeralKey(self._entropy(32))
            link = await self._meet(carrier, Side.OFFERER, binding, seal=carrier.seal)
            assert link.peer is not None  # a meeting gives it one
            try:
                _check_node(str(board), node, link.peer.node)
            except RefusedError as error:
                link.close(CloseCode.NORMAL, str(error))
                raise
            return link
        except (RefusedError, TransportError) as error:
            self._failed("websocket", str(board), error, logging.DEBUG)
            raise

    async def _answer(self, offer: str, source: str, half_open: HalfOpen, let_in: LetIn) -> str:
        """Answer an offer; the link that comes of it is handed over later."""
        if self._closing.is_set():
            raise TransportError(STOPPING)
        if self._settings.mode == "websocket":
            raise RefusedError(CloseCode.LIMIT, "this board takes WebSockets only")
        with ExitStack() as slot:
            slot.enter_context(half_open.slot())
            carrier = await self._new_carrier(source)
            try:
                async with self._time_to_open(carrier):
                    answer = await carrier.answer(offer)
            except BaseException:
                carrier.finish(linger=False)
                raise
            self._tasks.spawn(self._let_in(carrier, slot.pop_all(), let_in), f"let in {source}")
        return answer

    async def _let_in(self, carrier: "WebRtcCarrier", slot: ExitStack, let_in: LetIn) -> None:
        async def open_link() -> OpenLink:
            async with self._time_to_open(carrier):
                await carrier.opened()
            return await let_in(carrier)

        with slot:
            try:
                link = await self._watched(open_link())
            except BaseException as error:
                carrier.finish(linger=False)
                if not isinstance(error, RefusedError | TransportError):
                    raise
                self._failed("webrtc", carrier.remote, error)
                return
        self._hand_over(link)

    async def _meet(
        self,
        carrier: Carrier,
        side: Side,
        binding: Fingerprints | EphemeralKey,
        *,
        expected: bytes | None = None,
        seal: Seal | None = None,
    ) -> OpenLink:
        session = Session(
            self._credentials,
            side,
            binding,
            self._entropy(NONCE_BYTES),
            self._loop.time(),
            capabilities=self._capabilities(),
            expected=expected,
        )
        return await Meeting(carrier, session, self._make_link, seal, self._on_news).link()

    def _make_link(self, carrier: Carrier, peer: Peer | None) -> OpenLink:
        link = OpenLink(carrier, peer, self._settings, self._links.discard)
        self._links.add(link)
        self._opened[carrier.name] += 1
        return link

    def _hand_over(self, link: OpenLink) -> None:
        if self._closing.is_set():
            link.close(CloseCode.GOING_AWAY, STOPPING)
            return
        try:
            self._on_link(link)
        except Exception:  # a bug above costs this link and no other
            _logger.exception("%s: the link was not taken", link.remote)
            link.close(CloseCode.GOING_AWAY, "this board cannot take the link")

    @asynccontextmanager
    async def _time_to_open(self, carrier: Carrier) -> AsyncIterator[None]:
        seconds = self._settings.open_s
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            raise TransportError(f"{carrier.remote}: WebRTC did not open within {seconds:g} s") from None

    async def _watched(self, work: Coroutine[Any, Any, OpenLink]) -> OpenLink:
        """Open a link in a task that `close` can end."""
        if self._closing.is_set():
            work.close()
            raise TransportError(STOPPING)
        task = self._loop.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await task
        except asyncio.CancelledError:
            if task.done() and not task.cancelled() and task.exception() is None:
                task.result().close(CloseCode.GOING_AWAY, "nobody waits for this link any more")
            caller = asyncio.current_task()
            if self._closing.is_set() and (caller is None or not caller.cancelling()):
                raise TransportError(STOPPING) from None
            raise

    def _failed(self, carrier: str, remote: str, error: EdgeboardError, level: int = logging.INFO) -> None:
        self._failures[carrier] += 1
        _logger.log(level, "%s: no link over %s: %s", remote, carrier, error)


def _check_node(remote: str, wanted: NodeId | None, there: NodeId) -> None:
    if wanted is not None and there != wanted:
        raise RefusedError(CloseCode.FORBIDDEN, f"{remote}: another board than the one that is meant is there")


async def _ended(running: "asyncio.Task[None]") -> None:
    """Wait for the end of a relay; when the waiting is given up, so is the relay."""
    try:
        await asyncio.wait((running,))
    except asyncio.CancelledError:
        running.cancel()
        raise
