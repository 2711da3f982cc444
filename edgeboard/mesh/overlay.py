"""Who links to whom: all to all in a small mesh, a ring with random chords in a larger one.

Rules of this file:
- up to `full_mesh_max` nodes each links to all; above, to its two neighbours on the ring of node ids and to random
  others, `degree` in all. The ring keeps the mesh in one piece, the random links keep it short;
- a link that answers nothing counts as none, and its place is filled, but it stays open: the radio may come back;
- discovery's news are dialled at once. Of two that learned of each other from third ones the lower id dials, the
  other only after a while;
- who has been gone is tried again now and then, by everybody a little: so two halves of a mesh meet again;
- who lied, forged or flooded is neither dialled nor let in for a while;
- a board that stands by for another is linked to it besides, so that it hears at once when that one is gone;
- links above the degree go one by one, never those of the ring, and never the last ones of the other side.

The engine knows no addresses but those in the roster, and dials nobody itself: it says `Dial`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import final

from edgeboard.ids import NodeId
from edgeboard.mesh.members import Members
from edgeboard.mesh.values import Dial, OverlaySettings
from edgeboard.timers import soonest

SOON_S = 0.01  # changes gathered before the next look
SLOW_S = 1.0  # a dial that takes longer may come to nothing, and holds no place; a good one takes 0.1 s
AGAIN_S = 1.0  # until another look, while links are lacking
BESIDES_MAX = 8  # nodes that are linked to besides those of the ring


@dataclass(slots=True)
class Attempts:
    """What came of dialling one node."""

    under_way: bool = False
    since: float = 0.0  # of the one that is under way
    failures: int = 0  # in a row
    again_at: float = 0.0


@final
class Overlay:
    """Decides on the links of one node.

    Args:
        settings: how many links, and how often what is tried.
        members: the roster.
        random: a number from 0 to below 1.
    """

    def __init__(self, settings: OverlaySettings, members: Members, random: Callable[[], float]) -> None:
        self._settings = settings
        self._members = members
        self._random = random
        self._good: frozenset[NodeId] = frozenset()  # linked and heard
        self._linked: frozenset[NodeId] = frozenset()  # the silent ones as well
        self._besides: frozenset[NodeId] = frozenset()
        self._attempts: dict[NodeId, Attempts] = {}
        self._wanted_since: dict[NodeId, float] = {}
        self._shunned: dict[NodeId, float] = {}  # whom we do not want, and until when
        self._was_alive: frozenset[NodeId] = frozenset()
        self._near: tuple[frozenset[NodeId], frozenset[NodeId]] | None = None  # the living; with whom discovery sees
        self._look_due: float | None = None
        self._probe_due = 0.0
        self._trim_due = 0.0
        self._rotate_due: float | None = None
        self._started: float | None = None

    # -- what happens

    def link_changed(self, linked: Iterable[NodeId], good: Iterable[NodeId], now: float) -> None:
        """These nodes are linked now, and these of them answer."""
        linked, good = frozenset(linked), frozenset(good)
        if linked == self._linked and good == self._good:
            return
        for node in good - self._good:
            self._attempts.pop(node, None)
        self._linked, self._good = linked, good
        self.look_soon(now)

    def failed(self, node: NodeId, now: float) -> None:
        """A dial that was asked for has come to nothing."""
        attempts = self._attempts.setdefault(node, Attempts())
        attempts.under_way = False
        attempts.failures += 1
        pause = min(self._settings.pause_last_s, self._settings.pause_first_s * 2 ** min(attempts.failures - 1, 16))
        attempts.again_at = now + pause * (0.5 + self._random() / 2)
        self.look_soon(now)

    def found(self, node: NodeId, now: float) -> None:
        """Discovery has just seen a node: whatever was tried before may work now."""
        attempts = self._attempts.get(node)
        if attempts is not None:
            attempts.failures, attempts.again_at = 0, 0.0
        self.look_soon(now)

    def shun(self, node: NodeId, until: float, now: float) -> None:
        """Want nothing of a node for a while."""
        self._shunned[node] = until
        self.look_soon(now)

    def link_besides(self, nodes: Iterable[NodeId], now: float) -> None:
        """Be linked to these as well, whatever the size of the mesh; those that were named before are not any more."""
        besides = frozenset(sorted(frozenset(nodes) - {self._members.me})[:BESIDES_MAX])
        if besides != self._besides:
            self._besides = besides
            self.look_soon(now)

    def is_shunned(self, node: NodeId) -> bool:
        return node in self._shunned

    def look_soon(self, now: float) -> None:
        """Something is different."""
        self._near = None
        if self._look_due is None or self._look_due > now + SOON_S:
            self._look_due = now + SOON_S

    def is_dialled(self, node: NodeId) -> bool:
        """Whether a dial of this node is under way."""
        attempts = self._attempts.get(node)
        return attempts is not None and attempts.under_way

    # -- what is wanted

    def near(self) -> frozenset[NodeId]:
        """Who can be linked to, as far as is known: the living, and whom discovery sees unless he did not answer."""
        alive = self._members.alive()
        if self._near is None or self._near[0] is not alive:
            hinted = {node for node in self._members.hinted() if not self._failures(node)}
            self._near = alive, (alive | hinted) - self._shunned.keys()
        return self._near[1]

    def _failures(self, node: NodeId) -> int:
        attempts = self._attempts.get(node)
        return 0 if attempts is None else attempts.failures

    @property
    def size(self) -> int:
        """How many nodes the mesh has now, with ourselves."""
        return 1 + len(self.near())

    @property
    def is_full(self) -> bool:
        """Whether every node is to be linked to every other."""
        return self.size <= self._settings.full_mesh_max

    def ring(self) -> frozenset[NodeId]:
        """Our two neighbours on the ring, among those that are alive; one or none in a mesh of two or one."""
        me = self._members.me
        others = sorted(self.near() - (self._linked - self._good))
        if not others:
            return frozenset()
        above = [node for node in others if node > me]
        below = [node for node in others if node < me]
        return frozenset({above[0] if above else others[0], below[-1] if below else others[-1]})

    def admits(self, node: NodeId) -> bool:
        """Whether one more link, which `node` has opened, is welcome."""
        if not self._is_open:
            return False
        return len(self._good) < self._settings.degree_most or self.is_full or node in self.ring() | self._besides

    @property
    def _is_open(self) -> bool:
        """Whether there may be more links, those that do not answer counted: if none does, the fault may be ours."""
        return len(self._linked) < 2 * self._settings.degree_most

    def next_timer(self) -> float | None:
        if self._started is None:
            return self._look_due
        return soonest(self._look_due, self._probe_due, self._trim_due, self._rotate_due)

    def on_timer(self, now: float) -> list[Dial | NodeId]:
        """What is to be done now: a node to dial, or one whose link is not needed any more."""
        settings = self._settings
        if self._started is None:
            self._started = now
            self._probe_due = now + settings.probe_s * (0.5 + self._random())
            self._trim_due = now + settings.trim_s * (0.5 + self._random())
            self._rotate_due = now + settings.rotate_s * (0.5 + self._random())
            self.look_soon(now)
        for node in [node for node, until in self._shunned.items() if now >= until]:
            del self._shunned[node]
            self.look_soon(now)
        done: list[Dial | NodeId] = []
        if self._look_due is not None and now >= self._look_due:
            self._look_due = None
            done += self._look(now)
        if now >= self._probe_due:
            self._probe_due = now + settings.probe_s * (0.5 + self._random())
            done += self._probe(now)
        if now >= self._trim_due:
            self._trim_due = now + settings.trim_s * (0.5 + self._random())
            done += self._trim()
        if self._rotate_due is not None and now >= self._rotate_due:
            self._rotate_due = now + settings.rotate_s * (0.5 + self._random())
            done += self._rotate(now)
        return done

    def _look(self, now: float) -> list[Dial | NodeId]:
        """Dial who is wanted and not linked."""
        self._give_up(now)
        near = self.near()
        self._welcome(near & self._members.alive())
        if self.is_full:
            wanted, chosen = near - self._good, frozenset[NodeId]()
        else:
            wanted = (self.ring() | self._besides & near) - self._good
            chosen = frozenset(self._choose(near - self._linked, wanted, now))
        wanted -= self._linked  # a silent link to the same node is not replaced before it ends or answers
        for node in self._wanted_since.keys() - wanted:
            del self._wanted_since[node]
        done: list[Dial | NodeId] = []
        for node in sorted(wanted | chosen):
            since = self._wanted_since.setdefault(node, now) if node in wanted else now
            is_ours = node in chosen or node in self._members.hinted() or self._members.me < node
            ready_at = since if is_ours else since + self._settings.yield_s
            done += self._dial(node, ready_at, now)
        if wanted or len(self._good) < min(self._settings.degree, len(near)):
            self._look_due = min(self._look_due or now + AGAIN_S, now + AGAIN_S)
        return done

    def _welcome(self, alive: frozenset[NodeId]) -> None:
        """Others hear who was not heard before: what was tried in vain until now may work."""
        for node in alive - self._was_alive:
            attempts = self._attempts.get(node)
            if attempts is not None and not attempts.under_way:
                del self._attempts[node]
        self._was_alive = alive

    def _choose(self, others: frozenset[NodeId], ring: frozenset[NodeId], now: float) -> list[NodeId]:
        """Random ones to fill the view, beside those of the ring that are still to come.

        The living first: discovery names a board that was killed for minutes yet.
        """
        under_way = {node: attempts.since for node, attempts in self._attempts.items() if attempts.under_way}
        coming = {node for node, since in under_way.items() if now - since < SLOW_S} | ring
        lack = self._settings.degree - len(self._good) - len(coming)
        free = [n for n in sorted(others - coming) if self._is_ready(n, now) and self._has_room(n)] if lack > 0 else []
        alive = self._members.alive()
        chosen: list[NodeId] = []
        for pool in ([node for node in free if node in alive], [node for node in free if node not in alive]):
            while pool and len(chosen) < lack:
                chosen.append(pool.pop(int(self._random() * len(pool))))
        return chosen

    def _has_room(self, node: NodeId) -> bool:
        return self._members.degree(node) < self._settings.degree_most

    def _is_ready(self, node: NodeId, now: float) -> bool:
        attempts = self._attempts.get(node)
        return attempts is None or (not attempts.under_way and attempts.again_at <= now)

    def _dial(self, node: NodeId, ready_at: float, now: float) -> list[Dial | NodeId]:
        attempts = self._attempts.get(node, Attempts())
        if (
            not self._is_open
            or attempts.under_way
            or sum(each.under_way for each in self._attempts.values()) >= self._settings.dials_most
        ):
            return []
        ready_at = max(ready_at, attempts.again_at)
        if ready_at > now:
            if self._look_due is None or self._look_due > ready_at:
                self._look_due = ready_at
            return []
        self._attempts[node] = attempts
        attempts.under_way, attempts.since = True, now
        return [Dial(node, self._members.urls(node))]

    def _give_up(self, now: float) -> None:
        """A dial of which nothing was heard has failed, whatever became of the answer."""
        late = [n for n, a in self._attempts.items() if a.under_way and now - a.since >= self._settings.dial_s]
        for node in late:
            self.failed(node, now)

    def _probe(self, now: float) -> list[Dial | NodeId]:
        """Try one of those that are gone."""
        self._give_up(now)
        known = {record.node for record in self._members} | self._members.hinted()
        absent = known - self.near() - self._linked - {self._members.me} - self._shunned.keys()
        gone = [node for node in sorted(absent) if self._is_ready(node, now)]
        return self._dial(gone[int(self._random() * len(gone))], now, now) if gone else []

    def _spare(self) -> list[NodeId]:
        """Links that both sides can do without, those of the most linked first."""
        settings, kept = self._settings, self.ring() | self._besides
        spare = [
            node
            for node in self._good
            if node not in kept and self._members.degree(node) > settings.degree and not self._is_ring_of(node)
        ]
        return sorted(spare, key=lambda node: (-self._members.degree(node), node))

    def _is_ring_of(self, node: NodeId) -> bool:
        """Whether we are next to a node on the ring as it stands without our own view of it."""
        me = self._members.me
        others = sorted((self._members.alive() | {me}) - {node})
        above = [each for each in others if each > node]
        below = [each for each in others if each < node]
        return me in {above[0] if above else others[0], below[-1] if below else others[-1]}

    def _trim(self) -> list[Dial | NodeId]:
        """Let go of one link, if there are more than are wanted."""
        if self.is_full or len(self._good) <= self._settings.degree:
            return []
        spare = self._spare()
        if not spare and len(self._good) > self._settings.degree_most:
            kept = self.ring() | self._besides
            spare = sorted(node for node in self._good if node not in kept and not self._is_ring_of(node))
        return [spare[0]] if spare else []

    def _rotate(self, now: float) -> list[Dial | NodeId]:
        """Link to somebody new; `_trim` then lets go of an older one."""
        if self.is_full or len(self._good) > self._settings.degree:
            return []
        others = self._members.alive() - self._linked
        free = [node for node in sorted(others) if self._is_ready(node, now) and self._has_room(node)]
        return self._dial(free[int(self._random() * len(free))], now, now) if free else []
