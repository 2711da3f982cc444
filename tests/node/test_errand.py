"""The errand of a new board: what it reads, and what it writes down; who is asked is in test_admission.py."""

import pytest

from edgeboard.errors import CloseCode, RefusedError, UserError
from edgeboard.identity.invitations import Invitation
from edgeboard.identity.joining import Admitted
from edgeboard.identity.keyfile import load_mesh, load_or_create_key, load_peers
from edgeboard.identity.membership import Membership
from edgeboard.ids import MeshId, NodeId
from edgeboard.node import errand
from edgeboard.node.errand import enter, read_join_file
from edgeboard.testing.members import TestMesh

INVITATION = Invitation(MeshId(b"m" * 16), NodeId(b"n" * 16), b"t" * 16, ("http://127.0.0.1:1",))


def test_a_join_file_is_read_if_it_is_there(tmp_path) -> None:
    assert read_join_file(tmp_path / "none") is None
    assert read_join_file(tmp_path / "none" / "none") is None
    with pytest.raises(UserError, match="cannot read"):
        read_join_file(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_join_file_is_read_whatever_editor_has_written_it(tmp_path, encoding) -> None:
    file = tmp_path / "edgeboard-join.txt"
    file.write_bytes(INVITATION.to_file("école").replace("\n", "\r\n").encode(encoding))
    assert Invitation.from_text(read_join_file(file)) == INVITATION


@pytest.fixture
def mesh(monkeypatch):
    """A mesh that lets everybody in but those keys that were put out of it."""
    made, gone = TestMesh("school"), set()

    def ask(text, key, peers, look):
        if key.node_id in gone:
            raise RefusedError(
                CloseCode.REVOKED, f"http://a: board {key.node_id.hex()[:8]} was put out of the mesh school"
            )
        credentials = made.credentials(key)
        return Admitted(credentials.membership, ("http://a:8787",))

    monkeypatch.setattr(errand, "ask_to_join", ask)
    made.gone = gone
    return made


def test_who_is_let_in_keeps_its_key(mesh, tmp_path) -> None:
    key = load_or_create_key(tmp_path)
    entry = enter("123456", key, ())
    assert entry.settle(tmp_path) == ""
    assert load_or_create_key(tmp_path).node_id == key.node_id == load_mesh(tmp_path).grant.bearer
    assert load_peers(tmp_path) == ("http://a:8787",)


def test_who_was_put_out_is_let_in_with_a_new_key_and_the_one_before_is_kept(mesh, tmp_path) -> None:
    before = load_or_create_key(tmp_path)
    mesh.gone.add(before.node_id)
    entry = enter("123456", before, ())
    assert load_or_create_key(tmp_path).node_id == before.node_id  # nothing is written yet
    kept = entry.settle(tmp_path)
    assert entry.as_fields(kept)["kept_key"] == f"node-{before.node_id.hex()[:8]}.key"
    assert (tmp_path / kept).stat().st_mode & 0o777 == 0o600
    (tmp_path / kept).rename(tmp_path / "again")
    assert load_or_create_key(tmp_path).node_id == load_mesh(tmp_path).grant.bearer != before.node_id
    assert isinstance(load_mesh(tmp_path), Membership)


def test_another_refusal_makes_no_new_key(mesh, tmp_path, monkeypatch) -> None:
    asked = []

    def refuse(text, key, peers, look):
        asked.append(key)
        raise RefusedError(CloseCode.FORBIDDEN, "this invitation is used up")

    monkeypatch.setattr(errand, "ask_to_join", refuse)
    with pytest.raises(RefusedError, match="used up"):
        enter("123456", load_or_create_key(tmp_path), ())
    assert len(asked) == 1
