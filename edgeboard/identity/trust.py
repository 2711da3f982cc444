"""The secret that the nodes of one mesh share, and its printed form.

Whoever knows the secret of the present epoch belongs to the mesh; a node that was left out of a new epoch does not.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Self

from edgeboard.errors import DecodeError
from edgeboard.ids import MeshId

MESH_ID_BYTES = 16
SECRET_BYTES = 32
EPOCH_MAX = 0xFFFF_FFFF  # u32 in the printed form

_PREFIX = "ebm1-"
_CHECKSUM_BYTES = 4
_MAC_DOMAIN = b"edgeboard-mac-1"


@dataclass(frozen=True, slots=True)
class MeshSecret:
    """A mesh id, its epoch (from 1) and the secret of that epoch. Its repr never shows the secret."""

    mesh: MeshId
    epoch: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.mesh) != MESH_ID_BYTES or len(self.secret) != SECRET_BYTES or not 1 <= self.epoch <= EPOCH_MAX:
            raise ValueError("a mesh secret is 16 bytes of id, an epoch from 1 and 32 bytes of secret")

    def mac(self, message: bytes) -> bytes:
        """The proof that its maker knows the secret: HMAC-SHA256, 32 bytes."""
        return hmac.digest(self.secret, _MAC_DOMAIN + message, "sha256")

    def holds(self, mac: bytes, message: bytes) -> bool:
        """Whether `mac` was made with this secret over `message`, compared in constant time."""
        return hmac.compare_digest(self.mac(message), mac)

    def to_text(self) -> str:
        """The form that people copy from one board to the next; whoever reads it may join."""
        body = self.mesh + self.epoch.to_bytes(4, "big") + self.secret
        return _PREFIX + base64.b32encode(body + _checksum(body)).decode().lower().rstrip("=")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` printed; capitals and surrounding blanks do not matter.

        Raises:
            DecodeError: not of that form, or mistyped.
        """
        encoded = text.strip().lower()
        if not encoded.startswith(_PREFIX):
            raise DecodeError(f"a mesh secret starts with {_PREFIX}")
        encoded = encoded.removeprefix(_PREFIX)
        try:
            data = base64.b32decode(encoded.upper() + "=" * (-len(encoded) % 8))
        except (binascii.Error, ValueError):
            raise DecodeError("a mesh secret has letters a to z and digits 2 to 7 only") from None
        body, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
        if len(body) != MESH_ID_BYTES + 4 + SECRET_BYTES:
            raise DecodeError("a mesh secret is cut short or too long")
        epoch = int.from_bytes(body[MESH_ID_BYTES : MESH_ID_BYTES + 4], "big")
        if checksum != _checksum(body) or epoch == 0:
            raise DecodeError("a mesh secret is mistyped: its checksum does not hold")
        secret = cls(MeshId(body[:MESH_ID_BYTES]), epoch, body[MESH_ID_BYTES + 4 :])
        if secret.to_text() != _PREFIX + encoded:
            raise DecodeError("a mesh secret is mistyped: its last letter does not hold")
        return secret


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECKSUM_BYTES]
