"""`edgeboard marquee`, at nodes that run."""

import argparse
import json
import urllib.error
import urllib.request

import pytest

from edgeboard.cli import marquee
from edgeboard.node import announcing
from edgeboard.render import typefaces


def ask(url, method="GET", data=None):
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.slow
def test_items_are_set_changed_listed_and_removed_and_outlive_a_kill(make_node, run_main):
    board = make_node("board").start()

    def run(*words):
        return run_main("marquee", *words, "--state", board.state)

    code, out, _ = run("list")
    assert (code, out.splitlines()[0]) == (
        0, "no items; panels show no marquee, and 'edgeboard' where they show nothing else (layout marquee)",
    )  # fmt: skip
    words = "--level", "warning", "--for", "10min", "--icon", "door"
    assert run("set", "door", "The door is open", *words)[:2] == (0, "door is set\n")
    assert run("set", "door", "--level", "warning")[1] == "door is like that already\n"
    assert run("set", "lunch", "Soup at noon", "--priority", "-1")[0] == 0
    first, second = run("list")[1].splitlines()
    assert first.startswith("> door         warning  The door is open  (for 10 minutes more)")
    assert second == "  lunch        info     Soup at noon"
    board.kill()
    board.start()
    listed = json.loads(run("list", "--json")[1])
    assert [(item["id"], item["level"], item["icon"]) for item in listed["items"]] == [
        ("door", "warning", "door"), ("lunch", "info", ""),
    ]  # fmt: skip
    assert run("remove", "door", "lunch")[:2] == (0, "door, lunch removed\n")
    code, _, err = run("remove", "door")
    assert (code, err) == (1, "edgeboard: there is no item 'door'; list them with: edgeboard marquee list\n")
    assert run("list")[1].startswith("no items")


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["half written", "no database"])
def test_where_the_store_cannot_be_read_the_fall_back_text_shows_and_the_reason_is_named(
    make_node, run_main, eventually, fault
):
    config = "transport: {include_loopback: true}\nmarquee: {fallback: All quiet}\n"
    board = make_node("board", config_text=config).start()
    run_main("marquee", "set", "door", "Open", "--state", board.state)
    assert json.loads(run_main("marquee", "list", "--json", "--state", board.state)[1])["shows"]["text"] == "Open"
    board.stop()
    (store,) = board.state.glob("*.db")
    data = store.read_bytes()
    if fault == "half written":
        store.write_bytes(data[: len(data) // 2])
    else:
        store.write_bytes(b"\x00\xff" * 4_000)
    board.start()
    found = eventually(lambda: json.loads(run_main("marquee", "list", "--json", "--state", board.state)[1]))
    assert found["shows"]["text"] in ("All quiet", "Open")
    if not found["items"]:
        assert found["shows"]["fallback"]
        assert "the fall-back text 'All quiet'" in run_main("marquee", "list", "--state", board.state)[1]
    assert any(word in board.log.read_text() for word in ("damaged", "cannot be", "salvage")), "nothing says why"


@pytest.mark.slow
def test_what_shows_is_followed(make_node, run_main):
    board = make_node("board").start()
    run_main("marquee", "set", "a", "One", "--interval", "1s", "--state", board.state)
    run_main("marquee", "set", "b", "Two", "--interval", "1s", "--state", board.state)
    code, out, _ = run_main("marquee", "watch", "--turns", "3", "--json", "--state", board.state)
    shown = [json.loads(line)["text"] for line in out.splitlines()]
    assert code == 0
    assert shown in (["One", "Two", "One"], ["Two", "One", "Two"])


@pytest.mark.slow
def test_by_http_whoever_may_draw_sets_items_and_others_are_told_why_not(make_node, run_main):
    loopback = "transport: {include_loopback: true}\n"
    board = make_node("open").start()
    api = f"{board.url}/api/marquee"
    status, answer = ask(api, "PUT", {"id": "door", "text": "Open"})
    assert (status, answer["changed"], answer["room"]) == (200, ["door"], "lobby")
    several = {"items": [{"id": "a", "text": "One"}, {"id": "b", "text": "Two", "level": "healthy"}]}
    assert ask(api, "PUT", several)[1]["changed"] == ["a", "b"]
    assert ask(api, "PUT", {"id": "door", "level": "purple"})[0] == 400
    assert ask(f"{api}?id=door&id=a", "DELETE")[1]["removed"] == ["door", "a"]
    assert [item["id"] for item in ask(api)[1]["items"]] == ["b"]
    assert ask(f"{api}?id=nobody", "DELETE")[0] == 404
    status, answer = ask(api, "PUT", {"id": "door", "text": "Open", "icon": "nosuch"})
    assert (status, answer["text"][:30]) == (400, "there is no icon 'nosuch'; the")
    status, answer = ask(f"{api}?room=nosuch", "PUT", {"id": "door", "text": "Open"})
    assert (status, answer["text"][:29]) == (404, "this board has no room 'nosuc")
    assert "nosuch" not in run_main("rooms", "--state", board.state)[1], "a slip of the pen opened a room"
    shut = make_node("shut", config_text=loopback + "guests: {admit: pin}\n").start()
    api = f"{shut.url}/api/marquee"
    status, answer = ask(api, "PUT", {"id": "door", "text": "Open"})
    assert (status, answer["text"]) == (403, "This board asks for its PIN.")
    assert ask(api)[0] == 403
    pin = run_main("pin", "--state", shut.state)[1].strip()
    assert ask(f"{api}?pin={pin}", "PUT", {"id": "door", "text": "Open"})[0] == 200


def test_without_a_node_it_says_how_to_start_one(run_main, tmp_path):
    code, _, err = run_main("marquee", "list", "--state", tmp_path)
    assert (code, "start one with: edgeboard run" in err) == (1, True)


def test_its_help_teaches(run_main):
    code, out, _ = run_main("marquee", "--help")
    assert code == 0
    for word in ("edgeboard marquee set door", "remove", "watch", "curl -X PUT"):
        assert word in out


def test_letters_that_would_be_boxes_are_told_with_the_remedy():
    shows = {"level": "info"}
    item = {"id": "door", "level": "info", "at": 1.0}
    found = {"changed": ["door"], "items": [item], "shows": shows, "mesh_s": 2.0}
    arguments = argparse.Namespace(what="set", id="door")
    assert marquee._told(arguments, found) == ["door is set"]
    boxes = {"boxes": "漢字", "boxes_remedy": "sudo apt-get install fonts-noto-cjk"}
    said = marquee._told(arguments, found | boxes)
    assert said[0] == "door is set"
    assert "漢字" in said[1]
    assert said[1].endswith("fonts-noto-cjk")


def test_what_a_board_answers_names_letters_that_no_font_has(monkeypatch):
    monkeypatch.setattr(typefaces, "_elsewhere", lambda character: None)
    assert announcing._boxes(["Tea at 4", "Tür"]) == {}
    assert announcing._boxes(["Tea", "漢"])["boxes"] == "漢"


def test_items_that_cannot_be_read_for_one_reason_are_one_line_with_their_number():
    found = {"items": [], "fallback": "Tea", "sources": [], "mesh_s": 0.0, "shows": {"id": ""}}
    faults = ["no text", "the level is 9", "no text", "no text"]
    said = marquee._told(argparse.Namespace(what="list"), found | {"faults": faults})
    assert said[-2:] == [
        "! 3 items of the room cannot be read and are left out: no text",
        "! an item of the room cannot be read and is left out: the level is 9",
    ]


@pytest.mark.parametrize(("times", "said"), [(0, "read 0 times"), (1, "read once"), (2, "read 2 times")])
def test_a_source_that_was_read_once_was_not_read_1_times(times, said):
    source = {"id": "a", "trouble": "", "reads": times, "ours": True}
    assert marquee._source_row(source) == f"source a: {said}"
