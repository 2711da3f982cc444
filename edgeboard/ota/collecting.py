"""Removes what no release on this board needs any more: slots, and files in `blobs/`.

Rules of this file: what is to stay is named; a slot that goes stops being one before its first file goes; files of the
same release for other machines stay, since this board hands them on; what nobody here has made (a link, a folder among
files, a file among slots) is left alone, and nothing is removed behind a link. Standard library only: the launcher
carries a copy of this file.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from edgeboard.errors import DecodeError
from edgeboard.ota import manifest as manifests
from edgeboard.ota.files import Disk, RealDisk, read_bounded
from edgeboard.ota.slots import COMPLETE, SlotError, current, digest_of, release_of
from edgeboard.ota.values import MANIFEST_MAX, Layout, Manifest


def collect(layout: Layout, keep: Iterable[str], disk: Disk | None = None, wanted: Sequence[Manifest] = ()) -> None:
    """Remove all slots but these, and all files that neither their releases nor those `wanted` name, for whatever
    machine.

    Raises:
        OSError: as the system says.
    """
    disk = disk or RealDisk()
    kept = {name for name in (*keep, current(layout)) if name}  # what runs stays, whoever asks
    collect_slots(layout, kept, disk)
    releases = list(wanted)
    for name in sorted(kept):
        with suppress(SlotError):
            releases.append(release_of(layout.slots / name))
    counters = {release.counter for release in releases}
    releases += [each for each in manifests_in(layout) if each.counter in counters]
    needed = {file.sha256 for release in releases for file in release.files} | {digest_of(each) for each in releases}
    for each in [*_files(layout.blobs), *(each for each in _files(layout.incoming) if each.suffix == ".part")]:
        if each.name.removesuffix(".part") not in needed:
            disk.remove(each)


def _files(folder: Path) -> list[Path]:
    """What lies in a folder, if that is there, but for folders."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if not each.is_dir())


def collect_slots(layout: Layout, keep: Container[str], disk: Disk) -> None:
    """Remove all slots but these. Raises OSError as the system says."""
    with suppress(FileNotFoundError):
        for each in sorted(layout.slots.iterdir()):
            if each.name not in keep and each.is_dir() and not each.is_symlink():
                disk.remove(each / COMPLETE)  # first: half a slot is never taken for one
                disk.remove_tree(each)


def manifests_in(layout: Layout) -> Iterator[Manifest]:
    """The manifests among the blobs: those of other machines, which came with a bundle and are handed on."""
    with suppress(FileNotFoundError):
        for each in sorted(layout.blobs.iterdir()):
            with suppress(OSError, DecodeError):
                if each.lstat().st_size <= MANIFEST_MAX and (data := read_bounded(each, MANIFEST_MAX))[:1] == b"{":
                    yield manifests.from_bytes(data)
