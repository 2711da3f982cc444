"""Mesh time of whole nodes on a simulated network: in step, however wrong clocks are and whatever the network does."""

import random
from dataclasses import replace

import pytest

from edgeboard.node.timekeeping import ANSWERS_PER_S, KEEP_FIRST_S, KEEP_S, NEIGHBOURS_MAX, SETTLED_S
from edgeboard.node.values import KeepTime
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.lan import LanSettings
from edgeboard.testing.network import Weather
from edgeboard.testing.simulated import Machine, SimulatedNode
from edgeboard.wire.live import Live, LiveItem, LiveKind, decode_live, encode_live
from edgeboard.wire.messages import Channel
from edgeboard.wire.probes import PROBE_HANDLE, PROBE_HOPS, Ask, encode_probe, is_probe, read_probe

HOUR_S = 3_600.0
QUIET = Weather(0.000_2, 0.000_3)


def wrong_clocks(seed: str) -> list[Machine]:
    """Machines whose clocks are hours apart, and whose crystals differ by up to 200 ppm."""
    rng = random.Random(seed)
    return [
        Machine(
            clock_ahead_s=rng.uniform(-5 * HOUR_S, 5 * HOUR_S),
            uptime_s=rng.uniform(0.0, 1e6),
            drift_ppm=rng.uniform(-100.0, 100.0),
        )
        for _ in range(20)
    ]


def started(nodes: int, weather: Weather = QUIET, machines: list[Machine] | None = None) -> Cluster:
    known = machines or wrong_clocks(f"{nodes} nodes")
    cluster = Cluster(nodes, 5, weather, lan=LanSettings(), machine=lambda number: known[number])
    for node in cluster.nodes:
        node.feed(lambda now, node=node: node.pipeline.open_room("main", now))
    return cluster


def shown(node: SimulatedNode) -> float:
    return node.pipeline.timekeeping.peek(node.now())


def spread(cluster: Cluster) -> float:
    """By how much the nodes that live differ now, s."""
    times = [shown(node) for node in cluster.nodes if node.alive]
    return max(times) - min(times)


def test_two_nodes_whose_clocks_are_hours_apart_agree_within_a_millisecond() -> None:
    cluster = started(2)
    cluster.run(10.0)
    wrong = []
    for _ in range(300):
        cluster.run(1.0)
        wrong.append(spread(cluster))
    wrong.sort()
    assert wrong[int(len(wrong) * 0.99)] <= 0.001
    for node in cluster.nodes:
        quality = node.pipeline.timekeeping.quality()
        assert quality.settled
        assert quality.reference == min(each.node for each in cluster.nodes)
        assert abs(quality.offset_s) <= SETTLED_S


def test_a_lone_node_runs_by_its_own_clock_and_says_that_it_follows_nobody() -> None:
    cluster = started(1, machines=[Machine(clock_ahead_s=100.0, uptime_s=50.0)])
    node = cluster.nodes[0]
    cluster.run(1.0)
    first = node.pipeline.timekeeping.at(node.now())
    assert first == pytest.approx(1_700_000_101.0, abs=0.01)
    cluster.run(60.0)
    assert node.pipeline.timekeeping.at(node.now()) == pytest.approx(first + 60.0)
    quality = node.pipeline.timekeeping.quality()
    assert (quality.reference, quality.hops, quality.settled, quality.jumps) == (None, 0, True, 0)


def test_wall_clocks_that_jump_move_nobody() -> None:
    cluster = started(3)
    cluster.run(60.0)
    before = shown(cluster.nodes[0])
    for node, jump in zip(cluster.nodes, (7 * HOUR_S, -9 * HOUR_S, 1e8), strict=True):
        node.clock_ahead_s += jump
    cluster.run(60.0)
    assert shown(cluster.nodes[0]) == pytest.approx(before + 60.0, abs=0.02)
    assert spread(cluster) < 0.001


def test_what_is_on_a_screen_never_goes_back_and_never_jumps_while_nodes_meet() -> None:
    machines = [Machine(clock_ahead_s=2.5 * number, uptime_s=1e4 * number) for number in range(3)]
    cluster = started(3, machines=machines)
    last = [node.pipeline.timekeeping.at(node.now()) for node in cluster.nodes]
    for _ in range(900):
        cluster.run(0.1)
        times = [node.pipeline.timekeeping.at(node.now()) for node in cluster.nodes]
        for before, after in zip(last, times, strict=True):
            assert 0.085 <= after - before <= 0.115
        last = times
    assert spread(cluster) < 0.001
    assert not any(node.pipeline.timekeeping.quality().jumps for node in cluster.nodes)


def test_time_goes_on_when_the_reference_is_killed_and_when_it_is_back() -> None:
    cluster = started(4)
    cluster.run(60.0)
    first = min(cluster.nodes, key=lambda node: node.node)
    before = [shown(node) for node in cluster.nodes]
    first.kill()
    for second in range(1, 61):
        cluster.run(1.0)
        assert spread(cluster) < 0.001, f"{second} s after the reference had died"
    first.start()
    cluster.run(30.0)
    assert spread(cluster) < 0.001
    for node, was in zip(cluster.nodes, before, strict=True):
        assert shown(node) == pytest.approx(was + 90.0, abs=0.02)


def test_probes_go_past_the_gathering_and_nobody_passes_them_on() -> None:
    cluster = started(3)
    cluster.run(30.0)
    room = next(iter(cluster.nodes[0].pipeline.rooms))
    assert all(not node.pipeline._core.gates[room]._last for node in cluster.nodes)
    quality = [node.pipeline.timekeeping.quality() for node in cluster.nodes]
    assert all(each.error_s < 0.002 for each in quality), "a probe that waits for a tick of 33 ms would say far more"


def frames_to(node: SimulatedNode) -> list[Live]:
    """What a node says on live from now on, and its clock from the moment at which it began."""
    found: list[Live] = []
    hand = node._hand

    def listen(output: object) -> None:
        if getattr(output, "channel", None) is Channel.LIVE:
            found.append(decode_live(output.data))  # type: ignore[attr-defined]
        hand(output)  # type: ignore[arg-type]

    node._hand = listen  # type: ignore[method-assign, assignment]
    return found


def test_a_board_of_an_earlier_version_is_asked_seldom_and_does_no_harm() -> None:
    cluster = started(2)
    old, new = cluster.nodes
    old.pipeline.timekeeping.link_up = lambda link, node, now: None  # type: ignore[method-assign]
    said = frames_to(new)
    cluster.run(60.0)
    asked = sum(map(is_probe, said))
    cluster.run(600.0)
    assert sum(map(is_probe, said)) - asked <= 11
    quality = new.pipeline.timekeeping.quality()
    assert (quality.reference, quality.settled) == (None, True)
    assert cluster.are_linked(0, 1)


def test_a_flood_of_questions_is_answered_at_a_bounded_rate() -> None:
    cluster = started(2)
    cluster.run(30.0)
    asking, asked = cluster.nodes
    link = asked.pipeline.mesh.link_to(asking.node)
    assert link is not None
    before = asked.pipeline.timekeeping.answered
    for number in range(500):
        _, data = Channel.LIVE, encode_probe(Ask(asking.pipeline.identity.origin, number))
        asked.feed(lambda now, data=data: asked.pipeline.receive((link, Channel.LIVE, data), now))
    assert asked.pipeline.timekeeping.answered - before <= ANSWERS_PER_S
    assert cluster.are_linked(0, 1)


def test_a_broken_probe_ends_the_link() -> None:
    cluster = started(2)
    cluster.run(5.0)
    a, b = cluster.nodes
    link = b.pipeline.mesh.link_to(a.node)
    assert link is not None
    broken = encode_live(Live(PROBE_HANDLE, (LiveItem(LiveKind.PROBE, PROBE_HOPS, b"short"),)))
    b.feed(lambda now: b.pipeline.receive((link, Channel.LIVE, broken), now))
    assert [closed.link for closed in b.closed] == [link]


def test_answers_to_questions_that_were_not_asked_count_for_nothing() -> None:
    cluster = started(2)
    cluster.run(5.0)
    a, b = cluster.nodes
    link = b.pipeline.mesh.link_to(a.node)
    assert link is not None
    said = frames_to(a)
    cluster.run(5.0)
    answer = next(each for each in said if is_probe(each) and not isinstance(read_probe(each.items[0]), Ask))
    before = b.pipeline.timekeeping.probes
    for _ in range(3):
        b.feed(lambda now: b.pipeline.receive((link, Channel.LIVE, encode_live(answer)), now))
    assert b.pipeline.timekeeping.probes == before


def test_once_a_clock_is_known_few_questions_are_asked() -> None:
    cluster = started(6)
    cluster.run(120.0)
    said = [frames_to(node) for node in cluster.nodes]
    cluster.run(60.0)
    for frames in said:
        asked = sum(is_probe(frame) and isinstance(read_probe(frame.items[0]), Ask) for frame in frames)
        assert asked <= NEIGHBOURS_MAX * 60 / 3


def test_how_far_time_has_come_is_written_down_soon_and_then_seldom() -> None:
    cluster = started(1)
    node = cluster.nodes[0]
    node.pipeline.timekeeping.at(node.now())
    kept: list[KeepTime] = []
    hand = node._hand
    node._hand = lambda output: kept.append(output) if isinstance(output, KeepTime) else hand(output)  # type: ignore[method-assign]
    node.feed(lambda now: None)
    cluster.run(KEEP_FIRST_S + 5.0)
    assert [each.mesh_s for each in kept] == [pytest.approx(shown(node), abs=10.0)]
    cluster.run(10 * KEEP_S)
    assert len(kept) == 11


def test_a_board_without_a_battery_goes_on_from_what_was_written_down() -> None:
    cluster = started(1, machines=[Machine(clock_ahead_s=-1_700_000_000.0)])
    pipeline = cluster.nodes[0].pipeline
    assert pipeline.timekeeping.peek(0.0) < 100.0
    pipeline._core.identity = replace(pipeline.identity, time_floor_s=1_750_000_000.0)
    pipeline.timekeeping.__init__(pipeline._core)  # type: ignore[misc]
    assert pipeline.timekeeping.peek(0.0) == 1_750_000_000.0


def test_what_a_board_knows_of_the_time_is_told_as_json_values() -> None:
    cluster = started(3)
    cluster.run(60.0)
    first = min(node.node for node in cluster.nodes)
    for node in cluster.nodes:
        told = node.pipeline.timekeeping.describe()
        assert (told["reference"], told["settled"], told["shunned"]) == (first.hex(), True, 0)
        assert told["hops"] == (node.node != first)
        assert abs(told["offset_ms"]) < 1.0
        assert told["error_ms"] < 1.0


def test_who_waits_for_a_moment_is_told_when_mesh_time_was_set() -> None:
    cluster = started(2)
    told: list[int] = []
    for node in cluster.nodes:
        node.pipeline.timekeeping.on_jump(lambda number=node.number: told.append(number))
    cluster.run(20.0)
    assert len(told) == sum(node.pipeline.timekeeping.quality().jumps for node in cluster.nodes) >= 1
