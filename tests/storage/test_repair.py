import shutil
import stat
from pathlib import Path

import pytest

from edgeboard.storage import repair as module
from edgeboard.storage.repair import create_private, finish_repair, repair
from edgeboard.storage.schema import shipped_migrations
from edgeboard.storage.sqlite import SqliteStore
from tests.storage.examples import HALL, ROOM, batches

MANY = batches(400)


@pytest.fixture
def path(tmp_path):
    """A database whose first page is gone, with more in its WAL than in itself."""
    home = tmp_path / "home"
    home.mkdir()
    store = SqliteStore(home / "edgeboard.db")
    store.add_room(HALL)
    store.write(MANY[:10])
    store.tidy(idle=True)
    store.write(MANY[10:])
    for suffix in ("", "-wal"):
        shutil.copy(home / f"edgeboard.db{suffix}", tmp_path / f"edgeboard.db{suffix}")
    store.close()
    shutil.rmtree(home)
    path = tmp_path / "edgeboard.db"
    path.write_bytes(b"\xff" * 4096 + path.read_bytes()[4096:])
    return path


def load(path):
    store = SqliteStore(path)
    try:
        return store.rooms(), list(store.load(ROOM))
    finally:
        store.close()


def test_all_that_can_be_read_is_in_the_fresh_database_and_the_damaged_one_is_kept(path):
    damaged = path.read_bytes()
    done = repair(path, shipped_migrations())
    assert (done.rooms, done.batches, done.aside.name) == (1, 400, "edgeboard.db.damaged-1")
    assert load(path) == ([HALL], MANY)
    assert done.aside.read_bytes() == damaged
    names = {file.name for file in path.parent.iterdir()}
    assert names == {"edgeboard.db", "edgeboard.db.damaged-1", "edgeboard.db.damaged-1-wal"}


def test_nothing_that_was_kept_is_overwritten(path):
    first = repair(path, shipped_migrations()).aside
    before = first.read_bytes()
    path.write_bytes(b"garbage")
    assert repair(path, shipped_migrations()).aside.name == "edgeboard.db.damaged-2"
    assert first.read_bytes() == before


class PowerCutError(BaseException):
    """Nothing of ours catches it."""


@pytest.mark.slow
def test_a_power_cut_before_any_step_of_the_exchange_loses_nothing(path, monkeypatch):
    steps = 0
    original = {name: getattr(Path, name) for name in ("replace", "unlink")}
    left = [0]

    def cut(name):
        def step(self, *arguments, **options):
            if left[0] == 0:
                raise PowerCutError
            left[0] -= 1
            return original[name](self, *arguments, **options)

        return step

    safe = path.parent / "safe"
    safe.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", safe)
    while True:
        left[0] = steps
        with monkeypatch.context() as patched:
            for name in original:
                patched.setattr(Path, name, cut(name))
            try:
                repair(path, shipped_migrations())
                break
            except PowerCutError:
                pass
        assert load(path) == ([HALL], MANY), f"after {steps} steps"
        for file in path.parent.glob("edgeboard.db*"):
            file.unlink()
        for suffix in ("", "-wal"):
            shutil.copy(safe / f"edgeboard.db{suffix}", path.parent)
        steps += 1
    assert steps > 8  # or this test has cut nothing


def test_a_disk_that_is_full_meanwhile_leaves_the_damaged_file_where_it_was(path, monkeypatch):
    damaged = path.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, "migrate", fail)
        with pytest.raises(OSError, match="No space left"):
            repair(path, shipped_migrations())
    assert path.read_bytes() == damaged
    assert load(path) == ([HALL], MANY)
    assert not path.with_name("edgeboard.db.new").exists()


def test_without_a_repair_there_is_nothing_to_finish(tmp_path):
    assert finish_repair(tmp_path / "edgeboard.db") is None
    assert list(tmp_path.iterdir()) == []


def test_a_private_file_is_made_private_and_keeps_its_content(tmp_path):
    path = tmp_path / "edgeboard.db"
    path.write_bytes(b"content")
    path.chmod(0o666)
    create_private(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b"content"
