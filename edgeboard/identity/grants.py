"""Grants: what a node may do, signed by the key of its mesh.

A mesh has no owner key yet, so nobody can check the signature: a grant is carried, must name its bearer, and gives
nothing. `DEFAULT_ROLE` is what every node of a mesh without an owner holds.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from edgeboard.errors import DecodeError
from edgeboard.identity.keys import PUBLIC_KEY_BYTES, SIGNATURE_BYTES

_FORM = 1  # first byte of the encoding
_FIELDS_BYTES = 1 + PUBLIC_KEY_BYTES + 1 + 8 + 4
GRANT_BYTES = _FIELDS_BYTES + SIGNATURE_BYTES


class Role(IntEnum):
    """What a node may do; each includes those before it. Numbers are on the wire: append only."""

    VIEW = 1
    DRAW = 2
    MODERATE = 3
    ADMIN = 4
    UPDATE = 5


DEFAULT_ROLE = Role.DRAW


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant as it travels; `signature` is of the mesh key and is not checked here."""

    public_key: bytes  # of the node that it is for
    role: Role
    serial: int  # revocations name it
    epoch: int
    signature: bytes

    def to_bytes(self) -> bytes:
        """form u8 ‖ public key 32 ‖ role u8 ‖ serial u64 ‖ epoch u32 ‖ signature 64."""
        fields = bytes((_FORM,)) + self.public_key + bytes((self.role,))
        return fields + self.serial.to_bytes(8, "big") + self.epoch.to_bytes(4, "big") + self.signature

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            DecodeError: another form, length or role.
        """
        if len(data) != GRANT_BYTES or data[0] != _FORM:
            raise DecodeError("not a grant of a form known here")
        at = 1 + PUBLIC_KEY_BYTES
        try:
            role = Role(data[at])
        except ValueError:
            raise DecodeError(f"a grant names role {data[at]}, which is unknown here") from None
        serial, epoch = int.from_bytes(data[at + 1 : at + 9], "big"), int.from_bytes(data[at + 9 : at + 13], "big")
        return cls(data[1:at], role, serial, epoch, data[at + 13 :])
