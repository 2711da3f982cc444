"""Whether the disks of all boards hold something, in a mesh where nobody is linked to all.

Who wants to know asks: the question, a room and a vector, goes from node to node until all have heard it, and those
who link later hear it then. A node whose disk holds what is asked for says so in its record, by the question's digest,
and records reach everybody anyway. So an answer costs a few bytes, and nobody has to count who has answered.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, final

from edgeboard.ids import RoomId
from edgeboard.mesh.disks import Disks
from edgeboard.mesh.flow import LinkState
from edgeboard.mesh.members import Members
from edgeboard.rate import TokenBucket
from edgeboard.vectors import Vector
from edgeboard.wire.gossip import Cover
from edgeboard.wire.members import COVERS_MAX
from edgeboard.wire.messages import Message

KEPT_S: Final = 9_000.0  # a question is forgotten then
AGAIN_S: Final = 3_000.0  # who still wants to know by then asks again
QUESTIONS_PER_S: Final = 0.1  # of others, that are heard: floors are rare
BURST: Final = 8


@final
class Coverage:
    """The questions that a node has heard, and what it says to them.

    Args:
        links: all links of the node.
        disks: what is on our disk.
        members: in whose records the answers are.
        say: sends a message on ctl.
        changed: our record is to say something else.
    """

    def __init__(
        self,
        links: Mapping[int, LinkState],
        disks: Disks,
        members: Members,
        say: Callable[[LinkState, Message], None],
        changed: Callable[[float], None],
    ) -> None:
        self._links = links
        self._disks = disks
        self._members = members
        self._say = say
        self._changed = changed
        self._asked: dict[bytes, tuple[RoomId, Vector, float]] = {}  # by digest; when it was heard last; oldest first
        self._held: frozenset[bytes] = frozenset()
        self._rate = TokenBucket(QUESTIONS_PER_S, BURST, 0.0)

    @property
    def held(self) -> tuple[bytes, ...]:
        """What was asked for and our disk holds, as our record says it."""
        return tuple(sorted(self._held))

    def covers(self, room: RoomId, vector: Vector, now: float) -> bool:
        """Whether all that are alive have this on disk, ourselves among them; if we cannot tell, everybody is asked."""
        question = digest(room, vector)
        if self._is_news(question, AGAIN_S, now):
            self._hear(question, room, vector, now)
            self._pass_on(room, vector, None)
        if question not in self._held:
            return False
        records = (self._members.get(node) for node in self._members.alive())
        return all(record is not None and question in record.about.covers for record in records)

    def receive(self, state: LinkState, message: Cover, now: float) -> None:
        """Somebody asks.

        Raises:
            DecodeError: not a vector.
        """
        room, vector = RoomId(message.room), Vector.from_bytes(message.vector)
        question = digest(room, vector)
        if self._is_news(question, AGAIN_S / 2, now) and self._rate.take(now):
            self._hear(question, room, vector, now)
            self._pass_on(room, vector, state)

    def greet(self, state: LinkState) -> None:
        """A node is linked: it may not have heard what was asked."""
        for room, vector, _ in self._asked.values():
            self._say(state, Cover(room, vector.to_bytes()))

    def _pass_on(self, room: RoomId, vector: Vector, source: LinkState | None) -> None:
        message = Cover(room, vector.to_bytes())
        for state in self._links.values():
            if state is not source and not state.is_guest:
                self._say(state, message)

    def _is_news(self, question: bytes, pause_s: float, now: float) -> bool:
        return question not in self._asked or now - self._asked[question][2] >= pause_s

    def _hear(self, question: bytes, room: RoomId, vector: Vector, now: float) -> None:
        self._asked.pop(question, None)
        self._asked[question] = room, vector, now
        if len(self._asked) > COVERS_MAX:
            del self._asked[next(iter(self._asked))]
        self.on_timer(now)

    def on_timer(self, now: float) -> None:
        """See whether our disk holds what it did not, and forget what nobody wants to know any more."""
        for question, (_, _, heard) in list(self._asked.items()):
            if now - heard >= KEPT_S:
                del self._asked[question]
        held = frozenset(
            question
            for question, (room, vector, _) in self._asked.items()
            if question in self._held or self._disks.holds(room, vector)
        )
        if held != self._held:
            self._held = held
            self._changed(now)


def digest(room: RoomId, vector: Vector) -> bytes:
    """8 bytes that stand for a question."""
    return hashlib.sha256(room + vector.to_bytes()).digest()[:8]
