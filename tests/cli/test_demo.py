"""The demonstration, as its user runs it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from edgeboard.cli.demo import Look, linked_by, make_pen, show_look
from edgeboard.identity.keyfile import load_mesh

LOOK = Look("webrtc", (5, 5), ("ab", "ab"))


def start_demo(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "edgeboard.cli", "demo", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_line_says_links_strokes_and_whether_the_canvases_agree():
    assert show_look(LOOK) == "linked over webrtc; strokes: 5 on Board A, 5 on Board B; canvases equal"
    assert show_look(Look("", (5, 2), ("ab", "cd"))) == (
        "not linked; strokes: 5 on Board A, 2 on Board B; canvases on their way"
    )


def test_a_guest_is_no_link_between_boards():
    guest, board = {"guest": True, "carrier": "websocket"}, {"guest": False, "carrier": "webrtc"}
    assert linked_by({"links": [guest]}) == ""
    assert linked_by({"links": [guest, board]}) == "webrtc"
    assert linked_by({}) == ""


def test_the_pen_writes_the_bundled_recording():
    assert not make_pen().is_stopped


@pytest.mark.slow
def test_the_strokes_of_one_board_arrive_on_the_other():
    demo = start_demo("--seconds", "4", "--json")
    out, err = demo.communicate(timeout=60)
    events = [json.loads(line) for line in out.splitlines()]
    ready, *looks, end = events
    assert (demo.returncode, err) == (0, "")
    assert [board["name"] for board in ready["boards"]] == ["Board A", "Board B"]
    assert all(board["urls"][-1].endswith("/room/lobby") for board in ready["boards"])
    assert {look["carrier"] for look in looks} == {"webrtc"}
    assert end["event"] == "end"
    assert end["arrived"]
    assert end["strokes"][0] == end["strokes"][1] > 3
    assert len(set(end["digests"])) == 1
    assert not any(is_running(board["pid"]) for board in ready["boards"])
    assert not os.path.exists(ready["boards"][0]["state"])  # noqa: PTH110


@pytest.mark.slow
def test_people_see_addresses_codes_and_how_to_end_it(tmp_path):
    demo = start_demo("--seconds", "0.5", "--no-replay", "--state", tmp_path)
    out, err = demo.communicate(timeout=60)
    assert (demo.returncode, err) == (0, "")
    assert out.count("http://") >= 2
    assert "█▀" in out or "▀█" in out
    assert "Ctrl-C ends it." in out
    assert "strokes: 0 on Board A, 0 on Board B; canvases equal" in out
    assert (tmp_path / "a" / "edgeboard.db").exists()
    assert load_mesh(tmp_path / "a").secret == load_mesh(tmp_path / "b").secret
    again = start_demo("--seconds", "0.5", "--no-replay", "--state", tmp_path)
    again.communicate(timeout=60)
    assert again.returncode == 0


@pytest.mark.slow
def test_ctrl_c_stops_everything():
    demo = start_demo("--json")
    ready = json.loads(demo.stdout.readline())
    assert json.loads(demo.stdout.readline())["event"] == "look"
    began = time.monotonic()
    demo.send_signal(signal.SIGINT)
    _, err = demo.communicate(timeout=15)
    assert (demo.returncode, err) == (0, "")
    assert time.monotonic() - began < 5
    assert not any(is_running(board["pid"]) for board in ready["boards"])


@pytest.mark.slow
def test_a_board_that_dies_ends_the_demo_with_its_last_line():
    demo = start_demo("--json")
    ready = json.loads(demo.stdout.readline())
    os.kill(ready["boards"][1]["pid"], signal.SIGKILL)
    _, err = demo.communicate(timeout=20)
    assert demo.returncode == 1
    assert err.startswith("edgeboard: Board B has ended: ")
    assert err.count("\n") == 1
    assert not any(is_running(board["pid"]) for board in ready["boards"])


@pytest.mark.slow
def test_a_folder_that_cannot_be_used_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    demo = start_demo("--state", tmp_path / "file")
    _, err = demo.communicate(timeout=20)
    assert demo.returncode == 1
    assert err.count("\n") == 1
    assert "it is not a directory" in err
