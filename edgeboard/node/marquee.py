"""The marquee of each room: its ticker items read out of the log, and what people and sources want written into it.

Pure. Rules of this file: a change takes effect at one moment of mesh time, late enough for it to be everywhere by then;
changes of one call are one gesture, seen together; who removes an item ends it, and one board of the mesh lets go of it
later, when nothing would move by that. Of a source that several boards have, the first alive in rank reads it: who has
one says so in the room's meta, so that everybody knows who may stand in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, final

from edgeboard.canvas.bodies import Add, Alive, Body, ItemType, Meta, Register, Set
from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError
from edgeboard.ids import NodeId, RoomId, room_id
from edgeboard.marquee.items import RANK_MOST, TICKER_PAGE, TickerItem, changed, content_of, payload_of
from edgeboard.marquee.layout import cast, slots_of
from edgeboard.marquee.ticker import Ticker
from edgeboard.marquee.wishes import WISHES_MAX, describe, item_of
from edgeboard.node.claims import claim_key, claimed_by, having
from edgeboard.node.core import Core
from edgeboard.rooms.room import Outcome, Room
from edgeboard.rooms.states import RoomState
from edgeboard.rooms.tickers import Line, Tickers
from edgeboard.timesync.values import MeshTime

LEAD_S: Final = 1.0  # from a change to its moment where other boards are to take part; news is everywhere in less
FAR_S: Final = 10.0  # ahead of mesh time no change is meant to be: whoever made it was alone, with a clock of its own
SWEEP_S: Final = 60.0  # between looks for items that have ended
KEPT_S: Final = 600.0  # that an item stays behind its end: until then it can be brought back by an undo
TAKEN_BACK_MAX: Final = 64  # claims in our name, at one look: others may have written any number
KEEP_SHARE: Final = 0.5  # of its time that an item has left when its source renews it

Listener = Callable[[], None]


@final
class Marquee:
    """The marquees of all rooms of a node."""

    def __init__(self, core: Core, time: MeshTime) -> None:
        self._core = core
        self._settings = core.settings.marquee
        self.time = time
        self._tickers: dict[RoomId, Ticker] = {}
        self._lines: dict[RoomId, Tickers] = {}
        self._listeners: dict[RoomId, list[Listener]] = {}
        self._claimed: dict[RoomId, frozenset[str]] = {}  # the keys by which this board says what it can read
        self._sweep_due = SWEEP_S
        self._changed: set[RoomId] = set()  # rooms whose items have changed since the last look
        core.on_outcome.append(self._on_outcome)
        time.on_jump(self._time_was_set)

    # -- what is shown

    def ticker(self, room: RoomId) -> Ticker:
        """The marquee of whoever shows this room; it changes as the items do."""
        room = self._shown_room(room)
        if room not in self._tickers:
            self._tickers[room] = Ticker(self._settings.fallback, self._settings.rate)
            self._tickers[room].set_items(self._lines[room].items() if room in self._lines else ())
        return self._tickers[room]

    def listen(self, room: RoomId, listener: Listener) -> Callable[[], None]:
        """Be told when the items that `ticker(room)` shows have changed; gives what ends that."""
        heard = self._listeners.setdefault(self._shown_room(room), [])
        heard.append(listener)
        return lambda: heard.remove(listener)

    def _shown_room(self, room: RoomId) -> RoomId:
        return room_id(self._core.identity.mesh, self._settings.room) if self._settings.room else room

    @property
    def default_room(self) -> str:
        """Whose items are meant where nobody says; empty: the board's first room."""
        return self._settings.room

    def _on_outcome(self, room: Room, outcome: Outcome) -> None:
        lines = self._lines.get(room.room)
        if lines is None:
            lines = self._lines[room.room] = Tickers()
        if not lines.update(room.document, outcome.batches, room.log.table, outcome.items):
            return
        self._changed.add(room.room)
        ticker = self._tickers.get(room.room)
        if ticker is not None and ticker.set_items(lines.items()):
            for listener in self._listeners.get(room.room, ()):
                listener()

    def _time_was_set(self) -> None:
        """Whoever waits for a moment looks anew what shows now."""
        for heard in self._listeners.values():
            for listener in heard:
                listener()

    def reached(self) -> float:
        """The latest moment of mesh time at which a change that is logged has taken effect, or will; 0 if none has."""
        return max((item.at for lines in self._lines.values() for item in lines.items()), default=0.0)

    def listing(self, name: str, now: float) -> dict[str, Any]:
        """The items of a room as JSON values, and what shows at this moment.

        Raises:
            StateError: this board has no such room.
        """
        room = self._room(name)
        mesh_s = self.time.peek(now)
        lines = self._lines.get(room.room) or Tickers()
        found = sorted(lines.items(), key=lambda item: (-item.priority, item.order, item.id))
        frame = self.ticker(room.room).at(mesh_s)
        boards = having(self._core, room, [item.id for item in found])
        described = [describe(item, mesh_s) | {"source": self._read_by(item.id, boards) or None} for item in found]
        return {
            "room": name,
            "mesh_s": mesh_s,
            "rate": self._settings.rate,
            "fallback": self._settings.fallback,
            "shows": {
                "id": frame.item.id,
                "text": frame.text,
                "level": frame.level.name.lower(),
                "fallback": frame.plan.is_fallback,
            },
            "items": [each for each in described if each["valid"] or each["at"] > mesh_s],
            "faults": [line.fault for line in lines.faults()],
        }

    # -- what is wanted

    def put(self, name: str, wishes: Sequence[Mapping[str, Any]], now: float) -> list[TickerItem]:
        """Set items, all at one moment; gives those that are different now.

        Raises:
            DecodeError: a wish that cannot be met; nothing has changed. RefusedError: this board may look, or is full.
            StateError: the room takes nothing.
        """
        self._check_hands(self._room(name), [str(wish.get("id")) for wish in wishes])
        return self._put(name, wishes, now)

    def _put(self, name: str, wishes: Sequence[Mapping[str, Any]], now: float) -> list[TickerItem]:
        if not 1 <= len(wishes) <= WISHES_MAX:
            raise DecodeError(f"1 to {WISHES_MAX} items can be set at once")
        room = self._loaded(self._room(name))
        known, moment = self._known(room), self._moment(room, now)
        bodies: list[Body] = []
        made: dict[str, TickerItem] = {}
        for wish in wishes:
            same = known.get(str(wish.get("id")), [])
            before = same[0].item if same else None
            item = changed(before, item_of(wish, before, moment, self._settings.rate), moment)
            if item.was is None and wish.get("priority") is None:
                item = self._in_time(item, [each[0].item for each in known.values() if each[0].item is not None])
            if item.id in made:
                raise DecodeError(f"the item {item.id!r:.70} is set twice")
            made[item.id] = item
            if before is not None and _is_alike(item):
                del made[item.id]
            elif same:
                bodies.append(Set(same[0].op, Register.DATA, content_of(item)))
                bodies += [Alive(other.op, False) for other in same[1:]]
            else:
                bodies.append(Add(TICKER_PAGE, 0, ItemType.TICKER, payload_of(item)))
        self._log(room, bodies, now)
        return list(made.values())

    def remove(self, name: str, ids: Sequence[str], now: float) -> list[str]:
        """End items, all at one moment; gives the ids of those that were there.

        Raises:
            RefusedError, StateError: as `put`.
        """
        room = self._loaded(self._room(name))
        self._check_hands(room, ids)
        known, moment = self._known(room), self._moment(room, now)
        bodies: list[Body] = []
        gone: list[str] = []
        for each in dict.fromkeys(ids):
            same = known.get(each, [])
            item = same[0].item if same else None
            if item is None or item.expires <= moment:
                continue
            gone.append(each)
            ended = _ended(item, moment)
            if ended is not None:
                bodies.append(Set(same[0].op, Register.DATA, content_of(ended)))
            bodies += [Alive(other.op, False) for other in (same if ended is None else same[1:])]
        self._log(room, bodies, now)
        return gone

    def _read_by(self, name: str, boards: Mapping[str, Sequence[NodeId]]) -> list[str]:
        """The names of the boards that set an item of this id from a source of theirs."""
        members = self._core.mesh.membership.members
        records = [members.get(node) for node in boards.get(name, ())]
        return [record.about.name for record in records if record is not None]

    def _check_hands(self, room: Room, ids: Sequence[str]) -> None:
        """Nobody's hand changes what a source sets: in a few seconds it would be as before.

        Raises:
            RefusedError: an item comes from a source.
        """
        boards = having(self._core, room, ids)
        for name in ids:
            readers = self._read_by(name, boards)
            if readers:
                said = (
                    f"{name!r:.70} comes from a source in edgeboard.yaml of {', '.join(readers[:3])}; change it there"
                )
                raise RefusedError(CloseCode.FORBIDDEN, said)

    def _in_time(self, item: TickerItem, others: Sequence[TickerItem]) -> TickerItem:
        """A new item, before all others if it would end before it had its turn."""
        shown = cast([*(other for other in others if other.id != item.id), item], item.at)
        for slot in slots_of(shown, self._settings.rate):
            if slot.item.id == item.id and item.at + slot.start_s >= item.expires:
                return replace(item, priority=min(RANK_MOST, shown[0].priority + 1))
        return item

    def _open(self, name: str, now: float) -> Room:
        return self._loaded(self._core.open_room(name, now))

    def _loaded(self, room: Room) -> Room:
        if not room.is_loaded:
            raise StateError("the board is still reading this room; try again in a moment")
        self._core.require_store()
        return room

    def _room(self, name: str) -> Room:
        room = self._core.rooms.get(room_id(self._core.identity.mesh, name))
        if room is None:
            raise StateError(f"this board has no room {name!r}; `edgeboard rooms` lists them")
        return room

    def _known(self, room: Room) -> Mapping[str, Sequence[Line]]:
        return self._lines[room.room].lines() if room.room in self._lines else {}

    def _moment(self, room: Room, now: float) -> float:
        """When a change takes effect."""
        lead = LEAD_S if self._core.mesh.node_links(room.room) else 0.0
        return round(self.time.peek(now) + lead, 3)

    def _log(self, room: Room, bodies: Sequence[Body], now: float) -> None:
        if bodies:
            room.submit(bodies, now)
            self._core.publish(room, room.flush(self._core.identity.wall_ms()), None, now)

    # -- letting go

    def next_timer(self) -> float | None:
        return 0.0 if self._changed else self._sweep_due if self._lines else None

    def on_timer(self, now: float) -> None:
        changed_rooms, self._changed = self._changed, set()
        for key in changed_rooms:
            self._tend(key, now, self._bring_near)
        if now < self._sweep_due:
            return
        self._sweep_due = now + SWEEP_S
        for key in self._lines:
            self._tend(key, now, self._say_claims, self._bring_near, self._sweep)

    def _tend(self, key: RoomId, now: float, *tasks: Callable[[Room, float], None]) -> None:
        room = self._core.rooms.get(key)
        if room is None or room.state is not RoomState.ACTIVE:
            return
        with suppress(RefusedError, StateError):  # another look comes
            self._core.require_store()
            for task in tasks:
                task(room, now)

    def _bring_near(self, room: Room, now: float) -> None:
        """Have show now what somebody has set who was alone, with a clock that was ahead: hours might go by else."""
        mesh_s, moment = self.time.peek(now), self._moment(room, now)
        bodies: list[Body] = []
        for line in [same[0] for same in self._known(room).values()]:
            item = line.item
            if item is None or item.at <= mesh_s + FAR_S:
                continue
            before = item.was if item.was is not None and item.was.since <= moment else None
            wanted = replace(item, expires=round(item.expires - item.at + moment, 3))
            bodies.append(Set(line.op, Register.DATA, content_of(changed(before, wanted, moment))))
        if bodies and self._is_first():
            self._log(room, bodies, now)

    def _sweep(self, room: Room, now: float) -> None:
        if not self._is_first():
            return
        lines = self._lines[room.room]
        ticker = Ticker(self._settings.fallback, self._settings.rate)
        ticker.set_items(lines.items())
        gone = ticker.ended(self.time.peek(now) - KEPT_S)
        if not gone:
            return
        known = lines.lines()
        self._log(room, [Alive(line.op, False) for each in gone for line in known[each]], now)

    def _is_first(self) -> bool:
        """Whether it is for this board to do what one board does for all."""
        identity = self._core.identity
        return identity.draws and all(node > identity.node for node in self._alive() if self._core.draws(node))

    # -- sources

    def claim(self, name: str, sources: Iterable[str], now: float) -> None:
        """Say in the room which sources this board has, by the ids of their items; what it has not is taken back.

        Raises:
            RefusedError, StateError: as `put`.
        """
        room = self._open(name, now)
        self._claimed[room.room] = frozenset(claim_key(source, self._core.identity.node) for source in sources)
        self._say_claims(room, now)

    def _say_claims(self, room: Room, now: float) -> None:
        """Whoever may draw can write that this board reads a source: what it does not read, it takes back."""
        mine = self._claimed.get(room.room, frozenset())
        had = claimed_by(room, self._core.identity.node)
        self._log(room, [Meta(key, True) for key in sorted(mine - had)], now)
        self._log(room, [Meta(key, None) for key in sorted(had - mine)[:TAKEN_BACK_MAX]], now)

    def readers(self, name: str, sources: Sequence[str], now: float) -> list[NodeId | None]:
        """Which board reads each shared source now; None if the room says of nobody alive that he has it, or is still
        catching up: what others have read would be read again.

        The board that is next in rank stays linked to the one that reads, and so hears first that it is gone: in a mesh
        that is not linked all to all, the others hear that seconds later.
        """
        room, me = self._room(name), self._core.identity.node
        if room.state is RoomState.JOINING:
            return [None for _ in sources]
        found = having(self._core, room, sources)
        readers: list[NodeId | None] = []
        besides: set[NodeId] = set()
        for source in sources:
            ranked = found.get(source, [])
            readers.append(next((node for node in ranked if node == me or self._answers(node)), None))
            besides |= {*ranked[:2]} if me in ranked[:2] else set()
        self._core.mesh.membership.overlay.link_besides(besides, now)
        return readers

    def _alive(self) -> frozenset[NodeId]:
        return self._core.mesh.membership.members.alive()

    def _answers(self, node: NodeId) -> bool:
        """Whether the link of a board that is alive to us, if there is one, has left no ping unanswered.

        Standing in too early does no harm: what two boards read of one source is the same item.
        """
        number = self._core.mesh.link_to(node)
        state = None if number is None else self._core.mesh.state(number)
        return state is None or not state.missed

    def report(self, name: str, wish: Mapping[str, Any], keep_s: float, now: float) -> bool:
        """What a source says of its item; logged only if that is news, or the item would soon end.

        Raises:
            DecodeError, RefusedError, StateError: as `put`.
        """
        room = self._open(name, now)
        same = self._known(room).get(str(wish.get("id")), [])
        before = same[0].item if same else None
        mesh_s = self.time.peek(now)
        is_fresh = before is not None and before.expires > mesh_s + keep_s * KEEP_SHARE
        if is_fresh and before is not None:
            wanted = item_of(wish, before, mesh_s, self._settings.rate)
            if _content(wanted) == _content(before):
                return False
        return bool(self._put(name, [{**wish, "for": keep_s}], now))


def _content(item: TickerItem) -> TickerItem:
    """What an item says, whenever."""
    return replace(item, at=0.0, since=0.0, was=None, expires=0.0)


def _is_alike(item: TickerItem) -> bool:
    """Whether a change changes nothing."""
    was = item.was
    return was is not None and _content(was) == _content(item) and was.expires == item.expires


def _ended(item: TickerItem, moment: float) -> TickerItem | None:
    """The item with an end at a moment; None if it has not even begun by then."""
    if item.at > moment:
        if item.was is None or item.was.since > moment:
            return None
        item = item.was
    return replace(item, expires=moment)
