"""The error tree of edgeboard.

    EdgeboardError
    ├── DecodeError          remote: bytes from a peer, a file or a browser break a format
    │   └── LimitError       remote: well formed, but larger than a named limit
    ├── RefusedError         remote: understood, and not allowed (carries a close code)
    │   └── SignatureError   remote: a signature, MAC or hash does not hold
    ├── StateError           local: a call that the state table has no row for; nothing has changed
    ├── SourceError          local: a source (of the marquee, of updates) does not answer, or not as its settings say
    │   └── MissingError     local: it answers, and has not got what was asked for
    ├── StoreError           local: the store cannot read or write (disk full, damaged, locked)
    ├── TransportError       local: a link could not be opened or has ended
    ├── UserError            local: something the person at the keyboard can mend; the text says how
    └── VerificationError    remote: an update is not what its signers have signed (names the attack it would be)

A decoder raises only ``DecodeError`` (or its child), so a caller needs one ``except``.
Foreign exceptions are wrapped where they enter, and never cross a port.
"""

from enum import IntEnum


class CloseCode(IntEnum):
    """Why a link or an operation was refused. Numbers are on the wire: append only (docs/formats/wire.md)."""

    NORMAL = 1
    TOO_BIG = 2
    RATE = 3
    BAD_SIGNATURE = 4
    TOO_OLD = 5
    ROOM_FULL = 6
    AUTH_FAILED = 7
    OTHER_MESH = 8
    CLONE = 9
    MALFORMED = 10
    SLOW = 11
    GOING_AWAY = 12
    LIMIT = 13
    SILENT = 14
    FORBIDDEN = 15
    STORE_FULL = 16
    REVOKED = 17
    EPOCH = 18
    PIN = 19


class EdgeboardError(Exception):
    """Root of the tree; never raised itself."""


class DecodeError(EdgeboardError):
    """Bytes from outside break a format."""


class LimitError(DecodeError):
    """Well-formed bytes exceed a named limit."""


class RefusedError(EdgeboardError):
    """Understood, and not allowed.

    Attributes:
        code: the reason as it goes over the wire.
    """

    def __init__(self, code: CloseCode, text: str) -> None:
        super().__init__(text)
        self.code = code


class SignatureError(RefusedError):
    """A signature, MAC or hash does not hold."""

    def __init__(self, text: str) -> None:
        super().__init__(CloseCode.BAD_SIGNATURE, text)


class StateError(EdgeboardError):
    """A call the state table has no row for; the state is unchanged."""


class SourceError(EdgeboardError):
    """What the marquee shows, or a source of updates, cannot be read."""


class MissingError(SourceError):
    """A source of updates has not got what was asked for."""


class StoreError(EdgeboardError):
    """The store cannot read or write."""


class TransportError(EdgeboardError):
    """A link could not be opened, or has ended."""


class UserError(EdgeboardError):
    """Something the person at the keyboard can mend; the text is one line and says how."""


class VerificationError(EdgeboardError):
    """An update that is not what its signers have signed, or not for this board; nothing of it is used.

    Attributes:
        attack: what it would be if somebody meant it (`edgeboard.ota.values.Attack`).
    """

    def __init__(self, attack: str, text: str) -> None:
        super().__init__(text)
        self.attack = attack
