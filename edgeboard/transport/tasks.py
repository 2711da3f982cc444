"""The tasks of a transport, each held and named, so that none outlives it or fails unheard."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import final

_CANCEL_S = 1.0  # until a cancelled task is given up
_logger = logging.getLogger(__name__)


@final
class Tasks:
    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        """Run `work` to its end; what it raises is logged, since nobody awaits it."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def end(self, patience_s: float) -> None:
        """Wait until all have ended, those too that they start meanwhile; cancel what takes longer."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_s
        while self._tasks and (left := deadline - loop.time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CANCEL_S)
        if self._tasks:
            names = ", ".join(sorted(task.get_name() for task in self._tasks))
            _logger.error("did not end within %g s: %s", _CANCEL_S, names)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("%s failed", task.get_name(), exc_info=error)
