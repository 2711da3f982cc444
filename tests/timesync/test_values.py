"""Mesh time of a board without a mesh."""

import pytest

from edgeboard.timesync.values import LoneTime, MeshTime, begin_at


def test_a_lone_board_has_the_time_it_was_begun_with_and_runs_as_its_clock_does() -> None:
    time: MeshTime = LoneTime(now=100.0, mesh_s=1_800_000_000.0)
    assert time.at(100.0) == 1_800_000_000.0
    assert time.at(160.5) == 1_800_000_060.5
    assert time.reverse(1_800_000_060.5) == 160.5
    assert (time.quality().settled, time.quality().reference, time.quality().hops) == (True, None, 0)


@pytest.mark.parametrize(
    ("wall_s", "floor_s", "begins"),
    [(1_800_000_000.0, 0.0, 1_800_000_000.0), (12.0, 1_700_000_000.0, 1_700_000_000.0), (12.0, 0.0, 12.0)],
)
def test_mesh_time_begins_at_the_wall_clock_and_never_behind_what_it_had_reached(
    wall_s: float, floor_s: float, begins: float
) -> None:
    assert begin_at(wall_s, floor_s) == begins
