"""A node as a child of the launcher, and as a unit of systemd whose words a script says."""

import sys
import time

import pytest

from edgeboard.ota.gate import Process
from edgeboard.ota.launch.service import TAIL_LINES, Child, Unit, last_words, memory_of

NOTIFY = """
import os, socket, sys, time
def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.sendto(text, os.environ["NOTIFY_SOCKET"])
"""


@pytest.fixture
def start():
    children = []

    def start(code, watchdog_s=30.0, now=time.monotonic):
        child = Child(lambda: [sys.executable, "-c", NOTIFY + code], lambda: None, now, watchdog_s)
        children.append(child)
        child.start()
        return child

    yield start
    for child in children:
        child.close()


def until(child, holds):
    give_up = time.monotonic() + 20.0
    while not holds(seen := child.look()):
        assert time.monotonic() < give_up, seen
        time.sleep(0.005)
    return seen


def test_a_child_is_ready_when_it_says_so(start):
    child = start("notify(b'READY=1\\nSTATUS=here'); time.sleep(60)")
    seen = until(child, lambda seen: seen.is_ready)
    assert seen.pid > 0
    assert seen.is_fed
    child.stop()
    assert child.look().ended == "is not running"


def test_what_a_child_takes_of_the_memory_is_seen(start):
    child = start("held = b'i' * 50_000_000; notify(b'READY=1'); time.sleep(60)")
    assert 50_000_000 < until(child, lambda seen: seen.is_ready).memory < 200_000_000
    assert memory_of(0) == 0


def test_a_child_that_ends_is_named_with_its_code_and_last_words(start):
    child = start("print('all is well'); sys.exit('the disk is full')")
    assert until(child, lambda seen: seen.ended).ended == "ended with exit code 1: the disk is full"
    assert "all is well" in child.tail()


def test_a_child_that_was_killed_is_named_with_its_signal(start):
    child = start("import signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert until(child, lambda seen: seen.ended).ended == "was ended by signal 9"


def test_a_child_that_will_not_stop_is_made_to(start, monkeypatch):
    from edgeboard.ota.launch import service

    monkeypatch.setattr(service, "STOP_S", 0.1)
    child = start("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); notify(b'READY=1'); time.sleep(60)")
    until(child, lambda seen: seen.is_ready)
    child.stop()
    assert child.look().pid == 0


def test_a_watchdog_that_was_fed_once_must_be_fed_again(start):
    times = [0.0]
    child = start(
        "notify(b'READY=1'); notify(b'WATCHDOG=1'); notify(b'STATUS=fed'); time.sleep(60)", 5.0, lambda: times[0]
    )
    until(child, lambda seen: child._fed is not None and seen.is_ready)
    assert child.look().is_fed
    times[0] = 5.0
    assert not child.look().is_fed


def test_a_child_that_talks_without_end_is_never_held_up_and_only_its_last_is_kept(start, capfd):
    child = start("for number in range(20000): print(number)\nsys.exit(3)")
    assert until(child, lambda seen: seen.ended).ended == "ended with exit code 3: 19999"
    assert len(child.tail().splitlines()) == TAIL_LINES
    assert capfd.readouterr().err.endswith("19999\n")


def test_what_a_child_before_has_said_counts_for_nothing(start):
    child = start("notify(b'READY=1'); notify(b'WATCHDOG=1'); time.sleep(60)")
    until(child, lambda seen: seen.is_ready)
    child.stop()
    child._command = lambda: [sys.executable, "-c", "import time; time.sleep(60)"]
    child.start()
    assert not child.look().is_ready


SAID = {
    "runs": ("MainPID=41\nActiveState=active\nSubState=running", Process(41, is_ready=True)),
    "starts": ("MainPID=41\nActiveState=activating\nSubState=start", Process(41)),
    "is queued": ("MainPID=0\nActiveState=inactive\nSubState=dead\nJob=7", Process(0)),
    "failed": (
        "MainPID=0\nActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=1\nJob=",
        Process(0, ended="ended with exit code 1"),
    ),
    "is starved": (
        "MainPID=0\nActiveState=activating\nSubState=auto-restart\nResult=watchdog\nExecMainStatus=6",
        Process(0, ended="stopped feeding its watchdog and was ended"),
    ),
    "is too big": (
        "MainPID=0\nActiveState=failed\nSubState=failed\nResult=oom-kill\nExecMainStatus=9",
        Process(0, ended="took more memory than there is and was ended"),
    ),
    "is unknown": ("", Process(0)),
}


@pytest.mark.parametrize("what", SAID)
def test_a_unit_is_seen_as_systemd_shows_it(tmp_path, what, monkeypatch):
    monkeypatch.setattr(Unit, "tail", lambda self: "")
    text, seen = SAID[what]
    script = tmp_path / "systemctl"
    script.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/asked\ncat <<'END'\n{text}\nEND\n")
    script.chmod(0o755)
    unit = Unit("edgeboard.service", [str(script)])
    assert unit.look() == seen
    unit.stop()
    unit.start()
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[1:] == [
        "stop edgeboard.service",
        "reset-failed edgeboard.service",
        "start --no-block edgeboard.service",
    ]


def test_the_last_words_are_the_last_line_that_says_something():
    assert last_words("Traceback\n  File x\nKeyError: 'a'\n\n") == "KeyError: 'a'"
    assert last_words("") == ""
