"""Asking all boards of a mesh what their disks hold."""

import pytest

from edgeboard.ids import AuthorTag, room_id
from edgeboard.mesh import coverage
from edgeboard.mesh.coverage import AGAIN_S, BURST, KEPT_S, digest
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.simulated import MESH
from edgeboard.vectors import Vector
from edgeboard.wire.gossip import Cover
from edgeboard.wire.messages import Channel, encode

LOBBY = room_id(MESH, "lobby")
AUTHOR = AuthorTag(b"somebody")
SEEN = Vector({AUTHOR: 5})


def chain(nodes: int = 4) -> Cluster:
    cluster = Cluster(nodes)
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    for number in range(1, nodes):
        cluster.link(number - 1, number)
    cluster.run(5.0)
    return cluster


def store(cluster: Cluster, end: int, *numbers: int) -> None:
    """What a disk holds is told to the mesh by the store alone; here there is no need for ink."""
    for number in numbers:
        node = cluster.nodes[number]
        node.feed(lambda now, node=node: node.pipeline.mesh.disks.stored(LOBBY, AUTHOR, end, now))


def covers(cluster: Cluster, number: int = 0, vector: Vector = SEEN) -> bool:
    node, found = cluster.nodes[number], []
    node.feed(lambda now: found.append(node.pipeline.mesh.coverage.covers(LOBBY, vector, now)))
    cluster.run(4.0)
    return found[0]


def asked(cluster: Cluster, number: int) -> int:
    return len(cluster.nodes[number].pipeline.mesh.coverage._asked)


def test_all_disks_have_to_hold_it_those_far_away_too() -> None:
    cluster = chain()
    store(cluster, 5, 0, 1, 2)
    assert [covers(cluster) for _ in range(3)] == [False] * 3
    store(cluster, 7, 3)
    cluster.run(4.0)
    assert covers(cluster)


def test_a_board_that_lacks_it_itself_says_no_whatever_others_say() -> None:
    cluster = chain()
    store(cluster, 5, 1, 2, 3)
    assert [covers(cluster) for _ in range(3)] == [False] * 3


def test_a_board_that_starts_later_hears_what_was_asked() -> None:
    cluster = chain()
    store(cluster, 5, 0, 1, 2)
    covers(cluster)
    cluster.nodes[3].kill()
    cluster.run(1.0)
    cluster.nodes[3].start()
    store(cluster, 5, 3)
    cluster.link(2, 3)
    cluster.run(5.0)
    assert covers(cluster)


def test_a_question_is_forgotten_unless_somebody_still_wants_to_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "AGAIN_S", AGAIN_S / 10)  # minutes instead of hours, which take long to simulate
    monkeypatch.setattr(coverage, "KEPT_S", KEPT_S / 10)
    cluster = chain(2)
    covers(cluster)
    cluster.run(AGAIN_S / 10)
    covers(cluster)
    cluster.run(KEPT_S / 10 - 100.0)
    assert [asked(cluster, 0), asked(cluster, 1)] == [1, 1]
    cluster.run(200.0)
    assert [asked(cluster, 0), asked(cluster, 1)] == [0, 0]


def test_who_asks_without_end_is_heard_seldom_and_passed_on_as_seldom() -> None:
    cluster = chain(3)
    link = cluster.nodes[1].pipeline.mesh.link_to(cluster.nodes[0].node)
    node = cluster.nodes[1]
    for number in range(1, 40):
        message = encode(Cover(LOBBY, Vector({AUTHOR: number}).to_bytes()))
        node.feed(lambda now, message=message: node.pipeline.receive((link, Channel.CTL, message), now))
    cluster.run(1.0)
    assert asked(cluster, 1) == asked(cluster, 2) == BURST


def test_questions_of_two_rooms_or_vectors_have_two_names() -> None:
    names = {digest(room, vector) for room in (LOBBY, room_id(MESH, "hall")) for vector in (SEEN, Vector({AUTHOR: 6}))}
    assert len(names) == 4
