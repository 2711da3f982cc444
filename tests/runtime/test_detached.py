import asyncio
import subprocess
import sys
import threading

import pytest

from edgeboard.runtime.detached import run_detached


async def test_the_result_or_the_error_of_the_work_is_that_of_the_wait():
    assert await run_detached(lambda: threading.current_thread().name, name="errand") == "errand"
    with pytest.raises(ZeroDivisionError):
        await run_detached(lambda: 1 // 0, name="errand")


async def test_who_gives_up_waiting_is_not_told():
    begun, enough = threading.Event(), threading.Event()

    def work():
        begun.set()
        enough.wait(10)

    task = asyncio.create_task(run_detached(work, name="errand"))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    enough.set()


def test_a_process_ends_while_the_work_is_under_way():
    program = """
import asyncio, threading
from edgeboard.runtime.detached import run_detached

async def main():
    task = asyncio.create_task(run_detached(threading.Event().wait, name="for ever"))
    await asyncio.sleep(0)
    task.cancel()

asyncio.run(main())
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=30, check=False).returncode == 0
