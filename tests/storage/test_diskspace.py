"""A disk that runs out of space, and gets it back; on real small disks, and with numbers that a test makes up."""

from contextlib import suppress
from types import SimpleNamespace

import pytest

from edgeboard.storage import diskspace
from edgeboard.storage.diskspace import ENOUGH_BYTES, LITTLE_BYTES, RESERVE_BYTES, DiskSpace
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.storage.statedir import StateDirectory
from tests.storage.examples import ROOM, batches


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """The free bytes of the disk, as the test says."""
    disk = SimpleNamespace(free=1 << 30)
    monkeypatch.setattr(
        diskspace.os, "statvfs", lambda _: SimpleNamespace(f_bavail=disk.free // 512, f_frsize=512)
    )  # fmt: skip
    return disk


def test_little_space_is_told_once_and_its_end_once(disk, tmp_path, caplog):
    caplog.set_level("INFO")
    space = DiskSpace(tmp_path)
    for disk.free in (1 << 30, LITTLE_BYTES - 512, 0, LITTLE_BYTES + 512, 512, ENOUGH_BYTES, 1 << 30):
        space.look()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", f"only 16.0 MiB are free on the disk of {tmp_path}: free some space"),
        ("INFO", f"there is space again on the disk of {tmp_path}"),
    ]
    disk.free = 0
    space.look()
    assert caplog.records[-1].levelname == "WARNING"
    assert (space.statistics().free_bytes, space.statistics().is_low) == (0, True)


def test_a_start_that_takes_the_reserve_is_told_and_so_is_the_end_of_that(disk, tmp_path, caplog):
    caplog.set_level("INFO")
    DiskSpace(tmp_path).look(starting=True)
    assert (tmp_path / "reserve").stat().st_size == RESERVE_BYTES
    disk.free = RESERVE_BYTES - 512
    space = DiskSpace(tmp_path)
    space.look(starting=True)
    assert "the node starts on a reserve of 1 MiB" in caplog.text
    assert (space.statistics().is_low, space.statistics().has_reserve) == (True, False)
    space.look()
    disk.free = 1 << 30
    space.look()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert (space.statistics().is_low, space.statistics().has_reserve) == (False, True)


def test_a_running_node_leaves_the_reserve_for_the_next_start(disk, tmp_path):
    space = DiskSpace(tmp_path)
    space.look(starting=True)
    disk.free = 0
    space.look()
    assert space.statistics().has_reserve


def fill(disk):
    with (disk / "ballast").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_start_on_a_full_disk_gives_up_the_reserve_and_can_read_and_write(make_disk, caplog):
    disk = make_disk(24)
    with StateDirectory.open(disk / "state") as directory:
        store = SqliteStore(directory.database)
        store.write(batches(100))
        store.close()
    fill(disk)
    with StateDirectory.open(disk / "state") as directory:
        assert "free some space" in caplog.text
        store = SqliteStore(directory.database)
        assert list(store.load(ROOM)) == batches(100)
        store.write(batches(200))
        store.close()
        assert not (directory.path / "reserve").exists()
    (disk / "ballast").unlink()
    with StateDirectory.open(disk / "state") as directory:
        assert (directory.path / "reserve").stat().st_size == RESERVE_BYTES


def test_a_small_disk_keeps_no_reserve(make_disk):
    with StateDirectory.open(make_disk(2)) as directory:
        assert not (directory.path / "reserve").exists()
