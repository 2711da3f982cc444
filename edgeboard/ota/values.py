"""What updates are made of: whom a release is for, its files, and where all of it lies on a board.

Rules of this file: values only. What comes from outside is read by `manifest`, which lets nothing in that breaks a
limit named here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, repeat
from pathlib import Path
from typing import Final, NamedTuple, Self

CHUNK_BYTES: Final = 256 * 1024  # of a file; its last one is shorter, and those of our own wheel may be
CHUNKS_MAX: Final = 8192  # of one file
FILES_MAX: Final = 256  # of one release for one machine
FILE_MAX: Final = 256 * 1024 * 1024  # bytes of one file
RELEASE_MAX: Final = 1024 * 1024 * 1024  # bytes of all files together
MANIFEST_MAX: Final = 1024 * 1024  # bytes
COUNTER_MAX: Final = 2**53 - 1  # JSON readers of other languages lose more
SIGNED_AT: Final = "signed_at"  # in the timestamp: seconds since 1970, so a lower bound of now for whoever verifies it
BUCKETS: Final = 100  # of boards, among which a release spreads

MACHINES: Final = ("aarch64", "riscv64", "x86_64")
CHANNELS: Final = ("stable", "beta")
PYTHON: Final = re.compile(r"cp3[0-9]{1,2}\Z")
# What may be the name of a file: no path, nothing hidden, nothing that a shell or an address would read otherwise.
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}\Z")
VERSION: Final = re.compile(r"[0-9][A-Za-z0-9.+]{0,63}\Z")
SHA256: Final = re.compile(r"[0-9a-f]{64}\Z")


class Attack(StrEnum):
    """What a refused update would be if somebody meant it; the names are TUF's and Uptane's where these have one."""

    ARBITRARY = "arbitrary-software"  # not signed by those who may, or not what they signed
    ROLLBACK = "rollback"  # older than what this board has seen
    FREEZE = "freeze"  # so old that it must be kept from renewing
    MIX_AND_MATCH = "mix-and-match"  # parts of different releases
    ENDLESS = "endless-data"  # longer than signed, or than anything may be
    SLOW = "slow-retrieval"
    WRONG_SOFTWARE = "wrong-software"  # for another machine, Python, channel or C library
    PARTIAL = "partial-bundle"  # some of its files are not there
    MALFORMED = "malformed"  # breaks a format
    UNSAFE = "unsafe-content"  # would write where it must not, or run when it must not


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a release is for."""

    machine: str  # of MACHINES
    python: str  # "cp311", "cp313"
    channel: str = "stable"  # of CHANNELS
    libc: tuple[int, int] = (2, 28)  # glibc: of a release the lowest it runs on, of a board the one it has

    @property
    def name(self) -> str:
        """As files are called: "stable-aarch64-cp313"."""
        return f"{self.channel}-{self.machine}-{self.python}"

    def serves(self, board: "Target") -> bool:
        """Whether what is made for this target runs on that board."""
        same = (self.machine, self.python, self.channel) == (board.machine, board.python, board.channel)
        return same and self.libc <= board.libc


class Chunk(NamedTuple):
    """A part of a file that is fetched, checked and handed on by itself."""

    sha256: str
    offset: int
    size: int  # bytes, 1 to CHUNK_BYTES


@dataclass(frozen=True, slots=True)
class File:
    """A file of a release, known by its content."""

    name: str
    sha256: str  # 64 hex digits
    length: int  # bytes
    chunks: tuple[str, ...]  # sha256 of each; none of an empty file
    sizes: tuple[int, ...] = ()  # bytes of each chunk; without them CHUNK_BYTES each, the last shorter

    @property
    def parts(self) -> tuple[Chunk, ...]:
        """Its chunks, with where they lie."""
        return tuple(self._parts())

    def _parts(self) -> Iterator[Chunk]:
        at = 0
        for sha256, size in zip(self.chunks, chain(self.sizes, repeat(CHUNK_BYTES)), strict=False):
            size = min(size, self.length - at)
            yield Chunk(sha256, at, size)
            at += size

    @property
    def is_wheel(self) -> bool:
        return self.name.endswith(".whl")

    @property
    def path(self) -> str:
        """The name by which a source is asked for it."""
        return target_path(self.sha256, self.name)


@dataclass(frozen=True, slots=True)
class Schema:
    """Which forms of a node's state a release reads, and which it writes."""

    reads: tuple[int, ...] = (1,)
    writes: int = 1


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far a release has been let out; it is signed beside the manifest, so that it may change while that stays."""

    percent: int = 100  # of boards, 0 to 100
    salt: str = ""  # which boards those are
    not_before: int = 0  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Manifest:
    """One release for one target: what is installed, and who may install it (docs/formats/releases.md)."""

    version: str
    counter: int  # rises with each release of a channel, whatever the version says
    target: Target
    files: tuple[File, ...]
    lock: str  # the name of the requirements file among them
    min_from_counter: int = 0  # a board below it takes a release between first
    security_floor: int = 0  # no operator goes back below this counter
    state_schema: Schema = field(default_factory=Schema)
    rollout: Rollout = field(default_factory=Rollout)
    distribution: tuple[str, ...] = ()  # packages outside the slot: "python3-cryptography>=43"

    @property
    def length(self) -> int:
        """Bytes of all files."""
        return sum(file.length for file in self.files)

    @property
    def wheels(self) -> tuple[File, ...]:
        return tuple(file for file in self.files if file.is_wheel)


@dataclass(frozen=True, slots=True)
class Floors:
    """What this board has seen, below which it takes nothing: kept apart from what TUF keeps, which a power cut may
    wipe. All of them only rise, but for those of a role whose keys a signed root has replaced (`floors`)."""

    root: int = 0
    timestamp: int = 0
    snapshot: int = 0
    targets: int = 0
    counter: int = 0  # of the newest release that was committed here
    latest_known_time: int = 0  # seconds since 1970, as signed; never this board's own clock
    timestamp_keys: str = ""  # digests of the keys that signed, to know when they were replaced
    snapshot_keys: str = ""
    targets_keys: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where updates live on a board."""

    prefix: Path  # /opt/edgeboard: slots and launcher, owned by root
    state: Path  # /var/lib/edgeboard-ota: what is fetched and remembered

    @classmethod
    def under(cls, root: Path) -> Self:
        """The places of a board whose root directory is `root`."""
        return cls(root / "opt" / "edgeboard", root / "var" / "lib" / "edgeboard-ota")

    @property
    def slots(self) -> Path:
        return self.prefix / "slots"

    @property
    def current(self) -> Path:
        return self.prefix / "current"

    @property
    def launcher(self) -> Path:
        return self.prefix / "launcher.pyz"

    @property
    def root(self) -> Path:
        """The first root of trust, which came with the installation."""
        return self.prefix / "root.json"

    @property
    def incoming(self) -> Path:
        """Files that are not whole yet: `<sha256>.part`."""
        return self.state / "incoming"

    @property
    def blobs(self) -> Path:
        """Whole files that were verified, by their sha256."""
        return self.state / "blobs"

    @property
    def metadata(self) -> Path:
        """Verified metadata by the names that sources have (`7.snapshot.json`): with `blobs` a source for others."""
        return self.state / "metadata"

    @property
    def cache(self) -> Path:
        """What the TUF client keeps for itself."""
        return self.state / "tuf"

    @property
    def journal(self) -> Path:
        return self.state / "state.json"

    @property
    def floors(self) -> Path:
        return self.state / "floor.json"

    @property
    def bad(self) -> Path:
        return self.state / "bad.json"

    @property
    def log(self) -> Path:
        return self.state / "log"


def target_path(sha256: str, name: str) -> str:
    """The name by which a source is asked for a file: "targets/<sha256>.<name>"."""
    return f"targets/{sha256}.{name}"
