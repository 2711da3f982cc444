"""What the parts of the pipeline share: the open rooms, the mesh, the people, and the way out.

The order of a change is fixed here, in `publish`: damage first, then the mesh, then the disk.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from edgeboard.canvas.ops import Maker
from edgeboard.errors import CloseCode, RefusedError
from edgeboard.identity.grants import Role, role_shown
from edgeboard.ids import AuthorTag, NodeId, OpId, Origin, RoomId, room_id
from edgeboard.mesh.engine import Mesh
from edgeboard.mesh.introductions import Introductions
from edgeboard.mesh.live import LiveOutbox
from edgeboard.mesh.values import CloseLink, Send
from edgeboard.node.intake import Intake
from edgeboard.node.values import (
    Alarm,
    Damaged,
    Identity,
    LoadRoom,
    Output,
    PipelineSettings,
    RoomChanged,
    Save,
)
from edgeboard.oplog.log import Status
from edgeboard.rooms.guests import Guests
from edgeboard.rooms.names import check_room_name
from edgeboard.rooms.people import LiveGate, People
from edgeboard.rooms.room import ALONE_S, Outcome, Room, together
from edgeboard.rooms.states import RoomEvent, RoomState
from edgeboard.vectors import Range, Vector
from edgeboard.wire.fields import Person
from edgeboard.wire.live import Live, LiveItem
from edgeboard.wire.messages import Channel, Message, Presence, Receipt, RoomIs, encode

if TYPE_CHECKING:
    from edgeboard.render.scene import Scene

MISPLACED = 20.0  # duplicates that one batch for a room that is not open, or for a place that is filled, counts as
PRESENCE_BITS = 21  # of a version that count the lists of one boot; with a boot number it has 53
STRANGERS_MAX = 16  # nodes in a room of whose records none has come yet
STRANGERS_S = 30.0  # between two looks for people at nodes that are not there
DIVERGED_AFTER_S = 2.0  # a room that is behind for so long says that it is converging


@dataclass(slots=True)
class Counters:
    """What has come and what has gone wrong so far, for `edgeboard status`."""

    received: int = 0  # batches that were new
    malformed: int = 0
    forged: int = 0
    refused: int = 0
    duplicates: int = 0
    waiting: int = 0
    forks: int = 0
    equivocations: int = 0


@final
class Core:
    """The shared state of one node's pure half."""

    def __init__(self, identity: Identity, settings: PipelineSettings) -> None:
        self.identity = identity
        self.settings = settings
        self.rooms: dict[RoomId, Room] = {}
        self.people: dict[RoomId, People] = {}
        self.gates: dict[RoomId, LiveGate] = {}
        self.guests = Guests(settings.guests_max, settings.guests_per_room_max, draws=identity.draws)
        self.mesh = Mesh(settings.mesh, identity.oneself(), self._vector, self._read, self._node_of)
        self.introductions = Introductions(identity.node)
        self.live = LiveOutbox(settings.live_tick_s)
        self.pens: dict[Origin, tuple[RoomId, Person]] = {}  # of this board, and where they draw
        self._scenes: dict[tuple[RoomId, int], Scene] = {}
        self.counters = Counters()
        self.store_failed_text: str | None = None
        self.put_out_text = ""  # why no other board of the mesh links to this one, if it was put out
        self.store_room_left: Callable[[], int] = lambda: 1 << 62
        self.on_touched: Callable[[RoomId, tuple[OpId, ...]], None] = lambda room, items: None
        self.on_outcome: list[Callable[[Room, Outcome], None]] = []
        self.out: list[Output] = []
        self._maker = Maker(identity.origin)
        self._behind_since: dict[RoomId, float] = {}
        self._presences = 0
        self._strangers_due = 0.0
        self._is_full_said = False

    def open_room(self, name: str, now: float) -> Room:
        """The room of this name, opened if it was not.

        Raises:
            RefusedError: too many rooms, or not a name.
        """
        check_room_name(name)
        identity = self.identity
        key = room_id(identity.mesh, name)
        if key in self.rooms:
            return self.rooms[key]
        if len(self.rooms) >= self.settings.rooms_max:
            raise RefusedError(CloseCode.LIMIT, f"this board has {self.settings.rooms_max} rooms open already")
        room = Room(
            identity.mesh,
            key,
            name,
            node=identity.node,
            verify=identity.verify,
            make_author=identity.make_author,
            maker=self._maker,
            person=identity.person,
            settings=self.settings.room,
            admins=identity.admins,
            draws=identity.draws,
        )
        room.open(now)
        self.rooms[key] = room
        self.people[key] = People()
        self.gates[key] = LiveGate()
        self.out.append(LoadRoom(key, name))
        self.mesh.room_opened(key, name)
        if self.store_failed_text is not None:
            self.event(room, RoomEvent.STORE_FAILED)
        return room

    def open_theirs(self, key: RoomId, name: str, now: float) -> Room | None:
        """A room that another board has; None if this one has too many already: the others go on without it.

        Raises:
            RefusedError: the id does not fit the name, or it is no name.
        """
        check_room_name(name)
        if room_id(self.identity.mesh, name) != key:
            raise RefusedError(CloseCode.MALFORMED, "a room id does not fit its name")
        if key not in self.rooms and len(self.rooms) >= self.settings.rooms_max:
            if not self._is_full_said:
                self._is_full_said = True
                self.out.append(Alarm(f"room {name} of a board is not opened: {len(self.rooms)} are open already"))
            return None
        return self.open_room(name, now)

    def require_store(self) -> None:
        """Raises: RefusedError: the store fails and the memory that stands in for it is used up."""
        if self.store_room_left() <= 0:
            raise RefusedError(CloseCode.STORE_FULL, "the board's disk is full and its memory for ink is used up")

    def check_ink(self, link: int, room: Room, data: bytes) -> None:
        """A board whose grant lets it look passes the ink of others on, and logs none.

        Raises:
            RefusedError: it brings some of its own (FORBIDDEN). DecodeError: not a batch.
        """
        state = self.mesh.state(link)
        if state is not None and not state.draws and room.log.signer_of_news(data) == state.node:
            raise RefusedError(CloseCode.FORBIDDEN, "it may look at this mesh, and has logged ink: its role is view")

    def take_batches(self, link: int, key: RoomId, batches: tuple[bytes, ...], intake: Intake, now: float) -> None:
        """Take the batches of one message; what is new of them is passed on and saved together."""
        room = self.rooms.get(key)
        if room is None:
            intake.useless(MISPLACED * len(batches), now)
        if room is None or self.store_room_left() <= 0:
            return  # a full disk keeps what memory it has for its own ink; the rest is fetched when it can be saved
        counters, outcomes, useless = self.counters, list[Outcome](), 0.0
        try:
            for data in batches:
                self.check_ink(link, room, data)
                offer, outcome = room.receive(data)
                outcomes.append(outcome)
                if offer.status is Status.DUPLICATE:
                    counters.duplicates += 1
                    self.mesh.duplicate(room.room, link)
                counters.waiting += offer.status is Status.WAITING
                counters.forks += offer.status is Status.FORK
                if offer.status is not Status.NEW:
                    useless += MISPLACED if offer.status is Status.FORK else 1.0
        finally:  # what came before a batch that is wrong is as good as ever
            outcome = together(outcomes)
            counters.received += len(outcome.batches)
            self.publish(room, outcome, link, now)
            self.advance(room, now)
        if useless:
            intake.useless(useless, now)

    # -- what comes of a change

    def publish(self, room: Room, outcome: Outcome, source: int | None, now: float, *, save: bool = True) -> None:
        """Hand on what one input has done; `source` is the link it came by."""
        items = outcome.items
        for (shown, _), scene in self._scenes.items():
            if shown == room.room:
                items += scene.relayered(room.document)
                scene.touch(items)
        if items:
            self.out.append(Damaged(room.room, items))
        if outcome.items:
            self.on_touched(room.room, outcome.items)
        for listener in self.on_outcome:
            listener(room, outcome)
        for batch in outcome.batches:
            place = (batch.author, batch.first, batch.first + batch.count)
            self.mesh.push(room.room, place, batch.data, source, now)
        if outcome.batches and save:
            self.out += self.mesh.drain()  # the mesh before the disk
            self.out.append(Save(room.room, outcome.batches))
        for text in outcome.alarms:
            self.counters.equivocations += 1
            self.out.append(Alarm(f"room {room.name}: {text}"))

    def flush_due(self, room: Room, now: float) -> None:
        """Log what was gathered, if it is time."""
        due = room.gathered_until()
        if due is not None and due <= now:
            self.publish(room, room.flush(self.identity.wall_ms()), None, now)

    def receipts(self, room: Room) -> None:
        """Tell guests what is saved and safe now."""
        if not room.receipts.is_waiting:
            return
        for grant in room.receipts.due(self.mesh.disks.best(room.room)):
            if grant.link in self.guests:
                origin = grant.origin.to_bytes(8, "big")
                self.say(grant.link, Receipt(room.room, grant.level, origin, grant.counters))

    def advance(self, room: Room, now: float) -> None:
        """Move a room on: caught up, fallen behind, or agreed again."""
        behind = self.mesh.behind(room.room)
        if behind:
            since = self._behind_since.setdefault(room.room, now)
        else:
            since = now
            self._behind_since.pop(room.room, None)
        if room.state is RoomState.JOINING and room.is_loaded and not behind:
            if self.mesh.node_links(room.room) or now >= room.joined_at + ALONE_S:
                self.event(room, RoomEvent.CAUGHT_UP)
        elif room.state is RoomState.ACTIVE and now - since >= DIVERGED_AFTER_S:
            self.event(room, RoomEvent.DIVERGED)
        elif room.state is RoomState.CONVERGING and not behind:
            self.event(room, RoomEvent.AGREED)
        is_behind = any(room.state is RoomState.CONVERGING for room in self.rooms.values())
        self.mesh.membership.set_behind(is_behind, now)

    def event(self, room: Room, event: RoomEvent) -> bool:
        """Take a room's event if its state has a row for it, and tell everyone."""
        before = room.state
        if not room.on_event(event):
            return False
        self.out.append(RoomChanged(room.room, room.name, before, room.state))
        self.to_guests(room.room, RoomIs(room.room, room.name, room.state.value))
        return True

    # -- the way out

    def say(self, link: int, message: Message) -> None:
        self.out.append(Send(link, Channel.CTL, encode(message)))

    def to_guests(self, room: RoomId, message: Message) -> None:
        for link in self.guests.links(room):
            self.say(link, message)

    def to_all_guests(self, message: Message) -> None:
        for link in self.guests.all_links():
            self.say(link, message)

    def close(self, link: int, code: CloseCode, text: str) -> None:
        self.out.append(CloseLink(link, code, text))

    def live_items(self, link: int, frame: Live, guest: Origin | None, now: float) -> None:
        """Pass live items on to everyone else in the room; `guest` is the origin of the guest they came from."""
        state = self.mesh.state(link)
        room = None if state is None else state.room_of(frame.handle)
        if room is None:
            return
        for item in frame.items:
            passed = self.gates[room].admit(item, guest)
            if passed is not None:
                for other in self.mesh.live_links(room):
                    if other != link:
                        self.live.put(other, room, passed, now)

    def show_live(self, room: RoomId, items: Iterable[LiveItem], now: float) -> None:
        """Show everybody else in a room what a pen of this board does."""
        for item in items:
            for link in self.mesh.live_links(room):
                self.live.put(link, room, item, now)

    def scene(self, room: RoomId, page: int) -> "Scene":
        """Where the items of a page lie; kept up to date from the first time that somebody asks."""
        scene = self._scenes.get((room, page))
        if scene is None:
            from edgeboard.render.scene import Scene  # only boards with a pen or a panel of their own ask

            scene = self._scenes[room, page] = Scene(page)
            scene.touch(item.id for item in self.rooms[room].document.items())
        return scene

    def draws(self, node: NodeId) -> bool:
        """Whether a board may log anything, as far as is known here."""
        record = self.mesh.membership.members.get(node)
        role = None if record is None else role_shown(record.about.grant)
        return role is None or role >= Role.DRAW

    def people_here(self, room: RoomId) -> tuple[Person, ...]:
        """Our own guests in a room, and our pens."""
        return *self.guests.people(room), *(person for place, person in self.pens.values() if place == room)

    def _vector(self, room: RoomId) -> Vector | None:
        engine = self.rooms.get(room)
        return None if engine is None else engine.log.vector()

    def _node_of(self, room: RoomId, author: AuthorTag) -> NodeId | None:
        engine = self.rooms.get(room)
        return None if engine is None else engine.log.node_of(author)

    def _read(self, room: RoomId, wanted: Range) -> Iterator[tuple[AuthorTag, int, int, bytes]]:
        engine = self.rooms.get(room)
        if engine is not None:
            for first, end, data in engine.log.read_placed(wanted):
                yield wanted.author, first, end, data

    def presence(self, room: RoomId, node: NodeId) -> Presence:
        """Who is at a node, as far as is known here."""
        people = self.people[room]
        return Presence(room, node, people.at(node), people.version(node))

    def present(self, room: RoomId) -> list[NodeId]:
        """The nodes with people that somebody vouches for: members, and ourselves."""
        members = self.mesh.membership.members
        return [node for node in self.people[room].nodes() if members.get(node) is not None]

    def hear_presence(self, link: int, sender: NodeId, message: Presence) -> None:
        """A node says who is at some node.

        Of a member only what it can have said in its present boot counts, and of those whose records have not come yet
        a few: a list is not signed, and whoever passes it on could invent it.
        """
        room, about = RoomId(message.room), NodeId(message.node)
        here = self.people.get(room)
        if here is None or about == self.identity.node:
            return
        record = self.mesh.membership.members.get(about)
        if record is None:
            strangers = len(here.nodes()) - len(self.present(room))
            if about != sender and strangers >= STRANGERS_MAX:
                return
        elif message.version >> PRESENCE_BITS > record.version[0]:
            return
        if here.hear(about, message.version, message.people):
            self.tell_presence(room, about, link)

    def forget_strangers(self, now: float) -> None:
        """Now and then: nobody is at nodes that are not there."""
        if now < self._strangers_due:
            return
        self._strangers_due = now + STRANGERS_S
        there = self.mesh.membership.members.alive() | {self.identity.node}
        for room, people in self.people.items():
            for node in people.nodes():
                if node not in there:
                    people.forget(node)
                    self.to_guests(room, self.presence(room, node))

    def tell_presence(self, room: RoomId, node: NodeId, source: int | None = None) -> None:
        """Pass on who is at a node, to guests and to all nodes but where it came from."""
        message = self.presence(room, node)
        for link in self.mesh.node_links(room):
            if link != source:
                self.say(link, message)
        self.to_guests(room, message)

    def forget_departed(self, now: float) -> None:
        """Nodes have left the mesh: their people are gone."""
        for node in self.mesh.membership.departed(now):
            for room, people in self.people.items():
                if people.set(node, ()):
                    self.to_guests(room, self.presence(room, node))

    def next_presence(self) -> int:
        """The version of the next list of people at this node: boot number and a count."""
        self._presences += 1
        boot = int.from_bytes(self.identity.boot[:4], "big")
        return boot << PRESENCE_BITS | min(self._presences, (1 << PRESENCE_BITS) - 1)
