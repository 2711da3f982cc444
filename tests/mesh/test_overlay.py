"""Who links to whom, one node's decisions at a time; whole meshes are in tests/testing/test_lan.py."""

import random
from itertools import pairwise

import pytest

from edgeboard.ids import NodeId
from edgeboard.mesh.members import Members
from edgeboard.mesh.overlay import BESIDES_MAX, Overlay
from edgeboard.mesh.values import Dial, OverlaySettings
from edgeboard.testing.simulated import stand_in_sign, stand_in_verify
from tests.mesh.oneself import MESH, boot_of, key_of, node_of, record_of

SETTINGS = OverlaySettings()


class Node:
    """One overlay, with the roster and the links that a test gives it."""

    def __init__(self, seed: int = 1, settings: OverlaySettings = SETTINGS) -> None:
        key = key_of(0)
        self.members = Members(MESH, key, boot_of(1), stand_in_sign(key), stand_in_verify)
        self.overlay = Overlay(settings, self.members, random.Random(seed).random)
        self.linked: set[NodeId] = set()
        self.silent: set[NodeId] = set()
        self.now = 0.0

    def hint(self, *numbers: int) -> None:
        for number in numbers:
            self.members.hint(node_of(number), (f"http://10.0.0.{number}:8787",))
            self.overlay.found(node_of(number), self.now)

    def meet(self, *numbers: int, degree: int = 3) -> None:
        """A mesh in which everybody of these hears everybody next to him, and the first is linked to us."""
        for at, number in enumerate(numbers):
            around = [numbers[(at + step) % len(numbers)] for step in range(1, degree + 1)]
            self.members.take(record_of(number, *around, urls=(f"http://10.0.0.{number}:8787",)).data)

    def link(self, *nodes: NodeId) -> None:
        self.linked |= set(nodes)
        self.tell()

    def tell(self) -> None:
        good = self.linked - self.silent
        self.members.hear(good)
        self.overlay.link_changed(self.linked, good, self.now)

    def run(self, seconds: float) -> list[Dial | NodeId]:
        """All decisions of a span of time, to which nobody reacts."""
        end, found = self.now + seconds, []
        due = self.overlay.next_timer()
        if due is None:
            due = self.now
        while due <= end:
            self.now = max(due, self.now)
            found += self.overlay.on_timer(self.now)
            due = self.overlay.next_timer()
            assert due > self.now - 1e-9 or found, "the timer stands still"
        self.now = end
        return found


def dialled(decisions: list[Dial | NodeId]) -> set[NodeId]:
    return {each.node for each in decisions if isinstance(each, Dial)}


def test_whom_discovery_sees_is_dialled_at_once_with_its_addresses() -> None:
    node = Node()
    node.hint(1, 2, 3)
    found = node.run(0.06)
    assert len(found) == SETTINGS.dials_most
    node = Node(settings=OverlaySettings(dials_most=99))
    node.hint(1, 2, 3)
    found = node.run(0.06)
    assert sorted(each.urls for each in found) == [(f"http://10.0.0.{number}:8787",) for number in (1, 2, 3)]


def test_of_two_that_learned_of_each_other_from_others_the_lower_dials_first() -> None:
    node = Node(settings=OverlaySettings(dials_most=99))
    node.meet(1, 2, 3, 4, 5)
    node.link(node_of(1))
    others = {node_of(number) for number in (2, 3, 4, 5)}
    higher = {each for each in others if each > node.members.me}
    assert dialled(node.run(0.2)) == higher
    assert dialled(node.run(1.0)) == others - higher


def test_in_a_small_mesh_everybody_is_wanted_and_in_a_large_one_ring_and_chance() -> None:
    small = Node(settings=OverlaySettings(dials_most=99))
    small.meet(*range(1, 8))
    small.link(node_of(1))
    assert len(dialled(small.run(2.0))) == 6
    large = Node(settings=OverlaySettings(dials_most=99))
    large.meet(*range(1, 40))
    large.link(node_of(1))
    wanted = dialled(large.run(0.9))  # before those who do not answer are given up for others
    assert large.overlay.ring() - {node_of(1)} <= wanted
    assert len(wanted | {node_of(1)}) in (5, 6)


def test_the_ring_is_the_next_node_on_either_side() -> None:
    node = Node()
    node.meet(*range(1, 30))
    node.link(node_of(1))
    ids = sorted([*(node_of(number) for number in range(1, 30)), node.members.me])
    at = ids.index(node.members.me)
    assert node.overlay.ring() == {ids[at - 1], ids[(at + 1) % len(ids)]}


def test_a_place_goes_to_the_living_before_those_whom_discovery_alone_still_names() -> None:
    for seed in range(20):
        node = Node(seed, settings=OverlaySettings(dials_most=99))
        node.meet(*range(1, 12))
        node.link(node_of(1))
        node.link(*sorted(node.overlay.ring()), node_of(3), node_of(7))
        node.run(1.0)
        node.hint(*range(100, 140))
        ring = node.overlay.ring()
        node.silent.add(node_of(7))
        node.tell()
        found = dialled(node.run(0.1))
        assert found <= node.members.alive() | ring, f"seed {seed}: {found} may be dead"


def test_a_dial_that_drags_on_holds_no_place() -> None:
    node = Node(settings=OverlaySettings(dials_most=99))
    node.meet(*range(1, 30))
    node.link(node_of(1))
    node.link(*sorted(node.overlay.ring()), node_of(3), node_of(7))
    node.silent.add(node_of(7))
    node.tell()
    first = dialled(node.run(0.5))
    assert len(first) == 1
    second = dialled(node.run(1.6))
    assert len(second) == 1
    assert second != first


def test_the_place_of_a_silent_link_is_filled_and_the_link_kept() -> None:
    node = Node(settings=OverlaySettings(dials_most=99))
    node.meet(*range(1, 30))
    chosen = sorted(node.overlay.ring() | {node_of(number) for number in (3, 7, 11)})
    node.link(node_of(1))
    node.link(*sorted(node.overlay.ring()), node_of(3), node_of(7))
    assert node.run(1.0) == [], f"{chosen} are enough"
    node.silent.add(node_of(7))
    node.tell()
    found = node.run(0.1)
    assert len(dialled(found)) == 1
    assert node_of(7) not in dialled(found)
    assert not [each for each in found if not isinstance(each, Dial)], "the radio may come back"


def test_a_dial_that_failed_is_tried_again_after_growing_pauses() -> None:
    node = Node()
    node.hint(1)
    node.meet(1)
    times = []
    for _ in range(6):
        while not dialled(node.run(0.1)):
            pass
        times.append(node.now)
        node.overlay.failed(node_of(1), node.now)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[0] < 3.5
    assert pauses[-1] > 2 * pauses[0]


def test_news_of_discovery_make_an_end_of_the_pause() -> None:
    node = Node()
    node.hint(1)
    node.run(0.06)
    for _ in range(8):
        node.overlay.failed(node_of(1), node.now)
    node.run(0.5)
    node.hint(1)
    assert dialled(node.run(0.1)) == {node_of(1)}


def test_whom_others_hear_again_is_dialled_at_once_however_often_that_was_in_vain() -> None:
    node = Node(settings=OverlaySettings(pause_first_s=100.0, pause_last_s=100.0))
    node.hint(5)
    assert dialled(node.run(1.0)) == {node_of(5)}
    node.overlay.failed(node_of(5), node.now)
    assert dialled(node.run(5.0)) == set()
    node.meet(4, 5)
    node.link(node_of(4))
    assert node_of(5) in dialled(node.run(2.0))


def test_those_who_are_gone_are_tried_now_and_then_so_that_two_halves_meet_again() -> None:
    node = Node(settings=OverlaySettings(dials_most=99))
    for number in range(1, 11):
        node.members.take(record_of(number).data)
    found = node.run(60.0)
    assert len(dialled(found)) == 10


def test_a_dial_of_which_nothing_was_heard_does_not_block_the_node_for_ever() -> None:
    node = Node()
    node.hint(1)
    assert dialled(node.run(0.1))
    assert dialled(node.run(SETTINGS.dial_s + 5.0))


def test_a_full_node_admits_its_ring_and_nobody_else() -> None:
    node = Node()
    node.meet(*range(1, 40))
    ring = node.overlay.ring
    node.link(node_of(1))
    others = [node_of(number) for number in range(1, 40) if node_of(number) not in ring()]
    node.link(*others[:8])
    assert not node.overlay.admits(others[9])
    assert all(node.overlay.admits(each) for each in ring())


def test_links_above_the_degree_are_let_go_one_by_one_and_never_those_of_the_ring() -> None:
    node = Node()
    node.meet(*range(1, 40), degree=7)
    node.link(node_of(1))
    ring = node.overlay.ring()
    node.link(*ring, *(node_of(number) for number in range(1, 9)))
    let_go = []
    for _ in range(80):
        for each in node.run(4.9):
            if not isinstance(each, Dial):
                let_go.append(each)
                node.linked.discard(each)
                node.tell()
    assert len(node.linked) == SETTINGS.degree
    assert ring <= node.linked
    assert len(let_go) == len(set(let_go))


def test_a_link_that_the_other_side_needs_is_kept() -> None:
    node = Node()
    node.meet(*range(1, 40), degree=2)
    node.link(node_of(1))
    node.link(*node.overlay.ring(), *(node_of(number) for number in range(2, 7)))
    found = node.run(300.0)
    assert [each for each in found if not isinstance(each, Dial)] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_every_choice_repeats_from_a_seed(seed: int) -> None:
    def run() -> list[Dial | NodeId]:
        node = Node(seed)
        node.meet(*range(1, 40))
        node.link(node_of(1))
        return node.run(30.0)

    assert run() == run()


def test_whom_somebody_stands_by_for_is_linked_to_besides_and_never_let_go() -> None:
    node = Node(settings=OverlaySettings(dials_most=99))
    node.meet(*range(1, 20), degree=6)
    node.link(*(node_of(number) for number in (1, 2, 3, 4, 5)))
    node.run(5.0)
    wanted = next(node_of(n) for n in range(6, 20) if node_of(n) not in node.overlay.ring())
    node.overlay.link_besides([wanted, node.members.me], node.now)
    assert wanted in dialled(node.run(3.0))
    assert node.overlay.admits(wanted)
    node.link(wanted)
    assert wanted not in node.overlay._spare(), "the link that somebody stands by on was let go"
    node.overlay.link_besides([], node.now)
    assert wanted in node.overlay._spare(), "a link that is not needed any more stays for ever"


def test_no_more_than_a_few_are_linked_to_besides() -> None:
    node = Node(settings=OverlaySettings(dials_most=999, degree=0))
    node.meet(*range(1, 60))
    node.overlay.link_besides([node_of(n) for n in range(1, 60)], node.now)
    assert len(dialled(node.run(3.0))) <= BESIDES_MAX + 2
