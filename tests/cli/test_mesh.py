"""The secret of a mesh: printed, set, and what happens to the rooms of the mesh that was left."""

import io
import json

import pytest

from edgeboard.cli.offline import importing, offline
from edgeboard.identity.keyfile import load_or_create_mesh
from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import MeshId, room_id
from edgeboard.ports import StoredRoom
from edgeboard.storage.sqlite import SqliteStore
from edgeboard.storage.statedir import StateDirectory

TOKEN = MeshSecret(MeshId(b"m" * 16), 2, b"s" * 32).to_text()


def test_a_new_node_gets_a_secret_of_its_own_and_keeps_it(run_main, tmp_path):
    code, out, err = run_main("mesh", "secret", "--state", tmp_path / "a")
    assert (code, err) == (0, "")
    assert out.startswith("ebm1-")
    assert run_main("mesh", "secret", "--state", tmp_path / "a")[1] == out
    fields = json.loads(run_main("mesh", "secret", "--json", "--state", tmp_path / "a")[1])
    assert fields["secret"] == out.strip()
    assert (fields["epoch"], len(fields["mesh"])) == (1, 32)


def test_a_second_board_joins_with_it(run_main, tmp_path):
    code, out, _ = run_main("mesh", "secret", "--set", TOKEN, "--state", tmp_path / "b")
    assert (code, out) == (0, "this board joins that mesh when it starts next\n")
    assert run_main("mesh", "secret", "--state", tmp_path / "b")[1].strip() == TOKEN
    out = run_main("mesh", "secret", "--set", f"  {TOKEN.upper()} ", "--state", tmp_path / "b")[1]
    assert out == "this board is in that mesh already\n"


def test_a_secret_may_come_from_the_standard_input(run_main, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    run_main("mesh", "secret", "--set", "-", "--state", tmp_path)
    assert load_or_create_mesh(tmp_path).to_text() == TOKEN


@pytest.mark.parametrize("token", ["", "hello", TOKEN[:-1], f"{TOKEN[:-1]}{'a' if TOKEN[-1] != 'a' else 'b'}"])
def test_a_mistyped_secret_changes_nothing(run_main, tmp_path, token):
    before = run_main("mesh", "secret", "--state", tmp_path)[1]
    code, out, err = run_main("mesh", "secret", "--set", token, "--state", tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith("edgeboard: a mesh secret ")
    assert "print it with `edgeboard mesh secret` on the other board" in err
    assert run_main("mesh", "secret", "--state", tmp_path)[1] == before


def test_a_secret_is_printed_while_the_node_runs_but_not_changed(run_main, tmp_path):
    before = run_main("mesh", "secret", "--state", tmp_path)[1]
    with StateDirectory.open(tmp_path):
        assert run_main("mesh", "secret", "--state", tmp_path)[1] == before
        code, _, err = run_main("mesh", "secret", "--set", TOKEN, "--state", tmp_path)
    assert code == 1
    assert "is in use by a node" in err


def test_the_ink_of_the_old_mesh_is_kept(run_main, tmp_path):
    run_main("mesh", "secret", "--state", tmp_path)
    with StateDirectory.open(tmp_path) as held:
        mesh = load_or_create_mesh(held.path).mesh
        store = SqliteStore(held.database)
        store.add_room(StoredRoom(room_id(mesh, "lobby"), mesh, "lobby"))
        store.close()
    raw = "AQAQAAAE"  # add of an empty shape
    op = {"id": "0000000000000007:1", "person": "00" * 16, "raw": raw}
    archive = {"format": "edgeboard-room", "version": 1, "room": "x", "ops": [op]}
    with importing(tmp_path) as importer:
        assert importer.import_json("lobby", json.dumps(archive).encode())["taken"] == 1
    _, out, _ = run_main("mesh", "secret", "--set", TOKEN, "--state", tmp_path)
    assert "1 of its rooms belonged to the old one and are kept in" in out
    with offline(tmp_path) as rooms:
        assert rooms.names() == []
    kept = tmp_path / f"rooms-of-{mesh.hex()[:8]}" / "lobby.json"
    code, out, _ = run_main("import", "lobby", kept, "--state", tmp_path)
    assert (code, out) == (0, "lobby: 1 ops taken, 0 known already\n")


def test_a_state_that_cannot_be_written_is_one_line(run_main, tmp_path):
    (tmp_path / "file").write_text("in the way")
    code, _, err = run_main("mesh", "secret", "--state", tmp_path / "file" / "state")
    assert code == 1
    assert err.count("\n") == 1
    assert "cannot keep the node's state" in err
