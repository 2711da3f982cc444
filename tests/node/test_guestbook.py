"""What a board remembers of its PIN and its tokens."""

import json

import pytest

from edgeboard.errors import RefusedError, StateError
from edgeboard.identity.keyfile import load_guests
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.tickets import Tickets
from edgeboard.identity.tokens import read_token
from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import MeshId, PersonId, room_id
from edgeboard.node.guestbook import Guestbook
from edgeboard.rooms.admission import MISSES_MAX, Door, Rule, Source
from edgeboard.testing.clock import VirtualClock

KEY = NodeKey(b"k" * 32)
MESH = MeshId(b"m" * 16)
ANA = PersonId(b"a" * 16)


class Board:
    """The door of a board, with its book in a directory; made anew, it has been started anew."""

    def __init__(self, state, mesh: MeshId = MESH) -> None:
        self.clock = VirtualClock()
        tickets = Tickets(lambda: MeshSecret(mesh, 1, b"s" * 32))
        self.admission = Door(
            KEY.node_id,
            Rule.TOKEN,
            tickets.read,
            lambda text: read_token(text, KEY.public, mesh, KEY.node_id),
            lambda name: room_id(mesh, name),
        )
        self.ended = 0
        self.book = Guestbook(state, KEY, mesh, self.admission, self.clock, self.look)

    def look(self) -> None:
        self.ended += 1

    def lets_in(self, text: str) -> bool:
        try:
            self.admission.admit(ANA, {"token": text}, Source("8.8.8.8", is_near=False), self.clock.now())
        except RefusedError:
            return False
        return True


def test_the_pin_is_made_when_it_is_asked_for_and_outlives_restarts(tmp_path) -> None:
    board = Board(tmp_path)
    pin = board.book.pin()["pin"]
    assert len(pin) == 6
    assert pin.isdigit()
    again = Board(tmp_path)
    assert (again.book.pin()["pin"], again.admission.pin_mark) == (pin, board.admission.pin_mark)
    other = again.book.new_pin()["pin"]
    assert Board(tmp_path).book.pin()["pin"] == other
    assert again.admission.pin_mark != board.admission.pin_mark
    assert again.ended == 1
    assert (tmp_path / "guests.json").stat().st_mode & 0o077 == 0


def test_a_pin_that_was_guessed_at_is_another_one_at_the_next_look(tmp_path, caplog) -> None:
    board = Board(tmp_path)
    board.admission.rule = Rule.PIN
    pin = board.book.pin()["pin"]
    for n in range(MISSES_MAX):
        with pytest.raises(Exception, match="PIN"):
            board.admission.admit(ANA, {"pin": "no"}, Source(str(n)), 40.0 * n)
    board.book.look()
    assert board.admission.pin != pin
    assert board.admission.pin in caplog.text


def test_a_token_lets_in_until_its_time_is_over_by_the_boards_own_clock(tmp_path) -> None:
    board = Board(tmp_path)
    made = board.book.issue("lobby", "view", 7_200.0)
    assert board.lets_in(made["token"])
    assert board.book.tokens() == [{"id": made["id"], "room": "lobby", "role": "view", "left_s": 7_200.0}]
    board.clock.run(3_600.0)
    board.book.look()
    again = Board(tmp_path)  # its clock starts anew; what it was off does not count
    assert again.book.tokens()[0]["left_s"] == 3_600.0
    assert again.lets_in(made["token"])
    again.clock.run(3_600.0)
    assert not again.lets_in(made["token"])
    again.book.look()
    assert again.book.tokens() == json.loads(load_guests(tmp_path) or b"")["tokens"] == []


def test_links_that_were_made_before_the_board_joined_another_mesh_are_not_listed_as_if_they_held(
    tmp_path, caplog
) -> None:
    board = Board(tmp_path)
    made, pin = board.book.issue("lobby", "draw", None), board.book.pin()["pin"]
    elsewhere = Board(tmp_path, MeshId(b"o" * 16))
    assert not elsewhere.lets_in(made["token"])
    assert elsewhere.book.tokens() == []
    assert elsewhere.book.pin()["pin"] == pin
    assert "before this board joined" in caplog.text


def test_a_token_is_revoked_by_the_end_of_its_id(tmp_path) -> None:
    board = Board(tmp_path)
    one, two = board.book.issue("lobby", "draw", None), board.book.issue("lobby", "draw", None)
    for wrong in ("", "nothing", one["id"][:16]):
        with pytest.raises(StateError):
            board.book.revoke(wrong)
    assert board.book.revoke(one["id"][-8:].upper()) == {"id": one["id"]}
    assert board.ended == 1
    assert not board.lets_in(one["token"])
    assert board.lets_in(two["token"])
    assert not Board(tmp_path).lets_in(one["token"])  # revoked for good


def test_no_token_is_made_for_a_role_that_guests_do_not_have(tmp_path) -> None:
    with pytest.raises(StateError, match="admin"):
        Board(tmp_path).book.issue("lobby", "admin", None)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"pin": "1", "mark": "zz", "tokens": []}', '{"pin": "", "tokens": [1]}']
)
def test_a_damaged_book_lets_nobody_in_and_keeps_no_board_from_starting(tmp_path, text, caplog) -> None:
    made = Board(tmp_path).book.issue("lobby", "draw", None)
    (tmp_path / "guests.json").write_text(text)
    board = Board(tmp_path)
    assert "damaged" in caplog.text
    assert not board.lets_in(made["token"])
    assert len(board.book.pin()["pin"]) == 6
