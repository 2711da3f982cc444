"""A row that is written, made durable, read back and removed, by the way that ink takes: whoever must know that a board
saves, asks for that instead of for a flag.

It lies among the batches of a room that no mesh has, so that no schema changes; one that power has left there is in
nobody's way, and the next proof removes it.
"""

import sqlite3
from collections.abc import Callable
from typing import Final

from edgeboard.errors import StoreError
from edgeboard.ids import AuthorTag, RoomId
from edgeboard.ports import StoredBatch
from edgeboard.storage.repair import INSERT_BATCH
from edgeboard.storage.rows import read_batch_row, to_batch_row

ROOM: Final = RoomId(bytes(16))
AUTHOR: Final = AuthorTag(bytes(8))
SELECT: Final = "SELECT room, author, first, count, checksum, data FROM batches WHERE room = ?"


def write(connection: sqlite3.Connection, token: bytes) -> None:
    """Put the row there, in the place of one that was left; within a transaction."""
    remove(connection)
    connection.execute(INSERT_BATCH, to_batch_row(StoredBatch(ROOM, AUTHOR, 0, 1, token)))


def read(rows: Callable[[str, tuple[object, ...]], list[tuple[object, ...]]]) -> bytes:
    """What the row says now.

    Raises:
        StoreError: it is not there, or damaged.
    """
    found = [batch for batch in map(read_batch_row, rows(SELECT, (ROOM,))) if batch is not None]
    if len(found) != 1:
        raise StoreError("what was written just now cannot be read back: the disk or the database is damaged")
    return found[0].data


def remove(connection: sqlite3.Connection) -> None:
    """Take the row away again; within a transaction."""
    connection.execute("DELETE FROM batches WHERE room = ?", (ROOM,))
