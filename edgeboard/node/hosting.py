"""What a host does for its guests: greets them, logs what they draw, and tells them when it is safe."""

from collections.abc import Iterable
from typing import final

from edgeboard.errors import CloseCode, DecodeError, RefusedError, StateError
from edgeboard.ids import COUNTER_MAX, Origin, RoomId
from edgeboard.node.attachments import Attachments
from edgeboard.node.core import Core
from edgeboard.rooms.guests import GuestState
from edgeboard.rooms.recent import LEAST, newest_ops
from edgeboard.varints import get_uvarint
from edgeboard.vectors import Vector
from edgeboard.wire.fields import Owned
from edgeboard.wire.live import Live
from edgeboard.wire.messages import (
    TEXT_MAX,
    VERSION,
    Guest,
    Join,
    Leave,
    Message,
    Notice,
    Presence,
    Recent,
    Refused,
    RoomIs,
    Submit,
    Welcome,
)


@final
class Hosting:
    """The guests' half of the pipeline."""

    def __init__(self, core: Core, attachments: Attachments) -> None:
        self._core = core
        self._attachments = attachments

    def receive(self, link: int, message: Message, now: float) -> None:
        """One message of a guest.

        Raises:
            DecodeError: broken. RefusedError: not allowed. The link is to be closed with the reason.
        """
        if isinstance(message, Guest):
            self._greet(link, message)
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
                self._core.live_items(link, message, guest.origin, now)
            case _:
                raise RefusedError(CloseCode.MALFORMED, f"a guest does not say {type(message).__name__}")

    def left(self, link: int) -> bool:
        """The link has ended; False if it was no guest's."""
        guest = self._core.guests.leave(link)
        if guest is None:
            return False
        for room in guest.rooms:
            self._core.rooms[room].receipts.forget(link)
            self.people_changed(room)
        return True

    def people_changed(self, room: RoomId) -> None:
        """Our own guests in a room have changed: tell the other nodes and the guests."""
        core = self._core
        here = core.guests.people(room)
        if room in core.people and core.people[room].set(core.identity.node, here):
            message = Presence(room, core.identity.node, here)
            for link in core.mesh.node_links(room):
                core.say(link, message)
            core.to_guests(room, message)

    def _greet(self, link: int, hello: Guest) -> None:
        core = self._core
        guest = core.guests.greet(link, hello)
        limits = {"gather_ms": round(core.settings.room.gather_s * 1000)}
        core.say(link, Welcome(VERSION, core.identity.node, core.identity.name, limits, core.identity.software))
        for room in guest.rooms:
            self.people_changed(room)

    def _join(self, guest: GuestState, name: str, vector: Vector, handle: int, now: float) -> None:
        core = self._core
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
            core.say(guest.link, Presence(room.room, node, core.people[room.room].at(node)))
        if core.store_failed_text is not None:
            core.say(guest.link, Notice(2, f"This board cannot save: {core.store_failed_text}."))

    def _submit(self, guest: GuestState, key: RoomId, origin: Origin, tails: Iterable[bytes], now: float) -> None:
        core = self._core
        room = core.rooms.get(key)
        if room is None or key not in guest.rooms:
            raise RefusedError(CloseCode.MALFORMED, "SUBMIT to a room that was not joined")
        for tail in tails:
            try:
                core.require_store()
                room.take(origin, guest.person, tail, guest.link, now)
            except (DecodeError, RefusedError, StateError) as error:
                core.counters.refused += 1
                code = error.code if isinstance(error, RefusedError) else CloseCode.MALFORMED
                reason = Refused(key, origin.to_bytes(8, "big"), counter_of_tail(tail), code, str(error)[:TEXT_MAX])
                core.say(guest.link, reason)
        core.receipts(room)
        core.flush_due(room, now)


def counter_of_tail(tail: bytes) -> int:
    """The counter of an op that could not be read otherwise, so that its maker knows which; 0 if unreadable."""
    try:
        return min(get_uvarint(tail, 0)[0], COUNTER_MAX)
    except DecodeError:
        return 0
