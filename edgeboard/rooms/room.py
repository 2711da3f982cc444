"""A room: its log, its canvas, its state. The engine behind every board, guest and panel.

Rules of this file:
- local ink is applied at once and gathered into a batch; nobody waits for disk or network here;
- an op is logged once per author: a second submission of a known op only asks for its receipt;
- remote batches are applied after their signature holds, in the order of their author;
- what cannot be taken is refused by name, and nothing has changed then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import final

from edgeboard.canvas.bodies import Add, Body, ItemType, Kind
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.images import check_image
from edgeboard.canvas.ops import Maker, Op, Undo, decode_body, decode_op
from edgeboard.errors import CloseCode, RefusedError, StateError
from edgeboard.ids import AuthorTag, MeshId, NodeId, OpId, Origin, PersonId, RoomId, origin_of, show_op
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.batch import Batch, decode_batch
from edgeboard.oplog.log import Log, Offer, Status
from edgeboard.rooms.receipts import Receipts
from edgeboard.rooms.states import DRAWABLE, RoomEvent, RoomState, has_row, step

LAMPORT_LEAP_MAX = 1 << 32  # a guest's stamp may be this far ahead of what its host has seen
MAY_LOOK = "this board may look at its mesh, and not draw: its role is view"
ALONE_S = 2.0  # in JOINING this long with nobody to learn from: the room is active


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """Limits where ops enter the mesh; forwarded batches are never judged by them."""

    gather_s: float = 0.033  # outgoing work is gathered this long; 0 sends at once
    gather_bytes: int = 1_100  # or until it fills one packet
    ops_max: int = 1_000_000  # ops a room may hold before guests are told that it is full
    unstored_bytes_max: int = 8 * 1024 * 1024  # ink kept in memory while the store fails


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one input has done: batches to push and to store, items that look different now."""

    batches: tuple[Batch, ...] = ()
    items: tuple[OpId, ...] = ()
    alarms: tuple[str, ...] = ()


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """What several inputs have done, one after the other."""
    if len(outcomes) == 1:
        return outcomes[0]
    return Outcome(
        tuple(batch for each in outcomes for batch in each.batches),
        tuple(dict.fromkeys(item for each in outcomes for item in each.items)),
        tuple(alarm for each in outcomes for alarm in each.alarms),
    )


@dataclass(slots=True)
class _Gathering:
    ops: list[tuple[Op, PersonId]] = field(default_factory=list)
    size: int = 0
    since: float = 0.0


@final
class Room:
    """One shared canvas on this node."""

    def __init__(
        self,
        mesh: MeshId,
        room: RoomId,
        name: str,
        *,
        node: NodeId,
        verify: Callable[[bytes, bytes, bytes], bool],
        make_author: Callable[[RoomId], LocalAuthor],
        maker: Maker,
        person: PersonId,
        settings: RoomSettings,
        admins: frozenset[NodeId] = frozenset(),
        draws: bool = True,
    ) -> None:
        self.room = room
        self.name = name
        self.state = RoomState.IDLE
        self.document = Document(admins)
        self.log = Log(mesh, room, verify)
        self.receipts = Receipts()
        self._anew: Callable[[], tuple[Log, Document]] = lambda: (Log(mesh, room, verify), Document(admins))
        self._node = node
        self._make_author = make_author
        self._author: LocalAuthor | None = None
        self._entries = 0  # of our own author, gathered ones included
        self._maker = maker
        self._person = person
        self._draws = draws  # whether this board's grant lets it log anything
        self._settings = settings
        self._gathering = _Gathering()
        self.joined_at = 0.0
        self._loaded = False
        self._stranded: list[Batch] = []  # from our disk, beyond a damaged row

    # -- state

    def open(self, now: float) -> None:
        self.state = step(self.state, RoomEvent.OPEN)
        self.joined_at = now

    def on_event(self, event: RoomEvent) -> bool:
        """Take an event if the table has a row for it; True if the state has changed."""
        if not has_row(self.state, event):
            return False
        self.state = step(self.state, event)
        return True

    def loaded(self, now: float) -> str | None:
        """All that our own store holds has been received.

        Ink beyond a damaged row would wait for ever on a board without neighbours, so it is logged again, under the
        ids it has; if the row comes back from a peer, that changes nothing. Returns what there is to tell, if anything.
        """
        self._loaded = True
        stranded, self._stranded = self._stranded, []
        rescued = lost = 0
        rows: dict[AuthorTag, dict[int, tuple[Origin, PersonId]]] = {}
        for batch in sorted(stranded, key=lambda batch: (batch.author, batch.first)):
            table = rows.setdefault(batch.author, dict(enumerate(self.log.table(batch.author))))
            table.update(enumerate(batch.origins, batch.row))
            for slot in batch.slots:
                if slot.dropped is not None:
                    continue
                origin, person = table.get(slot.row, (None, None))
                if origin is None or person is None:
                    lost += 1
                    continue
                op = decode_op(origin, slot.tail)
                if not self._draws:
                    lost += not self.document.places(op.id)
                elif not self.document.places(op.id):
                    self._append(op, person, now)
                    rescued += 1
        if not rescued and not lost:
            return None
        return f"{rescued} ops lay behind damaged rows and were logged again; {lost} wait for a copy from another board"

    @property
    def is_loaded(self) -> bool:
        return self._loaded

    # -- ink of our own and of our guests

    def submit(self, bodies: Sequence[Body], now: float, undo: Undo = Undo.NONE) -> tuple[OpId, ...]:
        """Make one gesture of this node's own pen. The only place where a node's op id is born.

        Raises:
            RefusedError: this board may look, and not draw. StateError: the room takes no ink.
        """
        self._require_drawable()
        made = []
        for at, body in enumerate(bodies):
            op = self._maker.make(body, self.document.lamport, undo=undo, more=at > 0)
            self._append(op, self._person, now)
            made.append(op.id)
        return tuple(made)

    def take(self, origin: Origin, person: PersonId, tail: bytes, link: int | None, now: float) -> OpId:
        """Log an op that a guest made, or find that it is logged already; `link` (if any) gets its receipts.

        Raises:
            DecodeError: not an op.
            RefusedError: not allowed here; the text is for its maker.
            StateError: the room takes no ink.
        """
        self._require_drawable()
        op = decode_op(origin, tail)
        known = self.document.person_of(origin)
        if known is not None and known != person:
            raise RefusedError(CloseCode.FORBIDDEN, "this origin belongs to another person")
        places = self.document.places(op.id)
        if places:
            self._expect(op.id, places, link)
            return op.id
        body = decode_body(op)
        if isinstance(body, Add) and body.type == ItemType.IMAGE and body.item is None and link is not None:
            check_image(body.payload)
        if op.kind == Kind.FLOOR:
            raise RefusedError(CloseCode.FORBIDDEN, "boards say when something is gone for good, nobody else")
        if op.lamport > self.document.lamport + LAMPORT_LEAP_MAX:
            raise RefusedError(CloseCode.LIMIT, "its stamp is too far ahead")
        if self.document.statistics().ops >= self._settings.ops_max:
            raise RefusedError(CloseCode.LIMIT, "this room is full; start another page or room")
        place = self._append(op, person, now)
        self._expect(op.id, (place,), link)
        return op.id

    def _require_drawable(self) -> None:
        if not self._draws:
            raise RefusedError(CloseCode.FORBIDDEN, MAY_LOOK)
        if self.state not in DRAWABLE:
            raise StateError(f"a room that is {self.state.value} takes no ink")

    def _expect(self, op: OpId, places: Sequence[Place], link: int | None) -> None:
        if link is None:
            return
        place = places[0]
        for other in places:
            if self.receipts.is_saved(other.author, other.entry):
                place = other
        self.receipts.expect(place.author, place.entry, op, link)

    def _append(self, op: Op, person: PersonId, now: float) -> Place:
        if self._author is None:
            self._author = self._make_author(self.room)
            self.document.introduce(self._author.tag, self._node)
        place = Place(self._author.tag, self._entries)
        self._entries += 1
        self.document.own(origin_of(op.id), person)
        self._touched += self.document.apply(op, place).items
        if not self._gathering.ops:
            self._gathering.since = now
        self._gathering.ops.append((op, person))
        self._gathering.size += len(op.tail) + 4
        return place

    _touched: tuple[OpId, ...] = ()

    def gathered_until(self) -> float | None:
        """When the gathered ops are due; None if there are none."""
        if not self._gathering.ops:
            return None
        if self._gathering.size >= self._settings.gather_bytes:
            return self._gathering.since
        return self._gathering.since + self._settings.gather_s

    def flush(self, wall_ms: int) -> Outcome:
        """Encode and sign what was gathered: once, for log, disk, and network alike."""
        touched, self._touched = self._touched, ()
        ops, self._gathering = self._gathering.ops, _Gathering()
        batches: list[Batch] = []
        while ops:
            assert self._author is not None
            take, size = 0, 0
            while take < len(ops) and take < 4096 and (not take or size + len(ops[take][0].tail) < 16_000):
                size += len(ops[take][0].tail)
                take += 1
            data = self._author.batch(ops[:take], wall_ms)
            for accepted in self.log.offer(data, trusted=True).accepted:
                accepted.lend_to(self.document)
                batches.append(accepted.batch)
            ops = ops[take:]
        return Outcome(tuple(batches), touched)

    def saved_by_now(self) -> Callable[[], bool]:
        """Says, whenever it is asked, whether our disk has all that this board has logged here until now."""
        author, end = self._author, self._entries
        return lambda: author is None or end == 0 or self.receipts.is_saved(author.tag, end - 1)

    # -- the same, reduced

    def begin_anew(self) -> tuple[Log, Document]:
        """An empty log and canvas of this room, to be filled by `take_into`."""
        return self._anew()

    def take_into(self, log: Log, document: Document, data: bytes) -> None:
        """Put a batch of this room's log into a fresh log and canvas."""
        for accepted in log.offer(data, trusted=True).accepted:
            accepted.apply_to(document)

    def exchange(self, log: Log, document: Document) -> None:
        """From now on these are the room's: they hold and show the same, and take less."""
        self.log, self.document = log, document

    # -- what others logged

    def receive_stored(self, data: bytes) -> Outcome:
        """Take a batch from our own disk, where it was put after its signature had held.

        Raises:
            DecodeError: not a batch.
        """
        offer, outcome = self.receive(data, trusted=True)
        if offer.status is Status.WAITING:
            self._stranded.append(decode_batch(data))
        return outcome

    def receive(self, data: bytes, *, trusted: bool = False) -> tuple[Offer, Outcome]:
        """Take a batch from a peer, or a trusted one from our own disk, which was verified when it came.

        Raises:
            DecodeError: not a batch. SignatureError: forged, altered, or from another room. Nothing has changed.
        """
        offer = self.log.offer(data, trusted=trusted)
        items: list[OpId] = []
        alarms: list[str] = []
        batches: list[Batch] = []
        alarms += [
            f"two batches for one place, signed by node {node.hex()}: it is faulty or lies" for node in offer.alarms
        ]
        for accepted in offer.accepted:
            batches.append(accepted.batch)
            change = accepted.apply_to(self.document)
            items += change.items
            alarms += [
                f"two contents under op {show_op(op)}, the second signed by {accepted.node.hex()}"
                for op in change.equivocations
            ]
        return offer, Outcome(tuple(batches), tuple(items), tuple(alarms))
