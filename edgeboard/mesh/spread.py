"""What is new on its way out.

Rules of this file:
- a batch is pushed once to each link that joined its room, except where it came from; there are no retries;
- in a mesh that is linked all to all, whoever gets a batch from a node does not pass it on to those whom that node
  reaches itself; in a larger one the tree decides (`mesh.broadcast`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import final

from edgeboard.ids import AuthorTag, NodeId, RoomId
from edgeboard.mesh.antientropy import ReadVector, Repair
from edgeboard.mesh.broadcast import Broadcast
from edgeboard.mesh.disks import Disks
from edgeboard.mesh.flow import LinkState, RoomFlow
from edgeboard.mesh.membership import Membership
from edgeboard.vectors import Vector
from edgeboard.wire.gossip import ROSTER, Graft, Have, Prune
from edgeboard.wire.messages import Message, VectorIs


@final
class Spread:
    """The tree (`mesh.broadcast`) put to use on the links of a node; the arguments are parts of the engine."""

    def __init__(
        self,
        links: Mapping[int, LinkState],
        joined: Callable[[RoomId], Iterable[tuple[LinkState, RoomFlow]]],
        vector: ReadVector,
        node_of: Callable[[RoomId, AuthorTag], NodeId | None],
        broadcast: Broadcast,
        repair: Repair,
        membership: Membership,
        disks: Disks,
        say: Callable[[LinkState, Message], None],
        give: Callable[[LinkState, RoomId, bytes], None],
    ) -> None:
        self._links = links
        self._joined = joined
        self._vector = vector
        self._node_of = node_of
        self._broadcast = broadcast
        self._repair = repair
        self._membership = membership
        self._disks = disks
        self._say = say
        self._give = give
        self.pushed = self.duplicates = self.skipped = self.told = self.grafted = 0

    def push(
        self, room: RoomId, batch: tuple[AuthorTag, int, int], data: bytes, source: int | None, now: float
    ) -> None:
        """A batch is new here: (author, first, end) and its bytes; `source` is the link it came by."""
        author, first, end = batch
        self._repair.arrived(room, author, end, source)
        self._broadcast.arrived(room, author, end)
        giver = None if source is None else self._links.get(source)
        if giver is not None and giver.node == self._node_of(room, author):
            self._disks.given(room, author, giver.link)
        for state, flow in self._joined(room):
            theirs = flow.theirs.get(author, 0)
            if state.link == source or theirs >= end:
                flow.theirs[author] = max(theirs, end)
                continue
            if flow.wanted or (state.is_guest and theirs != first):
                continue  # its backlog is under way and will come to this batch
            if not state.is_guest:
                if giver is not None and not giver.is_guest and self._reaches(giver, state):
                    continue
                if self._broadcast.is_lazy(room, state.link):
                    self._broadcast.tell(room, state.link, author, end, now)
                    continue
            if not state.takes(data):
                self.skipped += 1
                continue
            self._give(state, room, data)
            self.pushed += 1
            if theirs == first:
                flow.theirs[author] = end
        if giver is not None:
            self._repair.pump(giver)

    def _reaches(self, giver: LinkState, other: LinkState) -> bool:
        """Whether what one node has given us it gives another one as well, in a mesh that is linked all to all."""
        membership = self._membership
        return membership.overlay.is_full and membership.members.are_linked(NodeId(giver.node), NodeId(other.node))

    def duplicate(self, room: RoomId, link: int) -> None:
        """A link has brought what was here already."""
        self.duplicates += 1
        state = self._links.get(link)
        if state is None or self._membership.overlay.is_full or self._repair.is_answering(room, state):
            return
        if self._broadcast.make_lazy(room, link):
            self._say(state, Prune(room))

    def bypass(self, link: int) -> None:
        """News went through a link that is gone, or silent: the lazy ones carry them from now on."""
        for topic, other in self._broadcast.lost(link):
            if other in self._links:
                self._say(self._links[other], Graft(topic))
                self.catch_up(self._links[other], topic)
                self.grafted += 1

    def catch_up(self, state: LinkState, topic: RoomId) -> None:
        """Say what we have of a topic: what was lost on the way is asked for at once."""
        mine = self._vector(topic)
        if topic == ROSTER:
            self._membership.catch_up(state)
        elif mine is not None and topic in state.rooms:
            self._say(state, VectorIs(topic, mine.to_bytes()))

    def _graft(self, topic: RoomId, link: int, vector: Vector, now: float) -> None:
        """What a link has told of has not come by another: ask for it, and have the rest from this one at once."""
        state, mine = self._links.get(link), self.held(topic)
        if state is None or mine is None or not vector.beyond(mine):
            return
        if self._broadcast.make_eager(topic, link):
            self._say(state, Graft(topic))
            self.grafted += 1
        if topic == ROSTER:
            self._membership.catch_up(state)
        self._repair.learn(state, topic, vector, now)

    def held(self, topic: RoomId) -> Vector | None:
        """What we have of a room, or of the roster."""
        return self._membership.members.vector() if topic == ROSTER else self._vector(topic)

    def told_us(self, state: LinkState, topic: RoomId, told: Vector, now: float) -> None:
        """A link says what it has and does not push."""
        flow, mine = state.rooms.get(topic), self.held(topic)
        if mine is None:
            return
        if flow is not None:
            flow.learn(told, mine)
        if flow is not None or topic == ROSTER:
            self._broadcast.told_us(topic, told, mine, state.link, now)

    def on_timer(self, now: float) -> None:
        """Tell lazy links what there is, and ask for what should have come."""
        for link, topic, vector in self._broadcast.news(now):
            if link in self._links:
                self._say(self._links[link], Have(topic, vector.to_bytes()))
                self.told += 1
        for (topic, link), ends in self._broadcast.overdue(now).items():
            self._graft(topic, link, Vector(ends), now)
