"""What is remembered, read from disks that have lost some of it."""

import os

import pytest

from edgeboard.ota import records, slots
from edgeboard.ota.files import RealDisk
from edgeboard.ota.states import Journal, State
from edgeboard.ota.values import Floors
from tests.ota.releases import Release, layout_in

DISK = RealDisk()
SEEN = Floors(root=2, timestamp=9, snapshot=5, targets=4, counter=3)


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


def truncate(path, copies):
    for suffix in copies:
        os.truncate(f"{path}{suffix}", 0)


@pytest.mark.parametrize("copies", [("",), (".bak",)])
def test_one_copy_of_everything_may_be_lost(layout, copies):
    records.write_journal(layout, DISK, Journal(State.TRIAL, "2-0000000b"))
    records.write_floors(layout, DISK, SEEN)
    records.bar(layout, DISK, records.Bad("ab", "1.2", 2, "it hangs", 1))
    for path in (layout.journal, layout.floors, layout.bad):
        truncate(path, copies)
    assert records.read_journal(layout).slot == "2-0000000b"
    assert records.read_floors(layout) == SEEN
    assert records.read_bad(layout)["ab"].reason == "it hangs"


def test_with_both_copies_lost_a_board_starts_and_still_takes_nothing_older_than_what_runs(layout, tmp_path):
    release = Release(tmp_path / "wheels", 7).fetch(layout)
    slots.build(layout, release.manifest)
    slots.activate(layout, release.slot)
    records.write_floors(layout, DISK, SEEN)
    records.write_journal(layout, DISK, Journal())
    for path in (layout.journal, layout.floors):
        truncate(path, ("", ".bak"))
    assert records.read_journal(layout) == Journal()
    assert records.read_floors(layout) == Floors(counter=7)


def test_what_is_on_trial_raises_no_floor(layout, tmp_path):
    release = Release(tmp_path / "wheels", 7).fetch(layout)
    slots.build(layout, release.manifest)
    slots.activate(layout, release.slot)
    records.write_journal(layout, DISK, Journal(State.TRIAL, release.slot, counter=7))
    assert records.read_floors(layout) == Floors()


def test_of_two_copies_that_differ_the_higher_floor_counts(layout):
    records.write_floors(layout, DISK, SEEN)
    old = records.rules.to_bytes(Floors(root=2, timestamp=1, counter=1))
    layout.floors.write_bytes(old)
    assert records.read_floors(layout) == SEEN


def test_bad_releases_are_remembered_up_to_a_bound_and_forgiven(layout):
    for number in range(records.BAD_MAX + 3):
        records.bar(layout, DISK, records.Bad(f"{number}", "1", number, "bad", number))
    found = records.read_bad(layout)
    assert len(found) == records.BAD_MAX
    assert "0" not in found
    records.forgive(layout, DISK, "9")
    assert "9" not in records.read_bad(layout)
    records.bar(layout, DISK, records.Bad("10", "1", 10, "worse", 10))
    assert records.read_bad(layout)["10"].reason == "worse"
    assert len(records.read_bad(layout)) == records.BAD_MAX - 1
