"""What a bundle holds, and whether it is right: for people who have one in their hand, without a board."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tuf.api.metadata import Metadata, Targets
from tuf.api.serialization import DeserializationError

from edgeboard.errors import DecodeError, SourceError, UserError, VerificationError
from edgeboard.ota import manifest as manifests
from edgeboard.ota.bundle import BundleSource
from edgeboard.ota.client import Offer, read_offers
from edgeboard.ota.files import RealDisk
from edgeboard.ota.values import Attack, File, Floors, Layout, Target, target_path
from edgeboard.ota.verifying import verify


@dataclass(frozen=True, slots=True)
class Release:
    """One release for one machine, as far as it lies in a bundle."""

    version: str
    counter: int
    target: Target
    files: int
    length: int  # bytes
    wrong: tuple[str, ...]  # files that are missing, or not what was signed
    is_rest: bool  # it is for boards that have an earlier release, and leaves out what these have


def inspect(bundle: BundleSource, root: bytes | None, now: int) -> Iterator[Release]:
    """Each release whose manifest is there. With a root the signatures are verified as a board would.

    Raises:
        VerificationError: what it holds is not what was signed. UserError: it holds no release.
    """
    targets = _read_targets(bundle) if root is None else _verify(bundle, root, now)
    boards = set()
    for name in targets.targets:
        try:
            boards.add(manifests.parse_entry(name)[0])
        except DecodeError:
            continue
    found = False
    for board in sorted(boards, key=lambda board: board.name):
        for offer in read_offers(targets, board):
            if f"targets/{offer.sha256}" in bundle.entries:
                found = True
                yield _look(bundle, offer, replace(board, libc=offer.libc))
    if not found:
        raise UserError(f"{bundle.name} holds no release")


def _look(bundle: BundleSource, offer: Offer, target: Target) -> Release:
    data = _read(bundle, target_path(offer.sha256, offer.name))
    if hashlib.sha256(data).hexdigest() != offer.sha256:
        raise VerificationError(Attack.ARBITRARY, f"{offer.name} is not what was signed: copy the bundle again")
    try:
        manifest = manifests.from_bytes(data, offer.rollout)
    except DecodeError as error:
        raise VerificationError(Attack.MALFORMED, f"{offer.name}: {error}") from None
    parts = [file for file in manifest.files if not bundle.holds(file.sha256)]
    is_rest = any(bundle.holds(chunk) for file in parts for chunk in file.chunks)
    wrong = tuple(file.name for file in manifest.files if not _is_right(bundle, file, is_rest=is_rest))
    return Release(manifest.version, manifest.counter, target, len(manifest.files), manifest.length, wrong, is_rest)


def _is_right(bundle: BundleSource, file: File, *, is_rest: bool) -> bool:
    """Whether a file is there as it was signed; of one that is left out, whether its new chunks are."""
    if bundle.holds(file.sha256) or not is_rest:
        return _holds(bundle, file.path, file.length, file.sha256)
    held = [part for part in file.parts if bundle.holds(part.sha256)]
    return all(_holds(bundle, target_path(part.sha256, "chunk"), part.size, part.sha256) for part in held)


def _holds(bundle: BundleSource, name: str, length: int, sha256: str) -> bool:
    digest, got = hashlib.sha256(), 0
    try:
        for piece in bundle.read(name, 0, length + 1):
            digest.update(piece)
            got += len(piece)
    except SourceError:
        return False
    return got == length and digest.hexdigest() == sha256


def _verify(bundle: BundleSource, root: bytes, now: int) -> Targets:
    with tempfile.TemporaryDirectory(prefix="edgeboard-inspect-") as folder:
        layout = Layout.under(Path(folder))
        layout.prefix.mkdir(parents=True)
        layout.state.mkdir(parents=True)
        layout.root.write_bytes(root)
        return verify(layout, RealDisk(), bundle, Floors(), now, lambda targets: 0).targets


def _read_targets(bundle: BundleSource) -> Targets:
    """What it says of itself, believed."""
    names = [name for name in bundle.entries if name.startswith("metadata/") and name.endswith(".targets.json")]
    try:
        (name,) = names
        return Metadata[Targets].from_bytes(_read(bundle, name)).signed
    except (ValueError, DeserializationError):
        raise VerificationError(Attack.MALFORMED, f"{bundle.name} has no targets that can be read") from None


def _read(bundle: BundleSource, name: str) -> bytes:
    return b"".join(bundle.read(name, 0, 5_000_000))
