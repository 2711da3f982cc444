"""Reduced batches and history segments in the database: what a floor has let go of, under a byte budget.

The history lies in a table of its own, which nothing reads at a start.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from edgeboard.ids import RoomId
from edgeboard.oplog.history import Entry, encode_segment
from edgeboard.ports import StoredBatch, StoredSegment
from edgeboard.storage.rows import read_segment_row, to_batch_row, to_segment_row

UPDATE_BATCH = """
    UPDATE batches SET checksum = ?, data = ? WHERE room = ? AND author = ? AND first = ? AND count = ?
"""
INSERT_SEGMENT = "INSERT INTO history (room, ops, bytes, checksum, data) VALUES (?, ?, ?, ?, ?)"
SELECT_SEGMENT = (
    "SELECT id, room, ops, bytes, checksum, data FROM history WHERE room = ? AND id > ? ORDER BY id LIMIT 1"
)


SelectRows = Callable[[str, tuple[object, ...]], list[tuple[object, ...]]]


def rewrite(
    connection: sqlite3.Connection, batches: Sequence[StoredBatch], segments: Sequence[StoredSegment], keep_bytes: int
) -> None:
    """Change the rows of these batches, add these segments, and let the oldest go; within a transaction."""
    for room, author, first, count, checksum, data in map(to_batch_row, batches):
        connection.execute(UPDATE_BATCH, (checksum, data, room, author, first, count))
    connection.executemany(INSERT_SEGMENT, map(to_segment_row, segments))
    trim(connection, keep_bytes)


def trim(connection: sqlite3.Connection, keep_bytes: int) -> None:
    """Let the oldest segments go until `keep_bytes` are left."""
    (size,) = connection.execute("SELECT coalesce(sum(bytes), 0) FROM history").fetchone()
    last = 0
    for number, taken in connection.execute("SELECT id, bytes FROM history ORDER BY id"):
        if size <= keep_bytes:
            break
        size, last = size - taken, number
    connection.execute("DELETE FROM history WHERE id <= ?", (last,))


def read_segments(rows: SelectRows, room: RoomId) -> Iterator[StoredSegment]:
    """The whole segments of a room, oldest first, one row at a time: a history may be larger than the memory."""
    last = 0
    while row := rows(SELECT_SEGMENT, (room, last)):
        last = cast("int", row[0][0])
        segment = read_segment_row(row[0][1:])
        if segment is not None:
            yield segment


def to_segments(room: RoomId, dropped: Sequence[Entry]) -> list[StoredSegment]:
    """Ops that were let go of as a segment, if there are any."""
    return [StoredSegment(room, len(dropped), encode_segment(dropped))] if dropped else []
