"""Bundles (`.ebu`): a release in one file, for USB sticks and for seeding (docs/formats/releases.md, "Bundle").

    metadata/1.root.json … N.root.json, N.targets.json, N.snapshot.json, timestamp.json
    targets/<sha256>          manifests, then what they name; each once, whatever machines share it

One that is made for boards of an earlier release (`since`) leaves out what these have: files, and of files chunks; what
is new of such a file lies there chunk by chunk.

A bundle is signed by what is in it, and says nothing more: it is a source like any other (`BundleSource`), and goes
the same way. The same release makes the same bytes.
"""

import os
import re
import tarfile
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from edgeboard.errors import DecodeError, MissingError, SourceError, UserError
from edgeboard.ota import manifest as manifests
from edgeboard.ota.chunks import Place
from edgeboard.ota.fetchers import PIECE_BYTES, check_name
from edgeboard.ota.files import open_regular
from edgeboard.ota.repository import Repository
from edgeboard.ota.tarball import BLOCK, Entry, read_entries
from edgeboard.ota.values import Chunk, File, Manifest, Target

SUFFIX: Final = ".ebu"
_TARGET: Final = re.compile(r"targets/([0-9a-f]{64})\.")


@final
class BundleSource:
    """A bundle as a source."""

    is_complete = True

    def __init__(self, path: Path) -> None:
        """Read its table of contents.

        Raises:
            UserError: there is no such file. VerificationError: it is no bundle.
        """
        self.name = path.name
        self._path = path
        try:
            with open_regular(path) as file:
                length = os.fstat(file.fileno()).st_size
                entries = read_entries(lambda at: _read_at(file.fileno(), at), length)
                self.entries = {entry.name: entry for entry in entries}
        except DecodeError as error:
            raise UserError(f"{error}: name a bundle") from None
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror or error}") from None
        self._files: dict[str, tuple[Chunk, ...]] = {}

    def holds(self, sha256: str) -> bool:
        """Whether a file or a chunk is in it."""
        return f"targets/{sha256}" in self.entries

    def expect(self, files: Iterable[File], known: Container[str]) -> None:
        """These files are read, by their chunks if they are not in it whole."""
        self._files = {file.path: file.parts for file in files if not self.holds(file.sha256)}

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        target = _TARGET.match(check_name(name))
        entry = self.entries.get(f"targets/{target[1]}" if target else name)
        if entry is not None:
            yield from self._read(entry, offset, limit)
            return
        wanted = [part for part in self._files.get(name, ()) if part.offset < offset + limit]
        wanted = [part for part in wanted if part.offset + part.size > offset]
        if not wanted or not self.holds(wanted[0].sha256):
            raise MissingError(f"{self.name} has no {name}")
        for part in wanted:
            if not self.holds(part.sha256):
                raise MissingError(f"{self.name} has only parts of {name}")
            skip = max(0, offset - part.offset)
            yield from self._read(self.entries[f"targets/{part.sha256}"], skip, offset + limit - part.offset - skip)

    def _read(self, entry: Entry, offset: int, limit: int) -> Iterator[bytes]:
        end = min(entry.size, offset + limit)
        try:
            with self._path.open("rb", buffering=0) as file:
                while offset < end:
                    piece = os.pread(file.fileno(), min(PIECE_BYTES, end - offset), entry.offset + offset)
                    if not piece:
                        raise SourceError(f"{self.name} has become shorter: copy it again")
                    offset += len(piece)
                    yield piece
        except OSError as error:
            raise SourceError(f"cannot read {self._path}: {error.strerror or error}") from None


def _read_at(descriptor: int, at: int) -> bytes:
    return os.pread(descriptor, BLOCK, at)


@dataclass(frozen=True, slots=True)
class Built:
    """What went into a bundle."""

    path: Path
    version: str
    counter: int
    machines: tuple[str, ...]
    size: int  # bytes
    files: int


def build(
    repository: Repository, version: str, machines: Sequence[str], channel: str, out: Path | None, since: str = ""
) -> Built:
    """Pack a published release, for all its machines or for some; an empty version is the newest. Without
    `out` the file lies here and is called after the version. With `since` it is for boards that have this earlier
    release, and lacks what they have.

    Raises:
        UserError: it is not published, lacks a machine, or cannot be written.
    """
    listed = [
        (name, target, counter, found)
        for name, target, counter, found in repository.entries(repository.released())
        if target.channel == channel
    ]
    newest = max(listed, key=lambda entry: entry[2], default=None)
    wanted = version or (newest[3] if newest else "")
    chosen = [entry for entry in listed if entry[3] == wanted and _is_for(entry[1], machines)]
    lacking = set(machines) - {f"{target.machine}-{target.python}" for _, target, _, _ in chosen}
    if not chosen or lacking:
        what = f"for {', '.join(sorted(lacking))} " if lacking else ""
        raise UserError(f"{channel} {wanted or 'release'} {what}is not published; see: edgeboard release keys")
    before = {target.name: name for name, target, counter, found in listed if found == since and counter < chosen[0][2]}
    if since and any(target.name not in before for _, target, _, _ in chosen):
        raise UserError(f"{channel} {since} is no earlier release of these machines; see: edgeboard release keys")
    parts: dict[str, Place] = {}
    for path in _metadata(repository):
        parts[f"metadata/{path.name}"] = _whole(path)
    files: dict[str, Place] = {}
    targets = repository.released().signed.targets

    def manifest_path(name: str) -> Path:
        return repository.public / File(name, targets[name].hashes["sha256"], 0, ()).path

    for name, target, _, _ in chosen:
        path = manifest_path(name)
        parts[f"targets/{targets[name].hashes['sha256']}"] = _whole(path)
        known = (
            {chunk for file in _manifest(manifest_path(before[target.name])).files for chunk in file.chunks}
            if since
            else set()
        )
        for file in _manifest(path).files:
            files |= _new_parts(file, repository.public / file.path, known)
    parts |= dict(sorted(files.items()))
    out = out or Path(f"edgeboard-{wanted}{f'-since-{since}' if since else ''}{SUFFIX}")
    _write(out, parts)
    return Built(
        out, wanted, chosen[0][2], tuple(sorted(f"{t.machine}-{t.python}" for _, t, _, _ in chosen)),
        out.stat().st_size, len(parts),
    )  # fmt: skip


def _whole(path: Path) -> Place:
    return Place(path, 0, path.stat().st_size)


def _new_parts(file: File, path: Path, known: Container[str]) -> dict[str, Place]:
    """What of a file goes into a bundle for boards that know some chunks."""
    new = [part for part in file.parts if part.sha256 not in known]
    if len(new) == len(file.chunks):
        return {f"targets/{file.sha256}": Place(path, 0, file.length)}
    return {f"targets/{part.sha256}": Place(path, part.offset, part.size) for part in new}


def _is_for(target: Target, machines: Sequence[str]) -> bool:
    return not machines or f"{target.machine}-{target.python}" in machines


def _metadata(repository: Repository) -> Iterator[Path]:
    """In the order in which it is read: the roots, and then what the timestamp names; the timestamp last."""
    for version in range(1, repository.root_version() + 1):
        yield repository.metadata / f"{version}.root.json"
    snapshot = repository.snapshot().signed
    yield repository.metadata / f"{snapshot.meta['targets.json'].version}.targets.json"
    yield repository.metadata / f"{snapshot.version}.snapshot.json"
    yield repository.metadata / "timestamp.json"


def _manifest(path: Path) -> Manifest:
    try:
        return manifests.from_bytes(path.read_bytes())
    except (OSError, DecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}): restore the folder from a copy") from None


def _write(out: Path, parts: dict[str, Place]) -> None:
    aside = out.with_name(f"{out.name}.new")
    try:
        with tarfile.open(aside, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name, place in parts.items():
                with place.path.open("rb") as file:
                    file.seek(place.offset)
                    info = tarfile.TarInfo(name)
                    info.size = place.size
                    info.mode = 0o644
                    tar.addfile(info, file)
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        aside.replace(out)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise UserError(f"cannot write {out}: {error.strerror or error}; see what is free") from None
