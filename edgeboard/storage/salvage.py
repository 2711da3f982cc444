"""Reading what is left of a damaged database, page by page, without SQLite.

SQLite refuses a file whose first sector is gone, and stops at the first bad page in its way. Our rows carry their own
checksums, so it is enough to look at every page by itself, in the database and in its WAL, and to take each record of
a table leaf that can be read at all; the caller keeps those whose checksum holds. Old versions of a page do no harm: a
row is added, or gives way to one that has let go of what nobody sees, which the next start does
again. Layouts are those of https://sqlite.org/fileformat2.html, with sections named below.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import final

PAGE_BYTES = 4096  # what our databases are made with
WAL_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
DATABASE_HEADER_BYTES = 100  # in front of page 1

TABLE_LEAF = 0x0D
CELLS_MAX = (PAGE_BYTES - 8) // 4  # of a page: two bytes of pointer, at least two of cell
LOCAL_MAX = PAGE_BYTES - 35  # section 1.6: a longer payload goes on in overflow pages ..
LOCAL_MIN = (PAGE_BYTES - 12) * 32 // 255 - 23  # .. and at least this much of it stays
PAYLOAD_MAX = 1 << 20  # bytes; far above our longest row, far below what a damaged length may claim
COLUMNS_MAX = 16

Record = tuple[object, ...]


def read_records(path: Path) -> Iterator[Record]:
    """Every record that can be read from the table leaves of the database at `path` and of its WAL.

    Records come in no order, some of them twice, some of other tables, some damaged. A page that the disk fails to
    read is passed over; a file that does not exist has no pages.
    """
    pages = _Pages(path)
    try:
        for page, header in pages.every():
            yield from _read_leaf(pages, page, header)
    finally:
        pages.close()


@final
class _Pages:
    """The pages of a database and of its WAL."""

    def __init__(self, path: Path) -> None:
        self._database = _Blocks(path, 0, PAGE_BYTES)
        self._wal = _Blocks(path.with_name(f"{path.name}-wal"), WAL_HEADER_BYTES, FRAME_HEADER_BYTES + PAGE_BYTES)
        self._newest: dict[int, int] = {}  # page number -> frame
        for frame in range(len(self._wal)):
            number = int.from_bytes(self._wal.read(frame)[:4], "big")
            self._newest[number] = frame

    def every(self) -> Iterator[tuple[bytes, int]]:
        """Each page in each of its versions, with the offset of its b-tree header."""
        for index in range(len(self._database)):
            yield self._database.read(index), DATABASE_HEADER_BYTES if index == 0 else 0
        for frame in range(len(self._wal)):
            block = self._wal.read(frame)
            first = block[:4] == b"\0\0\0\1"
            yield block[FRAME_HEADER_BYTES:], DATABASE_HEADER_BYTES if first else 0

    def read(self, number: int) -> bytes:
        """The newest version of a page; empty if there is none."""
        if number in self._newest:
            return self._wal.read(self._newest[number])[FRAME_HEADER_BYTES:]
        return self._database.read(number - 1)

    def close(self) -> None:
        self._database.close()
        self._wal.close()


@final
class _Blocks:
    """A file as blocks of equal length behind a header; what cannot be read is empty."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._start = start
        self._length = length
        try:
            self._file = path.open("rb", buffering=0)
            self._count = max(0, path.stat().st_size - start) // length
        except FileNotFoundError:
            self._count = 0

    def __len__(self) -> int:
        return self._count

    def read(self, index: int) -> bytes:
        if not 0 <= index < self._count:
            return b""
        try:
            self._file.seek(self._start + index * self._length)
            block = self._file.read(self._length)
        except OSError:  # a bad sector
            return b""
        return block if len(block) == self._length else b""

    def close(self) -> None:
        if self._count or hasattr(self, "_file"):
            self._file.close()


def _read_leaf(pages: _Pages, page: bytes, header: int) -> Iterator[Record]:
    """Section 1.6: the header of a leaf is 8 bytes, then a pointer of 2 bytes to each cell."""
    if len(page) < PAGE_BYTES or page[header] != TABLE_LEAF:
        return
    count = int.from_bytes(page[header + 3 : header + 5], "big")
    for number in range(min(count, CELLS_MAX)):
        pointer = header + 8 + 2 * number
        record = _read_cell(pages, page, int.from_bytes(page[pointer : pointer + 2], "big"))
        if record is not None:
            yield record


def _read_cell(pages: _Pages, page: bytes, at: int) -> Record | None:
    """Section 1.6: length of the payload, rowid, payload, and the first overflow page if it does not fit."""
    try:
        length, at = _read_varint(page, at)
        _rowid, at = _read_varint(page, at)
        if length > PAYLOAD_MAX:
            return None
        local = length
        if length > LOCAL_MAX:
            local = LOCAL_MIN + (length - LOCAL_MIN) % (PAGE_BYTES - 4)
            local = local if local <= LOCAL_MAX else LOCAL_MIN
        payload = bytearray(page[at : at + local])
        follows = page[at + local : at + local + 4]
        while len(payload) < length:
            overflow = pages.read(int.from_bytes(follows, "big"))
            if not overflow:
                return None
            follows = overflow[:4]
            payload += overflow[4 : 4 + length - len(payload)]
        return _read_record(bytes(payload))
    except (IndexError, ValueError, struct.error):
        return None


def _read_record(payload: bytes) -> Record | None:
    """Section 2.1: length of the header, a serial type for each column, then the columns."""
    end, at = _read_varint(payload, 0)
    types: list[int] = []
    while at < end and len(types) < COLUMNS_MAX:
        kind, at = _read_varint(payload, at)
        types.append(kind)
    if at != end:
        return None
    columns: list[object] = []
    value: object
    for kind in types:
        match kind:
            case 0:
                size, value = 0, None
            case 8 | 9:
                size, value = 0, kind - 8
            case 1 | 2 | 3 | 4 | 5 | 6:
                size = (1, 2, 3, 4, 6, 8)[kind - 1]
                value = int.from_bytes(payload[at : at + size], "big", signed=True)
            case 7:
                size = 8
                (value,) = struct.unpack(">d", payload[at : at + 8])
            case _ if kind >= 12:
                size = (kind - 12) // 2
                data = payload[at : at + size]
                value = data.decode() if kind % 2 else data
            case _:
                return None
        at += size
        columns.append(value)
    return tuple(columns) if at == len(payload) else None


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Section 1.6: seven bits a byte, high bits first; a ninth byte gives eight."""
    value = 0
    for position in range(at, at + 8):
        byte = data[position]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position + 1
    return value << 8 | data[at + 8], at + 9
