"""The proof that a board saves: a row that goes the way of ink, and leaves nothing behind."""

import sqlite3
from contextlib import suppress

import pytest

from edgeboard.errors import StoreError
from edgeboard.storage import proof
from edgeboard.storage.memory import MemoryStore
from edgeboard.storage.sqlite import SqliteStore
from tests.storage.examples import ROOM, batch


@pytest.fixture
def store(tmp_path):
    store = SqliteStore(tmp_path / "edgeboard.db")
    yield store
    store.close()


def rows(path):
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT room, data FROM batches").fetchall()
    finally:
        connection.close()


def fill(path):
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def prove_often(store):
    for _ in range(500):
        store.prove(b"token")


def test_what_is_written_is_read_back_and_gone(store, tmp_path):
    store.write([batch(0)])
    assert store.prove(b"first") == b"first"
    assert store.prove(b"second") == b"second"
    assert rows(tmp_path / "edgeboard.db") == [(ROOM, batch(0).data)]
    assert list(store.load(ROOM)) == [batch(0)]


def test_a_proof_that_power_has_left_there_is_in_nobodys_way(store, tmp_path, monkeypatch):
    monkeypatch.setattr(proof, "remove", lambda connection: None)
    store.prove(b"left")
    assert rows(tmp_path / "edgeboard.db") == [(proof.ROOM, b"left")]
    monkeypatch.undo()
    assert store.rooms() == []
    assert store.prove(b"new") == b"new"
    assert rows(tmp_path / "edgeboard.db") == []


def test_a_disk_that_loses_what_it_was_told_is_found_out(store, monkeypatch):
    monkeypatch.setattr(proof, "write", lambda connection, token: None)
    with pytest.raises(StoreError, match="cannot be read back"):
        store.prove(b"token")


def test_a_disk_without_room_is_found_out(make_disk):
    disk = make_disk(2)
    store = SqliteStore(disk / "edgeboard.db")
    try:
        assert store.prove(b"token") == b"token"
        fill(disk / "filler")
        with pytest.raises(StoreError, match="full"):
            prove_often(store)  # the WAL may have pages that it can use again
    finally:
        store.close()


def test_a_store_in_memory_saves_unless_it_is_faulty():
    store = MemoryStore()
    assert store.prove(b"token") == b"token"
    store.fault = "the disk is full"
    with pytest.raises(StoreError, match="the disk is full"):
        store.prove(b"token")
