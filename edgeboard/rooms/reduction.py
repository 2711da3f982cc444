"""Giving back what a floor has ended: on the disk in slices, then in memory by beginning anew beside what is there.

Rules of this file:
- one slice of the log is under way to the disk at a time, in one transaction with the history of what it lets go of; a
  power cut between two slices leaves a log of which the rest is reduced after the next start;
- the reduced log is then applied to a fresh canvas in small steps, and the two take the place of the old ones at once
  when they show the same; nobody sees a difference, and the old ones' memory is free.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, final

from edgeboard.oplog.floors import Reduced, reduce_log
from edgeboard.oplog.history import Entry
from edgeboard.rooms.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeboard.canvas.document import Document
    from edgeboard.oplog.log import Log

SLICE_BYTES: Final = 128 * 1024  # of ops let go of: one transaction, one history segment
PAUSES: Final = 16  # of the reduction in one step
STEP_BYTES: Final = 16 * 1024  # of batches applied anew in one step ..
STEP_BATCHES: Final = 32  # .. which is some milliseconds on a small board
STEP_S: Final = 0.02  # between steps
RETRY_S: Final = 30.0  # after the disk has failed


@dataclass(frozen=True, slots=True)
class Slice:
    """Batches that have let go of ops, and these."""

    batches: tuple[Reduced, ...]
    dropped: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ReductionStatistics:
    """A snapshot of what was given back in this run."""

    ops: int
    slices: int  # transactions
    under_way: bool


@final
class Reduction:
    """Reduces one room's log whenever a floor has ended something."""

    def __init__(self) -> None:
        self._ended = 0  # items that were gone when it last began
        self._steps: Iterator[Reduced | None] = iter(())
        self._is_reducing = False
        self._gave = False  # this time
        self._gathered: list[Reduced] = []
        self._size = 0
        self._under_way: Slice | None = None
        self._fresh: tuple[Log, Document] | None = None
        self._due: float | None = None
        self._ops = self._slices = 0

    def next_timer(self) -> float | None:
        return self._due

    def begin_if_due(self, room: Room, now: float) -> None:
        """Begin, if a floor has ended something since the last time."""
        if self._due is not None or self._under_way is not None or not room.is_loaded:
            return
        gone = room.document.statistics().gone
        if gone != self._ended:
            self._ended = gone
            self._steps = reduce_log(room.log, room.document)
            self._is_reducing, self._gave = True, False
            self._due = now

    def on_timer(self, room: Room, now: float) -> tuple[Slice | None, str | None]:
        """Do one step: gives a slice for the disk, if one is full, and an alarm, if there is one."""
        if self._due is None or now < self._due:
            return None, None
        self._due = now + STEP_S
        if self._under_way is None and self._is_reducing:
            self._under_way = self._reduce()
        if self._under_way is not None:
            self._due = None  # until we hear of it
            return self._under_way, None
        return None, None if self._is_reducing else self._renew(room)

    def written(self, now: float, *, ok: bool) -> None:
        """The slice under way is on the disk; or it is not, and is given again later."""
        if self._under_way is None:
            return
        self._due = now + (STEP_S if ok else RETRY_S)
        if ok:
            self._gave = True
            self._slices += 1
            self._ops += len(self._under_way.dropped)
            self._under_way = None

    def _reduce(self) -> Slice | None:
        for _ in range(PAUSES):
            try:
                reduced = next(self._steps)
            except StopIteration:
                self._is_reducing = False
                break
            if reduced is not None:
                self._gathered.append(reduced)
                self._size += sum(len(entry.tail) for entry in reduced.dropped)
                if self._size >= SLICE_BYTES:
                    break
        if not self._gathered or (self._is_reducing and self._size < SLICE_BYTES):
            return None
        batches, self._gathered, self._size = tuple(self._gathered), [], 0
        return Slice(batches, tuple(entry for each in batches for entry in each.dropped))

    def _renew(self, room: Room) -> str | None:
        """Apply some more of the log to a fresh canvas; when all is applied, the fresh one is the room's."""
        if not self._gave:  # nothing was given back
            self._due = None
            return None
        if self._fresh is None:
            self._fresh = room.begin_anew()
        log, document = self._fresh
        batches = size = 0
        for wanted in room.log.vector().beyond(log.vector()):
            for data in room.log.read(wanted):
                room.take_into(log, document, data)
                batches, size = batches + 1, size + len(data)
                if batches >= STEP_BATCHES or size >= STEP_BYTES:
                    return None
        if room.gathered_until() is not None or room.log.statistics().waiting:
            return None  # in a moment
        self._fresh, self._due = None, None
        if document.digest() != room.document.digest():
            return f"room {room.name}: the reduced log shows another canvas; its memory is not given back"
        room.exchange(log, document)
        self._ended = document.statistics().gone
        return None

    def statistics(self) -> ReductionStatistics:
        """How much was given back."""
        return ReductionStatistics(self._ops, self._slices, self._due is not None or self._under_way is not None)
