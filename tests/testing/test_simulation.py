"""Whole sites from seeds; `tests/scenarios` has more of them, and faults that must be found."""

import dataclasses

from edgeboard.oplog.codec import decode_stroke
from edgeboard.testing.simulation import POINTS, Report, Site, SiteSettings, stroke

TROUBLED = SiteSettings(
    nodes=8, rooms=2, hours=0.03, loss=0.05, partition_s=10.0, partition_every_s=40.0, churn_per_min=6.0, away_s=8.0
)


def run(**changes: object) -> Report:
    return Site(dataclasses.replace(TROUBLED, **changes)).run()


def test_a_troubled_site_loses_nothing_and_repeats_exactly() -> None:
    first, second = run(), run()
    assert first.is_sound
    assert first.safe > 0
    assert first.power_cuts > 0
    assert {fault.kind for fault in first.faults} == {"partition", "power cut"}
    assert first == second


def test_real_signatures_make_no_difference_to_what_is_there() -> None:
    report = run(verify=True, nodes=5, hours=0.01)
    assert report.is_sound
    assert report.strokes > 0


def test_boards_that_never_ask_for_what_they_lack_are_found_out() -> None:
    def deafen(cluster) -> None:
        for node in cluster.nodes:
            node.pipeline.mesh._repair.learn = lambda *arguments: None

    settings = dataclasses.replace(TROUBLED, churn_per_min=0.0, partition_s=20.0, hours=0.02, settle_s=25.0)
    report = Site(settings, prepare=deafen).run()
    assert report.canvases > 0
    assert report.settled_s is None
    assert not report.is_sound


def test_a_stroke_of_the_site_is_one_that_a_board_can_read() -> None:
    pen, points = decode_stroke(stroke(iter([0.5] * 1000).__next__))
    assert len(points.x) == POINTS
    assert pen.width == 12
