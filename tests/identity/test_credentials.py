import pytest

from edgeboard.identity.credentials import Credentials, boot_bytes
from edgeboard.identity.keys import NodeKey
from edgeboard.testing.members import TestMesh

KEY = NodeKey(bytes(32))
MEMBER = TestMesh("m").member(KEY)


def test_the_boot_field():
    assert boot_bytes(1, 2) == b"\0\0\0\1\0\0\0\2"


def test_what_is_shown_is_what_is_held():
    credentials = Credentials(KEY, MEMBER, bytes(8))
    assert credentials.grant_bytes == MEMBER.grant.to_bytes()
    assert credentials.mesh == MEMBER.secret


def test_credentials_that_contradict_themselves_cannot_be_made():
    with pytest.raises(ValueError, match="8 bytes"):
        Credentials(KEY, MEMBER, bytes(7))
    with pytest.raises(ValueError, match="bearer"):
        Credentials(NodeKey(b"o" * 32), MEMBER, bytes(8))


def test_a_node_is_a_member_if_its_own_grant_holds_in_our_mesh():
    mesh, other = TestMesh("m"), NodeKey(b"o" * 32)
    credentials = Credentials(KEY, mesh.member(KEY), bytes(8))
    grant = mesh.member(other).grant.to_bytes()
    assert credentials.admits(other.node_id, grant)
    assert not credentials.admits(KEY.node_id, grant), "it is another's"
    assert not credentials.admits(other.node_id, b"")
    assert not credentials.admits(other.node_id, grant[:-1] + bytes((grant[-1] ^ 1,)))
    assert not credentials.admits(other.node_id, TestMesh("another").member(other).grant.to_bytes())
