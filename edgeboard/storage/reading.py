"""Looking into the database of a board without its lock: for tools, while a node runs, starts, stops or was killed.

Rules of this file:

- Nothing is written, mended or set aside; that is for the node. What is damaged is left out or refused, and said.
- A node never waits for a reader: every question reads all its rows at once and ends its transaction, so that a
  checkpoint finds nobody in its way for longer than that.
- Only StoreError leaves this file.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol, final

from edgeboard.errors import StoreError
from edgeboard.ids import RoomId
from edgeboard.ports import StoredBatch, StoredRoom, StoredSegment
from edgeboard.storage import history
from edgeboard.storage.faults import explain, is_damage
from edgeboard.storage.rows import read_batch_row, read_room_row
from edgeboard.storage.schema import check_tables, read_version, shipped_migrations

logger = logging.getLogger(__name__)

BUSY_S = 5.0  # to wait for a node that recovers the WAL, or exchanges tables
SELECT_ROOMS = "SELECT room, mesh, name, checksum FROM rooms ORDER BY id"
SELECT_BATCHES = """
    SELECT room, author, first, count, checksum, data FROM batches INDEXED BY places
    WHERE room = ? ORDER BY author, first
"""
UNWRITABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)  # SQLite may not put its index of the WAL there


class RoomSource(Protocol):
    """What can be read of a store; `ports.Store` is one too, and so is `SqliteReader`. Each raises StoreError."""

    def rooms(self) -> list[StoredRoom]: ...

    def load(self, room: RoomId) -> Iterator[StoredBatch]: ...

    def history(self, room: RoomId) -> Iterator[StoredSegment]: ...


@final
class SqliteReader:
    """Implements `RoomSource`, and changes nothing. For one thread.

    Args:
        path: of the database, which exists.

    Raises:
        StoreError: it cannot be read, is damaged, or belongs to a newer edgeboard or to another program.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tables: set[str] = set()
        try:
            self._connection = _connect(path, "mode=ro")
            try:
                self._look()
            except sqlite3.OperationalError as error:
                self._connection.close()
                if error.sqlite_errorcode & 0xFF not in UNWRITABLE:
                    raise
                self._connection = _connect(path, _read_only_medium(path))
                self._look()
        except (sqlite3.Error, OSError) as error:
            raise self._explain(error) from error
        except StoreError as error:
            self._connection.close()
            raise StoreError(f"cannot read {path}: {error}") from None

    def _look(self) -> None:
        read_version(self._connection, shipped_migrations())
        self._tables = {name for (name,) in self._connection.execute("SELECT name FROM sqlite_master")}
        if "batches" in self._tables:  # else a node has only just made the file
            check_tables(self._connection)

    def rooms(self) -> list[StoredRoom]:
        found = [read_room_row(row) for row in self._read("rooms", SELECT_ROOMS, ())]
        self._tell(found.count(None), "rooms")
        return [room for room in found if room is not None]

    def load(self, room: RoomId) -> Iterator[StoredBatch]:
        """The whole batches of a room, each author's in order of `first`."""
        found = [read_batch_row(row) for row in self._read("batches", SELECT_BATCHES, (room,))]
        self._tell(found.count(None), f"batches of room {room.hex()}")
        return (batch for batch in found if batch is not None)

    def history(self, room: RoomId) -> Iterator[StoredSegment]:
        """The whole history segments of a room, oldest first."""
        return history.read_segments(lambda query, values: self._read("history", query, values), room)

    def close(self) -> None:
        self._connection.close()

    def _read(self, table: str, query: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        if table not in self._tables:
            return []
        try:
            with closing(self._connection.execute(query, values)) as rows:
                return rows.fetchall()
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def _tell(self, damaged: int, what: str) -> None:
        if damaged:
            logger.warning(
                "%s: %d damaged %s are left out; the node sets them aside, and asks other boards for them",
                self._path, damaged, what,
            )  # fmt: skip

    def _explain(self, error: sqlite3.Error | OSError) -> StoreError:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            return StoreError(f"{self._path} is damaged ({error}); the next start of the node saves what can be read")
        return explain(error, self._path)


def _connect(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_S, isolation_level=None)
    connection.text_factory = lambda data: data.decode(errors="replace")  # a damaged name must not stop a query
    return connection


def _read_only_medium(path: Path) -> str:
    """How to open a database where nothing can be written beside it: nobody else can be writing there either.

    Raises:
        StoreError: its last changes are in the WAL, which SQLite cannot read there.
    """
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists() and wal.stat().st_size:
        raise StoreError(f"its last changes are in {wal.name}, which needs a directory that can be written; copy both")
    return "mode=ro&immutable=1"
