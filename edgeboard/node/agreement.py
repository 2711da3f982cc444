"""Whether boards that hold the same log show the same canvas: now and then they tell each other a digest of it.

A digest is a look at every item, so pens come first: a board makes one to tell and one to compare in each interval, and
a board of many items has longer intervals.
"""

from typing import final

from edgeboard.ids import RoomId
from edgeboard.node.core import Core
from edgeboard.node.values import Alarm
from edgeboard.rooms.states import RoomEvent, RoomState
from edgeboard.wire.messages import Digest

ITEMS = 10_000  # so many double the interval


@final
class Agreement:
    """The comparisons of all rooms of a node."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._tell_due = 0.0
        self._compare_due: dict[RoomId, float] = {}

    def on_timer(self, now: float) -> None:
        """Tell the neighbours what we show, if it is time."""
        if now < self._tell_due:
            return
        core = self._core
        self._tell_due = now + self._interval()
        for room in core.rooms.values():
            links = core.mesh.node_links(room.room)
            if links and not core.mesh.behind(room.room) and room.gathered_until() is None:
                message = Digest(room.room, room.log.vector_digest(), room.document.digest())
                for link in links:
                    core.say(link, message)

    def receive(self, message: Digest, now: float) -> None:
        """Equal vectors and unequal canvases cannot be: a node is faulty or lies."""
        room = self._core.rooms.get(RoomId(message.room))
        if room is None or room.log.vector_digest() != message.vector or room.gathered_until() is not None:
            return  # what is being gathered is on our canvas, and in nobody's log
        if now < self._compare_due.get(room.room, 0.0) and room.state is not RoomState.CONVERGING:
            return  # we have compared it with somebody else's, who compares as well
        self._compare_due[room.room] = now + self._interval() / 2
        if room.document.digest() == message.canvas:
            self._core.event(room, RoomEvent.AGREED)
        elif self._core.event(room, RoomEvent.DIVERGED):
            self._core.out.append(Alarm(f"room {room.name}: another node shows another canvas for the same log"))

    def _interval(self) -> float:
        """Seconds."""
        items = sum(room.document.statistics().items for room in self._core.rooms.values())
        return self._core.settings.digest_s * (1 + items / ITEMS)
