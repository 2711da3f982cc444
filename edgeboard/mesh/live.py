"""Live items on their way out: gathered for a tick, packed into frames of one chunk, and the first to be dropped."""

from typing import Any, final

from edgeboard.ids import RoomId
from edgeboard.wire.messages import LIVE_MAX, Live, encode

PENDING_MAX = 256  # items a link may have waiting; the oldest are dropped
FRAMES_PER_TICK = 8
CURSOR = 1  # of a cursor only the newest matters


@final
class LiveOutbox:
    """What waits for the next tick, by link and room."""

    def __init__(self, tick_s: float) -> None:
        self._tick_s = tick_s
        self._pending: dict[int, dict[tuple[RoomId, object], list[Any]]] = {}
        self._due: float | None = None
        self.dropped = 0

    def put(self, link: int, room: RoomId, item: list[Any], now: float) -> None:
        """Queue one item; a cursor replaces the cursor of the same origin."""
        items = self._pending.setdefault(link, {})
        key = (room, (item[0], CURSOR) if item[3] == CURSOR else (item[0], item[3], item[1]))
        items.pop(key, None)
        items[key] = item
        if len(items) > PENDING_MAX:
            del items[next(iter(items))]
            self.dropped += 1
        if self._due is None:
            self._due = now + self._tick_s

    def forget(self, link: int) -> None:
        self._pending.pop(link, None)

    def next_timer(self) -> float | None:
        return self._due

    def frames(self, handles: dict[tuple[int, RoomId], int]) -> list[tuple[int, bytes]]:
        """Everything that waits, as (link, message); the queue is empty then.

        Args:
            handles: the number each link knows a room by.
        """
        self._due = None
        pending, self._pending = self._pending, {}
        frames: list[tuple[int, bytes]] = []
        for link, items in pending.items():
            by_room: dict[RoomId, list[list[Any]]] = {}
            for (room, _), item in items.items():
                by_room.setdefault(room, []).append(item)
            for room, queue in by_room.items():
                if (link, room) in handles:
                    frames += [(link, data) for data in self._pack(handles[link, room], queue)]
        return frames

    def _pack(self, handle: int, items: list[list[Any]]) -> list[bytes]:
        frames: list[bytes] = []
        start = 0
        while start < len(items):
            if len(frames) == FRAMES_PER_TICK:
                self.dropped += len(items) - start
                break
            end, data = start + 1, encode(Live(handle, items[start : start + 1]))
            while end < len(items):
                longer = encode(Live(handle, items[start : end + 1]))
                if len(longer) > LIVE_MAX:
                    break
                end, data = end + 1, longer
            if len(data) <= LIVE_MAX:
                frames.append(data)
            else:
                self.dropped += 1
            start = end
        return frames
