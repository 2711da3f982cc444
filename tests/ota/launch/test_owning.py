"""A slot is root's before it runs, and nothing else is touched on the way."""

import os

import pytest

from edgeboard.ota.launch.owning import take
from edgeboard.ota.slots import SlotError

BUILDER = 54321  # nobody's number
NAME = "7-0123abcd"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to others, which takes root: sudo ./dev test")


@pytest.fixture
def slots(tmp_path):
    """Slots as their builder has left them, with a link out of one, and what lies there."""
    slot = tmp_path / "slots" / NAME
    (slot / "lib").mkdir(parents=True)
    (slot / "lib" / "code.py").write_text("1")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("2")
    (slot / "lib" / "file").symlink_to(tmp_path / "outside" / "file")
    (slot / "lib" / "folder").symlink_to(tmp_path / "outside")
    for path in [slot, *slot.rglob("*"), tmp_path / "outside", tmp_path / "outside" / "file"]:
        if not path.is_symlink():
            path.chmod(0o777)
        os.chown(path, BUILDER, BUILDER, follow_symlinks=False)
    return tmp_path / "slots"


def owners(folder):
    return {path.lstat().st_uid for path in [folder, *folder.rglob("*")]}


def test_all_of_a_slot_is_roots_and_nobody_else_may_write_it(slots):
    take(slots, NAME)
    assert owners(slots / NAME) == {0}
    files = [path for path in [slots / NAME, *(slots / NAME).rglob("*")] if not path.is_symlink()]
    assert [path for path in files if path.stat().st_mode & 0o022] == []
    assert (slots / NAME / "lib" / "code.py").stat().st_mode & 0o777 == 0o755, "and what runs, still runs"


def test_what_a_slot_links_to_is_not_taken(slots):
    take(slots, NAME)
    assert owners(slots.parent / "outside") == {BUILDER}
    assert (slots.parent / "outside" / "file").stat().st_mode & 0o777 == 0o777


def test_a_file_with_another_name_elsewhere_is_refused(slots):
    (slots / NAME / "lib" / "shadow").hardlink_to(slots.parent / "outside" / "file")
    with pytest.raises(SlotError, match="shadow has another name elsewhere"):
        take(slots, NAME)
    assert owners(slots.parent / "outside") == {BUILDER}


@pytest.mark.parametrize("name", ["../outside", "..", "", "7-0123abcd/lib", "lib", "8-0123abcd"])
def test_only_a_slot_is_taken_whatever_the_journal_says(slots, name):
    (slots / "8-0123abcd").symlink_to(slots.parent / "outside")
    with pytest.raises(SlotError, match="is no slot"):
        take(slots, name)
    assert owners(slots.parent / "outside") == {BUILDER}


def test_a_board_without_root_keeps_its_files(slots):
    take(slots, NAME, owner=os.geteuid() + 1)
    assert owners(slots / NAME) == {BUILDER}
