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
    code, out, _ = run_main(
        "panels", "set", "wall", "--room", "hall", "--new", "--view", "-100,-100,640", "--state", node.state
    )
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
    code, _, err = run_main("panels", "lcd", "--state", tmp_path)
    assert code == 2
    assert "edgeboard panels set NAME changes one" in err


def test_a_board_without_panels_says_how_to_get_one():
    assert "edgeboard run --panel virtual:wall" in listing([])


def test_a_panel_that_shows_nothing_is_listed_with_the_reason():
    dark = {"name": "fb9", "driver": "fb:/dev/fb9", "room": "lobby", "fault": "/dev/fb9 is not there"}
    assert listing([dark]) == "fb9: fb:/dev/fb9; SHOWS NOTHING: /dev/fb9 is not there"


def panel(name, **facts):
    return {
        "name": name, "driver": f"virtual:{name}", "width": 800, "height": 480, "format": "rgb888", "refresh": "lcd",
        "room": "lobby", "layout": "both", "frames": 12345, "viewers": 0, "fault": "", "left_out": "", "idle": False,
        "notice": "", "renderer": "edgeboard", "marquee": True, "rate_hz": 30.0, "late": 3, "dropped": 1,
        "repeated": 0, "offset_ms": 0.012, "jitter_ms": 0.201, "drift_ppm": -43.21, "settled": True, **facts,
    }  # fmt: skip


def test_five_panels_read_well_and_each_says_what_is_odd_about_it():
    slow = "too slow for 30 frames a second of the marquee: it shows 15"
    text = listing(
        [
            panel("hall"),
            panel("door", format="grey1", refresh="eink", width=250, height=122),
            panel("attic", marquee=False, layout="board", renderer="blueprint"),
            panel("shed", rate_hz=15.0, settled=False, offset_ms=1843.2, viewers=2),
            panel("blue", left_out="the renderer snail is left out: its ink failed"),
        ]
    )
    assert text.splitlines() == [
        "panel  size       format      shows  layout  frames   rate  late  dropped  repeated      offset   jitter"
        "      drift",
        "hall   800 x 480  rgb888 lcd  lobby  both     12345  30 Hz     3        1         0     0.01 ms  0.20 ms"
        "  -43.2 ppm",
        "door   250 x 122  grey1 eink  lobby  both     12345      -     3        1         0     0.01 ms  0.20 ms"
        "  -43.2 ppm",
        "attic  800 x 480  rgb888 lcd  lobby  board    12345      -     -        -         -           -        -"
        "          -",
        "shed   800 x 480  rgb888 lcd  lobby  both     12345  15 Hz     3        1         0  1843.20 ms  0.20 ms"
        "  -43.2 ppm",
        "blue   800 x 480  rgb888 lcd  lobby  both     12345  30 Hz     3        1         0     0.01 ms  0.20 ms"
        "  -43.2 ppm",
        "rate, late, dropped, repeated: of the marquee's frames since the panel is there; offset, jitter, drift: of"
        " this board's mesh time",
        "",
        "hall: virtual:hall",
        "door: virtual:door",
        "attic: virtual:attic; drawn by the renderer blueprint",
        f"shed: virtual:shed; 2 look on; not in step yet; {slow}",
        "blue: virtual:blue; the renderer snail is left out: its ink failed; the one that comes with edgeboard draws",
    ]
