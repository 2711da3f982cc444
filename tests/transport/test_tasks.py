import asyncio
from contextlib import suppress

import pytest

from edgeboard.transport import tasks as module
from edgeboard.transport.tasks import Tasks


@pytest.fixture
async def tasks():
    return Tasks()


async def test_tasks_are_held_until_they_end(tasks):
    gate = asyncio.Event()

    async def work():
        await gate.wait()

    tasks.spawn(work(), "work")
    assert len(tasks) == 1
    gate.set()
    await tasks.end(1.0)
    assert len(tasks) == 0


async def test_a_failure_is_said_with_its_name(tasks, caplog):
    async def fail():
        raise ZeroDivisionError

    tasks.spawn(fail(), "the name of it")
    await tasks.end(1.0)
    assert "the name of it failed" in caplog.text


async def test_the_end_waits_for_tasks_that_tasks_start(tasks):
    done = []

    async def child():
        await asyncio.sleep(0)
        done.append("child")

    async def parent():
        await asyncio.sleep(0)
        tasks.spawn(child(), "child")

    tasks.spawn(parent(), "parent")
    await tasks.end(1.0)
    assert done == ["child"]


async def test_what_takes_longer_is_cancelled(tasks):
    ended = []

    async def forever():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    tasks.spawn(forever(), "forever")
    await asyncio.sleep(0)
    await tasks.end(0.0)
    assert ended == [True]
    assert len(tasks) == 0


async def test_what_does_not_end_at_all_is_named(tasks, caplog, monkeypatch):
    monkeypatch.setattr(module, "_CANCEL_S", 0.01)
    gate = asyncio.Event()

    async def stubborn():
        while not gate.is_set():
            with suppress(asyncio.CancelledError):
                await gate.wait()

    task = tasks.spawn(stubborn(), "stubborn")
    await asyncio.sleep(0)
    await tasks.end(0.0)
    assert "stubborn" in caplog.text
    gate.set()
    await task
