import sqlite3
import stat

import pytest

from edgeboard.errors import StoreError
from edgeboard.storage.sqlite import CHUNK, SqliteStore
from tests.storage.examples import ANN, BOB, HALL, OTHER_ROOM, ROOM, batch, batches


@pytest.fixture
def path(tmp_path):
    return tmp_path / "edgeboard.db"


@pytest.fixture
def opened(path):
    """Opens stores on the database, and closes them after the test."""
    stores = []

    def open_store(**settings):
        stores.append(SqliteStore(path, **settings))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


def alter(path, *statements):
    """Change the database behind the store's back."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def query(path, statement):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_batches_come_back_by_author_in_order_after_a_restart(opened):
    store = opened()
    store.write([batch(1, BOB), batch(1), batch(0, BOB)])
    store.write([batch(0), batch(0, ANN, OTHER_ROOM)])
    store.close()
    assert list(opened().load(ROOM)) == [batch(0), batch(1), batch(0, BOB), batch(1, BOB)]
    assert list(opened().load(OTHER_ROOM)) == [batch(0, ANN, OTHER_ROOM)]


def test_a_room_of_many_batches_is_loaded_whole(opened):
    store = opened()
    store.write(batches(2 * CHUNK + 1) + batches(CHUNK, BOB))
    assert list(store.load(ROOM)) == batches(2 * CHUNK + 1) + batches(CHUNK, BOB)


def test_batches_of_any_size_come_back(opened):
    many = [batch(n, size=size) for n, size in enumerate([0, 1, 489, 4_000, 4_061, 4_062, 8_200, 65_536])]
    store = opened()
    store.write(many)
    assert list(store.load(ROOM)) == many


def test_a_place_that_is_filled_is_left_as_it_is(opened):
    store = opened()
    store.write([batch(0, size=10)])
    store.write([batch(0, size=20), batch(1)])
    assert list(store.load(ROOM)) == [batch(0, size=10), batch(1)]


def test_rooms_are_remembered(opened):
    store = opened()
    store.add_room(HALL)
    store.add_room(HALL)
    store.close()
    assert opened().rooms() == [HALL]


def test_only_the_owner_may_read_the_files(path, opened):
    path.touch(mode=0o644)
    opened().write(batches(1))
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_loading_goes_on_while_batches_are_written(opened):
    store = opened()
    store.write(batches(CHUNK + 10))
    loading = store.load(ROOM)
    assert next(loading) == batch(0)
    store.write(batches(10, BOB))
    assert list(loading) == batches(CHUNK + 10)[1:] + batches(10, BOB)


def test_a_closed_store_says_so(opened):
    store = opened()
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.write(batches(1))


def test_a_damaged_row_is_set_aside_and_its_place_is_free_again(path, opened, caplog):
    opened().write(batches(CHUNK + 20))
    alter(path, "UPDATE batches SET data = zeroblob(100) WHERE first IN (0, 7)", "DELETE FROM rooms")
    store = opened()
    assert list(store.load(ROOM)) == [batch(n) for n in range(CHUNK + 20) if n not in (0, 7)]
    assert len(caplog.records) == 1
    assert "2 damaged batches" in caplog.text
    assert query(path, "SELECT first FROM quarantine") == [(0,), (7,)]
    store.write([batch(0), batch(7)])
    assert list(store.load(ROOM)) == batches(CHUNK + 20)
