import asyncio
import random
import resource
import shutil
import sqlite3
import stat
from contextlib import closing

import pytest

from edgeboard.clock import SystemClock
from edgeboard.errors import StoreError
from edgeboard.storage.settings import Settings
from edgeboard.storage.sqlite import CHUNK, SqliteStore
from edgeboard.storage.writer import GroupWriter
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
    alter(path, "UPDATE batches SET data = zeroblob(100) WHERE first IN (0, 7)")
    store = opened()
    assert list(store.load(ROOM)) == [batch(n) for n in range(CHUNK + 20) if n not in (0, 7)]
    assert len(caplog.records) == 1
    assert "2 damaged batches" in caplog.text
    assert query(path, "SELECT first FROM quarantine") == [(0,), (7,)]
    assert store.statistics().set_aside == 2
    store.write([batch(0), batch(7)])
    assert list(store.load(ROOM)) == batches(CHUNK + 20)


def test_many_damaged_rows_in_a_line_are_passed_over(path, opened):
    opened().write(batches(3 * CHUNK))
    alter(path, f"UPDATE batches SET checksum = 1 WHERE first BETWEEN 5 AND {2 * CHUNK + 20}")
    assert list(opened().load(ROOM)) == batches(3 * CHUNK)[:5] + batches(3 * CHUNK)[2 * CHUNK + 21 :]


def test_damaged_rows_that_cannot_be_set_aside_now_are_left_out_and_set_aside_with_the_next_write(
    path, opened, monkeypatch, caplog
):
    opened().write(batches(3 * CHUNK))
    alter(path, f"UPDATE batches SET checksum = 1 WHERE first BETWEEN 5 AND {2 * CHUNK + 20}")
    store = opened()
    with monkeypatch.context() as patched:

        def fail(_):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

        patched.setattr(store, "_move_damaged", fail)
        assert len(list(store.load(ROOM))) == 3 * CHUNK - 2 * CHUNK - 16
        assert "stay in their place until the next write" in caplog.text
    store.write(batches(3 * CHUNK))
    assert list(store.load(ROOM)) == batches(3 * CHUNK)


def test_a_damaged_room_is_set_aside_and_comes_back_when_it_is_opened(path, opened, caplog):
    opened().add_room(HALL)
    alter(path, "UPDATE rooms SET name = CAST(x'ff68' AS TEXT)")
    store = opened()
    assert store.rooms() == []
    assert "1 damaged rooms" in caplog.text
    store.add_room(HALL)
    assert store.rooms() == [HALL]


def flip(path, *offsets):
    data = bytearray(path.read_bytes())
    for offset in offsets:
        data[offset] ^= 0x55
    path.write_bytes(data)


def test_flipped_bytes_in_the_file_cost_only_their_row(path, opened, caplog):
    store = opened()
    store.write(batches(50))
    store.close()
    flip(path, path.read_bytes().index(batch(17).data) + 3)
    store = opened()
    assert list(store.load(ROOM)) == [batch(n) for n in range(50) if n != 17]
    assert "1 damaged batches" in caplog.text


def test_a_row_whose_index_entry_is_damaged_is_not_lost(path, opened, caplog):
    store = opened()
    store.write(batches(50) + batches(50, BOB))
    store.close()
    (page,) = query(path, "SELECT rootpage FROM sqlite_master WHERE name = 'places'")[0]
    start = (page - 1) * 4096
    flip(path, path.read_bytes().index(ANN, start, start + 4096))
    assert list(opened().load(ROOM)) == batches(50) + batches(50, BOB)
    assert "was damaged" in caplog.text


def test_rows_that_their_index_has_lost_are_not_lost(path, opened, caplog):
    store = opened()
    store.write(batches(50))
    store.close()
    alter(
        path,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = sql || ' WHERE first <> 7' WHERE name = 'places'",
    )
    alter(path, "REINDEX")
    alter(
        path,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, ' WHERE first <> 7', '') WHERE name = 'places'",
    )
    assert list(opened().load(ROOM)) == batches(50)
    assert "index places" in caplog.text  # missing from it, or a wrong number in it, as SQLite is older or newer


@pytest.mark.parametrize("garbage", [b"garbage. " * 2_000, b"\0" * 8_192, b"SQLite format 3\0" + b"\xff" * 9_000])
def test_a_file_that_is_no_database_is_put_aside_and_the_store_works(path, opened, caplog, garbage):
    path.write_bytes(garbage)
    store = opened()
    store.write(batches(3))
    assert list(store.load(ROOM)) == batches(3)
    assert path.with_name("edgeboard.db.damaged-1").read_bytes() == garbage
    (record,) = caplog.records
    assert "was damaged" in record.getMessage()
    assert "kept as edgeboard.db.damaged-1" in record.getMessage()
    assert "\n" not in record.getMessage()


def test_what_is_left_of_a_damaged_database_is_saved(path, opened, caplog):
    store = opened()
    store.add_room(HALL)
    store.write(batches(300))
    store.close()
    data = path.read_bytes()
    path.write_bytes(b"\0" * 4096 + data[4096:])
    store = opened()
    assert store.rooms() == [HALL]
    assert list(store.load(ROOM)) == batches(300)
    assert "300 batches of 1 rooms were saved" in caplog.text
    assert store.statistics().repairs == 1
    assert store.statistics().bytes >= path.stat().st_size


def test_damage_that_shows_only_while_loading_is_mended_under_way(path, opened, caplog):
    store = opened()
    store.write(batches(4 * CHUNK))
    store.close()
    data = bytearray(path.read_bytes())
    middle = data.index(batch(2 * CHUNK).data) // 4096 * 4096
    lost = [n for n in range(4 * CHUNK) if middle <= data.index(batch(n).data) < middle + 4096]
    data[middle : middle + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    store = opened()
    assert list(store.load(ROOM)) == [batch(n) for n in range(4 * CHUNK) if n not in lost]
    assert 0 < len(lost) < 50
    assert "was damaged" in caplog.text


FIELDS = (0, 16, 18, 19, 20, 21, 24, 31, 35, 39, 43, 47, 55, 59, 67, 71, 92, 96)  # user_version, at 60, is left out


@pytest.mark.parametrize("offset", FIELDS)
def test_a_flipped_byte_of_the_header_costs_nothing(path, opened, offset):
    store = opened()
    store.write(batches(5))
    store.close()
    flip(path, offset)
    store = opened()
    assert list(store.load(ROOM)) == batches(5)
    store.write(batches(6))
    assert list(store.load(ROOM)) == batches(6)


def damage_and_go_on(path, seed):
    """Whatever a disk does, no wrong batch comes back, and what is written again is there."""
    rng = random.Random(seed)
    everything = batches(200) + batches(200, BOB)
    with closing(SqliteStore(path)) as store:
        store.add_room(HALL)
        store.write(everything)
    data = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 4)):
        start, length = rng.randrange(len(data)), rng.choice([1, 1, 16, 512, 4096])
        data[start : start + length] = rng.choice([bytes, rng.randbytes])(len(data[start : start + length]))
    path.write_bytes(data[: rng.choice([len(data), rng.randrange(len(data))])])
    with closing(SqliteStore(path)) as store:
        found = list(store.load(ROOM))
        assert set(found) <= set(everything)
        assert found == sorted(found, key=lambda b: (b.author, b.first))
        store.add_room(HALL)
        store.write(everything)
        assert list(store.load(ROOM)) == everything
        assert store.rooms() == [HALL]
    with closing(SqliteStore(path)) as store:
        assert list(store.load(ROOM)) == everything


@pytest.mark.parametrize("seed", range(25))
def test_a_disk_that_alters_the_file_causes_gaps_and_nothing_worse(path, seed):
    damage_and_go_on(path, seed)


@pytest.mark.soak
def test_a_disk_that_alters_the_file_two_thousand_times_causes_gaps_and_nothing_worse(tmp_path):
    for seed in range(25, 2_025):
        print(f"seed {seed}")  # noqa: T201
        home = tmp_path / str(seed)
        home.mkdir()
        damage_and_go_on(home / "edgeboard.db", seed)
        shutil.rmtree(home)


def test_a_commit_waits_for_the_disk_and_never_for_a_checkpoint(path, opened):
    store = opened()
    pragmas = {
        name: store._writer.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "wal_autocheckpoint", "busy_timeout")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 0, "busy_timeout": 5_000}


def test_the_wal_moves_into_the_database_when_it_is_large_or_when_nobody_waits(path, opened):
    store = opened(settings=Settings(wal_bytes=40 * 4096))
    empty = path.stat().st_size
    store.write(batches(3))
    store.tidy(idle=False)
    assert path.stat().st_size == empty
    store.tidy(idle=True)
    idle = path.stat().st_size
    assert idle >= empty
    for n in range(20):
        store.write([batch(n, BOB, size=10_000)])
        store.tidy(idle=False)
    assert path.stat().st_size > idle
    assert path.with_name("edgeboard.db-wal").stat().st_size < 80 * 4096
    store.close()
    assert not path.with_name("edgeboard.db-wal").exists()


def test_an_entry_number_that_no_database_can_hold_is_a_store_error(opened):
    with pytest.raises(StoreError, match="63 bits"):
        opened().write([batch(1 << 63)])


def test_a_missing_directory_is_a_store_error_in_one_line(tmp_path):
    with pytest.raises(StoreError, match="No such file or directory") as caught:
        SqliteStore(tmp_path / "missing" / "edgeboard.db")
    assert "\n" not in str(caught.value)


def test_another_program_that_holds_the_database_is_a_store_error_and_passes(path, opened):
    store = opened(settings=Settings(busy_s=0.01))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program holds it locked"):
            store.write(batches(1))
    store.write(batches(1))
    assert list(store.load(ROOM)) == batches(1)


def test_a_disk_that_takes_no_more_is_a_store_error_and_what_was_saved_stays(path, opened):
    store = opened()
    store.write(batches(3))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(StoreError, match="the disk fails"):
            store.write(batches(100, BOB, size=10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(store.load(ROOM)) == batches(3)
    store.write(batches(100, BOB, size=10_000))
    assert len(list(store.load(ROOM))) == 103


async def test_on_a_full_disk_ink_is_kept_and_saved_as_soon_as_there_is_space(make_disk):
    small_disk = make_disk(2)
    store = SqliteStore(small_disk / "edgeboard.db")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_500_000))
    failed, recovered, committed, errors = asyncio.Event(), asyncio.Event(), [], []
    writer = GroupWriter(
        store,
        SystemClock(),
        committed.extend,
        lambda error: (errors.append(error), failed.set()),
        recovered.set,
        Settings(group_s=0, retry_first_s=0.01),
    )
    for first in range(150):
        writer.put([batch(first, size=5_000)])
        await asyncio.sleep(0)
    await failed.wait()
    assert "the disk is full" in str(errors[0])
    saved = len(committed)
    assert len(list(store.load(ROOM))) == saved < 150
    ballast.unlink()
    await recovered.wait()
    await writer.flush()
    assert committed == batches(150, size=5_000)
    await writer.close()
    store.close()
    store = SqliteStore(small_disk / "edgeboard.db")
    assert list(store.load(ROOM)) == batches(150, size=5_000)
    store.close()
    assert len(errors) == 1
