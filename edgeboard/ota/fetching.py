"""Fetches the files of a release, chunk by chunk, from whoever has them, and goes on where it was broken off. Chunks
that this board has, in whatever file of whatever release, are not fetched again.

A file grows in `incoming/<sha256>.part`, of which only whole chunks that fit their signed hashes are kept; when it is
whole, synced and hashed again, it gets its name in `blobs/`. A source that sends a wrong chunk or is slow is not asked
again; one that breaks off is, as long as it brings something.

Rules of this file: no more than one chunk is lost to a break; no byte that was not verified gets a name; nothing is
followed through a link; all files of a release or none; the disk is never filled, for ink is on it too.
"""

import hashlib
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Final, final

from edgeboard.errors import DecodeError, EdgeboardError, MissingError, SourceError, VerificationError
from edgeboard.ota.chunks import Place, all_places
from edgeboard.ota.fetchers import Expecting, Seekable, Source
from edgeboard.ota.files import FILE_MODE, Disk, RealDisk, check_room, explain, read_bounded
from edgeboard.ota.manifest import LOCK_MAX, check_lock
from edgeboard.ota.values import Attack, Chunk, File, Layout, Manifest
from edgeboard.ota.verifying import Clock, Pace
from edgeboard.ota.wheels import check_wheel

logger = logging.getLogger(__name__)

PART: Final = ".part"
FAILURES_MAX: Final = 2  # files that a source fails to bring, before others are asked first


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a release has come."""

    file: str
    source: str
    done: int  # bytes that are here and right, of all files
    total: int
    fetched: int  # bytes that travelled for it, since the start of this process


@dataclass(slots=True)
class Fetched:
    """What it took."""

    total: int  # bytes of the release
    reused: int = 0  # that were here before
    by_source: dict[str, int] = field(default_factory=dict)  # bytes that travelled, wrong ones too
    dropped: dict[str, str] = field(default_factory=dict)  # sources that were not asked again, and why


def fetch_files(
    layout: Layout,
    manifest: Manifest,
    sources: Sequence[Source],
    progress: Callable[[Progress], None] = lambda progress: None,
    *,
    beside: Sequence[Layout] = (),
    disk: Disk | None = None,
    clock: Clock = time.monotonic,
) -> Fetched:
    """Get all files of a release into `blobs/`, each by its hash: the lock first, and wheels only after a look inside.
    What lies in the places `beside` is taken from there, as from `layout`, chunk by chunk.

    Raises:
        VerificationError: what the sources have is not what was signed. SourceError: they do not answer, and what has
        come so far is kept. StoreError: the disk is too full for them, or fails; its cause is the OSError.
    """
    work = _Fetch(layout, manifest, sources, progress, disk or RealDisk(), clock, all_places(layout, *beside))
    try:
        work.make_room()
        (lock,) = (file for file in manifest.files if file.name == manifest.lock)
        work.get(lock)
        _check_lock(layout, manifest, lock)
        for file in manifest.files:
            if file is not lock:
                work.get(file)
    except OSError as error:
        raise explain(error, "cannot keep the update") from error
    return work.fetched


def _check_lock(layout: Layout, manifest: Manifest, lock: File) -> None:
    """Raises VerificationError if it would install anything but the wheels of the release: before they travel."""
    try:
        check_lock(read_bounded(layout.blobs / lock.sha256, LOCK_MAX), manifest)
    except DecodeError as error:
        raise VerificationError(Attack.MIX_AND_MATCH, f"{manifest.version}: {error}; ask who signed it") from None


@final
class _Fetch:
    def __init__(
        self,
        layout: Layout,
        manifest: Manifest,
        sources: Sequence[Source],
        progress: Callable[[Progress], None],
        disk: Disk,
        clock: Clock,
        known: dict[str, Place],
    ) -> None:
        self.fetched = Fetched(manifest.length)
        self._layout = layout
        self._manifest = manifest
        self._sources = list(sources)
        self._progress = progress
        self._disk = disk
        self._clock = clock
        self._done = 0
        self._known = known
        self._failures: Counter[str] = Counter()  # files in a row of which a source has brought nothing
        for source in sources:
            if isinstance(source, Expecting):
                source.expect(
                    [file for file in manifest.files if not (layout.blobs / file.sha256).exists()], self._known
                )

    def make_room(self) -> None:
        """Make the folders; raises SpaceError if what lacks does not fit."""
        here = sum(_length(self._layout.blobs / file.sha256) for file in self._manifest.files)
        here += sum(_length(self._part(file)) for file in self._manifest.files)
        for folder in (self._layout.incoming, self._layout.blobs):
            self._disk.make_folder(folder)
        check_room(self._layout.incoming, max(0, self._manifest.length - here), "the release")

    def _part(self, file: File) -> Path:
        return self._layout.incoming / f"{file.sha256}{PART}"

    def get(self, file: File) -> None:
        """One file, whole."""
        blob = self._layout.blobs / file.sha256
        if _is_whole(blob, file):
            self._look_into(blob, file)
            self._done += file.length
            self.fetched.reused += file.length
            self._tell(file, "")
            return
        part = self._part(file)
        check_room(part.parent, 0, file.name)  # others write to this disk as well
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
        with os.fdopen(descriptor, "r+b", buffering=0) as out:
            os.fchmod(descriptor, FILE_MODE)  # boards that are fed from here run as another user
            kept = _resume(out, file)
            there = out.tell()
            self._done += there
            self.fetched.reused += there
            self._fill(out, file, file.parts, kept)
        if not _is_whole(part, file):
            self._disk.remove(part)
            raise VerificationError(Attack.MALFORMED, f"the chunks of {file.name} do not make the file that was signed")
        self._look_into(part, file)
        self._disk.sync(part)
        self._disk.rename(part, blob)
        self._disk.sync(blob.parent)

    def _look_into(self, path: Path, file: File) -> None:
        """Raises VerificationError for a wheel that no release may have; then it is gone."""
        if file.is_wheel:
            try:
                check_wheel(path, file.name, self._manifest.target)
            except VerificationError:
                self._disk.remove(path)
                raise

    def _fill(self, out: FileIO, file: File, parts: Sequence[Chunk], at: int) -> None:
        """Chunks from `at` on: those that are on this board, and the others from one source after the other."""
        trouble: dict[str, EdgeboardError] = {}
        at = self._write_known(out, file, parts, at)
        # A mesh that lacks this release takes seconds to say so, for each of thirty files: then others come first.
        for source in sorted(self._sources, key=lambda each: self._failures[each.name] >= FAILURES_MAX):
            while at < len(parts):
                before = at
                try:
                    until = self._until(source, file, parts, at)
                    for chunk in self._chunks(source, file, parts[at:until]):
                        _write(out, chunk)
                        at += 1
                    self._failures[source.name] = 0
                    at = self._write_known(out, file, parts, at)
                    continue
                except VerificationError as error:
                    logger.warning("update source %s is not asked again: %s", source.name, error)
                    self.fetched.dropped[source.name] = str(error)
                    self._sources.remove(source)
                    trouble[source.name] = error
                    break
                except SourceError as error:
                    trouble[source.name] = error
                if at == before or source.is_complete:  # nothing came of it
                    self._failures[source.name] += 1
                    break
        if at < len(parts):
            raise self._give_up(file, trouble)

    def _write_known(self, out: FileIO, file: File, parts: Sequence[Chunk], at: int) -> int:
        """Chunks from `at` on that are on this board, each as it was signed."""
        for chunk in parts[at:]:
            place = self._known.get(chunk.sha256)
            data = None if place is None else place.read()
            if data is None or hashlib.sha256(data).hexdigest() != chunk.sha256:
                self._known.pop(chunk.sha256, None)
                return at
            _write(out, data)
            at += 1
            self._done += chunk.size
            self.fetched.reused += chunk.size
            self._tell(file, "")
        return at

    def _until(self, source: Source, file: File, parts: Sequence[Chunk], at: int) -> int:
        """Up to which chunk a source is read at once: to one that is here, unless the source gives no parts."""
        until = next((n for n in range(at + 1, len(parts)) if parts[n].sha256 in self._known), len(parts))
        if until < len(parts) and isinstance(source, Seekable) and not source.can_seek(file.path):
            return len(parts)
        return until

    def _chunks(self, source: Source, file: File, wanted: Sequence[Chunk]) -> Iterator[bytes]:
        """These chunks of a source, which follow each other, each as it was signed.

        Raises:
            VerificationError: wrong or slow. SourceError: it ends before that.
        """
        pace, data, at = Pace(self._clock), bytearray(), 0
        counts = self.fetched.by_source
        length = sum(chunk.size for chunk in wanted)
        for piece in source.read(file.path, wanted[0].offset, length):
            counts[source.name] = counts.get(source.name, 0) + len(piece)
            pace.add(source, len(piece))
            data += piece
            while at < len(wanted) and len(data) >= (size := wanted[at].size):
                if hashlib.sha256(data[:size]).hexdigest() != wanted[at].sha256:
                    raise VerificationError(
                        Attack.ARBITRARY, f"{source.name} sends {file.name} with a chunk that is not what was signed"
                    )
                self._done += size
                yield bytes(data[:size])
                self._tell(file, source.name)
                del data[:size]
                at += 1
        if at < len(wanted):
            raise SourceError(f"{source.name} ends in the midst of {file.name}")

    def _give_up(self, file: File, trouble: dict[str, EdgeboardError]) -> EdgeboardError:
        """Why a file cannot be had: an attack before silence."""
        for error in trouble.values():
            if isinstance(error, VerificationError):
                return error
        lacking = [source for source in self._sources if isinstance(trouble.get(source.name), MissingError)]
        if lacking and len(lacking) == len(self._sources) and any(source.is_complete for source in lacking):
            return VerificationError(
                Attack.PARTIAL,
                f"{lacking[0].name} lacks {file.name}, or parts of it that this board has not: copy it again, or take "
                "one that was made without --since",
            )
        told = "; ".join(map(str, trouble.values())) or "every source was dropped"
        return SourceError(f"{file.name} cannot be had: {told}; what has come so far is kept")

    def _tell(self, file: File, source: str) -> None:
        fetched = sum(self.fetched.by_source.values())
        self._progress(Progress(file.name, source, self._done, self.fetched.total, fetched))


def _length(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _resume(out: FileIO, file: File) -> int:
    """How many whole chunks of a part are right; what comes after them is cut off."""
    at = end = 0
    for chunk in file.parts:
        if hashlib.sha256(out.read(chunk.size)).hexdigest() != chunk.sha256:
            break
        at, end = at + 1, chunk.offset + chunk.size
    out.truncate(end)
    out.seek(end)
    return at


def _write(out: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[out.write(view) :]


def _is_whole(path: Path, file: File) -> bool:
    """Whether this is the file, read from the disk and not by way of a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb", buffering=0) as opened:
        if os.fstat(opened.fileno()).st_size != file.length:
            return False
        return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256
