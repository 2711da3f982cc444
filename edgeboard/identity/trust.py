"""The secret that the nodes of one mesh share in one epoch.

Whoever knows the secret of the present epoch belongs to the mesh; a node that was left out of a new epoch does not.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from edgeboard.ids import MeshId

MESH_ID_BYTES = 16
SECRET_BYTES = 32
COMMITMENT_BYTES = 32
EPOCH_MAX = 0xFFFF_FFFF

_MAC_DOMAIN = b"edgeboard-mac-1"
_COMMITMENT_DOMAIN = b"edgeboard-commitment-1"


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

    @property
    def commitment(self) -> bytes:
        """32 bytes that only this secret has, and that do not give it away."""
        fields = self.mesh + self.epoch.to_bytes(8, "big") + self.secret
        return hashlib.sha256(_COMMITMENT_DOMAIN + fields).digest()

    @property
    def rank(self) -> tuple[int, bytes]:
        """Which of two secrets of one mesh is the newer: the one of the higher rank."""
        return self.epoch, self.commitment
