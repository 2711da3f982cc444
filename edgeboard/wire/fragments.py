"""Messages above 60 KiB in pieces, and back: docs/formats/wire.md, FRAGMENT.

One joiner serves one channel of one link. Pieces of a message come in order and are not interleaved with pieces of
another, because both channels that carry them are ordered.
"""

from collections.abc import Iterator
from typing import final

from edgeboard.errors import DecodeError, LimitError
from edgeboard.wire.messages import Fragment, encode

PIECE = 15 * 1024  # bytes of payload in a fragment: other channels of the link wait no longer than for one
WHOLE_MAX = 60 * 1024  # bytes; a message up to this size goes as it is
JOINED_MAX = 2 * 1024 * 1024  # bytes


def split(message: bytes, number: int) -> Iterator[bytes]:
    """The messages that carry `message`: itself, or fragments numbered `number`."""
    if len(message) <= WHOLE_MAX:
        yield message
        return
    total = -(-len(message) // PIECE)
    for index in range(total):
        yield encode(Fragment(number, index, total, message[index * PIECE : (index + 1) * PIECE]))


@final
class Joiner:
    """Puts fragments of one channel together."""

    def __init__(self) -> None:
        self._id = -1
        self._total = 0
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, piece: Fragment) -> bytes | None:
        """Take the next piece; returns the message when it is whole.

        Raises:
            DecodeError: out of order. LimitError: larger than `JOINED_MAX` together.
        """
        if piece.index == 0:
            self._id, self._total, self._parts, self._size = piece.id, piece.total, [], 0
        elif piece.id != self._id or piece.total != self._total or piece.index != len(self._parts):
            raise DecodeError("a fragment is out of order")
        self._size += len(piece.data)
        if self._size > JOINED_MAX:
            raise LimitError(f"fragments of more than {JOINED_MAX} bytes")
        self._parts.append(piece.data)
        if len(self._parts) < self._total:
            return None
        whole = b"".join(self._parts)
        self._id, self._parts = -1, []
        return whole
