"""A source that is a file of this machine, such as /sys/class/thermal/thermal_zone0/temp."""

import asyncio
import stat
from pathlib import Path
from typing import final

from edgeboard.errors import SourceError
from edgeboard.sources.settings import ANSWER_MAX


@final
class FileSource:
    """One file, read anew at each look."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> bytes:
        """See `ports.Source`."""
        return await asyncio.to_thread(self._read)

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
