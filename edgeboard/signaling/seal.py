"""Envelopes as a signaling service sees them: encrypted with a key that follows from the mesh id, which it is not told.

So it learns no addresses, names or grants. What an envelope proves it proves by itself; this hides it, and nothing else
rests on it: whoever was once a member can open these, and can still not answer one.
"""

from typing import final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from edgeboard.errors import DecodeError
from edgeboard.ids import MeshId, NodeId

NONCE_BYTES = 12
SEAL_BYTES = NONCE_BYTES + 16  # that a sealed envelope is longer

_INFO = b"edgeboard-lobby-seal-1"


@final
class LobbySeal:
    """ChaCha20-Poly1305 (RFC 8439) under HKDF-SHA256 of the mesh id."""

    def __init__(self, mesh: MeshId) -> None:
        self._cipher = ChaCha20Poly1305(HKDF(SHA256(), 32, salt=None, info=_INFO).derive(mesh))

    def close(self, envelope: bytes, to: NodeId, nonce: bytes) -> bytes:
        """Seal an envelope for a node; `nonce` is 12 fresh random bytes."""
        return nonce + self._cipher.encrypt(nonce, envelope, to)

    def open(self, data: bytes, to: NodeId) -> bytes:
        """Open what was sealed for a node.

        Raises:
            DecodeError: it was not, or not by a member of this mesh.
        """
        try:
            return self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], to)
        except (InvalidTag, ValueError):
            raise DecodeError("an envelope that was not sealed for us by a board of this mesh") from None
