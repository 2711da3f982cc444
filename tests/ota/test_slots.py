"""Slots, built from real wheels and tested by a real Python."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgeboard.errors import VerificationError
from edgeboard.ota import files, proving, slots
from edgeboard.ota.collecting import collect
from edgeboard.ota.files import RealDisk
from tests.ota.releases import Release, layout_in, site_of


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path / "board")


@pytest.fixture
def make(tmp_path, layout):
    """A release that has been fetched."""

    def make(counter=1, **words):
        return Release(tmp_path / "wheels", counter, **words).fetch(layout)

    return make


def test_a_slot_runs_what_was_released_with_a_python_of_its_own(layout, make):
    release = make()
    slot = slots.build(layout, release.manifest)
    assert slot == layout.slots / release.slot
    code = "import edgeboard, sys; print(edgeboard.__version__, sys.prefix)"
    command = [slot / "bin" / "python", "-I", "-B", "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == f"1.1 {slot}\n"
    slots.verify(slot)


def test_building_it_twice_makes_the_same_slot_byte_by_byte(layout, make):
    release = make()
    slot = slots.build(layout, release.manifest)
    before = (slot / slots.CONTENTS).read_bytes()
    collect(layout, [])
    assert not slot.exists()
    release.fetch(layout)
    slots.build(layout, release.manifest)
    assert (slot / slots.CONTENTS).read_bytes() == before
    assert b"__main__" in before


def test_a_whole_slot_is_not_built_again(layout, make):
    release = make()
    slot = slots.build(layout, release.manifest)
    made = (slot / slots.COMPLETE).stat().st_mtime_ns
    slots.build(layout, release.manifest)
    assert (slot / slots.COMPLETE).stat().st_mtime_ns == made


def test_a_half_made_slot_is_made_anew(layout, make):
    release = make()
    slot = slots.build(layout, release.manifest)
    (slot / slots.COMPLETE).unlink()
    (slot / "rest").write_text("of a build that power has ended")
    assert not slots.is_complete(slot)
    slots.build(layout, release.manifest)
    assert not (slot / "rest").exists()
    slots.verify(slot)


def test_nothing_of_a_release_is_written_before_its_own_python_has_tested_it(layout, make):
    with pytest.raises(
        proving.SelfTestError, match=r"self-test of 1-.* fails: canvas: handwriting makes another canvas"
    ):
        slots.build(layout, make(behaviour="fails its self-test").manifest)
    assert slots.all_slots(layout) == []


def test_a_self_test_that_never_ends_is_stopped(layout, make, monkeypatch):
    monkeypatch.setattr(proving, "SELFTEST_S", 0.2)
    text = "import time\ntime.sleep(60)\n"
    release = make(files={"edgeboard/__init__.py": "", "edgeboard/__main__.py": text})
    with pytest.raises(proving.SelfTestError, match="takes more than"):
        slots.build(layout, release.manifest)


DAMAGE = {
    "a file cut short": lambda slot: os.truncate(site_of(slot) / "edgeboard" / "__main__.py", 10),
    "a file emptied": lambda slot: os.truncate(site_of(slot) / "edgeboard" / "__init__.py", 0),
    "a file gone": lambda slot: (site_of(slot) / "edgeboard" / "version.txt").unlink(),
    "a file too many": lambda slot: (site_of(slot) / "hook.pth").write_text("import os"),
    "another python": lambda slot: [
        (slot / "bin" / "python").unlink(),
        (slot / "bin" / "python").symlink_to("/bin/true"),
    ],
    "a link too many": lambda slot: (slot / "lib64").symlink_to("/etc"),
    "contents cut short": lambda slot: os.truncate(slot / slots.CONTENTS, 100),
    "seal emptied": lambda slot: os.truncate(slot / slots.COMPLETE, 0),
    "a pipe": lambda slot: os.mkfifo(slot / "pipe"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_every_damage_to_a_slot_is_found_and_named(layout, make, kind):
    slot = slots.build(layout, make().manifest)
    DAMAGE[kind](slot)
    with pytest.raises(slots.SlotError, match="1-"):
        slots.verify(slot)


def test_a_damaged_wheel_is_refused_and_put_away(layout, make):
    release = make()
    path = layout.blobs / release.wheel.sha256
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(slots.SlotError, match="not what was verified"):
        slots.build(layout, release.manifest)
    assert not path.exists()


def test_a_wheel_that_is_missing_is_named(layout, make):
    release = make()
    (layout.blobs / release.wheel.sha256).unlink()
    with pytest.raises(slots.SlotError, match=r"edgeboard-1\.1.*cannot be read"):
        slots.build(layout, release.manifest)


def test_a_wheel_with_a_hook_is_refused(layout, make):
    release = make(files={"edgeboard/__main__.py": "", "hook.pth": "import os"})
    with pytest.raises(VerificationError, match=r"hook\.pth"):
        slots.build(layout, release.manifest)


def test_too_little_space_is_said_before_anything_is_written(layout, make, monkeypatch):
    release = make()
    monkeypatch.setattr(files, "RESERVE", 1 << 60)
    with pytest.raises(files.SpaceError, match=r"MiB free, and the release takes .* free some space"):
        slots.build(layout, release.manifest)
    assert list(layout.slots.iterdir()) == []


def test_the_link_is_switched_only_to_what_is_whole(layout, make):
    first, second = make(1), make(2)
    slots.build(layout, first.manifest)
    slots.activate(layout, first.slot)
    assert slots.current(layout) == first.slot
    with pytest.raises(slots.SlotError, match="not complete"):
        slots.activate(layout, second.slot)
    assert slots.current(layout) == first.slot
    slots.build(layout, second.manifest)
    slots.activate(layout, second.slot, RealDisk())
    assert slots.current(layout) == second.slot


@pytest.mark.parametrize("target", ["/etc", "slots/9-nobody", "elsewhere/1-x", "../../.."])
def test_a_link_to_anything_else_names_no_slot(layout, target):
    layout.current.symlink_to(target)
    assert slots.current(layout) == ""


def test_the_one_before_is_the_newest_that_is_sound_and_allowed(layout, make):
    one, two, three = make(1), make(2), make(3, security_floor=2)
    for each in (one, two, three):
        slots.build(layout, each.manifest)
    slots.activate(layout, three.slot)
    assert slots.previous(layout, (), 9) == two.slot
    assert slots.previous(layout, {two.digest}, 9) == ""  # the first is below the security floor
    slots.activate(layout, two.slot)
    assert slots.previous(layout, {three.digest}, 9) == one.slot
    assert slots.previous(layout, (), 2) == one.slot  # the third was built, and never ran


def test_what_nobody_needs_is_collected_and_what_is_handed_on_is_kept(layout, make):
    one, two = make(1), make(2)
    for each in (one, two):
        slots.build(layout, each.manifest)
    other = Release(layout.state / "other", 2, behaviour="is for another machine").fetch(layout)
    (layout.blobs / ("0" * 64)).write_bytes(b"of nobody")
    layout.incoming.mkdir()
    (layout.incoming / f"{'0' * 64}.part").write_bytes(b"of nobody")
    (layout.incoming / f"{two.wheel.sha256}.part").write_bytes(b"of somebody")
    collect(layout, {two.slot})
    assert slots.all_slots(layout) == [two.slot]
    assert [path.name for path in layout.incoming.iterdir()] == [f"{two.wheel.sha256}.part"]
    three = make(3)
    collect(layout, {two.slot}, RealDisk(), (three.manifest,))
    assert set(three.contents) <= {path.name for path in layout.blobs.iterdir()}
    collect(layout, {two.slot})
    assert {path.name for path in layout.blobs.iterdir()} == {*two.contents, *other.contents}
    slots.activate(layout, two.slot)
    collect(layout, ())
    assert slots.all_slots(layout) == [two.slot], "what runs was removed"


def test_a_python_that_is_gone_is_noticed(layout, make):
    slot = slots.build(layout, make().manifest)
    assert slots.runs_here(slot)
    (slot / "bin" / "python").unlink()
    (slot / "bin" / "python").symlink_to("/usr/bin/python3.99")
    assert not slots.runs_here(slot)


def test_packages_of_the_distribution_are_seen_only_where_the_release_names_them(layout, make):
    slot = slots.build(layout, make().manifest)
    assert "include-system-site-packages = false" in (slot / "pyvenv.cfg").read_text()


def test_the_python_of_a_slot_is_named_with_its_version():
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}" == Path(slots.python_here()).name


def test_what_nobody_here_has_made_is_left_alone_and_nothing_is_removed_behind_a_link(layout, make, tmp_path):
    one = make(1)
    slots.build(layout, one.manifest)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root")
    (layout.slots / "README").write_text("of a person")
    (layout.slots / "etc").symlink_to(tmp_path / "etc")
    (layout.blobs / "lost+found").mkdir()
    layout.incoming.symlink_to(tmp_path / "etc")
    (tmp_path / "etc" / "a.part").write_text("of somebody")
    collect(layout, {one.slot})
    assert {path.name for path in layout.slots.iterdir()} == {one.slot, "README", "etc"}
    assert {path.name for path in (tmp_path / "etc").iterdir()} == {"passwd", "a.part"}
    shutil.rmtree(layout.blobs)
    layout.blobs.symlink_to(tmp_path / "etc")
    collect(layout, {one.slot})
    assert (tmp_path / "etc" / "passwd").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a process as another: sudo ./dev test")
def test_a_self_test_runs_as_whom_the_updates_belong_to(layout, make, monkeypatch):
    asked = []
    monkeypatch.setattr(proving.subprocess, "run", lambda *_, **words: asked.append(words) or Done())
    slots.build(layout, make(1).manifest)
    os.chown(layout.state, 54321, 54322)
    slots.build(layout, make(2).manifest)
    assert "user" not in asked[0]
    assert (asked[1]["user"], asked[1]["group"], asked[1]["extra_groups"]) == (54321, 54322, [])


class Done:
    returncode = 0
