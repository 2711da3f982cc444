"""A store that forgets everything with the process: for tests, demonstrations and boards told to keep nothing.

Its faults can be switched, so that whatever depends on a store can be tested against a full disk or a damaged row.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from typing import final

from edgeboard.errors import StoreError
from edgeboard.ids import AuthorTag, RoomId
from edgeboard.ports import StoredBatch, StoredRoom, StoredSegment

logger = logging.getLogger(__name__)


@final
class MemoryStore:
    """Implements `ports.Store`; may be used from several threads.

    Attributes:
        writes: how many calls of `write` succeeded, that is, transactions.
        fault: while it is set, writing raises a StoreError with this text.
    """

    def __init__(self) -> None:
        self.writes = 0
        self.fault: str | None = None
        self._failures_left = 0
        self._lock = threading.Lock()
        self._rooms: dict[RoomId, StoredRoom] = {}
        self._batches: dict[RoomId, dict[tuple[AuthorTag, int], StoredBatch]] = {}
        self._segments: list[StoredSegment] = []
        self._damaged: set[tuple[RoomId, AuthorTag, int]] = set()

    def fail_next(self, writes: int) -> None:
        """Let this many of the following writes fail."""
        self._failures_left = writes

    def damage(self, room: RoomId, author: AuthorTag, first: int) -> None:
        """Damage the row of this place: the next load leaves it out and makes its place free."""
        self._damaged.add((room, author, first))

    def rooms(self) -> list[StoredRoom]:
        with self._lock:
            return list(self._rooms.values())

    def add_room(self, room: StoredRoom) -> None:
        with self._lock:
            self._refuse_if_faulty()
            self._rooms[room.room] = room

    def load(self, room: RoomId) -> Iterator[StoredBatch]:
        with self._lock:
            places = self._batches.get(room, {})
            damaged = sorted((author, first) for where, author, first in self._damaged if where == room)
            for author, first in damaged:
                places.pop((author, first), None)
                self._damaged.discard((room, author, first))
            batches = [places[place] for place in sorted(places)]
        if damaged:
            logger.warning(
                "room %s: %d damaged batches left out; peers will be asked for them", room.hex(), len(damaged)
            )
        yield from batches

    def write(self, batches: Sequence[StoredBatch]) -> None:
        with self._lock:
            self._refuse_if_faulty()
            for batch in batches:
                self._batches.setdefault(batch.room, {}).setdefault((batch.author, batch.first), batch)
            self.writes += 1

    def rewrite(self, batches: Sequence[StoredBatch], segments: Sequence[StoredSegment], keep_bytes: int) -> None:
        with self._lock:
            self._refuse_if_faulty()
            for batch in batches:
                held = self._batches.get(batch.room, {})
                if (batch.author, batch.first) in held:
                    held[batch.author, batch.first] = batch
            self._segments += segments
            while sum(len(segment.data) for segment in self._segments) > keep_bytes:
                del self._segments[0]
            self.writes += 1

    def prove(self, token: bytes) -> bytes:
        with self._lock:
            self._refuse_if_faulty()
            return token

    def history(self, room: RoomId) -> Iterator[StoredSegment]:
        with self._lock:
            segments = [segment for segment in self._segments if segment.room == room]
        yield from segments

    def tidy(self, idle: bool) -> None:
        pass

    def close(self) -> None:
        pass

    def _refuse_if_faulty(self) -> None:
        if self.fault is not None:
            raise StoreError(self.fault)
        if self._failures_left > 0:
            self._failures_left -= 1
            raise StoreError("the store was told to fail")
