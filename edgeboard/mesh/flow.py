"""What one link has been sent and may still be sent: credits, backlogs and handles.

The window is in bytes of the log channel. What does not fit is not queued: the link falls behind, and when credit
comes back the vectors decide what is sent. So a stuck peer costs one window and nothing more.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import final

from edgeboard.ids import AuthorTag, RoomId
from edgeboard.mesh.values import Neighbour
from edgeboard.rate import TokenBucket
from edgeboard.vectors import Range, Vector
from edgeboard.wire.messages import MESSAGE_MAX

WINDOW = 256 * 1024  # log bytes under way beyond the receiver's last credit
BATCH_HEAD = 24  # bytes, at most, around a batch that travels alone
CREDIT_STEP = 32 * 1024  # processed bytes after which a receiver says so


@dataclass(slots=True)
class RoomFlow:
    """One room on one link."""

    handle_out: int  # the number we use for the room in live frames
    handle_in: int = -1  # the number they use
    joined: bool = False  # they have told us their vector
    theirs: dict[AuthorTag, int] = field(default_factory=dict)  # what they have, or are being sent
    lacking: dict[AuthorTag, int] = field(default_factory=dict)  # of it, what we lacked when we looked last
    stored: dict[AuthorTag, int] = field(default_factory=dict)  # what their disk has
    wanted: deque[Range] = field(default_factory=deque)  # asked for and not sent yet
    caught_up_sent: bool = False
    mismatches: int = 0  # pings in a row whose vector differs from ours

    def learn(self, vector: Vector, mine: Vector) -> None:
        """They hold this, and we hold that."""
        for missing in vector.beyond(mine):
            self.lacking[missing.author] = max(missing.end, self.lacking.get(missing.author, 0))
        for tag, end in vector.items():
            if end > self.theirs.get(tag, 0):
                self.theirs[tag] = end

    def is_ahead(self, mine: Vector) -> bool:
        """Whether they hold what we, who hold this, lack."""
        if self.lacking:
            self.lacking = {tag: end for tag, end in self.lacking.items() if end > mine[tag]}
        return bool(self.lacking)

    def vector(self) -> Vector:
        return Vector(self.theirs)


@final
class Window:
    """The credit of one link, both ways."""

    def __init__(self) -> None:
        self.sent = 0
        self.credited = 0
        self.processed = 0
        self._announced = 0

    @property
    def free(self) -> int:
        return WINDOW - (self.sent - self.credited)

    def credit(self, processed: int) -> None:
        """The other side has processed this many bytes; more than was sent is a lie, and is cut to it."""
        self.credited = max(self.credited, min(processed, self.sent))

    def took(self, size: int) -> None:
        """We have processed `size` bytes."""
        self.processed += size

    def due(self) -> int:
        """Processed bytes that have not been announced; 0 until they are worth a message."""
        behind = self.processed - self._announced
        return behind if behind >= CREDIT_STEP else 0

    def announce(self) -> int:
        """The number that goes into the CREDIT that is sent now."""
        self._announced = self.processed
        return self.processed

    @property
    def overdrawn(self) -> bool:
        """Whether the other side has sent beyond its credit, by more than one message."""
        return self.processed - self._announced > WINDOW + MESSAGE_MAX


@dataclass(slots=True)
class LinkState:
    """One link of the mesh, to a node or to a guest."""

    link: int
    is_guest: bool
    node: bytes  # node id; empty for a guest
    opened: float
    draws: bool = True  # whether its grant lets it log ink; of a node
    rooms: dict[RoomId, RoomFlow] = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    packed: dict[RoomId, list[bytes]] = field(default_factory=dict)  # batches that leave with the next output
    packed_bytes: int = 0
    pace: TokenBucket | None = None  # log bytes that a guest may hand in; a node's batches are others' ink
    heard: float = 0.0
    pinged: float = -1.0  # when the last ping was sent
    ping_sequence: int = 0
    asked_sequence: int = 0  # of the last ping that wants an answer
    asked_at: float = -1.0  # when that was sent; -1 once it was answered
    missed: int = 0
    round_trip_s: float | None = None
    answered: float = -1e9  # when a batch came that it had been asked for
    next_handle: int = 0
    roster_asked: float = -1e9  # when we told them what members we know
    rosters: tuple[bytes, bytes] = (b"", b"")  # digests of theirs and of ours at the last ping, if they differed

    def flow(self, room: RoomId) -> RoomFlow:
        """The flow of a room, made on first use."""
        if room not in self.rooms:
            self.rooms[room] = RoomFlow(self.next_handle)
            self.next_handle += 1
        return self.rooms[room]

    def takes(self, batch: bytes) -> bool:
        """Whether its credit allows one more batch."""
        return self.window.free - self.packed_bytes >= len(batch) + BATCH_HEAD

    def pack(self, room: RoomId, batch: bytes) -> None:
        """Have a batch leave with the next output; counts against the credit from now on."""
        self.packed.setdefault(room, []).append(batch)
        self.packed_bytes += len(batch) + BATCH_HEAD

    def unpack(self) -> dict[RoomId, list[bytes]]:
        """What is to leave now."""
        packed, self.packed, self.packed_bytes = self.packed, {}, 0
        return packed

    def as_neighbour(self, suspect_pings: int) -> Neighbour:
        """The link as `edgeboard status` shows it."""
        return Neighbour(
            self.link,
            self.node.hex(),
            self.is_guest,
            None if self.round_trip_s is None else self.round_trip_s * 1000,
            self.missed >= suspect_pings,
            len(self.rooms),
            self.window.sent,
            self.window.sent - self.window.credited,
        )

    def room_of(self, handle: int) -> RoomId | None:
        """Which room the other side means by its handle."""
        for room, flow in self.rooms.items():
            if flow.handle_in == handle:
                return room
        return None
