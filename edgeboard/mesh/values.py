"""What the mesh is told at its start, and what it says: settings, outputs and statistics as values."""

from collections.abc import Callable
from dataclasses import dataclass, field

from edgeboard.errors import CloseCode
from edgeboard.ids import MeshId, NodeId
from edgeboard.wire.messages import Channel


@dataclass(frozen=True, slots=True)
class OverlaySettings:
    full_mesh_max: int = 8  # nodes; in a mesh of up to so many each links to all
    degree: int = 5  # links of a node in a larger one
    degree_most: int = 8  # then further ones are refused
    dial_s: float = 12.0  # after which a dial that was asked for is over, whoever forgot to say so
    dials_most: int = 2  # under way at once: of many boards that start together none knows yet how many they are
    yield_s: float = 0.3  # the higher id lets the lower one dial first
    pause_first_s: float = 0.5  # after a dial that failed; doubles ..
    pause_last_s: float = 4.0  # .. up to here: a network that was cut is one again soon after it is mended
    probe_s: float = 2.0  # between attempts at nodes that are gone
    trim_s: float = 10.0  # between looks for a link too many
    rotate_s: float = 600.0  # between random links to somebody new


@dataclass(frozen=True, slots=True)
class BroadcastSettings:
    gather_s: float = 1.0  # news gathered into one HAVE; a lost link is bypassed at once, so this is for stalls
    graft_s: float = 0.3  # until news that others have and we lack is asked for: 1 % loss made p99 82 ms a hop


@dataclass(frozen=True, slots=True)
class MeshSettings:
    ping_s: float = 1.0  # between pings on a link
    suspect_pings: int = 3  # unanswered pings after which a link is suspect
    silent_s: float = 30.0  # of silence after which a link is closed
    vectors_s: float = 60.0  # between full exchanges of vectors
    ask_again_s: float = 2.0  # before another neighbour is asked for the same range
    give_up_s: float = 20.0  # that a node may answer pings and give nothing of what it says that it has
    shun_s: float = 600.0  # that a node is left alone which lies, forges or floods
    stored_soon_s: float = 0.05  # commits gathered into one STORED, to whoever gave us the ink
    stored_later_s: float = 5.0  # and to everybody else
    guest_bytes_per_s: float = 256 * 1024  # ink that one guest may hand in: a hundred times a fast pen
    guest_bytes_burst: float = 4 * 1024 * 1024  # an afternoon offline, all at once
    record_gather_s: float = 0.3  # changes of our own links gathered into one record
    records_gather_s: float = 0.1  # records of others that are passed on together
    round_trip_every_s: float = 30.0  # between records that only say another round-trip time
    overlay: OverlaySettings = field(default_factory=OverlaySettings)
    broadcast: BroadcastSettings = field(default_factory=BroadcastSettings)


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
class Dial:
    """A link to this node is wanted; to be answered by `link_up`, or by `dial_failed`."""

    node: NodeId
    urls: tuple[str, ...]  # of its board, the likeliest first; may be none


@dataclass(frozen=True, slots=True)
class CutOff:
    """A node was cut off, and people should know."""

    node: NodeId
    text: str


@dataclass(frozen=True, slots=True)
class Oneself:
    """What a mesh is told about its own node; the callables are the identity package's, or stand-ins."""

    mesh: MeshId
    public_key: bytes
    boot: bytes  # 8 bytes: boot number u32, random u32
    name: str
    software: str
    sign: Callable[[bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]  # public key, signature, message
    random: Callable[[], float]  # from 0 to below 1
    grant: bytes = b""  # told to all, so that each can see for itself who is a member
    admits: Callable[[NodeId, bytes], bool] = lambda node, grant: True  # whether a node is one, by its grant


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
    told: int  # news that lazy links were told of
    grafted: int  # links that the tree took back


Output = Send | CloseLink | Dial | CutOff
