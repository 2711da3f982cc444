"""The browsers this node is host to. A host vouches for its guests; here stands what it knows of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.identity.grants import Role
from edgeboard.ids import Origin, PersonId, RoomId
from edgeboard.rooms.admission import Entry
from edgeboard.wire.fields import Person
from edgeboard.wire.messages import VERSION, Guest


@dataclass(slots=True)
class GuestState:
    """One guest on one link."""

    link: int
    person: PersonId
    origin: Origin
    name: str
    colour: int
    entry: Entry = Entry()
    rooms: set[RoomId] = field(default_factory=set)

    def as_person(self) -> Person:
        return Person((self.person, self.origin.to_bytes(8, "big"), self.name, self.colour))


@final
class Guests:
    """All guests of this node, by link; of one that may not draw itself no guest may."""

    def __init__(self, most: int, most_in_room: int, *, draws: bool = True) -> None:
        self._draws = draws
        self._most = most
        self._most_in_room = most_in_room
        self._by_link: dict[int, GuestState] = {}

    def __len__(self) -> int:
        return len(self._by_link)

    def __contains__(self, link: int) -> bool:
        return link in self._by_link

    def greet(self, link: int, hello: Guest, admit: Callable[[], Entry] = Entry) -> GuestState:
        """Admit a guest; a second hello on the same link only renames it.

        Raises:
            RefusedError: its page is too old, the node is full, or what `admit` raises.
        """
        if hello.version < VERSION:
            raise RefusedError(CloseCode.TOO_OLD, "this page is too old for the board: reload it")
        known = self._by_link.get(link)
        if known is not None:
            known.name, known.colour = clean_name(hello.name), hello.colour
            return known
        if len(self._by_link) >= self._most:
            raise RefusedError(CloseCode.ROOM_FULL, f"this board is host to {self._most} people already")
        origin = Origin(int.from_bytes(hello.origin, "big"))
        guest = GuestState(link, PersonId(hello.person), origin, clean_name(hello.name), hello.colour, admit())
        self._by_link[link] = guest
        return guest

    def may_draw(self, link: int) -> bool:
        """Whether a guest may; False before its greeting."""
        guest = self._by_link.get(link)
        return self._draws and guest is not None and guest.entry.role >= Role.DRAW

    def get(self, link: int) -> GuestState | None:
        return self._by_link.get(link)

    def enter(self, guest: GuestState, room: RoomId) -> None:
        """Raises: RefusedError: the room is full."""
        if room not in guest.rooms and len(self.people(room)) >= self._most_in_room:
            raise RefusedError(CloseCode.ROOM_FULL, f"this room has {self._most_in_room} people on this board already")
        guest.rooms.add(room)

    def leave(self, link: int) -> GuestState | None:
        return self._by_link.pop(link, None)

    def people(self, room: RoomId) -> tuple[Person, ...]:
        return tuple(guest.as_person() for guest in self._by_link.values() if room in guest.rooms)

    def all_links(self) -> list[int]:
        return list(self._by_link)

    def links(self, room: RoomId) -> list[int]:
        return [guest.link for guest in self._by_link.values() if room in guest.rooms]


def clean_name(name: str) -> str:
    """A name without control characters, so that it can stand in a log line and in a list."""
    return "".join(char for char in name if char.isprintable()).strip() or "somebody"
