"""Replacing a damaged database by a fresh one with all rows that can still be read.

The damaged file is kept beside as ``edgeboard.db.damaged-1`` (-2, ...). A power cut at any moment loses nothing:

- ``edgeboard.db.new`` is being filled; found at start, it is thrown away, for the damaged file still stands.
- ``edgeboard.db.repaired`` is complete and durable; found at start, the exchange is finished. The damaged WAL leaves
  before the repaired file takes its place, since SQLite would apply it to whatever database it stands beside.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from edgeboard.ports import StoredBatch, StoredRoom, StoredSegment
from edgeboard.storage.history import INSERT_SEGMENT
from edgeboard.storage.rows import (
    read_batch_row,
    read_room_row,
    read_segment_row,
    to_batch_row,
    to_room_row,
    to_segment_row,
)
from edgeboard.storage.salvage import PAGE_BYTES, Record, read_records
from edgeboard.storage.schema import Migration, migrate

CHUNK = 1_000  # records in memory at a time
DATABASE_MODE = 0o600  # a whiteboard is private

INSERT_ROOM = "INSERT OR REPLACE INTO rooms (room, mesh, name, checksum) VALUES (?, ?, ?, ?)"
INSERT_BATCH = (
    "INSERT OR IGNORE INTO batches (room, author, first, count, checksum, data) VALUES (?, ?, ?, ?, ?, ?)"  # first wins
)


@dataclass(frozen=True, slots=True)
class Repair:
    aside: Path  # where the damaged file is now
    rooms: int
    batches: int


def create_private(path: Path) -> None:
    """Make the file unless it exists, readable by its owner alone; SQLite gives its WAL the same mode.

    A file that exists is not opened: closing it would drop the locks that SQLite holds on it in this process.

    Raises:
        OSError: as the system says.
    """
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, DATABASE_MODE))
    elif path.stat().st_mode & 0o777 != DATABASE_MODE:
        path.chmod(DATABASE_MODE)


def repair(path: Path, migrations: list[Migration]) -> Repair:
    """Put a fresh database with all readable rows in the place of the damaged one, which nobody may have open.

    Raises:
        OSError, sqlite3.Error: it could not be finished (a full disk); the damaged file is where it was, or the
            exchange is finished at the next call of `finish_repair`.
    """
    new = _beside(path, "new")
    _discard(new)
    create_private(new)
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, migrations)
        connection.execute("BEGIN")
        records = read_records(path)
        while chunk := list(islice(records, CHUNK)):
            rooms, batches, segments = _sort_out(chunk)
            connection.executemany(INSERT_ROOM, map(to_room_row, rooms))
            connection.executemany(INSERT_BATCH, map(to_batch_row, batches))
            connection.executemany(INSERT_SEGMENT, map(to_segment_row, segments))
        connection.execute("COMMIT")
        (room_count,) = connection.execute("SELECT count(*) FROM rooms").fetchone()
        (batch_count,) = connection.execute("SELECT count(*) FROM batches").fetchone()
    new.replace(_beside(path, "repaired"))
    _sync_directory(path)
    aside = finish_repair(path)
    return Repair(aside or path, room_count, batch_count)


def finish_repair(path: Path) -> Path | None:
    """Finish the exchange if a power cut came between; returns where the damaged file is now.

    Raises:
        OSError: as the system says; may be called again.
    """
    _discard(_beside(path, "new"))
    repaired = _beside(path, "repaired")
    if not repaired.exists():
        return None
    aside = next(name for n in count(1) if not (name := _beside(path, f"damaged-{n}")).exists())
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists():
        wal.replace(aside.with_name(f"{aside.name}-wal"))
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    _sync_directory(path)
    if path.exists():
        path.replace(aside)
    repaired.replace(path)
    _sync_directory(path)
    return aside


def _sort_out(records: list[Record]) -> tuple[list[StoredRoom], list[StoredBatch], list[StoredSegment]]:
    """The whole rooms, batches and history segments among records.

    The first column is the row's id, which SQLite stores as NULL. A segment may lie in several versions of a page.
    """
    rooms = [room for record in records if (room := read_room_row(record[1:])) is not None]
    batches = [batch for record in records if (batch := read_batch_row(record[1:])) is not None]
    segments = [segment for record in records if (segment := read_segment_row(record[1:])) is not None]
    return rooms, batches, list(dict.fromkeys(segments))


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")


def _discard(new: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        new.with_name(f"{new.name}{suffix}").unlink(missing_ok=True)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
