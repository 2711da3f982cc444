"""From pen to panel: the one path every op takes. Pure, so that the simulator runs the very same code.

Local ink: Room.take or Room.submit -> Outcome -> 1 damage, 2 push to the mesh, 3 save. Remote batches: Room.receive ->
the same Outcome. Nothing here awaits; output leaves as values through `drain`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, final

from edgeboard.canvas.bodies import Body
from edgeboard.canvas.ops import Undo
from edgeboard.errors import CloseCode, DecodeError, LimitError, RefusedError, StateError
from edgeboard.ids import AuthorTag, NodeId, OpId, Origin, PersonId, RoomId
from edgeboard.mesh.engine import Mesh
from edgeboard.mesh.values import Send
from edgeboard.node.agreement import Agreement
from edgeboard.node.attachments import Attachments
from edgeboard.node.core import Core, Counters
from edgeboard.node.hosting import Hosting
from edgeboard.node.intake import Intake
from edgeboard.node.marquee import Marquee
from edgeboard.node.neighbours import Neighbours
from edgeboard.node.pens import Pens
from edgeboard.node.renewal import Renewal
from edgeboard.node.timekeeping import Timekeeping
from edgeboard.node.upkeep import Upkeep
from edgeboard.node.values import Alarm, Identity, Output, PipelineSettings
from edgeboard.rooms.guests import Guests
from edgeboard.rooms.people import People
from edgeboard.rooms.room import ALONE_S, Room
from edgeboard.rooms.states import RoomEvent, RoomState
from edgeboard.timers import soonest
from edgeboard.wire.fragments import WHOLE_MAX, split
from edgeboard.wire.messages import (
    Channel,
    Close,
    Message,
    Notice,
    OfBlobs,
)
from edgeboard.wire.releases import OfReleases

if TYPE_CHECKING:
    from edgeboard.render.scene import Scene


@final
class Pipeline:
    """A whole node without its input and output."""

    def __init__(self, identity: Identity, settings: PipelineSettings | None = None) -> None:
        self._core = Core(identity, settings or PipelineSettings())
        self.attachments = Attachments(self._core)
        self.hosting = Hosting(self._core, self.attachments)
        self.renewal = Renewal(self._core)
        self.upkeep = Upkeep(self._core)
        self.agreement = Agreement(self._core)
        self.pens = Pens(self._core, self.hosting)
        self.timekeeping = Timekeeping(self._core)
        self.marquee = Marquee(self._core, self.timekeeping)
        self._neighbours = Neighbours(self._core, self.attachments, self.agreement, self.timekeeping)
        self._intake: dict[int, Intake] = {}
        self._fragments = 0

    # -- what others may look at

    @property
    def identity(self) -> Identity:
        return self._core.identity

    @property
    def settings(self) -> PipelineSettings:
        return self._core.settings

    @property
    def rooms(self) -> dict[RoomId, Room]:
        return self._core.rooms

    @property
    def people(self) -> dict[RoomId, People]:
        return self._core.people

    @property
    def guests(self) -> Guests:
        return self._core.guests

    @property
    def mesh(self) -> Mesh:
        return self._core.mesh

    @property
    def counters(self) -> Counters:
        return self._core.counters

    def scene(self, room: RoomId, page: int) -> "Scene":
        """Where the items of a page of an open room lie."""
        return self._core.scene(room, page)

    @property
    def store_failed_text(self) -> str | None:
        return self._core.store_failed_text

    # -- commands

    def open_room(self, name: str, now: float) -> Room:
        """The room of this name, opened if it was not.

        Raises:
            RefusedError: too many rooms, or not a name.
        """
        return self._core.open_room(name, now)

    def submit(self, command: Callable[[float], object], now: float) -> object:
        """Run one of the calls below as an input of its own; drivers use this."""
        return command(now)

    def draw(self, name: str, bodies: Sequence[Body], now: float, undo: Undo = Undo.NONE) -> tuple[OpId, ...]:
        """One gesture of this node's own pen in the room of that name.

        Raises:
            RefusedError: no such room can be opened, or the store is full. StateError: the room is being left.
        """
        room = self._core.open_room(name, now)
        self._core.require_store()
        made = room.submit(bodies, now, undo)
        self._core.flush_due(room, now)
        return made

    def take(
        self, name: str, ops: Iterable[tuple[Origin, PersonId, bytes]], now: float
    ) -> tuple[int, int, list[tuple[int, str]]]:
        """Log ops made elsewhere, under the ids they have: (origin, person, tail) each.

        Returns:
            How many were new, how many known, and (index, reason) of each that was refused.
        """
        room = self._core.open_room(name, now)
        before = room.document.statistics().ops
        asked = 0
        refused: list[tuple[int, str]] = []
        for asked, (origin, person, tail) in enumerate(ops, 1):
            try:
                self._core.require_store()
                room.take(origin, person, tail, None, now)
            except (DecodeError, RefusedError, StateError) as error:
                refused.append((asked - 1, str(error)))
        self._core.flush_due(room, now)
        taken = room.document.statistics().ops - before
        return taken, asked - taken - len(refused), refused

    def flush(self, now: float) -> None:
        """Log and send what is being gathered, now."""
        for room in self._core.rooms.values():
            self._core.publish(room, room.flush(self._core.identity.wall_ms()), None, now)

    # -- the store

    def bound_store(self, room_left: Callable[[], int]) -> None:
        """How many bytes of ink may still wait for the disk; asked before any is taken."""
        self._core.store_room_left = room_left

    def loaded(self, room: RoomId, batches: Iterable[bytes], now: float, *, done: bool) -> None:
        """What the disk holds of a room, in any number of portions; all of it is durable already."""
        core, engine = self._core, self._core.rooms[room]
        for data in batches:
            try:
                outcome = engine.receive_stored(data)
            except (DecodeError, RefusedError) as error:
                core.out.append(Alarm(f"room {engine.name}: a stored batch is not valid and is left out: {error}"))
                continue
            for batch in outcome.batches:
                self._durable(engine, batch.author, batch.first + batch.count, now)
            core.publish(engine, outcome, None, now, save=False)
        if done:
            told = engine.loaded(now)
            if told is not None:
                core.out.append(Alarm(f"room {engine.name}: {told}"))
            core.flush_due(engine, now)
            core.receipts(engine)
            self.timekeeping.reached(self.marquee.reached(), now)
        core.advance(engine, now)

    def committed(self, batches: Iterable[tuple[RoomId, AuthorTag, int]], now: float) -> None:
        """These are on disk: (room, author, end)."""
        touched: dict[RoomId, Room] = {}
        for key, author, end in batches:
            room = self._core.rooms.get(key)
            if room is not None:
                self._durable(room, author, end, now)
                touched[key] = room
        for room in touched.values():
            self._core.receipts(room)

    def rewritten(self, room: RoomId, now: float, *, ok: bool) -> None:
        """The answer to `Rewrite`."""
        self.upkeep.rewritten(room, now, ok=ok)

    def _durable(self, room: Room, author: AuthorTag, end: int, now: float) -> None:
        room.receipts.saved(author, end)
        self._core.mesh.disks.stored(room.room, author, end, now)

    def store_failed(self, text: str) -> None:
        """The disk takes nothing; ink stays in memory, and everyone is told."""
        self._core.store_failed_text = text
        for room in self._core.rooms.values():
            self._core.event(room, RoomEvent.STORE_FAILED)
        self._core.to_all_guests(Notice(2, f"This board cannot save: {text}. Ink is kept in memory meanwhile."[:400]))

    def store_recovered(self, now: float) -> None:
        self._core.store_failed_text = None
        for room in self._core.rooms.values():
            if self._core.event(room, RoomEvent.REOPEN):
                room.joined_at = now
                self._core.advance(room, now)
        self._core.to_all_guests(Notice(0, "This board can save again; nothing was lost."))

    def put_out(self, text: str) -> None:
        """Say to everybody here that this board was put out of its mesh; no text: that it is in again."""
        if text != self._core.put_out_text:
            self._core.put_out_text = text
            self._core.to_all_guests(Notice(2, text[:400]) if text else Notice(0, "This board is in its mesh again."))

    def notify(self, text: str, *, is_trouble: bool) -> None:
        """Say something about this board to the people at it."""
        self._core.to_all_guests(Notice(1 if is_trouble else 0, text[:400]))

    # -- links

    def link_up(self, link: int, node: NodeId | None, now: float, *, draws: bool = True) -> None:
        """A link is open; `node` is None for a guest, `draws` whether a node's grant lets it log ink."""
        settings = self._core.settings
        self._intake[link] = Intake(settings.messages_per_s, settings.live_per_s, now)
        rooms = [(room.room, room.name) for room in self._core.rooms.values()]
        self.attachments.link_up(link, now, is_guest=node is None)
        self._core.mesh.link_up(link, node, rooms, now, draws=draws)
        if node is not None:
            self._core.introductions.link_up(link, node, now)
            self.timekeeping.link_up(link, node, now)
            self.renewal.link_up(link, node, now)

    def introduce(self, node: NodeId, envelope: bytes) -> bool:
        """Send an offer or an answer to a node through others; False if there are none."""
        return self._core.introductions.submit(node, envelope)

    def link_down(self, link: int, now: float) -> None:
        """A link has ended, whoever ended it."""
        self._intake.pop(link, None)
        self._core.introductions.link_down(link)
        state = self._core.mesh.state(link)
        self._core.mesh.link_down(link, now)
        self.attachments.link_down(link, now)
        self.renewal.link_down(link, now)
        self.timekeeping.link_down(link, now)
        self._core.live.forget(link)
        if not self.hosting.left(link) and state is not None and not state.is_guest:
            self._core.forget_departed(now)
            self.hosting.node_unlinked(NodeId(state.node))
            for room in self._core.rooms.values():
                self._core.receipts(room)  # which may not need that node any more
                self._core.advance(room, now)

    def found(self, node: NodeId, urls: tuple[str, ...], now: float) -> None:
        """Discovery sees a node at these addresses, a hint and no more; no addresses: it does not see it any more."""
        self._core.mesh.membership.found(node, urls, now)

    def dial_failed(self, node: NodeId, now: float) -> None:
        """The answer to `Dial` when no link came of it; if one did, `link_up` is the answer."""
        self._core.mesh.membership.dial_failed(node, now)

    def reachable_at(self, urls: tuple[str, ...], now: float) -> None:
        """Where our own board can be reached."""
        self._core.mesh.membership.set_urls(urls, now)

    def receive(self, data: tuple[int, Channel, bytes], now: float) -> None:
        """One message of a link; whatever is wrong with it ends that link and nothing else."""
        link, channel, content = data
        intake = self._intake.get(link)
        if intake is None:
            return
        counters = self._core.counters
        try:
            message = intake.read(channel, content, now)
            if message is not None and not isinstance(message, Close):
                self._dispatch(link, channel, message, now)
            if channel is Channel.LOG:
                self._core.mesh.took(link, len(content), now)
        except LimitError as error:
            counters.malformed += 1
            self._core.mesh.cut_off(link, CloseCode.TOO_BIG, str(error), now)
        except DecodeError as error:
            counters.malformed += 1
            self._core.mesh.cut_off(link, CloseCode.MALFORMED, str(error), now)
        except RefusedError as error:
            counters.forged += error.code is CloseCode.BAD_SIGNATURE
            self._core.mesh.cut_off(link, error.code, str(error), now)

    def _dispatch(self, link: int, channel: Channel, message: Message, now: float) -> None:
        state = self._core.mesh.state(link)
        if state is None:
            return
        state.heard = now
        if channel is Channel.CTL and self._core.mesh.receive(link, message, now):
            self._after_mesh(message, now)
        elif isinstance(message, OfBlobs):
            self.attachments.receive(link, message, now)
        elif isinstance(message, OfReleases):
            self.renewal.receive(link, message, now)
        elif state.is_guest:
            self.hosting.receive(link, message, now)
        else:
            self._neighbours.receive(link, NodeId(state.node), message, self._intake[link], now)

    def _after_mesh(self, message: Message, now: float) -> None:
        """Some of the mesh's messages are news for a room as well."""
        key = getattr(message, "room", None)
        room = None if key is None else self._core.rooms.get(RoomId(key))
        if room is not None:
            self._core.receipts(room)
            self._core.advance(room, now)

    # -- time and output

    def next_timer(self) -> float | None:
        core = self._core
        parts = core.mesh, core.live, self.upkeep, self.attachments, self.pens, self.marquee, self.timekeeping
        due = soonest(*(part.next_timer() for part in parts), self.renewal.next_timer())
        for room in core.rooms.values():
            due = soonest(due, room.gathered_until())
            if room.state is RoomState.JOINING and room.is_loaded and not core.mesh.behind(room.room):
                due = soonest(due, room.joined_at + ALONE_S)
        return due

    def on_timer(self, now: float) -> None:
        core = self._core
        self.timekeeping.on_timer(now)
        self.pens.on_timer(now)
        for room in core.rooms.values():
            core.flush_due(room, now)
            core.advance(room, now)
        core.mesh.on_timer(now)
        core.forget_departed(now)
        core.forget_strangers(now)
        self.upkeep.on_timer(now)
        self.hosting.on_timer(now)
        self.attachments.on_timer(now)
        self.renewal.on_timer(now)
        self.marquee.on_timer(now)
        due = core.live.next_timer()
        if due is not None and due <= now:
            handles = {
                (state.link, room): flow.handle_out for room in core.rooms for state, flow in core.mesh.joined(room)
            }
            core.out += [Send(link, Channel.LIVE, frame) for link, frame in core.live.frames(handles)]
        self.agreement.on_timer(now)

    def drain(self) -> list[Output]:
        """All output so far, in order; messages too large for one frame leave in fragments."""
        core = self._core
        drained: list[Output] = [*self.attachments.drain(), *self.renewal.drain()]
        out, core.out = core.out + core.mesh.drain() + core.introductions.drain(), []
        for item in out:
            if isinstance(item, Send) and len(item.data) > WHOLE_MAX and item.channel is not Channel.LIVE:
                self._fragments += 1
                drained += [Send(item.link, item.channel, piece) for piece in split(item.data, self._fragments)]
            else:
                drained.append(item)
        return drained
