"""Panels in step: ten boards with clocks of their own show one frame of the marquee, whatever the network does."""

from collections import Counter
from itertools import pairwise

import pytest

from edgeboard.testing.cluster import Cluster
from edgeboard.testing.network import Weather
from tests.scenarios.wall import Wall

QUIET = Weather(0.000_2, 0.000_3)
STORM = Weather(0.030, 0.040, loss=0.05)  # 50 +- 20 ms, 5 % of it lost
IN_STEP_S = 0.070  # after a fault

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wall() -> Wall:
    """Ten boards that have known each other for a minute; crystals differ by up to 200 ppm, wall clocks by hours."""
    return Wall(10, 1, QUIET)


def frames(wall: Wall, name: str) -> list[int]:
    return [panel.count(name) for panel in wall.panels]


def check_frames(wall: Wall) -> None:
    """Whoever takes the frames has the picture that was drawn; their numbers and sums fit."""
    for panel in wall.panels:
        if panel.answers and not panel.picture_due:
            assert panel.mirror.sequence == panel.frames.sequence
            assert panel.mirror.crc == panel.frames.crc
            assert panel.mirror.pixels == panel.seen.pixels


def test_ten_panels_show_the_same_frame_at_999_of_1000_moments(wall: Wall) -> None:
    share = wall.agreement(60.0, 4_000)
    assert share >= 0.999, f"{share:.2%} of the moments"
    assert frames(wall, "late") == frames(wall, "dropped") == frames(wall, "repeated") == [0] * 10
    check_frames(wall)


def test_a_storm_on_the_network_costs_no_frame_and_panels_are_in_step_when_it_is_over(wall: Wall) -> None:
    before = frames(wall, "dropped"), frames(wall, "repeated"), [panel.frames.sequence for panel in wall.panels]
    wall.cluster.change_weather(STORM)
    share = wall.agreement(20.0, 1_000)
    wall.cluster.change_weather(QUIET)
    assert wall.until_in_step(IN_STEP_S) <= IN_STEP_S
    assert share >= 0.98, f"{share:.2%} of the moments of the storm"
    assert (frames(wall, "dropped"), frames(wall, "repeated")) == before[:2]
    shown = [panel.frames.sequence - was for panel, was in zip(wall.panels, before[2], strict=True)]
    assert max(shown) - min(shown) <= 1
    check_frames(wall)


@pytest.mark.parametrize("number", [0, 9])
def test_a_renderer_that_stands_still_for_300_ms_is_back_in_step_at_once(wall: Wall, number: int) -> None:
    panel = wall.panels[number]
    wall.cluster.run(5.0)
    dropped, repeated = panel.count("dropped"), panel.count("repeated")
    panel.stalled_until = wall.cluster.clock.now() + 0.300
    wall.cluster.run(0.300)
    assert wall.until_in_step(IN_STEP_S) <= IN_STEP_S
    assert panel.count("repeated") - repeated <= 1
    assert 7 <= panel.count("dropped") - dropped <= 9, "what was missed is skipped, not shown late"
    wall.cluster.run(2.0)
    assert panel.count("dropped") - dropped <= 9
    check_frames(wall)


def test_a_panel_that_stops_answering_holds_up_nobody_and_gets_the_whole_picture_when_it_is_back(wall: Wall) -> None:
    silent = wall.panels[4]
    silent.answers = False
    others = [panel for panel in wall.panels if panel is not silent]
    before = [panel.frames.sequence for panel in others]
    wall.cluster.run(3.0)
    assert all(88 <= panel.frames.sequence - was <= 92 for panel, was in zip(others, before, strict=True))
    silent.answers = True
    assert wall.until_in_step(IN_STEP_S) <= IN_STEP_S
    wall.cluster.run(1.0)
    check_frames(wall)


def test_the_marquee_goes_on_in_step_when_the_reference_dies_and_when_it_returns(wall: Wall) -> None:
    first = min(wall.cluster.nodes, key=lambda node: node.node)
    at = wall.cluster.nodes.index(first)
    first.kill()
    del wall.panels[at]
    before = frames(wall, "dropped")
    share = wall.agreement(45.0, 2_000)
    assert share >= 0.998, f"{share:.2%} of the moments without it"
    first.start()
    share = wall.agreement(30.0, 2_000)
    assert share >= 0.998, f"{share:.2%} of the moments with it"
    assert frames(wall, "dropped") == before


def test_unequal_ways_shift_panels_by_no_more_than_half_of_what_they_differ_by() -> None:
    wall = Wall(2, 3, Weather(0.010, 0.001), weather_back=Weather(0.002, 0.001))
    times = [node.pipeline.timekeeping.peek(node.now()) for node in wall.cluster.nodes]
    assert 0.003 <= max(times) - min(times) <= 0.0045
    errors = [node.pipeline.timekeeping.quality().error_s for node in wall.cluster.nodes]
    assert max(times) - min(times) <= max(errors), "and the board says so"


def test_two_halves_of_a_mesh_slew_together_when_they_meet_and_nobody_sees_a_jump() -> None:
    wall = Wall(4, 7, QUIET)
    cluster = wall.cluster
    cluster.lan.partition(dict.fromkeys((2, 3), 1))
    cluster.run(100.0)
    leaders = {node.pipeline.timekeeping.quality().reference for node in cluster.nodes}
    assert len(leaders) == 2, "each half has a reference of its own"
    for node in cluster.nodes:  # as if they had been apart for days
        reference = node.pipeline.timekeeping._reference
        assert reference is not None
        if node.number >= 2 and reference.leads:
            reference._mesh_s += 0.8
    cluster.run(30.0)
    assert len({panel.shown for panel in wall.panels}) == 2
    cluster.lan.heal()
    last = [panel.node.pipeline.timekeeping.at(panel.node.now()) for panel in wall.panels]
    for _ in range(600):
        cluster.run(0.1)
        times = [panel.node.pipeline.timekeeping.at(panel.node.now()) for panel in wall.panels]
        for before, after in zip(last, times, strict=True):
            assert 0.089 <= after - before <= 0.111
        last = times
    assert max(last) - min(last) < 0.001
    assert wall.agreement(5.0, 500) >= 0.998


def test_a_board_that_was_hours_off_ends_its_turn_and_its_text_never_leaps() -> None:
    wall = Wall(2, 17, QUIET)
    cluster = wall.cluster
    cluster.lan.partition({1: 1})
    cluster.run(100.0)
    last = max(wall.panels, key=lambda panel: panel.node.node)  # that will follow the other
    reference = last.node.pipeline.timekeeping._reference
    assert reference is not None
    reference._mesh_s += 4 * 3_600.0
    cluster.run(30.0)
    last.numbers.clear()
    cluster.lan.heal()
    cluster.run(90.0)
    assert wall.agreement(5.0, 500) >= 0.998
    gaps = [(at - was, number - before) for (was, before), (at, number) in pairwise(last.numbers)]
    leaps = [gap_s for gap_s, frames in gaps if not 0 <= frames <= 2]
    assert len(leaps) == 1, "it goes over to the others' time once"
    assert leaps[0] >= 0.5, f"after the marquee was empty for {leaps[0]:.2f} s"


# Three deaths take each way: a first, one of whom stands in, and one while the dead comes back; more are for the soak.
@pytest.mark.parametrize("deaths", [3, pytest.param(6, marks=pytest.mark.soak)])
def test_a_reference_that_dies_every_30_s_moves_nobody_by_a_millisecond(deaths: int) -> None:
    wall = Wall(10, 11, QUIET)
    cluster = wall.cluster
    dead = None
    dropped = frames(wall, "dropped")
    for _ in range(deaths):
        if dead is not None:
            dead.start()
        followed = Counter(node.pipeline.timekeeping.quality().reference for node in cluster.nodes if node is not dead)
        reference = followed.most_common(1)[0][0]
        dead = next((node for node in cluster.nodes if node.node == reference), cluster.nodes[0])
        dead.kill()
        others = [panel for panel in wall.panels if panel.node.alive]
        last = [panel.node.pipeline.timekeeping.peek(panel.node.now()) for panel in others]
        for _ in range(60):
            cluster.run(0.5)
            times = [panel.node.pipeline.timekeeping.peek(panel.node.now()) for panel in others]
            assert max(times) - min(times) <= 0.001, f"{(max(times) - min(times)) * 1000:.2f} ms apart"
            steps = [after - before for before, after in zip(last, times, strict=True)]
            assert all(0.499 <= step <= 0.501 for step in steps), f"time went by {min(steps)} to {max(steps)} s of 0.5"
            last = times
        wall.panels[:] = others
    assert len(wall.panels) >= 4, "some were never the reference"
    assert frames(wall, "dropped") == dropped[: len(wall.panels)]


def test_a_copied_card_of_the_reference_moves_nobody_else() -> None:
    """Two boards with one key, one of them an hour ahead, come and go; whoever speaks for the mesh, time goes on."""
    cluster = Cluster(6, 13, QUIET)
    first = min(cluster.nodes, key=lambda node: node.node)
    copy = next(node for node in cluster.nodes if node is not first)
    copy.kill()
    copy.node, copy.public_key, copy.sign, copy.verify = first.node, first.public_key, first.sign, first.verify
    copy.clock_ahead_s += 3_600.0
    others = [node for node in cluster.nodes if node not in (first, copy)]
    for at, node in enumerate([first, *others]):
        for other in [first, *others][:at]:
            cluster.link(other.number, node.number)
    cluster.run(45.0)
    last = [node.pipeline.timekeeping.at(node.now()) for node in others]
    copy.start()
    for turn in range(8):  # a board keeps one link to a key, the newest
        for node in others:
            cluster.link((copy if turn % 2 == 0 else first).number, node.number)
        for _ in range(30):
            cluster.run(0.5)
            times = [node.pipeline.timekeeping.at(node.now()) for node in others]
            assert max(times) - min(times) <= 0.001, f"{(max(times) - min(times)) * 1000:.2f} ms apart"
            steps = [after - before for before, after in zip(last, times, strict=True)]
            assert all(0.499 <= step <= 0.501 for step in steps), f"time went by {min(steps)} to {max(steps)} s of 0.5"
            last = times
    assert copy.pipeline.timekeeping.probes > 0, "the copy was linked and asked"
    assert {node.pipeline.timekeeping.quality().jumps for node in others} <= {0, 1}, "at the first meeting, at most"
