"""The door of a board: its rule, its PIN, its tokens, and the tickets of other boards."""

import pytest

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.grants import Role
from edgeboard.identity.tickets import Admitted, Ticket
from edgeboard.identity.tokens import Token
from edgeboard.ids import MeshId, NodeId, PersonId, RoomId
from edgeboard.rooms.admission import (
    ENDED,
    MISSES_MAX,
    NEED_PIN,
    NEED_TOKEN,
    OTHER_ROOM,
    TOO_FAR,
    TOO_MANY,
    WRONG_PIN,
    Door,
    Entry,
    Rule,
    Source,
)

HERE, THERE = NodeId(b"h" * 16), NodeId(b"t" * 16)
ANA, BEN = PersonId(b"a" * 16), PersonId(b"b" * 16)
NEAR, FAR = Source("10.0.0.9"), Source("8.8.8.8", is_near=False)
LOBBY = RoomId(b"lobby".ljust(16))


def token(node: NodeId = HERE, room: str = "lobby", role: Role = Role.VIEW, name: bytes = b"1" * 8) -> Token:
    return Token(node[:8] + name, MeshId(b"m" * 16), node, room, role)


class Hall:
    """An admission whose tickets and tokens are kept in a list instead of being sealed."""

    def __init__(self, rule: Rule) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.tokens: dict[str, Token] = {}
        self.admission = Door(
            HERE, rule, self.read_ticket, self.read_token, lambda name: RoomId(name.encode().ljust(16))
        )
        self.admission.set_pin("123456", b"mark 001")

    def read_ticket(self, text: str) -> Ticket:
        if text not in self.tickets:
            raise RefusedError(CloseCode.AUTH_FAILED, "of another epoch")
        return self.tickets[text]

    def read_token(self, text: str) -> Token:
        if text not in self.tokens:
            raise DecodeError("does not hold")
        return self.tokens[text]

    def admit(self, source: Source = NEAR, person: PersonId = ANA, now: float = 0.0, **shown: object) -> Entry:
        return self.admission.admit(person, shown, source, now)

    def refused(self, source: Source = NEAR, person: PersonId = ANA, now: float = 0.0, **shown: object) -> RefusedError:
        with pytest.raises(RefusedError) as caught:
            self.admit(source, person, now, **shown)
        return caught.value

    def ticket_of(self, entry: Entry, person: PersonId = ANA) -> str:
        text = f"ticket {len(self.tickets)}"
        self.tickets[text] = entry.ticket(person)
        return text


@pytest.mark.parametrize(("rule", "role"), [(Rule.DRAW, Role.DRAW), (Rule.VIEW, Role.VIEW)])
def test_whoever_is_on_the_network_comes_in_and_nobody_from_elsewhere(rule, role) -> None:
    door = Hall(rule)
    assert door.admit() == Entry(Admitted.OPEN, role)
    assert (door.refused(FAR).code, str(door.refused(FAR))) == (CloseCode.FORBIDDEN, TOO_FAR)
    assert door.refused(FAR, ticket=door.ticket_of(Entry())).code is CloseCode.FORBIDDEN


@pytest.mark.parametrize("rule", list(Rule))
def test_whoever_holds_the_control_socket_may_draw(rule) -> None:
    assert Hall(rule).admit(Source("local socket", is_owner=True)).role is Role.DRAW


def test_the_pin_lets_draw_also_from_elsewhere_and_its_ticket_stands_for_it() -> None:
    door = Hall(Rule.PIN)
    assert (door.refused().code, str(door.refused())) == (CloseCode.PIN, NEED_PIN)
    assert str(door.refused(pin="654321")) == WRONG_PIN
    entry = door.admit(FAR, pin="123456")
    assert (entry.admitted, entry.role) == (Admitted.PIN, Role.DRAW)
    held = door.ticket_of(entry)
    assert door.admit(FAR, ticket=held) == entry
    assert str(door.refused(person=BEN, ticket=held)) == NEED_PIN  # of somebody else
    assert str(door.refused(ticket=door.ticket_of(Entry()))) == NEED_PIN  # let in elsewhere by nothing
    assert str(door.refused(ticket="forged")) == NEED_PIN


def test_another_pin_ends_what_the_one_before_let_in_here_and_nothing_of_other_boards() -> None:
    door = Hall(Rule.PIN)
    entry = door.admit(pin="123456")
    elsewhere = Entry(Admitted.PIN, Role.DRAW, None, THERE[:8] + b"their 01")
    door.admission.set_pin("777777", b"mark 002")
    assert not door.admission.holds(entry, 0.0)
    assert door.admission.why_ended(entry).code is CloseCode.PIN
    assert str(door.refused(ticket=door.ticket_of(entry))) == NEED_PIN
    assert door.admit(ticket=door.ticket_of(elsewhere)) == elsewhere


def test_wrong_pins_are_slowed_down_for_each_source_and_for_all_together() -> None:
    door = Hall(Rule.PIN)
    for _ in range(5):
        assert str(door.refused(pin="0")) == WRONG_PIN
    assert str(door.refused(pin="123456")) == TOO_MANY  # even the right one
    assert door.admit(Source("10.0.0.10"), pin="123456")  # another person is not kept out
    assert door.admit(now=31.0, pin="123456")
    wrong = sum(str(door.refused(Source(f"10.1.0.{n}"), pin="0", now=32.0)) == WRONG_PIN for n in range(200))
    assert wrong <= 30
    assert str(door.refused(Source("10.2.0.1"), pin="0", now=32.0)) == TOO_MANY


def test_a_pin_that_was_guessed_at_for_long_is_given_up() -> None:
    door = Hall(Rule.PIN)
    now = 0.0
    for n in range(MISSES_MAX):
        assert not door.admission.is_guessed_at
        now += 40.0
        assert str(door.refused(Source(f"source {n}"), pin="0", now=now)) == WRONG_PIN
    assert door.admission.is_guessed_at
    assert str(door.refused(Source("the next"), pin="123456", now=now + 40)) == WRONG_PIN
    door.admission.set_pin("777777", b"mark 002")
    assert door.admit(Source("the next"), pin="777777", now=now + 80)


def test_a_token_lets_into_its_room_with_its_role_whatever_the_rule() -> None:
    for rule in Rule:
        door = Hall(rule)
        door.tokens["link"] = token(role=Role.VIEW)
        door.admission.issue(door.tokens["link"], ends=None)
        entry = door.admit(FAR, token="link")
        assert (entry.admitted, entry.role, entry.room) == (Admitted.TOKEN, Role.VIEW, LOBBY)
        door.admission.check_room(entry, LOBBY)
        with pytest.raises(RefusedError, match=OTHER_ROOM):
            door.admission.check_room(entry, RoomId(b"r" * 16))
        assert door.admit(FAR, ticket=door.ticket_of(entry)) == entry  # it went to another board and is back


def test_a_token_ends_by_the_boards_clock_or_by_its_word_and_with_it_who_came_by_it() -> None:
    door = Hall(Rule.TOKEN)
    door.tokens = {"short": token(name=b"1" * 8), "long": token(name=b"2" * 8)}
    door.admission.issue(door.tokens["short"], ends=100.0)
    door.admission.issue(door.tokens["long"], ends=None)
    short, long = door.admit(token="short", now=99.0), door.admit(token="long", now=99.0)
    assert door.admission.holds(short, 99.0)
    assert not door.admission.holds(short, 100.0)
    assert str(door.refused(token="short", now=100.0)) == ENDED
    assert str(door.refused(ticket=door.ticket_of(short), now=100.0)) == ENDED
    assert door.admission.holds(long, 1e9)
    assert door.admission.revoke(long.mark or b"")
    assert not door.admission.holds(long, 100.0)
    assert door.admission.why_ended(long).code is CloseCode.FORBIDDEN
    assert not door.admission.revoke(long.mark or b"")


def test_without_a_token_nobody_comes_in_where_one_is_asked_for() -> None:
    door = Hall(Rule.TOKEN)
    for shown in (
        {},
        {"pin": "123456"},
        {"token": "forged"},
        {"ticket": door.ticket_of(Entry(Admitted.PIN))},
        {"token": 5},
    ):
        assert door.refused(**shown).code is CloseCode.FORBIDDEN
    assert str(door.refused()) == NEED_TOKEN
    theirs = Entry(Admitted.TOKEN, Role.DRAW, LOBBY, THERE[:8] + b"12345678")
    assert door.admit(ticket=door.ticket_of(theirs)) == theirs  # another board of the mesh has let them in


def test_a_token_of_this_board_that_is_not_in_its_book_does_not_hold() -> None:
    door = Hall(Rule.TOKEN)
    door.tokens["link"] = token(role=Role.VIEW)
    door.tokens["other"] = token(role=Role.DRAW)  # the same id, more rights
    door.admission.issue(door.tokens["link"], ends=None)
    assert str(door.refused(token="other")) == ENDED


@pytest.mark.parametrize("rule", list(Rule))
def test_who_may_not_come_in_may_not_fetch_the_room_either(rule) -> None:
    door = Hall(rule)
    door.tokens["link"] = token()
    door.admission.issue(door.tokens["link"], ends=50.0)
    by_token, by_pin = door.admit(token="link"), Entry(Admitted.PIN, Role.DRAW, None, HERE[:8] + b"mark 001")

    def may_read(ticket: str = "", source: Source = NEAR, room: RoomId = LOBBY, now: float = 0.0) -> bool:
        try:
            door.admission.check_reader(ticket, room, source, now)
        except RefusedError:
            return False
        return True

    is_open = rule in (Rule.DRAW, Rule.VIEW)
    assert may_read() is is_open
    assert not may_read(source=FAR)
    assert may_read(door.ticket_of(by_pin), FAR) is (rule is not Rule.TOKEN)
    assert may_read(door.ticket_of(by_token), FAR)
    assert not may_read(door.ticket_of(by_token), FAR, room=RoomId(b"r" * 16))
    assert not may_read(door.ticket_of(by_token), FAR, now=50.0)


def writes(door: Hall, source: Source = NEAR, room: RoomId = LOBBY, **shown: str) -> bool:
    try:
        door.admission.check_writer(shown, room, source, 0.0)
    except RefusedError:
        return False
    return True


def test_who_is_no_guest_writes_where_a_guest_would_draw() -> None:
    for rule, may in ((Rule.DRAW, True), (Rule.VIEW, False), (Rule.PIN, False), (Rule.TOKEN, False)):
        assert writes(Hall(rule)) is may, rule
        assert not writes(Hall(rule), FAR), rule
        assert writes(Hall(rule), Source("local socket", is_owner=True)), rule


def test_the_pin_lets_write_and_wrong_ones_are_counted() -> None:
    door = Hall(Rule.PIN)
    assert writes(door, FAR, pin="123456")
    assert [writes(door, pin="000000") for _ in range(6)] == [False] * 6
    assert not writes(door, pin="123456"), "guesses by this way are not slowed down"
    assert writes(door, ticket=door.ticket_of(Entry(Admitted.PIN, Role.DRAW, None, HERE[:8] + b"mark 001")))
    assert not writes(door, ticket=door.ticket_of(Entry(Admitted.PIN, Role.DRAW, None, HERE[:8] + b"mark 000")))


def test_a_token_lets_write_with_its_role_and_in_its_room_alone() -> None:
    door = Hall(Rule.TOKEN)
    door.tokens = {"draws": token(role=Role.DRAW), "looks": token(role=Role.VIEW, name=b"2" * 8)}
    for each in door.tokens.values():
        door.admission.issue(each, None)
    assert writes(door, FAR, token="draws")
    assert not writes(door, token="looks")
    assert not writes(door, room=RoomId(b"vault".ljust(16)), token="draws")
    assert not writes(door, token="made up")
