"""The Ed25519 key of a node, and how anyone checks what it signed.

A key is made from 32 random bytes that the caller brings; this module has no dice of its own.
"""

from functools import lru_cache
from typing import final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edgeboard.ids import NodeId, node_id

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
SIGNATURES_KEPT = 512  # answers that are remembered where the same is asked on every link
KEYS_KEPT = 256  # public keys that were read: a room has few, and reading one costs a tenth of a check


def length_prefixed(data: bytes) -> bytes:
    """`lp` of docs/formats/handshake.md: u32 length and the bytes, so that no two lists of fields hash alike."""
    return len(data).to_bytes(4, "big") + data


@final
class NodeKey:
    """The key pair of one node. Its text never shows the secret half."""

    __slots__ = ("_private", "node_id", "public_key")

    def __init__(self, seed: bytes) -> None:
        """Make the pair from its seed; `ValueError` unless that is 32 bytes."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key: bytes = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.node_id: NodeId = node_id(self.public_key)

    @property
    def private(self) -> Ed25519PrivateKey:
        """The secret half, for libraries that sign themselves."""
        return self._private

    @property
    def public(self) -> Ed25519PublicKey:
        return self._private.public_key()

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"NodeKey({self.node_id.hex()})"


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the holder of `public_key` signed `message`. Never raises, whatever the bytes are."""
    try:
        _read_key(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(SIGNATURES_KEPT)
def verify_again(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """`verify` for what comes again and again, such as grants: the last answers are remembered."""
    return verify(public_key, signature, message)


@lru_cache(KEYS_KEPT)
def _read_key(public_key: bytes) -> Ed25519PublicKey:
    """Raises: ValueError: not a key."""
    return Ed25519PublicKey.from_public_bytes(public_key)
