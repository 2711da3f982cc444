"""Packets out of bytes, where only the first byte of a packet has bit 7 set.

Such a byte within a packet means that the packet was cut: what came of it is dropped, and the next begins there. So
whatever happens to the line, what is lost is at most the packet that it happened to.
"""

from collections.abc import Callable, Iterator
from typing import final

FIRST = 0x80


@final
class Splitter:
    """Whole packets, as they come."""

    def __init__(self, length_of: Callable[[int], int]) -> None:
        """
        Args:
            length_of: how many bytes a packet has that begins so; 0: not known, it ends where the next begins.
        """
        self._length_of = length_of
        self._rest = bytearray()
        self._skips = False  # what follows belongs to a packet of unknown length
        self.noise = 0  # bytes that belonged to no packet
        self.cut = 0  # packets of which the end is missing
        self.unknown = 0  # packets of unknown length, which are skipped

    def clear(self) -> None:
        """Forget what has come of a packet."""
        self._rest.clear()
        self._skips = False

    def split(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """The packets that are whole now, each with how many bytes came after it."""
        buffer = bytes(self._rest) + data
        self._rest.clear()
        size, at = len(buffer), 0
        while at < size:
            if buffer[at] < FIRST:
                self.noise += not self._skips
                at += 1
                continue
            end = at + self._length_of(buffer[at])
            if end == at:
                self.unknown += 1
                self._skips = True
                at += 1
                continue
            self._skips = False
            packet = buffer[at:end]
            if not packet[1:].isascii():
                self.cut += 1
                at += next(index for index, byte in enumerate(packet) if index and byte >= FIRST)
                continue
            if end > size:
                self._rest += packet
                return
            yield packet, size - end
            at = end
