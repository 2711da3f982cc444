"""The queue between the hot path, which never waits, and the disk.

Rules of this file:

- Batches leave in the order in which they came, in groups: one commit, one fsync for all that came within `group_s`.
- A batch leaves the queue when it is durable, never before. While the store fails, everything stays queued and is tried
  again; the failure is told once, and so is the recovery.
- The queue holds `queue_bytes`. The last `reserve_bytes` are kept for ink that was accepted before `room_left` reached
  0 and is still under way; so whoever asks `room_left` before taking new ink never loses any.
- All state belongs to the event loop; the worker only runs `write` and `tidy` of the store.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import final

from edgeboard.clock import Clock
from edgeboard.errors import StoreError
from edgeboard.ids import RoomId
from edgeboard.oplog.floors import Reduced
from edgeboard.oplog.history import Entry
from edgeboard.ports import Store, StoredBatch
from edgeboard.runtime.queues import ByteQueue, Overflow
from edgeboard.storage.history import to_segments
from edgeboard.storage.settings import Settings
from edgeboard.storage.worker import ThreadWorker, Worker

logger = logging.getLogger(__name__)

BATCH_OVERHEAD = 200  # bytes that a queued batch takes beside its data


@dataclass(frozen=True, slots=True)
class WriterStatistics:
    queued: int  # batches, with those being written
    queued_bytes: int
    refused: int  # batches not taken since the start, for want of room
    commits: int
    batches: int  # committed
    bytes: int  # committed
    failures: int  # commits that failed
    failed: bool  # whether the store fails now
    full: bool  # whether new ink is refused, since the memory for unsaved ink is used up
    last_commit_s: float
    slowest_commit_s: float


@final
class GroupWriter:
    """Implements `ports.Writer`; made and used on the event loop.

    Args:
        store: where to; the caller closes it, after the writer.
        clock: for the times in the statistics.
        on_committed: these batches are durable; in the order in which they were put.
        on_failed: the store has begun to fail; everything stays queued.
        on_recovered: the store works again; called before the `on_committed` that shows it.
        worker: a thread of its own unless told otherwise.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        on_committed: Callable[[list[StoredBatch]], None],
        on_failed: Callable[[StoreError], None],
        on_recovered: Callable[[], None],
        settings: Settings | None = None,
        worker: Worker | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_committed = on_committed
        self._on_failed = on_failed
        self._on_recovered = on_recovered
        self._settings = settings or Settings()
        self._loop = asyncio.get_running_loop()
        self._worker = worker or ThreadWorker("storage-writer")
        self._queue: ByteQueue[StoredBatch] = ByteQueue(self._settings.queue_bytes, Overflow.REFUSE, _size)
        self._in_flight = 0  # batches at the head of the queue that are being written
        self._timer: asyncio.TimerHandle | None = None  # the next commit, or the next attempt
        self._idle_timer: asyncio.TimerHandle | None = None
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []  # done when so many batches are committed
        self._failure: StoreError | None = None
        self._retry_s = self._settings.retry_first_s
        self._full = False  # the memory is used up, and that has been said
        self._closed = False
        self._commits = self._batches = self._bytes = self._failures = self._refused = 0
        self._last_commit_s = self._slowest_commit_s = 0.0

    def put(self, batches: Iterable[StoredBatch]) -> int:
        """Queue for the next group commit; never blocks, never raises. Returns how many were not taken."""
        refused = 0
        for batch in batches:
            if refused or self._closed or not self._queue.put(batch):
                refused += 1
        self._refused += refused
        if self.room_left == 0 and not self._full:
            self._full = True
            logger.warning("the memory for unsaved ink is used up; new ink is refused until some of it is saved")
        self._arm()
        return refused

    def rewrite(
        self, room: RoomId, batches: Sequence[Reduced], dropped: Sequence[Entry], done: Callable[[bool], None]
    ) -> None:
        """Rewrite batches that have let go of ops, and keep these as history; `done` hears whether that was done."""
        stored = [StoredBatch(room, batch.author, batch.first, batch.count, batch.data) for batch in batches]

        def work() -> None:
            self._store.rewrite(stored, to_segments(room, dropped), self._settings.history_bytes)

        def finished(error: Exception | None) -> None:
            if error is not None:
                logger.warning("the log was not reduced on the disk, and is tried again: %s", error)
            if not self._closed:
                self._tidy(idle=False)
                self._tell(done, error is None)

        self._worker.run(work, finished)

    @property
    def room_left(self) -> int:
        return max(0, self._queue.room_left - self._settings.reserve_bytes)

    @property
    def failure(self) -> StoreError | None:
        """Why the store fails at present; None while it works."""
        return self._failure

    async def flush(self) -> None:
        """Wait until everything that is queued now is durable; does not wait for company, nor for the next attempt.

        Raises:
            StoreError: the store fails; everything is still queued.
        """
        if not self._queue:
            return
        done: asyncio.Future[None] = self._loop.create_future()
        self._flushes.append((self._batches + len(self._queue), done))
        self._commit_now()
        await done

    async def close(self) -> None:
        """Flush, but wait no longer than `close_s`, and end the worker; what cannot be saved is logged."""
        if self._closed:
            return
        reason = f"the disk did not answer within {self._settings.close_s:g} s"
        try:
            async with asyncio.timeout(self._settings.close_s):
                while self._queue:
                    await self.flush()
        except TimeoutError:
            pass
        except StoreError as error:
            reason = str(error)
        self._closed = True
        for timer in (self._timer, self._idle_timer):
            if timer is not None:
                timer.cancel()
        self._worker.end()
        if self._queue:
            logger.error("%d batches could not be saved: %s", len(self._queue), reason)

    def statistics(self) -> WriterStatistics:
        return WriterStatistics(
            queued=len(self._queue),
            queued_bytes=self._queue.bytes,
            refused=self._refused,
            commits=self._commits,
            batches=self._batches,
            bytes=self._bytes,
            failures=self._failures,
            failed=self._failure is not None,
            full=self.room_left == 0,
            last_commit_s=self._last_commit_s,
            slowest_commit_s=self._slowest_commit_s,
        )

    # ------------------------------------------------------------------------------------------------ on the loop

    def _arm(self) -> None:
        """Set the timer for the next commit, unless one is under way or set."""
        if self._closed or self._in_flight or self._timer is not None or not self._queue:
            return
        delay = self._settings.group_s if self._failure is None else self._retry_s
        self._timer = self._loop.call_later(delay, self._commit_now)

    def _commit_now(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._in_flight or not self._queue:
            return
        group = list(self._queue)
        self._in_flight = len(group)
        started = self._clock.now()
        self._worker.run(lambda: self._store.write(group), lambda error: self._on_written(group, started, error))

    def _on_written(self, group: list[StoredBatch], started: float, error: Exception | None) -> None:
        self._in_flight = 0
        if error is None:
            self._on_success(group, self._clock.now() - started)
        else:
            self._on_failure(error)
        if self._closed:
            return
        if self._flushes and self._failure is None:
            self._commit_now()
        else:
            self._arm()

    def _on_success(self, group: list[StoredBatch], took_s: float) -> None:
        self._queue.drop_first(len(group))
        self._commits += 1
        self._batches += len(group)
        self._bytes += sum(len(batch.data) for batch in group)
        self._last_commit_s = took_s
        self._slowest_commit_s = max(self._slowest_commit_s, took_s)
        recovered = self._failure is not None
        self._failure = None
        self._retry_s = self._settings.retry_first_s
        self._tidy(idle=False)
        if recovered:
            logger.info("saving works again")
            self._tell(self._on_recovered)
        if self._full and self.room_left > 0:
            self._full = False
            logger.info("new ink is taken again")
        self._tell(self._on_committed, group)
        waiting = []
        for target, done in self._flushes:
            if target > self._batches:
                waiting.append((target, done))
            elif not done.done():
                done.set_result(None)
        self._flushes = waiting

    def _on_failure(self, error: Exception) -> None:
        self._failures += 1
        if not isinstance(error, StoreError):
            logger.error("the store broke its promise to raise only StoreError", exc_info=error)
            error = StoreError(f"the store failed: {error}")
        first = self._failure is None
        self._failure = error
        if not first:
            self._retry_s = min(self._retry_s * 2, self._settings.retry_last_s)
        for _, done in self._flushes:
            if not done.done():
                done.set_exception(error)
        self._flushes = []
        if first:
            logger.error("ink is kept in memory, and saving is tried again: %s", error)
            self._tell(self._on_failed, error)

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        """A callback that raises is a bug of ours; it must not keep the next batch from the disk."""
        try:
            callback(*arguments)
        except Exception as error:
            self._loop.call_exception_handler({"message": "a callback of the writer raised", "exception": error})

    def _tidy(self, idle: bool) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if not idle and not self._closed:
            self._idle_timer = self._loop.call_later(self._settings.idle_s, self._tidy, True)
        self._worker.run(lambda: self._store.tidy(idle), _on_tidied)


def _on_tidied(error: Exception | None) -> None:
    if error is not None:
        logger.warning("the store could not tidy up; what is saved stays saved: %s", error)


def _size(batch: StoredBatch) -> int:
    return BATCH_OVERHEAD + len(batch.data)
