"""Rows of the database and their checksums.

A row carries all that it needs, so that it can be saved without its neighbours: whatever a disk does to the file
around it, a row whose checksum holds is ink. The checksum is CRC-32 over the key columns and the data.
"""

import struct
import zlib
from collections.abc import Sequence

from edgeboard.ids import AuthorTag, MeshId, RoomId
from edgeboard.ports import StoredBatch, StoredRoom, StoredSegment

_RANGE = struct.Struct(">qq")  # first, count; the integers of SQLite are signed

BatchRow = tuple[bytes, bytes, int, int, int, bytes]  # room, author, first, count, checksum, data
RoomRow = tuple[bytes, bytes, str, int]  # room, mesh, name, checksum
SegmentRow = tuple[bytes, int, int, int, bytes]  # room, ops, bytes, checksum, data


def batch_checksum(room: bytes, author: bytes, first: int, count: int, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(room + author + _RANGE.pack(first, count)))


def room_checksum(room: bytes, mesh: bytes, name: str) -> int:
    return zlib.crc32(room + mesh + name.encode())


def segment_checksum(room: bytes, ops: int, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(room + _RANGE.pack(ops, len(data))))


def to_batch_row(batch: StoredBatch) -> BatchRow:
    checksum = batch_checksum(batch.room, batch.author, batch.first, batch.count, batch.data)
    return batch.room, batch.author, batch.first, batch.count, checksum, batch.data


def to_room_row(room: StoredRoom) -> RoomRow:
    return room.room, room.mesh, room.name, room_checksum(room.room, room.mesh, room.name)


def read_batch_row(row: Sequence[object]) -> StoredBatch | None:
    """The batch of a row; None if the row is damaged, whatever its columns have become."""
    match row:
        case (bytes() as room, bytes() as author, int() as first, int() as count, int() as checksum, bytes() as data):
            if batch_checksum(room, author, first, count, data) == checksum:
                return StoredBatch(RoomId(room), AuthorTag(author), first, count, data)
    return None


def read_room_row(row: Sequence[object]) -> StoredRoom | None:
    """The room of a row; None if the row is damaged."""
    match row:
        case (bytes() as room, bytes() as mesh, str() as name, int() as checksum):
            if room_checksum(room, mesh, name) == checksum:
                return StoredRoom(RoomId(room), MeshId(mesh), name)
    return None


def to_segment_row(segment: StoredSegment) -> SegmentRow:
    checksum = segment_checksum(segment.room, segment.ops, segment.data)
    return segment.room, segment.ops, len(segment.data), checksum, segment.data


def read_segment_row(row: Sequence[object]) -> StoredSegment | None:
    """The history segment of a row; None if the row is damaged."""
    match row:
        case (bytes() as room, int() as ops, int() as size, int() as checksum, bytes() as data):
            if size == len(data) and segment_checksum(room, ops, data) == checksum:
                return StoredSegment(RoomId(room), ops, data)
    return None
