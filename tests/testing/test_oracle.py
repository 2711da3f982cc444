"""The oracle finds what is lost and what is late, and blames nobody for what nobody could keep."""

from edgeboard.canvas.bodies import Add, ItemType
from edgeboard.ids import room_id
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.oracle import Oracle
from edgeboard.testing.simulated import MESH, Disk

LOBBY = room_id(MESH, "lobby")
DOT = Add(page=0, layer=0, type=ItemType.TEXT, payload=b"\x95\x00\x00\xa1a\x10\x00")


def boards(nodes: int = 3, *, linked: bool = True) -> tuple[Cluster, Oracle]:
    cluster = Cluster(nodes)
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    if linked:
        cluster.link_all()
    cluster.run(5.0)
    return cluster, Oracle(cluster.nodes, [LOBBY], cluster.clock.now)


def draw(cluster: Cluster, oracle: Oracle, number: int = 0) -> None:
    node, made = cluster.nodes[number], []
    node.feed(lambda now: made.extend(node.pipeline.draw("lobby", [DOT], now)))
    for op in made:
        oracle.draw(node, LOBBY, op)
    cluster.run(1.0)


def lose_card(cluster: Cluster, oracle: Oracle, number: int) -> None:
    node = cluster.nodes[number]
    oracle.lose_power(node, card_dies=True)
    node.kill()
    node.disk = Disk()
    node.disk.names[LOBBY] = "lobby"
    node.start()
    cluster.run(1.0)


def test_what_two_disks_hold_is_safe_and_one_dead_card_loses_nothing() -> None:
    cluster, oracle = boards()
    draw(cluster, oracle)
    lose_card(cluster, oracle, 0)
    cluster.link_all()
    cluster.run(5.0)
    assert (len(oracle.drawn), len(oracle.safe)) == (1, 1)
    assert oracle.count_lost_and_doubled() == (0, 0)
    assert oracle.are_equal()


def test_what_was_safe_and_is_nowhere_is_lost() -> None:
    cluster, oracle = boards()
    draw(cluster, oracle)
    oracle.note_safe(cluster.nodes[0])
    for number in range(3):
        cluster.unlink(0, 1), cluster.unlink(0, 2), cluster.unlink(1, 2)
        lose_card(cluster, oracle, number)
    assert oracle.count_lost_and_doubled() == (1, 0)


def test_what_a_board_drew_alone_is_safe_as_long_as_its_card_lives() -> None:
    cluster, oracle = boards(linked=False)
    draw(cluster, oracle)
    oracle.note_safe(cluster.nodes[0])
    assert len(oracle.safe) == 1
    lose_card(cluster, oracle, 0)
    assert oracle.safe == {}


def test_a_fault_is_over_when_all_hold_what_was_there_and_what_died_with_a_card_is_not_waited_for() -> None:
    cluster, oracle = boards(linked=False)
    draw(cluster, oracle, 0)
    draw(cluster, oracle, 1)
    oracle.expect("partition")
    assert not oracle.look()
    lose_card(cluster, oracle, 0)
    cluster.link_all()
    cluster.run(4.0)
    assert oracle.look()
    assert [fault.kind for fault in oracle.faults] == ["partition"]
    assert 4.0 < oracle.faults[0].converged_s < 7.0


def test_what_has_not_come_at_the_end_is_said() -> None:
    cluster, oracle = boards(linked=False)
    draw(cluster, oracle)
    oracle.expect("power cut")
    oracle.give_up()
    assert [fault.converged_s for fault in oracle.faults] == [None]
    assert not oracle.are_equal()


def test_items_that_nobody_drew_are_found() -> None:
    cluster, oracle = boards()
    node = cluster.nodes[0]
    node.feed(lambda now: node.pipeline.draw("lobby", [DOT], now))
    cluster.run(1.0)
    assert oracle.count_lost_and_doubled() == (0, 1)
