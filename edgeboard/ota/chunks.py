"""Chunks that lie on this board, by their hashes: what an update need not fetch, and what can be given to others.

Only reads, and takes whatever it cannot read for absent: what is read is hashed by whoever uses it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edgeboard.ota.collecting import manifests_in
from edgeboard.ota.slots import SlotError, release_of
from edgeboard.ota.values import Layout, Manifest


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk lies."""

    path: Path
    offset: int
    size: int  # bytes

    def read(self) -> bytes | None:
        """Its bytes, unverified; None if the file has gone."""
        with suppress(OSError), self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)
        return None


def places(layout: Layout, manifest: Manifest) -> Iterator[tuple[str, Place]]:
    """Each chunk of the files of a release that are whole here, by its SHA-256."""
    for file in manifest.files:
        path = layout.blobs / file.sha256
        if _has(path, file.length):
            for chunk in file.parts:
                yield chunk.sha256, Place(path, chunk.offset, chunk.size)


def releases_in(layout: Layout) -> Iterator[Manifest]:
    """Every release that is known here: those whose manifests are kept, and the one that runs, which may have been
    installed without one."""
    yield from manifests_in(layout)
    with suppress(SlotError):
        yield release_of(layout.current)


def all_places(*layouts: Layout) -> dict[str, Place]:
    """Each chunk of every release that is known in one of these, wherever among them its files lie."""
    releases = [release for layout in layouts for release in releases_in(layout)]
    return {sha256: place for layout in layouts for each in releases for sha256, place in places(layout, each)}


def _has(path: Path, length: int) -> bool:
    with suppress(OSError):
        return path.stat().st_size == length
    return False
