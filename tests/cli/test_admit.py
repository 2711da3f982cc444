"""`edgeboard pin` and `edgeboard token`, at a node that runs."""

import json

import pytest

from tests.conftest import LOOPBACK


@pytest.fixture
def board(make_node):
    return make_node("board", config_text=LOOPBACK + "guests:\n  admit: pin\n").start()


@pytest.mark.slow
def test_the_pin_is_shown_where_the_board_runs_and_by_its_verb_and_changes_on_demand(board, run_main):
    code, out, _ = run_main("pin", "--state", board.state)
    pin = out.strip()
    assert (code, len(pin), pin.isdigit()) == (0, 6, True)
    assert f"guests say the PIN {pin}\n" in board.log.read_text()
    changed = json.loads(run_main("pin", "--new", "--json", "--state", board.state)[1])
    assert changed["admit"] == "pin"
    assert changed["pin"] != pin or run_main("pin", "--new", "--state", board.state)[1].strip() != pin
    board.kill()
    assert run_main("pin", "--state", board.start().state)[1].strip() == changed["pin"]


@pytest.mark.slow
def test_links_are_made_listed_and_ended(board, run_main):
    def run(*words):
        return run_main("token", *words, "--state", board.state)

    assert run()[1].startswith("no links hold")
    code, out, _ = run("--room", "数学", "--role", "view", "--for", "2h")
    link, said = out.splitlines()
    assert (code, link.startswith(f"{board.url}/room/%E6%95%B0%E5%AD%A6#token=ey")) == (0, True)
    name = said.rpartition(" ")[2]
    assert said == f"it ends in 2 hours; sooner with: edgeboard token --revoke {name}"
    assert run()[1].startswith(f"{name}  view  数学  ")
    assert "\nit holds until you revoke it: edgeboard token --revoke " in run("--room", "other")[1]
    assert run("--revoke", run()[1].splitlines()[-1].split()[0])[0] == 0
    made = json.loads(run("--room", "lobby", "--json")[1])
    assert {"id", "token", "link", "room", "role"} <= made.keys()
    assert made["role"] == "draw"
    assert len(json.loads(run("--json")[1])) == 2
    assert run("--revoke", name)[0] == 0
    assert [each["room"] for each in json.loads(run("--json")[1])] == ["lobby"]
    code, _, err = run("--revoke", name)
    assert (code, err) == (1, f"edgeboard: no link of this board ends in '{name}'; list them with: edgeboard token\n")


@pytest.mark.slow
def test_a_board_that_asks_for_no_pin_says_so(make_node, run_main):
    board = make_node("open").start()
    assert "does not ask for it" in run_main("pin", "--state", board.state)[1]
    assert "PIN" not in board.log.read_text()


def test_without_a_node_both_say_how_to_start_one(run_main, tmp_path):
    for verb in ("pin", "token"):
        code, _, err = run_main(verb, "--state", tmp_path)
        assert (code, "start one with" in err) == (1, True)


@pytest.mark.parametrize("words", [["--role", "view"], ["--for", "2h"], ["--role", "view", "--revoke", "1f3a"]])
def test_a_link_without_a_room_is_asked_for_one(run_main, tmp_path, words):
    code, out, err = run_main("token", *words, "--state", tmp_path)
    assert (code, out, "--room ROOM" in err) == (1, "", True)


@pytest.mark.parametrize(
    "words", [["--for", "soon"], ["--room", "a b"], ["--role", "admin"], ["--room", "a", "--revoke", "b"]]
)
def test_wrong_words_are_refused(run_main, words):
    assert run_main("token", *words)[0] == 2
