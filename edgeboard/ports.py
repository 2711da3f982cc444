"""Every seam of a node on one page. Shells implement these; engines and the composition root know only them.

No foreign exception crosses a port: a store raises `StoreError`, a transport `TransportError`. Callbacks run on the
node's event loop, are plain functions, and never raise.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from edgeboard.errors import CloseCode
from edgeboard.ids import AuthorTag, BlobHash, MeshId, NodeId, RoomId
from edgeboard.oplog.floors import Reduced
from edgeboard.oplog.history import Entry
from edgeboard.wire.messages import Channel

if TYPE_CHECKING:  # a node without panels loads nothing of them
    from edgeboard.render.values import Frame, PanelContext


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of an authenticated link between nodes."""

    node: NodeId
    public_key: bytes  # Ed25519, 32 bytes
    boot: bytes  # 8 bytes: boot number u32, random u32; differs between two runs of one node
    role: int
    capabilities: Mapping[str, object] = field(default_factory=dict)
    grant: bytes = b""  # as it was shown, and checked (docs/formats/trust.md)


class Touch(Enum):
    """What a pen does."""

    HOVER = "hover"  # near, and not touching
    DOWN = "down"
    MOVE = "move"
    UP = "up"
    AWAY = "away"  # gone from the surface


class PenMove(NamedTuple):
    """One moment of a pen; a tuple, because a tablet gives hundreds a second."""

    touch: Touch
    t: float  # s, the clock of the node
    x: float  # 0 .. 1, of the width of the pen's area
    y: float  # likewise of the WIDTH, so that a circle stays one
    pressure: int | None = None  # 0 .. 4095; None: the pen has none
    tilt_x: int | None = None  # degrees, -90 .. 90
    tilt_y: int | None = None
    erases: bool = False


class Panel(Protocol):
    """A display of this board that is drawn on in rectangles."""

    @property
    def context(self) -> "PanelContext":
        """What it is; it stays so as long as the panel does."""
        ...

    def show(self, frame: "Frame") -> None:
        """Show this as soon as it can: the newest counts, and what it replaces may never be seen. Never raises, and
        never waits for the device."""
        ...

    def close(self) -> None:
        """Give the display back. Never raises; nothing is shown afterwards."""
        ...


class Source(Protocol):
    """Something that is read for the marquee, again and again."""

    async def read(self) -> bytes:
        """What it says now, of a bounded size. May be cancelled at any time.

        Raises:
            SourceError: it does not answer, or too much.
        """
        ...


class Link(Protocol):
    """One open connection: to a node (authenticated already) or to a guest (`peer` is None)."""

    @property
    def peer(self) -> Peer | None: ...

    @property
    def carrier(self) -> str:
        """`webrtc`, `websocket` or `loopback`."""
        ...

    @property
    def remote(self) -> str:
        """Where it comes from, for people to read."""
        ...

    @property
    def buffered(self) -> int:
        """Bytes handed over and not yet sent."""
        ...

    def attach(self, on_message: Callable[[Channel, bytes], None], on_close: Callable[[CloseCode, str], None]) -> None:
        """Start delivery. What arrived before is delivered first; `on_close` is called exactly once, last."""
        ...

    def send(self, channel: Channel, data: bytes) -> bool:
        """Hand one message over; False if the link is closing or its buffer is above 1 MiB. Never raises."""
        ...

    def close(self, code: CloseCode, text: str) -> None:
        """Tell the other side why, then end. Further calls do nothing."""
        ...


class Signaling(Protocol):
    """Hands an offer to a node through somebody who reaches it, and brings its answer."""

    @property
    def name(self) -> str:
        """Through whom, for people to read."""
        ...

    async def introduce(self, node: NodeId, sdp: str) -> tuple[str, bytes]:
        """The SDP that answers, and the public key that signed it.

        Raises:
            TransportError: no answer.
            RefusedError: the answer does not hold.
        """
        ...


class Transport(Protocol):
    """Opens links to nodes, and hands over links that others opened through `on_link`."""

    async def reach(self, urls: Sequence[str]) -> tuple[str, ...]:
        """Those of these addresses (http://host:port) at which anything answers.

        Raises:
            TransportError: none does.
        """
        ...

    async def connect(self, url: str, node: NodeId | None = None, *, may_relay: bool = True) -> Link:
        """Open an authenticated link to the node whose board is at `url` (http://host:port).

        Args:
            url: of the board.
            node: who is meant; None: whoever is there.
            may_relay: whether a WebSocket will do where WebRTC does not open.

        Raises:
            TransportError: unreachable, timed out.
            RefusedError: the other side, or we, refused; the code says why: FORBIDDEN if another node is there.
        """
        ...

    async def connect_by(self, signaling: Signaling, node: NodeId) -> Link:
        """Open an authenticated link to a node whose address is not known, or does not answer; raises as `connect`."""
        ...

    async def close(self) -> None: ...


Found = Callable[[NodeId, tuple[str, ...]], None]  # a node may be at these URLs, the likeliest first
Gone = Callable[[NodeId], None]  # it has said goodbye


class Discovery(Protocol):
    """Says which boards of this mesh are nearby. Hints only: whoever is dialled has to prove who he is."""

    async def run(self, port: int, found: Found, gone: Gone) -> None:
        """Announce this board, which listens on `port`, and tell of others, until cancelled. `found` comes again when a
        node's addresses change, and after anything that makes it worthwhile to dial again."""
        ...

    async def close(self) -> None:
        """Say goodbye. Never raises; `run` has been cancelled before."""
        ...


@dataclass(frozen=True, slots=True)
class StoredRoom:
    room: RoomId
    mesh: MeshId
    name: str


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """One batch as a store keeps it; `data` are the bytes of docs/formats/oplog.md."""

    room: RoomId
    author: AuthorTag
    first: int
    count: int
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """Ops that a floor has let go of; `data` are the bytes of docs/formats/history.md."""

    room: RoomId
    ops: int
    data: bytes


class Store(Protocol):
    """What survives a reboot. Synchronous; `storage.writer` calls `write` from a thread of its own."""

    def rooms(self) -> list[StoredRoom]: ...

    def add_room(self, room: StoredRoom) -> None: ...

    def load(self, room: RoomId) -> Iterator[StoredBatch]:
        """All whole batches of a room, each author's in order of `first`. A damaged row is set aside with one
        clear log line and left out; repair fetches it from peers."""
        ...

    def write(self, batches: Sequence[StoredBatch]) -> None:
        """Make them durable, all or none; a place that is filled already is left as it is.

        Raises:
            StoreError: nothing was written.
        """
        ...

    def rewrite(self, batches: Sequence[StoredBatch], segments: Sequence[StoredSegment], keep_bytes: int) -> None:
        """Put batches that have let go of ops in the place of what they were, and these ops into the history; both or
        neither. A batch that is not held is left out. Of the history of all rooms the oldest segments go until
        `keep_bytes` are left.

        Raises:
            StoreError: nothing has changed.
        """
        ...

    def history(self, room: RoomId) -> Iterator[StoredSegment]:
        """The whole history segments of a room, oldest first; damaged ones are left out.

        Raises:
            StoreError: it cannot be read.
        """
        ...

    def prove(self, token: bytes) -> bytes:
        """Write this as ink is written, make it durable, read it back, and remove it; returns what was read.

        Raises:
            StoreError: it cannot be written, or not be read.
        """
        ...

    def tidy(self, idle: bool) -> None:
        """Work that commits need not wait for (checkpoints); the writer calls it between commits, and with `idle` when
        nothing has been written for a while.

        Raises:
            StoreError: what is written stays written.
        """
        ...

    def close(self) -> None: ...


class Blobs(Protocol):
    """Bytes named by their SHA-256 that survive a reboot. What is asked for is done in order, off the event loop."""

    def keep(self, content: BlobHash, data: bytes, done: Callable[[bool], None]) -> None:
        """Make a blob durable; `done` hears whether it is."""
        ...

    def load(self, content: BlobHash, done: Callable[[bytes | None], None]) -> None:
        """Read a blob; `done` gets its bytes, which fit its name, or None: then it is not here any more."""
        ...

    def drop(self, content: BlobHash) -> None:
        """Let go of a blob."""
        ...

    def listing(self) -> list[tuple[BlobHash, int]]:
        """What is held, oldest first: (content, bytes); nothing if it cannot be read. Synchronous, for a start."""
        ...

    def read(self, content: BlobHash) -> bytes | None:
        """A blob that fits its name, or None. Synchronous, for a thread that answers questions."""
        ...

    def close(self) -> None:
        """Take no more jobs; those that were given are still done."""
        ...


class Writer(Protocol):
    """The queue between the hot path, which never waits, and the disk."""

    def put(self, batches: Iterable[StoredBatch]) -> int:
        """Queue for the next group commit. Never blocks and never raises; returns how many were not taken, the last
        ones, for want of room: none as long as `room_left` is asked first."""
        ...

    def rewrite(
        self, room: RoomId, batches: Sequence[Reduced], dropped: Sequence[Entry], done: Callable[[bool], None]
    ) -> None:
        """Rewrite batches that have let go of ops, behind what is written now; `done` hears whether that was done."""
        ...

    @property
    def room_left(self) -> int:
        """Bytes that may still be queued; at 0 new ink is refused visibly, and nothing is taken from the network.
        Ink that was accepted before still fits, into a reserve that is not counted here."""
        ...

    async def flush(self) -> None:
        """Wait until everything that is queued now is durable.

        Raises:
            StoreError: the store fails; everything is still queued and is tried again.
        """
        ...

    async def close(self) -> None:
        """Flush, but wait no longer than 2 s, and end. Never raises."""
        ...
