"""Whose time it is: one reference for all boards that reach each other, found without a vote, and no loops on the way.

Rules of this file:
- each board says in each answer whose time it has, over how many links, and the reference's newest beat (`Advert`);
- the reference is the board of the lowest id; a board that comes first takes the time it finds (`is_lone` ranks last),
  and is the reference only once it has it, so time goes on when the reference changes;
- a beat is the reference's count of its seconds. A neighbour is followed only if its beat is newer than ours, or as new
  and its way shorter (the feasibility condition of DSDV, Perkins and Bhagwat 1994; beats as in FTSP, Maróti et al.
  2004): no loop comes of it;
- a reference whose beat stands still is lost: time runs on at the rate that was measured, until the next takes over;
- whom others contradict who have the same time is left out: a member that lies moves nobody but those who see only him.
"""

from dataclasses import dataclass
from math import inf
from typing import Final, final

from edgeboard.ids import NodeId
from edgeboard.timesync.estimator import DRIFT_MAX, Estimator

HOPS_MAX: Final = 15  # as many as NTP's strata
ENOUGH: Final = 3  # samples of a neighbour before it is followed
STALE_S: Final = 30.0  # a neighbour that has not answered for so long is not followed
LOST_S: Final = 30.0  # a reference whose beat has not risen for so long is gone
TAKE_OVER_S: Final = 10.0  # a board has followed for so long before it leads itself
SHUN_S: Final = 600.0  # that a liar is left out
DOUBT_S: Final = 0.005  # beyond all bounds, before a board's word is doubted
KNOWN_MAX: Final = 32  # references that are remembered
BEAT_BITS: Final = 32  # of a beat: seconds of a boot; the boot number stands above
RATE_MAX: Final = 2 * DRIFT_MAX  # of mesh time to any board's clock

Rank = tuple[bool, bool, bytes]


@dataclass(frozen=True, slots=True)
class Advert:
    """What a board says of its mesh time: its clock and `ahead_s`, a moment ago, and faster than that by `drift`."""

    reference: NodeId
    hops: int  # 0: it is the reference
    beat: int  # of the reference, the newest that has come
    is_lone: bool  # nobody has followed it yet, and it nobody
    is_dated: bool  # the time came from a wall clock that was set
    ahead_s: float
    drift: float
    error_s: float  # the most that it may be wrong by

    @property
    def rank(self) -> Rank:
        """The lowest leads: time that several have before that of a lone board, then dated before not, then the id."""
        return self.is_lone, not self.is_dated, self.reference


@dataclass(slots=True)
class Neighbour:
    """A board at the other end of a link."""

    node: NodeId
    clock: Estimator
    advert: Advert | None = None
    said_at: float = 0.0  # by its clock
    heard_at: float = 0.0  # by ours
    shunned_until: float = -inf
    doubts: int = 0  # answers in a row that nobody else supports

    def line(self) -> tuple[float, float, float]:
        """Its mesh time by our clock: (a moment of ours, mesh seconds then, drift)."""
        line, advert = self.clock.line, self.advert
        assert line is not None
        assert advert is not None
        theirs = line.at + line.ahead_s
        mesh_s = theirs + advert.ahead_s + advert.drift * (theirs - self.said_at)
        drift = (1.0 + advert.drift) * (1.0 + line.drift) - 1.0
        return line.at, mesh_s, max(-RATE_MAX, min(RATE_MAX, drift))

    def mesh_at(self, now: float) -> float:
        """Mesh seconds, as it says."""
        at, mesh_s, drift = self.line()
        return mesh_s + (now - at) * (1.0 + drift)

    def error_at(self, now: float) -> float:
        assert self.advert is not None
        return self.advert.error_s + self.clock.error_at(now)


@dataclass(slots=True)
class Known:
    """What is remembered of a reference, so that what it said long ago is not taken for news."""

    newest: int  # beat that anybody has told of
    risen_at: float  # when that came
    beat: int = -1  # with which we have followed it last, and over how many links
    hops: int = HOPS_MAX + 1

    def is_lost(self, now: float) -> bool:
        return now - self.risen_at > LOST_S

    def allows(self, advert: Advert) -> bool:
        """Whether no loop can come of following this."""
        return advert.beat > self.beat or (advert.beat == self.beat and advert.hops < self.hops)


@final
class Reference:
    """Whom this board follows, and what mesh time it makes of that. Its line is the target; `slewing` shows it."""

    def __init__(self, node: NodeId, boot: int, now: float, mesh_s: float, *, is_dated: bool) -> None:
        self.node = node
        self._boot = boot
        self._started = now
        self.reference = node
        self.hops = 0
        self.beat = boot << BEAT_BITS
        self.is_lone = True
        self.is_dated = is_dated
        self.parent: Neighbour | None = None
        self.error_s = 0.0
        self._at, self._mesh_s, self.drift = now, mesh_s, 0.0
        self._known: dict[NodeId, Known] = {}
        self._since = now  # this reference is followed
        self._with_others_at = now
        self.shunned = 0  # boards that were left out so far

    def mesh_at(self, now: float) -> float:
        """The target."""
        return self._mesh_s + (now - self._at) * (1.0 + self.drift)

    def set_forward(self, now: float, mesh_s: float) -> None:
        """A lone board without a clock learns that mesh time had been there already."""
        if self.is_lone and not self.is_dated and mesh_s > self.mesh_at(now):
            self._at, self._mesh_s = now, mesh_s

    @property
    def leads(self) -> bool:
        return self.reference == self.node and self.hops == 0

    @property
    def rank(self) -> Rank:
        return self.is_lone, not self.is_dated, self.reference

    def advert(self, now: float) -> Advert:
        """What we say."""
        if self.leads:
            self.beat = self._boot << BEAT_BITS | int(now - self._started)
        error_s = self.error_s + (0.0 if self.leads else 1e-6 * (now - self._at))
        ahead = self.mesh_at(now) - now
        return Advert(self.reference, self.hops, self.beat, self.is_lone, self.is_dated, ahead, self.drift, error_s)

    def choose(self, neighbours: list[Neighbour], now: float) -> None:
        """Look whom to follow, and take its time. To be called when something was heard, and now and then."""
        heard = [each for each in neighbours if _is_usable(each, now)]
        self._note_beats(heard, now)
        self._tell_lone(heard, now)
        direct = {each.node: each for each in heard}
        open_to = [each for each in heard if self._may_follow(each, direct, now)]
        if self.parent is not None and (self.parent not in open_to or self._changed_sides(self.parent)):
            self.parent = None
        best = min(open_to, key=self._preference, default=None)
        if best is not None and best is not self.parent and self._is_better(best):
            self._follow(best, now)
        if self.parent is not None:
            self._take(self.parent, heard, now)
        elif not self.leads and self._is_lost(now):
            self._lead(now)
        if not self.leads and not self.is_lone and self._is_ready(now):
            self._lead(now)

    # -- whom

    def _note_beats(self, heard: list[Neighbour], now: float) -> None:
        for each in heard:
            advert = each.advert
            assert advert is not None
            known = self._known.get(advert.reference)
            if known is None:
                self._known[advert.reference] = Known(advert.beat, now)
                if len(self._known) > KNOWN_MAX:
                    del self._known[min(self._known, key=lambda node: self._known[node].risen_at)]
            elif advert.beat > known.newest:
                known.newest, known.risen_at = advert.beat, now

    def _is_lost(self, now: float) -> bool:
        """Whether our reference is gone."""
        known = self._known.get(self.reference)
        return known is None or known.is_lost(now)

    def _tell_lone(self, heard: list[Neighbour], now: float) -> None:
        """Lone is who has had nobody to agree with for a while; then the time of others goes before ours."""
        if any(each.advert is not None and each.advert.reference == self.reference for each in heard):
            if self.leads and self.is_lone:
                self.is_lone = not any(self._follows_us(each) for each in heard)
            self._with_others_at = now
        elif not self.is_lone and now - self._with_others_at > LOST_S:
            self.is_lone = True
            self._lead(now)

    def _follows_us(self, neighbour: Neighbour) -> bool:
        """Whether a board has our time, and not that of an earlier run of ours."""
        advert = neighbour.advert
        return advert is not None and advert.hops > 0 and advert.beat >> BEAT_BITS == self._boot

    def _may_follow(self, neighbour: Neighbour, direct: dict[NodeId, Neighbour], now: float) -> bool:
        advert = neighbour.advert
        assert advert is not None
        if advert.hops >= HOPS_MAX or (advert.hops == 0) != (advert.reference == neighbour.node):
            return False
        if advert.reference == self.node:
            return self.is_lone and not advert.is_lone  # they still have the time of our last run
        source = direct.get(advert.reference)
        if source is not None and source is not neighbour:  # the reference itself is heard: nobody speaks for it
            said = source.advert
            assert said is not None
            if said.reference != advert.reference or said.is_lone != advert.is_lone:
                return False
        known = self._known.get(advert.reference)
        if known is None or known.is_lost(now) or not (neighbour is self.parent or known.allows(advert)):
            return False
        return advert.rank < self.rank or (advert.rank == self.rank and not self.leads)

    def _changed_sides(self, parent: Neighbour) -> bool:
        """Whether the board that we follow has another reference now, that is not better than ours."""
        advert = parent.advert
        assert advert is not None
        return advert.rank > self.rank

    def _preference(self, neighbour: Neighbour) -> tuple[Rank, int, bytes]:
        assert neighbour.advert is not None
        return neighbour.advert.rank, neighbour.advert.hops, neighbour.node

    def _is_better(self, neighbour: Neighbour) -> bool:
        """Than what we follow now: another way to the same reference has to be shorter."""
        advert, parent = neighbour.advert, self.parent
        assert advert is not None
        if parent is None or parent.advert is None:
            return True
        return (advert.rank, advert.hops) < (parent.advert.rank, parent.advert.hops)

    def _follow(self, neighbour: Neighbour, now: float) -> None:
        advert = neighbour.advert
        assert advert is not None
        if advert.rank != self.rank or self.leads:
            self._since = now
        self.parent = neighbour
        self.is_lone, self.is_dated = advert.is_lone, advert.is_dated
        self.reference = advert.reference

    def _is_ready(self, now: float) -> bool:
        """Whether this board comes before its reference, and has had its time for a while."""
        return self.node <= self.reference and now - self._since >= TAKE_OVER_S

    def _lead(self, now: float) -> None:
        """Go on by ourselves, from where time is and at its rate."""
        self._at, self._mesh_s = now, self.mesh_at(now)
        self.parent = None
        self.reference, self.hops = self.node, 0
        self.error_s = 0.0
        self._since = now

    # -- what time

    def _take(self, parent: Neighbour, heard: list[Neighbour], now: float) -> None:
        advert = parent.advert
        assert advert is not None
        is_same = advert.reference == self.reference
        self.is_lone, self.is_dated, self.reference = advert.is_lone, advert.is_dated, advert.reference
        self.hops, self.beat = advert.hops + 1, advert.beat
        known = self._known[advert.reference]
        known.beat, known.hops = self.beat, self.hops
        if not is_same:  # it has gone over to a better one, and we with it
            self._since = now
        elif self._is_doubtful(parent, heard, now):
            return
        self._at, self._mesh_s, self.drift = parent.line()
        self.error_s = parent.error_at(now)

    def _is_doubtful(self, parent: Neighbour, heard: list[Neighbour], now: float) -> bool:
        """Whether what the parent says now is neither what it said before nor what others say; then it is not taken.

        Of boards with the same reference the majority is right (RFC 5905, section 11.2.1, in short). Two alone cannot
        tell: whoever sees nobody else believes what is said again and again.
        """
        if now - self._since < TAKE_OVER_S:
            return False
        said, ours = parent.mesh_at(now), self.mesh_at(now)
        bound = parent.error_at(now) + self.error_s + DOUBT_S
        if abs(said - ours) <= bound:
            parent.doubts = 0
            return False
        others = [each for each in heard if each is not parent and each.advert and each.advert.rank == self.rank]
        with_it = sum(abs(each.mesh_at(now) - said) <= bound + each.error_at(now) for each in others)
        with_us = sum(abs(each.mesh_at(now) - ours) <= bound + each.error_at(now) for each in others)
        parent.doubts += 1
        if with_it > with_us or (not others and parent.doubts > ENOUGH):
            parent.doubts = 0
            return False
        if parent.doubts > ENOUGH:
            parent.doubts = 0
            parent.shunned_until = now + SHUN_S
            self.shunned += 1
        return True


def _is_usable(neighbour: Neighbour, now: float) -> bool:
    """Whether enough is known of it, and lately."""
    if neighbour.advert is None or len(neighbour.clock) < ENOUGH or now < neighbour.shunned_until:
        return False
    return now - neighbour.heard_at <= STALE_S
