"""The tree alone: which links are lazy, what they are told, and what is asked for when it does not come."""

from edgeboard.ids import AuthorTag, RoomId
from edgeboard.mesh.broadcast import AWAITED_MAX, Broadcast
from edgeboard.mesh.values import BroadcastSettings
from edgeboard.vectors import Vector

ROOM, OTHER = RoomId(b"r" * 16), RoomId(b"o" * 16)
A, B = AuthorTag(b"author-a"), AuthorTag(b"author-b")
SETTINGS = BroadcastSettings(gather_s=0.5, graft_s=0.3)


def test_links_are_eager_until_they_are_pruned_and_again_when_they_are_grafted() -> None:
    tree = Broadcast(SETTINGS)
    assert not tree.is_lazy(ROOM, 1)
    assert tree.make_lazy(ROOM, 1)
    assert not tree.make_lazy(ROOM, 1)
    assert tree.is_lazy(ROOM, 1)
    assert not tree.is_lazy(OTHER, 1), "each topic has its own tree"
    assert tree.make_eager(ROOM, 1)
    assert not tree.make_eager(ROOM, 1)


def test_what_a_lazy_link_is_told_is_gathered() -> None:
    tree = Broadcast(SETTINGS)
    tree.tell(ROOM, 1, A, 1, 0.0)
    tree.tell(ROOM, 1, A, 2, 0.1)
    tree.tell(ROOM, 1, B, 7, 0.2)
    tree.tell(OTHER, 2, A, 5, 0.3)
    assert list(tree.news(0.4)) == []
    assert tree.next_timer() == 0.5
    assert list(tree.news(0.5)) == [(1, ROOM, Vector({A: 2, B: 7})), (2, OTHER, Vector({A: 5}))]
    assert list(tree.news(1.5)) == []
    assert tree.next_timer() is None


def test_what_comes_in_time_by_the_tree_is_not_asked_for() -> None:
    tree = Broadcast(SETTINGS)
    tree.told_us(ROOM, Vector({A: 3, B: 2}), Vector({B: 2}), 1, 0.0)
    tree.arrived(ROOM, A, 3)
    assert tree.overdue(9.0) == {}


def test_what_does_not_come_in_time_is_asked_of_whoever_told_of_it_first() -> None:
    tree = Broadcast(SETTINGS)
    tree.told_us(ROOM, Vector({A: 3}), Vector(), 1, 0.0)
    tree.told_us(ROOM, Vector({A: 4, B: 1}), Vector(), 2, 0.1)
    tree.arrived(ROOM, A, 2)
    assert tree.overdue(0.2) == {}
    assert tree.overdue(0.3) == {(ROOM, 1): {A: 4}}
    assert tree.overdue(0.4) == {(ROOM, 2): {B: 1}}


def test_when_a_link_of_the_tree_is_lost_the_lazy_ones_of_its_topics_become_eager() -> None:
    tree = Broadcast(SETTINGS)
    tree.make_lazy(ROOM, 2)
    tree.make_lazy(ROOM, 3)
    tree.make_lazy(OTHER, 1)
    tree.make_lazy(OTHER, 2)
    tree.tell(OTHER, 1, A, 1, 0.0)
    tree.told_us(ROOM, Vector({A: 1}), Vector(), 1, 0.0)
    assert tree.lost(1) == [(ROOM, 2), (ROOM, 3)]
    assert not tree.is_lazy(ROOM, 2)
    assert tree.is_lazy(OTHER, 2), "that tree did not go through the link"
    assert list(tree.news(1.0)) == []
    assert tree.overdue(1.0) == {}


def test_a_flood_of_claims_is_remembered_up_to_a_bound() -> None:
    tree = Broadcast(SETTINGS)
    for number in range(40):
        tags = {AuthorTag(number.to_bytes(4, "big") + at.to_bytes(4, "big")): 1 for at in range(200)}
        tree.told_us(ROOM, Vector(tags), Vector(), 1, 0.0)
    assert sum(map(len, tree.overdue(1.0).values())) == AWAITED_MAX
