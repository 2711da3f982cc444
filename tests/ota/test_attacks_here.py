"""Attacks from the board itself, after a release has come by each carrier: A18, what was verified is swapped before it
runs; A19, a node that was taken over writes where it must not.

The sandbox of the node, which the kernel holds, is tested as a unit in tests/systemd/test_services.py; here it is what
the node's own rights leave: it is another user than those who fetch, build and switch.
"""

import os
import shutil
import subprocess
import sys

import pytest

from edgeboard.errors import StoreError
from edgeboard.ota import records, slots
from edgeboard.ota.fetchers import FolderSource
from edgeboard.ota.states import State
from edgeboard.ota.updater import Updater
from tests.ota.test_updater import Desk, take

pytestmark = pytest.mark.slow  # real slots, and nodes that are processes

NOBODY = 65534


@pytest.fixture
def board(make_board, tmp_path):
    """A board that runs the first release, while a second one is offered."""
    desk = Desk(tmp_path)
    board = make_board()
    board.layout.prefix.mkdir(parents=True, exist_ok=True)
    board.layout.root.write_bytes(desk.root)
    desk.publish(1)
    board.public = desk.repository.public
    take(Updater(board.layout, [FolderSource(board.public)], "stable", b"board"))
    board.child.start()
    assert board.launcher.watch(board.child).result == "committed"
    desk.publish(2)
    return board


def wheel_of(board, manifest):
    (wheel,) = manifest.wheels
    return board.layout.blobs / wheel.sha256


def edit(path):
    """Another content of the same length."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def link_to(path, content):
    aside = path.with_name("evil")
    aside.write_bytes(content)
    path.unlink()
    path.symlink_to(aside)


SWAPS = {
    "edited": edit,
    "a link to what it was, to be changed later": lambda path: link_to(path, path.read_bytes()),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_a18_a_file_that_is_swapped_after_it_was_verified_is_not_built(board, carry, swap):
    updater = Updater(board.layout, [carry(board.public)], "stable", b"board")
    with updater.alone() as journal:
        found = updater.check().found
        journal = updater.fetch(found, journal)
        SWAPS[swap](wheel_of(board, found.manifest))
        with pytest.raises(slots.SlotError, match="not what was verified"):
            updater.build(found.manifest, journal)
    board.check()
    assert board.current.startswith("1-")
    assert take(updater).state is State.ARMED, "it is fetched again, and built of what was signed"
    wheel = wheel_of(board, found.manifest)
    assert not wheel.is_symlink()
    slots.check_file(wheel, found.manifest.wheels[0])


def test_a18_a_slot_that_is_changed_before_the_switch_does_not_run(board, carry):
    armed = take(Updater(board.layout, [carry(board.public)], "stable", b"board"))
    edit(next((board.layout.slots / armed.slot).rglob("edgeboard/__main__.py")))
    outcome = board.launcher.activate(board.child)
    assert outcome.result != "committed"
    assert "__main__.py" in outcome.reason
    assert board.current.startswith("1-")
    assert board.starts == ["1.1"], "not once"
    board.check()


@pytest.mark.parametrize("leads_to", ["floor.json", "elsewhere"])
def test_a18_a_link_among_what_is_coming_writes_nowhere_else(board, carry, tmp_path, leads_to):
    updater = Updater(board.layout, [carry(board.public)], "stable", b"board")
    records.write_floors(board.layout, board.disk, records.read_floors(board.layout))
    target = board.layout.floors if leads_to == "floor.json" else tmp_path / "elsewhere"
    with updater.alone() as journal:
        found = updater.check().found
        before = target.read_bytes() if target.exists() else None  # a look raises floors
        for file in found.manifest.files:
            part = board.layout.incoming / f"{file.sha256}.part"
            part.unlink(missing_ok=True)
            part.symlink_to(target)
        with pytest.raises(StoreError, match="Too many levels of symbolic links"):
            updater.fetch(found, journal)
    assert (target.read_bytes() if target.exists() else None) == before
    board.check()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a19_another_user_writes_neither_slot_nor_floor_nor_state(board, carry):
    """As what runs as the node's user meets them, in folders that a sandbox would not even let it reach."""
    take(Updater(board.layout, [carry(board.public)], "stable", b"board"))
    layout = board.layout
    slot = layout.slots / board.current
    wanted = [
        slot / "release.json", slot / "lib" / "x", slot / ".complete", layout.slots / "x", layout.current,
        layout.root, layout.floors, layout.journal, layout.state / "x", layout.blobs / "x", layout.metadata / "x",
        next(layout.blobs.iterdir()), layout.incoming / "x",
    ]  # fmt: skip
    program = (
        "import os, sys\n"
        "for path in sys.argv[1:]:\n"
        "    for deed in (lambda: os.open(path, os.O_WRONLY | os.O_CREAT), lambda: os.rename(path, path + '2'),\n"
        "                 lambda: os.symlink('/etc', path + '3'), lambda: os.chmod(path, 0o777)):\n"
        "        try:\n"
        "            deed()\n"
        "        except OSError:\n"
        "            continue\n"
        "        print(path)\n"
    )
    python = shutil.which("python3", path="/usr/bin") or sys.executable
    done = subprocess.run(
        [python, "-I", "-c", program, *(str(path.relative_to(board.folder)) for path in wanted)],
        cwd=board.folder,  # as who is in there already
        user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout == "", f"{board.folder} is written by whoever wants"
    blob = str(next(layout.blobs.iterdir()).relative_to(board.folder))
    read = subprocess.run(
        [python, "-I", "-c", "import sys; open(sys.argv[1], 'rb').read()", blob],
        cwd=board.folder,
        user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert read.returncode == 0, "but it is read, to be given to other boards"
