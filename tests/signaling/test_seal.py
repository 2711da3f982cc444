import pytest

from edgeboard.errors import DecodeError
from edgeboard.ids import MeshId, NodeId
from edgeboard.signaling.seal import NONCE_BYTES, SEAL_BYTES, LobbySeal

MESH, OTHER = LobbySeal(MeshId(b"m" * 16)), LobbySeal(MeshId(b"o" * 16))
ANN, BOB = NodeId(b"a" * 16), NodeId(b"b" * 16)
NONCE = bytes(range(NONCE_BYTES))
VECTOR = "000102030405060708090a0b49819a6d457cbe1985252a465c9bcddda4c698c508f221da"


def test_what_is_sealed_for_a_node_it_can_open_and_a_service_cannot_read():
    sealed = MESH.close(b"candidate 192.168.1.7", BOB, NONCE)
    assert b"192.168" not in sealed
    assert len(sealed) == len(b"candidate 192.168.1.7") + SEAL_BYTES
    assert MESH.open(sealed, BOB) == b"candidate 192.168.1.7"


def test_the_bytes_are_those_of_the_document():
    """The vector of docs/formats/signaling.md: another implementation can check itself."""
    assert MESH.close(b"envelope", BOB, NONCE).hex() == VECTOR


def test_what_was_sealed_for_another_or_changed_is_not_opened():
    sealed = MESH.close(b"offer", BOB, NONCE)
    wounded = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for seal, data, to in ((MESH, sealed, ANN), (OTHER, sealed, BOB), (MESH, wounded, BOB), (MESH, b"", BOB)):
        with pytest.raises(DecodeError):
            seal.open(data, to)
