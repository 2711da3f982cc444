"""What the mesh is told at its start, and what it says: settings, outputs and statistics as values."""

from dataclasses import dataclass

from edgeboard.errors import CloseCode
from edgeboard.wire.messages import Channel


@dataclass(frozen=True, slots=True)
class MeshSettings:
    ping_s: float = 1.0  # between pings on a link
    suspect_pings: int = 3  # unanswered pings after which a link is suspect
    silent_s: float = 30.0  # of silence after which a link is closed
    vectors_s: float = 60.0  # between full exchanges of vectors
    ask_again_s: float = 2.0  # before another neighbour is asked for the same range
    stored_gather_s: float = 0.05  # commits gathered into one STORED
    guest_bytes_per_s: float = 256 * 1024  # ink that one guest may hand in: a hundred times a fast pen
    guest_bytes_burst: float = 4 * 1024 * 1024  # an afternoon offline, all at once


@dataclass(frozen=True, slots=True)
class Send:
    link: int
    channel: Channel
    data: bytes


@dataclass(frozen=True, slots=True)
class CloseLink:
    link: int
    code: CloseCode
    text: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A link as `edgeboard status` shows it."""

    link: int
    node: str
    guest: bool
    round_trip_ms: float | None
    suspect: bool
    rooms: int
    log_bytes_sent: int
    log_bytes_under_way: int


@dataclass(frozen=True, slots=True)
class MeshStatistics:
    links: tuple[Neighbour, ...]
    pushed: int
    repaired: int
    duplicates: int
    skipped: int  # pushes that found no credit; repair brings them


Output = Send | CloseLink
