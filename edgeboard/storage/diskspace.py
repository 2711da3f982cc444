"""The space on the disk of a state directory: watched, told when it runs out, and a little of it kept back.

The file `reserve` keeps a little of the disk back. A start on a full disk gives it up, so that a board can still count
its boot, read its ink and draw; it comes back when there is space again.
"""

import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import final

logger = logging.getLogger(__name__)

RESERVE = "reserve"
RESERVE_BYTES = 1 << 20  # a boot number, the index of a WAL, and some ink
LITTLE_BYTES = 16 * RESERVE_BYTES  # below it people are warned; above it the reserve is a small part of what is free
ENOUGH_BYTES = 2 * LITTLE_BYTES  # and from here on they are told that it is well again


@dataclass(frozen=True, slots=True)
class SpaceStatistics:
    free_bytes: int  # for this user
    is_low: bool  # people have been warned
    has_reserve: bool


@final
class DiskSpace:
    """The disk of one directory; `look` may run in any thread, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reserve = folder / RESERVE
        self._is_low = False
        self._free = 0

    def look(self, *, starting: bool = False) -> None:
        """Warn once when little is left, say once when that is over, and keep the reserve if there is space for it.

        Args:
            starting: give the reserve up if nothing else is left.

        Raises:
            OSError: as the system says.
        """
        disk = os.statvfs(self._folder)
        self._free = disk.f_bavail * disk.f_frsize
        if starting and self._free < RESERVE_BYTES and self._reserve.exists():
            self._reserve.unlink()
            self._is_low = True
            logger.warning(
                "the disk of %s is full: free some space; the node starts on a reserve of 1 MiB", self._folder
            )
        elif self._free < LITTLE_BYTES and not self._is_low:
            self._is_low = True
            free = self._free / RESERVE_BYTES
            logger.warning("only %.1f MiB are free on the disk of %s: free some space", free, self._folder)
        elif self._free >= ENOUGH_BYTES and self._is_low:
            self._is_low = False
            logger.info("there is space again on the disk of %s", self._folder)
        if self._free > LITTLE_BYTES and not self._reserve.exists():
            with suppress(OSError):  # a file system that cannot keep space back
                self._keep()

    def _keep(self) -> None:
        file = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, RESERVE_BYTES)
        finally:
            os.close(file)

    def statistics(self) -> SpaceStatistics:
        """As of the last look."""
        return SpaceStatistics(self._free, self._is_low, self._reserve.exists())
