"""Tickets: what a host gives its guest to show at another board of the mesh (docs/formats/wire.md, "Other boards").

A ticket says who the guest is, how it was let in and what it may do; any node that knows the secret of the epoch can
check it, and nobody else can make one. It ends with the epoch, and never by a clock.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import final

from edgeboard.errors import CloseCode, DecodeError, RefusedError
from edgeboard.identity.grants import Role
from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import PersonId, RoomId

TICKET_MAX = 200  # characters

_FORM = 1
_DOMAIN = b"edgeboard-ticket-1"
_MAC_BYTES = 32
_FIELDS_BYTES = 1 + 4 + 16 + 1 + 1 + 16 + 16
_NONE = bytes(16)


class Admitted(IntEnum):
    """How a guest was let in; whoever may come by one of these need not show anything lower."""

    OPEN = 1  # whoever is on the network
    PIN = 2
    TOKEN = 3


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who was let in, how, and to do what.

    Attributes:
        role: VIEW or DRAW.
        room: the only room it is for, or None.
        token: id of the token that was shown (16 bytes), or None.
    """

    person: PersonId
    admitted: Admitted
    role: Role
    room: RoomId | None = None
    token: bytes | None = None

    def to_bytes(self, epoch: int) -> bytes:
        head = bytes((_FORM,)) + epoch.to_bytes(4, "big") + self.person
        return head + bytes((self.admitted, self.role)) + (self.room or _NONE) + (self.token or _NONE)


@final
class Tickets:
    """Seals and reads tickets with the secret of the mesh.

    Args:
        secret: the present secret; asked each time, because epochs change.
    """

    def __init__(self, secret: Callable[[], MeshSecret]) -> None:
        self._secret = secret

    def seal(self, ticket: Ticket) -> str:
        """The ticket as text of at most `TICKET_MAX` characters, fit for an address."""
        secret = self._secret()
        fields = ticket.to_bytes(secret.epoch)
        return base64.urlsafe_b64encode(fields + secret.mac(_DOMAIN + secret.mesh + fields)).decode().rstrip("=")

    def read(self, text: str) -> Ticket:
        """The ticket that `seal` made, here or on another node.

        Raises:
            DecodeError: not a ticket.
            RefusedError: of another epoch or mesh, or altered (AUTH_FAILED).
        """
        if len(text) > TICKET_MAX or not text.isascii():
            raise DecodeError("not a ticket")
        try:
            data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise DecodeError("not a ticket") from None
        if len(data) != _FIELDS_BYTES + _MAC_BYTES or data[0] != _FORM:
            raise DecodeError("not a ticket")
        secret = self._secret()
        fields, mac = data[:_FIELDS_BYTES], data[_FIELDS_BYTES:]
        if not secret.holds(mac, _DOMAIN + secret.mesh + fields):
            raise RefusedError(CloseCode.AUTH_FAILED, "this ticket was not made in this mesh, or not in this epoch")
        person, rest = fields[5:21], fields[21:]
        room, token = rest[2:18], rest[18:34]
        return Ticket(
            PersonId(person),
            Admitted(rest[0]),
            Role(rest[1]),
            None if room == _NONE else RoomId(room),
            None if token == _NONE else token,
        )

    def holds(self, text: str) -> bool:
        """Whether a ticket is one of this mesh and epoch."""
        try:
            self.read(text)
        except (DecodeError, RefusedError):
            return False
        return True
