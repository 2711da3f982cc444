"""Power fails, or the disk does, at every step of an update: the board then runs the release before or the new one.

The invariants of an update (docs/updates.md), checked after every cut:

I1 `current` names a slot that is whole, once `repair` has run, which every start does first.
I2 The release that was committed last is still there.
I3 What was broken off can be done again, and comes to its end.
I4 Floors never fall.
I5 Only what is committed is called so.
I6 What runs is the release before or the new one.
"""

import errno
import itertools
import random
import shutil
from dataclasses import replace

import pytest

from edgeboard.errors import EdgeboardError
from edgeboard.ota import records, slots
from edgeboard.ota.files import RealDisk
from edgeboard.ota.gate import Settings
from edgeboard.ota.slots import verify
from edgeboard.ota.states import Event, State, step
from tests.ota.boards import Board
from tests.ota.powercuts import CutDisk, PowerCut

GATE = Settings(start_s=10.0, soak_s=0.0, silence_s=5.0)
STEPS_MAX = 400
EACH = 4  # of the steps is tried here; ./dev soak tries all of them


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A board as it is before the update, to be copied: its first release committed, the second fetched."""
    folder = tmp_path_factory.mktemp("image") / "board"
    board = Board(folder)
    first = board.install(board.release(1))
    records.write_floors(board.layout, RealDisk(), records.Floors(root=1, timestamp=3, counter=1))
    second = board.release(2)
    board.stop()
    return folder, first, second


@pytest.fixture
def make_copy(image, tmp_path):
    boards = []

    def make(disk=None, **words):
        folder = tmp_path / f"copy{len(boards)}"
        shutil.copytree(image[0], folder, symlinks=True)
        board = Board(folder, disk=None if disk is None else disk(folder), gate=GATE, watchdog_s=10.0, **words)
        boards.append(board)
        return board

    yield make
    for board in boards:
        board.stop()
        shutil.rmtree(board.folder, ignore_errors=True)


def update(board, release):
    """Build, arm, switch, watch, commit: as the updater and the launcher do it, one after the other."""
    journal = board.journal
    if journal.state is State.IDLE:
        if not slots.is_complete(board.layout.slots / release.slot):
            board.build(release)
        board.arm(release)
    board.launcher.activate(board.child)


def reboot(board, first, second):
    """What the board is when power is back; the invariants hold."""
    board.stop()
    board.disk = RealDisk()
    board.boot()
    name = board.launcher.repair()
    assert name in (first.slot, second.slot), "I6"
    board.check()  # I1
    verify(board.layout.slots / first.slot)  # I2
    floors = records.read_floors(board.layout)
    assert floors.timestamp == 3, "I4"
    assert floors.counter in (1, 2), "I4"
    if board.journal.last.result == "committed":
        assert name == second.slot, "I5"
    return name


def finish(board, second):
    """I3: whatever was broken off comes to its end."""
    board.start()
    if board.journal.state in (State.ARMED, State.TRIAL):
        board.launcher.watch(board.child)
    else:
        after, _ = step(board.journal.state, Event.RESUME)
        assert after in (State.IDLE, State.STAGED)
        if board.current != second.slot:
            update(board, second)
    assert board.journal.last.result == "committed", board.journal
    assert board.current == second.slot
    assert records.read_floors(board.layout).counter == 2


def cuts(make_copy, image, steps, spoil):
    """Cut at each of `steps`; returns how many steps an update has, and how often the new release ran afterwards."""
    _, first, second = image
    new = 0
    for number in steps:
        board = make_copy(lambda folder, number=number: CutDisk(folder, number))
        cut_disk = board.disk
        try:
            update(board, second)
        except PowerCut:
            pass
        else:
            return len(cut_disk.steps), new
        board.stop()
        spoil(cut_disk)
        try:
            new += reboot(board, first, second) == second.slot
            if number % 4 == 0 or board.journal.state is not State.IDLE:
                finish(board, second)
        except AssertionError as error:
            raise AssertionError(f"cut at step {number}: {cut_disk.steps[number]}") from error
        board.stop()
        shutil.rmtree(board.folder)
    raise AssertionError(f"more than {STEPS_MAX} steps")


def test_the_order_of_steps_is_the_one_that_survives(make_copy, image):
    """Content before `.complete`, `.complete` before ARMED, ARMED before the switch, the folder after it (F3)."""
    _, _, second = image
    board = make_copy(CutDisk)
    update(board, second)
    names = [f"{kind} {paths[-1].name}" for kind, *paths in board.disk.steps]
    slot = second.slot
    order = [
        f"sync_tree {slot}", "write .complete", "sync .complete", f"sync {slot}",  # whole, and safe
        "sync state.json.new", "rename state.json", "sync edgeboard-ota",  # armed
        "link current.new", "rename current", "sync edgeboard",  # switched
        "sync floor.json.new", "rename floor.json",  # committed
    ]  # fmt: skip
    at = 0
    for name in order:
        at = names.index(name, at) + 1
    assert names.index("write .complete") > max(
        index for index, name in enumerate(names) if name.startswith(("sync_tree", "write version.txt"))
    )


@pytest.mark.slow
def test_killed_at_any_step_the_board_runs_one_of_both_releases(make_copy, image):
    steps = range(0, STEPS_MAX, EACH)
    whole, new = cuts(make_copy, image, steps, lambda disk: None)
    assert whole > 30
    assert new > 0


@pytest.mark.slow
def test_with_what_was_not_synced_lost_the_board_runs_one_of_both_releases(make_copy, image):
    dice = random.Random(8)
    whole, new = cuts(make_copy, image, range(1, STEPS_MAX, EACH), lambda disk: disk.crash(dice))
    assert whole > 30
    assert new > 0


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_at_every_step_whatever_is_lost(make_copy, image, seed):
    dice = random.Random(seed)
    cuts(make_copy, image, range(STEPS_MAX), lambda disk: disk.crash(dice))


@pytest.mark.slow
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS], ids=errno.errorcode.get)
def test_a_disk_that_refuses_leaves_what_runs_alone_and_the_update_works_later(make_copy, image, number):
    """F6: at each write an error, once and for good; the reason is said, and the old release runs (or the new one)."""
    _, first, second = image
    for at in itertools.count(0, 11):
        board = make_copy(lambda folder, at=at: CutDisk(folder, at, number, stays=at % 2 == 1))
        board.disk.remember()
        has_failed = False
        try:
            update(board, second)
        except (EdgeboardError, OSError) as error:
            has_failed = bool(str(error))
        cut_disk = board.disk
        reboot(board, first, second)
        finish(board, second)
        board.stop()
        shutil.rmtree(board.folder)
        if not has_failed and len(cut_disk.steps) <= at:
            return


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", ["works", "exits at once"])
def test_a_disk_that_takes_nothing_any_more_leaves_a_node_running(make_copy, image, behaviour):
    """F6 at the switch: at whatever step it begins, a node runs afterwards, and a new launcher starts one."""
    _, first, _ = image
    for at in range(0, STEPS_MAX, 13):
        board = make_copy(lambda folder, at=at: CutDisk(folder, at, errno.ENOSPC, stays=True))
        board.launcher._gate = replace(GATE, start_s=1.0)
        real = RealDisk()
        third = board.release(3, behaviour)
        slots.build(board.layout, third.manifest, real)
        board.disk, cut_disk = real, board.disk
        board.start()
        board.arm(third)
        has_failed = False
        try:
            board.launcher.activate(board.child)
        except OSError as error:
            has_failed = any(words in str(error) for words in ("No space left", "was not switched to"))
            if not has_failed:
                raise
        if behaviour == "works" or board.current == first.slot:
            board.wait_until_ready()
        assert board.current in (first.slot, third.slot)
        board.boot()  # with a launcher that can write again
        assert board.launcher.repair() in (first.slot, third.slot)
        board.check()
        shutil.rmtree(board.folder)
        if len(cut_disk.steps) <= at:
            assert not has_failed
            return


@pytest.mark.slow
def test_power_that_fails_again_and_again_while_going_back(make_copy, image):
    """F18: a rollback that is interrupted at each of its steps ends with the first release."""
    _, first, _ = image
    for number in range(0, STEPS_MAX, EACH):
        board = make_copy()
        bad = board.build(board.release(3, "exits at once"))
        board.arm(bad)
        records.write_journal(board.layout, board.disk, replace(board.journal, tries=0, reason="it ends at once"))
        cut_disk = CutDisk(board.folder, number)
        board.disk = cut_disk
        board.boot()
        try:
            board.launcher.repair()
            return
        except PowerCut:
            pass
        cut_disk.crash(random.Random(number))
        board.disk = RealDisk()
        board.boot()
        assert board.launcher.repair() == first.slot
        board.check()
        assert board.journal.last.result == "rolled back", number
        assert bad.digest in records.read_bad(board.layout)
        shutil.rmtree(board.folder)
