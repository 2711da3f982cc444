"""Many updates one after the other leave nothing behind: neither on the disk, nor in the launcher."""

import os
import threading
from pathlib import Path

import pytest

from edgeboard.ota import records
from edgeboard.ota.gate import Settings
from edgeboard.ota.states import State
from edgeboard.ota.updater import Updater
from tests.ota.boards import Board

GATE = Settings(start_s=20.0, soak_s=0.0, silence_s=10.0)
BAD_EACH = 5  # of so many releases one is bad
MEMORY_MAX = 8 * 1024 * 1024  # bytes that the launcher may grow by


def used(folder):
    """(files, bytes) below a folder."""
    found = [(Path(where) / name).lstat() for where, _, names in os.walk(folder) for name in names]
    return len(found), sum(each.st_size for each in found)


def descriptors():
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - what is counted must not hold one itself


def resident():
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def upgrade_many(folder, count):
    """So many updates, some of them bad; what was used after the first ten, and after the last."""
    board = Board(folder, gate=GATE, watchdog_s=20.0)
    try:
        board.install(board.release(1))
        board.start()
        early = None
        ran = "1.1"
        for counter in range(2, count + 2):
            is_bad = counter % BAD_EACH == 0
            release = board.release(counter, "exits at once" if is_bad else "works")
            with Updater(board.layout, (), "stable").alone() as journal:
                assert journal.state is State.IDLE
                board.build(release)
                board.arm(release)
            outcome = board.launcher.activate(board.child)
            assert outcome.result == ("rolled back" if is_bad else "committed"), outcome
            ran = ran if is_bad else release.version
            assert board.starts[-1] == ran
            if counter == 11:
                board.disk.remove_tree(board.folder / "released")
                early = (*used(board.layout.prefix), *used(board.layout.state), descriptors(), resident())
            board.said.clear()
        board.check()
        board.disk.remove_tree(board.folder / "released")
        late = (*used(board.layout.prefix), *used(board.layout.state), descriptors(), resident())
        assert records.read_floors(board.layout).counter == count + 1 - ((count + 1) % BAD_EACH == 0)
        assert len(list(board.layout.slots.iterdir())) <= 3  # what runs, what is gone back to, and a bad one until then
        return early, late
    finally:
        board.stop()


@pytest.mark.slow
def test_twenty_updates_leave_the_disk_and_the_launcher_as_they_were(tmp_path):
    threads = threading.active_count()
    early, late = upgrade_many(tmp_path / "board", 20)
    for name, before, after in zip(("slot files", "slot bytes", "files", "bytes"), early, late, strict=False):
        assert after <= 1.5 * before + 4096, f"{name} grew from {before} to {after}"
    assert late[4] <= early[4] + 1, "descriptors leak"
    assert threading.active_count() <= threads + 1


@pytest.mark.soak
def test_two_hundred_updates_leave_the_disk_and_the_launcher_as_they_were(tmp_path):
    early, late = upgrade_many(tmp_path / "board", 200)
    for name, before, after in zip(("slot files", "slot bytes", "files", "bytes"), early, late, strict=False):
        assert after <= 1.5 * before + 64 * 1024, f"{name} grew from {before} to {after}"
    assert late[4] <= early[4] + 1, "descriptors leak"
    assert late[5] - early[5] < MEMORY_MAX, "memory leaks"
