import asyncio
import threading

import pytest

from edgeboard.storage.worker import LoopWorker, ThreadWorker
from tests.runtime.virtual import run


async def test_a_thread_runs_jobs_in_order_and_reports_on_the_loop():
    worker = ThreadWorker("test-worker")
    ran, reported = [], []
    last = asyncio.Event()

    def report(number):
        def done(error):
            reported.append((number, error, threading.current_thread()))
            if number == 4:
                last.set()

        return done

    for number in range(5):
        worker.run(lambda number=number: ran.append((number, threading.current_thread().name)), report(number))
    await last.wait()
    assert ran == [(number, "test-worker") for number in range(5)]
    assert reported == [(number, None, threading.main_thread()) for number in range(5)]
    worker.end()


async def test_what_a_job_raises_is_reported_and_the_thread_goes_on():
    worker = ThreadWorker("test-worker")
    reported: asyncio.Queue[Exception | None] = asyncio.Queue()
    worker.run(lambda: 1 / 0, reported.put_nowait)
    worker.run(lambda: None, reported.put_nowait)
    assert isinstance(await reported.get(), ZeroDivisionError)
    assert await reported.get() is None
    worker.end()


async def test_the_thread_ends():
    worker = ThreadWorker("test-worker")
    assert worker.is_alive
    worker.end()
    worker.end()
    await asyncio.to_thread(worker._thread.join, 10)
    assert not worker.is_alive


def test_a_loop_that_is_gone_ends_the_thread():
    async def start():
        return ThreadWorker("test-worker")

    worker = asyncio.run(start())
    worker.run(lambda: None, pytest.fail)
    worker._thread.join(10)
    assert not worker.is_alive


def test_on_the_loop_jobs_take_their_time_one_after_the_other():
    async def main():
        worker = LoopWorker(delay_s=2.0)
        loop = asyncio.get_running_loop()
        seen = []
        for number in range(3):
            worker.run(lambda: None, lambda error, number=number: seen.append((number, loop.time() - 1000)))
        worker.run(lambda: 1 / 0, lambda error: seen.append(type(error)))
        await asyncio.sleep(20)
        assert seen == [(0, 2.0), (1, 4.0), (2, 6.0), ZeroDivisionError]
        worker.end()

    run(main())
