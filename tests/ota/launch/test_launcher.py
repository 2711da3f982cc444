"""The launcher on a board whose nodes are real processes: each way in which a release is good or bad."""

import errno
import os
from dataclasses import replace

import pytest

from edgeboard.ota import records, slots
from edgeboard.ota.launch import keeping, looking
from edgeboard.ota.launch.launcher import Launcher, NoSlotError
from edgeboard.ota.states import Journal, State
from tests.ota.boards import GATE, Clock
from tests.ota.powercuts import CutDisk

BAD = {
    # each way of being bad -> what the reason must say
    "lacks a module": "ModuleNotFoundError: No module named 'a_module_that_nobody_has'",
    "exits at once": "ended with exit code 1: the configuration makes no sense",
    "exits 0": "ended with exit code 0",
    "hangs": "not ready",
    "is never ready": "READY=1",
    "deadlocks": "ready and then fell silent",
    "starves its watchdog": "watchdog",
    "crashes later": "ended with exit code 3",
    "lies": "version 9.9 and not 1.2",
    "cannot save": "cannot save: the disk is full",
    "loses its pen": "pen was connected before",
    "is refused by its disk": "cannot save: board.db: the disk refuses",
    "forgets what it saves": "cannot save: what it reads back is not what it was told to write",
    "wears its disk out": "cannot save any more: board.db: the disk refuses",
    "leaks": "MiB of memory, and a board has 143 MiB for it",
}

# What is bad by keeping others waiting is waited for to the end of a patience, which is short here.
IN_VAIN = {"gate": replace(GATE, start_s=4.0)}
SHORT = {
    "hangs": {"gate": replace(GATE, start_s=2.0)},
    "is never ready": IN_VAIN,
    "lies": IN_VAIN,
    "cannot save": IN_VAIN,
    "loses its pen": IN_VAIN,
    "is refused by its disk": IN_VAIN,
    "forgets what it saves": IN_VAIN,
    "deadlocks": {"gate": replace(GATE, silence_s=0.4)},
    "starves its watchdog": {"watchdog_s": 0.5},
}


@pytest.fixture
def board(make_board, request):
    """A board that runs its first release."""
    behaviour = request.node.callspec.params.get("behaviour") if hasattr(request.node, "callspec") else None
    board = make_board(**SHORT.get(behaviour, {}))
    board.first = board.install(board.release(1))
    board.start()
    return board


def test_a_healthy_release_is_switched_to_watched_and_committed(board):
    second = board.build(board.release(2))
    board.arm(second)
    outcome = board.launcher.activate(board.child)
    assert (outcome.result, outcome.version, outcome.reason) == ("committed", "1.2", "")
    assert board.current == second.slot
    assert board.journal.state is State.IDLE
    assert board.starts == ["1.1", "1.2"]
    assert records.read_floors(board.layout).counter == 2
    assert records.previous(board.layout) == board.first.slot
    assert 0 < outcome.down_ms < 5000
    board.check()


@pytest.mark.parametrize("behaviour", BAD)
def test_a_bad_release_is_gone_back_from_with_its_reason(board, behaviour):
    second = board.build(board.release(2, behaviour))
    board.arm(second)
    outcome = board.launcher.activate(board.child)
    assert outcome.result == "rolled back"
    assert BAD[behaviour] in outcome.reason
    assert board.current == board.first.slot
    assert board.journal.state is State.IDLE
    assert records.read_bad(board.layout)[second.digest].reason == outcome.reason
    assert records.read_floors(board.layout).counter == 1
    board.wait_until_ready()
    assert board.starts[-1] == "1.1"
    assert (board.layout.log / f"{second.slot}.log").exists()
    board.check()


def test_a_release_that_meets_no_other_board_is_gone_back_from_only_with_a_network(make_board, monkeypatch):
    board = make_board(**IN_VAIN)
    board.install(board.release(1))
    board.start()
    monkeypatch.setattr(looking, "has_network", lambda: False)
    board.arm(board.build(board.release(2, "finds nobody")))
    assert board.launcher.activate(board.child).result == "committed"
    board.arm(board.build(board.release(3)))
    assert board.launcher.activate(board.child).result == "committed"
    monkeypatch.setattr(looking, "has_network", lambda: True)
    board.arm(board.build(board.release(4, "finds nobody")))
    outcome = board.launcher.activate(board.child)
    assert outcome.result == "rolled back"
    assert "links to 1 boards before" in outcome.reason


def test_a_slot_that_was_tampered_with_is_never_started(board):
    second = board.build(board.release(2))
    board.arm(second)
    next((board.layout.slots / second.slot).rglob("__main__.py")).write_text("print('mine')")
    outcome = board.launcher.activate(board.child)
    assert outcome.result == "rolled back"
    assert "is damaged" in outcome.reason
    assert board.starts == ["1.1"]
    assert board.current == board.first.slot


def test_state_in_another_form_is_given_back_and_what_came_since_is_kept(board):
    board.node_state.joinpath("ink").write_text("as the first release writes it")
    second = board.build(board.release(2, "migrates and fails", writes=2))
    board.arm(second)
    assert board.launcher.activate(board.child).result == "rolled back"
    assert board.node_state.joinpath("ink").read_text() == "as the first release writes it"
    aside = board.layout.state / f"state-after-{second.slot}"
    assert (aside / "ink").read_text() == "written in another form"
    board.wait_until_ready()


def test_state_in_another_form_is_forgotten_once_it_is_committed(board):
    board.node_state.joinpath("ink").write_text("as the first release writes it")
    board.arm(board.build(board.release(2, writes=2)))
    assert board.launcher.activate(board.child).result == "committed"
    assert list(board.layout.state.glob("state-*")) == []


def test_power_that_fails_in_every_try_ends_the_trial(board):
    second = board.build(board.release(2, "hangs"))
    board.arm(second)
    for _ in range(3):
        board.boot()
        board.child.start()  # and power fails
        assert board.current == second.slot
    board.boot()
    board.child.start()
    assert board.current == board.first.slot
    assert "it ended, or power failed, in each of its tries" in board.journal.last.reason
    assert board.journal.state is State.IDLE


def test_a_trial_that_power_has_ended_goes_on_at_the_next_boot(board):
    board.arm(board.build(board.release(2)))
    board.boot()
    board.start()
    assert board.journal.state is State.TRIAL
    assert board.launcher.watch(board.child).result == "committed"


def test_a_committed_release_that_loops_is_gone_back_from(board):
    second = board.build(board.release(2))
    board.arm(second)
    board.launcher.activate(board.child)
    outcome = board.launcher.give_up(board.child, "it ended 5 times within 300 s")
    assert (outcome.result, outcome.version) == ("rolled back", "1.2")
    assert board.current == board.first.slot
    assert second.digest in records.read_bad(board.layout)
    assert records.read_floors(board.layout).counter == 2  # floors never fall
    assert board.launcher.give_up(board.child, "again").version == "1.2"  # and there is nowhere else to go
    assert board.current == board.first.slot


@pytest.mark.parametrize("state", [State.FETCHING, State.VERIFIED, State.BUILDING, State.STAGED])
def test_a_committed_release_that_loops_in_the_midst_of_an_update_is_gone_back_from_too(board, state):
    second = board.build(board.release(2))
    board.arm(second)
    board.launcher.activate(board.child)
    records.write_journal(board.layout, board.disk, Journal(state, "3-half", version="1.3", counter=3))
    assert board.launcher.give_up(board.child, "it ended 5 times within 300 s").version == "1.2"
    assert board.current == board.first.slot
    assert list(records.read_bad(board.layout)) == [second.digest]


def test_an_operators_return_is_watched_like_any_release_and_lowers_no_floor(board):
    second = board.build(board.release(2))
    board.arm(second)
    board.launcher.activate(board.child)
    board.arm(board.first, is_return=True)
    outcome = board.launcher.activate(board.child)
    assert (outcome.result, outcome.version) == ("committed", "1.1")
    assert board.current == board.first.slot
    assert records.read_floors(board.layout).counter == 2
    assert records.previous(board.layout) == second.slot


def test_a_board_whose_disk_cannot_be_written_starts_what_was_switched_to_last(board):
    """Also in the midst of an update, where a try should be counted (F6)."""
    board.arm(board.build(board.release(2)))
    for state in (State.ARMED, State.TRIAL, State.COMMITTED, State.ROLLED_BACK):
        records.write_journal(board.layout, board.disk, replace(board.journal, state=state))
        full = CutDisk(board.folder, 0, errno.EROFS, stays=True)
        launcher = Launcher(board.layout, board.node_state, full, Clock(), say=board.said.append)
        assert launcher.repair() == board.first.slot
        assert "the disk cannot be written" in board.said[-1]


@pytest.mark.parametrize("damage", ["gone", "dangling", "elsewhere", "half"])
def test_a_link_that_names_nothing_is_mended(board, damage):
    board.stop()
    board.layout.current.unlink()
    if damage == "dangling":
        board.layout.current.symlink_to("slots/9-nobody")
    elif damage == "elsewhere":
        board.layout.current.symlink_to("/etc")
    elif damage == "half":
        (board.layout.slots / "2-half").mkdir()
        board.layout.current.symlink_to("slots/2-half")
    board.boot()
    board.start()
    assert board.current == board.first.slot
    assert board.journal.last.result == "mended"


def test_a_damaged_slot_is_built_anew_from_its_wheels(board):
    next((board.layout.slots / board.first.slot).rglob("__main__.py")).write_text("")
    board.boot()
    board.start()
    board.check()
    assert board.current == board.first.slot
    assert "__main__.py" in board.journal.last.reason


def test_a_damaged_slot_without_wheels_gives_way_to_the_one_before(board):
    second = board.build(board.release(2))
    board.arm(second)
    board.launcher.activate(board.child)
    (board.layout.blobs / second.wheel.sha256).unlink()
    next((board.layout.slots / second.slot).rglob("__main__.py")).write_text("")
    board.boot()
    board.start()
    assert board.current == board.first.slot
    assert board.journal.last.result == "mended"


def test_a_board_without_any_release_says_what_to_do(board):
    board.stop()
    board.disk.remove_tree(board.layout.slots)
    board.disk.remove_tree(board.layout.blobs)
    board.boot()
    with pytest.raises(NoSlotError, match=r"edgeboard\.pyz ota import"):
        board.launcher.repair()


def test_a_python_that_the_system_has_renewed_gets_a_new_slot_of_the_same_release(board):
    python = board.layout.slots / board.first.slot / "bin" / "python"
    python.unlink()
    python.symlink_to("/usr/bin/python3.99")
    board.boot()
    board.start()
    board.check()
    assert board.current == board.first.slot
    assert "Python" in board.journal.last.reason


def test_a_slot_is_hashed_once_a_boot(board, monkeypatch):
    board.boot("boot-1")
    board.start()
    seen = []
    monkeypatch.setattr(slots, "verify", lambda slot: seen.append(slot.name))
    board.boot("boot-1")
    board.start()
    assert seen == []
    board.boot("boot-2")
    board.start()
    assert seen == [board.first.slot]


def test_slots_that_nobody_needs_make_room_for_the_next(board):
    board.arm(board.build(board.release(2, "exits at once")))
    board.launcher.activate(board.child)
    bad = board.build(board.release(3, "exits at once"))
    board.arm(bad)
    board.launcher.collect()
    assert bad.slot in slots.all_slots(board.layout), "not while one of them is armed"
    board.launcher.activate(board.child)
    board.launcher.collect()
    assert slots.all_slots(board.layout) == [board.first.slot]
    board.check()


def test_whoever_watches_too_slowly_does_not_take_the_one_before_for_the_one_on_trial(board):
    board.arm(board.build(board.release(2)))
    look = board.child.look

    def look_late():
        if board.journal.state is State.TRIAL:
            board.child.stop()
            while board.journal.state is State.TRIAL:
                board.launcher.repair()  # as the unit does before each start
            board.child.start()
        return look()

    board.child.look = look_late
    outcome = board.launcher.activate(board.child)
    assert outcome.reason == "it ended, or power failed, in each of its tries"
    assert board.current == board.first.slot
    board.wait_until_ready()
    assert board.starts.count("1.1") == 2, "and it was not stopped once more"


@pytest.mark.parametrize("kind", ["link", "pipe", "endless"])
def test_who_owns_the_state_of_updates_cannot_lead_the_launcher_elsewhere(board, tmp_path, kind):
    victim = tmp_path / "shadow"
    victim.write_text("of root")
    hashed = board.layout.state / "hashed"
    hashed.unlink()
    match kind:
        case "link":
            hashed.symlink_to(victim)
            board.layout.log.symlink_to(tmp_path)
        case "pipe":
            os.mkfifo(hashed)
        case "endless":
            hashed.symlink_to("/dev/zero")
    board.boot("boot-1")
    board.start()
    assert board.current == board.first.slot
    assert victim.read_text() == "of root"
    keeping.keep_log(board.layout, board.disk, "../2-half", "said")
    keeping.keep_log(board.layout, board.disk, "2-half", "said")
    assert kind != "link" or not list(tmp_path.glob("*.log"))


def test_state_that_was_kept_is_never_read_by_way_of_a_link(board, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "key").write_text("of root")
    (board.layout.state / f"{keeping.BEFORE}2-0000000b").symlink_to(tmp_path / "elsewhere")
    assert keeping.restore_state(board.layout, board.disk, board.node_state, "2-0000000b") is None
    keeping.forget_state(board.layout, board.disk, "2-0000000b")
    assert (tmp_path / "elsewhere" / "key").exists()
    assert not (board.node_state / "key").exists()
