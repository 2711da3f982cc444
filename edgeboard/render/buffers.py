"""Buffers of pixels that are used again and again, so that nothing is allocated while a panel shows what changes."""

from dataclasses import dataclass
from typing import Final, final

SPARE_MAX: Final = 1024  # buffers of one size that wait


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """Counts since the pool was made, and what waits in it now."""

    made: int  # buffers that had to be allocated
    used_again: int
    spare: int
    spare_bytes: int


@final
class Pool:
    """Spare buffers by size. What comes out of it holds whatever was in it."""

    def __init__(self, budget: int) -> None:
        """
        Args:
            budget: bytes of buffers that wait; what is given back beyond it is let go.
        """
        self._budget = budget
        self._spare: dict[int, list[bytearray]] = {}
        self._bytes = 0
        self._made = 0
        self._used_again = 0

    def take(self, size: int) -> bytearray:
        """A buffer of exactly so many bytes.

        Raises:
            ValueError: less than one.
        """
        if size < 1:
            raise ValueError(f"a buffer of {size} bytes; it has at least one")
        waiting = self._spare.get(size)
        if waiting:
            self._used_again += 1
            self._bytes -= size
            return waiting.pop()
        self._made += 1
        return bytearray(size)

    def give(self, buffer: bytearray) -> None:
        """A buffer that nobody uses any more."""
        size = len(buffer)
        waiting = self._spare.setdefault(size, [])
        if size and self._bytes + size <= self._budget and len(waiting) < SPARE_MAX:
            waiting.append(buffer)
            self._bytes += size

    def statistics(self) -> PoolStatistics:
        spare = sum(len(waiting) for waiting in self._spare.values())
        return PoolStatistics(self._made, self._used_again, spare, self._bytes)
