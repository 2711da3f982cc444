"""What a host does for its guests: greets them, logs what they draw, and tells them when it is safe."""

from collections.abc import Iterable
from dataclasses import replace
from typing import final

from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError
from edgeboard.ids import COUNTER_MAX, NodeId, Origin, PersonId, RoomId, room_id
from edgeboard.node.attachments import Attachments
from edgeboard.node.core import Core
from edgeboard.rooms.admission import Entry, Rule, Source
from edgeboard.rooms.elsewhere import Elsewhere
from edgeboard.rooms.guests import GuestState
from edgeboard.rooms.recent import LEAST, newest_ops
from edgeboard.varints import get_uvarint
from edgeboard.vectors import Vector
from edgeboard.wire.fields import URLS_MAX, Host, Owned
from edgeboard.wire.live import Live, LiveKind
from edgeboard.wire.messages import (
    TEXT_MAX,
    VERSION,
    Guest,
    Hosts,
    Join,
    Leave,
    Message,
    Notice,
    Recent,
    Refused,
    RoomIs,
    Submit,
    Welcome,
)

VIEW, FOLLOW = 8, 9  # kinds of live items that nodes pass on unread (docs/formats/wire.md)
HOSTS_EVERY_S = 2.0  # between looks at which other boards answer


@final
class Hosting:
    """The guests' half of the pipeline."""

    def __init__(self, core: Core, attachments: Attachments) -> None:
        self._core = core
        self._attachments = attachments
        self._elsewhere = Elsewhere()
        self._told: dict[int, Hosts] = {}  # guest's link to what it was told of other boards
        self._sources: dict[int, Source] = {}
        self._hosts_due = 0.0

    def receive(self, link: int, message: Message, now: float) -> None:
        """One message of a guest.

        Raises:
            DecodeError: broken. RefusedError: not allowed. The link is to be closed with the reason.
        """
        if isinstance(message, Guest):
            self._greet(link, message, now)
            return
        guest = self._core.guests.get(link)
        if guest is None:
            raise RefusedError(CloseCode.MALFORMED, "a guest says GUEST first")
        match message:
            case Join(_, name, vector, handle):
                self._join(guest, name, Vector.from_bytes(vector), handle, now)
            case Leave(room):
                guest.rooms.discard(RoomId(room))
                self._core.mesh.leave(link, RoomId(room))
                self.people_changed(RoomId(room))
            case Submit(room, origin, tails):
                self._submit(guest, RoomId(room), Origin(int.from_bytes(origin, "big")), tails, now)
            case Live():
                shown = message if self._core.guests.may_draw(link) else of_viewer(message)
                self._core.live_items(link, shown, guest.origin, now)
            case _:
                raise RefusedError(CloseCode.MALFORMED, f"a guest does not say {type(message).__name__}")

    def left(self, link: int) -> bool:
        """The link has ended; False if it was no guest's."""
        guest = self._core.guests.leave(link)
        self._told.pop(link, None)
        self._sources.pop(link, None)
        if guest is None:
            return False
        for room in guest.rooms:
            self._core.rooms[room].receipts.forget(link)
            self.people_changed(room)
        return True

    def people_changed(self, room: RoomId) -> None:
        """Our own guests in a room have changed: tell the other nodes and the guests."""
        core = self._core
        here = core.people_here(room)
        known = core.people.get(room)
        if known is not None and known.at(core.identity.node) != tuple(here):
            known.hear(core.identity.node, core.next_presence(), here)
            core.tell_presence(room, core.identity.node)

    # -- who may come in

    def arrived(self, link: int, source: Source) -> None:
        """A guest's link has opened; it has said nothing yet."""
        self._sources[link] = source

    def look_at_entries(self, now: float) -> None:
        """Let go of guests whose token or PIN has ended."""
        door = self._core.identity.door
        for link in [] if door is None else self._core.guests.all_links():
            guest = self._core.guests.get(link)
            if guest is not None and door is not None and not door.holds(guest.entry, now):
                error = door.why_ended(guest.entry)
                self._core.close(link, error.code, str(error))

    def _greet(self, link: int, hello: Guest, now: float) -> None:
        core = self._core
        door = core.identity.door

        def admit() -> Entry:
            if door is None:
                return Entry()
            source = self._sources.get(link, Source("", is_near=False))
            return door.admit(PersonId(hello.person), hello.capabilities, source, now)

        guest = core.guests.greet(link, hello, admit)
        rule = Rule.DRAW if door is None else door.rule
        limits = {
            "gather_ms": round(core.settings.room.gather_s * 1000),
            "role": "draw" if core.guests.may_draw(link) else "view",
            "admit": rule.value,
        }
        core.say(link, Welcome(VERSION, core.identity.node, core.identity.name, limits, core.identity.software))
        self._tell_hosts(guest)
        for room in guest.rooms:
            self.people_changed(room)

    # -- other boards, for when this one dies

    def node_linked(self, node: NodeId, host: Host | None) -> None:
        """A link to a board has opened; `host` says where its guests find it, if it takes any."""
        self._elsewhere.linked(node, host)
        self.tell_hosts()

    def node_unlinked(self, node: NodeId) -> None:
        self._elsewhere.unlinked(node)
        self.tell_hosts()

    def node_put_out(self, node: NodeId) -> None:
        """A board is no member any more: no guest shall go there."""
        self._elsewhere.forget(node)
        self.tell_hosts()

    def on_timer(self, now: float) -> None:
        """Look now and then whether the other boards answer; pings keep the time of day, so no timer of our own."""
        if now >= self._hosts_due:
            self._hosts_due = now + HOSTS_EVERY_S
            self.tell_hosts()
            self.look_at_entries(now)

    def tell_hosts(self) -> None:
        """Tell each guest which boards it can go to, where that has changed."""
        mesh = self._core.mesh
        for node in self._elsewhere.linked_nodes():
            number = mesh.link_to(node)
            self._elsewhere.answers(node, well=number is not None and not mesh.is_suspect(number))
        for link in self._core.guests.all_links():
            guest = self._core.guests.get(link)
            if guest is not None:
                self._tell_hosts(guest)

    def _tell_hosts(self, guest: GuestState) -> None:
        ticket = self._core.identity.seal_ticket(guest.entry.ticket(guest.person))
        told = Hosts(tuple(map(self._where, self._elsewhere.listing(guest.origin))), ticket)
        if self._told.get(guest.link) != told:
            self._told[guest.link] = told
            self._core.say(guest.link, told)

    def _where(self, host: Host) -> Host:
        """Where a board is now: its record is newer than what it said when the link opened."""
        record = self._core.mesh.membership.members.get(NodeId(host.node))
        urls = () if record is None else record.about.urls[:URLS_MAX]
        return host._replace(urls=urls) if urls else host

    def _join(self, guest: GuestState, name: str, vector: Vector, handle: int, now: float) -> None:
        core = self._core
        if core.identity.door is not None:
            core.identity.door.check_room(guest.entry, room_id(core.identity.mesh, name))
        room = core.open_room(name, now)
        core.guests.enter(guest, room.room)
        core.say(guest.link, RoomIs(room.room, name, room.state.value))
        core.mesh.join_guest(guest.link, room.room, name)
        if sum(lacked.end - lacked.first for lacked in room.log.vector().beyond(vector)) >= LEAST:
            newest = newest_ops(room.log, room.document)
            ops = (
                Owned((origin.to_bytes(8, "big"), person, tuple(tails))) for (origin, person), tails in newest.items()
            )
            core.mesh.send_ahead(guest.link, Recent(room.room, tuple(ops)))
        core.mesh.join(guest.link, room.room, vector, handle, now)
        self._attachments.joined(guest.link, room.room)
        self.people_changed(room.room)
        for node in core.people[room.room].nodes():
            core.say(guest.link, core.presence(room.room, node))
        if core.store_failed_text is not None:
            core.say(guest.link, Notice(2, f"This board cannot save: {core.store_failed_text}."))
        if core.put_out_text:
            core.say(guest.link, Notice(2, core.put_out_text))

    def _submit(self, guest: GuestState, key: RoomId, origin: Origin, tails: Iterable[bytes], now: float) -> None:
        core = self._core
        room = core.rooms.get(key)
        if room is None or key not in guest.rooms:
            raise RefusedError(CloseCode.MALFORMED, "SUBMIT to a room that was not joined")
        for tail in tails:
            try:
                if not core.guests.may_draw(guest.link):
                    raise RefusedError(CloseCode.FORBIDDEN, "you may look at this room, and not draw")
                core.require_store()
                room.take(origin, guest.person, tail, guest.link, now)
            except (DecodeError, RefusedError, StateError) as error:
                core.counters.refused += 1
                code = error.code if isinstance(error, RefusedError) else CloseCode.MALFORMED
                reason = Refused(key, origin.to_bytes(8, "big"), counter_of_tail(tail), code, str(error)[:TEXT_MAX])
                core.say(guest.link, reason)
        core.receipts(room)
        core.flush_due(room, now)


SEEN_OF_VIEWERS = frozenset({LiveKind.CURSOR, VIEW, FOLLOW})


def of_viewer(frame: Live) -> Live:
    """What of a live frame others are shown by somebody who may only look: where they are and whom they follow."""
    return replace(frame, items=tuple(item for item in frame.items if item.kind in SEEN_OF_VIEWERS))


def counter_of_tail(tail: bytes) -> int:
    """The counter of an op that could not be read otherwise, so that its maker knows which; 0 if unreadable."""
    try:
        return min(get_uvarint(tail, 0)[0], COUNTER_MAX)
    except DecodeError:
        return 0
