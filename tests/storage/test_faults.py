import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edgeboard.errors import StoreError
from edgeboard.storage.faults import InconsistentError, explain, is_damage, is_passing


def provoke_full(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute("CREATE TABLE a (b)")
        connection.execute("INSERT INTO a VALUES (zeroblob(50000))")


def provoke_readonly(path):
    sqlite3.connect(path).close()
    path.touch()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.execute("CREATE TABLE a (b)")


def provoke_locked(path):
    with closing(sqlite3.connect(path, timeout=0)) as one, closing(sqlite3.connect(path, timeout=0)) as two:
        one.execute("BEGIN EXCLUSIVE")
        two.execute("CREATE TABLE a (b)")


def provoke_missing_directory(path):
    sqlite3.connect(path / "missing").close()


def provoke_garbage(path):
    path.write_bytes(b"garbage." * 1000)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT * FROM sqlite_master")


@pytest.mark.parametrize(
    ("provoke", "text", "damage", "passing"),
    [
        (provoke_full, "the disk is full; free some space", False, True),
        (provoke_readonly, "it is read-only; make the file", False, False),
        (provoke_locked, "another program holds it locked", False, True),
        (provoke_missing_directory, "it cannot be opened; make the directory exist", False, False),
        (provoke_garbage, "file is not a database", True, False),
    ],
)
def test_an_error_of_sqlite_is_explained_to_a_person(tmp_path, provoke, text, damage, passing):
    with pytest.raises(sqlite3.Error) as caught:
        provoke(tmp_path / "a.db")
    error = explain(caught.value, Path("edgeboard.db"))
    assert isinstance(error, StoreError)
    assert str(error).startswith(f"cannot use edgeboard.db: {text}")
    assert "\n" not in str(error)
    assert is_damage(caught.value) is damage
    assert is_passing(caught.value) is passing


def test_a_schema_that_needs_a_newer_sqlite_is_not_damage():
    error = sqlite3.DatabaseError('malformed database schema (rooms) - near "STRICT": syntax error')
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    assert not is_damage(error)
    assert "install a newer SQLite" in str(explain(error, Path("edgeboard.db")))


def test_damage_that_we_noticed_ourselves_counts_as_damage():
    assert is_damage(InconsistentError("rows and their index differ"))


def test_a_disk_that_fails_is_named_as_such():
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    assert "the disk fails (disk I/O error)" in str(explain(error, Path("edgeboard.db")))


@pytest.mark.parametrize(
    ("number", "text"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "may not write"), (errno.ENOENT, "No such file or directory")],
)
def test_an_error_of_the_system_is_explained_to_a_person(number, text):
    assert text in str(explain(OSError(number, os.strerror(number)), Path("edgeboard.db")))
