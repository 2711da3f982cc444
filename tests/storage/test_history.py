"""History in the database: with the batches that it was taken from or not at all, and the oldest goes first."""

import sqlite3
from contextlib import closing

import pytest

from edgeboard.canvas.document import Place
from edgeboard.errors import StoreError
from edgeboard.ids import AuthorTag, MeshId, Origin, PersonId, RoomId
from edgeboard.oplog.history import Entry, decode_segment
from edgeboard.ports import StoredBatch, StoredRoom, StoredSegment
from edgeboard.storage.history import to_segments
from edgeboard.storage.memory import MemoryStore
from edgeboard.storage.repair import INSERT_BATCH, INSERT_ROOM
from edgeboard.storage.rows import to_batch_row, to_room_row
from edgeboard.storage.schema import migrate, shipped_migrations
from edgeboard.storage.sqlite import SqliteStore

ROOM, OTHER = RoomId(b"r" * 16), RoomId(b"o" * 16)
TAG = AuthorTag(b"author 1")


def batch(first, data):
    return StoredBatch(ROOM, TAG, first, 1, data)


def segment(number, size=100, room=ROOM):
    return StoredSegment(room, number, bytes([number]) * size)


@pytest.fixture(params=["sqlite", "memory"])
def store(request, tmp_path):
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "edgeboard.db")
    store.write([batch(n, bytes([n]) * 500) for n in range(4)])
    yield store
    store.close()


def test_a_rewritten_batch_is_loaded_as_it_is_now(store):
    store.rewrite([batch(2, b"short"), batch(9, b"not held")], [segment(1)], 10_000)
    assert [each.data[:5] for each in store.load(ROOM)] == [bytes([0]) * 5, bytes([1]) * 5, b"short", bytes([3]) * 5]
    assert list(store.history(ROOM)) == [segment(1)]
    assert list(store.history(OTHER)) == []


def test_the_oldest_history_of_any_room_goes_first(store):
    for number in range(1, 8):
        store.rewrite([], [segment(number, room=OTHER if number % 2 else ROOM)], 350)
    assert [each.ops for each in store.history(OTHER)] == [5, 7]
    assert [each.ops for each in store.history(ROOM)] == [6]
    store.rewrite([], [segment(8)], 0)
    assert list(store.history(ROOM)) == list(store.history(OTHER)) == []


def test_ops_become_a_segment_and_come_back():
    entry = Entry(Place(TAG, 4), Origin(7), PersonId(bytes(16)), 12, b"\1\0\x10body")
    (made,) = to_segments(ROOM, [entry])
    assert decode_segment(made.data) == [entry]
    assert to_segments(ROOM, []) == []


def test_a_failed_rewriting_changes_nothing(tmp_path):
    store = SqliteStore(tmp_path / "edgeboard.db")
    store.write([batch(0, b"whole")])
    with closing(sqlite3.connect(tmp_path / "edgeboard.db")) as other:
        other.execute("CREATE TRIGGER no BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'no'); END")
        other.commit()
    with pytest.raises(StoreError):
        store.rewrite([batch(0, b"reduced")], [segment(1)], 10_000)
    assert [each.data for each in store.load(ROOM)] == [b"whole"]
    store.close()


def test_a_damaged_segment_is_left_out(tmp_path):
    path = tmp_path / "edgeboard.db"
    store = SqliteStore(path)
    store.rewrite([], [segment(1), segment(2), segment(3)], 10_000)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE history SET data = x'00' WHERE ops = 2")
        connection.commit()
    store = SqliteStore(path)
    assert [each.ops for each in store.history(ROOM)] == [1, 3]
    store.close()


def test_history_survives_the_repair_of_a_damaged_file(tmp_path):
    path = tmp_path / "edgeboard.db"
    store = SqliteStore(path)
    store.add_room(StoredRoom(ROOM, MeshId(b"m" * 16), "lobby"))
    store.write([batch(0, b"ink")])
    store.rewrite([], [segment(1), segment(2)], 10_000)
    store.close()
    data = bytearray(path.read_bytes())
    data[:100] = bytes(100)
    path.write_bytes(data)
    store = SqliteStore(path)
    assert [each.data for each in store.load(ROOM)] == [b"ink"]
    assert {each.ops for each in store.history(ROOM)} == {1, 2}
    store.close()


def test_a_database_of_schema_1_is_brought_up_and_schema_1_still_reads_the_new_one(tmp_path):
    path = tmp_path / "edgeboard.db"
    first = shipped_migrations()[:1]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, first)
        connection.execute(INSERT_ROOM, to_room_row(StoredRoom(ROOM, MeshId(b"m" * 16), "lobby")))
        connection.execute(INSERT_BATCH, to_batch_row(batch(0, b"ink")))
    store = SqliteStore(path)
    assert [room.name for room in store.rooms()] == ["lobby"]
    assert [each.data for each in store.load(ROOM)] == [b"ink"]
    store.rewrite([batch(0, b"less")], [segment(1)], 10_000)
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1 << 16 | 2,)
        migrate(connection, first)  # the release before looks, and goes on
        assert connection.execute("SELECT data FROM batches").fetchall() == [(b"less",)]


def test_a_start_reads_no_history(tmp_path):
    path = tmp_path / "edgeboard.db"
    store = SqliteStore(path)
    store.write([batch(0, b"ink")])
    store.rewrite([], [segment(number, 200_000) for number in range(1, 20)], 1 << 30)
    store.close()
    asked = []
    real = sqlite3.connect

    def connect(*arguments, **options):
        connection = real(*arguments, **options)
        connection.set_trace_callback(asked.append)
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect)
        store = SqliteStore(path)
        assert len(list(store.load(ROOM))) == 1
        store.close()
    assert asked
    assert not [text for text in asked if "history" in text.lower()]
