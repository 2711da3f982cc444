"""`edgeboard pair`, against a made-up node."""

import json

import edgeboard.cli.pair as module

SHOWN = {"code": "123456", "left_s": 120.0, "mesh": "school"}


def watch(fake_node, monkeypatch, *states):
    monkeypatch.setattr(module, "LOOK_S", 0.0)
    left = list(states)
    fake_node.table["POST /control/mesh/pair"] = 200, SHOWN
    fake_node.table["GET /control/mesh/pair"] = lambda body: (200, left.pop(0) if len(left) > 1 else left[0])


def state(**changed):
    return {"open": True, "used": False, "tries_left": 3, "left_s": 100.0} | changed


def test_a_code_is_shown_and_its_fate_told(run_main, fake_node, monkeypatch):
    watch(fake_node, monkeypatch, state(), state(tries_left=2), state(used=True, open=False))
    code, out, err = run_main("pair", "--state", fake_node.state)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "123 456"
    assert "edgeboard join 123456\n" in out
    assert lines[-2:] == ["somebody has tried; 2 left", "a board has joined the mesh school"]


def test_a_code_that_nobody_used_ends_with_the_reason(run_main, fake_node, monkeypatch):
    watch(fake_node, monkeypatch, state(), state(open=False))
    code, _, err = run_main("pair", "--state", fake_node.state)
    assert (code, err) == (1, "no board has joined: its time is up\n")
    watch(fake_node, monkeypatch, state(tries_left=0, open=False))
    assert "tried three times" in run_main("pair", "--state", fake_node.state)[2]


def test_a_script_is_given_the_code_at_once(run_main, fake_node, monkeypatch):
    watch(fake_node, monkeypatch, state())
    assert json.loads(run_main("pair", "--json", "--state", fake_node.state)[1]) == SHOWN
