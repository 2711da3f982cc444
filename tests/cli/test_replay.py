"""A recorded pen on a real node: in real time, as fast as it goes, in a loop, through outages."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import edgeboard.cli.replay as replay_module
from edgeboard.canvas.samples import Stroke
from edgeboard.cli.drawing import read_recording
from edgeboard.cli.guest import GuestSession, Me
from edgeboard.cli.hosted import OUTAGE_MAX_S
from edgeboard.cli.replay import Replay
from edgeboard.ids import OpId, Origin, PersonId
from edgeboard.interchange.pen import Style
from edgeboard.interchange.recordings import Recorded

slow = pytest.mark.slow
RECORDING = Path(replay_module.__file__).parent / "data" / "handwriting.jsonl"


def a_replay(recorded=(), **marks):
    session = GuestSession(Me(PersonId(b"p" * 16), Origin(11), "Ada", 0), "lobby")
    return Replay(session, list(recorded), Style(), 1.0, **({"loop": False} | marks))


def rooms_of(run_main, state):
    return {room["name"]: room for room in json.loads(run_main("rooms", "--json", "--state", state)[1])}


def start_replay(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "edgeboard.cli", "replay", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------ what is said


def test_a_summary_names_what_is_not_safe():
    replay = a_replay()
    tally = replay._session.tally
    tally.made, tally.saved, tally.safe = 8, {1, 2, 3, 4, 5, 6, 7, 8}, {1}
    replay._session.host = "Kitchen"
    result = replay._result(1.0)
    assert result["trouble"] == (
        "7 of 8 ops are saved on Kitchen but not safe: no second board has them yet: 2, 3, 4, 5, 6 and others"
    )
    assert result["not_safe"] == [2, 3, 4, 5, 6, 7, 8]
    tally.saved = {1, 2, 3, 4, 5, 6}
    assert replay._result(1.0)["trouble"] == "2 of 8 ops are not saved: 7, 8"
    tally.refused = {3: "this room is full"}
    assert replay._result(1.0)["trouble"] == "1 of 8 ops were refused, op 3: this room is full"
    tally.saved = tally.safe = set(range(1, 9))
    tally.refused = {}
    assert replay._result(1.0)["trouble"] == ""


def test_the_rounds_of_a_loop_stand_below_each_other_and_the_oldest_makes_room():
    made = []
    low_and_high = [Recorded(Stroke(20, [0], [y * 20])) for y in (10, 110)]
    replay = a_replay(low_and_high, loop=True)
    replay._make = lambda body, *, more: made.append((body, more))
    rows = []
    for _ in range(5):
        rows.append(replay._next_row().dy)
        replay._rounds[-1] = [OpId(len(rows)), OpId(100 + len(rows))]
    assert rows == [0, 124, 248, 0, 124]
    assert [(body.target, body.alive, more) for body, more in made] == [
        (1, False, False), (101, False, True), (2, False, False), (102, False, True),
    ]  # fmt: skip


def test_progress_is_one_line_that_is_written_over(capsys):
    replay = a_replay(loop=True)
    replay.show_progress()
    replay.show_progress()
    replay.show_progress(last=True)
    assert capsys.readouterr().err == ("\r\x1b[K0 strokes, 0 ops saved, 0 safe\r\x1b[K0 strokes, 0 ops saved, 0 safe\n")


def test_without_a_node_or_a_recording_it_is_one_line(run_main, tmp_path):
    code, _, err = run_main("replay", tmp_path / "none", "--room", "r", "--state", tmp_path)
    assert (code, err) == (1, f"edgeboard: {tmp_path / 'none'}: cannot be read: No such file or directory\n")
    code, _, err = run_main("replay", RECORDING, "--room", "r", "--state", tmp_path)
    assert code == 1
    assert err.startswith(f"edgeboard: no node runs on {tmp_path}")


# --------------------------------------------------------------------------------------------------------- processes


@slow
def test_all_of_a_recording_is_safe_in_the_end(lasting_node, run_main):
    words = ("replay", RECORDING, "--room", "whole", "--speed", "0", "--state", lasting_node.state)
    code, out, err = run_main(*words, "--json")
    result = json.loads(out)
    assert (code, err) == (0, "")
    assert (result["strokes"], result["ops"], result["safe"]) == (51, 51, 51)
    assert rooms_of(run_main, lasting_node.state)["whole"]["items"] == 51
    assert run_main("log", "whole", "--state", lasting_node.state)[1].splitlines()[4].startswith("  replay  ")
    code, out, _ = run_main(*words)
    assert out.startswith("51 strokes in ")
    assert rooms_of(run_main, lasting_node.state)["whole"]["items"] == 102


@slow
def test_a_long_stroke_is_one_item_of_many_pieces(lasting_node, run_main, tmp_path):
    (tmp_path / "pen.csv").write_text("".join(f"{i % 300},{i % 7},0.5,{i * 10}\n" for i in range(3_000)))
    code, out, _ = run_main(
        "replay", tmp_path / "pen.csv", "--room", "long", "--speed", "0", "--state", lasting_node.state, "--json"
    )
    assert code == 0
    assert (json.loads(out)["strokes"], json.loads(out)["ops"]) == (1, 15)
    assert rooms_of(run_main, lasting_node.state)["long"]["items"] == 1


@slow
def test_a_stroke_takes_its_own_time_and_its_first_2_s_are_logged_before_it_ends(lasting_node, run_main, tmp_path):
    (tmp_path / "pen.csv").write_text("".join(f"{i},{i % 9},0.5,{i * 20}\n" for i in range(200)))  # 4 s
    pen = start_replay(tmp_path / "pen.csv", "--room", "timed", "--speed", "2", "--state", lasting_node.state)
    ops = []
    while pen.poll() is None:
        ops.append(rooms_of(run_main, lasting_node.state).get("timed", {}).get("ops", 0))
        time.sleep(0.05)
    out, err = pen.communicate()
    assert (pen.returncode, err) == (0, "")
    assert "1 strokes in 2." in out
    assert 1 in ops
    assert rooms_of(run_main, lasting_node.state)["timed"]["ops"] == 2


@slow
def test_ctrl_c_lifts_the_pen_and_what_was_drawn_is_saved(lasting_node, run_main):
    pen = start_replay(RECORDING, "--room", "lifted", "--state", lasting_node.state)
    give_up = time.monotonic() + 15
    while rooms_of(run_main, lasting_node.state).get("lifted", {}).get("ops", 0) < 3:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    pen.send_signal(signal.SIGINT)
    out, err = pen.communicate(timeout=5)
    assert (pen.returncode, err) == (130, "edgeboard: interrupted\n")
    strokes, ops, saved = (int(number) for number in re.findall(r"(\d+) (?:strokes|ops|saved)", out))
    assert strokes == ops == saved
    assert rooms_of(run_main, lasting_node.state)["lifted"]["ops"] == ops


@slow
def test_a_host_that_is_killed_and_started_again_loses_nothing(start_node, run_main):
    node = start_node()
    pen = start_replay(RECORDING, "--room", "r", "--speed", "16", "--state", node.state, "--json")
    give_up = time.monotonic() + 15
    while rooms_of(run_main, node.state).get("r", {}).get("ops", 0) < 5:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    node.stop(signal.SIGKILL)
    start_node()
    out, err = pen.communicate(timeout=30)
    assert (pen.returncode, err) == (0, "")
    assert json.loads(out)["safe"] == 51
    room = rooms_of(run_main, node.state)["r"]
    assert (room["ops"], room["items"]) == (51, 51)


@slow
@pytest.mark.parametrize("speed", ["1", "0"])
def test_a_host_that_is_killed_for_good_ends_it_soon_with_an_account(start_node, run_main, tmp_path, speed):
    strokes = [{"x": [at, at + 9], "y": [at, at], "p": [900, 900], "t": [0, 20]} for at in range(5_000)]
    (tmp_path / "long.jsonl").write_text("".join(json.dumps(stroke) + "\n" for stroke in strokes))
    node = start_node()
    words = ("--room", "r", "--speed", speed, "--state", node.state, "--json")
    pen = start_replay(tmp_path / "long.jsonl", *words)
    give_up = time.monotonic() + 15
    while rooms_of(run_main, node.state).get("r", {}).get("ops", 0) < 3:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    node.stop(signal.SIGKILL)
    out, err = pen.communicate(timeout=OUTAGE_MAX_S + 10)
    assert pen.returncode == 1
    result = json.loads(out)
    assert result["safe"] <= result["saved"] < result["ops"]
    assert err == (
        f"edgeboard: the node on {node.state} has ended and is not back after 10 s: of {result['ops']} ops that were "
        f"made {result['saved']} are known to be saved there, {result['safe']} of them safe. Start it again, see what "
        "it has (edgeboard log r), and replay what is missing; a whole replay draws all of it anew\n"
    )
    assert rooms_of(run_main, node.state)["r"]["ops"] >= result["saved"]


@slow
def test_a_recording_may_come_from_the_standard_input(lasting_node, run_main):
    words = ("replay", "-", "--room", "piped", "--speed", "0", "--state", str(lasting_node.state))
    done = subprocess.run(
        [sys.executable, "-m", "edgeboard.cli", *words],
        input="0,0,1,0\n9,9,1,9\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert rooms_of(run_main, lasting_node.state)["piped"]["items"] == 1


def test_the_bundled_recording_lasts_under_a_minute():
    assert sum(each.duration_ms + each.pause_ms for each in read_recording(RECORDING)) < 60_000
