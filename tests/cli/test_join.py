"""`edgeboard join`: from the command line alone, and through a node that runs."""

import io
import json
from dataclasses import replace

import pytest

from edgeboard.cli.join import read_invitation
from edgeboard.errors import UserError
from edgeboard.identity.charter import Kind
from edgeboard.identity.invitations import Invitation
from edgeboard.identity.keyfile import (
    enrol,
    load_issuer,
    load_mesh,
    load_or_create_key,
    load_or_found_mesh,
    load_peers,
    set_mesh,
)
from edgeboard.ids import MeshId, NodeId
from tests.conftest import eventually

INVITATION = Invitation(MeshId(b"m" * 16), NodeId(b"n" * 16), b"t" * 16, ("http://127.0.0.1:1",))
TEXT = INVITATION.to_text()


def test_an_invitation_is_a_word_a_file_or_comes_on_the_standard_input(tmp_path, monkeypatch):
    file = tmp_path / "edgeboard-join.txt"
    file.write_text(INVITATION.to_file("school"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode("utf-16"))))
    for given in (TEXT, TEXT.upper(), str(file), "-"):
        assert Invitation.from_text(read_invitation(given)) == INVITATION
    assert read_invitation("123 456") == "123456"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_is_read_whatever_shell_has_written_it(tmp_path, encoding):
    file = tmp_path / "edgeboard-join.txt"
    file.write_bytes(INVITATION.to_file("school").encode(encoding))
    assert Invitation.from_text(read_invitation(str(file))) == INVITATION


def test_an_invitation_may_be_longer_than_a_name_of_a_file():
    urls = tuple(f"http://[2001:db8:1:2:3:4:5:{number}]:8787" for number in range(8))
    long = Invitation(MeshId(b"m" * 16), NodeId(b"n" * 16), b"t" * 16, urls)
    assert Invitation.from_text(read_invitation(long.to_text())) == long


@pytest.mark.parametrize("given", ["/nowhere/edgeboard-join.txt", "edgeboard-jion.txt"])
def test_a_file_that_is_not_there_is_said_not_to_be(given):
    with pytest.raises(UserError, match=f"there is no file {given}"):
        read_invitation(given)


@pytest.mark.parametrize("given", ["", "hello", "12345", TEXT[:-4]])
def test_what_is_none_of_them_is_said_to_be_none(given):
    with pytest.raises(UserError, match="edgeboard mesh invite"):
        read_invitation(given)


def test_a_running_node_is_told_to_join(run_main, fake_node):
    asked = []
    answer = {"mesh": "school", "role": "draw", "known": False, "kept_key": ""}
    fake_node.table["POST /control/mesh/join"] = lambda body: (asked.append(json.loads(body)), (200, answer))[1]
    out = run_main("join", TEXT, "--peer", "kitchen.local", "--state", fake_node.state)[1]
    assert asked == [{"text": TEXT, "peers": ["http://kitchen.local:8787"], "leave": False}]
    assert out == "this board is in the mesh school now, as draw; it starts anew in it, with what was drawn on it\n"
    answer["kept_key"] = "node-abababab.key"
    assert "is kept as node-abababab.key" in run_main("join", TEXT, "--state", fake_node.state)[1]
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
    assert "made this invitation does not answer (http://127.0.0.1:1: Connection refused)" in err
    assert "has to be on" in err
    assert load_mesh(tmp_path / "b").charter.name == "home"


def test_a_board_whose_key_is_new_or_was_put_out_has_nothing_to_leave(run_main, tmp_path):
    load_or_found_mesh(tmp_path / "a", "home")
    enrol(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b" / "node.key").unlink()
    assert "does not answer" in run_main("join", TEXT, "--state", tmp_path / "b")[2]  # and not: add --leave
    put_out = enrol(tmp_path / "a", tmp_path / "c")
    issuer = load_issuer(tmp_path / "a", load_mesh(tmp_path / "a"))
    charter = put_out.charter.with_revocation(issuer.revoke(Kind.NODE, put_out.grant.bearer))
    set_mesh(tmp_path / "c", replace(put_out, charter=charter))
    assert "does not answer" in run_main("join", TEXT, "--state", tmp_path / "c")[2]


@pytest.mark.slow
def test_one_command_brings_a_board_back_that_was_put_out_also_while_it_is_off(run_main, start_node, tmp_path):
    first = start_node("a")

    def invite():
        return json.loads(run_main("mesh", "invite", "--json", "--state", first.state)[1])["text"]

    assert run_main("join", invite(), "--state", tmp_path / "b")[0] == 0
    gone = load_or_create_key(tmp_path / "b").node_id.hex()
    code, out, _ = run_main("mesh", "revoke", gone, "--state", first.state)
    assert (code, f"board {gone} is put out, for ever" in out) == (0, True)
    code, _, err = run_main("join", invite(), "--state", tmp_path / "b")
    assert (code, "after this board was put out, add --leave" in err) == (1, True)
    code, out, _ = run_main("join", invite(), "--leave", "--state", tmp_path / "b")
    assert (code, f"is kept as node-{gone[:8]}.key" in out) == (0, True)
    second = start_node("b")
    second.wait_for("linked to board")


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
