"""What a node shows to others, in one value: its key, its mesh, its grant and which of its runs this is."""

from dataclasses import dataclass

from edgeboard.identity.grants import Grant
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.trust import MeshSecret

BOOT_BYTES = 8


@dataclass(frozen=True, slots=True)
class Credentials:
    key: NodeKey
    mesh: MeshSecret
    boot: bytes  # 8 bytes: boot number u32, random u32; differs between two runs of one node
    grant: Grant | None = None  # None until the mesh has an owner key

    def __post_init__(self) -> None:
        if len(self.boot) != BOOT_BYTES:
            raise ValueError("a boot is 8 bytes: its number and 32 random bits")
        if self.grant is not None and self.grant.public_key != self.key.public_key:
            raise ValueError("a grant names its bearer")

    @property
    def grant_bytes(self) -> bytes | None:
        """The grant as it travels."""
        return None if self.grant is None else self.grant.to_bytes()


def boot_bytes(number: int, nonce: int) -> bytes:
    """The boot field of docs/formats/handshake.md from two unsigned 32-bit numbers."""
    return number.to_bytes(4, "big") + nonce.to_bytes(4, "big")
