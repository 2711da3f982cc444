"""Batches that leave together: what is done for a message once is not done for each of them.

A message is encoded once for all links that get the same.
"""

from collections.abc import Iterator, Sequence
from typing import Final, final

from edgeboard.ids import RoomId
from edgeboard.wire.messages import BATCHES_MAX, Batches, BatchIs, encode

TOGETHER: Final = 6 * 1024  # bytes of batches in one message


@final
class Packing:
    """The messages of one turn."""

    def __init__(self) -> None:
        self._encoded: dict[tuple[int, ...], tuple[Sequence[bytes], bytes]] = {}  # by the identities of the batches

    def forget(self) -> None:
        """The turn is over."""
        if self._encoded:
            self._encoded = {}

    def alone(self, room: RoomId, batch: bytes) -> bytes:
        """The message that carries one batch."""
        return self._encode(room, (batch,))

    def together(self, room: RoomId, batches: Sequence[bytes]) -> Iterator[bytes]:
        """The messages that carry batches of a room, in their order."""
        at = 0
        while at < len(batches):
            end, size = at + 1, len(batches[at])
            while end < len(batches) and end - at < BATCHES_MAX and size + len(batches[end]) <= TOGETHER:
                size += len(batches[end])
                end += 1
            yield self._encode(room, batches[at:end])
            at = end

    def _encode(self, room: RoomId, parcel: Sequence[bytes]) -> bytes:
        key = tuple(map(id, parcel))
        known = self._encoded.get(key)
        if known is None:
            message = BatchIs(room, parcel[0]) if len(parcel) == 1 else Batches(room, tuple(parcel))
            known = self._encoded[key] = parcel, encode(message)  # with the batches, whose identities are theirs alone
        return known[1]
