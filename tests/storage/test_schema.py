import logging
import sqlite3
from contextlib import closing

import pytest

from edgeboard.errors import StoreError
from edgeboard.storage import schema
from edgeboard.storage.schema import Migration, migrate, shipped_migrations
from edgeboard.storage.sqlite import SqliteStore
from tests.storage.examples import ROOM, batches

SECOND = Migration(3, 1, "ALTER TABLE rooms ADD COLUMN colour INTEGER;")  # an addition: the release before can go on
THIRD = Migration(4, 4, "CREATE TABLE segments (id INTEGER PRIMARY KEY, data BLOB) STRICT;\nDROP TABLE quarantine;")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "edgeboard.db"


def apply(path, *more):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, [*shipped_migrations(), *more])
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return version & 0xFFFF, version >> 16, tables


def test_the_shipped_migrations_are_numbered_without_a_gap():
    numbers = [migration.number for migration in shipped_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_new_database_has_the_present_schema(path):
    assert apply(path) == (2, 1, {"rooms", "batches", "quarantine", "history"})


def test_an_older_database_is_brought_up_and_keeps_its_rows(path):
    store = SqliteStore(path)
    store.write(batches(3))
    store.close()
    assert apply(path, SECOND, THIRD) == (4, 4, {"rooms", "batches", "history", "segments"})
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM batches").fetchone() == (3,)


def test_migrating_twice_changes_nothing(path):
    assert apply(path, SECOND) == apply(path, SECOND)


def test_a_migration_that_fails_leaves_the_schema_before_it(path):
    broken = Migration(4, 4, "CREATE TABLE extra (id INTEGER);\nCREATE TABLE rooms (id INTEGER);")
    with pytest.raises(sqlite3.Error, match="already exists"):
        apply(path, SECOND, broken)
    version, _, tables = apply(path, SECOND)
    assert version == 3
    assert "extra" not in tables


def test_a_newer_database_that_only_added_things_is_used_by_the_release_before(path):
    apply(path, SECOND)
    store = SqliteStore(path)
    store.write(batches(3))
    assert list(store.load(ROOM)) == batches(3)
    store.close()
    assert apply(path)[0] == 3


def test_a_newer_database_that_is_not_readable_is_refused_in_one_line_that_says_what_to_do(path, caplog):
    apply(path, SECOND, THIRD)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer edgeboard.*install the newer edgeboard again, or move") as caught:
        SqliteStore(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_the_database_of_another_program_is_refused_and_left_alone(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_without_strict_tables_the_same_schema_is_made_plain(path, monkeypatch):
    monkeypatch.setattr(schema, "STRICT_SINCE", (999, 0))
    apply(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%STRICT%'").fetchone() == (0,)
    store = SqliteStore(path)
    store.write(batches(3))
    assert list(store.load(ROOM)) == batches(3)
    store.close()


def test_a_migration_must_say_who_can_read_its_result():
    with pytest.raises(ValueError, match="readable from"):
        Migration.parse(2, "CREATE TABLE extra (id INTEGER);")
