"""Slots: one whole environment per release, side by side, and the link that says which of them runs.

    slots/<counter>-<first 8 of the manifest's hash>/
        bin/python -> /usr/bin/python3.13      pyvenv.cfg
        lib/python3.13/site-packages/          the wheels, unpacked and compiled
        release.json                           the manifest, as it was signed
        MANIFEST.sha256                        what every file and link is
        .complete                              the hash of MANIFEST.sha256, written last
    current -> slots/<one of them>

The rules of this file: a slot is built where it will run, of files that were verified before and are hashed once more;
what lacks `.complete` is no slot; `.complete` is written when all before it is on the disk; a slot that is whole is
never written to again. Standard library only: the launcher carries a copy of this file.
"""

import hashlib
import os
import platform
import stat
import sys
from collections.abc import Callable, Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from edgeboard.errors import DecodeError, EdgeboardError
from edgeboard.ota import manifest as manifests
from edgeboard.ota.files import Disk, RealDisk, check_room, explain, point, read_bounded
from edgeboard.ota.proving import Compiler, test_slot
from edgeboard.ota.unpacking import unpack
from edgeboard.ota.values import MANIFEST_MAX, File, Layout, Manifest, Target
from edgeboard.ota.wheels import check_wheel

COMPLETE: Final = ".complete"
CONTENTS: Final = "MANIFEST.sha256"
RELEASE: Final = "release.json"
CONTENTS_MAX: Final = 8 * 1024 * 1024  # bytes; 20,000 files of 200 characters make 5 MB
UNPACKED_TIMES: Final = 5  # a slot takes as many times its wheels: 3 unpacked, as much again compiled, and blocks

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is, and how much there is: 0, unknown


class SlotError(EdgeboardError):
    """A slot cannot be built, or is not what it was."""


def silent(_what: str, _done: int, _whole: int) -> None:
    """Progress that nobody looks at."""


def python_here() -> Path:
    """The interpreter that slots run on: by its versioned name, so that a renewed Debian cannot change it unseen."""
    return Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))


def board(channel: str) -> Target:
    """What releases must be for, to run here."""
    libc = platform.libc_ver()[1].split(".") if platform.libc_ver()[0] == "glibc" else ["0", "0"]
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    return Target(platform.machine(), python, channel, (int(libc[0]), int(libc[1])))


def digest_of(manifest: Manifest) -> str:
    """SHA-256 of the manifest as it was signed, in hex."""
    return hashlib.sha256(manifests.to_bytes(manifest)).hexdigest()


def name_of(manifest: Manifest) -> str:
    return f"{manifest.counter}-{digest_of(manifest)[:8]}"


def python_of(slot: Path) -> Path:
    return slot / "bin" / "python"


def build(
    layout: Layout,
    manifest: Manifest,
    disk: Disk | None = None,
    progress: Progress = silent,
) -> Path:
    """Make the slot of a release whose files all lie in `layout.blobs`; one that is whole is left as it is.

    Raises:
        VerificationError: a wheel is for others, or holds what none may.
        SlotError: a file is not what the manifest says. SelfTestError: the release does not work here.
        SpaceError: the disk is too full, or cannot be written.
    """
    disk = disk or RealDisk()
    slot = layout.slots / name_of(manifest)
    if is_complete(slot):
        with suppress(SlotError):
            verify(slot)
            return slot
    check_space(layout, manifest)
    try:
        disk.remove_tree(slot)
        _build(layout, manifest, slot, disk, progress)
    except OSError as error:
        raise explain(error, f"cannot build {slot.name}") from None
    except DecodeError as error:
        raise SlotError(f"{error}; this release cannot be installed") from None
    return slot


def _build(layout: Layout, manifest: Manifest, slot: Path, disk: Disk, progress: Progress) -> None:
    python = python_here()
    version = sys.version_info[:2]
    site = slot / "lib" / f"python{version[0]}.{version[1]}" / "site-packages"
    disk.make_folder(slot / "bin")
    disk.make_folder(site)
    disk.link(str(python), python_of(slot))
    shared = "true" if manifest.distribution else "false"
    settings = (
        f"home = {python.parent}\ninclude-system-site-packages = {shared}\nversion = {platform.python_version()}\n"
    )
    disk.write(slot / "pyvenv.cfg", settings.encode())
    disk.write(slot / RELEASE, manifests.to_bytes(manifest))
    here = board(manifest.target.channel)
    whole, done = sum(wheel.length for wheel in manifest.wheels), 0
    with Compiler(python_of(slot), whole) as compiler:
        for wheel in manifest.wheels:
            progress("unpacking", done, whole)
            check_file(layout.blobs / wheel.sha256, wheel)
            check_wheel(layout.blobs / wheel.sha256, wheel.name, here)
            compiler.add(unpack(disk, layout.blobs / wheel.sha256, wheel.name, site), wheel.length)
            done += wheel.length
        progress("unpacking", whole, whole)
        progress("compiling", 0, 0)
        compiler.finish()
    progress("testing", 0, 0)
    with ThreadPoolExecutor(1) as beside:  # two cores: one tests while the other hashes
        tested = beside.submit(test_slot, python_of(slot), slot.name, layout.state)
        contents = "".join(f"{digest}  {path}\n" for path, digest in contents_of(slot)).encode()
        tested.result()
    progress("syncing", 0, 0)
    disk.write(slot / CONTENTS, contents)
    disk.sync_tree(slot)
    disk.sync(layout.slots)
    disk.write(slot / COMPLETE, f"{hashlib.sha256(contents).hexdigest()}\n".encode())
    disk.sync(slot / COMPLETE)
    disk.sync(slot)


def check_space(layout: Layout, manifest: Manifest) -> None:
    """Raises SpaceError if the slot would not fit beside the others."""
    try:
        layout.slots.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, f"cannot use {layout.slots}") from None
    check_room(layout.slots, UNPACKED_TIMES * sum(wheel.length for wheel in manifest.wheels), "the release")


def check_file(path: Path, file: File) -> None:
    """Raises SlotError if this is not the file that the manifest names."""
    try:
        info = path.lstat()  # a link could lead elsewhere the next time
        size, found = info.st_size, hash_file(path) if stat.S_ISREG(info.st_mode) else ""
    except OSError as error:
        raise SlotError(f"{file.name} cannot be read: {error.strerror}; fetch it again") from None
    if size != file.length or found != file.sha256:
        with suppress(OSError):
            path.unlink()  # it would be in the way of the sound one
        raise SlotError(f"{file.name} is not what was verified; it has been removed: fetch it again")


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def contents_of(slot: Path) -> Iterator[tuple[str, str]]:
    """Every file and link of a slot with what it is, in order of names; folders are not named.

    Raises:
        SlotError: something is neither file nor link nor folder. OSError: as the system says.
    """
    found = []
    for folder, names, files in os.walk(slot):
        for name in [*files, *(name for name in names if (Path(folder) / name).is_symlink())]:
            path = Path(folder) / name
            inside = path.relative_to(slot).as_posix()
            mode = path.lstat().st_mode
            if inside in (CONTENTS, COMPLETE):
                continue
            if stat.S_ISLNK(mode):
                found.append((inside, f"-> {os.readlink(path)}"))  # noqa: PTH115 - as it is written, not as Path has it
            elif stat.S_ISREG(mode):
                found.append((inside, hash_file(path)))
            else:
                raise SlotError(f"{path} is neither a file nor a link")
    return iter(sorted(found))


def is_complete(slot: Path) -> bool:
    """Whether it was built to its end; `verify` says whether it still is what it was."""
    try:
        sealed = read_bounded(slot / COMPLETE, 100).decode(errors="replace").strip()
        contents = read_bounded(slot / CONTENTS, CONTENTS_MAX)
    except (OSError, DecodeError):
        return False
    return hashlib.sha256(contents).hexdigest() == sealed


def verify(slot: Path) -> None:
    """Hash every file of a slot anew.

    Raises:
        SlotError: it is not whole; the text names what differs.
    """
    if not is_complete(slot):
        raise SlotError(f"{slot.name} is not complete")
    try:
        lines = read_bounded(slot / CONTENTS, CONTENTS_MAX).decode(errors="replace").splitlines()
        said = {path: digest for digest, _, path in (line.partition("  ") for line in lines)}
        found = dict(contents_of(slot))
    except (OSError, DecodeError) as error:
        raise SlotError(f"{slot.name} cannot be read: {error}") from None
    differing = sorted(path for path in said.keys() | found.keys() if said.get(path) != found.get(path))
    if differing:
        more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
        raise SlotError(f"{slot.name} is damaged: {differing[0]} is not what was built{more}")


def release_of(slot: Path) -> Manifest:
    """The release that a slot holds.

    Raises:
        SlotError: it cannot be read.
    """
    try:
        return manifests.from_bytes(read_bounded(slot / RELEASE, MANIFEST_MAX))
    except (OSError, DecodeError) as error:
        raise SlotError(f"{slot.name} does not say what it is: {error}") from None


def runs_here(slot: Path) -> bool:
    """Whether the interpreter of a slot is still there, and still the Python that it was built for."""
    try:
        settings = (slot / "pyvenv.cfg").read_text(encoding="utf-8")
        is_there = os.access(python_of(slot), os.X_OK)
    except OSError:
        return False
    version = next((line.split("=")[1].strip() for line in settings.splitlines() if line.startswith("version")), "")
    minor = ".".join(version.split(".")[:2])
    named = Path(os.path.realpath(python_of(slot))).name
    return is_there and (slot / "lib" / f"python{minor}").is_dir() and named in ("python", "python3", f"python{minor}")


def all_slots(layout: Layout) -> list[str]:
    """The names of whole slots, the highest counter first."""
    with suppress(OSError):
        names = [each.name for each in layout.slots.iterdir() if is_complete(each)]
        return sorted(names, key=counter_of, reverse=True)
    return []


def counter_of(name: str) -> int:
    """The counter in the name of a slot."""
    first = name.partition("-")[0]
    return int(first) if first.isdecimal() else 0


def current(layout: Layout) -> str:
    """The name of the slot that `current` names, if that is whole; else empty."""
    with suppress(OSError):
        target = Path(os.readlink(layout.current))  # noqa: PTH115 - str, for Path would be as good
        if target.parent.name == layout.slots.name and is_complete(layout.slots / target.name):
            return target.name
    return ""


def previous(layout: Layout, bad: Container[str], committed: int) -> str:
    """The slot to go back to from the one that runs: the newest other that is whole, not above the highest counter that
    was `committed` here, not below the security floor, and whose digest is not among `bad`; empty if there is none."""
    now = current(layout)
    with suppress(SlotError):
        floor = release_of(layout.slots / now).security_floor if now else 0
        for name in all_slots(layout):
            release = release_of(layout.slots / name)
            if name != now and floor <= release.counter <= committed and digest_of(release) not in bad:
                return name
    return ""


def activate(layout: Layout, name: str, disk: Disk | None = None) -> None:
    """Let `current` name this slot.

    Raises:
        SlotError: the slot is not whole. OSError: as the system says.
    """
    if not is_complete(layout.slots / name):
        raise SlotError(f"{name} is not complete; it is not switched to")
    point(disk or RealDisk(), layout.current, f"{layout.slots.name}/{name}")
