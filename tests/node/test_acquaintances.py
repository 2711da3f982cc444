"""Boards that were met, from one start to the next."""

import logging

import pytest

from edgeboard.ids import MeshId, NodeId
from edgeboard.node.acquaintances import BOARDS_MAX, Acquaintances

MESH = MeshId(b"mesh of the test")
ANN, BOB = NodeId(b"a" * 16), NodeId(b"b" * 16)


def met(state, *boards, mesh=MESH):
    acquaintances = Acquaintances(state, mesh, lambda: boards)
    acquaintances.look()
    acquaintances.note()


def recalled(state, mesh=MESH):
    found = {}
    Acquaintances(state, mesh, list).recall(lambda node, urls: found.update({node: urls}))
    return found


def test_who_was_alive_is_known_at_the_next_start(tmp_path):
    met(tmp_path, (ANN, ("http://10.0.0.1:8787", "signal+http://10.0.0.9")), (BOB, ()))
    assert recalled(tmp_path) == {ANN: ("http://10.0.0.1:8787",)}


def test_members_of_another_mesh_are_forgotten(tmp_path):
    met(tmp_path, (ANN, ("http://10.0.0.1:8787",)))
    assert recalled(tmp_path, MeshId(b"another mesh ...")) == {}


def test_who_is_off_stays_known_until_others_need_the_place(tmp_path):
    acquaintances = Acquaintances(tmp_path, MESH, lambda: alive)
    alive = [(ANN, ("http://10.0.0.1:8787",))]
    acquaintances.look()
    alive = [(NodeId(number.to_bytes(16, "big")), (f"http://10.0.1.{number}:1",)) for number in range(BOARDS_MAX - 1)]
    acquaintances.look()
    acquaintances.note()
    assert ANN in recalled(tmp_path)
    alive = [*alive, (BOB, ("http://10.0.0.2:8787",))]
    acquaintances.look()
    acquaintances.note()
    assert ANN not in recalled(tmp_path)
    assert BOB in recalled(tmp_path)
    assert len(recalled(tmp_path)) == BOARDS_MAX


def test_where_nothing_happens_nothing_is_written(tmp_path):
    alive = [(BOB, ("http://b:1",)), (ANN, ("http://a:1",))]
    acquaintances = Acquaintances(tmp_path, MESH, lambda: alive)
    acquaintances.recall(lambda node, urls: None)
    acquaintances.look()
    acquaintances.note()
    (tmp_path / "boards.json").unlink()
    alive.reverse()
    acquaintances.look()
    acquaintances.note()
    assert not (tmp_path / "boards.json").exists()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"mesh": 1}', b'{"mesh": "%s", "boards": {"zz": []}}'])
def test_a_damaged_file_is_no_obstacle(tmp_path, data, caplog):
    met(tmp_path, (ANN, ("http://a:1",)))
    (tmp_path / "boards.json").write_bytes(data.replace(b"%s", MESH.hex().encode()))
    caplog.set_level(logging.WARNING)
    assert recalled(tmp_path) == {}
    met(tmp_path, (ANN, ("http://a:1",)))
    assert recalled(tmp_path) == {ANN: ("http://a:1",)}
