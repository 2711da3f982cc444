import asyncio
import itertools
import threading

import pytest

from edgeboard.errors import StoreError
from edgeboard.storage.memory import MemoryStore
from edgeboard.storage.settings import Settings
from edgeboard.storage.worker import LoopWorker
from edgeboard.storage.writer import BATCH_OVERHEAD, GroupWriter
from tests.runtime.virtual import LoopClock, run
from tests.storage.examples import ROOM, batch, batches


class Desk:
    """A writer on a store in memory, and the callbacks in the order in which they came."""

    def __init__(self, delay_s=0.0, worker=None, **settings):
        self.store = MemoryStore()
        self.events = []
        self.first_commit = asyncio.Event()
        self.writer = GroupWriter(
            self.store,
            LoopClock(),
            self._on_committed,
            lambda error: self.events.append(("failed", str(error))),
            lambda: self.events.append(("recovered",)),
            Settings(**settings),
            worker or LoopWorker(delay_s),
        )

    def _on_committed(self, committed):
        self.events.append(("committed", [b.first for b in committed]))
        self.first_commit.set()

    @property
    def committed(self):
        return [first for event in self.events if event[0] == "committed" for first in event[1]]


def now():
    return asyncio.get_running_loop().time()


def test_what_comes_within_the_window_is_one_transaction():
    async def main():
        desk = Desk()
        for first in range(40):
            desk.writer.put([batch(first)])
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert desk.store.writes == 1
        assert desk.events == [("committed", list(range(40)))]
        assert list(desk.store.load(ROOM)) == batches(40)

    run(main())


def test_a_batch_is_durable_within_the_window():
    async def main():
        desk = Desk()
        started = now()
        desk.writer.put([batch(0)])
        await desk.first_commit.wait()
        assert now() - started == pytest.approx(0.05)

    run(main())


def test_without_a_window_it_commits_at_once():
    async def main():
        desk = Desk(group_s=0.0)
        started = now()
        desk.writer.put([batch(0)])
        desk.writer.put([batch(1)])
        await desk.first_commit.wait()
        assert now() == started
        assert desk.store.writes == 1

    run(main())


def test_batches_that_come_during_a_slow_commit_go_together_into_the_next():
    async def main():
        desk = Desk(delay_s=1.0)
        for first in range(20):
            desk.writer.put([batch(first)])
            await asyncio.sleep(0.1)
        await desk.writer.flush()
        assert desk.committed == list(range(20))
        assert desk.store.writes <= 4

    run(main())


def test_a_slow_store_never_blocks_the_loop():
    async def main():
        desk = Desk(delay_s=30.0)
        desk.writer.put(batches(1))
        started = now()
        for _ in range(100):
            await asyncio.sleep(0.01)
        assert now() - started == pytest.approx(1.0)
        assert desk.committed == []
        assert desk.writer.statistics().queued == 1

    run(main())


async def test_the_store_is_used_on_a_thread_of_its_own_while_the_loop_goes_on():
    loop = asyncio.get_running_loop()
    entered, gate = asyncio.Event(), threading.Event()
    threads = []

    class Slow:
        def write(self, group):
            threads.append(threading.current_thread())
            loop.call_soon_threadsafe(entered.set)
            gate.wait(10)

        def tidy(self, idle):
            pass

    committed = []
    writer = GroupWriter(Slow(), LoopClock(), committed.extend, pytest.fail, pytest.fail, Settings(group_s=0))
    writer.put([batch(0)])
    flush = asyncio.create_task(writer.flush())
    await entered.wait()
    assert not committed  # the write hangs, and here we are
    gate.set()
    await flush
    assert committed == [batch(0)]
    assert threads[0] is not threading.main_thread()
    await writer.close()


def test_a_failure_is_told_once_and_the_ink_is_kept_until_the_store_works_again():
    async def main():
        desk = Desk()
        desk.store.fault = "the disk is full"
        desk.writer.put([batch(0)])
        await asyncio.sleep(5)
        desk.writer.put([batch(1)])
        await asyncio.sleep(30)
        assert desk.events == [("failed", "the disk is full")]
        assert isinstance(desk.writer.failure, StoreError)
        assert desk.writer.statistics().queued == 2
        desk.store.fault = None
        await asyncio.sleep(10.1)
        assert desk.events[1:] == [("recovered",), ("committed", [0, 1])]
        assert desk.writer.failure is None
        assert list(desk.store.load(ROOM)) == batches(2)

    run(main())


def test_memory_that_is_used_up_is_told_once_and_so_is_its_end(caplog):
    caplog.set_level("INFO")

    async def main():
        size = BATCH_OVERHEAD + len(batch(0).data)
        desk = Desk(queue_bytes=4 * size, reserve_bytes=2 * size)
        desk.store.fail_next(3)
        for first in range(3):
            desk.writer.put([batch(first)])
        assert desk.writer.statistics().full
        await asyncio.sleep(10)
        assert not desk.writer.statistics().full
        assert desk.committed == [0, 1, 2]

    run(main())
    assert [record.getMessage() for record in caplog.records if record.levelname != "ERROR"] == [
        "the memory for unsaved ink is used up; new ink is refused until some of it is saved",
        "saving works again",
        "new ink is taken again",
    ]


def test_attempts_back_off_and_a_later_failure_is_told_again():
    async def main():
        desk = Desk()
        attempts = []
        write = desk.store.write
        desk.store.write = lambda group: (attempts.append(now()), write(group))
        desk.store.fault = "the disk is full"
        desk.writer.put([batch(0)])
        await asyncio.sleep(40)
        pauses = [round(b - a, 3) for a, b in itertools.pairwise(attempts)]
        assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
        desk.store.fault = None
        await desk.writer.flush()
        desk.store.fault = "the disk is full again"
        desk.writer.put([batch(1)])
        await asyncio.sleep(0.06)
        assert desk.events[-1] == ("failed", "the disk is full again")

    run(main())


def test_an_exception_that_a_store_may_not_raise_loses_nothing(caplog):
    async def main():
        desk = Desk()
        write, desk.store.write = desk.store.write, lambda group: 1 / 0
        desk.writer.put([batch(0)])
        await asyncio.sleep(0.1)
        assert desk.events == [("failed", "the store failed: division by zero")]
        assert "ZeroDivisionError" in caplog.text
        desk.store.write = write
        await desk.writer.flush()
        assert desk.committed == [0]

    run(main())


def test_at_room_left_0_ink_that_was_accepted_before_still_fits_and_beyond_it_is_refused():
    async def main():
        cost = 100 + BATCH_OVERHEAD
        desk = Desk(queue_bytes=10 * cost, reserve_bytes=4 * cost)
        desk.store.fault = "the disk is full"
        assert desk.writer.room_left == 6 * cost
        assert desk.writer.put(batches(6)) == 0
        assert desk.writer.room_left == 0
        assert desk.writer.put([batch(n) for n in range(6, 10)]) == 0
        assert desk.writer.put([batch(10), batch(11)]) == 2
        assert desk.writer.statistics().refused == 2
        desk.store.fault = None
        await desk.writer.flush()
        assert desk.committed == list(range(10))
        assert desk.writer.room_left == 6 * cost

    run(main())


def test_batches_being_written_still_count_against_the_bound():
    async def main():
        desk = Desk(delay_s=5.0, group_s=0.0)
        before = desk.writer.room_left
        desk.writer.put(batches(1))
        await asyncio.sleep(1)
        assert desk.writer.room_left < before
        await desk.writer.flush()
        assert desk.writer.room_left == before

    run(main())


def test_flush_waits_for_what_was_queued_and_not_for_what_comes_later():
    async def main():
        desk = Desk(delay_s=1.0)
        desk.writer.put([batch(0)])
        started = now()
        flush = asyncio.create_task(desk.writer.flush())
        await asyncio.sleep(0.5)
        desk.writer.put([batch(1)])
        await flush
        assert now() - started == pytest.approx(1.0)
        assert desk.committed == [0]
        await desk.writer.flush()
        assert desk.committed == [0, 1]

    run(main())


def test_flush_raises_while_the_store_fails_and_tries_at_once():
    async def main():
        desk = Desk()
        desk.store.fault = "the disk is full"
        desk.writer.put([batch(0)])
        with pytest.raises(StoreError, match="the disk is full"):
            await desk.writer.flush()
        await asyncio.sleep(3)
        desk.store.fault = None
        started = now()
        await desk.writer.flush()
        assert now() == started

    run(main())


def test_close_flushes():
    async def main():
        desk = Desk(delay_s=1.0)
        desk.writer.put(batches(3))
        await desk.writer.close()
        assert desk.committed == [0, 1, 2]
        assert desk.writer.put([batch(3)]) == 1

    run(main())


def test_close_is_bounded_and_says_what_was_not_saved(caplog):
    async def main():
        desk = Desk(delay_s=60.0)
        desk.writer.put(batches(3))
        started = now()
        await desk.writer.close()
        assert now() - started == pytest.approx(2.0)

    run(main())
    assert "3 batches could not be saved: the disk did not answer within 2 s" in caplog.text


def test_the_store_tidies_up_after_commits_and_when_idle():
    async def main():
        desk = Desk()
        calls = []
        desk.store.tidy = calls.append
        desk.writer.put(batches(1))
        await asyncio.sleep(20)
        desk.writer.put([batch(1)])
        await asyncio.sleep(20)
        assert calls == [False, False]
        await asyncio.sleep(60)
        assert calls == [False, False, True]

    run(main())


def test_statistics_tell_what_was_committed():
    async def main():
        desk = Desk(delay_s=0.25)
        desk.writer.put(batches(2))
        await desk.writer.flush()
        statistics = desk.writer.statistics()
        assert (statistics.commits, statistics.batches, statistics.bytes) == (1, 2, 200)
        assert statistics.last_commit_s == pytest.approx(0.25)
        assert not statistics.failed

    run(main())


def test_a_callback_that_raises_is_reported_and_saving_goes_on():
    async def main():
        desk = Desk()
        faults = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context["exception"]))
        desk.events = None  # so that every callback raises
        desk.store.fail_next(1)
        desk.writer.put(batches(2))
        await asyncio.sleep(5)
        assert list(desk.store.load(ROOM)) == batches(2)
        assert [type(fault) for fault in faults] == [AttributeError] * 3  # failed, recovered, committed

    run(main())
