from edgeboard.identity.grants import Role
from edgeboard.identity.keyfile import load_mesh, load_or_create_key
from edgeboard.identity.keys import NodeKey
from edgeboard.testing.members import TestMesh


def test_the_same_words_make_the_same_mesh_and_others_another():
    assert TestMesh("a").founded == TestMesh("a").founded
    assert TestMesh("a").founded.mesh != TestMesh("b").founded.mesh


def test_a_member_holds_a_grant_that_holds():
    mesh, key = TestMesh("a"), NodeKey(b"k" * 32)
    credentials = mesh.credentials(key, role=Role.ADMIN)
    assert mesh.founded.read_grant(credentials.grant_bytes, key.public_key).role is Role.ADMIN
    below = mesh.member(NodeKey(b"o" * 32), issuer=mesh.admin(key)).grant
    assert mesh.founded.charter.role_of(below) is Role.DRAW


def test_a_state_directory_is_admitted(tmp_path):
    member = TestMesh("a").admit(tmp_path)
    assert load_mesh(tmp_path) == member
    assert member.grant.public_key == load_or_create_key(tmp_path).public_key
