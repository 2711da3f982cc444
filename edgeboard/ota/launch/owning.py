"""Makes a slot root's before it runs: from then on neither who built it nor the node that runs from it can change it.

The rules of this file: nothing outside the slot is touched, whatever links its builder has laid in it; a slot is hashed
after this, so that what was changed until then is found.
"""

import os
import stat
from pathlib import Path
from typing import Final

from edgeboard.ota.slots import SlotError
from edgeboard.ota.states import SLOT

SHARED: Final = stat.S_IWGRP | stat.S_IWOTH


def take(slots: Path, name: str, owner: int = 0, group: int = 0) -> None:
    """Give a slot and all in it to root, if root asks; others build and run as one user, and keep what they have.

    Args:
        slots: the folder of slots.
        name: of one, as the journal says, which its builder writes.
        owner: a user's number: root's.
        group: likewise.

    Raises:
        SlotError: it is no slot, or a file of it has another name elsewhere. OSError: as the system says.
    """
    if os.geteuid() != owner:
        return
    top = slots / name
    if not SLOT.fullmatch(name) or top.is_symlink():
        raise SlotError(f"{name[:80]!r} is no slot")
    for folder, _, files, descriptor in os.fwalk(top, follow_symlinks=False):
        _take(descriptor, ".", folder, owner, group)
        # Folders have their turn as such; names that lead to folders are links, and taken here.
        for name_in in [*files, *(each.name for each in os.scandir(descriptor) if each.is_symlink())]:
            _take(descriptor, name_in, folder, owner, group)


def _take(descriptor: int, name: str, folder: str, owner: int, group: int) -> None:
    found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1 and found.st_uid != owner:
        raise SlotError(f"{folder}/{name} has another name elsewhere, which no slot has: it is not switched to")
    if (found.st_uid, found.st_gid) != (owner, group):
        os.chown(name, owner, group, dir_fd=descriptor, follow_symlinks=False)
    if not stat.S_ISLNK(found.st_mode) and found.st_mode & SHARED:
        os.chmod(name, stat.S_IMODE(found.st_mode) & ~SHARED, dir_fd=descriptor)
