"""How news travels in a mesh that is not linked all to all: along a tree that finds and mends itself.

The tree is that of Plumtree (Leitão, Pereira, Rodrigues: Epidemic Broadcast Trees, 2007), one for each topic (a room,
or the roster), with version vectors in the place of message ids. A link is eager at first and carries news at once. Who
gets news a second time prunes that link: it becomes lazy at both ends and is only told, in gathered HAVEs, what there
is. Whoever is told of something and lacks it after a while grafts that link, and asks for what he lacks. When an eager
link is lost all lazy ones become eager again, and the next news prune them.

The tree may be wrong at any time; then news are late, never lost, since vectors are compared on every ping.
"""

from collections.abc import Iterable
from typing import NamedTuple, final

from edgeboard.ids import AuthorTag, RoomId
from edgeboard.mesh.values import BroadcastSettings
from edgeboard.timers import soonest
from edgeboard.vectors import Vector

AWAITED_MAX = 4_096  # news that we were told of and lack; of more, the pings will tell


class Awaited(NamedTuple):
    end: int
    link: int
    due: float


@final
class Broadcast:
    """Which links of a node are lazy, what they are still to be told, and what we were told and lack."""

    def __init__(self, settings: BroadcastSettings) -> None:
        self._settings = settings
        self._lazy: dict[RoomId, set[int]] = {}
        self._news: dict[tuple[int, RoomId], dict[AuthorTag, int]] = {}
        self._news_due: float | None = None
        self._awaited: dict[tuple[RoomId, AuthorTag], Awaited] = {}

    def is_lazy(self, topic: RoomId, link: int) -> bool:
        return link in self._lazy.get(topic, ())

    def make_lazy(self, topic: RoomId, link: int) -> bool:
        """News of a topic come by another link as well; False if this one was lazy already."""
        lazy = self._lazy.setdefault(topic, set())
        if link in lazy:
            return False
        lazy.add(link)
        return True

    def make_eager(self, topic: RoomId, link: int) -> bool:
        """A link carries news of a topic at once; False if it did already."""
        lazy = self._lazy.get(topic)
        if lazy is None or link not in lazy:
            return False
        lazy.discard(link)
        self._news.pop((link, topic), None)
        return True

    def lost(self, link: int) -> list[tuple[RoomId, int]]:
        """A link has ended, or answers nothing.

        Returns:
            (topic, link) of those that are eager from now on, because the tree went through it.
        """
        self._news = {key: news for key, news in self._news.items() if key[0] != link}
        self._awaited = {key: each for key, each in self._awaited.items() if each.link != link}
        promoted: list[tuple[RoomId, int]] = []
        for topic, lazy in self._lazy.items():
            if link in lazy:
                lazy.discard(link)
                continue
            promoted += [(topic, each) for each in sorted(lazy)]
            lazy.clear()
        return promoted

    # -- telling lazy links

    def tell(self, topic: RoomId, link: int, author: AuthorTag, end: int, now: float) -> None:
        """A lazy link is to hear that we have the entries of `author` below `end`."""
        self._news.setdefault((link, topic), {})[author] = end
        if self._news_due is None:
            self._news_due = now + self._settings.gather_s

    def told_us(self, topic: RoomId, vector: Vector, mine: Vector, link: int, now: float) -> None:
        """A link says what it has; what of it we lack should come by another link soon."""
        for missing in vector.beyond(mine):
            key = (topic, missing.author)
            known = self._awaited.get(key)
            if known is None and len(self._awaited) < AWAITED_MAX:
                self._awaited[key] = Awaited(missing.end, link, now + self._settings.graft_s)
            elif known is not None and missing.end > known.end:
                self._awaited[key] = known._replace(end=missing.end)

    def arrived(self, topic: RoomId, author: AuthorTag, end: int) -> None:
        """The entries of `author` below `end` are here."""
        known = self._awaited.get((topic, author))
        if known is not None and known.end <= end:
            del self._awaited[topic, author]

    # -- time

    def next_timer(self) -> float | None:
        awaited = min(each.due for each in self._awaited.values()) if self._awaited else None
        return soonest(awaited, self._news_due)

    def news(self, now: float) -> Iterable[tuple[int, RoomId, Vector]]:
        """What is to be told now: (link, topic, what we have)."""
        if self._news_due is None or now < self._news_due:
            return ()
        self._news_due = None
        told, self._news = self._news, {}
        return [(link, topic, Vector(ends)) for (link, topic), ends in told.items()]

    def overdue(self, now: float) -> dict[tuple[RoomId, int], dict[AuthorTag, int]]:
        """What has not come in time: by topic and the link that has it, how far each author."""
        late = [key for key, each in self._awaited.items() if each.due <= now]
        found: dict[tuple[RoomId, int], dict[AuthorTag, int]] = {}
        for topic, author in late:
            each = self._awaited.pop((topic, author))
            found.setdefault((topic, each.link), {})[author] = each.end
        return found
