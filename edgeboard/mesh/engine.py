"""The mesh engine: all links of a node, pings and credits, and the parts that do the rest.

Rules of this file:
- what is new is pushed at most once on a link (`mesh.spread`), and there are no retries;
- what was missed is asked for (`mesh.antientropy`): vectors are compared on every new link, when two pings in a row
  differ, and once a minute;
- silence is found by pings; a stuck link falls behind and never holds up another.

The engine knows rooms only by id. Vectors and batches are read through the two callables it is given.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import final

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import AuthorTag, NodeId, RoomId
from edgeboard.mesh.antientropy import ReadBatches, ReadVector, Repair
from edgeboard.mesh.broadcast import Broadcast
from edgeboard.mesh.coverage import Coverage
from edgeboard.mesh.disks import Disks
from edgeboard.mesh.flow import LinkState, RoomFlow
from edgeboard.mesh.membership import Membership
from edgeboard.mesh.packing import Packing
from edgeboard.mesh.spread import Spread
from edgeboard.mesh.values import CloseLink, CutOff, MeshSettings, MeshStatistics, Oneself, Output, Send
from edgeboard.rate import TokenBucket
from edgeboard.timers import soonest
from edgeboard.vectors import Vector
from edgeboard.wire.gossip import ROSTER, Cover, Graft, Have, Prune
from edgeboard.wire.messages import (
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

HOSTILE = frozenset(
    {CloseCode.BAD_SIGNATURE, CloseCode.FORBIDDEN, CloseCode.MALFORMED, CloseCode.RATE, CloseCode.TOO_BIG}
)
MEASURE_EVERY = 5  # pings between nodes: both ping, so each hears the other, and only few need an answer
LAGGED_S = 0.25  # a board that is so late itself must not accuse others of silence


@final
class Mesh:
    """All links of a node and what flows over them."""

    def __init__(
        self,
        settings: MeshSettings,
        oneself: Oneself,
        vector: ReadVector,
        batches: ReadBatches,
        node_of: Callable[[RoomId, AuthorTag], NodeId | None],
    ) -> None:
        self._settings = settings
        self._vector = vector
        self._links: dict[int, LinkState] = {}
        self._joined: dict[RoomId, list[tuple[LinkState, RoomFlow]]] = {}  # as far as somebody has asked
        self._out: list[Output] = []
        self._packing = Packing()
        self._giving: list[LinkState] = []  # links with batches that leave with the next output
        self._broadcast = Broadcast(settings.broadcast)
        self._repair = Repair(settings, self._links, vector, batches, self._send, self._give)
        self.membership = Membership(settings, oneself, self._links, self._broadcast, self._send, self._out.append)
        self.disks = Disks(settings.stored_soon_s, settings.stored_later_s, self.joined, self._send)
        members, tell_soon = self.membership.members, self.membership.tell_soon
        self.coverage = Coverage(self._links, self.disks, members, self._send, tell_soon)
        self.membership.tell_covers(lambda: self.coverage.held)
        self._vectors_due = self._ping_due = 0.0  # pings go out on all links at once: fewer wake-ups
        parts = self._broadcast, self._repair, self.membership, self.disks
        self._spread = Spread(self._links, self.joined, vector, node_of, *parts, self._send, self._give)

    def link_up(
        self, link: int, node: NodeId | None, rooms: Iterable[tuple[RoomId, str]], now: float, *, draws: bool = True
    ) -> None:
        """A link is open: to a node, or to a guest (`node` is None). A node is told all rooms we have."""
        state = LinkState(link, node is None, node or b"", now, draws, heard=now)
        if not self._links:
            self._ping_due = now + self._settings.ping_s
        if state.is_guest:
            state.pace = TokenBucket(self._settings.guest_bytes_per_s, self._settings.guest_bytes_burst, now)
        self._links[link] = state
        if node is not None and self.membership.link_up(state, now):
            for room, name in rooms:
                self._say_join(state, room, name)
            self.coverage.greet(state)

    def link_down(self, link: int, now: float) -> None:
        state = self._links.pop(link, None)
        if state is None:
            return
        self._repair.link_down(link)
        self._joined_changed()
        if not state.is_guest:
            self._spread.bypass(link)
            self.membership.link_down(state, now)

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
        return [state.link for state, _ in self.joined(room) if not state.is_guest]

    def live_links(self, room: RoomId) -> list[int]:
        """The links that live items of this room go to: guests, and the nodes next to us in the tree."""
        lazy = self._broadcast
        return [state.link for state, _ in self.joined(room) if not lazy.is_lazy(room, state.link)]

    def link_to(self, node: NodeId) -> int | None:
        return next((state.link for state in self._links.values() if state.node == node), None)

    def joined(self, room: RoomId) -> list[tuple[LinkState, RoomFlow]]:
        """Every link that joined this room; a list that is not to be changed."""
        known = self._joined.get(room)
        if known is None:
            flows = ((state, state.rooms.get(room)) for state in self._links.values())
            known = self._joined[room] = [(state, flow) for state, flow in flows if flow is not None and flow.joined]
        return known

    def _joined_changed(self) -> None:
        """A link has come into a room, or has left it."""
        self._joined.clear()
        self.disks.links_changed()

    def is_suspect(self, link: int) -> bool:
        """Whether a link has left several pings unanswered; it may come back, so it stays open."""
        state = self._links.get(link)
        return state is not None and state.missed >= self._settings.suspect_pings

    def cut_off(self, link: int, code: CloseCode, text: str, now: float) -> None:
        """End a link for what came by it; with a node that lies, forges or floods we have nothing to do for a while."""
        state = self._links.get(link)
        if state is not None and not state.is_guest and code in HOSTILE:
            self.membership.overlay.shun(NodeId(state.node), now + self._settings.shun_s, now)
            self._out.append(CutOff(NodeId(state.node), text))
        self._out.append(CloseLink(link, code, text))

    def state(self, link: int) -> LinkState | None:
        return self._links.get(link)

    # -- news

    def push(
        self, room: RoomId, batch: tuple[AuthorTag, int, int], data: bytes, source: int | None, now: float
    ) -> None:
        """A batch is new here: (author, first, end) and its bytes; `source` is the link it came by."""
        self._spread.push(room, batch, data, source, now)

    def duplicate(self, room: RoomId, link: int) -> None:
        """A link has brought what was here already."""
        self._spread.duplicate(room, link)

    def receive(self, link: int, message: Message, now: float) -> bool:
        """Take a message that is the mesh's; False if it belongs to somebody else."""
        state = self._links.get(link)
        if state is None:
            return True
        state.heard = now
        match message:
            case Ping(sequence, digests):
                if sequence:
                    self._send(state, Pong(sequence))
                self._compare(state, digests, now)
            case Pong(sequence):
                if sequence == state.asked_sequence and state.asked_at >= 0:
                    state.round_trip_s = now - state.asked_at
                    state.asked_at = -1.0
                self._heard(state, now)
            case Credit(processed):
                state.window.credit(processed)
                self._repair.pump(state)
            case VectorIs(room, vector):
                self._repair.learn(state, RoomId(room), Vector.from_bytes(vector), now)
            case Want(room, ranges):
                self._repair.want(state, RoomId(room), ranges)
            case Stored():
                self.disks.receive(state, message)
            case Have(room, vector) if not state.is_guest:
                self._spread.told_us(state, RoomId(room), Vector.from_bytes(vector), now)
            case Cover() if not state.is_guest:
                self.coverage.receive(state, message, now)
            case Prune(room) if not state.is_guest:
                self._broadcast.make_lazy(RoomId(room), link)
            case Graft(room) if not state.is_guest:
                if self._broadcast.make_eager(RoomId(room), link):
                    self._spread.catch_up(state, RoomId(room))
            case _:
                return not state.is_guest and self.membership.receive(state, message, now)
        return True

    def _heard(self, state: LinkState, now: float) -> None:
        """A link answers."""
        was_silent = state.missed >= self._settings.suspect_pings
        state.missed = 0
        if was_silent and not state.is_guest:
            self.membership.links_changed(now)

    def join(self, link: int, room: RoomId, vector: Vector, handle: int, now: float) -> None:
        """The other side has joined a room that is open here; it is told our vector by our own JOIN."""
        state = self._links[link]
        flow = state.flow(room)
        flow.joined = True
        self._joined_changed()
        flow.handle_in = handle
        flow.theirs = dict(vector)
        flow.lacking.clear()
        flow.wanted.clear()
        flow.caught_up_sent = False
        if state.is_guest:
            self._repair.pump(state)
        else:
            self._repair.learn(state, room, vector, now)
            self.disks.greet(state, room)

    def leave(self, link: int, room: RoomId) -> None:
        state = self._links.get(link)
        if state is not None:
            state.rooms.pop(room, None)
            self._joined_changed()

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
        if self._repair.awaits(room):
            return True
        ahead = [flow for state, flow in self.joined(room) if flow.lacking and not state.is_guest]
        mine = self._vector(room) if ahead else None
        return mine is not None and any(flow.is_ahead(mine) for flow in ahead)

    # -- repair

    def _compare(self, state: LinkState, digests: Mapping[bytes, bytes], now: float) -> None:
        for room, digest in digests.items():
            if room == ROSTER and not state.is_guest:
                self.membership.compare(state, digest, now)
                continue
            flow = state.rooms.get(RoomId(room))
            mine = self._vector(RoomId(room))
            if flow is None or mine is None:
                continue
            flow.mismatches = 0 if mine.digest() == digest else flow.mismatches + 1
            if flow.mismatches >= 2:
                flow.mismatches = 0
                self._send(state, VectorIs(room, mine.to_bytes()))

    # -- time

    def next_timer(self) -> float | None:
        ping_due = self._ping_due if self._links else None
        return soonest(self.disks.next_timer(), self._broadcast.next_timer(), self.membership.next_timer(), ping_due)

    def on_timer(self, now: float) -> None:
        self.disks.on_timer(now)
        self._spread.on_timer(now)
        if self._links and now >= self._ping_due:
            self._ping(now)
            self.coverage.on_timer(now)
        self.membership.on_timer(now)

    def _ping(self, now: float) -> None:
        """Ask every link whether it is still there, and tell it what we hold."""
        is_late = now - self._ping_due > LAGGED_S
        is_full = now >= self._vectors_due
        self._ping_due = now + self._settings.ping_s
        if is_full:
            self._vectors_due = now + self._settings.vectors_s
        for state in list(self._links.values()):
            self._tend(state, now, is_late=is_late, is_full=is_full)
        for link in self._repair.liars(now):
            self._repair.link_down(link)
            self.cut_off(link, CloseCode.FORBIDDEN, "it says that it has what it does not give", now)

    def _tend(self, state: LinkState, now: float, *, is_late: bool, is_full: bool) -> None:
        settings = self._settings
        if now - state.heard >= settings.silent_s:
            self._out.append(CloseLink(state.link, CloseCode.SILENT, f"nothing heard for {settings.silent_s:.0f} s"))
            return
        self._give_credit(state, now)
        if state.pinged >= 0 and state.heard < state.pinged and not is_late:
            state.missed += 1
            if state.missed == settings.suspect_pings and not state.is_guest:
                self._spread.bypass(state.link)
                self.membership.links_changed(now)
        elif state.missed and state.heard >= state.pinged:
            self._heard(state, now)
        state.ping_sequence += 1
        state.pinged = now
        digests = {} if state.is_guest else {bytes(ROSTER): self.membership.members.digest()}
        for room, flow in state.rooms.items():
            mine = self._vector(room)
            if state.is_guest or mine is None:
                continue
            if flow.joined:
                digests[bytes(room)] = mine.digest()
            if is_full:
                self._send(state, VectorIs(room, mine.to_bytes()))
        is_asked = state.is_guest or state.ping_sequence % MEASURE_EVERY == 1
        if is_asked:
            state.asked_sequence, state.asked_at = state.ping_sequence, now
        self._send(state, Ping(state.ping_sequence if is_asked else 0, digests))

    # -- output

    def _send(self, state: LinkState, message: Message) -> None:
        self._out.append(Send(state.link, Channel.CTL, encode(message)))

    def send_ahead(self, link: int, message: Message) -> None:
        """Say something on the log channel before the backlog of a link; it counts against the credit."""
        self._send_log(self._links[link], encode(message))

    def _send_log(self, state: LinkState, data: bytes) -> None:
        state.window.sent += len(data)
        self._out.append(Send(state.link, Channel.LOG, data))

    def _give(self, state: LinkState, room: RoomId, batch: bytes) -> None:
        """Have a batch leave: to a guest at once, since its page shows what it has; to a node with all of this turn."""
        if state.is_guest:
            self._send_log(state, self._packing.alone(room, batch))
            return
        if not state.packed:
            self._giving.append(state)
        state.pack(room, batch)

    def _give_out(self) -> None:
        giving, self._giving = self._giving, []
        for state in giving:
            for room, batches in state.unpack().items():
                if state.link in self._links:
                    for message in self._packing.together(room, batches):
                        self._send_log(state, message)
        self._packing.forget()

    def drain(self) -> list[Output]:
        self._give_out()
        out = list(self._out)
        self._out.clear()
        return out

    def statistics(self) -> MeshStatistics:
        links = tuple(state.as_neighbour(self._settings.suspect_pings) for state in self._links.values())
        spread = self._spread
        return MeshStatistics(
            links,
            spread.pushed,
            self._repair.repaired,
            spread.duplicates,
            spread.skipped,
            spread.told,
            spread.grafted,
        )
