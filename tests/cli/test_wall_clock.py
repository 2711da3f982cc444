"""The wall clock of a running board is set: nothing on its panels moves for it."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("walls.c")
WALL = "virtual:wall?width=320&height=240"
NEWS = "Line 4 runs again. Shift B meets at the east gate. Mind the wet floor in hall 2."
RATE_HZ = 30
SLACK_S = 3.0  # that a busy machine may take for an answer, and a frame to be drawn


@pytest.fixture
def set_wall_clock(tmp_path, monkeypatch):
    """Sets the wall clock of nodes started from now on to that of the machine and so many seconds."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("a wall clock of our own takes a C compiler: apt-get install gcc libc6-dev")
    library, ahead = tmp_path / "walls.so", tmp_path / "ahead"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    ahead.write_text("0")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("WALL_AHEAD", str(ahead))

    def put(seconds):
        fresh = ahead.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(ahead)

    return put


@pytest.mark.slow
def test_a_wall_clock_that_is_set_by_hours_or_years_moves_nothing_on_a_panel(
    start_node, run_main, set_wall_clock, monkeypatch
):
    node = start_node("a", "--panel", WALL)
    node.wait_for("joining -> active")
    monkeypatch.delenv("LD_PRELOAD")
    assert run_main("marquee", "set", "line", NEWS, "--state", node.state)[0] == 0

    def look():
        """The panel, and how many seconds its frames are ahead of this machine's monotonic clock."""
        _, out, _ = run_main("panels", "--json", "--state", node.state)
        panel = json.loads(out)[0]
        return panel, (panel["marquee_frame"] or 0) / RATE_HZ - time.monotonic()

    give_up = time.monotonic() + 60
    while look()[0]["marquee_frames"] < 5:
        assert time.monotonic() < give_up, node.log.read_text()
    first, began = look()
    for seconds in (5 * 3_600, -7 * 3_600, -40 * 365 * 86_400, 0):
        set_wall_clock(seconds)
        before = look()[0]["marquee_frames"]
        while (panel := look()[0])["marquee_frames"] < before + 20:
            assert time.monotonic() < give_up + 120, "the marquee stands still"
        ahead = look()[1]
        assert abs(ahead - began) < SLACK_S, f"frames moved by {ahead - began:.1f} s as the clock was set by {seconds}"
        assert panel["settled"], "no turn is being ended"
        assert panel["repeated"] == first["repeated"]
    _, out, _ = run_main("status", "--json", "--state", node.state)
    assert '"jumps": 0' in out


@pytest.mark.slow
def test_the_clock_of_that_test_is_the_one_that_a_board_reads(set_wall_clock):
    set_wall_clock(-7 * 3_600)
    told = subprocess.run([sys.executable, "-c", "import time; print(time.time())"], capture_output=True, check=True)
    assert abs(float(told.stdout) - (time.time() - 7 * 3_600)) < 60
