import pytest

from edgeboard.identity.credentials import Credentials, boot_bytes
from edgeboard.identity.grants import Grant, Role
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import MeshId

KEY = NodeKey(bytes(32))
MESH = MeshSecret(MeshId(bytes(16)), 1, bytes(32))


def test_the_boot_field():
    assert boot_bytes(1, 2) == b"\0\0\0\1\0\0\0\2"


def test_a_grant_travels_as_bytes_or_not_at_all():
    grant = Grant(KEY.public_key, Role.DRAW, 1, 1, bytes(64))
    assert Credentials(KEY, MESH, bytes(8), grant).grant_bytes == grant.to_bytes()
    assert Credentials(KEY, MESH, bytes(8)).grant_bytes is None


def test_credentials_that_contradict_themselves_cannot_be_made():
    with pytest.raises(ValueError, match="8 bytes"):
        Credentials(KEY, MESH, bytes(7))
    with pytest.raises(ValueError, match="bearer"):
        Credentials(KEY, MESH, bytes(8), Grant(bytes(32), Role.DRAW, 1, 1, bytes(64)))
