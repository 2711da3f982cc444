"""The steps on a real disk, and the two patterns that are made of them."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from edgeboard.errors import DecodeError
from edgeboard.ota.files import RealDisk, locked, point, read_bounded, read_twice, write_durably, write_twice


class Witness:
    """A disk that tells its steps, and fails at one of them."""

    def __init__(self, fails_at=None):
        self.steps = []
        self._real = RealDisk()
        self._fails_at = fails_at

    def __getattr__(self, name):
        def step(*words):
            if len(self.steps) == self._fails_at:
                self._fails_at = None
                raise OSError(errno.ENOSPC, "No space left on device")
            self.steps.append((name, *(word.name for word in words if isinstance(word, Path))))
            return getattr(self._real, name)(*words)

        return step


def test_content_is_synced_before_the_name_and_the_name_before_the_next_thing(tmp_path):
    disk = Witness()
    write_durably(disk, tmp_path / "a", b"new")
    folder = tmp_path.name
    assert disk.steps[1:] == [("write", "a.new"), ("sync", "a.new"), ("rename", "a.new", "a"), ("sync", folder)]


@pytest.mark.parametrize("step", range(4))
def test_a_full_disk_leaves_what_was_there_and_nothing_else(tmp_path, step):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(OSError, match="No space"):
        write_durably(Witness(fails_at=step), tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def number(data):
    if not data.isdigit():
        raise DecodeError("no number")
    return int(data)


@pytest.mark.parametrize("damage", [b"", b"x", None])
@pytest.mark.parametrize("name", ["a", "a.bak"])
def test_of_two_copies_one_may_be_lost(tmp_path, name, damage):
    write_twice(RealDisk(), tmp_path / "a", b"41")
    if damage is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(damage)
    assert read_twice(tmp_path / "a", number, 100) == 41


def test_the_copy_is_written_before_the_file(tmp_path):
    """Or who reads in the file that it is their turn, writes a copy while this one is still being written."""
    disk = Witness()
    write_twice(disk, tmp_path / "a", b"41")
    assert [step[-1] for step in disk.steps if step[0] == "rename"] == ["a.bak", "a"]


def test_a_lock_is_held_by_one_at_a_time_and_a_disk_without_locks_holds_nobody_up(tmp_path):
    lock = tmp_path / "folder" / "lock"
    with locked(lock), lock.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with locked(tmp_path / "folder" / "lock"):
        pass
    (tmp_path / "file").touch()
    with locked(tmp_path / "file" / "lock"):  # no folder
        pass


def test_of_two_copies_both_lost_nothing_is_read(tmp_path):
    assert read_twice(tmp_path / "a", number, 100) is None
    (tmp_path / "a").write_bytes(b"1" * 101)
    assert read_twice(tmp_path / "a", number, 100) is None


def test_nothing_is_written_through_a_link(tmp_path):
    (tmp_path / "shadow").write_bytes(b"of root")
    (tmp_path / "hashed").symlink_to(tmp_path / "shadow")
    with pytest.raises(OSError, match="symbolic"):
        RealDisk().write(tmp_path / "hashed", b"mine")
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(OSError, match=r"No such device|not a file"):
            RealDisk().write(other, b"mine")
    with locked(tmp_path / "hashed"), locked(tmp_path / "pipe"):
        pass
    assert (tmp_path / "shadow").read_bytes() == b"of root"


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # nobody writes into it
    for other in (Path(os.devnull), tmp_path / "pipe", tmp_path):
        with pytest.raises(DecodeError, match="no file"):
            read_bounded(other, 100)


def test_a_link_is_switched_over_what_a_power_cut_has_left(tmp_path):
    disk = RealDisk()
    point(disk, tmp_path / "current", "slots/1")
    (tmp_path / "current.new").symlink_to("half")
    point(disk, tmp_path / "current", "slots/2")
    assert (tmp_path / "current").readlink() == Path("slots/2")
    assert [each.name for each in tmp_path.iterdir()] == ["current"]


def test_a_tree_is_synced_file_by_file_where_a_sandbox_allows_no_more(tmp_path, monkeypatch):
    import builtins

    real, synced = builtins.__import__, []

    def refuse(name, *words):
        if name == "ctypes":
            raise MemoryError
        return real(name, *words)

    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x")
    (tmp_path / "a" / "c").symlink_to("nowhere")
    monkeypatch.setattr(builtins, "__import__", refuse)
    monkeypatch.setattr(RealDisk, "sync", lambda self, path: synced.append(path.name))
    RealDisk().sync_tree(tmp_path / "a")
    assert synced == ["b", "a"]


def test_a_tree_is_synced_and_and_removed_and_what_is_gone_is_fine(tmp_path):
    disk = RealDisk()
    disk.make_folder(tmp_path / "a" / "b")
    disk.write(tmp_path / "a" / "b" / "c", b"x" * 10)
    disk.sync_tree(tmp_path / "a")
    disk.remove_tree(tmp_path / "a")
    disk.remove_tree(tmp_path / "a")
    disk.remove(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_read_by_others_whatever_umask_its_writer_has(tmp_path):
    before = os.umask(0o077)
    try:
        disk = RealDisk()
        disk.make_folder(tmp_path / "public" / "metadata")
        write_durably(disk, tmp_path / "public" / "metadata" / "timestamp.json", b"{}")
        write_durably(disk, tmp_path / "public" / "key", b"secret", 0o600)
    finally:
        os.umask(before)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "public").rglob("*")}
    assert modes == {"metadata": "0o755", "timestamp.json": "0o644", "key": "0o600"}
