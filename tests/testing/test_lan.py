"""Nodes that find each other by themselves: whole meshes, from cold starts through faults, on a virtual clock."""

from collections.abc import Callable

import pytest

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.ids import room_id
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.lan import LanSettings
from edgeboard.testing.network import Weather
from edgeboard.testing.simulated import MESH

LOBBY = room_id(MESH, "lobby")


def dot(number: int) -> Add:
    return Add(page=0, layer=0, type=ItemType.TEXT, payload=b"\x95\x00\x00\xa1%c\x10\x00" % (65 + number % 26))


def started(nodes: int, seed: int = 1, weather: Weather | None = None, lan: LanSettings | None = None) -> Cluster:
    cluster = Cluster(nodes, seed, weather, lan=lan or LanSettings())
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    return cluster


def draw(cluster: Cluster, number: int, count: int = 1) -> None:
    node = cluster.nodes[number]
    for each in range(count):
        node.feed(lambda now, each=each: node.pipeline.draw("lobby", [dot(each)], now))


def degrees(cluster: Cluster) -> list[int]:
    return [len(node.pipeline.mesh.statistics().links) for node in cluster.nodes if node.alive]


def canvases(cluster: Cluster) -> set[tuple[int, bytes]]:
    rooms = [node.pipeline.rooms[LOBBY] for node in cluster.nodes if node.alive]
    return {(len(room.document.items()), room.document.digest()) for room in rooms}


def seconds_until(cluster: Cluster, holds: Callable[[], bool], most: float) -> float:
    """Virtual seconds until something holds."""
    start = cluster.clock.now()
    while not holds():
        assert cluster.clock.now() - start < most, f"not within {most} s"
        cluster.run(0.05)
    return cluster.clock.now() - start


def test_two_nodes_find_each_other_and_are_linked() -> None:
    cluster = started(2)
    assert seconds_until(cluster, lambda: degrees(cluster) == [1, 1], 2.0) < 2.0
    draw(cluster, 0)
    cluster.run(0.2)
    assert len(canvases(cluster)) == 1


def test_up_to_eight_all_are_linked_to_all_and_everything_arrives_once() -> None:
    cluster = started(8)
    seconds_until(cluster, lambda: set(degrees(cluster)) == {7}, 5.0)
    cluster.run(2.0)
    before = cluster.nodes[3].pipeline.mesh.statistics()
    for number in range(8):
        draw(cluster, number, 3)
    cluster.run(1.0)
    assert len(canvases(cluster)) == 1
    assert cluster.nodes[3].pipeline.mesh.statistics().duplicates == before.duplicates


@pytest.fixture(scope="module")
def thirty() -> Cluster:
    """Thirty boards that have known each other for a minute, for tests that leave them so."""
    cluster = started(30)
    cluster.run(60.0)
    return cluster


def test_of_thirty_boards_each_has_few_links_and_knows_all(thirty: Cluster) -> None:
    check_links_are_few_and_all_are_known(thirty)


@pytest.mark.parametrize("nodes", [9, pytest.param(60, marks=pytest.mark.soak)])
def test_in_a_larger_mesh_links_are_few_and_every_node_knows_all(nodes: int) -> None:
    cluster = started(nodes)
    cluster.run(60.0)
    check_links_are_few_and_all_are_known(cluster)


def check_links_are_few_and_all_are_known(cluster: Cluster) -> None:
    nodes = len(cluster.nodes)
    assert max(degrees(cluster)) <= 8
    assert sum(degrees(cluster)) / nodes < 6
    assert {len(node.pipeline.mesh.membership.members.alive()) for node in cluster.nodes} == {nodes - 1}


def test_the_tree_brings_nearly_everything_once(thirty: Cluster) -> None:
    cluster = thirty
    for number in range(30):
        draw(cluster, number)
        cluster.run(0.2)

    def duplicates() -> int:
        return sum(node.pipeline.mesh.statistics().duplicates for node in cluster.nodes)

    before = duplicates()
    for number in range(30):
        draw(cluster, number)
        cluster.run(0.2)
    cluster.run(2.0)
    assert len(canvases(cluster)) == 1
    copies = 1 + (duplicates() - before) / (30 * 29)
    assert copies <= 1.3, f"{copies:.2f} copies of a broadcast a node"


def test_a_power_cut_is_noticed_and_the_place_filled_within_five_seconds() -> None:
    cluster = started(20)
    cluster.run(60.0)
    dead = max(range(20), key=lambda number: len(cluster.nodes[number].pipeline.mesh.statistics().links))
    orphans = [n for n in range(20) if n != dead and cluster.are_linked(n, dead)]
    gone = cluster.nodes[dead].node
    before = {n: min(5, len(cluster.nodes[n].pipeline.mesh.statistics().links)) for n in orphans}
    cluster.lan.crash(dead)

    def healed() -> bool:
        for number in orphans:
            statistics = cluster.nodes[number].pipeline.mesh.statistics()
            if sum(not link.suspect for link in statistics.links if link.node != gone.hex()) < before[number]:
                return False
        return True

    def is_known() -> bool:
        living = [node for node in cluster.nodes if node.alive]
        return not any(gone in node.pipeline.mesh.membership.members.alive() for node in living)

    assert seconds_until(cluster, healed, 5.0) <= 5.0
    seconds_until(cluster, is_known, 5.0)
    draw(cluster, orphans[0])
    cluster.run(1.0)
    assert len(canvases(cluster)) == 1


# Fifteen are linked in part, as any more are; what size alone could show is for the soak, here and below.
@pytest.mark.parametrize("nodes", [15, *(pytest.param(nodes, marks=pytest.mark.soak) for nodes in (25, 50))])
def test_a_fifth_of_the_boards_dies_at_once_and_the_rest_stays_one(nodes: int) -> None:
    cluster = started(nodes)
    cluster.run(60.0)
    for number in cluster.rng.sample(range(nodes), nodes // 5):
        cluster.lan.crash(number)
    alive = [number for number in range(nodes) if cluster.nodes[number].alive]
    draw(cluster, alive[0], 5)
    seconds_until(cluster, lambda: len(canvases(cluster)) == 1, 10.0)
    cluster.run(20.0)
    assert min(degrees(cluster)) >= 4


@pytest.mark.parametrize("nodes", [12, pytest.param(20, marks=pytest.mark.soak)])
def test_two_halves_that_both_drew_are_equal_within_two_seconds_of_the_heal(nodes: int) -> None:
    cluster = started(nodes)
    cluster.run(30.0)
    cluster.lan.partition({number: number % 2 for number in range(nodes)})
    for number in range(nodes):
        draw(cluster, number, 50)
        cluster.run(1.5)
    assert len(canvases(cluster)) == 2
    assert {len(n.pipeline.mesh.membership.members.alive()) for n in cluster.nodes} == {nodes // 2 - 1}
    cluster.lan.heal()
    took = seconds_until(cluster, lambda: len(canvases(cluster)) == 1, 20.0)
    assert {count for count, _ in canvases(cluster)} == {50 * nodes}
    assert took <= 5.0


def test_a_short_partition_costs_no_link() -> None:
    cluster = started(6)
    cluster.run(10.0)
    opened = cluster.lan.opened
    cluster.lan.partition({0: 1, 1: 1})
    draw(cluster, 0)
    cluster.run(5.0)
    cluster.lan.heal()
    draw(cluster, 5)
    cluster.run(1.0)
    assert len(canvases(cluster)) == 1
    assert cluster.lan.opened == opened


def test_without_multicast_a_mesh_that_is_linked_once_still_repairs_itself() -> None:
    cluster = started(12, lan=LanSettings(multicast=False))
    for number in range(1, 12):
        cluster.link(number, number - 1)
    cluster.run(30.0)
    assert {len(n.pipeline.mesh.membership.members.alive()) for n in cluster.nodes} == {11}
    assert min(degrees(cluster)) >= 4
    cluster.lan.crash(5)
    cluster.run(6.0)
    draw(cluster, 0)
    cluster.run(1.0)
    assert len(canvases(cluster)) == 1


# Some fifty ends of links are looked at each second: two minutes of that are occasion enough for a false alarm.
@pytest.mark.parametrize("seconds", [120, pytest.param(300, marks=pytest.mark.soak)])
def test_loss_delays_and_raises_no_alarms(seconds: int) -> None:
    cluster = started(12, weather=Weather(loss=0.05))
    cluster.run(60.0)
    opened = cluster.lan.opened
    suspects = 0
    for _ in range(seconds):
        cluster.run(1.0)
        suspects += sum(link.suspect for n in cluster.nodes for link in n.pipeline.mesh.statistics().links)
    assert suspects == 0
    assert cluster.lan.opened - opened <= 12, "only the rotation opens links, one a node in ten minutes"
