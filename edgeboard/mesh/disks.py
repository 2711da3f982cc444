"""What is on whose disk: ours, as the other nodes are told, and theirs, as far as they said.

The node that has logged ink waits to hear that it is on our disk, for then it is safe: if it gave us that ink itself,
it is told soon. All others, who only want to know what a floor may cover, are told now and then.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import final

from edgeboard.ids import AuthorTag, NodeId, RoomId
from edgeboard.mesh.flow import LinkState, RoomFlow
from edgeboard.timers import soonest
from edgeboard.vectors import Vector
from edgeboard.wire.messages import Message, Stored

Ends = dict[AuthorTag, int]  # by author, up to which entry


@final
class Disks:
    """The STORED messages of a node.

    Args:
        soon_s: commits of so many seconds make one message to the node that logged them.
        later_s: and of so many to everybody else.
        joined: the links that joined a room.
        say: sends a message on ctl.
    """

    def __init__(
        self,
        soon_s: float,
        later_s: float,
        joined: Callable[[RoomId], Iterable[tuple[LinkState, RoomFlow]]],
        say: Callable[[LinkState, Message], None],
    ) -> None:
        self._soon_s = soon_s
        self._later_s = later_s
        self._joined = joined
        self._say = say
        self._ours: dict[RoomId, Ends] = {}
        self._givers: dict[RoomId, dict[AuthorTag, int]] = {}  # the link to the node of an author
        self._soon: dict[RoomId, dict[int, Ends]] = {}  # to be told, by link
        self._later: dict[RoomId, Ends] = {}
        self._soon_due: float | None = None
        self._later_due: float | None = None
        self._best: dict[RoomId, Ends] = {}  # of the others; made again when a link has gone

    def given(self, room: RoomId, author: AuthorTag, link: int) -> None:
        """Ink has come by the link to the node that has logged it."""
        self._givers.setdefault(room, {})[author] = link

    def stored(self, room: RoomId, author: AuthorTag, end: int, now: float) -> None:
        """Our disk holds the entries of `author` below `end`."""
        ours = self._ours.setdefault(room, {})
        end = ours[author] = max(end, ours.get(author, 0))
        self._later.setdefault(room, {})[author] = end
        if self._later_due is None:
            self._later_due = now + self._later_s
        giver = self._givers.get(room, {}).get(author)
        if giver is not None:
            self._soon.setdefault(room, {}).setdefault(giver, {})[author] = end
            if self._soon_due is None:
                self._soon_due = now + self._soon_s

    def holds(self, room: RoomId, vector: Vector) -> bool:
        """Whether our disk holds all that a vector names."""
        ours = self._ours.get(room, {})
        return all(ours.get(tag, 0) >= end for tag, end in vector.items())

    def greet(self, state: LinkState, room: RoomId) -> None:
        """A node has joined a room: it is told all of it."""
        ours = self._ours.get(room)
        if ours:
            self._say(state, Stored(room, Vector(ours).to_bytes()))

    def receive(self, state: LinkState, message: Stored) -> None:
        """Raises: DecodeError: not a vector."""
        room = RoomId(message.room)
        flow = state.rooms.get(room)
        if flow is None or state.is_guest:
            return
        best = self._best.get(room)
        for tag, end in Vector.from_bytes(message.vector).items():
            if end > flow.stored.get(tag, 0):
                flow.stored[tag] = end
                if best is not None and end > best.get(tag, 0):
                    best[tag] = end

    def links_changed(self) -> None:
        """A link has come into a room, or has gone."""
        self._best.clear()

    def of_others(self, room: RoomId) -> dict[NodeId, Vector]:
        """What each node that is linked and in the room has on disk."""
        return {NodeId(state.node): Vector(flow.stored) for state, flow in self._joined(room) if not state.is_guest}

    def best(self, room: RoomId) -> Mapping[AuthorTag, int] | None:
        """How far the best other node has stored each author; None if no other node is in the room."""
        known = self._best.get(room)
        if known is not None:
            return known
        stored = [flow.stored for state, flow in self._joined(room) if not state.is_guest]
        if not stored:
            return None
        best = self._best[room] = {}
        for each in stored:
            for tag, end in each.items():
                if end > best.get(tag, 0):
                    best[tag] = end
        return best

    def next_timer(self) -> float | None:
        return soonest(self._soon_due, self._later_due)

    def on_timer(self, now: float) -> None:
        if self._soon_due is not None and now >= self._soon_due:
            soon, self._soon, self._soon_due = self._soon, {}, None
            for room, by_link in soon.items():
                for state, _ in self._joined(room):
                    if state.link in by_link:
                        self._say(state, Stored(room, Vector(by_link[state.link]).to_bytes()))
        if self._later_due is not None and now >= self._later_due:
            later, self._later, self._later_due = self._later, {}, None
            for room, ends in later.items():
                message = Stored(room, Vector(ends).to_bytes())
                for state, _ in self._joined(room):
                    if not state.is_guest:
                        self._say(state, message)
