"""`edgeboard panels` at a real node with virtual panels."""

import json

import pytest

from edgeboard.cli.panels import listing

WALL = "virtual:wall?width=320&height=240&format=rgb888"


@pytest.mark.slow
def test_panels_are_listed_and_changed_while_the_node_runs(start_node, run_main, tmp_path):
    node = start_node("a", "--panel", WALL, "--panel", f"png:{tmp_path}/door.png?width=250&height=122&refresh=eink")
    node.wait_for("joining -> active")
    code, out, _ = run_main("panels", "--json", "--state", node.state)
    assert code == 0
    found = {each["name"]: each for each in json.loads(out)}
    assert (found["wall"]["width"], found["wall"]["format"], found["door"]["refresh"]) == (320, "rgb888", "eink")
    assert found["wall"]["room"] == "lobby"
    code, out, _ = run_main("panels", "--state", node.state)
    line = next(line for line in out.splitlines() if line.startswith("wall "))
    assert line.split()[1:8] == ["320", "x", "240", "rgb888", "lcd", "lobby", "both"]
    assert f"door: png:{tmp_path}/door.png" in out
    code, out, _ = run_main("panels", "set", "wall", "--room", "hall", "--view", "-100,-100,640", "--state", node.state)
    assert (code, out) == (0, "wall shows hall, from -100, -100 on, 640 px wide, layout both\n")
    code, out, _ = run_main("panels", "set", "wall", "--layout", "marquee", "--json", "--state", node.state)
    assert json.loads(out)["layout"] == "marquee"
    code, _, err = run_main("panels", "set", "attic", "--room", "hall", "--state", node.state)
    assert code == 1
    assert "it has door, wall" in err
    code, _, err = run_main("panels", "set", "wall", "--view", "wide", "--state", node.state)
    assert code == 1
    assert "write left, top, width" in err


def test_what_is_missing_is_said(run_main, tmp_path):
    for words in (("set",), ("set", "wall"), ("--room", "hall")):
        code, _, err = run_main("panels", *words, "--state", tmp_path)
        assert code == 1
        assert "edgeboard panels set NAME" in err
    code, _, err = run_main("run", "--panel", "virtual:A", "--state", tmp_path)
    assert code == 1
    assert "--panel 'A' is no name of a panel" in err


def test_a_board_without_panels_says_how_to_get_one():
    assert "edgeboard run --panel virtual:wall" in listing([])


def test_a_panel_that_shows_nothing_is_listed_with_the_reason():
    dark = {"name": "fb9", "driver": "fb:/dev/fb9", "room": "lobby", "fault": "/dev/fb9 is not there"}
    assert listing([dark]) == "fb9: fb:/dev/fb9; SHOWS NOTHING: /dev/fb9 is not there"
