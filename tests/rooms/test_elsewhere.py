"""The boards that a guest is told of."""

import pytest

from edgeboard.ids import NodeId, Origin
from edgeboard.rooms.elsewhere import KEPT_MAX, Elsewhere, read_host
from edgeboard.wire.fields import HOSTS_MAX, Host


def node(number: int) -> NodeId:
    return NodeId(bytes([number]) * 16)


def host(number: int) -> Host:
    return Host(node(number), f"board {number}", (f"http://10.0.0.{number}:8787",))


def told(elsewhere: Elsewhere, guest: int = 0) -> list[int]:
    return [each.node[0] for each in elsewhere.listing(Origin(guest))]


def test_boards_that_answer_come_first_then_the_silent_then_those_whose_link_has_ended() -> None:
    elsewhere = Elsewhere()
    for number in (1, 2, 3, 4):
        elsewhere.linked(node(number), host(number))
    elsewhere.unlinked(node(1))
    elsewhere.unlinked(node(3))
    elsewhere.answers(node(2), well=False)
    assert told(elsewhere) == [4, 2, 3, 1]
    elsewhere.answers(node(2), well=True)
    elsewhere.linked(node(1), host(1))
    assert told(elsewhere) == [1, 2, 4, 3]


def test_guests_of_a_board_that_dies_do_not_all_go_to_the_same_one() -> None:
    elsewhere = Elsewhere()
    for number in (1, 2, 3):
        elsewhere.linked(node(number), host(number))
    assert {told(elsewhere, guest)[0] for guest in range(9)} == {1, 2, 3}
    assert all(sorted(told(elsewhere, guest)) == [1, 2, 3] for guest in range(9))


def test_a_board_that_was_put_out_is_not_told_of_linked_or_not() -> None:
    elsewhere = Elsewhere()
    for number in (1, 2, 3):
        elsewhere.linked(node(number), host(number))
    elsewhere.unlinked(node(2))
    for number in (1, 2):
        elsewhere.forget(node(number))
        elsewhere.unlinked(node(number))
    assert told(elsewhere) == [3]


def test_a_board_that_names_no_address_is_not_told_of() -> None:
    elsewhere = Elsewhere()
    elsewhere.linked(node(1), None)
    elsewhere.unlinked(node(1))
    assert told(elsewhere) == []
    elsewhere.linked(node(2), host(2))
    elsewhere.linked(node(2), None)  # it takes no guests any more
    assert told(elsewhere) == []


def test_no_more_than_eight_are_told_and_no_more_than_a_few_remembered() -> None:
    elsewhere = Elsewhere()
    for number in range(1, 101):
        elsewhere.linked(node(number), host(number))
    assert len(told(elsewhere)) == HOSTS_MAX
    for number in range(1, 101):
        elsewhere.unlinked(node(number))
    assert told(elsewhere) == list(range(100, 100 - HOSTS_MAX, -1))
    assert len(elsewhere._hosts) == KEPT_MAX


@pytest.mark.parametrize(
    ("capabilities", "urls"),
    [
        ({"urls": ["http://10.0.0.5:8787", "https://board.local"], "name": "Kitchen"}, 2),
        ({"urls": ["http://[fe80::1%25eth0]:80"]}, 1),
        ({"urls": ["javascript:alert(1)", "http://a b", "http://u@h", "http://h/path", "http://" + "a" * 300, 5]}, 0),
        ({"urls": "http://10.0.0.5"}, 0),
        ({"urls": [f"http://10.0.0.{n}" for n in range(9)]}, 4),
        ({"urls": []}, 0),
        ({}, 0),
    ],
)
def test_what_a_board_says_of_itself_is_taken_as_far_as_it_is_sound(capabilities, urls) -> None:
    found = read_host(node(1), capabilities)
    assert (0 if found is None else len(found.urls)) == urls


def test_a_board_without_a_name_goes_by_its_id() -> None:
    for name in ("", "two\nlines", 5):
        found = read_host(node(1), {"urls": ["http://a"], "name": name})
        assert found is not None
        assert found.name == "01010101"
