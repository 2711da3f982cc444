"""Boards that compare what they show."""

import pytest

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.canvas.document import Document
from edgeboard.ids import room_id
from edgeboard.node.values import PipelineSettings
from edgeboard.rooms.states import RoomState
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.simulated import MESH
from edgeboard.wire.messages import Channel, Digest, encode

LOBBY = room_id(MESH, "lobby")
DOT = Add(page=0, layer=0, type=ItemType.TEXT, payload=b"\x95\x00\x00\xa1a\x10\x00")


def boards(nodes: int, digest_s: float) -> Cluster:
    cluster = Cluster(nodes, settings=PipelineSettings(digest_s=digest_s))
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link_all()
    draw(cluster)
    cluster.run(1.0)
    return cluster


def draw(cluster: Cluster) -> None:
    target = cluster.nodes[0]
    target.feed(lambda now: target.pipeline.draw("lobby", [DOT], now))


def hear(cluster: Cluster, canvas: bytes) -> RoomState:
    """What the state of board 1's room is when board 0 says that it shows this."""
    node = cluster.nodes[1]
    room = node.pipeline.rooms[LOBBY]
    message = encode(Digest(LOBBY, room.log.vector_digest(), canvas))
    link = node.pipeline.mesh.link_to(cluster.nodes[0].node)
    node.feed(lambda now: node.pipeline.receive((link, Channel.CTL, message), now))
    return room.state


def test_a_board_that_shows_something_else_for_the_same_log_is_noticed_until_it_agrees_again() -> None:
    cluster = boards(2, digest_s=20.0)
    right = cluster.nodes[1].pipeline.rooms[LOBBY].document.digest()
    cluster.run(30.0)
    assert hear(cluster, bytes(16)) is RoomState.CONVERGING
    assert len(cluster.nodes[1].alarms) == 1, cluster.nodes[1].alarms
    assert "another canvas" in cluster.nodes[1].alarms[0]
    assert hear(cluster, right) is RoomState.ACTIVE


def test_drawing_while_canvases_are_compared_raises_no_alarm() -> None:
    cluster = boards(2, digest_s=0.2)
    for _ in range(100):
        draw(cluster)
        cluster.run(0.029)
    assert cluster.nodes[0].alarms == cluster.nodes[1].alarms == []
    shown = [len(node.pipeline.rooms[LOBBY].document.items()) for node in cluster.nodes]
    assert shown[0] >= shown[1] > 95


def test_a_board_with_many_neighbours_looks_at_its_canvas_no_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = boards(8, digest_s=10.0)
    looks = []
    look = Document.digest
    monkeypatch.setattr(Document, "digest", lambda document: looks.append(document) or look(document))
    cluster.run(100.0)
    one = cluster.nodes[3].pipeline.rooms[LOBBY].document
    ours = sum(each is one for each in looks)
    assert 10 <= ours <= 30, f"{ours} looks in ten intervals; one is to tell, and at most two are to compare"
