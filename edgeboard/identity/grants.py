"""Grants: what a node may do in its mesh, signed by the key of the mesh or by an admin whom that key has granted.

The chain has at most two grants, so that whoever checks it needs nothing but the mesh key and the grant itself.
Whether a grant was revoked is for `charter`.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, verify_again
from edgeboard.ids import MeshId, NodeId, node_id

GRANT_BYTES = 1 + PUBLIC_KEY_BYTES + 1 + 8 + PUBLIC_KEY_BYTES + SIGNATURE_BYTES  # of one; a chain has two

_FORM = 1  # first byte of the encoding
_DOMAIN = b"edgeboard-grant-1"


class Role(IntEnum):
    """What a node may do; each includes those before it. Numbers are on the wire: append only."""

    VIEW = 1
    DRAW = 2
    MODERATE = 3
    ADMIN = 4  # may admit and revoke
    UPDATE = 5


DEFAULT_ROLE = Role.DRAW
ADMINS_GIVE_MOST = Role.MODERATE  # an admin is made by the mesh key alone: a chain of two is the longest


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant as it travels; that it holds is said by `check` alone.

    Attributes:
        public_key: of its bearer, Ed25519.
        role: what the bearer may do.
        serial: 64 random bits; revocations may name it.
        issuer: the mesh key, or the node key of an admin.
        signature: of the issuer.
        issuer_grant: that of the admin; None below the mesh key.
    """

    public_key: bytes
    role: Role
    serial: int
    issuer: bytes
    signature: bytes
    issuer_grant: "Grant | None" = None

    @property
    def bearer(self) -> NodeId:
        return node_id(self.public_key)

    def to_bytes(self) -> bytes:
        """The form of docs/formats/trust.md: 138 bytes, and as many of the admin's grant if there is one."""
        own = self._fields() + self.signature
        return own if self.issuer_grant is None else own + self.issuer_grant.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            DecodeError: another form, length or role.
        """
        if len(data) not in (GRANT_BYTES, 2 * GRANT_BYTES) or data[0] != _FORM:
            raise DecodeError("not a grant of a form known here")
        at = 1 + PUBLIC_KEY_BYTES
        try:
            role = Role(data[at])
        except ValueError:
            raise DecodeError(f"a grant names role {data[at]}, which is unknown here") from None
        serial = int.from_bytes(data[at + 1 : at + 9], "big")
        issuer, signature = data[at + 9 : at + 41], data[at + 41 : GRANT_BYTES]
        above = cls.from_bytes(data[GRANT_BYTES:]) if len(data) > GRANT_BYTES else None
        return cls(data[1:at], role, serial, issuer, signature, above)

    def message(self, mesh: MeshId) -> bytes:
        """What the issuer signs."""
        return _DOMAIN + mesh + self._fields()

    def check(self, mesh_key: bytes, mesh: MeshId) -> None:
        """See that the chain holds under the key of the mesh.

        Raises:
            RefusedError: it does not (AUTH_FAILED).
        """
        above = self.issuer_grant
        if above is not None:
            if above.public_key != self.issuer or above.issuer_grant is not None:
                raise _refused("does not go back to the key of this mesh")
            if above.role < Role.ADMIN or self.role > ADMINS_GIVE_MOST:
                raise _refused("was given by a board that may not give it")
            above.check(mesh_key, mesh)
        elif self.issuer != mesh_key:
            raise _refused("does not go back to the key of this mesh")
        if not verify_again(self.issuer, self.signature, self.message(mesh)):
            raise _refused("has a signature that does not hold")

    def _fields(self) -> bytes:
        return bytes((_FORM,)) + self.public_key + bytes((self.role,)) + self.serial.to_bytes(8, "big") + self.issuer


def role_shown(grant: bytes) -> Role | None:
    """The role that a grant names, whether it holds or not; None if there is no grant."""
    try:
        return Grant.from_bytes(grant).role
    except DecodeError:
        return None


def _refused(what: str) -> RefusedError:
    return RefusedError(CloseCode.AUTH_FAILED, f"the grant of this board {what}; it must be invited")
