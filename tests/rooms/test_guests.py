"""A host and its guests."""

import pytest

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import RoomId
from edgeboard.rooms.guests import Guests, clean_name
from edgeboard.wire.messages import Guest

LOBBY = RoomId(b"l" * 16)


def hello(name: str = "Ana", version: int = 1) -> Guest:
    return Guest(version, b"p" * 16, b"o" * 8, name, 5, {})


def test_a_second_hello_renames_the_guest_and_keeps_its_rooms() -> None:
    guests = Guests(4, 4)
    guest = guests.greet(1, hello())
    guests.enter(guest, LOBBY)
    assert guests.greet(1, hello("Bo")) is guest
    assert [person[2] for person in guests.people(LOBBY)] == ["Bo"]


def test_an_old_page_is_told_to_reload() -> None:
    with pytest.raises(RefusedError, match="reload") as caught:
        Guests(4, 4).greet(1, hello(version=0))
    assert caught.value.code is CloseCode.TOO_OLD


def test_a_full_board_and_a_full_room_say_so() -> None:
    guests = Guests(2, 1)
    first, second = guests.greet(1, hello()), guests.greet(2, hello())
    with pytest.raises(RefusedError) as full:
        guests.greet(3, hello())
    assert full.value.code is CloseCode.ROOM_FULL
    guests.enter(first, LOBBY)
    with pytest.raises(RefusedError, match="room"):
        guests.enter(second, LOBBY)


def test_a_guest_that_left_is_not_here_any_more() -> None:
    guests = Guests(2, 2)
    guests.enter(guests.greet(1, hello()), LOBBY)
    assert guests.leave(1) is not None
    assert guests.people(LOBBY) == ()
    assert guests.leave(1) is None


@pytest.mark.parametrize(("name", "shown"), [("  Ana ", "Ana"), ("a\x1b[2Jb\n", "a[2Jb"), ("\u202e\x00", "somebody")])
def test_a_name_has_no_control_characters(name: str, shown: str) -> None:
    assert clean_name(name) == shown
