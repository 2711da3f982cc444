"""Bundles (`.ebu`): a release in one file, for USB sticks and for seeding (docs/formats/releases.md, "Bundle").

    metadata/1.root.json … N.root.json, N.targets.json, N.snapshot.json, timestamp.json
    targets/<sha256>          manifests, then what they name; each once, whatever machines share it

A bundle is signed by what is in it, and says nothing more: it is a source like any other (`BundleSource`), and goes
the same way. The same release makes the same bytes.
"""

import os
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from edgeboard.errors import DecodeError, MissingError, SourceError, UserError
from edgeboard.ota import manifest as manifests
from edgeboard.ota.fetchers import PIECE_BYTES, check_name
from edgeboard.ota.repository import Repository
from edgeboard.ota.tarball import BLOCK, read_entries
from edgeboard.ota.values import File, Manifest, Target

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
            with path.open("rb") as file:
                length = os.fstat(file.fileno()).st_size
                entries = read_entries(lambda at: _read_at(file.fileno(), at), length)
                self.entries = {entry.name: entry for entry in entries}
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror or error}") from None

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        target = _TARGET.match(check_name(name))
        entry = self.entries.get(f"targets/{target[1]}" if target else name)
        if entry is None:
            raise MissingError(f"{self.name} has no {name}")
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


def build(repository: Repository, version: str, machines: Sequence[str], channel: str, out: Path | None) -> Built:
    """Pack a published release, for all its machines or for some; an empty version is the newest. Without
    `out` the file lies here and is called after the version.

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
    parts: dict[str, Path] = {}
    for path in _metadata(repository):
        parts[f"metadata/{path.name}"] = path
    files: dict[str, Path] = {}
    targets = repository.released().signed.targets
    for name, _, _, _ in chosen:
        sha256 = targets[name].hashes["sha256"]
        path = repository.public / File(name, sha256, 0, ()).path
        parts[f"targets/{sha256}"] = path
        for file in _manifest(path).files:
            files[f"targets/{file.sha256}"] = repository.public / file.path
    parts |= dict(sorted(files.items()))
    out = out or Path(f"edgeboard-{wanted}{SUFFIX}")
    _write(out, parts)
    return Built(
        out, wanted, chosen[0][2], tuple(sorted(f"{t.machine}-{t.python}" for _, t, _, _ in chosen)),
        out.stat().st_size, len(parts),
    )  # fmt: skip


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


def _write(out: Path, parts: dict[str, Path]) -> None:
    aside = out.with_name(f"{out.name}.new")
    try:
        with tarfile.open(aside, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name, path in parts.items():
                with path.open("rb") as file:
                    info = tarfile.TarInfo(name)
                    info.size = os.fstat(file.fileno()).st_size
                    info.mode = 0o644
                    tar.addfile(info, file)
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        aside.replace(out)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise UserError(f"cannot write {out}: {error.strerror or error}; see what is free") from None
