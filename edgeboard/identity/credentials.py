"""What a node shows to others, in one value: its key, its place in its mesh, and which of its runs this is."""

from dataclasses import dataclass

from edgeboard.errors import DecodeError, RefusedError
from edgeboard.identity.grants import Grant
from edgeboard.identity.keys import NodeKey
from edgeboard.identity.membership import Membership
from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import NodeId

BOOT_BYTES = 8


@dataclass(slots=True)
class Credentials:
    """All parts of a node share one; `membership` is replaced by its owner when the mesh has news."""

    key: NodeKey
    membership: Membership
    boot: bytes  # 8 bytes: boot number u32, random u32; differs between two runs of one node

    def __post_init__(self) -> None:
        if len(self.boot) != BOOT_BYTES:
            raise ValueError("a boot is 8 bytes: its number and 32 random bits")
        if self.membership.grant.public_key != self.key.public_key:
            raise ValueError("a grant names its bearer")

    @property
    def mesh(self) -> MeshSecret:
        """The mesh in its present epoch."""
        return self.membership.secret

    @property
    def grant_bytes(self) -> bytes:
        """The grant as it travels."""
        return self.membership.grant.to_bytes()

    def admits(self, node: NodeId, grant: bytes) -> bool:
        """Whether a node is a member of our mesh, by the grant that it shows and by what our charter says."""
        try:
            shown = Grant.from_bytes(grant)
            self.membership.charter.role_of(shown)
        except (DecodeError, RefusedError):
            return False
        return shown.bearer == node


def boot_bytes(number: int, nonce: int) -> bytes:
    """The boot field of docs/formats/handshake.md from two unsigned 32-bit numbers."""
    return number.to_bytes(4, "big") + nonce.to_bytes(4, "big")
