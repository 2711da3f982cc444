"""When a floor is due: what is dead at it is let go of by every board alike (docs/formats/oplog.md, rule 8).

Rules of this file:
- a floor names what was held at a moment that lies the undo window back, by this board's own uptime and no other clock;
- it is due only if everyone present has on disk all that it names, enough is dead at it, and nothing that is dead at it
  lives now: so it ends nothing that anybody sees, and nothing that was erased a while ago only;
- looking is done in small steps, because a room may be large and the pens do not wait.

Which of the boards logs it is settled without a word: each has a rank among those present, the first one logs it at
once, and the others only after a pause for each rank before theirs, in case the first one does not.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, final

from edgeboard.canvas.document import Document
from edgeboard.canvas.facts import Fact
from edgeboard.canvas.floors import mortal
from edgeboard.canvas.merge import View
from edgeboard.ids import OpId
from edgeboard.vectors import Vector

STEP: Final = 256  # items looked at in one step: a millisecond or two on a small board
STEP_S: Final = 0.02  # between steps
LOOKS: Final = 24  # in an undo window


@dataclass(frozen=True, slots=True)
class CompactionSettings:
    """What an owner may say about letting go of what was erased."""

    enabled: bool = True  # off: this board logs no floors; it still follows those of others
    undo_window_s: float = 86_400.0  # an erased thing can be brought back for this long
    dead_least: int = 200  # items: fewer are not worth a floor and a rewriting of the log
    dead_share: float = 0.1  # of the log's bytes: less is not worth it either
    stand_in_s: float = 1_800.0  # a board waits so long for each one before it in rank

    @property
    def look_s(self) -> float:
        """Between two looks."""
        return min(3_600.0, max(0.1, self.undo_window_s / LOOKS))


@dataclass(frozen=True, slots=True)
class Found:
    """What a look has found."""

    items: int = 0  # dead at the moment looked at, and not gone yet
    bytes: int = 0  # of their adds, about
    revived: bool = False  # one of them lives now, so that moment is of no use


@final
class Look:
    """One look at what was dead when `seen` was held, in steps."""

    def __init__(self, document: Document, seen: Vector) -> None:
        self.seen = seen
        self.dead: set[OpId] = set()
        self.found: Found | None = None  # once it is done
        self._document = document
        self._inside = View(document.facts, document.admins, seen)
        self._rest: Iterator[OpId] = iter([fact.id for fact in mortal(document.facts)])
        self._bytes = 0

    def step(self) -> bool:
        """Look at some more; True when all has been looked at."""
        for item in islice(self._rest, STEP):
            for fact in self._document.facts.contents(item):
                if not self._document.is_gone(item) and self._inside.counts(fact) and self._inside.is_dead(fact):
                    self._take(fact)
            if self.found is not None:
                return True
        if self._rest.__length_hint__():  # type: ignore[attr-defined]  # of a list's iterator
            return False
        self.found = Found(len(self.dead), self._bytes)
        return True

    def _take(self, fact: Fact) -> None:
        if self._document.is_alive(fact.id):
            self.found = Found(len(self.dead), self._bytes, revived=True)
        self.dead.add(fact.id)
        self._bytes += sum(len(each.tail) for each in (fact, *self._document.facts.pieces.get(fact.id, ())))


@dataclass(frozen=True, slots=True)
class CompactionStatistics:
    """A snapshot of a watch."""

    enabled: bool
    dead_items: int  # as the last look found them
    dead_bytes: int
    floors: int  # logged by this board, in this run


@final
class FloorWatch:
    """Watches over one room's canvas, and says when a floor is due."""

    def __init__(self, settings: CompactionSettings, now: float) -> None:
        self._settings = settings
        self._moments: deque[tuple[float, Vector]] = deque()  # when, and what was held; oldest first
        self._due = now
        self._look: Look | None = None
        self._spoken_of: set[OpId] = set()  # while looking
        self._ready_since: float | None = None
        self._found = Found()
        self._floors = 0

    def next_timer(self) -> float | None:
        return self._due if self._settings.enabled else None

    def postpone(self, now: float) -> None:
        """This is no time to look; ask again in a while."""
        self._due = now + self._settings.look_s

    def touched(self, items: Iterable[OpId]) -> None:
        """These items may look different now."""
        if self._look is not None:
            self._spoken_of.update(items)

    def on_timer(
        self, now: float, document: Document, held: Vector, size: int, rank: int, covered: Callable[[Vector], bool]
    ) -> Vector | None:
        """What a floor that is due now has to name; None if there is none.

        Args:
            now: monotonic seconds.
            document: the canvas.
            held: what the log holds.
            size: bytes of the log.
            rank: how many boards that are present come before this one.
            covered: whether everyone present has on disk what a vector names.
        """
        if not self._settings.enabled or now < self._due:
            return None
        if self._look is None:
            self._due = now + self._settings.look_s
            self._begin(now, document, held, covered)
        if self._look is None:
            return None
        self._due = now + STEP_S
        look = self._look
        if not look.step():
            return None
        self._due = now + self._settings.look_s
        self._look = None
        assert look.found is not None
        revived = look.found.revived or any(document.is_alive(item) for item in self._spoken_of & look.dead)
        self._found = look.found
        enough = look.found.items >= self._settings.dead_least and look.found.bytes >= self._settings.dead_share * size
        if revived or not enough:
            self._ready_since = None if not enough else self._ready_since
            return None
        if self._ready_since is None:
            self._ready_since = now
        if now - self._ready_since < rank * self._settings.stand_in_s or not covered(look.seen):
            return None
        self._ready_since = None
        self._floors += 1
        self._found = Found()
        while self._moments and look.seen.includes(self._moments[0][1]):
            self._moments.popleft()
        return look.seen

    def _begin(self, now: float, document: Document, held: Vector, covered: Callable[[Vector], bool]) -> None:
        """Remember this moment, and look at the newest one that is old enough and that everyone has."""
        if not self._moments or self._moments[-1][1] != held:
            self._moments.append((now, held))
        elder = [moment for at, moment in self._moments if now - at >= self._settings.undo_window_s]
        while len(elder) > 1 and self._moments[1][0] <= now - self._settings.undo_window_s and covered(elder[1]):
            self._moments.popleft()
            elder.pop(0)
        while len(self._moments) > 2 * LOOKS:  # somebody present lacks what the older ones name
            del self._moments[1]
        if elder and covered(elder[0]):
            self._look = Look(document, elder[0])
            self._spoken_of = set()

    def statistics(self) -> CompactionStatistics:
        """What the last look has found, and what came of it."""
        return CompactionStatistics(self._settings.enabled, self._found.items, self._found.bytes, self._floors)
