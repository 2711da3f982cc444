"""From pen to panel: the one path every op takes. Pure, so that the simulator runs the very same code.

Local ink: Room.take or Room.submit -> Outcome -> 1 damage, 2 push to the mesh, 3 save. Remote batches: Room.receive ->
the same Outcome. Nothing here awaits; output leaves as values through `drain`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import final

from edgeboard.canvas.bodies import Body
from edgeboard.canvas.ops import Maker, Undo
from edgeboard.errors import CloseCode, DecodeError, LimitError, RefusedError, StateError
from edgeboard.ids import AuthorTag, MeshId, NodeId, OpId, Origin, PersonId, RoomId, room_id
from edgeboard.mesh.engine import CloseLink, Mesh, MeshSettings, Send
from edgeboard.mesh.live import LiveOutbox
from edgeboard.mesh.rate import TokenBucket
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.batch import Batch
from edgeboard.oplog.log import OfferStatus
from edgeboard.rooms.guests import Guests, GuestState
from edgeboard.rooms.names import check_room_name
from edgeboard.rooms.people import LiveGate, People
from edgeboard.rooms.room import ALONE_S, Outcome, Room, RoomSettings
from edgeboard.rooms.states import RoomEvent, RoomState
from edgeboard.varints import get_uvarint
from edgeboard.vectors import Range, Vector
from edgeboard.wire.fragments import Joiner, split
from edgeboard.wire.messages import (
    VERSION,
    BatchIs,
    Channel,
    Close,
    Digest,
    Fragment,
    Guest,
    Join,
    Leave,
    Live,
    Message,
    Notice,
    Presence,
    Receipt,
    Refused,
    RoomIs,
    Submit,
    Welcome,
    decode,
    encode,
)

DIVERGED_AFTER_S = 2.0  # a room that is behind for so long says that it is converging


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    guests_max: int = 128  # people this node is host to
    guests_per_room_max: int = 64
    rooms_max: int = 64
    messages_per_s: float = 400.0  # ctl messages of one link; a burst may be four times that
    live_per_s: float = 120.0  # live frames of one link; what is above is dropped
    live_tick_s: float = 0.033
    digest_s: float = 20.0  # between comparisons of canvases
    room: RoomSettings = RoomSettings()
    mesh: MeshSettings = MeshSettings()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this node is; the callables are the identity package's, or cheap stand-ins in simulations."""

    node: NodeId
    name: str
    mesh: MeshId
    software: str
    person: PersonId  # of the node's own pens
    origin: Origin  # of this boot's pens
    verify: Callable[[bytes, bytes, bytes], bool]
    make_author: Callable[[RoomId], LocalAuthor]
    wall_ms: Callable[[], int]
    admins: frozenset[NodeId] = frozenset()


@dataclass(frozen=True, slots=True)
class Save:
    room: RoomId
    batches: tuple[Batch, ...]


@dataclass(frozen=True, slots=True)
class LoadRoom:
    """A room has been opened: remember it, and read what the disk holds of it."""

    room: RoomId
    name: str


@dataclass(frozen=True, slots=True)
class Damaged:
    room: RoomId
    items: tuple[OpId, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    text: str


@dataclass(frozen=True, slots=True)
class RoomChanged:
    room: RoomId
    name: str
    before: RoomState
    after: RoomState


Output = Send | CloseLink | Save | LoadRoom | Damaged | Alarm | RoomChanged


@dataclass(slots=True)
class _Intake:
    """What is remembered of one link's incoming side."""

    ctl: Joiner
    log: Joiner
    messages: TokenBucket
    live: TokenBucket
    live_dropped: int = 0
    unknown: int = 0


@dataclass(slots=True)
class Counters:
    """What has gone wrong so far, for `edgeboard status`."""

    malformed: int = 0
    forged: int = 0
    refused: int = 0
    duplicates: int = 0
    waiting: int = 0
    forks: int = 0
    equivocations: int = 0


@final
class Pipeline:
    """A whole node without its input and output."""

    def __init__(self, identity: Identity, settings: PipelineSettings | None = None) -> None:
        self._identity = identity
        self._settings = settings or PipelineSettings()
        self.rooms: dict[RoomId, Room] = {}
        self.people: dict[RoomId, People] = {}
        self.guests = Guests(self._settings.guests_max, self._settings.guests_per_room_max)
        self.mesh = Mesh(self._settings.mesh, self._vector, self._read)
        self.counters = Counters()
        self._maker = Maker(identity.origin)
        self._live = LiveOutbox(self._settings.live_tick_s)
        self._gates: dict[RoomId, LiveGate] = {}
        self._intake: dict[int, _Intake] = {}
        self._out: list[Output] = []
        self._behind_since: dict[RoomId, float] = {}
        self._digest_due = self._settings.digest_s
        self._fragments = 0
        self.store_failed_text: str | None = None
        self.store_room_left: Callable[[], int] = lambda: 1 << 62

    # -- rooms

    def open_room(self, name: str, now: float) -> Room:
        """The room of this name, opened if it was not.

        Raises:
            RefusedError: too many rooms, or not a name.
        """
        check_room_name(name)
        room_key = room_id(self._identity.mesh, name)
        room = self.rooms.get(room_key)
        if room is not None:
            return room
        if len(self.rooms) >= self._settings.rooms_max:
            raise RefusedError(CloseCode.LIMIT, f"this board has {self._settings.rooms_max} rooms open already")
        room = Room(
            self._identity.mesh,
            room_key,
            name,
            node=self._identity.node,
            verify=self._identity.verify,
            make_author=self._identity.make_author,
            maker=self._maker,
            person=self._identity.person,
            settings=self._settings.room,
            admins=self._identity.admins,
        )
        room.open(now)
        self.rooms[room_key] = room
        self.people[room_key] = People()
        self._gates[room_key] = LiveGate()
        self._out.append(LoadRoom(room_key, name))
        self.mesh.room_opened(room_key, name)
        return room

    def loaded(self, room: RoomId, batches: Iterable[bytes], *, done: bool, now: float) -> None:
        """What the disk holds of a room, in any number of portions; all of it is durable already."""
        engine = self.rooms[room]
        for data in batches:
            try:
                offer, outcome = engine.receive(data)
            except (DecodeError, RefusedError) as error:
                self._out.append(Alarm(f"room {engine.name}: a stored batch is not valid and is left out: {error}"))
                continue
            if offer.status is OfferStatus.WAITING:
                self.counters.waiting += 1
            for batch in outcome.batches:
                engine.receipts.saved(batch.author, batch.first + batch.count)
                self.mesh.stored(room, batch.author, batch.first + batch.count, now)
            self._publish(engine, outcome, None, save=False)
        if done:
            engine.loaded()
            self._receipts(engine)
        self._advance(engine, now)

    def committed(self, batches: Iterable[tuple[RoomId, AuthorTag, int]], now: float) -> None:
        """These are on disk: (room, author, end)."""
        touched: set[RoomId] = set()
        for room, author, end in batches:
            engine = self.rooms.get(room)
            if engine is not None:
                engine.receipts.saved(author, end)
                self.mesh.stored(room, author, end, now)
                touched.add(room)
        for room in touched:
            self._receipts(self.rooms[room])

    def store_failed(self, text: str) -> None:
        """The disk takes nothing; ink stays in memory, and everyone is told."""
        self.store_failed_text = text
        for room in self.rooms.values():
            self._event(room, RoomEvent.STORE_FAILED)
        self._tell_guests(Notice(2, f"This board cannot save: {text}. Ink is kept in memory meanwhile."))

    def store_recovered(self, now: float) -> None:
        self.store_failed_text = None
        for room in self.rooms.values():
            if self._event(room, RoomEvent.REOPEN):
                self._advance(room, now)
        self._tell_guests(Notice(0, "This board can save again; nothing was lost."))

    def submit(self, name: str, bodies: list[Body], now: float, undo: Undo = Undo.NONE) -> tuple[OpId, ...]:
        """One gesture of this node's own pen in the room of that name.

        Raises:
            RefusedError: no such room can be opened, or the store is full. StateError: the room is being left.
        """
        room = self.open_room(name, now)
        self._require_store()
        made = room.submit(bodies, now, undo)
        self._flush_due(room, now)
        return made

    def take(
        self, name: str, origin: Origin, person: PersonId, tails: Iterable[bytes], now: float
    ) -> list[tuple[int, str]]:
        """Log ops made elsewhere, with the ids they have (import); returns (index, reason) of those refused."""
        room = self.open_room(name, now)
        refused = []
        for at, tail in enumerate(tails):
            try:
                self._require_store()
                room.take(origin, person, tail, -1, now)
            except (DecodeError, RefusedError, StateError) as error:
                refused.append((at, str(error)))
        self._flush_due(room, now)
        return refused

    def flush(self, now: float) -> None:
        """Send and save what is being gathered, now; for a clean stop."""
        for room in self.rooms.values():
            self._publish(room, room.flush(self._identity.wall_ms()), None)

    # -- links

    def link_up(self, link: int, node: NodeId | None, now: float) -> None:
        settings = self._settings
        self._intake[link] = _Intake(
            Joiner(),
            Joiner(),
            TokenBucket(settings.messages_per_s, settings.messages_per_s * 4, now),
            TokenBucket(settings.live_per_s, settings.live_per_s * 2, now),
        )
        self.mesh.link_up(link, node, [(room.room, room.name) for room in self.rooms.values()], now)

    def link_down(self, link: int, now: float) -> None:
        self._intake.pop(link, None)
        state = self.mesh.state(link)
        self.mesh.link_down(link)
        self._live.forget(link)
        guest = self.guests.leave(link)
        if guest is not None:
            for room in guest.rooms:
                self.rooms[room].receipts.forget(link)
                self._people_here(room)
        elif state is not None:
            node = NodeId(state.node)
            for room, people in self.people.items():
                if people.set(node, ()):
                    self._to_guests(room, Presence(room, node, ()))
                self._receipts(self.rooms[room])

    def receive(self, data: tuple[int, Channel, bytes], now: float) -> None:
        """One message of a link; whatever is wrong with it ends that link and nothing else."""
        link, channel, message = data
        intake = self._intake.get(link)
        if intake is None:
            return
        try:
            if channel is Channel.LIVE:
                if not intake.live.take(now):
                    intake.live_dropped += 1
                    return
            elif channel is Channel.CTL and not intake.messages.take(now):
                raise RefusedError(CloseCode.RATE, f"more than {self._settings.messages_per_s:.0f} messages a second")
            self._message(link, intake, channel, decode(channel, message), now)
            if channel is Channel.LOG:
                self.mesh.took(link, len(message))
        except LimitError as error:
            self.counters.malformed += 1
            self._close(link, CloseCode.TOO_BIG, str(error))
        except DecodeError as error:
            self.counters.malformed += 1
            self._close(link, CloseCode.MALFORMED, str(error))
        except RefusedError as error:
            if error.code is CloseCode.BAD_SIGNATURE:
                self.counters.forged += 1
            self._close(link, error.code, str(error))

    def _message(self, link: int, intake: _Intake, channel: Channel, message: Message | None, now: float) -> None:
        if message is None:
            intake.unknown += 1
            return
        if isinstance(message, Fragment):
            whole = (intake.log if channel is Channel.LOG else intake.ctl).add(message)
            if whole is not None:
                self._message(link, intake, channel, decode(channel, whole), now)
            return
        if isinstance(message, Close):
            return
        state = self.mesh.state(link)
        if state is None or (channel is not Channel.LIVE and self.mesh.receive(link, message, now)):
            return
        state.heard = now
        if state.is_guest:
            self._from_guest(link, message, now)
        else:
            self._from_node(link, NodeId(state.node), message, now)

    # -- guests

    def _from_guest(self, link: int, message: Message, now: float) -> None:
        if isinstance(message, Guest):
            self._greet(link, message)
            return
        guest = self.guests.get(link)
        if guest is None:
            raise RefusedError(CloseCode.MALFORMED, "a guest says GUEST first")
        match message:
            case Join(_, name, vector, handle):
                room = self.open_room(name, now)
                self.guests.enter(guest, room.room)
                self._say(link, RoomIs(room.room, name, room.state.value))
                self.mesh.join_guest(link, room.room, name)
                self.mesh.join(link, room.room, Vector.from_bytes(vector), handle, now)
                for node in self.people[room.room].nodes():
                    self._say(link, Presence(room.room, node, self.people[room.room].at(node)))
                self._people_here(room.room)
                if self.store_failed_text is not None:
                    self._say(link, Notice(2, f"This board cannot save: {self.store_failed_text}."))
            case Leave(room_key):
                guest.rooms.discard(RoomId(room_key))
                self.mesh.leave(link, RoomId(room_key))
                self._people_here(RoomId(room_key))
            case Submit(room_key, origin, tails):
                self._submitted(guest, RoomId(room_key), Origin(int.from_bytes(origin, "big")), tails, now)
            case Live(handle, items):
                self._live_items(link, handle, items, guest.origin.to_bytes(8, "big"), now)
            case _:
                raise RefusedError(CloseCode.MALFORMED, f"a guest does not say {type(message).__name__}")

    def _greet(self, link: int, hello: Guest) -> None:
        guest = self.guests.greet(link, hello)
        limits = {"gather_ms": round(self._settings.room.gather_s * 1000)}
        identity = self._identity
        self._say(link, Welcome(VERSION, identity.node, identity.name, limits, identity.software))
        for room in guest.rooms:
            self._people_here(room)

    def _submitted(
        self, guest: GuestState, room_key: RoomId, origin: Origin, tails: Iterable[bytes], now: float
    ) -> None:
        room = self.rooms.get(room_key)
        if room is None or room_key not in guest.rooms:
            raise RefusedError(CloseCode.MALFORMED, "SUBMIT to a room that was not joined")
        for tail in tails:
            try:
                self._require_store()
                room.take(origin, guest.person, tail, guest.link, now)
            except (DecodeError, RefusedError, StateError) as error:
                self.counters.refused += 1
                code = error.code if isinstance(error, RefusedError) else CloseCode.MALFORMED
                counter = _counter_of_tail(tail)
                self._say(guest.link, Refused(room_key, origin.to_bytes(8, "big"), counter, code, str(error)[:400]))
        self._receipts(room)
        self._flush_due(room, now)

    def _require_store(self) -> None:
        if self.store_room_left() <= 0:
            raise RefusedError(CloseCode.STORE_FULL, "the board's disk is full and its memory for ink is used up")

    def _flush_due(self, room: Room, now: float) -> None:
        due = room.gathered_until()
        if due is not None and due <= now:
            self._publish(room, room.flush(self._identity.wall_ms()), None)

    # -- nodes

    def _from_node(self, link: int, node: NodeId, message: Message, now: float) -> None:
        match message:
            case Join(room_key, name, vector, handle):
                room = self.open_room(name, now)
                if room.room != room_key:
                    raise RefusedError(CloseCode.MALFORMED, "a room id does not fit its name")
                self.mesh.join(link, room.room, Vector.from_bytes(vector), handle, now)
                here = self.people[room.room].at(self._identity.node)
                if here:
                    self._say(link, Presence(room.room, self._identity.node, here))
                self._advance(room, now)
            case BatchIs(room_key, data):
                self._batch(link, RoomId(room_key), data, now)
            case Presence(room_key, about, people):
                known = self.people.get(RoomId(room_key))
                if known is not None and about == node and known.set(node, people):
                    self._to_guests(RoomId(room_key), message)
            case Digest(room_key, vector_digest, canvas):
                self._compare(RoomId(room_key), vector_digest, canvas)
            case Live(handle, items):
                self._live_items(link, handle, items, None, now)
            case Leave(room_key):
                self.mesh.leave(link, RoomId(room_key))
            case _:
                raise RefusedError(CloseCode.MALFORMED, f"a node does not say {type(message).__name__}")

    def _batch(self, link: int, room_key: RoomId, data: bytes, now: float) -> None:
        room = self.rooms.get(room_key)
        if room is None:
            return
        offer, outcome = room.receive(data)
        match offer.status:
            case OfferStatus.DUPLICATE:
                self.counters.duplicates += 1
            case OfferStatus.WAITING:
                self.counters.waiting += 1
            case OfferStatus.FORK:
                self.counters.forks += 1
        self._publish(room, outcome, link)
        self._receipts(room)
        self._advance(room, now)

    def _compare(self, room_key: RoomId, vector: bytes, canvas: bytes) -> None:
        """Equal vectors and unequal canvases cannot be: a node is faulty or lies."""
        room = self.rooms.get(room_key)
        if room is None or room.log.vector().digest() != vector:
            return
        if room.document.digest() == canvas:
            self._event(room, RoomEvent.AGREED)
        elif self._event(room, RoomEvent.DIVERGED):
            self._out.append(Alarm(f"room {room.name}: another node shows another canvas for the same log"))

    # -- live

    def _live_items(self, link: int, handle: int, items: list[list[object]], guest: bytes | None, now: float) -> None:
        state = self.mesh.state(link)
        room = state.room_of(handle) if state is not None else None
        if room is None:
            return
        for item in items:
            passed = self._gates[room].admit(item, guest)
            if passed is None:
                continue
            for other, _ in self.mesh.joined(room):
                if other.link != link:
                    self._live.put(other.link, room, passed, now)

    # -- what comes of it

    def _publish(self, room: Room, outcome: Outcome, source: int | None, *, save: bool = True) -> None:
        if outcome.items:
            self._out.append(Damaged(room.room, outcome.items))
        for batch in outcome.batches:
            batch_range = (batch.author, batch.first, batch.first + batch.count)
            self.mesh.push(room.room, batch_range, batch.data, source)
        if outcome.batches and save:
            self._out.append(Save(room.room, outcome.batches))
        for text in outcome.alarms:
            self.counters.equivocations += 1
            self._out.append(Alarm(f"room {room.name}: {text}"))

    def _receipts(self, room: Room) -> None:
        for grant in room.receipts.due(self.mesh.stored_elsewhere(room.room)):
            if grant.link in self.guests:
                origin = grant.origin.to_bytes(8, "big")
                self._say(grant.link, Receipt(room.room, grant.level, origin, grant.counters))

    def _advance(self, room: Room, now: float) -> None:
        """Move a room on: caught up, fallen behind, or agreed again."""
        behind = self.mesh.behind(room.room)
        if not behind:
            self._behind_since.pop(room.room, None)
        else:
            self._behind_since.setdefault(room.room, now)
        alone = not self.mesh.node_links(room.room)
        if room.state is RoomState.JOINING and room.is_loaded and not behind:
            if not alone or now - room.joined_at >= ALONE_S:
                self._event(room, RoomEvent.CAUGHT_UP)
        elif room.state is RoomState.ACTIVE and behind:
            if now - self._behind_since[room.room] >= DIVERGED_AFTER_S:
                self._event(room, RoomEvent.DIVERGED)
        elif room.state is RoomState.CONVERGING and not behind:
            self._event(room, RoomEvent.AGREED)

    def _event(self, room: Room, event: RoomEvent) -> bool:
        before = room.state
        if not room.on_event(event):
            return False
        self._out.append(RoomChanged(room.room, room.name, before, room.state))
        self._to_guests(room.room, RoomIs(room.room, room.name, room.state.value))
        return True

    def _people_here(self, room: RoomId) -> None:
        """Our own guests have changed: tell the other nodes and the guests."""
        node = self._identity.node
        here = self.guests.people(room)
        if room in self.people and self.people[room].set(node, here):
            message = Presence(room, node, here)
            for link in self.mesh.node_links(room):
                self._say(link, message)
            self._to_guests(room, message)

    def _to_guests(self, room: RoomId, message: Message) -> None:
        for link in self.guests.links(room):
            self._say(link, message)

    def _tell_guests(self, message: Message) -> None:
        for room in self.rooms:
            self._to_guests(room, message)

    def _say(self, link: int, message: Message) -> None:
        self._out.append(Send(link, Channel.CTL, encode(message)))

    def _close(self, link: int, code: CloseCode, text: str) -> None:
        self._out.append(CloseLink(link, code, text))

    def _vector(self, room: RoomId) -> Vector | None:
        engine = self.rooms.get(room)
        return None if engine is None else engine.log.vector()

    def _read(self, room: RoomId, wanted: Range) -> Iterator[tuple[AuthorTag, int, int, bytes]]:
        engine = self.rooms.get(room)
        if engine is not None:
            yield from engine.log.read(wanted)

    # -- time and output

    def next_timer(self) -> float | None:
        times = [self.mesh.next_timer(), self._live.next_timer()]
        for room in self.rooms.values():
            times.append(room.gathered_until())
            if room.state is RoomState.JOINING:
                times.append(room.joined_at + ALONE_S)
        if self.rooms:
            times.append(self._digest_due)
        return min((time for time in times if time is not None), default=None)

    def on_timer(self, now: float) -> None:
        for room in self.rooms.values():
            self._flush_due(room, now)
            self._advance(room, now)
        self.mesh.on_timer(now)
        due = self._live.next_timer()
        if due is not None and due <= now:
            handles = {
                (state.link, room): flow.handle_out for room in self.rooms for state, flow in self.mesh.joined(room)
            }
            for link, frame in self._live.frames(handles):
                self._out.append(Send(link, Channel.LIVE, frame))
        if now >= self._digest_due:
            self._digest_due = now + self._settings.digest_s
            self._say_digests()

    def _say_digests(self) -> None:
        for room in self.rooms.values():
            links = self.mesh.node_links(room.room)
            if links and not self.mesh.behind(room.room):
                message = Digest(room.room, room.log.vector().digest(), room.document.digest())
                for link in links:
                    self._say(link, message)

    def drain(self) -> Iterator[Output]:
        """All output so far, in order; messages too large for one frame leave in fragments."""
        while out := self._out + self.mesh.drain():
            self._out = []
            for item in out:
                if isinstance(item, Send) and item.channel is not Channel.LIVE:
                    self._fragments += 1
                    for piece in split(item.data, self._fragments):
                        yield Send(item.link, item.channel, piece)
                else:
                    yield item


def _counter_of_tail(tail: bytes) -> int:
    """The counter of an op that could not be read otherwise, so that its maker knows which one; 0 if unreadable."""
    try:
        return min(get_uvarint(tail, 0)[0], 0xFFFFFFFF)
    except DecodeError:
        return 0
