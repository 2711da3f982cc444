import asyncio
import logging

import pytest

from edgeboard.errors import TransportError
from edgeboard.runtime.supervise import OnFailure, Supervisor
from tests.runtime.virtual import run


def lines(caplog, level=logging.ERROR):
    return [record for record in caplog.records if record.levelno >= level]


def test_a_task_without_which_the_node_cannot_be_ends_the_wait(caplog):
    async def main():
        async def fail():
            await asyncio.sleep(3)
            raise TransportError("the port is taken")

        async with Supervisor() as supervisor:
            supervisor.start("web", fail)
            supervisor.start("mesh", asyncio.Event().wait)
            with pytest.raises(TransportError, match="the port is taken"):
                await supervisor.wait()
            assert [report.name for report in supervisor.statistics()] == ["mesh"]
        assert supervisor.statistics() == []

    run(main())
    (line,) = lines(caplog)
    assert line.getMessage() == "web failed, so the node ends: TransportError: the port is taken"
    assert not line.exc_info


def test_a_restartable_task_begins_anew_with_growing_pauses(caplog):
    async def main():
        starts = []

        async def fail():
            starts.append(asyncio.get_running_loop().time() - 1000)
            raise TransportError("no such host")

        async with Supervisor() as supervisor:
            supervisor.start("mqtt", fail, OnFailure.RESTART)
            await asyncio.sleep(10)
            assert starts == [0.0, 0.5, 1.5, 3.5, 7.5]
            (report,) = supervisor.statistics()
            assert (report.name, report.restarts) == ("mqtt", 4)
            assert report.failure == "TransportError: no such host"

    run(main())
    assert len(lines(caplog)) == 5
    assert "mqtt failed and begins anew in 0.5 s: TransportError: no such host" in caplog.text


def test_a_task_that_ran_steadily_begins_again_at_the_first_pause():
    async def main():
        starts = []

        async def fail():
            starts.append(asyncio.get_running_loop().time() - 1000)
            await asyncio.sleep(100 if len(starts) == 4 else 0)
            raise TransportError("gone")

        async with Supervisor() as supervisor:
            supervisor.start("link", fail, OnFailure.RESTART)
            await asyncio.sleep(105.5)
        assert starts == [0.0, 0.5, 1.5, 3.5, 104.0, 105.0]

    run(main())


def test_pauses_stop_growing():
    async def main():
        starts = []

        async def fail():
            starts.append(asyncio.get_running_loop().time())
            raise TransportError("gone")

        async with Supervisor() as supervisor:
            supervisor.start("link", fail, OnFailure.RESTART)
            await asyncio.sleep(600)
        assert starts[-1] - starts[-2] == 30.0

    run(main())


def test_a_task_that_returns_is_done():
    async def main():
        starts = []

        async def once():
            starts.append(1)

        async with Supervisor() as supervisor:
            supervisor.start("once", once, OnFailure.RESTART)
            await asyncio.sleep(50)
            assert supervisor.statistics() == []
        assert starts == [1]

    run(main())


def test_a_bug_brings_its_traceback_in_the_same_record(caplog):
    async def main():
        async def fail():
            return 1 / 0

        async with Supervisor() as supervisor:
            supervisor.spawn(fail(), name="connect")
            await asyncio.sleep(1)

    run(main())
    (line,) = lines(caplog)
    assert line.getMessage() == "connect failed: ZeroDivisionError: division by zero"
    assert line.exc_info


def test_stop_cancels_all_and_waits_for_their_end():
    async def main():
        ended = []

        async def work(name):
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(1)
                ended.append(name)

        supervisor = Supervisor()
        for name in "abc":
            supervisor.start(name, lambda name=name: work(name))
        await asyncio.sleep(0.1)
        assert await supervisor.stop() == []
        assert sorted(ended) == ["a", "b", "c"]
        await supervisor.wait()  # and does not raise

    run(main())


def test_stop_is_bounded_and_names_who_is_late(caplog):
    async def main():
        async def stubborn():
            while True:
                try:
                    await asyncio.sleep(8)
                    return
                except asyncio.CancelledError:
                    pass

        supervisor = Supervisor(stop_s=5.0)
        supervisor.start("stubborn", stubborn)
        await asyncio.sleep(0.1)
        before = asyncio.get_running_loop().time()
        assert await supervisor.stop() == ["stubborn"]
        assert asyncio.get_running_loop().time() - before == pytest.approx(5.0)
        await asyncio.sleep(10)

    run(main())
    assert "did not end within 5 s and is left behind: stubborn" in caplog.text


def test_a_task_that_fails_while_it_is_stopped_is_told_and_not_restarted(caplog):
    async def main():
        starts = []

        async def work():
            starts.append(1)
            try:
                await asyncio.Event().wait()
            finally:
                raise TransportError("could not say goodbye")

        supervisor = Supervisor()
        supervisor.start("link", work, OnFailure.RESTART)
        await asyncio.sleep(0.1)
        assert await supervisor.stop() == []
        assert starts == [1]

    run(main())
    assert "link failed while it was stopped: TransportError: could not say goodbye" in caplog.text


def test_nothing_starts_once_it_stops():
    async def main():
        supervisor = Supervisor()
        supervisor.spawn(asyncio.sleep(1), name="cancelled before its first step")
        await supervisor.stop()
        supervisor.spawn(asyncio.sleep(1), name="late")
        supervisor.start("late too", pytest.fail)
        assert supervisor.statistics() == []

    run(main())


def test_tasks_bear_their_names():
    async def main():
        async with Supervisor() as supervisor:
            supervisor.start("mesh", asyncio.Event().wait)
            assert "mesh" in {task.get_name() for task in asyncio.all_tasks()}

    run(main())
