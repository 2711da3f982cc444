"""Live items on their way out: gathered for a tick, packed into frames of one chunk, and the first to be dropped."""

from itertools import count
from typing import final

from edgeboard.ids import RoomId
from edgeboard.wire.live import LIVE_ITEMS_MAX, LIVE_MAX, Live, LiveItem, LiveKind, encode_live, item_size

PENDING_MAX = 256  # items a link may have waiting; the oldest are dropped
FRAMES_PER_TICK = 8
HEAD = 1  # bytes of a frame before its items
ORIGIN = slice(0, 8)  # of a cursor's body


@final
class LiveOutbox:
    """What waits for the next tick, by link and room."""

    def __init__(self, tick_s: float) -> None:
        self._tick_s = tick_s
        self._pending: dict[int, dict[tuple[RoomId, bytes | int], LiveItem]] = {}
        self._numbers = count()
        self._due: float | None = None
        self.dropped = 0

    def put(self, link: int, room: RoomId, item: LiveItem, now: float) -> None:
        """Queue one item; a cursor replaces the cursor of the same origin."""
        items = self._pending.setdefault(link, {})
        key = (room, item.body[ORIGIN] if item.kind == LiveKind.CURSOR else next(self._numbers))
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
        """Everything that waits, as (link, frame); the queue is empty then.

        Args:
            handles: the number each link knows a room by.
        """
        self._due = None
        pending, self._pending = self._pending, {}
        frames: list[tuple[int, bytes]] = []
        for link, items in pending.items():
            by_room: dict[RoomId, list[LiveItem]] = {}
            for (room, _), item in items.items():
                by_room.setdefault(room, []).append(item)
            for room, queue in by_room.items():
                if (link, room) in handles:
                    packed = packets(queue)
                    self.dropped += len(queue) - sum(map(len, packed[:FRAMES_PER_TICK]))
                    handle = handles[link, room]
                    frames += [(link, encode_live(Live(handle, part))) for part in packed[:FRAMES_PER_TICK]]
        return frames


def packets(items: list[LiveItem]) -> list[tuple[LiveItem, ...]]:
    """Items in frames of one chunk, in order; those that fit in none are left out."""
    found: list[tuple[LiveItem, ...]] = []
    part: list[LiveItem] = []
    size = HEAD
    for item in items:
        needs = item_size(item)
        if HEAD + needs > LIVE_MAX:
            continue
        if size + needs > LIVE_MAX or len(part) == LIVE_ITEMS_MAX:
            found.append(tuple(part))
            part, size = [], HEAD
        part.append(item)
        size += needs
    return [*found, tuple(part)] if part else found
