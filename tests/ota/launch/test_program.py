"""`launcher.pyz run` as a process: it keeps a node running, switches when an update is armed, and leaves with it."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from edgeboard.ota.launch.packing import pack
from edgeboard.ota.states import State

# As patient as a busy machine needs: none of these tests waits for the end of any of them but the soak's.
GATE = ("--start-s", "30", "--soak-s", "0.5", "--silence-s", "20", "--watchdog-s", "20")


@pytest.fixture
def board(make_board):
    """A board with a release and a launcher, which does not run yet."""
    board = make_board()
    board.first = board.install(board.release(1))
    board.layout.launcher.write_bytes(pack())
    return board


@pytest.fixture
def launch(board):
    processes = []

    def launch(*words):
        command = list(map(str, [sys.executable, "-I", board.layout.launcher, "--root", board.folder, *words]))
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        processes.append(process)
        return process

    yield launch
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and the node that it keeps running
        process.wait()
        process.stderr.close()


@pytest.fixture
def run(board, launch):
    """A launcher that keeps a node running."""
    return launch("run", *GATE, "--node-state", board.node_state, "--", board.node_state)


def ended(board):
    journal = board.journal
    return journal.last.result if journal.state is State.IDLE else ""


def until(holds, what):
    give_up = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < give_up, f"it never came to pass: {what}"
        time.sleep(0.02)


def test_an_update_that_is_armed_is_switched_to_without_being_asked(board, run):
    until(lambda: board.starts == ["1.1"], "the first release starts")
    second = board.build(board.release(2))
    board.arm(second)
    until(
        lambda: board.journal.last.result == "committed" and board.journal.state is State.IDLE,
        "the second is committed",
    )
    assert board.current == second.slot
    assert board.starts == ["1.1", "1.2"]
    run.send_signal(signal.SIGTERM)
    assert run.wait(10) == 0


def test_a_bad_release_is_gone_back_from_and_the_launcher_goes_on(board, run):
    until(lambda: board.starts == ["1.1"], "the first release starts")
    board.arm(board.build(board.release(2, "lacks a module")))
    until(
        lambda: board.journal.last.result == "rolled back" and board.journal.state is State.IDLE, "it is gone back from"
    )
    until(lambda: board.starts == ["1.1", "1.1"], "the first release runs again")
    run.send_signal(signal.SIGTERM)
    assert run.wait(10) == 0
    assert "No module named" in run.stderr.read()


def test_a_node_that_dies_is_started_again(board, run):
    until(lambda: board.starts == ["1.1"], "the first release starts")
    children = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(children[0]), signal.SIGKILL)
    until(lambda: board.starts == ["1.1", "1.1"], "it starts again")


def test_a_launcher_that_is_killed_in_a_trial_goes_on_with_it(board, launch):
    words = ("run", *GATE, "--node-state", board.node_state, "--", board.node_state)
    board.arm(board.build(board.release(2)))
    first = launch(*words)
    until(lambda: board.journal.state is State.TRIAL, "the trial begins")
    os.killpg(first.pid, signal.SIGKILL)  # as a power cut does it, the node goes too
    first.wait()
    launch(*words)
    until(lambda: ended(board) == "committed", "it is committed")


def test_repair_says_what_is_to_run_and_status_what_does(board):
    def ask(*words):
        command = [sys.executable, "-I", board.layout.launcher, *words, "--root", board.folder]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True)

    assert ask("repair").stdout == f"{board.first.slot}\n"
    assert json.loads(ask("status").stdout)["current"] == board.first.slot
    board.layout.current.unlink()
    board.disk.remove_tree(board.layout.slots)
    failed = ask("repair")
    assert failed.returncode == 1
    assert "ota import" in failed.stderr
    assert ask("dance").returncode == 2
