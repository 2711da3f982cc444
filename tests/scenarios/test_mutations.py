"""Faults planted into merge, repair, overlay and receipts: the oracle must find each, or it proves nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeboard.canvas import facts
from edgeboard.mesh.antientropy import Repair
from edgeboard.mesh.disks import Disks
from edgeboard.mesh.overlay import Overlay
from edgeboard.rooms.receipts import Receipts
from edgeboard.testing.simulation import Site, SiteSettings
from edgeboard.vectors import Range, Vector

TROUBLED = SiteSettings(
    nodes=9, seed=0, hours=0.02, partition_s=20.0, partition_every_s=45.0, churn_per_min=8.0, away_s=5.0,
    dead_cards=0.5, stroke_every_s=4.0, changes=0.5, loss=0.02, settle_s=25.0,
)  # fmt: skip
POWER_CUTS = replace(TROUBLED, seed=2, dead_cards=1.0, stroke_every_s=1.0)  # and cards die; sound, too
SEEDS = 4  # from that of a site on, tried before a fault counts as not found

Patch = Callable[[pytest.MonkeyPatch], None]


def following(settings: SiteSettings) -> list[SiteSettings]:
    return [replace(settings, seed=settings.seed + number) for number in range(SEEDS)]


def nobody_asks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Repair, "learn", lambda *arguments: None)


def nobody_gives(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Repair, "want", lambda *arguments: None)


def ranges_begin_one_too_late(patch: pytest.MonkeyPatch) -> None:
    def beyond(self: Vector, other: Vector) -> list[Range]:
        return [Range(tag, other[tag] + 1, n) for tag, n in self if n > other[tag] + 1]

    patch.setattr(Vector, "beyond", beyond)


def who_is_gone_stays_gone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Overlay, "_probe", lambda self, now: [])


def nobody_dials(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Overlay, "_look", lambda self, now: [])


def what_comes_late_counts_as_last(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(facts, "insort", lambda found, fact, key: found.append(fact))


def safe_is_said_before_a_second_board_has_it(patch: pytest.MonkeyPatch) -> None:
    class Everything(dict):
        def get(self, key: object, default: object = None) -> int:
            return 1 << 50

    patch.setattr(Disks, "best", lambda self, room: Everything())
    patch.setattr(Receipts, "is_saved", lambda *arguments: True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "plant",
    [
        nobody_asks,
        nobody_gives,
        ranges_begin_one_too_late,
        who_is_gone_stays_gone,
        nobody_dials,
        what_comes_late_counts_as_last,
        safe_is_said_before_a_second_board_has_it,
    ],
)
def test_a_planted_fault_is_found(plant: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    settings = {
        who_is_gone_stays_gone: replace(TROUBLED, churn_per_min=0.0),  # a board that starts is seen by all
        safe_is_said_before_a_second_board_has_it: POWER_CUTS,
    }.get(plant, TROUBLED)
    if all(Site(each).run().is_sound for each in following(settings)):
        pytest.fail(f"{SEEDS} troubled sites were sound in spite of it")


@pytest.mark.slow
@pytest.mark.parametrize("settings", [TROUBLED, POWER_CUTS])
def test_without_a_fault_the_first_of_these_sites_is_sound(settings: SiteSettings) -> None:
    assert Site(settings).run().is_sound


@pytest.mark.soak
@pytest.mark.parametrize("settings", [TROUBLED, POWER_CUTS])
def test_without_a_fault_all_of_these_sites_are_sound(settings: SiteSettings) -> None:
    assert all(Site(each).run().is_sound for each in following(settings))
