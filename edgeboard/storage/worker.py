"""Where a writer's blocking work happens: a thread of its own, or the event loop of a simulation.

A worker runs one job after the other and reports each on the event loop, in order.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Protocol, final

Job = Callable[[], None]
Done = Callable[[Exception | None], None]


class Worker(Protocol):
    """Runs jobs one after the other."""

    def run(self, job: Job, done: Done) -> None:
        """Queue a job; `done` is called on the event loop with what it raised, or None."""
        ...

    def end(self) -> None:
        """Take no more jobs; does not wait for the one that runs. May be called again."""
        ...


@final
class ThreadWorker:
    """One thread, which a hanging disk cannot keep the process alive with."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[tuple[Job, Done] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def run(self, job: Job, done: Done) -> None:
        self._jobs.put((job, done))

    def end(self) -> None:
        self._jobs.put(None)

    def _work(self) -> None:
        while (work := self._jobs.get()) is not None:
            job, done = work
            raised: Exception | None = None
            try:
                job()
            except Exception as error:
                raised = error
            try:
                self._loop.call_soon_threadsafe(done, raised)
            except RuntimeError:  # the loop is closed: nobody is left to be told
                return


@final
class LoopWorker:
    """Runs jobs on the event loop itself, `delay_s` after they are queued: repeatable, for simulations."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self._loop = asyncio.get_running_loop()
        self._delay_s = delay_s
        self._free_at = self._loop.time()

    def run(self, job: Job, done: Done) -> None:
        self._free_at = max(self._free_at, self._loop.time()) + self._delay_s
        self._loop.call_at(self._free_at, self._work, job, done)

    def end(self) -> None:
        pass

    def _work(self, job: Job, done: Done) -> None:
        raised: Exception | None = None
        try:
            job()
        except Exception as error:
            raised = error
        done(raised)
