"""Upkeep of the rooms while nobody waits for it: floors where they are due, and giving back what floors have ended.

Who is present and what they hold comes from the mesh; what is dead is the room's to say; here the two meet. Everything
is done in small steps, each an input of its own, so that pens and links come in between.
"""

from dataclasses import asdict
from typing import Any, final

from edgeboard.canvas.bodies import Floor
from edgeboard.errors import RefusedError, StateError
from edgeboard.ids import NodeId, OpId, RoomId
from edgeboard.node.core import Core
from edgeboard.node.values import Alarm, Rewrite
from edgeboard.oplog.floors import context_within
from edgeboard.rooms.compaction import FloorWatch
from edgeboard.rooms.reduction import Reduction
from edgeboard.rooms.room import Room
from edgeboard.rooms.states import RoomState
from edgeboard.timers import soonest
from edgeboard.vectors import Vector

ASKING = 3  # boards, the first in rank, that ask the others about their disks where nobody is linked to all
NOTICE_S = 1.0  # after a floor has ended something, until its reduction begins


@final
class Upkeep:
    """The upkeep of all rooms of a node."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._watches: dict[RoomId, FloorWatch] = {}
        self._reductions: dict[RoomId, Reduction] = {}
        self._notice_due = 0.0
        self._is_stirred = False  # something has changed since the last notice
        core.on_touched = self._touched

    def next_timer(self) -> float | None:
        times = [watch.next_timer() for watch in self._watches.values()]
        times += [reduction.next_timer() for reduction in self._reductions.values()]
        return soonest(self._notice_due if self._is_stirred else None, *times)

    def on_timer(self, now: float) -> None:
        """Do one step in each room."""
        is_notice = self._is_stirred and now >= self._notice_due
        if is_notice:
            self._notice_due, self._is_stirred = now + NOTICE_S, False
        for key, room in self._core.rooms.items():
            if not room.is_loaded:
                continue
            if key not in self._watches:
                self._watches[key] = FloorWatch(self._core.settings.compaction, now)
                self._reductions[key] = Reduction()
            self._watch(room, now)
            self._reduce(room, now, is_notice=is_notice)

    def rewritten(self, key: RoomId, now: float, *, ok: bool) -> None:
        """The slice that was under way is on the disk; or it is not."""
        reduction = self._reductions.get(key)
        if reduction is not None:
            reduction.written(now, ok=ok)

    def _touched(self, key: RoomId, items: tuple[OpId, ...]) -> None:
        self._is_stirred = True
        watch = self._watches.get(key)
        if watch is not None:
            watch.touched(items)

    def _watch(self, room: Room, now: float) -> None:
        core, watch = self._core, self._watches[room.room]
        due = watch.next_timer()
        if due is None or now < due:
            return
        if not core.identity.draws:
            watch.postpone(now)  # another board's floor is as good
            return
        if room.state is not RoomState.ACTIVE or core.mesh.behind(room.room):
            watch.postpone(now)
            return
        disks, alive = core.mesh.disks.of_others(room.room), core.mesh.membership.members.alive()
        is_linked_to_all = alive <= disks.keys()
        rank = sum(node < core.identity.node and core.draws(NodeId(node)) for node in alive | disks.keys())
        if not is_linked_to_all and rank >= ASKING:
            watch.postpone(now)
            return

        def covered(seen: Vector) -> bool:
            if is_linked_to_all:
                return all(theirs.includes(seen) for theirs in disks.values())
            return core.mesh.coverage.covers(room.room, seen, now)

        seen = watch.on_timer(now, room.document, room.log.vector(), room.log.statistics().bytes, rank, covered)
        if seen is None:
            return
        try:
            core.require_store()
            room.submit([Floor(context_within(room.document, seen))], now)
        except (RefusedError, StateError):
            return  # another look comes
        core.flush_due(room, now)

    def _reduce(self, room: Room, now: float, *, is_notice: bool) -> None:
        reduction = self._reductions[room.room]
        if is_notice:
            reduction.begin_if_due(room, now)
        given, alarm = reduction.on_timer(room, now)
        if given is not None:
            self._core.out.append(Rewrite(room.room, given.batches, given.dropped))
        if alarm is not None:
            self._core.out.append(Alarm(alarm))

    def statistics(self, key: RoomId) -> dict[str, Any]:
        """What `edgeboard status` shows of a room."""
        watch, reduction = self._watches.get(key), self._reductions.get(key)
        if watch is None or reduction is None:
            return {}
        return {**asdict(watch.statistics()), "given_back": asdict(reduction.statistics())}
