"""Blobs as files: whole or not there, checked by name, and damaged ones put aside."""

import asyncio
import errno
import hashlib
import os

import pytest

from edgeboard.errors import StoreError
from edgeboard.storage.blobs import DAMAGED_MAX, BlobFiles, BlobMemory, BlobShelves
from edgeboard.storage.worker import LoopWorker

DATA = b"an image" * 1000
NAME = hashlib.sha256(DATA).digest()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "blobs"


@pytest.fixture(params=["files", "memory"])
def store(request, folder):
    return BlobFiles(folder) if request.param == "files" else BlobMemory()


def test_what_is_written_is_read_and_listed_and_can_be_removed(store):
    assert store.listing() == []
    assert store.read(NAME) is None
    store.write(NAME, DATA)
    store.write(NAME, DATA)
    assert store.read(NAME) == DATA
    assert store.listing() == [(NAME, len(DATA))]
    store.remove(NAME)
    store.remove(NAME)
    assert store.listing() == []


def test_the_oldest_is_listed_first(folder):
    store = BlobFiles(folder)
    names = []
    for number in range(3):
        data = bytes([number]) * 10
        names.append(hashlib.sha256(data).digest())
        store.write(names[-1], data)
        os.utime(folder / names[-1].hex(), (1000 - number, 1000 - number))
    assert [name for name, _ in BlobFiles(folder).listing()] == names[::-1]


def test_a_damaged_file_is_put_aside_and_not_there(folder, caplog):
    store = BlobFiles(folder)
    store.write(NAME, DATA)
    path = folder / NAME.hex()
    path.write_bytes(DATA[:-1] + b"?")
    assert store.read(NAME) is None
    assert store.listing() == []
    assert path.with_name(path.name + ".damaged").read_bytes() == DATA[:-1] + b"?"
    assert "does not fit its name" in caplog.text
    store.write(NAME, DATA)
    assert store.read(NAME) == DATA


def test_few_damaged_files_are_put_aside(folder):
    store = BlobFiles(folder)
    for number in range(DAMAGED_MAX + 5):
        name = hashlib.sha256(bytes([number])).digest()
        store.write(name, b"wrong")
        assert store.read(name) is None
    assert len(list(folder.iterdir())) == DAMAGED_MAX


def test_what_a_power_cut_has_left_is_cleared_and_other_files_are_not_touched(folder):
    store = BlobFiles(folder)
    store.write(NAME, DATA)
    (folder / f"{hashlib.sha256(b'').hexdigest()}.new").write_bytes(b"half")
    (folder / "notes.txt").write_text("mine")
    (folder / NAME.hex().upper()).write_text("mine")
    (folder / hashlib.sha256(b"x").hexdigest()).mkdir()
    assert store.listing() == [(NAME, len(DATA))]
    assert sorted(path.name for path in folder.iterdir() if path.suffix == ".new") == []
    assert (folder / "notes.txt").exists()


def test_a_write_that_fails_leaves_what_was_there_and_says_why(folder, monkeypatch):
    store = BlobFiles(folder)
    store.write(NAME, DATA)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    other = hashlib.sha256(b"other").digest()
    with pytest.raises(StoreError, match="the disk is full"):
        store.write(other, b"other")
    assert store.listing() == [(NAME, len(DATA))]
    assert list(folder.iterdir()) == [folder / NAME.hex()]


def test_the_last_of_the_disk_is_for_ink(folder):
    store = BlobFiles(folder, spare_bytes=1 << 60)
    with pytest.raises(StoreError, match="are for ink"):
        store.write(NAME, DATA)
    assert store.listing() == []


def test_a_board_starts_though_its_images_cannot_be_read(caplog):
    async def run():
        return BlobShelves(Broken(), LoopWorker()).listing()

    assert asyncio.run(run()) == []
    assert "images cannot be kept or read: the disk fails" in caplog.text


def test_a_folder_that_is_a_file_is_a_store_error(folder):
    folder.write_text("")
    with pytest.raises(StoreError):
        BlobFiles(folder).write(NAME, DATA)
    with pytest.raises(StoreError):
        BlobFiles(folder).read(NAME)


class Broken:
    """A store whose disk has gone."""

    def fail(self, *_):
        raise StoreError("the disk fails")

    listing = read = write = remove = fail


def test_jobs_are_done_in_order_and_answered_on_the_loop(folder):
    async def run():
        shelves = BlobShelves(BlobFiles(folder), LoopWorker())
        heard = []
        shelves.keep(NAME, DATA, heard.append)
        shelves.load(NAME, heard.append)
        shelves.drop(NAME)
        done = asyncio.get_running_loop().create_future()
        shelves.load(NAME, done.set_result)
        heard.append(await done)
        return heard

    assert asyncio.run(run()) == [True, DATA, None]


def test_a_disk_that_fails_is_told_once_and_so_is_its_recovery(caplog):
    async def run():
        loop = asyncio.get_running_loop()
        shelves = BlobShelves(Broken(), LoopWorker())
        heard = []
        shelves.keep(NAME, DATA, heard.append)
        done = loop.create_future()
        shelves.load(NAME, done.set_result)
        heard.append(await done)
        shelves._store = BlobMemory()
        done = loop.create_future()
        shelves.keep(NAME, DATA, done.set_result)
        heard.append(await done)
        assert shelves.read(NAME) == DATA
        return heard

    with caplog.at_level("INFO"):
        assert asyncio.run(run()) == [False, None, True]
    assert [record.message for record in caplog.records] == [
        "images cannot be kept or read: the disk fails",
        "images can be kept and read again",
    ]
