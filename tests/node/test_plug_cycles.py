"""A whole board whose pen and panel come and go thousands of times: nothing may grow (`./dev soak tests/node`)."""

import asyncio
import ctypes
import gc
import logging
import os
import random
import threading
import time
from pathlib import Path

import pytest

from edgeboard.config.schema import Config, NodeSection
from edgeboard.config.values import Listen
from edgeboard.discovery.settings import Settings as DiscoverySettings
from edgeboard.node.build import build
from edgeboard.peripherals.settings import Settings
from firmware_bridge import session
from firmware_bridge.pen import isdv4
from firmware_bridge.sim.cable import KINDS, Cable
from firmware_bridge.sim.catalogue import make
from firmware_bridge.sim.host import SimHost

pytestmark = pytest.mark.soak
_log = logging.getLogger(__name__)

CYCLES = int(os.environ.get("EDGEBOARD_PLUG_CYCLES", "2000"))  # of each of the two devices
SECONDS = float(os.environ.get("EDGEBOARD_PLUG_SECONDS", "540"))  # after which it ends where it is
WARM_UP = 50  # cycles, after which nothing may grow but what is drawn
GROWTH_MIB = 3.0  # memory is never quite as full again
STROKE_KIB = 6.0  # what the pen has logged stays: its ops, on a canvas of which each stroke has an origin of its own


def count_open():
    return len(list(Path("/proc/self/fd").iterdir()))


def resident_mib():
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Figures:
    """What must not grow."""

    def __init__(self):
        self.descriptors, self.threads = count_open(), threading.active_count()
        self.tasks = sorted(task.get_name() for task in asyncio.all_tasks())
        self.memory = resident_mib()


class Plugged:
    """A simulated device at a name that stays; its board has opened it and let go of it so many times."""

    def __init__(self, tmp_path, name, **options):
        self.link = tmp_path / f"usb-{name}"
        self.id = f"serial:{self.link}"
        self.host = SimHost(make(name, options), Cable(KINDS["perfect"], random.Random(3)), link=self.link)
        self.settings = Settings(f"{self.id}?driver={name}")

    async def cycle(self, board):
        """Plugged in until the board knows it and some moments longer, and out until the board has noticed."""
        await asyncio.to_thread(self.host.plug)
        await until(lambda: self._standing(board) == "ready")
        await asyncio.sleep(0.05)
        await asyncio.to_thread(self.host.unplug)
        await until(lambda: self._standing(board) == "waiting")

    def _standing(self, board):
        return next((each["standing"] for each in board.desk.describe() if each["device"] == self.id), "")


async def until(holds):
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


def strokes(board):
    return sum(len(room.document.items()) for room in board.node.pipeline.rooms.values())


async def repeated(board, device, cycles, ends):
    done = 0
    while done < cycles and time.monotonic() < ends:
        await device.cycle(board)
        done += 1
    return done


async def test_pen_and_panel_of_a_board_plugged_thousands_of_times_leave_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(logging.getLogger("edgeboard"), "disabled", True)  # pytest keeps what is logged
    monkeypatch.setattr(session, "PAUSE_FIRST_S", 0.005)
    monkeypatch.setattr(session, "PAUSE_LAST_S", 0.02)
    monkeypatch.setattr(isdv4, "STOP_S", 0.01)
    pen = Plugged(tmp_path, "isdv4", loop="1", speed="2")
    panel = Plugged(tmp_path, "waveshare43", boot="0", refresh="0")
    board = build(
        Config(
            node=NodeSection("desk", tmp_path / "state", Listen("127.0.0.1", 0), Path("/none")),
            discovery=DiscoverySettings(mdns=False),
            devices=(pen.settings, panel.settings),
        )
    )
    await board.start()
    ends = time.monotonic() + SECONDS
    try:
        for device in (pen, panel):
            await asyncio.to_thread(device.host.start)
            await asyncio.to_thread(device.host.unplug)
        await asyncio.gather(*(repeated(board, device, WARM_UP, ends) for device in (pen, panel)))
        await asyncio.sleep(1.0)
        before, drawn = Figures(), strokes(board)
        done = await asyncio.gather(*(repeated(board, device, CYCLES, ends) for device in (pen, panel)))
        await asyncio.sleep(1.0)
        after = Figures()
        grown = after.memory - before.memory
        _log.info("%s cycles: %.1f MiB more, %d -> %d descriptors", done, grown, before.descriptors, after.descriptors)
        assert min(done) > 0
        assert after.descriptors <= before.descriptors + 1  # one may be looking at its line just now
        assert after.threads <= before.threads + 2  # of the executor, which makes them as it needs them
        assert after.tasks == before.tasks
        drawn = strokes(board) - drawn
        bound = GROWTH_MIB + drawn * STROKE_KIB / 1024
        assert grown < bound, f"{grown:.1f} MiB more after {done} cycles and {drawn} strokes; at most {bound:.1f}"
    finally:
        await board.stop()
        for device in (pen, panel):
            await asyncio.to_thread(device.host.stop)
