"""Every state of an update, met by every fault that a disk or a system can have: the board starts, and can be renewed.

What is checked is what `repair` makes of it, which every start of a node runs first. Kills and power cuts at each step
are in test_power.py, faults of releases in launch/test_launcher.py, faults of sources in test_client.py.
"""

import os
import shutil

import pytest

from edgeboard.ota import records, slots
from edgeboard.ota.files import RealDisk, SpaceError
from edgeboard.ota.states import TRIES, Journal, State
from edgeboard.ota.updater import Updater
from edgeboard.ota.values import Floors
from tests.conftest import mounted
from tests.ota.boards import Board

FLOORS = Floors(root=1, timestamp=9, counter=1)


def empty(path, *copies):
    for copy in copies:
        if path.with_name(path.name + copy).exists():
            os.truncate(path.with_name(path.name + copy), 0)


def damage(board, slot):
    if (board.layout.slots / slot).exists():
        next((board.layout.slots / slot).rglob("__main__.py")).write_bytes(b"")


def unlink_python(board, slot):
    python = board.layout.slots / slot / "bin" / "python"
    if python.is_symlink():
        python.unlink()
        python.symlink_to("/usr/bin/python3.99")


# What has happened to the board that was in some state when power failed.
FAULTS = {
    "nothing": lambda board: None,
    "state.json empty": lambda board: empty(board.layout.journal, ""),
    "its copy empty": lambda board: empty(board.layout.journal, ".bak"),
    "both empty": lambda board: empty(board.layout.journal, "", ".bak"),
    "floor.json empty": lambda board: empty(board.layout.floors, ""),
    "both floors empty": lambda board: empty(board.layout.floors, "", ".bak"),
    "everything empty": lambda board: [
        empty(path, "", ".bak") for path in (board.layout.journal, board.layout.floors, board.layout.bad)
    ],
    "no current": lambda board: board.layout.current.unlink(missing_ok=True),
    "current dangles": lambda board: (
        board.layout.current.unlink(missing_ok=True),
        board.layout.current.symlink_to("slots/77-gone"),
    ),
    "old slot damaged": lambda board: damage(board, board.first.slot),
    "new slot damaged": lambda board: damage(board, board.second.slot),
    "both slots damaged": lambda board: (damage(board, board.first.slot), damage(board, board.second.slot)),
    "new slot unsealed": lambda board: board.disk.remove(board.layout.slots / board.second.slot / slots.COMPLETE),
    "python renewed": lambda board: (unlink_python(board, board.first.slot), unlink_python(board, board.second.slot)),
    "state of updates lost": lambda board: (
        [path.unlink() for path in board.layout.state.glob("*.json*")],
        (board.layout.state / "hashed").unlink(missing_ok=True),
    ),
}


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A board with a committed release, and a second one built."""
    board = Board(tmp_path_factory.mktemp("image") / "board")
    board.first = board.install(board.release(1))
    board.second = board.build(board.release(2))
    records.write_floors(board.layout, board.disk, FLOORS)
    board.stop()
    return board


@pytest.fixture
def board(image, tmp_path):
    shutil.copytree(image.folder, tmp_path / "board", symlinks=True)
    board = Board(tmp_path / "board")
    board.first, board.second = image.first, image.second
    yield board
    board.stop()


def put_into(board, state):
    """As the board is in this state of an update from the first to the second release."""
    if state is State.IDLE:
        return
    journal = Journal(
        state, board.second.slot, board.first.slot, "1.2", 2, board.second.digest, tries=TRIES - 1, reason="it is bad"
    )
    records.write_journal(board.layout, board.disk, journal)
    if state in (State.FETCHING, State.VERIFIED):
        board.disk.remove_tree(board.layout.slots / board.second.slot)
    if state is State.BUILDING:
        board.disk.remove(board.layout.slots / board.second.slot / slots.COMPLETE)
    if state in (State.TRIAL, State.COMMITTED, State.ROLLED_BACK):
        slots.activate(board.layout, board.second.slot)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_a_board_starts_whatever_state_and_fault_it_wakes_up_with(board, state, fault):
    put_into(board, state)
    FAULTS[fault](board)
    board.boot()
    name = board.launcher.repair()
    assert name in (board.first.slot, board.second.slot)  # I6
    assert name == board.current
    board.check()  # I1
    assert slots.runs_here(board.layout.slots / name)
    if state in (State.IDLE, State.FETCHING, State.VERIFIED, State.BUILDING, State.STAGED):
        assert name == board.first.slot, "a release that was never switched to must not run"
    if state is State.COMMITTED and fault in ("nothing", "state.json empty", "its copy empty", "floor.json empty"):
        assert name == board.second.slot
    if state is State.ROLLED_BACK and fault in ("nothing", "state.json empty", "its copy empty", "floor.json empty"):
        assert name == board.first.slot
    if "floor" not in fault and "everything" not in fault and "lost" not in fault:
        assert records.read_floors(board.layout).timestamp == FLOORS.timestamp  # I4
    assert board.launcher.repair() == name  # I3: doing it again changes nothing
    board.boot("another boot")
    assert board.launcher.repair() in (board.first.slot, board.second.slot)


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_the_next_update_works_whatever_state_the_board_was_in(board, state):
    put_into(board, state)
    board.boot()
    board.start()
    if board.journal.state is State.TRIAL:
        assert board.launcher.watch(board.child).result == "committed"
    with Updater(board.layout, (), "stable").alone() as journal:
        assert journal.state in (State.IDLE, State.STAGED)
    board.arm(board.build(board.release(3)))
    assert board.launcher.activate(board.child).version == "1.3"
    assert records.read_floors(board.layout).counter == 3
    board.check()


def test_with_every_slot_and_wheel_gone_there_is_a_way_back_and_it_is_said(board):
    from edgeboard.ota.launch.launcher import NoSlotError

    for slot in (board.first.slot, board.second.slot):
        damage(board, slot)
    board.disk.remove_tree(board.layout.blobs)
    board.boot()
    with pytest.raises(NoSlotError, match=r"ota import FILE\.ebu"):
        board.launcher.repair()
    board.second.fetch(board.layout)  # as `ota import` does it
    slots.build(board.layout, board.second.manifest, RealDisk())
    assert board.launcher.repair() == board.second.slot


def test_a_disk_that_takes_no_more_files_costs_the_update_and_nothing_else(image, tmp_path):
    with mounted(tmp_path / "card", "size=256m,nr_inodes=1500") as card:
        shutil.copytree(image.folder, card / "board", symlinks=True)
        board = Board(card / "board")
        third = board.release(3)
        free = os.statvfs(card).f_favail
        many = card / "many"
        many.mkdir()
        for number in range(free - 10):
            (many / str(number)).touch()
        with pytest.raises(SpaceError, match=r"No space left.*as many files as it can, however small \(df -i"):
            board.build(third)
        assert board.launcher.repair() == image.first.slot
        board.check()
        shutil.rmtree(many)
        board.start()
        board.arm(board.build(third))
        assert board.launcher.activate(board.child).result == "committed"
        board.stop()
