"""One simulated node and what it runs on."""

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.ids import room_id
from edgeboard.oplog.batch import decode_batch
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.network import Weather
from edgeboard.testing.simulated import MESH, Machine

LOBBY = room_id(MESH, "lobby")
DOT = Add(page=0, layer=0, type=ItemType.TEXT, payload=b"\x95\x00\x00\xa1a\x10\x00")


def boards(machine: Machine, weather_back: Weather | None = None) -> Cluster:
    """Two of them; the second runs on this machine."""
    cluster = Cluster(2, weather_back=weather_back, machine=lambda number: machine if number else Machine())
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link_all()
    cluster.run(2.0)
    return cluster


def draw(cluster: Cluster, number: int) -> None:
    node = cluster.nodes[number]
    node.feed(lambda now: node.pipeline.draw("lobby", [DOT], now))


def shown(cluster: Cluster) -> list[int]:
    return [len(node.pipeline.rooms[LOBBY].document.items()) for node in cluster.nodes]


def test_a_slow_machine_comes_to_messages_late_and_in_their_order() -> None:
    cluster = boards(Machine(message_s=0.5))
    cluster.run(20.0)
    for _ in range(4):
        draw(cluster, 0)
        cluster.run(0.2)
    assert shown(cluster)[1] < 4
    cluster.run(10.0)
    assert shown(cluster) == [4, 4]
    assert cluster.nodes[1].pipeline.counters.waiting == 0


def test_a_slow_card_holds_back_what_is_called_safe() -> None:
    cluster = boards(Machine(commit_s=3.0))
    draw(cluster, 0)
    cluster.run(2.0)
    assert not cluster.nodes[0].pipeline.mesh.disks.best(LOBBY)
    cluster.run(4.0)
    assert sum(cluster.nodes[0].pipeline.mesh.disks.best(LOBBY).values()) == 1


def test_a_clock_without_a_battery_begins_in_1970() -> None:
    cluster = boards(Machine(clock_ahead_s=-1e10))
    assert [node.wall_ms() for node in cluster.nodes] == [1_700_000_002_000, 0]
    draw(cluster, 1)
    cluster.run(1.0)
    assert [decode_batch(data).time for data in cluster.nodes[0].pipeline.rooms[LOBBY].log.batches()] == [0]
    assert shown(cluster) == [1, 1]


def test_a_link_may_lose_in_one_direction_only() -> None:
    cluster = boards(Machine(), Weather(delay_s=0.002, jitter_s=0.0, loss=0.4))
    cluster.run(60.0)  # the JOIN of the second one has come through
    there, back = cluster.pipes(0, 1)
    assert there is not back
    draw(cluster, 0)
    cluster.run(0.1)
    assert shown(cluster) == [1, 1]
