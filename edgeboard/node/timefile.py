"""How far mesh time had come, on the disk: a board without a clock goes on from there, and not from 1970."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import final

from edgeboard.errors import UserError
from edgeboard.identity.keyfile import keep_time, load_time
from edgeboard.timesync.values import MeshTime

_log = logging.getLogger(__name__)


@final
class TimeFile:
    """The file of one board.

    Args:
        state: the state directory.
        time: what is written down when the board stops.
        now: this moment.
        spawn: runs what nobody waits for.
    """

    def __init__(self, state: Path, time: MeshTime, now: Callable[[], float], spawn: Callable[..., object]) -> None:
        self._state = state
        self._time = time
        self._now = now
        self._spawn = spawn

    @staticmethod
    def reached(state: Path) -> float:
        """What the last run has written down; 0: nothing."""
        return load_time(state)

    def keep(self, mesh_s: float) -> None:
        """Write it down, in a thread."""
        self._spawn(asyncio.to_thread(self._write, mesh_s), name="keep mesh time")

    async def close(self) -> None:
        """The board stops."""
        await asyncio.to_thread(self._write, self._time.peek(self._now()))

    def _write(self, mesh_s: float) -> None:
        try:
            keep_time(self._state, mesh_s)
        except UserError as error:
            _log.warning("how far mesh time has come is not kept: %s", error)
