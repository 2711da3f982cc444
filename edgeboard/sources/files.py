"""A source that is a file of this machine, such as /sys/class/thermal/thermal_zone0/temp.

A read may never come back: of a file on a network that is gone, or of one that the kernel fills when it likes. It has a
thread of its own, and is waited for before another one begins.
"""

import asyncio
import stat
from pathlib import Path
from typing import final

from edgeboard.errors import SourceError
from edgeboard.runtime.detached import run_detached
from edgeboard.sources.settings import ANSWER_MAX


@final
class FileSource:
    """One file, read anew at each look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading: asyncio.Task[bytes | SourceError] | None = None

    async def read(self) -> bytes:
        """See `ports.Source`."""
        if self._reading is not None and not self._reading.done():
            raise SourceError(f"{self._path} does not answer; an earlier read of it is still under way")
        self._reading = asyncio.create_task(run_detached(self._try_read, name=f"read {self._path}"))
        found = await asyncio.shield(self._reading)  # who gives up waiting does not end it
        if isinstance(found, SourceError):
            raise found
        return found

    def _try_read(self) -> bytes | SourceError:
        try:
            return self._read()
        except SourceError as error:
            return error

    def _read(self) -> bytes:
        try:
            if not stat.S_ISREG(self._path.stat().st_mode):
                raise SourceError(f"{self._path} is not a file; what has no end cannot be read")
            with self._path.open("rb") as file:
                data = file.read(ANSWER_MAX + 1)
        except OSError as error:
            raise SourceError(f"{self._path} cannot be read: {error.strerror or error}") from None
        if len(data) > ANSWER_MAX:
            raise SourceError(f"{self._path} is longer than {ANSWER_MAX // 1024} KiB")
        return data
