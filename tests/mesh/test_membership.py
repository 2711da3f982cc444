"""A node among the members of its mesh: what it says of itself, what it passes on, and whom it turns away."""

import random

from edgeboard.errors import CloseCode
from edgeboard.mesh.broadcast import Broadcast
from edgeboard.mesh.flow import LinkState
from edgeboard.mesh.membership import Membership, restate, step
from edgeboard.mesh.values import BroadcastSettings, CloseLink, Dial, MeshSettings
from edgeboard.wire.gossip import ROSTER, Members, Prune, Roster
from edgeboard.wire.messages import Message
from tests.mesh.oneself import node_of, oneself, record_of


class Node:
    def __init__(self, number: int = 0) -> None:
        self.links: dict[int, LinkState] = {}
        self.said: list[tuple[int, Message]] = []
        self.out: list[CloseLink | Dial] = []
        self.tree = Broadcast(BroadcastSettings())
        self.membership = Membership(
            MeshSettings(), oneself(number, random.randrange(9)), self.links, self.tree, self.say, self.out.append
        )

    def say(self, state: LinkState, message: Message) -> None:
        self.said.append((state.link, message))

    def link(self, number: int, now: float = 0.0) -> LinkState:
        state = LinkState(number, False, node_of(number), now, heard=now)
        self.links[number] = state
        self.membership.link_up(state, now)
        return state

    def told(self, kind: type) -> list[tuple[int, Message]]:
        found = [(link, message) for link, message in self.said if isinstance(message, kind)]
        self.said.clear()
        return found


def test_two_nodes_that_meet_give_each_other_the_records_that_they_lack() -> None:
    one, other = Node(0), Node(1)
    one.membership.members.take(record_of(5).data)
    other.membership.members.take(record_of(6).data)
    here, there = one.link(1), other.link(0)
    for _ in range(4):
        for node, state, peer in ((one, there, other), (other, here, one)):
            messages, node.said = node.said, []
            for _, message in messages:
                peer.membership.receive(state, message, 0.1)
    assert one.membership.members.digest() == other.membership.members.digest()
    assert len(one.membership.members) == 4


def test_our_links_are_told_to_everybody_soon_after_they_change() -> None:
    node = Node()
    node.link(1)
    node.link(2, 0.1)
    node.said.clear()
    node.membership.on_timer(0.31)
    told = node.told(Members)
    assert [link for link, _ in told] == [1, 2]
    about = node.membership.members.own.about
    assert {each.node for each in about.neighbours} == {node_of(1), node_of(2)}
    node.membership.links_changed(1.0)
    node.membership.on_timer(1.4)
    assert node.told(Members) == [], "nothing is different"


def test_a_silent_link_is_not_among_those_that_we_hear() -> None:
    node = Node()
    state = node.link(1)
    node.membership.on_timer(0.31)
    state.missed = 3
    node.membership.links_changed(4.0)
    node.membership.on_timer(4.4)
    assert node.membership.members.own.about.neighbours == ()


def test_a_record_is_passed_on_once_and_who_brings_it_again_is_pruned() -> None:
    node = Node()
    for number in (1, 2, 3):
        node.link(number)
    node.membership.on_timer(1.0)
    node.said.clear()
    news = Members((record_of(9).data,))
    node.membership.receive(node.links[1], news, 20.0)
    node.membership.on_timer(20.1)
    assert [link for link, _ in node.told(Members)] == [2, 3]
    node.membership.receive(node.links[2], news, 20.0)
    assert node.said == [(2, Prune(ROSTER))]
    assert node.tree.is_lazy(ROSTER, 2)
    node.said.clear()
    node.membership.receive(node.links[1], Members((record_of(9, count=2).data,)), 21.0)
    node.membership.on_timer(21.1)
    assert [link for link, _ in node.told(Members)] == [3]


def test_rosters_that_differ_at_two_pings_in_the_same_way_are_compared() -> None:
    node = Node()
    state = node.link(1)
    node.said.clear()
    node.membership.compare(state, b"another!", 2.0)
    assert node.told(Roster) == []
    node.membership.compare(state, b"another!", 3.0)
    assert [link for link, _ in node.told(Roster)] == [1]
    node.membership.compare(state, node.membership.members.digest(), 4.0)
    node.membership.compare(state, b"another!", 5.0)
    assert node.told(Roster) == []


def test_rosters_that_change_all_the_time_are_left_to_the_news_that_are_under_way() -> None:
    node = Node()
    state = node.link(1)
    node.said.clear()
    for second in range(2, 20):
        node.membership.compare(state, b"%08d" % second, float(second))
    assert node.told(Roster) == []


def test_another_round_trip_is_said_when_it_is_due_and_far_from_the_one_before() -> None:
    assert restate(0, 5, is_due=False) == 5
    assert restate(5, 50, is_due=False) == 5
    assert restate(5, 10, is_due=True) == 5
    assert restate(5, 50, is_due=True) == 50


def test_who_comes_to_a_full_node_is_turned_away_with_the_names_of_others() -> None:
    node = Node()
    members = node.membership.members
    for number in range(1, 30):
        members.take(record_of(number, *((number + at) % 29 + 1 for at in range(3))).data)
    node.link(1)
    ring = node.membership.overlay.ring()
    free = [number for number in range(2, 30) if node_of(number) not in ring]
    for number in free[:8]:
        node.link(number)
    node.out.clear()
    node.said.clear()
    stranger = free[9]
    node.link(stranger)
    (closing,) = node.out
    assert isinstance(closing, CloseLink)
    assert (closing.link, closing.code) == (stranger, CloseCode.LIMIT)
    ((_, names),) = node.told(Members)
    assert isinstance(names, Members)
    assert len(names.records) == 3


def test_who_has_left_is_told_once() -> None:
    node = Node()
    node.link(1)
    node.membership.members.take(record_of(1, 0, 2).data)
    node.membership.members.take(record_of(2, 1).data)
    assert node.membership.departed(1.0) == frozenset()
    node.membership.members.take(record_of(1, 0, count=2).data)
    assert node.membership.departed(5.0) == {node_of(2)}
    assert node.membership.departed(6.0) == frozenset()


def test_round_trips_are_said_in_few_steps() -> None:
    assert [step(each) for each in (None, 0.0004, 0.0011, 0.033, 99.0)] == [0, 1, 2, 50, 60_000]
