"""The pipeline on a virtual clock: real engines, no sockets, no waiting."""

import pytest

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.errors import CloseCode, RefusedError
from edgeboard.ids import RoomId, room_id
from edgeboard.rooms.states import RoomState
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.simulated import MESH

LOBBY = room_id(MESH, "lobby")


def dot(number: int) -> Add:
    return Add(page=0, layer=0, type=ItemType.TEXT, payload=b"\x95\x00\x00\xa1%c\x10\x00" % (65 + number % 26))


def draw(cluster: Cluster, node: int, count: int = 1) -> None:
    target = cluster.nodes[node]
    for number in range(count):
        target.feed(lambda now, number=number: target.pipeline.draw("lobby", [dot(number)], now))


def canvases(cluster: Cluster) -> list[tuple[int, bytes]]:
    rooms = [node.pipeline.rooms[LOBBY] for node in cluster.nodes if node.alive]
    return [(len(room.document.items()), room.document.digest()) for room in rooms]


def opened(nodes: int, seed: int = 1, *, linked: bool = True) -> Cluster:
    cluster = Cluster(nodes, seed)
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    if linked:
        cluster.link_all()
    cluster.run(3.0)
    return cluster


def test_what_one_node_draws_the_other_shows() -> None:
    cluster = opened(2)
    draw(cluster, 0, 5)
    cluster.run(0.2)
    first, second = canvases(cluster)
    assert first == second
    assert first[0] == 5


def test_a_late_joiner_gets_all_and_both_directions_are_repaired() -> None:
    cluster = opened(2, linked=False)
    draw(cluster, 0, 30)
    draw(cluster, 1, 20)
    cluster.run(1.0)
    cluster.link(0, 1)
    cluster.run(1.0)
    first, second = canvases(cluster)
    assert first == second
    assert first[0] == 50


def test_a_partition_heals_on_the_link_that_survived_it() -> None:
    cluster = opened(2)
    cluster.cut(0, 1)
    draw(cluster, 0, 3)
    draw(cluster, 1, 4)
    cluster.run(20.0)
    cluster.heal(0, 1)
    cluster.run(3.0)
    first, second = canvases(cluster)
    assert first == second
    assert first[0] == 7


def test_news_travels_over_a_line_of_nodes() -> None:
    cluster = opened(4, linked=False)
    for left in range(3):
        cluster.link(left, left + 1)
    cluster.run(1.0)
    draw(cluster, 0, 3)
    draw(cluster, 3, 3)
    cluster.run(1.0)
    assert {count for count, _ in canvases(cluster)} == {6}
    assert len(set(canvases(cluster))) == 1


def test_a_room_is_active_after_two_seconds_alone_and_at_once_when_caught_up() -> None:
    cluster = opened(1, linked=False)
    assert cluster.nodes[0].pipeline.rooms[LOBBY].state is RoomState.ACTIVE
    cluster = Cluster(2)
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link(0, 1)
    cluster.run(0.5)
    assert cluster.nodes[1].pipeline.rooms[LOBBY].state is RoomState.ACTIVE


def test_a_full_disk_keeps_ink_in_memory_and_tells_and_recovers() -> None:
    cluster = opened(1, linked=False)
    node = cluster.nodes[0]
    node.disk.full = True
    draw(cluster, 0, 3)
    cluster.run(1.0)
    room = node.pipeline.rooms[LOBBY]
    assert room.state is RoomState.FAULTED
    draw(cluster, 0, 2)
    assert len(room.document.items()) == 5
    node.disk.full = False
    cluster.run(4.0)
    assert room.state is RoomState.ACTIVE
    assert len(node.disk.batches[LOBBY]) >= 1
    node.kill()
    node.start()
    cluster.run(3.0)
    assert len(node.pipeline.rooms[LOBBY].document.items()) == 5


def test_a_killed_node_comes_back_with_what_its_disk_had_and_gets_the_rest() -> None:
    cluster = opened(2)
    draw(cluster, 0, 5)
    cluster.run(1.0)
    cluster.nodes[1].kill()
    draw(cluster, 0, 5)
    cluster.run(1.0)
    cluster.nodes[1].start()
    cluster.link(0, 1)
    cluster.run(2.0)
    first, second = canvases(cluster)
    assert first == second
    assert first[0] == 10


def test_a_room_that_another_node_has_is_opened_here_too() -> None:
    cluster = Cluster(2)
    cluster.nodes[0].feed(lambda now: cluster.nodes[0].pipeline.draw("kitchen", [dot(1)], now))
    cluster.link(0, 1)
    cluster.run(1.0)
    kitchen = RoomId(room_id(MESH, "kitchen"))
    assert len(cluster.nodes[1].pipeline.rooms[kitchen].document.items()) == 1


def test_ink_beyond_a_damaged_row_is_shown_kept_and_handed_on() -> None:
    cluster = opened(1, linked=False)
    node = cluster.nodes[0]
    for _ in range(400):
        draw(cluster, 0)
        cluster.run(0.1)
    cluster.run(1.0)
    del node.disk.batches[LOBBY][sorted(node.disk.batches[LOBBY])[3]]
    node.kill()
    node.start()
    cluster.run(3.0)
    assert len(node.pipeline.rooms[LOBBY].document.items()) == 399
    assert "logged again" in node.alarms[0]
    node.kill()
    node.start()
    cluster.run(3.0)
    assert len(node.pipeline.rooms[LOBBY].document.items()) == 399


def test_a_damaged_row_comes_back_from_a_neighbour() -> None:
    cluster = opened(2)
    for _ in range(10):
        draw(cluster, 0)
        cluster.run(0.1)
    cluster.run(1.0)
    node = cluster.nodes[1]
    del node.disk.batches[LOBBY][sorted(node.disk.batches[LOBBY])[3]]
    node.kill()
    node.start()
    cluster.run(1.0)
    cluster.link(0, 1)
    cluster.run(3.0)
    first, second = canvases(cluster)
    assert first == second
    assert first[0] == 10


# ------------------------------------------------------------------------------------------------ boards that only look


def with_a_viewer(nodes: int = 3) -> Cluster:
    """The last node's grant lets it look; it is linked to all others."""
    cluster = Cluster(nodes, 5, viewers=frozenset({nodes - 1}))
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link_all()
    cluster.run(3.0)
    return cluster


def test_a_board_that_may_only_look_shows_what_others_draw_and_takes_no_ink() -> None:
    cluster = with_a_viewer()
    draw(cluster, 0, 3)
    cluster.run(0.5)
    viewer = cluster.nodes[2]
    with pytest.raises(RefusedError, match="may look at its mesh, and not draw") as caught:
        draw(cluster, 2)
    assert caught.value.code is CloseCode.FORBIDDEN
    origin, person = viewer.pipeline.identity.origin, viewer.pipeline.identity.person
    taken = viewer.pipeline.take("lobby", [(origin, person, b"\x01\x01\x01\x01")], cluster.clock.now())
    assert taken[2] == [(0, "this board may look at its mesh, and not draw: its role is view")]
    assert [count for count, _ in canvases(cluster)] == [3, 3, 3]
    assert (
        viewer.pipeline.rooms[LOBBY].log.vector().digest()
        == cluster.nodes[0].pipeline.rooms[LOBBY].log.vector().digest()
    )


def test_ink_that_a_board_logs_against_its_grant_is_refused_by_every_other_one() -> None:
    cluster = with_a_viewer()
    liar = cluster.nodes[2]
    liar.pipeline.rooms[LOBBY]._draws = True
    draw(cluster, 2)
    draw(cluster, 0)
    cluster.run(3.0)
    for honest in cluster.nodes[:2]:
        assert any("may look at this mesh" in each.text and each.code is CloseCode.FORBIDDEN for each in honest.closed)
        assert honest.pipeline.mesh.link_to(liar.node) is None
    assert canvases(cluster)[0] == canvases(cluster)[1]
    assert canvases(cluster)[0][0] == 1


def test_a_board_that_may_only_look_hands_on_what_others_drew() -> None:
    """It stands between two that see nobody else."""
    cluster = Cluster(3, 6, viewers=frozenset({1}))
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link(0, 1)
    draw(cluster, 0, 2)
    cluster.run(2.0)
    cluster.link(1, 2)
    draw(cluster, 2, 2)
    cluster.run(3.0)
    assert [count for count, _ in canvases(cluster)] == [4, 4, 4]
    assert len(set(canvases(cluster))) == 1


def test_a_board_that_may_only_look_keeps_what_lies_behind_a_damaged_row_for_the_others_to_mend() -> None:
    cluster = with_a_viewer(2)
    draw(cluster, 0)
    cluster.run(1.0)
    draw(cluster, 0)
    cluster.run(1.0)
    viewer = cluster.nodes[1]
    viewer.kill()
    kept = viewer.disk.batches[LOBBY]
    del kept[min(kept)]
    viewer.start()
    cluster.run(1.0)
    assert any("1 wait for a copy from another board" in alarm for alarm in viewer.alarms)
    cluster.link(0, 1)
    cluster.run(3.0)
    assert [count for count, _ in canvases(cluster)] == [2, 2]
    assert len(set(canvases(cluster))) == 1
