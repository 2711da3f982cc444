"""Queues bounded in bytes, each with a named policy for what happens when it is full.

No queue waits for room: whoever puts is never blocked, and whoever loses is chosen by the policy and counted.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar, final

T = TypeVar("T")


class Overflow(Enum):
    """What gives way when a queue is full."""

    DROP_OLDEST = "drop oldest"  # for what ages: previews, positions, frames
    REFUSE = "refuse"  # for what must not be lost: the caller hears it and says so


@dataclass(frozen=True, slots=True)
class QueueStatistics:
    items: int
    bytes: int
    bytes_max: int
    put: int  # taken in all, since the start
    dropped: int  # taken, and dropped before anyone got them
    refused: int


@final
class ByteQueue(Generic[T]):
    """First in, first out, for one event loop.

    An item that is larger than the whole queue is refused under either policy.

    Args:
        bytes_max: what the queue may hold.
        overflow: what happens beyond that.
        size: how many bytes an item counts.
    """

    def __init__(self, bytes_max: int, overflow: Overflow, size: Callable[[T], int]) -> None:
        self._bytes_max = bytes_max
        self._overflow = overflow
        self._size = size
        self._items: deque[T] = deque()
        self._bytes = 0
        self._put = self._dropped = self._refused = 0
        self._arrival: asyncio.Event | None = None

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        """From the oldest on; nothing is taken out."""
        return iter(self._items)

    @property
    def bytes(self) -> int:
        return self._bytes

    @property
    def room_left(self) -> int:
        """Bytes that fit without anything giving way."""
        return self._bytes_max - self._bytes

    def put(self, item: T) -> bool:
        """Append; False if the item was refused."""
        size = self._size(item)
        if size > (self._bytes_max if self._overflow is Overflow.DROP_OLDEST else self.room_left):
            self._refused += 1
            return False
        while size > self.room_left:
            self._dropped += 1
            self._take()
        self._items.append(item)
        self._bytes += size
        self._put += 1
        if self._arrival is not None:
            self._arrival.set()
        return True

    def take(self) -> T | None:
        """The oldest item, or None when there is none."""
        return self._take() if self._items else None

    def drop_first(self, count: int) -> None:
        """Take out the `count` oldest items, which were read by iterating."""
        for _ in range(count):
            self._take()

    async def get(self) -> T:
        """The oldest item; waits until there is one."""
        if self._arrival is None:
            self._arrival = asyncio.Event()
        while not self._items:
            self._arrival.clear()
            await self._arrival.wait()
        return self._take()

    def statistics(self) -> QueueStatistics:
        return QueueStatistics(
            items=len(self._items),
            bytes=self._bytes,
            bytes_max=self._bytes_max,
            put=self._put,
            dropped=self._dropped,
            refused=self._refused,
        )

    def _take(self) -> T:
        item = self._items.popleft()
        self._bytes -= self._size(item)
        return item
