"""Floors on a running board: logged where they are due, and their space given back, whatever happens in between."""

import hashlib

import pytest

from edgeboard.canvas.bodies import Add, Alive, Context, Floor, ItemType
from edgeboard.canvas.ops import Maker
from edgeboard.errors import RefusedError
from edgeboard.ids import Origin, PersonId, room_id
from edgeboard.node.values import PipelineSettings
from edgeboard.oplog.batch import decode_batch
from edgeboard.rooms.compaction import CompactionSettings
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.simulated import MESH
from edgeboard.vectors import Vector

LOBBY = room_id(MESH, "lobby")
WINDOW_S = 60.0
SETTINGS = PipelineSettings(
    compaction=CompactionSettings(undo_window_s=WINDOW_S, dead_least=5, dead_share=0.05, stand_in_s=20.0)
)
INK = bytes(range(200))


def cluster_of(nodes, settings=SETTINGS, seed=1):
    cluster = Cluster(nodes, seed, settings=settings)
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link_all()
    cluster.run(3.0)
    return cluster


def draw(cluster, number, count=1):
    node = cluster.nodes[number]
    made = []
    for _ in range(count):
        node.feed(lambda now: made.extend(node.pipeline.draw("lobby", [Add(0, 0, ItemType.STROKE, INK)], now)))
        cluster.run(0.1)
    return made


def say(cluster, number, *bodies):
    node = cluster.nodes[number]
    node.feed(lambda now: node.pipeline.draw("lobby", list(bodies), now))
    cluster.run(0.2)


def erase(cluster, number, items):
    say(cluster, number, *[Alive(item, False) for item in items])


def room(cluster, number):
    return cluster.nodes[number].pipeline.rooms[LOBBY]


def floors(cluster, number):
    return sum(len(each) for each in room(cluster, number).document.facts.floors.values())


def run_until_floor(cluster):
    cluster.run(WINDOW_S)
    for _ in range(int(WINDOW_S * 100)):
        if floors(cluster, 0):
            return
        cluster.run(0.01)
    pytest.fail("no floor was logged")


def reduced_slots(node):
    return sum(
        slot.dropped is not None for data in node.disk.batches[LOBBY].values() for slot in decode_batch(data).slots
    )


def settled(cluster, *numbers):
    digests = {room(cluster, number).document.digest() for number in numbers}
    assert len(digests) == 1
    for number in numbers:
        room(cluster, number).document.check()
        room(cluster, number).log.check()


def test_what_was_erased_a_while_ago_is_let_go_of_on_every_board_and_kept_as_history():
    cluster = cluster_of(3)
    made = draw(cluster, 0, 20)
    erase(cluster, 1, made[:15])
    before = [room(cluster, number).log.statistics().bytes for number in range(3)]
    digest = room(cluster, 0).document.digest()
    cluster.run(WINDOW_S * 0.8)
    assert floors(cluster, 0) == 0
    cluster.run(WINDOW_S)
    for number, node in enumerate(cluster.nodes):
        assert floors(cluster, number) == 1
        assert reduced_slots(node) == 15
        assert room(cluster, number).log.statistics().bytes < before[number] - 15 * 150
        assert sorted(entry.tail[-200:] for entry in node.past(LOBBY)) == [INK] * 15
        assert room(cluster, number).document.digest() == digest
        assert not room(cluster, number).document.knows(made[0])
        assert node.alarms == []
    settled(cluster, 0, 1, 2)
    draw(cluster, 2, 3)
    cluster.run(1.0)
    settled(cluster, 0, 1, 2)
    assert len(room(cluster, 0).document.items()) == 8


def chain_of(nodes):
    """The ends hear of each other through the others only."""
    cluster = cluster_of(nodes)
    for a in range(nodes):
        for b in range(a + 2, nodes):
            cluster.unlink(a, b)
    cluster.run(3.0)
    return cluster


def test_where_nobody_is_linked_to_all_boards_are_asked_what_their_disks_hold():
    cluster = chain_of(5)
    made = draw(cluster, 0, 20)
    erase(cluster, 1, made[:15])
    cluster.run(WINDOW_S * 2)
    assert [floors(cluster, number) for number in range(5)] == [1] * 5
    assert [reduced_slots(node) for node in cluster.nodes] == [15] * 5
    settled(cluster, *range(5))


def test_no_floor_names_what_the_disk_of_a_board_far_away_lacks():
    cluster = chain_of(5)
    cluster.nodes[4].disk.full = True
    erase(cluster, 1, draw(cluster, 0, 20)[:15])
    cluster.run(WINDOW_S * 3)
    assert [floors(cluster, number) for number in range(5)] == [0] * 5
    cluster.nodes[4].disk.full = False
    cluster.run(WINDOW_S)
    assert [floors(cluster, number) for number in range(5)] == [1] * 5


def test_one_board_logs_the_floor_and_it_is_the_first_in_rank():
    cluster = cluster_of(3)
    erase(cluster, 1, draw(cluster, 0, 10))
    cluster.run(WINDOW_S * 2)
    (floor,) = (floor for each in room(cluster, 0).document.facts.floors.values() for floor in each)
    (place,) = room(cluster, 0).document.places(floor.id)
    first = min(node.node for node in cluster.nodes)
    assert room(cluster, 0).log.node_of(place.author) == first


def test_the_next_in_rank_stands_in_for_a_board_that_logs_none():
    cluster = cluster_of(2)
    first = min(cluster.nodes, key=lambda node: node.node)
    watch = first.pipeline.upkeep._watches[LOBBY]
    watch._settings = CompactionSettings(enabled=False)
    erase(cluster, 1, draw(cluster, 0, 10))
    cluster.run(WINDOW_S * 2)
    assert floors(cluster, 0) == floors(cluster, 1) == 1
    settled(cluster, 0, 1)


def test_a_board_that_may_only_look_has_no_rank_and_is_not_waited_for():
    first = min(Cluster(3, 1).nodes, key=lambda node: node.node).number
    cluster = Cluster(3, 1, settings=SETTINGS, viewers=frozenset({first}))
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("lobby", now))
    cluster.link_all()
    cluster.run(3.0)
    other = (first + 1) % 3
    erase(cluster, other, draw(cluster, other, 20)[:15])
    run_until_floor(cluster)
    waited = cluster_of(3)
    erase(waited, other, draw(waited, other, 20)[:15])
    run_until_floor(waited)
    assert cluster.clock.now() - waited.clock.now() < SETTINGS.compaction.stand_in_s / 2
    cluster.run(WINDOW_S)
    assert [floors(cluster, number) for number in range(3)] == [1, 1, 1]
    assert all(reduced_slots(node) == 15 for node in cluster.nodes)
    settled(cluster, 0, 1, 2)


def test_a_board_that_is_told_not_to_logs_no_floor():
    off = PipelineSettings(compaction=CompactionSettings(enabled=False, undo_window_s=WINDOW_S, dead_least=1))
    cluster = cluster_of(1, off)
    erase(cluster, 0, draw(cluster, 0, 10))
    cluster.run(WINDOW_S * 3)
    assert floors(cluster, 0) == 0


def test_little_that_is_dead_is_not_worth_a_floor():
    cluster = cluster_of(1)
    erase(cluster, 0, draw(cluster, 0, 4))
    cluster.run(WINDOW_S * 3)
    assert floors(cluster, 0) == 0


def test_what_was_brought_back_within_the_window_lives_on():
    cluster = cluster_of(2)
    made = draw(cluster, 0, 10)
    erase(cluster, 0, made)
    cluster.run(WINDOW_S * 0.9)
    for item in made[:3]:
        say(cluster, 1, Alive(item, True))
    cluster.run(WINDOW_S * 3)
    assert floors(cluster, 0) == 1
    assert [room(cluster, 0).document.is_alive(item) for item in made[:4]] == [True] * 3 + [False]
    settled(cluster, 0, 1)


def test_no_floor_is_logged_while_somebody_present_lacks_what_it_names():
    cluster = cluster_of(2)
    cluster.nodes[1].disk.full = True
    erase(cluster, 0, draw(cluster, 0, 10))
    cluster.run(WINDOW_S * 2)
    assert floors(cluster, 0) == 0
    cluster.nodes[1].disk.full = False
    cluster.run(WINDOW_S * 2)
    assert floors(cluster, 0) == 1
    settled(cluster, 0, 1)


def test_two_floors_of_two_halves_of_a_mesh_agree():
    cluster = cluster_of(4)
    made = draw(cluster, 0, 12) + draw(cluster, 2, 12)
    for a in (0, 1):
        for b in (2, 3):
            cluster.unlink(a, b)
    erase(cluster, 0, made[:8])
    erase(cluster, 3, made[4:20])
    cluster.run(WINDOW_S * 2.5)
    assert floors(cluster, 0) == floors(cluster, 2) == 1
    cluster.link_all()
    cluster.run(20.0)
    assert [floors(cluster, number) for number in range(4)] == [2] * 4
    settled(cluster, 0, 1, 2, 3)
    assert len(room(cluster, 0).document.items()) == 4


def test_ink_of_a_board_that_was_away_survives_a_floor():
    cluster = cluster_of(3)
    made = draw(cluster, 0, 10)
    cluster.run(2.0)
    cluster.unlink(0, 2)
    cluster.unlink(1, 2)
    away = draw(cluster, 2, 7)
    erase(cluster, 0, made)
    cluster.run(WINDOW_S * 2.5)
    assert floors(cluster, 0) == 1
    assert floors(cluster, 2) == 0
    cluster.link_all()
    cluster.run(20.0)
    settled(cluster, 0, 1, 2)
    assert all(room(cluster, number).document.is_alive(item) for number in range(3) for item in away)


def test_a_power_cut_between_a_floor_and_its_reduction_is_made_up_for(monkeypatch):
    cluster = cluster_of(1)
    erase(cluster, 0, draw(cluster, 0, 10))
    node = cluster.nodes[0]
    monkeypatch.setattr(node, "_rewrite", lambda *_: None)  # the power goes before it
    run_until_floor(cluster)
    cluster.run(5.0)
    assert reduced_slots(node) == 0
    digest = room(cluster, 0).document.digest()
    node.kill()
    monkeypatch.undo()
    node.start()
    cluster.run(5.0)
    assert reduced_slots(node) == 10
    assert len(node.past(LOBBY)) == 10
    assert room(cluster, 0).document.digest() == digest
    settled(cluster, 0)


@pytest.mark.parametrize("at", range(1, 40, 5))
def test_a_power_cut_while_the_log_is_rewritten_loses_nothing(at, monkeypatch):
    monkeypatch.setattr("edgeboard.rooms.reduction.SLICE_BYTES", 1_000)
    cluster = cluster_of(1)
    made = draw(cluster, 0, 40)
    erase(cluster, 0, made[:30])
    node = cluster.nodes[0]
    run_until_floor(cluster)
    cluster.run(0.05 * at)
    node.kill()
    node.start()
    cluster.run(10.0)
    assert reduced_slots(node) == 30
    past = {entry.place for entry in node.past(LOBBY)}
    assert len(past) == 30
    assert {item.id for item in room(cluster, 0).document.items()} == set(made[30:])
    settled(cluster, 0)


def test_a_full_disk_stops_the_rewriting_and_it_goes_on_afterwards():
    cluster = cluster_of(1)
    erase(cluster, 0, draw(cluster, 0, 10))
    node = cluster.nodes[0]
    run_until_floor(cluster)
    node.disk.full = True
    cluster.run(20.0)
    assert reduced_slots(node) == 0
    node.disk.full = False
    cluster.run(60.0)
    assert reduced_slots(node) == 10
    settled(cluster, 0)


def test_a_node_that_comes_late_gets_the_reduced_log_and_the_same_canvas():
    cluster = cluster_of(2)
    made = draw(cluster, 0, 20)
    erase(cluster, 0, made[:15])
    cluster.unlink(0, 1)
    fresh = cluster.nodes[1]
    cluster.run(WINDOW_S * 2)
    assert reduced_slots(cluster.nodes[0]) == 15
    fresh.kill()
    fresh.disk.batches.clear()
    fresh.disk.history.clear()
    fresh.start()
    cluster.link(0, 1)
    cluster.run(5.0)
    settled(cluster, 0, 1)
    assert reduced_slots(fresh) == 15
    assert fresh.past(LOBBY) == []


def test_further_floors_are_relative_to_the_newest():
    cluster = cluster_of(2)
    for _ in range(3):
        erase(cluster, 0, draw(cluster, 0, 10))
        cluster.run(WINDOW_S * 2)
    contexts = sorted(
        (fact.lamport, fact.about) for each in room(cluster, 0).document.facts.floors.values() for fact in each
    )
    assert [context.base is None for _, context in contexts] == [True, False, False]
    assert all(len(context.vector) == 1 for _, context in contexts[1:])
    settled(cluster, 0, 1)


def test_a_guest_cannot_log_a_floor():
    cluster = cluster_of(1)
    made = draw(cluster, 0, 10)
    lobby = room(cluster, 0)
    body = Floor(Context(None, lobby.log.vector()))
    op = Maker(Origin(77)).make(body, lobby.document.lamport)
    with pytest.raises(RefusedError, match="boards say"):
        lobby.take(Origin(77), PersonId(bytes(16)), op.tail, 5, 0.0)
    assert lobby.document.is_alive(made[0])


def test_a_floor_that_names_what_nobody_has_ends_nothing():
    cluster = cluster_of(2)
    made = draw(cluster, 0, 10)
    erase(cluster, 0, made)
    stranger = hashlib.sha256(b"nobody").digest()[:8]
    beyond = Vector({**dict(room(cluster, 0).log.vector()), stranger: 5})
    say(cluster, 0, Floor(Context(None, beyond)))
    cluster.run(5.0)
    assert room(cluster, 1).document.gone == frozenset()
    say(cluster, 1, Alive(made[0], True))
    assert room(cluster, 0).document.is_alive(made[0])
    settled(cluster, 0, 1)


def test_the_status_tells_what_was_given_back():
    cluster = cluster_of(1)
    erase(cluster, 0, draw(cluster, 0, 10))
    cluster.run(WINDOW_S * 2)
    told = cluster.nodes[0].pipeline.upkeep.statistics(LOBBY)
    assert told["floors"] == 1
    assert told["given_back"] == {"ops": 10, "slices": 1, "under_way": False}
