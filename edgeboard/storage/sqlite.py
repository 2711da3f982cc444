"""The store that boards use: one SQLite file, durable at each commit, which mends itself where it can.

Rules of this file:

- A commit that returned survives a power cut: WAL, synchronous=FULL. Checkpoints never run inside a commit; the
  writer calls `tidy` between commits.
- One connection writes and one reads, each behind a lock of its own, so that neither waits for the other. Whoever needs
  both locks takes the writing one first.
- A damaged row goes to the table `quarantine`, which frees its place for the copy that repair fetches. A damaged file
  goes aside, and a fresh one gets every row that can still be read.
- Only StoreError leaves this file.
"""

import logging
import sqlite3
import struct
import threading
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast, final

from edgeboard.errors import StoreError
from edgeboard.ids import RoomId
from edgeboard.ports import StoredBatch, StoredRoom, StoredSegment
from edgeboard.runtime import failpoints
from edgeboard.storage import history, proof
from edgeboard.storage.faults import InconsistentError, explain, is_damage, is_passing
from edgeboard.storage.repair import INSERT_BATCH, INSERT_ROOM, create_private, finish_repair, repair
from edgeboard.storage.rows import read_batch_row, read_room_row, to_batch_row, to_room_row
from edgeboard.storage.salvage import PAGE_BYTES
from edgeboard.storage.schema import check_tables, migrate, shipped_migrations
from edgeboard.storage.settings import Settings

logger = logging.getLogger(__name__)

T = TypeVar("T")
Place = tuple[bytes, int]  # author, first
Found = tuple[int, StoredBatch | None]  # id of a row, and its batch unless it is damaged

CHUNK = 256  # rows read at a time, at most 16 MiB
CLOSE_S = 1.0  # to wait for a write that hangs in a dead disk
PAGES_PER_COMMIT = 3  # of the WAL, beside the data: a leaf of the table, a leaf of the index, a parent
FORMAT_BYTE = 18  # offset in the header of the version that is needed to write ..
FORMAT_MAX = 2  # .. which is 2 for WAL

SELECT_ROOMS = "SELECT id, room, mesh, name, checksum FROM rooms ORDER BY id"
SELECT_ROOM = "SELECT room, mesh, name, checksum FROM rooms WHERE id = ?"
SELECT_BATCHES = """
    SELECT id, room, author, first, count, checksum, data FROM batches INDEXED BY places
    WHERE room = ? AND (author, first) > (?, ?) ORDER BY author, first LIMIT ? OFFSET ?
"""
SELECT_BATCH = "SELECT room, author, first, count, checksum, data FROM batches WHERE id = ?"
KEEP_ROOM = "INSERT INTO quarantine (room, checksum, data) SELECT room, checksum, name FROM rooms WHERE id = ?"
KEEP_BATCH = """
    INSERT INTO quarantine (room, author, first, count, checksum, data)
    SELECT room, author, first, count, checksum, data FROM batches WHERE id = ?
"""


@dataclass(frozen=True, slots=True)
class StoreStatistics:
    bytes: int  # of the database and its WAL
    repairs: int  # how often the file was damaged and exchanged, since the start
    set_aside: int  # damaged rows, since the start


@final
class SqliteStore:
    """Implements `ports.Store`; may be used from several threads.

    Args:
        path: of the database; its directory exists.

    Raises:
        StoreError: the database cannot be opened, or belongs to a newer edgeboard or to another program.
    """

    def __init__(self, path: Path, settings: Settings | None = None) -> None:
        self._path = path
        self._settings = settings or Settings()
        self._migrations = shipped_migrations()
        self._writing = threading.RLock()
        self._reading = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._closed = False
        self._generation = 0  # how often the file was exchanged
        self._set_aside_rows = 0
        self._wal_pages = 0  # about how many wait for a checkpoint
        self._bad_rooms: set[int] = set()  # ids of rows that the next transaction sets aside
        self._bad_batches: set[int] = set()
        try:
            self._write(check_tables)
        except StoreError:
            self._drop_connections()
            raise

    def rooms(self) -> list[StoredRoom]:
        generation = self._generation
        found = [(cast("int", row[0]), read_room_row(row[1:])) for row in self._read(SELECT_ROOMS, ())]
        bad = {number for number, room in found if room is None}
        if bad:
            logger.warning("%s: %d damaged rooms set aside; opening them by name restores them", self._path, len(bad))
            self._set_aside(generation, rooms=bad)
        return [room for _, room in found if room is not None]

    def add_room(self, room: StoredRoom) -> None:
        self._write(_in_transaction(lambda connection: connection.execute(INSERT_ROOM, to_room_row(room))))

    def load(self, room: RoomId) -> Iterator[StoredBatch]:
        """As the port says; raises StoreError while iterating, too."""
        last: Place = (b"", -1)
        skip = damaged = 0
        try:
            while True:
                generation = self._generation
                chunk = self._read_chunk(room, last, skip)
                if not chunk:
                    break
                for _, batch in chunk:
                    if batch is not None:
                        last, skip = (batch.author, batch.first), 0
                        yield batch
                    else:
                        skip += 1
                bad = {number for number, batch in chunk if batch is None}
                if bad:
                    damaged += len(bad)
                    if self._set_aside(generation, batches=bad):
                        skip = 0
        finally:
            if damaged:
                logger.warning(
                    "%s: %d damaged batches of room %s set aside in the table quarantine; peers will be asked for them",
                    self._path,
                    damaged,
                    room.hex(),
                )

    def write(self, batches: Sequence[StoredBatch]) -> None:
        try:
            rows = [to_batch_row(batch) for batch in batches]
        except struct.error as error:
            raise StoreError(f"an entry number does not fit into 63 bits: {error}") from error

        def insert(connection: sqlite3.Connection) -> None:
            self._move_damaged(connection)
            connection.executemany(INSERT_BATCH, rows)
            failpoints.hit("before_commit")

        with self._writing:
            self._write(_in_transaction(insert))
            self._forget_damaged()
        failpoints.hit("after_commit")
        self._wal_pages += PAGES_PER_COMMIT + sum(len(batch.data) for batch in batches) // PAGE_BYTES

    def rewrite(self, batches: Sequence[StoredBatch], segments: Sequence[StoredSegment], keep_bytes: int) -> None:
        self._write(_in_transaction(lambda connection: history.rewrite(connection, batches, segments, keep_bytes)))
        written = sum(len(b.data) for b in batches) + sum(len(s.data) for s in segments)
        self._wal_pages += PAGES_PER_COMMIT + len(batches) + written // PAGE_BYTES

    def history(self, room: RoomId) -> Iterator[StoredSegment]:
        return history.read_segments(self._read, room)

    def prove(self, token: bytes) -> bytes:
        self._write(_in_transaction(lambda connection: proof.write(connection, token)))
        found = proof.read(self._read)
        self._write(_in_transaction(proof.remove))
        self._wal_pages += 2 * PAGES_PER_COMMIT
        return found

    def tidy(self, idle: bool) -> None:
        """Move the WAL into the database if it is large, or if nobody is waiting."""
        if self._wal_pages >= (1 if idle else self._settings.wal_bytes // PAGE_BYTES):
            self._write(lambda connection: connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())
            self._wal_pages = 0

    def close(self) -> None:
        """Bounded: a write that hangs in a dead disk keeps its connection."""
        self._closed = True
        if not self._writing.acquire(timeout=CLOSE_S):
            logger.error("%s: the disk does not answer; closing without it", self._path)
            return
        try:
            with self._reading:
                if self._writer is not None:
                    with suppress(sqlite3.Error):  # what is not moved now is moved at the next start
                        self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                self._drop_connections()
        finally:
            self._writing.release()

    def statistics(self) -> StoreStatistics:
        sizes = 0
        for path in (self._path, self._path.with_name(f"{self._path.name}-wal")):
            with suppress(OSError):
                sizes += path.stat().st_size
        return StoreStatistics(bytes=sizes, repairs=self._generation, set_aside=self._set_aside_rows)

    # ------------------------------------------------------------------------------------------------ connections

    def _open_writer(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(f"{self._path} is closed")
        if self._writer is None:
            aside = finish_repair(self._path)
            if aside is not None:
                logger.warning("%s: finished the repair that was cut short; %s is damaged", self._path, aside.name)
            create_private(self._path)
            if self._reader is None:  # or closing the file would drop the locks that SQLite holds on it
                _check_header(self._path)
            connection = self._connect()
            try:
                connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
                migrate(connection, self._migrations)
                for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
                    connection.execute(f"PRAGMA {pragma}").fetchall()
            except BaseException as error:
                connection.close()
                if isinstance(error, StoreError):
                    raise StoreError(f"cannot use {self._path}: {error}") from None
                raise
            self._writer = connection
        return self._writer

    def _open_reader(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(f"{self._path} is closed")
        if self._reader is None:
            self._reader = self._connect()
            self._reader.execute("PRAGMA query_only = ON")
        return self._reader

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._settings.busy_s, isolation_level=None, check_same_thread=False
        )
        connection.text_factory = lambda data: data.decode(errors="replace")  # a damaged name must not stop a query
        return connection

    def _drop_writer(self) -> None:
        if self._writer is not None:
            with suppress(sqlite3.Error):
                self._writer.close()
            self._writer = None

    def _drop_reader(self) -> None:
        if self._reader is not None:
            with suppress(sqlite3.Error):
                self._reader.close()
            self._reader = None

    def _drop_connections(self) -> None:
        self._drop_reader()
        self._drop_writer()

    # ------------------------------------------------------------------------------------------------ reads, writes

    def _read(self, query: str, arguments: tuple[object, ...]) -> list[tuple[object, ...]]:
        def run() -> list[tuple[object, ...]]:
            with self._reading:
                try:
                    return self._open_reader().execute(query, arguments).fetchall()
                except sqlite3.Error as error:
                    if not is_passing(error):
                        self._drop_reader()
                    raise

        return self._guard(run)

    def _read_chunk(self, room: RoomId, last: Place, skip: int) -> list[Found]:
        def run() -> list[Found]:
            rows = self._read(SELECT_BATCHES, (room, *last, CHUNK, skip))
            found = [(cast("int", row[0]), read_batch_row(row[1:])) for row in rows]
            before = last
            for _, batch in found:
                if batch is not None:
                    if (batch.author, batch.first) <= before:  # would lead in circles
                        raise InconsistentError("the index is out of order")
                    before = (batch.author, batch.first)
            return found

        return self._guard(run)

    def _write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        def run() -> None:
            with self._writing:
                try:
                    work(self._open_writer())
                except sqlite3.Error as error:
                    if not is_passing(error):
                        self._drop_writer()
                    raise

        self._guard(run)

    def _guard(self, run: Callable[[], T]) -> T:
        """Run it; if the file turns out to be damaged, repair the file and run it once more."""
        generation = self._generation
        try:
            try:
                return run()
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                self._repair(generation, error)
                return run()
        except (sqlite3.Error, OSError) as error:
            raise explain(error, self._path) from error

    # ------------------------------------------------------------------------------------------------ damage

    def _set_aside(self, generation: int, rooms: Set[int] = frozenset(), batches: Set[int] = frozenset()) -> bool:
        """Set these rows aside, which were found when the file was of this generation; False if it must wait."""
        with self._writing:
            if self._generation == generation:
                self._bad_rooms |= rooms
                self._bad_batches |= batches
                self._set_aside_rows += len(rooms) + len(batches)
            try:
                self._write(_in_transaction(self._move_damaged))
            except StoreError as error:
                logger.warning("damaged rows stay in their place until the next write: %s", error)
                return False
            self._forget_damaged()
            return True

    def _move_damaged(self, connection: sqlite3.Connection) -> None:
        for number in sorted(self._bad_rooms):
            row = connection.execute(SELECT_ROOM, (number,)).fetchone()
            if row is not None and read_room_row(row) is None:
                connection.execute(KEEP_ROOM, (number,))
                connection.execute("DELETE FROM rooms WHERE id = ?", (number,))
        for number in sorted(self._bad_batches):
            row = connection.execute(SELECT_BATCH, (number,)).fetchone()
            if row is not None and read_batch_row(row) is not None:
                raise InconsistentError("a row is whole and its index is not")
            connection.execute(KEEP_BATCH, (number,))
            connection.execute("DELETE FROM batches WHERE id = ?", (number,))

    def _forget_damaged(self) -> None:
        self._bad_rooms.clear()
        self._bad_batches.clear()

    def _repair(self, generation: int, reason: sqlite3.Error) -> None:
        with self._writing, self._reading:
            if self._generation != generation:
                return  # another thread has done it
            self._drop_connections()
            done = repair(self._path, self._migrations)
            self._generation += 1
            self._forget_damaged()
            self._wal_pages = 0
        logger.error(
            "%s was damaged (%s): %d batches of %d rooms were saved into a fresh database, and the damaged file is "
            "kept as %s; what is missing will be fetched from other boards",
            self._path,
            reason,
            done.batches,
            done.rooms,
            done.aside.name,
        )


def _in_transaction(work: Callable[[sqlite3.Connection], object]) -> Callable[[sqlite3.Connection], None]:
    def run(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise

    return run


def _check_header(path: Path) -> None:
    """SQLite takes a database of a newer format for read-only; there is none, so such a byte is damage."""
    with path.open("rb") as file:
        header = file.read(FORMAT_BYTE + 1)
    if len(header) > FORMAT_BYTE and header[FORMAT_BYTE] > FORMAT_MAX:
        raise InconsistentError("the header names a format that no SQLite writes")
