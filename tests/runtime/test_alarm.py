"""An alarm rings once, when it was set to, and never after it was cancelled or closed."""

import asyncio
import sys

import pytest

from edgeboard.runtime import alarm
from edgeboard.runtime.alarm import Alarm


@pytest.fixture(params=["file", "loop"])
def is_file(request, monkeypatch):
    if request.param == "loop":
        monkeypatch.setattr(alarm, "_open", lambda: None)
    elif not sys.platform.startswith("linux"):
        pytest.skip("timers are files on Linux only")
    return request.param == "file"


async def test_it_rings_once_and_not_before_its_time(is_file):
    rang = asyncio.Queue()
    loop = asyncio.get_running_loop()
    clock = Alarm(lambda: rang.put_nowait(loop.time()))
    assert clock.is_exact is is_file
    for wait in (0.02, 0.0):
        began = loop.time()
        clock.set(wait)
        async with asyncio.timeout(10):
            assert await rang.get() >= began + wait - 0.001
    assert rang.empty()
    clock.close()


async def test_only_the_newest_time_counts_and_none_after_it_was_cancelled_or_closed(is_file):
    rang = asyncio.Queue()
    one, other, third = (Alarm(lambda name=name: rang.put_nowait(name)) for name in ("one", "other", "third"))
    one.set(3_600.0)
    one.set(0.03)
    other.set(0.001)
    other.cancel()
    third.set(0.001)
    third.close()
    async with asyncio.timeout(10):
        assert await rang.get() == "one"
    assert rang.empty(), "the others were due long before"
    one.close()
    other.close()
    other.close()


async def test_an_alarm_set_anew_in_the_turn_in_which_it_rang_rings_for_the_new_time_only(is_file):
    rang = asyncio.Queue()
    clock = Alarm(lambda: rang.put_nowait(None))
    clock.set(0.0)
    ends = asyncio.get_running_loop().time() + 0.005
    while asyncio.get_running_loop().time() < ends:
        pass  # it is due by now, and the loop has not looked yet
    clock.set(3_600.0)
    for _ in range(3):
        await asyncio.sleep(0)
    assert rang.empty()
    clock.close()
