"""The schema of the database and how an older one becomes the present one.

Migrations are numbered SQL files, shipped as data and applied in order, each in one transaction. The first line of a
migration names the oldest schema whose releases can still use its result: ``-- readable from: 1``. Both numbers stand
in the database's `user_version`, readable-from in the upper 16 bits. So a board that falls back to its previous
release goes on with its ink, and is stopped only where that release would do harm.
"""

import re
import sqlite3
from dataclasses import dataclass
from importlib import resources
from typing import Self

from edgeboard.errors import StoreError
from edgeboard.storage.faults import InconsistentError

APPLICATION_ID = 0x45444742  # "EDGB"; tells our databases from others
STRICT_SINCE = (3, 37)
ONE_TABLE_SINCE = (3, 33)  # the integrity of one table can be checked

_READABLE = re.compile(r"-- readable from: (\d+)\n")


@dataclass(frozen=True, slots=True)
class Migration:
    number: int  # of the schema that it makes, from 1
    readable_from: int  # the oldest schema whose releases can use it
    script: str

    @classmethod
    def parse(cls, number: int, text: str) -> Self:
        readable = _READABLE.match(text)
        if readable is None:
            raise ValueError(f"migration {number:04} does not begin with the line `-- readable from: N`")
        return cls(number, int(readable[1]), text)


def shipped_migrations() -> list[Migration]:
    """The migrations of this release, in order."""
    folder = resources.files("edgeboard.storage") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [Migration.parse(int(name[:4]), (folder / name).read_text(encoding="utf-8")) for name in names]


def migrate(connection: sqlite3.Connection, migrations: list[Migration]) -> None:
    """Bring a database up to the last of `migrations`; leaves a newer one that it may use as it is.

    Raises:
        StoreError: the database is not ours, or is too new; nothing was changed.
        sqlite3.Error: as SQLite says, or the header is damaged.
    """
    present = read_version(connection, migrations)
    for migration in migrations:
        if migration.number > present:
            _apply(connection, migration)


def read_version(connection: sqlite3.Connection, migrations: list[Migration]) -> int:
    """The schema of a database, 0 if it is empty; `migrations` are those of this release.

    Raises:
        StoreError: the database is not ours, or is too new.
        sqlite3.Error: as SQLite says, or the header is damaged.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    present, readable_from = version & 0xFFFF, version >> 16
    latest = migrations[-1].number
    if application != APPLICATION_ID:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if {"rooms", "batches", "quarantine"} <= tables:
            raise InconsistentError("the header does not fit the tables")
        if application or version or tables:
            raise StoreError("this is the database of another program; name another state directory, or move it away")
    if readable_from > latest:
        raise StoreError(
            f"this database was written by a newer edgeboard (schema {present}, and this one knows {latest}): "
            "install the newer edgeboard again, or move the database away to begin with an empty one"
        )
    return int(present)


def check_tables(connection: sqlite3.Connection) -> None:
    """Rows that a damaged index does not lead to would be missing in silence, so who opens a database looks at all that
    is live.

    This takes a fifth of the time of loading it, and brings it into the memory of the system. The history is left
    alone: it may be large, and is read row by row when somebody asks for it.

    Raises:
        sqlite3.Error: something does not fit together.
    """
    tables = ("batches", "rooms") if sqlite3.sqlite_version_info >= ONE_TABLE_SINCE else ("1",)
    for table in tables:
        (answer,) = connection.execute(f"PRAGMA integrity_check({table})").fetchone()
        if answer != "ok":
            raise InconsistentError(answer.splitlines()[-1])


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    script = migration.script
    if sqlite3.sqlite_version_info < STRICT_SINCE:
        script = script.replace(") STRICT;", ");")
    version = migration.readable_from << 16 | migration.number
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {version};\nCOMMIT;"
        )
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
