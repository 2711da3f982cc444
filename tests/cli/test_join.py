"""`edgeboard join`: from the command line alone, and through a node that runs."""

import io
import json

import pytest

from edgeboard.cli.join import read_invitation
from edgeboard.errors import UserError
from edgeboard.identity.invitations import Invitation
from edgeboard.identity.keyfile import enrol, load_mesh, load_or_found_mesh, load_peers
from edgeboard.ids import MeshId, NodeId
from tests.conftest import eventually

INVITATION = Invitation(MeshId(b"m" * 16), NodeId(b"n" * 16), b"t" * 16, ("http://127.0.0.1:1",))
TEXT = INVITATION.to_text()


def test_an_invitation_is_a_word_a_file_or_comes_on_the_standard_input(tmp_path, monkeypatch):
    file = tmp_path / "edgeboard-join.txt"
    file.write_text(INVITATION.to_file("school"))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TEXT}\n"))
    for given in (TEXT, TEXT.upper(), str(file), "-"):
        assert Invitation.from_text(read_invitation(given)) == INVITATION
    assert read_invitation("123 456") == "123456"


@pytest.mark.parametrize("given", ["", "hello", "12345", TEXT[:-4], "/nowhere/edgeboard-join.txt"])
def test_what_is_none_of_them_is_said_to_be_none(given):
    with pytest.raises(UserError, match="edgeboard mesh invite"):
        read_invitation(given)


def test_a_running_node_is_told_to_join(run_main, fake_node):
    asked = []
    answer = {"mesh": "school", "role": "draw", "known": False}
    fake_node.table["POST /control/mesh/join"] = lambda body: (asked.append(json.loads(body)), (200, answer))[1]
    out = run_main("join", TEXT, "--peer", "kitchen.local", "--state", fake_node.state)[1]
    assert asked == [{"text": TEXT, "peers": ["http://kitchen.local:8787"], "leave": False}]
    assert out == "this board is in the mesh school now, as draw; it starts anew in it, with what was drawn on it\n"
    answer["known"] = True
    assert "already" in run_main("join", TEXT, "--state", fake_node.state)[1]
    fake_node.table["POST /control/mesh/join"] = 403, {"code": 15, "text": "this invitation is used up"}
    code, _, err = run_main("join", TEXT, "--state", fake_node.state)
    assert (code, err) == (1, "edgeboard: this invitation is used up\n")


def test_a_board_in_a_mesh_with_others_does_not_leave_them_by_accident(run_main, tmp_path):
    load_or_found_mesh(tmp_path / "a", "home")
    enrol(tmp_path / "a", tmp_path / "b")
    code, _, err = run_main("join", TEXT, "--state", tmp_path / "b")
    assert code == 1
    assert "is in the mesh home already" in err
    code, _, err = run_main("join", TEXT, "--leave", "--state", tmp_path / "b")
    assert code == 1
    assert "http://127.0.0.1:1" in err  # it asked, and nobody is there
    assert load_mesh(tmp_path / "b").charter.name == "home"


@pytest.mark.slow
def test_two_boards_share_a_canvas_after_four_commands(run_main, start_node, tmp_path):
    """As the README says it."""
    first = start_node("a")
    invitation = json.loads(run_main("mesh", "invite", "--json", "--state", first.state)[1])["text"]
    code, out, _ = run_main("join", invitation, "--state", tmp_path / "b")
    assert code == 0
    assert f"start it with: edgeboard run --state {tmp_path / 'b'}" in out
    assert load_peers(tmp_path / "b") == (first.url,)
    second = start_node("b")
    second.wait_for("linked to board")
    status = json.loads(run_main("status", "--json", "--state", second.state)[1])
    assert (status["membership"]["role"], status["membership"]["private"]) == ("draw", False)
    code, _, err = run_main("join", invitation, "--state", tmp_path / "c")
    assert code == 1
    assert "used up" in err


@pytest.mark.slow
def test_a_running_board_joins_by_a_code_and_brings_its_ink(run_main, start_node, tmp_path):
    first, second = start_node("a"), start_node("b")
    words = '{"x": [0, 200, 400], "y": [0, 100, 0], "p": [2000, 2000, 2000], "t": [0, 10, 20]}\n'
    (tmp_path / "pen.jsonl").write_text(words)
    replayed = run_main("replay", tmp_path / "pen.jsonl", "--room", "lobby", "--speed", "0", "--state", second.state)
    assert replayed[0] == 0
    code = json.loads(run_main("pair", "--json", "--state", first.state)[1])["code"]
    port = second.port
    assert run_main("join", code, "--peer", first.url, "--state", second.state)[0] == 0
    second.wait_for("linked to board")

    def items(node):
        rooms = json.loads(run_main("rooms", "--json", "--state", node.state)[1])
        return next(room["items"] for room in rooms if room["name"] == "lobby")

    eventually(lambda: items(first) == items(second) == 1)
    assert json.loads(run_main("status", "--json", "--state", second.state)[1])["port"] == port
