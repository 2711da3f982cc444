import random
import shutil
import sqlite3

import pytest

from edgeboard.storage.rows import read_batch_row, read_room_row
from edgeboard.storage.salvage import PAGE_BYTES, TABLE_LEAF, read_records
from edgeboard.storage.sqlite import SqliteStore
from tests.storage.examples import BOB, HALL, ROOM, batch, batches

EXAMPLES = [
    *batches(300),
    *(batch(n, BOB, ROOM, size) for n, size in enumerate([0, 489, 4_000, 4_020, 4_061, 8_100, 8_200, 65_536])),
]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A database with rows of all sizes, everything moved out of the WAL."""
    path = tmp_path_factory.mktemp("salvage") / "edgeboard.db"
    store = SqliteStore(path)
    store.add_room(HALL)
    store.write(EXAMPLES)
    store.close()
    return path


@pytest.fixture
def path(original, tmp_path):
    return shutil.copy(original, tmp_path / "edgeboard.db")


def places(found):
    return {(b.author, b.first): b for b in found}


def salvage(path):
    records = list(read_records(path))
    found = [b for record in records if (b := read_batch_row(record[1:])) is not None]
    assert all(places(EXAMPLES)[b.author, b.first] == b for b in found)  # never anything that was not written
    return found, [room for record in records if (room := read_room_row(record[1:])) is not None]


def test_a_whole_database_is_read_whole(path):
    found, rooms = salvage(path)
    assert places(found) == places(EXAMPLES)
    assert rooms == [HALL]


def test_every_kind_of_column_is_read_as_sqlite_reads_it(tmp_path):
    path = tmp_path / "kinds.db"
    numbers = [0, 1, -1, 127, 128, -32_769, 1 << 23, -(1 << 31), 1 << 31, 1 << 47, -(1 << 63), 2.5]
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("CREATE TABLE kinds (id INTEGER PRIMARY KEY, a, b, c)")
    rows = [(number, "täxt", None) for number in numbers]
    connection.executemany("INSERT INTO kinds (a, b, c) VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    assert [record[1:] for record in read_records(path) if len(record) == 4] == rows


def test_without_its_first_page_only_what_was_on_it_is_lost(path):
    data = bytearray(path.read_bytes())
    data[:PAGE_BYTES] = bytes(PAGE_BYTES)
    path.write_bytes(data)
    found, rooms = salvage(path)
    assert places(found) == places(EXAMPLES)
    assert rooms == [HALL]


@pytest.mark.slow
def test_a_lost_page_takes_only_its_own_rows(path):
    data = path.read_bytes()
    for page in range(len(data) // PAGE_BYTES):
        damaged = bytearray(data)
        damaged[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = bytes(PAGE_BYTES)
        path.write_bytes(damaged)
        found, _ = salvage(path)
        assert len(places(found)) >= len(EXAMPLES) - 40, f"page {page + 1}"


def test_what_is_only_in_the_wal_is_read_too(tmp_path):
    store = SqliteStore(tmp_path / "edgeboard.db")
    store.write(EXAMPLES)
    for name in ("edgeboard.db", "edgeboard.db-wal"):
        shutil.copy(tmp_path / name, tmp_path / f"dead-{name}")
    store.close()
    found, _ = salvage(tmp_path / "dead-edgeboard.db")
    assert places(found) == places(EXAMPLES)


def test_a_database_cut_short_gives_what_is_left(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2 + 100])
    found, _ = salvage(path)
    assert 0 < len(found) < len(EXAMPLES)


def test_a_missing_or_empty_file_gives_nothing(tmp_path):
    assert list(read_records(tmp_path / "edgeboard.db")) == []
    (tmp_path / "edgeboard.db").touch()
    assert list(read_records(tmp_path / "edgeboard.db")) == []


@pytest.mark.parametrize("seed", range(20))
def test_garbage_raises_nothing_and_is_never_taken_for_ink(tmp_path, path, seed):
    rng = random.Random(seed)
    pages = []
    for _ in range(20):
        page = bytearray(rng.randbytes(PAGE_BYTES))
        page[0] = page[100] = TABLE_LEAF  # or nobody would look at it
        page[3:5] = rng.choice([b"\xff\xff", b"\0\7"])
        pages.append(bytes(page))
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"".join(pages))
    assert salvage(garbage) == ([], [])
    damaged = bytearray(path.read_bytes())
    for _ in range(200):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    path.write_bytes(damaged)
    salvage(path)
