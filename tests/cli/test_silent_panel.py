"""A panel on a serial line stops answering while a marquee runs: no other panel misses a frame for it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

WALL = "virtual:wall?width=320&height=240"
NEWS = "Line 4 runs again. Shift B meets at the east gate. Mind the wet floor in hall 2."
PATIENCE_S = 90.0
ANSWER_S = 10.0  # a board that waits for its line would take the line's time limit


@pytest.fixture
def eink(tmp_path):
    """A simulated e-paper module in a process of its own, which can be stopped; its port is `tmp_path/port`."""
    command = [sys.executable, "-m", "firmware_bridge.sim", "waveshare43", "-o", "boot=0", "-o", "refresh=0.05"]
    process = subprocess.Popen(
        [*command, "--link", str(tmp_path / "port"), "--picture", str(tmp_path / "seen.png")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    os.kill(process.pid, signal.SIGCONT)
    process.kill()
    process.wait()
    process.stdout.close()


def until(check, why):
    give_up = time.monotonic() + PATIENCE_S
    while not (found := check()):
        assert time.monotonic() < give_up, why
        time.sleep(0.05)
    return found


@pytest.mark.slow
def test_a_silent_panel_holds_up_no_other_and_shows_what_is_new_when_it_answers_again(
    start_node, run_main, tmp_path, eink
):
    node = start_node("a", "--panel", WALL, "--device", tmp_path / "port")
    node.wait_for("joining -> active")
    seen = tmp_path / "seen.png"

    def panels():
        asked = time.monotonic()
        code, out, err = run_main("panels", "--json", "--state", node.state)
        assert code == 0, err
        assert time.monotonic() - asked < ANSWER_S, "the board waits for its line"
        return {each["name"]: each for each in json.loads(out)}

    until(lambda: len(panels()) == 2 and seen.exists(), "the e-paper was not found")
    assert run_main("marquee", "set", "line", NEWS, "--state", node.state)[0] == 0
    until(lambda: panels()["wall"]["marquee_frames"] > 10, "the marquee does not move")
    os.kill(eink.pid, signal.SIGSTOP)
    stopped = seen.stat().st_mtime_ns
    before, began = panels()["wall"], time.monotonic()
    assert run_main("marquee", "set", "new", "Tea at four", "--level", "critical", "--state", node.state)[0] == 0
    assert run_main("marquee", "remove", "new", "--state", node.state)[0] == 0
    after = until(
        lambda: found if (found := panels()["wall"])["marquee_frames"] > before["marquee_frames"] + 90 else None,
        "the wall waits for the e-paper",
    )
    assert time.monotonic() - began < PATIENCE_S / 2
    assert after["repeated"] == before["repeated"]
    assert after["crc"] != before["crc"], "it shows something else"
    assert seen.stat().st_mtime_ns == stopped, "the e-paper is silent"
    os.kill(eink.pid, signal.SIGCONT)
    until(lambda: seen.stat().st_mtime_ns > stopped, "the e-paper stays as it was")
    assert not re.search(r"Traceback|ERROR", node.log.read_text())
