"""`edgeboard mesh`: making one, inviting, putting out; against made-up nodes, and against no node at all."""

import json
import socket

import pytest

from edgeboard.identity.invitations import Invitation
from edgeboard.identity.keyfile import enrol, load_mesh, load_mesh_key
from edgeboard.ids import MeshId, NodeId
from edgeboard.storage.statedir import StateDirectory

INVITATION = Invitation(MeshId(b"m" * 16), NodeId(b"n" * 16), b"t" * 16, ("http://10.0.0.5:8787",))
MADE = {
    "id": "3f2a" * 4, "mesh": "school", "text": INVITATION.to_text(), "file": INVITATION.to_file("school"), "boards": 1,
    "role": "draw", "left_s": 86_400, "urls": ["http://10.0.0.5:8787"], "doubt": "",
}  # fmt: skip


def test_a_mesh_is_made_with_a_name_and_its_key_is_kept(run_main, tmp_path):
    code, out, err = run_main("mesh", "init", "school", "--state", tmp_path / "a")
    assert (code, err) == (0, "")
    assert "made the mesh school; its key is" in out
    assert "keep a copy" in out
    made = load_mesh(tmp_path / "a")
    assert (made.charter.name, made.is_private) == ("school", False)
    assert load_mesh_key(tmp_path / "a").public_key == made.charter.mesh_key
    fields = json.loads(run_main("mesh", "init", "lab", "--json", "--leave", "--state", tmp_path / "a")[1])
    assert fields == {"mesh": load_mesh(tmp_path / "a").mesh.hex(), "name": "lab"}


def test_a_board_with_others_does_not_leave_them_by_accident(run_main, tmp_path):
    run_main("mesh", "init", "school", "--state", tmp_path / "a")
    enrol(tmp_path / "a", tmp_path / "b")
    for name in "ab":
        code, _, err = run_main("mesh", "init", "lab", "--state", tmp_path / name)
        assert code == 1
        assert "is in the mesh school already" in err
        assert "--leave" in err
    assert run_main("mesh", "init", "lab", "--leave", "--state", tmp_path / "b")[0] == 0
    assert load_mesh(tmp_path / "b").charter.name == "lab"


def test_a_mesh_is_not_made_under_a_running_node(run_main, tmp_path):
    with StateDirectory.open(tmp_path):
        code, _, err = run_main("mesh", "init", "school", "--state", tmp_path)
    assert code == 1
    assert "is in use by a node" in err


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "a\nb"])
def test_a_name_that_is_none(run_main, tmp_path, name):
    assert run_main("mesh", "init", name, "--state", tmp_path)[0] == 2


def test_an_invitation_is_shown_and_written(run_main, fake_node, tmp_path):
    asked = []
    fake_node.table["POST /control/mesh/invite"] = lambda body: (asked.append(json.loads(body)), (200, MADE))[1]
    svg, file = tmp_path / "code.svg", tmp_path / "edgeboard-join.txt"
    words = "--boards", "30", "--for", "2h", "--role", "admin", "--svg", svg, "--file", file
    code, out, err = run_main("mesh", "invite", *words, "--state", fake_node.state)
    assert (code, err) == (0, "")
    assert asked == [{"boards": 30, "role": "admin", "seconds": 7200.0}]
    assert "lets one board into the mesh school within 24 hours, as draw" in out
    assert f"    edgeboard join {INVITATION.to_text()}\n" in out
    assert f"edgeboard mesh invite --revoke 3f2a3f2a --state {fake_node.state}" in out
    assert Invitation.from_text(file.read_text()) == INVITATION
    assert file.stat().st_mode & 0o777 == 0o600, "whoever reads it may join"
    assert svg.read_text().startswith("<?xml")
    assert json.loads(run_main("mesh", "invite", "--json", "--state", fake_node.state)[1]) == MADE
    out = run_main("mesh", "invite", "--file", "-", "--state", fake_node.state)[1]
    assert out == MADE["file"]


def test_a_file_that_cannot_be_written_is_one_line(run_main, fake_node, tmp_path):
    fake_node.table["POST /control/mesh/invite"] = 200, MADE
    code, _, err = run_main("mesh", "invite", "--file", tmp_path, "--state", fake_node.state)
    assert code == 1
    assert err.startswith("edgeboard: cannot write")


def test_an_invitation_is_taken_back(run_main, fake_node):
    fake_node.table["POST /control/mesh/invitations/end"] = 200, {"id": "3f2a", "used": 1}
    out = run_main("mesh", "invite", "--revoke", "3f2a", "--state", fake_node.state)[1]
    assert out == "invitation 3f2a is ended; 1 board that came by it stays\n"


def test_invitations_are_listed(run_main, fake_node):
    rows = [
        {"id": "3f2a" * 4, "state": "open", "left_s": 7200, "used": 1, "boards": 3, "role": "draw"},
        {"id": "9c41" * 4, "state": "used up", "left_s": 7200, "used": 1, "boards": 1, "role": "admin"},
    ]
    fake_node.table["GET /control/mesh/invitations"] = 200, rows
    out = run_main("mesh", "invitations", "--state", fake_node.state)[1].splitlines()
    assert out == ["3f2a3f2a  open, 2 hours left  1 of 3 used  draw", "9c419c41  used up  1 of 1 used  admin"]
    assert json.loads(run_main("mesh", "invitations", "--json", "--state", fake_node.state)[1]) == rows
    fake_node.table["GET /control/mesh/invitations"] = 200, []
    assert "no invitations" in run_main("mesh", "invitations", "--state", fake_node.state)[1]


def test_a_board_is_put_out(run_main, fake_node):
    asked = []
    answer = {"node": "ab" * 16, "name": "Kitchen", "news": True, "epoch": 2, "falls": [], "sure": True, "doubt": ""}
    fake_node.table["POST /control/mesh/revoke"] = lambda body: (asked.append(json.loads(body)), (200, answer))[1]

    def revoke():
        return run_main("mesh", "revoke", "kitchen", "--state", fake_node.state)[1]

    assert revoke() == "Kitchen (abababab) is put out, for ever; the mesh has a new secret\n"
    assert asked == [{"node": "kitchen"}]
    answer["falls"] = [{"node": "12" * 16, "name": "Hall"}, {"node": "34" * 16, "name": ""}]
    assert revoke().splitlines()[1] == f"with it, since it has let them in: Hall (12121212), board {'34' * 16}"
    answer["sure"] = False
    assert "do this again on the board that has it" in revoke().splitlines()[2]
    answer["news"] = False
    assert revoke() == "Kitchen (abababab) was put out before\n"
    assert (
        "name the board as `edgeboard mesh peers` shows it" in run_main("mesh", "revoke", "--state", fake_node.state)[2]
    )


def test_what_a_board_says_that_may_have_been_put_out_comes_with_a_warning(run_main, fake_node):
    answer = {"node": "ab" * 16, "name": "", "news": True, "epoch": 2, "falls": [], "sure": True}
    fake_node.table["POST /control/mesh/revoke"] = 200, answer | {"doubt": "board 12121212 was put out"}
    fake_node.table["POST /control/mesh/invite"] = 200, MADE | {"doubt": "board 12121212 was put out"}
    for words in (("revoke", "abababab"), ("invite",)):
        code, _, err = run_main("mesh", *words, "--state", fake_node.state)
        assert (code, err) == (
            0, "edgeboard: this may not count: another board says that board 12121212 was put out\n",
        )  # fmt: skip


def test_who_was_put_out_is_listed_by_name_and_who_was_not_is_said_not_to_be(run_main, fake_node):
    row = {"kind": "node", "target": "ab" * 16, "name": "Kitchen", "by": "the mesh key", "by_name": "", "counts": True}
    rows = [
        row,
        row | {"name": "", "by": "12" * 16, "by_name": "Hall"},
        row | {"by": "12" * 16, "by_name": "Hall", "counts": False},
        row | {"kind": "token", "name": "", "target": "cd"},
    ]
    fake_node.table["GET /control/mesh/revocations"] = 200, rows
    assert run_main("mesh", "revoke", "--list", "--state", fake_node.state)[1].splitlines() == [
        "Kitchen (abababab), by the mesh key",
        f"board {'ab' * 16}, by Hall (12121212)",
        "Kitchen (abababab) is NOT put out: the word of Hall (12121212) does not count against it, only that of the "
        "mesh key",
        "token cd, by the mesh key",
    ]
    fake_node.table["GET /control/mesh/revocations"] = 200, []
    assert "nobody was put out" in run_main("mesh", "revoke", "--list", "--state", fake_node.state)[1]


def test_without_a_node_it_says_so(run_main, tmp_path):
    code, _, err = run_main("mesh", "invite", "--state", tmp_path)
    assert code == 1
    assert "no node runs on" in err


@pytest.mark.parametrize("words", [["--for", "soon"], ["--boards", "0"], ["--role", "king"]])
def test_an_invitation_that_makes_no_sense(run_main, tmp_path, words):
    assert run_main("mesh", "invite", *words, "--state", tmp_path)[0] == 2


def test_a_change_of_services_that_is_none_is_answered_with_the_words_that_are(run_main, tmp_path):
    code, _, err = run_main("mesh", "signal", "http://10.0.0.9:8788", "--state", tmp_path)
    assert (code, "edgeboard mesh signal add URL" in err) == (2, True)


def test_a_service_whose_name_nobody_knows_is_taken_with_a_warning(run_main, fake_node, monkeypatch):
    def unknown(*_):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fake_node.table["POST /control/signaling"] = 200, {"changed": True, "services": []}
    code, _, err = run_main("mesh", "signal", "add", "garbage", "--state", fake_node.state)
    assert (code, "the name garbage is not known" in err) == (0, True)
    assert "edgeboard mesh signal remove http://garbage:8788" in err


def test_signaling_services_are_listed_added_and_removed(run_main, fake_node):
    asked = []
    services = [
        {"url": "http://a:8788", "open": True, "boards": 2, "trouble": ""},
        {"url": "http://b:8788", "open": False, "boards": 0, "trouble": "no answer within 5 s"},
    ]
    answer = {"changed": True, "services": services}
    fake_node.table["GET /control/signaling"] = 200, services
    fake_node.table["POST /control/signaling"] = lambda body: (asked.append(json.loads(body)), (200, answer))[1]
    out = run_main("mesh", "signal", "list", "--state", fake_node.state)[1]
    assert out == "http://a:8788: reached, with 2 others\nhttp://b:8788: no answer within 5 s\n"
    assert run_main("mesh", "signal", "add", "10.0.0.9", "--state", fake_node.state)[1] == out
    assert run_main("mesh", "signal", "remove", "http://b:8788", "--state", fake_node.state)[0] == 0
    assert asked == [{"add": "http://10.0.0.9:8788"}, {"remove": "http://b:8788"}]
    answer["changed"] = False
    assert "is there already" in run_main("mesh", "signal", "add", "http://a:8788", "--state", fake_node.state)[2]
    assert run_main("mesh", "signal", "add", "--state", fake_node.state)[2].startswith("edgeboard: say which")
    fake_node.table["GET /control/signaling"] = 200, []
    assert "no signaling services" in run_main("mesh", "signal", "list", "--state", fake_node.state)[1]
