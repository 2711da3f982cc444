"""A repository of releases as it lies in a folder: settings, signed metadata, files by their content, what is staged.

    release.json   what every release must cover, thresholds, and for how long signatures hold
    keys/          private keys, unless they lie elsewhere
    staged/        what is to be signed, with the signatures that it has so far
    public/        what boards read: serve this folder by any web server, or copy it
      metadata/    1.root.json …, timestamp.json, N.snapshot.json, N.targets.json
      targets/     <sha256>.<name>

Rules of this file: `public/` is right at any instant, since `timestamp.json` is replaced last; a number once used for a
piece of metadata is never used for another.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self, TypeVar, final

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from edgeboard.errors import DecodeError, UserError
from edgeboard.ota.files import RealDisk, read_bounded, write_durably
from edgeboard.ota.keys import ROLES
from edgeboard.ota.manifest import parse_entry, read_json
from edgeboard.ota.values import MACHINES, PYTHON, File, Manifest, Target

S = TypeVar("S", Root, Targets, Snapshot, Timestamp)

SETTINGS: Final = "release.json"
METADATA_MAX: Final = 5_000_000  # bytes; as the client's limit for targets
TYPES: Final[dict[str, type[Signed]]] = {"root": Root, "targets": Targets, "snapshot": Snapshot, "timestamp": Timestamp}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a repository asks of its releases."""

    machines: tuple[str, ...]  # "aarch64-cp313": every release is for all of them
    keys: dict[str, int] = field(default_factory=lambda: {"root": 3, "targets": 3, "snapshot": 1, "timestamp": 1})
    thresholds: dict[str, int] = field(default_factory=lambda: {"root": 2, "targets": 2, "snapshot": 1, "timestamp": 1})
    days: dict[str, int] = field(
        # The timestamp's is how long a board can be kept from newer releases without noticing.
        default_factory=lambda: {"root": 365, "targets": 180, "snapshot": 30, "timestamp": 30}
    )

    def expires(self, role: str, now: datetime) -> datetime:
        return (now + timedelta(days=self.days[role])).replace(microsecond=0)

    def check(self) -> None:
        """Raises UserError for settings that no repository can have."""
        for machine in self.machines:
            read_machine(machine)
        if not self.machines or len(set(self.machines)) != len(self.machines):
            raise UserError("name each machine once, such as: --machine aarch64-cp313 --machine riscv64-cp313")
        for role in ROLES:
            keys, threshold, days = self.keys[role], self.thresholds[role], self.days[role]
            if not 1 <= threshold <= keys <= 16:
                raise UserError(f"{role}: {threshold} of {keys} keys; the threshold is from 1 to as many as there are")
            if not 1 <= days <= 3650:
                raise UserError(f"{role}: signatures hold for {days} days; take 1 to 3650")


def read_machine(text: str) -> tuple[str, str]:
    """Machine and Python of "aarch64-cp313".

    Raises:
        UserError: not of that form.
    """
    machine, _, python = text.partition("-")
    if machine not in MACHINES or not PYTHON.match(python):
        raise UserError(f"{text!r} is no machine with its Python; say it like {MACHINES[0]}-cp313")
    return machine, python


@final
class Repository:
    """The folder; each property reads the disk anew."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self._disk = RealDisk()

    @classmethod
    def create(cls, folder: Path, settings: Settings) -> Self:
        """Make the folder of a new repository.

        Raises:
            UserError: there is one already, or it cannot be written.
        """
        cls.check_new(folder, settings)
        repository = cls(folder, settings)
        text = json.dumps({"format": "edgeboard-repository", **asdict(settings)}, indent=2)
        for inner in (repository.metadata, repository.targets, repository.staging):
            repository._make(inner)
        repository._write(folder / SETTINGS, text.encode() + b"\n")
        return repository

    @staticmethod
    def check_new(folder: Path, settings: Settings) -> None:
        """Raises UserError if no repository can begin here, or not with these settings."""
        settings.check()
        if (folder / SETTINGS).exists() or (folder / "public").exists():
            raise UserError(f"{folder} holds a repository already: name another folder, or remove it with its keys")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """An existing repository.

        Raises:
            UserError: there is none, or its settings cannot be read.
        """
        path = folder / SETTINGS
        try:
            fields = read_json(read_bounded(path, 64 * 1024))
            if fields.pop("format", None) != "edgeboard-repository":
                raise DecodeError("it is of another format")
            machines = fields.pop("machines")
            tables = {name: {str(k): int(v) for k, v in dict(fields[name]).items()} for name in sorted(fields)}  # type: ignore[call-overload]
            settings = Settings(tuple(map(str, machines)), **tables)  # type: ignore[call-overload]
            settings.check()
        except FileNotFoundError:
            raise UserError(
                f"there are no releases in {folder}: go to where they are, or name their folder with --releases; to "
                "begin: edgeboard release init --machine aarch64-cp313"
            ) from None
        except (OSError, DecodeError, KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path} cannot be read ({str(error)[:80]}): restore it from a copy") from None
        return cls(folder, settings)

    @property
    def public(self) -> Path:
        return self.folder / "public"

    @property
    def metadata(self) -> Path:
        return self.public / "metadata"

    @property
    def targets(self) -> Path:
        return self.public / "targets"

    @property
    def staging(self) -> Path:
        return self.folder / "staged"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    # -------------------------------------------------------------------------------------------- metadata

    def root(self) -> "Metadata[Root]":
        return self._read(self.metadata / f"{self.root_version()}.root.json", Root)

    def root_version(self) -> int:
        versions = [int(path.name.partition(".")[0]) for path in self.metadata.glob("[0-9]*.root.json")]
        if not versions:
            raise UserError(f"{self.metadata} holds no root: restore the folder from a copy")
        return max(versions)

    def timestamp(self) -> "Metadata[Timestamp]":
        return self._read(self.metadata / "timestamp.json", Timestamp)

    def snapshot(self) -> "Metadata[Snapshot]":
        version = self.timestamp().signed.snapshot_meta.version
        return self._read(self.metadata / f"{version}.snapshot.json", Snapshot)

    def released(self) -> "Metadata[Targets]":
        """What has been published."""
        version = self.snapshot().signed.meta["targets.json"].version
        return self._read(self.metadata / f"{version}.targets.json", Targets)

    def publish(self, metadata: "Metadata[S]") -> None:
        """Put signed metadata where boards read it; of one change the timestamp comes last."""
        signed = metadata.signed
        is_last = signed.type == Timestamp.type
        name = "timestamp.json" if is_last else f"{signed.version}.{signed.type}.json"
        path = self.metadata / name
        data = to_bytes(metadata)
        # Roots are seen as soon as they are there; the others only once a timestamp names them, so what a power cut has
        # left of them is replaced.
        if signed.type == Root.type and path.exists() and path.read_bytes() != data:
            raise UserError(f"{path} is published already with other content: see who else publishes from a copy")
        self._write(path, data)

    # -------------------------------------------------------------------------------------------- staged

    def staged(self, kind: type[S]) -> "Metadata[S] | None":
        """What waits for signatures, or None."""
        path = self.staging / f"{kind.type}.json"
        return self._read(path, kind) if path.exists() else None

    def stage(self, metadata: "Metadata[S]") -> None:
        self._make(self.staging)
        self._write(self.staging / f"{metadata.signed.type}.json", to_bytes(metadata))

    def unstage(self, kind: type[Signed]) -> None:
        (self.staging / f"{kind.type}.json").unlink(missing_ok=True)

    # -------------------------------------------------------------------------------------------- files

    def keep(self, file: File, source: Path) -> bool:
        """Copy a file in, by its content; False if it was there."""
        path = self.public / file.path
        if path.exists() and path.stat().st_size == file.length:
            return False
        self._write(path, source.read_bytes())
        return True

    def keep_bytes(self, file: File, data: bytes) -> None:
        self._write(self.public / file.path, data)

    def entries(self, targets: "Metadata[Targets]") -> Iterator[tuple[str, Target, int, str]]:
        """Of each manifest among the targets: its name, for whom it is, its counter and version."""
        for name, entry in targets.signed.targets.items():
            target, counter = parse_entry(name)
            yield name, target, counter, str(entry.custom["version"])

    # -------------------------------------------------------------------------------------------- the disk

    def _read(self, path: Path, kind: type[S]) -> "Metadata[S]":
        try:
            metadata: Metadata[S] = Metadata.from_bytes(read_bounded(path, METADATA_MAX))
        except (OSError, DecodeError, DeserializationError, RepositoryError) as error:
            raise UserError(f"{path} cannot be read ({str(error)[:80]}): restore the folder from a copy") from None
        if not isinstance(metadata.signed, kind):
            raise UserError(f"{path} holds {metadata.signed.type} metadata: restore the folder from a copy")
        return metadata

    def _make(self, folder: Path) -> None:
        try:
            self._disk.make_folder(folder)
        except OSError as error:
            raise UserError(f"cannot make {folder}: {error.strerror or error}") from None

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_durably(self._disk, path, data)
        except OSError as error:
            raise UserError(
                f"cannot write {path}: {error.strerror or error}; see who owns it and what is free"
            ) from None


def to_bytes(metadata: "Metadata[S]") -> bytes:
    return metadata.to_bytes(JSONSerializer(compact=False, validate=True))


def custom_of(manifest: Manifest) -> dict[str, object]:
    """What is signed of a manifest beside its hash, so that a board chooses before it fetches."""
    return {
        "kind": "app",
        "version": manifest.version,
        "counter": manifest.counter,
        "libc": list(manifest.target.libc),
        "min_from_counter": manifest.min_from_counter,
        "rollout": {
            "percent": manifest.rollout.percent,
            "salt": manifest.rollout.salt,
            "not_before": manifest.rollout.not_before,
        },
    }


def meta_of(metadata: "Metadata[S]") -> MetaFile:
    """How metadata is named by that above it: with length and hash, so that nobody downloads more, or other."""
    data = to_bytes(metadata)
    return MetaFile(metadata.signed.version, len(data), {"sha256": hashlib.sha256(data).hexdigest()})
