"""Finds updates: the one path on which everything is verified, wherever it comes from. `fetching` then gets the files.

Each source's metadata is verified (`verifying`), then the release for this board is chosen from what was signed, then
its manifest is fetched by its signed hash.

Rules of this file: no source is believed, and none can keep the others from being asked; nothing but verified bytes
gets a name in `blobs/` or `metadata/`; one process at a time (its caller holds the lock).
"""

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from tuf.api.metadata import TargetFile, Targets

from edgeboard.errors import DecodeError, EdgeboardError, MissingError, SourceError, VerificationError
from edgeboard.ota import floors as rules
from edgeboard.ota import manifest as manifests
from edgeboard.ota.fetchers import Source
from edgeboard.ota.fetching import Fetched, Progress, fetch_files
from edgeboard.ota.files import Disk, RealDisk, explain, read_bounded, write_durably
from edgeboard.ota.values import (
    COUNTER_MAX,
    MANIFEST_MAX,
    SHA256,
    Attack,
    Floors,
    Layout,
    Manifest,
    Rollout,
    Target,
    target_path,
)
from edgeboard.ota.verifying import Clock, Pace, Verified, verify

logger = logging.getLogger(__name__)

KIND: Final = "app"  # of a release; others, such as images of a whole system, are for others


@dataclass(frozen=True, slots=True)
class UpToDate:
    """There is nothing newer."""

    counter: int  # of the newest that is offered
    floors: Floors  # to be kept, twice
    sources: tuple[str, ...]  # those that answered
    trouble: tuple[tuple[str, str], ...]  # the others, and why


@dataclass(frozen=True, slots=True)
class Found:
    """A newer release for this board, verified but for its files."""

    manifest: Manifest
    digest: str  # sha256 of the manifest, under which it lies in blobs/
    floors: Floors
    sources: tuple[str, ...]
    trouble: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the signed metadata says of one release."""

    name: str
    counter: int
    version: str
    libc: tuple[int, int]
    min_from_counter: int
    rollout: Rollout
    sha256: str
    length: int


def find(
    layout: Layout,
    sources: Sequence[Source],
    target: Target,
    floors: Floors,
    now: int,
    *,
    disk: Disk | None = None,
    clock: Clock = time.monotonic,
) -> Found | UpToDate:
    """Ask all sources, and choose the newest release that this board may take.

    Args:
        target: this board.
        floors: as they were kept last; those of the answer are to be kept before anything else is done.
        now: seconds since 1970 by this board's clock, which may be wrong.

    Raises:
        VerificationError: no source has what may be used; names the attack that it would be. SourceError: none answers.
        StoreError: the disk. UserError: this board has no root of trust.
    """
    disk = disk or RealDisk()
    _make_folders(layout, disk)
    best: Verified | None = None
    answered: list[str] = []
    trouble: dict[str, EdgeboardError] = {}
    for source in sources:
        try:
            best = verify(
                layout, disk, source, floors, now, lambda targets: _newest(read_offers(targets, target)), clock
            )
        except (SourceError, VerificationError) as error:
            logger.info("update source %s: %s", source.name, error)
            trouble[source.name] = error
            continue
        answered.append(source.name)
        floors = rules.after_verifying(floors, best.seen)
    if best is None:
        raise _worst(trouble)
    offers = read_offers(best.targets, target)
    _keep_metadata(layout, disk, best)
    is_empty = not best.targets.targets  # a repository from before its first release
    if is_empty or (best.seen.counter and best.seen.counter <= floors.counter):
        return UpToDate(best.seen.counter, floors, tuple(answered), _told(trouble))
    offer = choose(offers, target, floors)
    manifest = _read_manifest(layout, disk, offer, target, sources, trouble, clock)
    return Found(manifest, offer.sha256, floors, tuple(answered), _told(trouble))


def fetch(
    layout: Layout,
    found: Found,
    sources: Sequence[Source],
    progress: Callable[[Progress], None] = lambda progress: None,
    *,
    beside: Sequence[Layout] = (),
) -> Fetched:
    """Get every file of a release into `blobs/`; goes on where it was broken off. Raises as `fetch_files`."""
    return fetch_files(layout, found.manifest, sources, progress, beside=beside)


def read_offers(targets: Targets, target: Target) -> list[Offer]:
    """The releases for boards like this one, newest first.

    Raises:
        VerificationError: what was signed cannot be read.
    """
    found = []
    for name, entry in targets.targets.items():
        with suppress(DecodeError):  # of another kind, or of a later form
            other, counter = manifests.parse_entry(name)
            if other.name == target.name:
                found.append((counter, name, entry))
    offers = [
        _read_offer(name, counter, entry) for counter, name, entry in sorted(found, reverse=True, key=_by_counter)
    ]
    return [offer for offer in offers if offer is not None]


def _by_counter(found: tuple[int, str, TargetFile]) -> int:
    return found[0]


def _read_offer(name: str, counter: int, entry: TargetFile) -> Offer | None:
    custom = entry.unrecognized_fields.get("custom")
    try:
        if not isinstance(custom, dict) or custom["kind"] != KIND:
            return None
        rollout = custom["rollout"]
        major, minor = custom["libc"]
        numbers = [
            custom["counter"],
            major,
            minor,
            custom["min_from_counter"],
            rollout["percent"],
            rollout["not_before"],
        ]
        whole = all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= COUNTER_MAX for n in numbers)
        sha256 = entry.hashes["sha256"]
        if not whole or custom["counter"] != counter or not SHA256.match(sha256) or entry.length > MANIFEST_MAX:
            raise ValueError
        return Offer(
            name=name,
            counter=counter,
            version=str(custom["version"]),
            libc=(major, minor),
            min_from_counter=custom["min_from_counter"],
            rollout=Rollout(rollout["percent"], str(rollout["salt"]), rollout["not_before"]),
            sha256=sha256,
            length=entry.length,
        )
    except (KeyError, TypeError, ValueError):
        raise VerificationError(
            Attack.MALFORMED, f"what is signed of {name} cannot be read; take a newer bundle"
        ) from None


def _newest(offers: Sequence[Offer]) -> int:
    return max((offer.counter for offer in offers), default=0)


def choose(offers: Sequence[Offer], target: Target, floors: Floors) -> Offer:
    """The newest release that a board with these floors may take.

    Raises:
        VerificationError: there is none for it.
    """
    if not offers:
        raise _wrong(
            f"there is no release for {target.machine} with {target.python} in {target.channel}: ask who signs them"
        )
    newer = [offer for offer in offers if offer.counter > floors.counter]
    running = [offer for offer in newer if offer.libc <= target.libc]
    steps = [offer for offer in running if offer.min_from_counter <= floors.counter]
    if not running:
        least = ".".join(map(str, newer[0].libc))
        raise _wrong(f"{newer[0].version} needs glibc {least}, and this board has less: upgrade its system first")
    if not steps:
        raise _wrong(
            f"{running[0].version} is for boards of counter {running[0].min_from_counter} and later, this one has "
            f"{floors.counter}, and no release between is offered: install it anew"
        )
    return steps[0]


def _wrong(text: str) -> VerificationError:
    return VerificationError(Attack.WRONG_SOFTWARE, text)


def _read_manifest(
    layout: Layout,
    disk: Disk,
    offer: Offer,
    target: Target,
    sources: Sequence[Source],
    trouble: dict[str, EdgeboardError],
    clock: Clock,
) -> Manifest:
    path = layout.blobs / offer.sha256
    data = _read_kept(layout, offer)
    tried: dict[str, EdgeboardError] = {}
    for source in sources if data is None else ():
        try:
            data = _read_signed(source, offer, clock)
            break
        except MissingError as error:
            if source.is_complete:
                tried[source.name] = trouble[source.name] = VerificationError(
                    Attack.PARTIAL,
                    f"{source.name} lacks {offer.name}: take one that is for this board, or copy it again",
                )
            else:
                tried[source.name] = trouble[source.name] = error
        except (SourceError, VerificationError) as error:
            tried[source.name] = trouble[source.name] = error
    if data is None:
        raise _worst(tried)
    try:
        manifest = manifests.from_bytes(data, offer.rollout)
    except DecodeError as error:
        raise VerificationError(Attack.MALFORMED, f"the manifest of {offer.version} cannot be read: {error}") from None
    if not manifest.target.serves(target):
        raise _wrong(f"{offer.name} holds a release for {manifest.target.name}, which this board is not")
    if (manifest.counter, manifest.version, manifest.target.libc) != (offer.counter, offer.version, offer.libc):
        raise VerificationError(Attack.MIX_AND_MATCH, f"{offer.name} holds the manifest of {manifest.version}")
    try:
        write_durably(disk, path, data)
    except OSError as error:
        raise explain(error, f"cannot keep {path}") from error
    return manifest


def _read_kept(layout: Layout, offer: Offer) -> bytes | None:
    with suppress(OSError, DecodeError):
        data = read_bounded(layout.blobs / offer.sha256, MANIFEST_MAX)
        if hashlib.sha256(data).hexdigest() == offer.sha256:
            return data
    return None


def _read_signed(source: Source, offer: Offer, clock: Clock) -> bytes:
    data, pace = bytearray(), Pace(clock)
    for piece in source.read(target_path(offer.sha256, offer.name), 0, offer.length + 1):
        data += piece
        pace.add(source, len(piece))
        if len(data) > offer.length:
            raise VerificationError(Attack.ENDLESS, f"{source.name}: {offer.name} is longer than it was signed")
    if hashlib.sha256(data).hexdigest() != offer.sha256:
        raise VerificationError(Attack.ARBITRARY, f"{source.name}: {offer.name} is not what was signed")
    return bytes(data)


def _keep_metadata(layout: Layout, disk: Disk, verified: Verified) -> None:
    """What other boards may be given, by the names that they ask for; the timestamp last."""
    try:
        names = sorted(verified.files, key=lambda name: name == "timestamp.json")
        for name in names:
            path = layout.metadata / name
            if not path.exists() or path.read_bytes() != verified.files[name]:
                write_durably(disk, path, verified.files[name])
        for path in layout.metadata.iterdir():
            if path.name not in verified.files and not path.is_dir():
                disk.remove(path)
    except OSError as error:
        raise explain(error, f"cannot keep {layout.metadata}") from error


def _make_folders(layout: Layout, disk: Disk) -> None:
    try:
        for folder in (layout.metadata, layout.blobs, layout.incoming):
            disk.make_folder(folder)
    except OSError as error:
        raise explain(error, f"cannot make {layout.state}") from error


def _told(trouble: dict[str, EdgeboardError]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(error)) for name, error in trouble.items())


def _worst(trouble: dict[str, EdgeboardError]) -> EdgeboardError:
    """What to say when no source was of use: an attack before silence."""
    if not trouble:
        return SourceError("no source of updates is named: name an address or a bundle with --from, or join a mesh")
    for error in trouble.values():
        if isinstance(error, VerificationError):
            return error
    if len(trouble) == 1:
        return next(iter(trouble.values()))
    return SourceError("; ".join(map(str, trouble.values())))
