"""The mesh engine: pushes what is new, and repairs what is missing, by one mechanism.

Rules of this file:
- a batch is pushed once to each link that joined its room, except where it came from; there are no retries;
- whoever lacks something asks for it by range (nodes), or is fed by its host (guests);
- vectors are compared on every new link, when two pings in a row differ, and once a minute;
- one neighbour is asked per missing range; after `ASK_AGAIN_S` another one is;
- silence is found by pings; a stuck link falls behind and never holds up another.

The engine knows rooms only by id. Vectors and batches are read through the two callables it is given.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import final

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import AuthorTag, NodeId, RoomId
from edgeboard.mesh.flow import LinkState, RoomFlow
from edgeboard.mesh.values import CloseLink, MeshSettings, MeshStatistics, Output, Send
from edgeboard.rate import TokenBucket
from edgeboard.vectors import Range, Vector
from edgeboard.wire.fields import RANGES_MAX
from edgeboard.wire.messages import (
    BatchIs,
    CaughtUp,
    Channel,
    Credit,
    Join,
    Message,
    Ping,
    Pong,
    Stored,
    VectorIs,
    Want,
    encode,
)

ReadVector = Callable[[RoomId], Vector | None]
ReadBatches = Callable[[RoomId, Range], Iterator[tuple[AuthorTag, int, int, bytes]]]  # author, first, end, bytes


@final
class Mesh:
    """All links of a node and what flows over them."""

    def __init__(self, settings: MeshSettings, vector: ReadVector, batches: ReadBatches) -> None:
        self._settings = settings
        self._vector = vector
        self._batches = batches
        self._links: dict[int, LinkState] = {}
        self._out: list[Output] = []
        self._asked: dict[tuple[RoomId, AuthorTag], tuple[int, int, float]] = {}  # end, link, when
        self._stored: dict[RoomId, dict[AuthorTag, int]] = {}
        self._told: dict[RoomId, dict[AuthorTag, int]] = {}  # of it, what the other nodes have been told
        self._stored_due: float | None = None
        self._vectors_due = 0.0
        self._pushed = self._repaired = self._duplicates = self._skipped = 0

    # -- links

    def link_up(self, link: int, node: NodeId | None, rooms: Iterable[tuple[RoomId, str]], now: float) -> None:
        """A link is open: to a node, or to a guest (`node` is None). A node is told all rooms we have."""
        state = LinkState(link, node is None, node or b"", now, heard=now, ping_due=now + self._settings.ping_s)
        if state.is_guest:
            state.pace = TokenBucket(self._settings.guest_bytes_per_s, self._settings.guest_bytes_burst, now)
        self._links[link] = state
        if node is not None:
            for room, name in rooms:
                self._say_join(state, room, name)

    def link_down(self, link: int) -> None:
        state = self._links.pop(link, None)
        if state is not None:
            for key in [key for key, (_, asked, _) in self._asked.items() if asked == link]:
                del self._asked[key]

    def room_opened(self, room: RoomId, name: str) -> None:
        """Tell every node that we are in this room now."""
        for state in self._links.values():
            if not state.is_guest:
                self._say_join(state, room, name)

    def join_guest(self, link: int, room: RoomId, name: str) -> None:
        """Answer a guest's JOIN with ours: it learns the room's id and our handle."""
        self._say_join(self._links[link], room, name)

    def _say_join(self, state: LinkState, room: RoomId, name: str) -> None:
        vector = self._vector(room)
        if vector is not None:
            flow = state.flow(room)
            self._send(state, Join(room, name, vector.to_bytes(), flow.handle_out))

    def node_links(self, room: RoomId) -> list[int]:
        """The links to other nodes that joined this room."""
        return [s.link for s in self._links.values() if not s.is_guest and room in s.rooms and s.rooms[room].joined]

    def link_to(self, node: NodeId) -> int | None:
        return next((state.link for state in self._links.values() if state.node == node), None)

    def joined(self, room: RoomId) -> Iterator[tuple[LinkState, RoomFlow]]:
        """Every link that joined this room."""
        for state in self._links.values():
            flow = state.rooms.get(room)
            if flow is not None and flow.joined:
                yield state, flow

    def is_suspect(self, link: int) -> bool:
        """Whether a link has left several pings unanswered; it may come back, so it stays open."""
        state = self._links.get(link)
        return state is not None and state.missed >= self._settings.suspect_pings

    def state(self, link: int) -> LinkState | None:
        return self._links.get(link)

    # -- news

    def push(self, room: RoomId, batch: tuple[AuthorTag, int, int], data: bytes, source: int | None) -> None:
        """A batch is new here: (author, first, end) and its bytes; `source` is the link it came by."""
        author, first, end = batch
        asked = self._asked.get((room, author))
        if asked is not None:
            if asked[1] == source and source in self._links:
                self._links[source].answered = self._links[source].heard
            if asked[0] <= end:
                del self._asked[room, author]
        message = b""  # encoded once, if anybody lacks it
        for state, flow in self.joined(room):
            theirs = flow.theirs.get(author, 0)
            if state.link == source or theirs >= end:
                flow.theirs[author] = max(theirs, end)
                continue
            if flow.wanted or (state.is_guest and theirs != first):
                continue  # its backlog is under way and will come to this batch
            message = message or encode(BatchIs(room, data))
            if state.window.free < len(message):
                self._skipped += 1
                continue
            self._send_log(state, message)
            self._pushed += 1
            if theirs == first:
                flow.theirs[author] = end
        if source is not None and source in self._links:
            self._pump(self._links[source])

    def duplicate(self) -> None:
        self._duplicates += 1

    def receive(self, link: int, message: Message, now: float) -> bool:
        """Take a message that is the mesh's; False if it belongs to somebody else."""
        state = self._links.get(link)
        if state is None:
            return True
        state.heard = now
        match message:
            case Ping(sequence, digests):
                self._send(state, Pong(sequence))
                self._compare(state, digests)
            case Pong(sequence):
                if sequence == state.ping_sequence and state.pinged >= 0:
                    state.round_trip_s = now - state.pinged
                    state.pinged = -1.0
                state.missed = 0
            case Credit(processed):
                state.window.credit(processed)
                self._pump(state)
            case VectorIs(room, vector):
                self._learn(state, RoomId(room), Vector.from_bytes(vector), now)
            case Want(room, ranges):
                self._want(state, RoomId(room), ranges)
            case Stored(room, vector):
                flow = state.rooms.get(RoomId(room))
                if flow is not None:
                    for tag, end in Vector.from_bytes(vector):
                        flow.stored[tag] = max(end, flow.stored.get(tag, 0))
            case _:
                return False
        return True

    def join(self, link: int, room: RoomId, vector: Vector, handle: int, now: float) -> None:
        """The other side has joined a room that is open here; it is told our vector by our own JOIN."""
        state = self._links[link]
        flow = state.flow(room)
        flow.joined = True
        flow.handle_in = handle
        flow.theirs = dict(vector)
        flow.wanted.clear()
        flow.caught_up_sent = False
        if state.is_guest:
            self._pump(state)
        else:
            self._learn(state, room, vector, now)
            saved = self._stored.get(room)
            if saved:
                self._send(state, Stored(room, Vector(saved).to_bytes()))

    def leave(self, link: int, room: RoomId) -> None:
        state = self._links.get(link)
        if state is not None:
            state.rooms.pop(room, None)

    def took(self, link: int, size: int, now: float) -> None:
        """`size` bytes of the link's log channel have been processed.

        Raises:
            RefusedError: it has sent more than its credit allowed.
        """
        state = self._links.get(link)
        if state is not None:
            state.window.took(size)
            self._give_credit(state, now)
            if state.window.overdrawn:
                raise RefusedError(CloseCode.RATE, "more was handed in than the credit allowed")

    def _give_credit(self, state: LinkState, now: float) -> None:
        """Announce what was processed; a guest that hands in faster than its pace waits for it."""
        due = state.window.due()
        if due and (state.pace is None or state.pace.take(now, due)):
            self._send(state, Credit(state.window.announce()))

    def behind(self, room: RoomId) -> bool:
        """Whether some other node of the room is known to hold what we lack."""
        if any(key == room and link in self._links for (key, _), (_, link, _) in self._asked.items()):
            return True  # what was asked for is what we lack
        mine = self._vector(room)
        return mine is not None and any(
            not state.is_guest and not mine.includes_all(flow.theirs) for state, flow in self.joined(room)
        )

    # -- repair

    def _learn(self, state: LinkState, room: RoomId, vector: Vector, now: float) -> None:
        """They hold `vector`: ask for what we lack, unless a neighbour is being asked for it already."""
        mine = self._vector(room)
        flow = state.rooms.get(room)
        if mine is None or flow is None:
            return
        flow.learn(vector)
        ranges: list[Range] = []
        for missing in vector.beyond(mine):
            end, asked, when = self._asked.get((room, missing.author), (0, -1, 0.0))
            giver = self._links.get(asked)
            if giver and end >= missing.end and now - max(when, giver.answered) < self._settings.ask_again_s:
                continue
            if len(ranges) == RANGES_MAX:
                break
            self._asked[room, missing.author] = (missing.end, state.link, now)
            ranges.append(missing)
        if ranges:
            self._send(state, Want(room, tuple(ranges)))

    def _want(self, state: LinkState, room: RoomId, ranges: Iterable[Range]) -> None:
        flow = state.rooms.get(room)
        if flow is None or not flow.joined:
            return
        flow.wanted.clear()
        flow.wanted.extend(ranges)
        self._pump(state)

    def _pump(self, state: LinkState) -> None:
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
            message = encode(BatchIs(room, data))
            if state.window.free < len(message):
                return Range(author, first, wanted.end)
            self._send_log(state, message)
            self._repaired += 1
            first = end
            flow.theirs[author] = max(end, flow.theirs.get(author, 0))
        # what we do not have (any more) must not be tried again for ever
        flow.theirs[wanted.author] = max(wanted.end, flow.theirs.get(wanted.author, 0))
        return None

    def _refill(self, state: LinkState, room: RoomId, flow: RoomFlow) -> bool:
        """Look whether a guest that emptied its backlog lacks what came meanwhile; if not, it has caught up."""
        mine = self._vector(room)
        if not state.is_guest or not flow.joined or mine is None:
            return False
        rest = mine.beyond(flow.vector())
        flow.wanted.extend(rest)
        if not rest and not flow.caught_up_sent:
            flow.caught_up_sent = True
            self._send(state, CaughtUp(room, mine.to_bytes()))
        return bool(rest)

    def _compare(self, state: LinkState, digests: Mapping[bytes, bytes]) -> None:
        for room, digest in digests.items():
            flow = state.rooms.get(RoomId(room))
            mine = self._vector(RoomId(room))
            if flow is None or mine is None:
                continue
            flow.mismatches = 0 if mine.digest() == digest else flow.mismatches + 1
            if flow.mismatches >= 2:
                flow.mismatches = 0
                self._send(state, VectorIs(room, mine.to_bytes()))

    # -- what is on disk

    def stored(self, room: RoomId, author: AuthorTag, end: int, now: float) -> None:
        """Our disk holds the entries of `author` below `end`; the other nodes are told soon."""
        self._stored.setdefault(room, {})[author] = end
        if self._stored_due is None:
            self._stored_due = now + self._settings.stored_gather_s

    def stored_by(self, room: RoomId) -> dict[NodeId, Vector]:
        """What each other node of the room has on disk, as far as it said."""
        return {NodeId(state.node): Vector(flow.stored) for state, flow in self.joined(room) if not state.is_guest}

    def stored_elsewhere(self, room: RoomId) -> dict[AuthorTag, int] | None:
        """How far the best other node has stored each author; None if no other node is in the room."""
        stored = [flow.stored for state, flow in self.joined(room) if not state.is_guest]
        tags = {tag for each in stored for tag in each}
        return {tag: max(each.get(tag, 0) for each in stored) for tag in tags} if stored else None

    # -- time

    def next_timer(self) -> float | None:
        due = [state.ping_due for state in self._links.values()]
        if self._stored_due is not None:
            due.append(self._stored_due)
        return min(due, default=None)

    def on_timer(self, now: float) -> None:
        if self._stored_due is not None and now >= self._stored_due:
            self._stored_due = None
            self._say_stored()
        full = now >= self._vectors_due
        if full:
            self._vectors_due = now + self._settings.vectors_s
        for state in list(self._links.values()):
            self._tend(state, now, full)

    def _say_stored(self) -> None:
        for room, saved in self._stored.items():
            told = self._told.setdefault(room, {})
            changed = {tag: end for tag, end in saved.items() if told.get(tag) != end}
            if not changed:
                continue
            told.update(changed)
            data = Vector(changed).to_bytes()
            for state, _ in self.joined(room):
                if not state.is_guest:
                    self._send(state, Stored(room, data))

    def _tend(self, state: LinkState, now: float, full: bool) -> None:
        settings = self._settings
        if now - state.heard >= settings.silent_s:
            self._out.append(CloseLink(state.link, CloseCode.SILENT, f"nothing heard for {settings.silent_s:.0f} s"))
            return
        if full and not state.is_guest:
            for room in state.rooms:
                mine = self._vector(room)
                if mine is not None:
                    self._send(state, VectorIs(room, mine.to_bytes()))
        self._give_credit(state, now)
        if now < state.ping_due:
            return
        state.ping_due = now + settings.ping_s
        if state.pinged >= 0:
            state.missed += 1
        state.ping_sequence += 1
        state.pinged = now
        digests = {}
        if not state.is_guest:
            for room, flow in state.rooms.items():
                mine = self._vector(room)
                if flow.joined and mine is not None:
                    digests[bytes(room)] = mine.digest()
        self._send(state, Ping(state.ping_sequence, digests))

    # -- output

    def _send(self, state: LinkState, message: Message) -> None:
        self._out.append(Send(state.link, Channel.CTL, encode(message)))

    def send_ahead(self, link: int, message: Message) -> None:
        """Say something on the log channel before the backlog of a link; it counts against the credit."""
        self._send_log(self._links[link], encode(message))

    def _send_log(self, state: LinkState, data: bytes) -> None:
        state.window.sent += len(data)
        self._out.append(Send(state.link, Channel.LOG, data))

    def drain(self) -> list[Output]:
        out, self._out = self._out, []
        return out

    def statistics(self) -> MeshStatistics:
        links = tuple(state.as_neighbour(self._settings.suspect_pings) for state in self._links.values())
        return MeshStatistics(links, self._pushed, self._repaired, self._duplicates, self._skipped)
