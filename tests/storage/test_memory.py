import pytest

from edgeboard.errors import StoreError
from edgeboard.storage.memory import MemoryStore
from tests.storage.examples import ANN, BOB, HALL, OTHER_ROOM, ROOM, batch, batches


def test_batches_come_back_by_author_in_order():
    store = MemoryStore()
    store.write([batch(1, BOB), batch(1), batch(0, BOB)])
    store.write([batch(0)])
    assert list(store.load(ROOM)) == [batch(0), batch(1), batch(0, BOB), batch(1, BOB)]
    assert list(store.load(OTHER_ROOM)) == []


def test_a_place_that_is_filled_is_left_as_it_is():
    store = MemoryStore()
    store.write([batch(0, size=10)])
    store.write([batch(0, size=20)])
    assert list(store.load(ROOM)) == [batch(0, size=10)]


def test_rooms_are_remembered():
    store = MemoryStore()
    store.add_room(HALL)
    assert store.rooms() == [HALL]


def test_writes_fail_as_often_as_told():
    store = MemoryStore()
    store.fail_next(1)
    with pytest.raises(StoreError):
        store.write(batches(1))
    store.write(batches(1))
    assert store.writes == 1


def test_writes_fail_while_the_fault_is_set():
    store = MemoryStore()
    store.fault = "the disk is full"
    with pytest.raises(StoreError, match="the disk is full"):
        store.write(batches(1))
    with pytest.raises(StoreError, match="the disk is full"):
        store.add_room(HALL)
    store.fault = None
    store.write(batches(1))
    assert list(store.load(ROOM)) == batches(1)


def test_a_damaged_row_is_left_out_and_its_place_is_free_again(caplog):
    store = MemoryStore()
    store.write(batches(3))
    store.damage(ROOM, ANN, 1)
    assert list(store.load(ROOM)) == [batch(0), batch(2)]
    assert "1 damaged batches" in caplog.text
    store.write([batch(1)])
    assert list(store.load(ROOM)) == batches(3)
