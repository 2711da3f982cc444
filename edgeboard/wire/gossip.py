"""The messages by which nodes keep their mesh: who is a member, and how news travels. Forms as in `wire.messages`."""

from dataclasses import dataclass
from typing import ClassVar, Final

from edgeboard.ids import RoomId
from edgeboard.wire import fields as form
from edgeboard.wire.fields import Check

MEMBERS_MAX: Final = 512  # of a mesh, and so of a roster
RECORDS_MAX: Final = 64  # in one message
RECORD_MAX: Final = 2_048  # bytes of one
VECTOR_MAX: Final = 2 * 1024 * 1024  # bytes
ROSTER: Final = RoomId(bytes(16))  # stands where a room stands: the members themselves


@dataclass(frozen=True, slots=True)
class Members:
    records: tuple[bytes, ...]  # `wire.members`
    NUMBER: ClassVar[int] = 25
    CHECKS: ClassVar[tuple[Check, ...]] = (form.blobs(RECORDS_MAX, RECORD_MAX),)


@dataclass(frozen=True, slots=True)
class Roster:
    """What the sender knows of the members: whoever knows more, says it."""

    known: tuple[tuple[bytes, int, int], ...]  # node id, boot number, count within that boot
    NUMBER: ClassVar[int] = 36
    CHECKS: ClassVar[tuple[Check, ...]] = (form.versions(MEMBERS_MAX),)


@dataclass(frozen=True, slots=True)
class Have:
    """News that the sender has and does not push on this link."""

    room: bytes
    vector: bytes  # of the authors that it is about
    NUMBER: ClassVar[int] = 28
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.blob(VECTOR_MAX))


@dataclass(frozen=True, slots=True)
class Prune:
    """What you push comes by another link as well: tell me only that you have it."""

    room: bytes
    NUMBER: ClassVar[int] = 29
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16),)


@dataclass(frozen=True, slots=True)
class Graft:
    """Push to me again."""

    room: bytes
    NUMBER: ClassVar[int] = 30
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16),)


@dataclass(frozen=True, slots=True)
class Cover:
    """Does your disk hold this? If it does, say so in your record."""

    room: bytes
    vector: bytes
    NUMBER: ClassVar[int] = 37
    CHECKS: ClassVar[tuple[Check, ...]] = (form.exactly(16), form.blob(VECTOR_MAX))


Gossip = Members | Roster | Have | Prune | Graft | Cover
