"""What the exchange of blobs is told at its start, and what it says: settings, outputs and statistics as values."""

from dataclasses import dataclass

from edgeboard.ids import BlobHash
from edgeboard.wire.messages import OfBlobs

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True, slots=True)
class BlobSettings:
    blob_bytes_max: int = 2 * MIB  # of one blob
    keep_bytes: int = 256 * MIB  # of all that are kept; what nobody names goes first
    wanted_max: int = 4096  # blobs that are looked for at the same time
    fetches_max: int = 3  # blobs that are on their way at the same time, each from a link of its own
    ahead_bytes: int = 32 * KIB  # asked of one link and not here yet: what its log may wait behind
    silent_s: float = 8.0  # without a piece until another source is asked; 32 KiB take 2.6 s at 100 kbit/s
    slow_bytes_per_s: float = 16 * KIB  # a fetch that is slower makes way for others, and goes on when it is its turn
    again_first_s: float = 2.0  # until all sources are asked again; doubles ..
    again_last_s: float = 60.0  # .. up to here
    node_bytes_per_s: float = 1 * MIB  # that one node is asked for
    node_bytes_burst: float = 8 * MIB
    guest_bytes_per_s: float = 128 * KIB  # that one guest may hand in
    guest_bytes_burst: float = 16 * MIB  # a few pages of photographs, all at once
    serve_bytes_per_s: float = 1 * MIB  # that one link is given
    serve_bytes_burst: float = 2 * MIB
    serve_all_bytes_per_s: float = 4 * MIB  # that all links together are given: half of what a small board can send
    haves_per_s: float = 1024.0  # that one link may name
    haves_burst: float = 16_384.0  # all rooms of a board when it joins
    cache_bytes: int = 6 * MIB  # of blobs kept in memory to give them to many


@dataclass(frozen=True, slots=True)
class Say:
    """A message for a link."""

    link: int
    message: OfBlobs


@dataclass(frozen=True, slots=True)
class KeepBlob:
    """This blob is whole: to be put on the disk, and answered with `kept`."""

    content: BlobHash
    data: bytes


@dataclass(frozen=True, slots=True)
class LoadBlob:
    """Somebody asks for a blob that is on the disk: to be answered with `loaded`."""

    content: BlobHash


@dataclass(frozen=True, slots=True)
class DropBlob:
    """Nobody names this blob, and its room is needed."""

    content: BlobHash


@dataclass(frozen=True, slots=True)
class Misled:
    """A link has sent bytes that do not fit the name of a blob: its node is faulty or lies."""

    link: int
    content: BlobHash


@dataclass(frozen=True, slots=True)
class BlobStatistics:
    held: int  # blobs on the disk
    held_bytes: int
    wanted: int
    fetching: int
    fetched: int  # whole and right, since the start
    given_bytes: int
    refused: int
    misled: int
    full: int  # fetches that found no room


Output = Say | KeepBlob | LoadBlob | DropBlob | Misled
