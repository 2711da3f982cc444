"""Reading a database that is somebody else's: running, killed, damaged, on a disk that takes nothing."""

import shutil
import sqlite3
import subprocess
import sys

import pytest

from edgeboard.errors import StoreError
from edgeboard.ids import AuthorTag, MeshId, RoomId
from edgeboard.ports import StoredBatch, StoredRoom, StoredSegment
from edgeboard.storage.reading import SqliteReader
from edgeboard.storage.sqlite import SqliteStore

ROOM = StoredRoom(RoomId(b"r" * 16), MeshId(b"m" * 16), "lobby")
BATCHES = [StoredBatch(ROOM.room, AuthorTag(b"a" * 8), first, 1, b"ink %d" % first) for first in range(3)]
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[2]).parent))
from test_reading import BATCHES, ROOM, SqliteStore
store = SqliteStore(Path(sys.argv[1]))
store.add_room(ROOM)
store.write(BATCHES)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "edgeboard.db"


@pytest.fixture
def store(path):
    """A store in use, with ink in its WAL."""
    store = SqliteStore(path)
    store.add_room(ROOM)
    store.write(BATCHES)
    yield store
    store.close()


@pytest.fixture
def read_only_disk(make_disk):
    """Copies files to a disk that is then mounted read-only; returns where the first is."""

    def make(*files):
        disk = make_disk(1)
        for file in files:
            shutil.copy(file, disk)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        return disk / files[0].name

    return make


def contents(reader):
    try:
        return reader.rooms(), list(reader.load(ROOM.room))
    finally:
        reader.close()


def test_what_a_running_node_has_committed_is_read(path, store):
    assert contents(SqliteReader(path)) == ([ROOM], BATCHES)


def test_a_reader_sees_what_is_written_while_it_is_open(path, store):
    reader = SqliteReader(path)
    more = StoredBatch(ROOM.room, AuthorTag(b"b" * 8), 0, 1, b"more")
    store.write([more])
    assert contents(reader) == ([ROOM], [*BATCHES, more])


def test_an_open_reader_keeps_no_checkpoint_and_no_stop_waiting(path, store):
    reader = SqliteReader(path)
    unfinished = reader.load(ROOM.room)
    next(unfinished)
    store.close()
    assert path.with_name("edgeboard.db-wal").stat().st_size == 0
    assert list(unfinished) == BATCHES[1:]
    reader.close()


def test_what_a_killed_node_left_in_its_wal_is_read_and_stays_there(path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), __file__], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    wal = path.with_name("edgeboard.db-wal")
    before = path.read_bytes(), wal.read_bytes()
    for _ in range(2):
        assert contents(SqliteReader(path)) == ([ROOM], BATCHES)
        assert (path.read_bytes(), wal.read_bytes()) == before
    store = SqliteStore(path)
    assert list(store.load(ROOM.room)) == BATCHES
    store.close()


def test_a_node_starts_and_repairs_while_a_reader_is_open(path):
    store = SqliteStore(path)
    store.add_room(ROOM)
    store.close()
    reader = SqliteReader(path)
    again = SqliteStore(path)
    again.write(BATCHES)
    assert contents(reader) == ([ROOM], BATCHES)
    again.close()


def test_history_is_read(path, store):
    segment = StoredSegment(ROOM.room, 1, b"erased")
    store.rewrite([], [segment], 1 << 20)
    reader = SqliteReader(path)
    assert list(reader.history(ROOM.room)) == [segment]
    reader.close()


def test_a_database_without_history_or_without_anything_has_none(path):
    path.touch()
    reader = SqliteReader(path)
    assert contents(reader) == ([], [])
    store = SqliteStore(path)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE history")
    connection.close()
    reader = SqliteReader(path)
    assert list(reader.history(ROOM.room)) == []
    reader.close()


def test_a_damaged_row_is_left_out_and_stays_for_the_node(path, store, caplog):
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE batches SET data = x'00' WHERE first = 1")
        connection.execute("INSERT INTO rooms (room, mesh, name, checksum) VALUES (x'01', x'02', 'bad', 0)")
    connection.close()
    assert contents(SqliteReader(path)) == ([ROOM], [BATCHES[0], BATCHES[2]])
    assert "1 damaged rooms are left out" in caplog.text
    assert "1 damaged batches of room 7272" in caplog.text
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM batches").fetchone() == (3,)
    connection.close()


def test_a_damaged_file_is_refused_with_what_mends_it_and_left_as_it_is(path, store):
    store.close()
    data = bytearray(path.read_bytes())
    data[:64] = bytes(64)
    path.write_bytes(data)
    with pytest.raises(StoreError, match=r"is damaged .*; the next start of the node saves what can be read"):
        SqliteReader(path)
    assert path.read_bytes() == data
    assert not list(path.parent.glob("*.damaged-*"))


def test_a_database_of_a_newer_release_or_of_others_is_refused(path, store):
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {99 << 16 | 99}")
    connection.close()
    with pytest.raises(StoreError, match=r"cannot read .*: this database was written by a newer edgeboard"):
        SqliteReader(path)


def test_a_missing_database_is_not_made(path):
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteReader(path)
    assert not path.exists()


def test_on_a_disk_that_takes_nothing_it_is_read(path, store, read_only_disk):
    store.close()
    copy = read_only_disk(path)
    assert contents(SqliteReader(copy)) == ([ROOM], BATCHES)


def test_on_a_disk_that_takes_nothing_a_wal_cannot_be_read_and_is_named(path, store, read_only_disk):
    copy = read_only_disk(path, path.with_name("edgeboard.db-wal"))
    with pytest.raises(StoreError, match=r"its last changes are in edgeboard\.db-wal, which needs a directory"):
        SqliteReader(copy)
