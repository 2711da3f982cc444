"""The node's state, put aside while a release is on trial that writes it in another form; and the logs of releases that
failed.

The rules of this file: the node stands still while its state is copied; a copy is whole when it has its name; what a
release has written on trial may hold ink, so it is put aside and never deleted. Owners and modes are kept.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from edgeboard.ota.files import Disk, write_durably
from edgeboard.ota.values import Layout

BEFORE: Final = "state-before-"  # and the slot: the state as it was before that one ran
AFTER: Final = "state-after-"  # and the slot: what that one had written when it was gone back from
LOGS_KEPT: Final = 5  # of releases that failed
LOG_MAX: Final = 64 * 1024  # bytes of one


def keep_state(layout: Layout, disk: Disk, node_state: Path, slot: str) -> None:
    """Copy the node's state. Raises OSError as the system says; then there is no copy."""
    if node_state.is_dir():
        _copy(disk, node_state, layout.state / f"{BEFORE}{slot}")


def restore_state(layout: Layout, disk: Disk, node_state: Path, slot: str) -> Path | None:
    """Give the node back what it had before `slot` ran; returns where that is which came since, or None if nothing was
    kept. Raises OSError as the system says; doing it once more is right then."""
    kept, aside = layout.state / f"{BEFORE}{slot}", layout.state / f"{AFTER}{slot}"
    if kept.is_symlink() or not kept.is_dir():
        return None
    if node_state.is_dir() and not aside.exists():
        _copy(disk, node_state, aside)
    disk.make_folder(node_state)
    for each in sorted(node_state.iterdir()):
        disk.remove_tree(each) if each.is_dir() and not each.is_symlink() else disk.remove(each)
    _copy_into(kept, node_state)
    disk.sync_tree(node_state)
    forget_state(layout, disk, slot)
    return aside


def forget_state(layout: Layout, disk: Disk, slot: str) -> None:
    """What was kept is not needed any more."""
    kept = layout.state / f"{BEFORE}{slot}"
    if kept.is_dir() and not kept.is_symlink():
        gone = kept.with_name("state-forgotten")  # at once: half of it must never be taken for the whole
        disk.remove_tree(gone)
        disk.rename(kept, gone)
        disk.sync(layout.state)
        disk.remove_tree(gone)


def _copy(disk: Disk, source: Path, target: Path) -> None:
    aside = target.with_name(f"{target.name}.new")
    disk.remove_tree(aside)
    disk.make_folder(aside)
    _copy_into(source, aside)
    disk.sync_tree(aside)
    disk.remove_tree(target)
    disk.rename(aside, target)
    disk.sync(target.parent)


def _copy_into(source: Path, target: Path) -> None:
    """Everything in a folder that is a file, a folder or a link; sockets are made anew by whoever listens."""
    _like(source, target)
    for each in sorted(source.iterdir()):
        copy = target / each.name
        if each.is_symlink():
            copy.symlink_to(os.readlink(each))  # noqa: PTH115 - as it is written
            _like(each, copy)
        elif each.is_dir():
            copy.mkdir(exist_ok=True)
            _copy_into(each, copy)
        elif each.is_file():
            shutil.copyfile(each, copy)
            _like(each, copy)


def _like(source: Path, target: Path) -> None:
    """The owner and mode of another file."""
    found = source.lstat()
    with suppress(PermissionError):  # not root: then all of it is this user's anyway
        os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)
    if not target.is_symlink():
        target.chmod(found.st_mode & 0o7777)


def keep_log(layout: Layout, disk: Disk, slot: str, text: str) -> None:
    """The last that a release said that failed; of the newest few. A disk that takes no log is no reason to stop."""
    if layout.log.is_symlink() or "/" in slot:  # of whoever builds slots; root writes nothing where that leads
        return
    with suppress(OSError):
        disk.make_folder(layout.log)
        write_durably(disk, layout.log / f"{slot}.log", text.encode()[-LOG_MAX:])
        logs = sorted(layout.log.glob("*.log"), key=lambda path: path.stat().st_mtime_ns)
        for each in logs[:-LOGS_KEPT]:
            disk.remove(each)
