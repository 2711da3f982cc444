"""Members that lie, forge or flood: they are cut off, and nobody else is held up."""

from collections.abc import Callable

import pytest

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.ids import AuthorTag, room_id
from edgeboard.oplog.batch import decode_batch
from edgeboard.rooms.states import RoomState
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.lan import LanSettings
from edgeboard.testing.simulated import MESH, SimulatedNode
from edgeboard.vectors import Vector
from edgeboard.wire.messages import BatchIs, Channel, Notice, encode

LOBBY = room_id(MESH, "lobby")
NODES = 12
LIAR = 5


def site() -> Cluster:
    cluster = Cluster(NODES, 3, lan=LanSettings())
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.run(30.0)
    for number in range(NODES):
        draw(cluster, number)
    cluster.run(5.0)
    return cluster


def draw(cluster: Cluster, number: int) -> None:
    node, ink = cluster.nodes[number], Add(0, 0, ItemType.TEXT, b"\x95\x00\x00\xa1A\x10\x00")
    node.feed(lambda now: node.pipeline.draw("lobby", [ink], now))


def honest(cluster: Cluster) -> list[SimulatedNode]:
    return [node for node in cluster.nodes if node.number != LIAR]


def is_cut_off(cluster: Cluster) -> bool:
    liar = cluster.nodes[LIAR].node
    return all(node.pipeline.mesh.link_to(liar) is None for node in honest(cluster))


def claim(liar: SimulatedNode) -> None:
    """Says that it holds what there is not."""
    mesh = liar.pipeline.mesh
    true = liar.pipeline._core._vector
    ghosts = Vector({AuthorTag(b"ghost%03d" % number): 1_000 for number in range(20)})
    lie = lambda room: None if true(room) is None else true(room).merge(ghosts)  # noqa: E731
    for part in (mesh, mesh._repair, mesh._spread):
        part._vector = lie


def say_to_all(liar: SimulatedNode, channel: Channel, messages: Callable[[], list[bytes]]) -> None:
    for pipe, _ in list(liar._links.values()):
        for data in messages():
            pipe.send(channel, data)


def forge(liar: SimulatedNode) -> None:
    """Says that somebody has drawn what he has not."""
    log = liar.pipeline.rooms[LOBBY].log
    data = bytearray(next(iter(log.batches())))
    author = decode_batch(bytes(data)).author
    at = bytes(data).index(author)
    data[at] ^= 0xFF  # of an author that nobody knows, with a signature that is not his
    say_to_all(liar, Channel.LOG, lambda: [encode(BatchIs(LOBBY, bytes(data)))])


def flood(liar: SimulatedNode) -> None:
    """Says more than anybody has to say."""
    say_to_all(liar, Channel.CTL, lambda: [encode(Notice(0, "hello"))] * 5_000)


def misplace(liar: SimulatedNode) -> None:
    """Brings ink of a room that nobody has."""
    say_to_all(liar, Channel.LOG, lambda: [encode(BatchIs(b"nobody's room ..", bytes(64)))] * 2_000)


@pytest.mark.parametrize("misbehave", [claim, forge, flood, misplace])
def test_who_lies_forges_or_floods_is_cut_off_and_the_others_go_on(misbehave: Callable[[SimulatedNode], None]) -> None:
    cluster = site()
    for second in range(150):
        misbehave(cluster.nodes[LIAR])
        cluster.run(1.0)
        if second % 5 == 0:
            draw(cluster, (LIAR + 1 + second) % NODES)
        if is_cut_off(cluster):
            break
    assert is_cut_off(cluster)
    for number in range(NODES):
        if number != LIAR:
            draw(cluster, number)
    cluster.run(2.0)
    rooms = [node.pipeline.rooms[LOBBY] for node in honest(cluster)]
    assert len({room.document.digest() for room in rooms}) == 1
    cluster.run(3.0)
    assert {room.state for room in rooms} == {RoomState.ACTIVE}
    assert min(len(node.pipeline.mesh.statistics().links) for node in honest(cluster)) >= 4
