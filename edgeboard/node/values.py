"""What a node's pure half is told at its start, and what it says: settings, identity and outputs as values."""

from collections.abc import Callable
from dataclasses import dataclass, field

from edgeboard.blobs.values import BlobSettings, DropBlob, KeepBlob, LoadBlob
from edgeboard.identity.tickets import Ticket
from edgeboard.ids import MeshId, NodeId, OpId, Origin, PersonId, RoomId
from edgeboard.marquee.settings import Settings as MarqueeSettings
from edgeboard.mesh.introductions import Introduced
from edgeboard.mesh.values import CloseLink, CutOff, Dial, MeshSettings, Oneself, Send
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.batch import Batch
from edgeboard.oplog.codec import Pen
from edgeboard.oplog.floors import Reduced
from edgeboard.oplog.history import Entry
from edgeboard.rooms.admission import Door
from edgeboard.rooms.compaction import CompactionSettings
from edgeboard.rooms.room import RoomSettings
from edgeboard.rooms.states import RoomState


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    guests_max: int = 128  # people this node is host to
    guests_per_room_max: int = 64
    rooms_max: int = 64
    messages_per_s: float = 400.0  # ctl messages of one link; a burst may be four times that
    live_per_s: float = 120.0  # live frames of one link; what is above is dropped
    live_tick_s: float = 0.033
    digest_s: float = 20.0  # between comparisons of canvases
    room: RoomSettings = field(default_factory=RoomSettings)
    compaction: CompactionSettings = field(default_factory=CompactionSettings)
    mesh: MeshSettings = field(default_factory=MeshSettings)
    blobs: BlobSettings = field(default_factory=BlobSettings)
    marquee: MarqueeSettings = field(default_factory=MarqueeSettings)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this node is; the callables are the identity package's, or cheap stand-ins in simulations."""

    node: NodeId
    public_key: bytes
    boot: bytes  # 8 bytes: boot number u32, random u32
    name: str
    mesh: MeshId
    software: str
    person: PersonId  # of the node's own pens
    origin: Origin  # of this boot's pens
    sign: Callable[[bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]
    random: Callable[[], float]  # from 0 to below 1
    grant: bytes = field(default=b"", kw_only=True)
    admits: Callable[[NodeId, bytes], bool] = field(default=lambda node, grant: True, kw_only=True)
    draws: bool = field(default=True, kw_only=True)  # whether our grant lets us log anything
    make_author: Callable[[RoomId], LocalAuthor]
    wall_ms: Callable[[], int]
    admins: frozenset[NodeId] = frozenset()
    seal_ticket: Callable[[Ticket], str] = lambda ticket: ""
    door: Door | None = None  # None: whoever comes may draw
    steady_ahead: Callable[[], float] = lambda: 0.0  # of a crystal that nobody steers, before `now`, s
    time_floor_s: float = 0.0  # mesh time that was reached before, by an earlier run

    def oneself(self) -> Oneself:
        """What the mesh is told of us."""
        me = self.mesh, self.public_key, self.boot, self.name, self.software
        return Oneself(*me, self.sign, self.verify, self.random, self.grant, self.admits)


@dataclass(frozen=True, slots=True)
class Save:
    room: RoomId
    batches: tuple[Batch, ...]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Batches on the disk are to let go of ops, which go into the history; to be answered with `rewritten`."""

    room: RoomId
    batches: tuple[Reduced, ...]
    dropped: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class LoadRoom:
    """A room has been opened: remember it, and read what the disk holds of it."""

    room: RoomId
    name: str


@dataclass(frozen=True, slots=True)
class Damaged:
    room: RoomId
    items: tuple[OpId, ...]


@dataclass(frozen=True, slots=True)
class PenPlace:
    """What a pen draws with, and where."""

    room: str
    x: float = 0.0  # canvas px at the upper left corner of its area
    y: float = 0.0
    width: float = 1280.0  # canvas px across its area
    colour: int = 0
    thickness: int = 24  # 1/8 px, at full pressure
    page: int = 0


@dataclass(frozen=True, slots=True)
class Inked:
    """A pen of this board is drawing; for its own panels, before anything is logged."""

    room: RoomId
    page: int
    origin: Origin
    pen: Pen
    points: tuple[tuple[float, float], ...]  # canvas px; the last ones, with a few that were told before
    pressures: tuple[int, ...] | None  # 0 .. 4095, of each point


@dataclass(frozen=True, slots=True)
class Alarm:
    text: str


@dataclass(frozen=True, slots=True)
class ForReleases:
    """As of images, but of what releases are made of."""

    output: KeepBlob | LoadBlob | DropBlob


@dataclass(frozen=True, slots=True)
class KeepTime:
    """Write down that mesh time has come so far: after a start without a clock it goes on from there."""

    mesh_s: float


@dataclass(frozen=True, slots=True)
class RoomChanged:
    room: RoomId
    name: str
    before: RoomState
    after: RoomState


Output = (
    Send | Introduced | CloseLink | CutOff | Dial | Save | Rewrite | LoadRoom | Damaged | Alarm | RoomChanged
    | KeepBlob | LoadBlob | DropBlob | Inked | KeepTime | ForReleases
)  # fmt: skip
