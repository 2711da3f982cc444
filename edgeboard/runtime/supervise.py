"""Who owns the tasks of a node: nothing runs that has no name, no owner and no end.

Rules of this file:

- Every task belongs to one supervisor and is cancelled and awaited when it stops; a task that does not end in time
  is named in the log.
- A task that fails says so in exactly one log line: with a traceback if it is a bug of ours, without one if the error
  is of our own tree and its text is for people.
- What a failure means is declared when the task is started: it ends the node, the task begins anew after a while, or
  nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, Self, final

from edgeboard.errors import EdgeboardError

logger = logging.getLogger(__name__)

RESTART_FIRST_S = 0.5  # doubles ..
RESTART_LAST_S = 30.0  # .. up to here
STEADY_S = 60.0  # a task that ran so long begins again at the first pause
STOP_S = 5.0  # until a cancelled task is given up


class OnFailure(Enum):
    """What the failure of a task means."""

    STOP = "stop"  # the node cannot do without it
    RESTART = "restart"  # it begins anew, after a pause that grows
    LOG = "log"  # nobody waits for it


@dataclass(frozen=True, slots=True)
class TaskReport:
    name: str
    on_failure: OnFailure
    restarts: int
    failure: str  # the last one; empty if there was none


@dataclass(slots=True)
class _Charge:
    """One task in our care."""

    name: str
    on_failure: OnFailure
    restarts: int = 0
    failure: str = ""


@final
class Supervisor:
    """Owns tasks on the running event loop. As an async context it stops them at the end of the block.

    Args:
        stop_s: how long `stop` waits for tasks to end.
    """

    def __init__(self, stop_s: float = STOP_S) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop_s = stop_s
        self._charges: dict[asyncio.Task[None], _Charge] = {}
        self._over = asyncio.Event()
        self._stopping = False
        self._failure: Exception | None = None

    def start(
        self, name: str, work: Callable[[], Coroutine[Any, Any, object]], on_failure: OnFailure = OnFailure.STOP
    ) -> None:
        """Run `work()` as a task. A task that returns is done, whatever it was started as."""
        self._own(_Charge(name, on_failure), work)

    def spawn(self, work: Coroutine[Any, Any, object], *, name: str) -> None:
        """Run a coroutine that nobody waits for; its failure is logged."""
        task = self._own(_Charge(name, OnFailure.LOG), lambda: work)
        if task is None:
            work.close()
        else:
            task.add_done_callback(lambda _: work.close())  # it may have been cancelled before its first step

    async def wait(self) -> None:
        """Wait until `stop` was called or a task failed without which the node cannot be; raises that failure."""
        await self._over.wait()
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> list[str]:
        """Cancel all tasks and wait for their end; returns the names of those that did not end in time.

        Not for use within a task of this supervisor, which would wait for itself.
        """
        self._stopping = True
        self._over.set()
        tasks = set(self._charges)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self._stop_s)
        late = sorted(charge.name for task, charge in self._charges.items() if not task.done())
        if late:
            logger.error("did not end within %g s and is left behind: %s", self._stop_s, ", ".join(late))
        return late

    def statistics(self) -> list[TaskReport]:
        """The tasks that are alive, by name."""
        alive = [charge for task, charge in self._charges.items() if not task.done()]
        reports = [TaskReport(c.name, c.on_failure, c.restarts, c.failure) for c in alive]
        return sorted(reports, key=lambda report: report.name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def _own(self, charge: _Charge, work: Callable[[], Awaitable[object]]) -> asyncio.Task[None] | None:
        if self._stopping:
            logger.debug("%s is not started: the node is stopping", charge.name)
            return None
        task = self._loop.create_task(self._care(charge, work), name=charge.name)
        self._charges[task] = charge
        task.add_done_callback(self._charges.pop)
        return task

    async def _care(self, charge: _Charge, work: Callable[[], Awaitable[object]]) -> None:
        pause = RESTART_FIRST_S
        while True:
            started = self._loop.time()
            try:
                await work()
                return
            except Exception as error:
                if self._loop.time() - started >= STEADY_S:
                    pause = RESTART_FIRST_S
                self._on_failed(charge, error, pause)
            if charge.on_failure is not OnFailure.RESTART or self._stopping:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, RESTART_LAST_S)
            charge.restarts += 1

    def _on_failed(self, charge: _Charge, error: Exception, pause: float) -> None:
        charge.failure = f"{type(error).__name__}: {error}"
        bug = None if isinstance(error, EdgeboardError) else error
        if self._stopping:
            logger.warning("%s failed while it was stopped: %s", charge.name, charge.failure, exc_info=bug)
            return
        match charge.on_failure:
            case OnFailure.STOP:
                logger.error("%s failed, so the node ends: %s", charge.name, charge.failure, exc_info=bug)
                if self._failure is None:
                    self._failure = error
                self._over.set()
            case OnFailure.RESTART:
                logger.error("%s failed and begins anew in %g s: %s", charge.name, pause, charge.failure, exc_info=bug)
            case OnFailure.LOG:
                logger.error("%s failed: %s", charge.name, charge.failure, exc_info=bug)
