"""Repair: whoever lacks something asks for it by range, or is fed by its host.

Rules of this file:
- one neighbour is asked per missing range; after `ask_again_s` another one is;
- what a link cannot take now is not queued: it has asked, and is given the rest when its credit returns;
- a guest asks for nothing: its host compares what the guest holds with what there is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import final

from edgeboard.ids import AuthorTag, RoomId
from edgeboard.mesh.flow import LinkState, RoomFlow
from edgeboard.mesh.values import MeshSettings
from edgeboard.vectors import Range, Vector
from edgeboard.wire.fields import RANGES_MAX
from edgeboard.wire.messages import CaughtUp, Message, Want

ReadVector = Callable[[RoomId], Vector | None]
ReadBatches = Callable[[RoomId, Range], Iterator[tuple[AuthorTag, int, int, bytes]]]  # author, first, end, bytes


@final
class Repair:
    """What was asked of whom, and what others have asked of us.

    Args:
        links: all links of the node, by number.
        vector, batches: what the rooms hold.
        say: sends a message on ctl.
        give: sends a batch of a room.
    """

    def __init__(
        self,
        settings: MeshSettings,
        links: Mapping[int, LinkState],
        vector: ReadVector,
        batches: ReadBatches,
        say: Callable[[LinkState, Message], None],
        give: Callable[[LinkState, RoomId, bytes], None],
    ) -> None:
        self._settings = settings
        self._links = links
        self._vector = vector
        self._batches = batches
        self._say = say
        self._give = give
        self._asked: dict[tuple[RoomId, AuthorTag], tuple[int, int, float]] = {}  # end, link, when
        # What a link has said that it has, was asked for and has not given: up to which entry, and since when.
        self._unkept: dict[tuple[RoomId, AuthorTag, int], tuple[int, float]] = {}
        self.repaired = 0  # batches given

    def link_down(self, link: int) -> None:
        """What a link was asked for is asked of others."""
        for key in [key for key, (_, asked, _) in self._asked.items() if asked == link]:
            del self._asked[key]
        for promise in [promise for promise in self._unkept if promise[2] == link]:
            del self._unkept[promise]

    def arrived(self, room: RoomId, author: AuthorTag, end: int, source: int | None) -> None:
        """Entries of `author` below `end` have come by the link `source`."""
        asked = self._asked.get((room, author))
        giver = None if source is None else self._links.get(source)
        if giver is not None:
            is_kept = self._unkept.pop((room, author, giver.link), None) is not None
            if is_kept or (asked is not None and asked[1] == giver.link):
                giver.answered = giver.heard
        if asked is not None:
            self._unkept.pop((room, author, asked[1]), None)
            if asked[0] <= end:
                del self._asked[room, author]

    def is_answering(self, room: RoomId, state: LinkState) -> bool:
        """Whether a link may be bringing what it was asked for."""
        is_asked = any(key == room and link == state.link for (key, _), (_, link, _) in self._asked.items())
        return is_asked or state.heard - state.answered < self._settings.ask_again_s

    def awaits(self, room: RoomId) -> bool:
        """Whether something of this room has been asked for and has not come."""
        return any(key == room and link in self._links for (key, _), (_, link, _) in self._asked.items())

    def liars(self, now: float) -> set[int]:
        """Links that answer pings, have been asked for what they say that they have, and give nothing at all."""
        settings, found = self._settings, set()
        for promise in [promise for promise, (end, _) in self._unkept.items() if self._has(promise, end)]:
            del self._unkept[promise]  # others were quicker, and nobody gives what he knows to be there
        for (_, _, link), (_, since) in self._unkept.items():
            state = self._links[link]
            quiet_s = now - max(since, state.answered)
            if quiet_s >= settings.give_up_s and now - state.heard <= 2 * settings.ping_s:
                found.add(link)
        return found

    def _has(self, promise: tuple[RoomId, AuthorTag, int], end: int) -> bool:
        room, author, _ = promise
        mine = self._vector(room)
        return mine is None or mine[author] >= end

    def learn(self, state: LinkState, room: RoomId, vector: Vector, now: float) -> None:
        """They hold `vector`: ask for what we lack, unless a neighbour is being asked for it already."""
        mine = self._vector(room)
        flow = state.rooms.get(room)
        if mine is None or flow is None:
            return
        flow.learn(vector, mine)
        ranges: list[Range] = []
        for missing in vector.beyond(mine):
            end, asked, when = self._asked.get((room, missing.author), (0, -1, 0.0))
            giver = self._links.get(asked)
            if giver and end >= missing.end and now - max(when, giver.answered) < self._settings.ask_again_s:
                continue
            if len(ranges) == RANGES_MAX:
                break
            self._asked[room, missing.author] = (missing.end, state.link, now)
            promise = (room, missing.author, state.link)
            if promise not in self._unkept or self._has(promise, self._unkept[promise][0]):
                self._unkept[promise] = (missing.end, now)
            ranges.append(missing)
        if ranges:
            self._say(state, Want(room, tuple(ranges)))

    def want(self, state: LinkState, room: RoomId, ranges: Iterable[Range]) -> None:
        """They ask for these."""
        flow = state.rooms.get(room)
        if flow is None or not flow.joined:
            return
        flow.wanted.clear()
        flow.wanted.extend(ranges)
        self.pump(state)

    def pump(self, state: LinkState) -> None:
        """Send of the backlog what the credit allows."""
        for room, flow in list(state.rooms.items()):
            while flow.wanted or self._refill(state, room, flow):
                wanted = flow.wanted.popleft()
                rest = self._send_range(state, room, flow, wanted)
                if rest is not None:
                    flow.wanted.appendleft(rest)
                    return

    def _send_range(self, state: LinkState, room: RoomId, flow: RoomFlow, wanted: Range) -> Range | None:
        """Send the batches of one range; returns what the credit did not allow."""
        first = wanted.first
        for author, _, end, data in self._batches(room, wanted):
            if not state.takes(data):
                return Range(author, first, wanted.end)
            self._give(state, room, data)
            self.repaired += 1
            first = end
            flow.theirs[author] = max(end, flow.theirs.get(author, 0))
        # what we do not have (any more) must not be tried again for ever
        flow.theirs[wanted.author] = max(wanted.end, flow.theirs.get(wanted.author, 0))
        return None

    def _refill(self, state: LinkState, room: RoomId, flow: RoomFlow) -> bool:
        """Look whether a guest that emptied its backlog lacks what came meanwhile; if not, it has caught up."""
        mine = self._vector(room) if state.is_guest and flow.joined else None
        if mine is None:
            return False
        rest = mine.beyond(flow.vector())
        flow.wanted.extend(rest)
        if not rest and not flow.caught_up_sent:
            flow.caught_up_sent = True
            self._say(state, CaughtUp(room, mine.to_bytes()))
        return bool(rest)
