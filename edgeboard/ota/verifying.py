"""Verifies metadata of one source with the TUF client (python-tuf), always from the root that was installed.

Rules of this file: the only one that calls the client, on a copy of what it has kept, so that a source that breaks off
or lies leaves nothing behind; the copy takes the original's place only when all roles were verified and the floors
agree; whatever python-tuf raises ends here, as the name of an attack.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from tuf.api import exceptions as tuf
from tuf.api.metadata import Root, Snapshot, Targets, Timestamp
from tuf.ngclient import Updater
from tuf.ngclient.fetcher import FetcherInterface

from edgeboard.errors import DecodeError, MissingError, SourceError, StoreError, UserError, VerificationError
from edgeboard.ota import floors as rules
from edgeboard.ota.fetchers import Source, printable
from edgeboard.ota.files import Disk, explain, read_bounded
from edgeboard.ota.values import COUNTER_MAX, SIGNED_AT, Attack, Floors, Layout

ROOT_MAX: Final = 512_000  # bytes, as the client's
CLOCK_LEAST: Final = 0
CLOCK_MOST: Final = 253_402_300_799  # the last second of the year 9999
LEAST_BYTES_PER_S: Final = 1024  # of a source, over each WINDOW_S; less is no source
WINDOW_S: Final = 15.0

Clock = Callable[[], float]  # monotonic seconds


@dataclass(frozen=True, slots=True)
class Verified:
    """What was signed, as the client has it."""

    seen: Floors  # its counter is the newest that is offered
    targets: Targets
    files: dict[str, bytes]  # the metadata by the names that sources have


class Pace:
    """Measures a source while it answers: who sends a byte now and then is no source."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock()
        self._got = 0

    def add(self, source: Source, count: int) -> None:
        """Raises VerificationError if the source was too slow over the last while."""
        self._got += count
        passed = self._clock() - self._since
        if passed < WINDOW_S:
            return
        if self._got < LEAST_BYTES_PER_S * passed:
            raise VerificationError(
                Attack.SLOW, f"{source.name} sends {self._got / passed:.0f} bytes a second, and was given up"
            )
        self._since, self._got = self._clock(), 0


@final
class _Fetcher(FetcherInterface):
    """Lets the TUF client read from a source, and remembers nothing."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock

    def _fetch(self, url: str) -> Iterator[bytes]:
        return self._source.read(url, 0, ROOT_MAX)

    def download_bytes(self, url: str, max_length: int) -> bytes:
        """As the client asks: at most so many bytes, 404 for what is not there."""
        data, pace = bytearray(), Pace(self._clock)
        try:
            for piece in self._source.read(url, 0, max_length + 1):
                data += piece
                if len(data) > max_length:
                    raise VerificationError(Attack.ENDLESS, f"{self._source.name}: {url} is longer than it may be")
                pace.add(self._source, len(piece))
        except MissingError:
            if url.endswith(".root.json"):  # there is no newer one
                raise tuf.DownloadHTTPError(f"{url} is not there", 404) from None
            if self._source.is_complete:
                raise VerificationError(
                    Attack.PARTIAL, f"{self._source.name} lacks {url}, so it is not whole: copy it again"
                ) from None
            raise
        return bytes(data)


def verify(
    layout: Layout,
    disk: Disk,
    source: Source,
    floors: Floors,
    now: int,
    count: Callable[[Targets], int],
    clock: Clock = time.monotonic,
) -> Verified:
    """Bring what the TUF client keeps up to what this source has.

    Args:
        now: seconds since 1970 by this board's clock, which may be wrong.
        count: the newest release counter for this board among the targets.

    Raises:
        VerificationError: what the source has is not to be used, and nothing has changed. SourceError: it does not
        answer. StoreError: the disk. UserError: this board has no root of trust.
    """
    first = read_root(layout)
    aside = layout.cache.with_name("tuf.new")
    try:
        for place in (aside, layout.cache):
            if place.is_symlink() or place.is_file():  # of nobody here; what it leads to is none of ours
                disk.remove(place)
        shutil.rmtree(aside, ignore_errors=True)
        if layout.cache.is_dir():
            shutil.copytree(layout.cache, aside, symlinks=True)
        else:
            aside.mkdir(parents=True)
        verified = _refresh(aside, first, source, max(now, floors.latest_known_time), clock)
        verified = replace(verified, seen=replace(verified.seen, counter=count(verified.targets)))
        rules.check(floors, verified.seen)
        disk.sync_tree(aside)
        disk.remove_tree(layout.cache)
        disk.rename(aside, layout.cache)
        disk.sync(layout.state)
    except shutil.Error as error:  # of each file of a copy: from where, to where, and why
        why = str(error.args[0][0][2])
        raise StoreError(f"cannot keep what was verified: {why}; free some space, and try again") from error
    except OSError as error:
        raise explain(error, "cannot keep what was verified") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return verified


def read_root(layout: Layout) -> bytes:
    """The root that was installed.

    Raises:
        UserError: there is none.
    """
    try:
        return read_bounded(layout.root, ROOT_MAX)
    except (OSError, DecodeError):
        raise UserError(
            f"{layout.root} cannot be read, so nothing can be verified: say `edgeboard install --trust 1.root.json` "
            "with that of its releases, or copy it there"
        ) from None


def _refresh(cache: Path, first: bytes, source: Source, now: int, clock: Clock) -> Verified:
    try:
        updater = Updater(str(cache), "metadata", fetcher=_Fetcher(source, clock), bootstrap=first)
        # The client judges expiry by the machine's clock, which begins in 1970 on a board without a battery; what has
        # been signed since is a better guess. There is no public way, so the name is checked.
        trusted = updater._trusted_set
        if not isinstance(trusted.reference_time, datetime):
            raise VerificationError(Attack.FREEZE, "this python-tuf judges time in another way; install 7.0.1")
        trusted.reference_time = datetime.fromtimestamp(min(max(now, CLOCK_LEAST), CLOCK_MOST), UTC)
        updater.refresh()
    except (SourceError, VerificationError, OSError):
        raise
    except tuf.DownloadError as error:
        raise SourceError(f"{source.name}: {error}") from None
    except Exception as error:
        raise name_attack(source, error, now) from None
    return _read_verified(cache, trusted.root, trusted.timestamp, trusted.snapshot, trusted.targets)


def _read_verified(cache: Path, root: Root, timestamp: Timestamp, snapshot: Snapshot, targets: Targets) -> Verified:
    """The verified metadata, by the names that sources have."""
    _check_keys(root)
    files = {
        f"{version}.root.json": read_bounded(cache / "root_history" / f"{version}.root.json", ROOT_MAX)
        for version in range(1, root.version + 1)
        if (cache / "root_history" / f"{version}.root.json").exists()
    }
    files |= {
        f"{targets.version}.targets.json": read_bounded(cache / "targets.json", 5_000_000),
        f"{snapshot.version}.snapshot.json": read_bounded(cache / "snapshot.json", 2_000_000),
        "timestamp.json": read_bounded(cache / "timestamp.json", 16_384),
    }
    signed_at = timestamp.unrecognized_fields.get(SIGNED_AT, 0)
    is_time = isinstance(signed_at, int) and not isinstance(signed_at, bool) and 0 <= signed_at <= COUNTER_MAX
    # A moment after the signature's own end is no moment of signing.
    known = min(signed_at, int(timestamp.expires.timestamp())) if is_time else 0
    seen = Floors(
        root=root.version,
        timestamp=timestamp.version,
        snapshot=snapshot.version,
        targets=targets.version,
        latest_known_time=known,
        timestamp_keys=_digest(root, "timestamp"),
        snapshot_keys=_digest(root, "snapshot"),
        targets_keys=_digest(root, "targets"),
    )
    return Verified(seen, targets, files)


def _digest(root: Root, role: str) -> str:
    """Of the keys of a role."""
    return hashlib.sha256(" ".join(sorted(root.roles[role].keyids)).encode()).hexdigest()[:16]


def _check_keys(root: Root) -> None:
    """Raises VerificationError if one key stands under two names, so that one person would sign as two."""
    for role, held in root.roles.items():
        if len({_key_bytes(root.keys[keyid].keyval) for keyid in held.keyids}) < len(held.keyids):
            raise VerificationError(Attack.ARBITRARY, f"the root gives {role} one key under two names")


def _key_bytes(keyval: Mapping[str, object]) -> bytes:
    """A public key as such, however it is written down."""
    text = str(keyval.get("public", "")).encode()
    try:
        return load_pem_public_key(text).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return text.strip().lower()


def name_attack(source: Source, error: Exception, now: int) -> VerificationError:
    """What python-tuf refuses, as people and scripts are told."""
    detail = printable(" ".join(str(error).split()))[:200]
    if isinstance(error, tuf.ExpiredMetadataError):
        clock = datetime.fromtimestamp(min(max(now, CLOCK_LEAST), CLOCK_MOST), UTC)
        return VerificationError(
            Attack.FREEZE,
            f"{source.name} has only what has expired ({detail}): somebody keeps this board from what is newer, or its "
            f"clock is wrong (it says {clock:%Y-%m-%d %H:%M} UTC): set the clock, or take a newer bundle",
        )
    for kind, attack, text in _ATTACKS:
        if isinstance(error, kind):
            return VerificationError(attack, f"{source.name} {text} ({detail}); take another source")
    return VerificationError(Attack.MALFORMED, f"{source.name} has metadata that cannot be read ({detail})")


_ATTACKS: Final[tuple[tuple[type[Exception], Attack, str], ...]] = (
    (tuf.BadVersionNumberError, Attack.ROLLBACK, "has less than what this board has seen"),
    (tuf.LengthOrHashMismatchError, Attack.MIX_AND_MATCH, "has metadata that is not what the rest of it names"),
    (tuf.UnsignedMetadataError, Attack.ARBITRARY, "has metadata that those who may have not signed"),
)
