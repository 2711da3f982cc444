import hashlib
import hmac

import pytest

from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import MeshId

MESH = MeshSecret(MeshId(bytes(range(16))), 7, bytes(range(32)))


@pytest.mark.parametrize("wrong", [(bytes(15), 1, bytes(32)), (bytes(16), 0, bytes(32)), (bytes(16), 1, bytes(31))])
def test_a_secret_of_the_wrong_sizes_cannot_be_made(wrong):
    with pytest.raises(ValueError, match="mesh secret"):
        MeshSecret(*wrong)


def test_mac_is_the_documented_one():
    mac = hmac.new(bytes(range(32)), b"edgeboard-mac-1hello", "sha256").digest()
    assert MESH.mac(b"hello") == mac
    assert MESH.holds(mac, b"hello")
    assert not MESH.holds(mac, b"hallo")
    assert not MESH.holds(b"", b"hello")


def test_the_commitment_is_the_documented_one():
    fields = bytes(range(16)) + (7).to_bytes(8, "big") + bytes(range(32))
    assert MESH.commitment == hashlib.sha256(b"edgeboard-commitment-1" + fields).digest()


def test_a_later_epoch_is_the_newer_whatever_its_secret():
    later = MeshSecret(MESH.mesh, 8, bytes(32))
    assert later.rank > MESH.rank
    assert MeshSecret(MESH.mesh, 7, bytes(32)).rank != MESH.rank


def test_the_text_of_a_mesh_hides_its_secret():
    assert MESH.secret.hex() not in repr(MESH)
    assert repr(MESH.secret) not in repr(MESH)
