"""A node among the members of its mesh: tells them of itself, passes on what they tell, and keeps the links it wants.

Records travel along the tree of the roster (`mesh.broadcast`). On a new link, and when two pings in a row name another
roster, both sides say which versions they know, and each gives the other what that lacks.
"""

from collections.abc import Callable, Mapping
from typing import final

from edgeboard.errors import CloseCode, LimitError
from edgeboard.ids import NodeId
from edgeboard.mesh.broadcast import Broadcast
from edgeboard.mesh.flow import LinkState
from edgeboard.mesh.members import Members, number_of, tag_of
from edgeboard.mesh.overlay import Overlay
from edgeboard.mesh.values import CloseLink, Dial, MeshSettings, Oneself
from edgeboard.timers import soonest
from edgeboard.wire import gossip
from edgeboard.wire.gossip import RECORDS_MAX, ROSTER, Prune, Roster
from edgeboard.wire.members import ROUND_TRIP_MAX, About, Neighbour, Record
from edgeboard.wire.messages import Message
from edgeboard.wire.releases import Report

LEFT_ALONE = "this board is left alone here for what it did"
REFUSED_S = 3.0  # a link that ends so soon was no link
ASKED_S = 1.0  # that the answer to a ROSTER may take: what it repeats is no sign of a loop in the tree
ALTERNATIVES = 3  # members that are named to somebody for whom there is no room
STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, ROUND_TRIP_MAX)  # ms


@final
class Membership:
    """What a node knows and says of members, and whom it wants to be linked to."""

    def __init__(
        self,
        settings: MeshSettings,
        oneself: Oneself,
        links: Mapping[int, LinkState],
        broadcast: Broadcast,
        say: Callable[[LinkState, Message], None],
        out: Callable[[CloseLink | Dial], None],
    ) -> None:
        me = oneself
        self._settings = settings
        self._oneself = oneself
        self._links = links
        self._broadcast = broadcast
        self._say = say
        self._out = out
        self.members = Members(me.mesh, me.public_key, me.boot, me.sign, me.verify, me.admits)
        self.overlay = Overlay(settings.overlay, self.members, me.random)
        self._urls: tuple[str, ...] = ()
        self._is_behind = False
        self._reports: tuple[Report, ...] = ()
        self._covers: Callable[[], tuple[bytes, ...]] = lambda: ()
        self._record_due: float | None = 0.0  # when our record is to be looked at
        self._round_trips_due = 0.0
        self._alive: frozenset[NodeId] = frozenset()  # when somebody asked last
        self._news: dict[NodeId, int | None] = {}  # records to be passed on, and the link that each came by
        self._news_due: float | None = None

    # -- links

    def link_up(self, state: LinkState, now: float) -> bool:
        """A link to a node is open; False if there is no room for it, and then it is being closed."""
        node = NodeId(state.node)
        if self.overlay.is_shunned(node):
            self._out(CloseLink(state.link, CloseCode.FORBIDDEN, LEFT_ALONE))
            return False
        if not self.overlay.is_dialled(node) and not self.overlay.admits(node):
            others = [r for r in self.members if r.node not in (node, self.members.me) and self._has_room(r)]
            others.sort(key=lambda record: (len(record.about.neighbours), record.node))
            self._give(state, others[:ALTERNATIVES])
            most = self._settings.overlay.degree_most
            self._out(CloseLink(state.link, CloseCode.LIMIT, f"{most} links are enough; these have room for more"))
            return False
        state.roster_asked = now
        self.catch_up(state)
        self.links_changed(now)
        return True

    def catch_up(self, state: LinkState) -> None:
        """Say whom we know in which version."""
        self._say(state, Roster(self.members.versions()))

    def _has_room(self, record: Record) -> bool:
        is_alive = record.node in self.members.alive()
        return is_alive and len(record.about.neighbours) < self._settings.overlay.degree_most

    def link_down(self, state: LinkState, now: float) -> None:
        if now - state.opened < REFUSED_S:
            self.overlay.failed(NodeId(state.node), now)
        self.links_changed(now)

    def links_changed(self, now: float) -> None:
        """A link has come or gone, fallen silent, or answers again."""
        nodes = [state for state in self._links.values() if not state.is_guest]
        good = {NodeId(state.node) for state in nodes if not self._is_silent(state)}
        self.members.hear(good)
        self.overlay.link_changed({NodeId(state.node) for state in nodes}, good, now)
        self.tell_soon(now)

    def _is_silent(self, state: LinkState) -> bool:
        return state.missed >= self._settings.suspect_pings

    # -- what is said of us

    def set_urls(self, urls: tuple[str, ...], now: float) -> None:
        """Where our board can be reached."""
        self._urls = urls
        self.tell_soon(now)

    def set_behind(self, is_behind: bool, now: float) -> None:
        """Whether we lack something that others hold."""
        if is_behind != self._is_behind:
            self._is_behind = is_behind
            self.tell_soon(now)

    def set_reports(self, reports: tuple[Report, ...], now: float) -> None:
        """How releases fared on this board."""
        if reports != self._reports:
            self._reports = reports
            self.tell_soon(now)

    def tell_covers(self, covers: Callable[[], tuple[bytes, ...]]) -> None:
        """What our disk holds of what was asked for (`mesh.coverage`), when somebody wants to know."""
        self._covers = covers

    def tell_soon(self, now: float) -> None:
        """Something else is true of us."""
        due = now + self._settings.record_gather_s
        self._record_due = due if self._record_due is None else min(due, self._record_due)

    def _tell(self, now: float) -> None:
        """Say what is true of us now, if that was not said."""
        self._record_due = None
        is_due = now >= self._round_trips_due
        if is_due:
            self._round_trips_due = now + self._settings.round_trip_every_s
        said = {each.node: each.round_trip_ms for each in self.members.own.about.neighbours}
        states = [s for s in self._links.values() if not s.is_guest and not self._is_silent(s)]
        neighbours = [
            Neighbour(NodeId(s.node), restate(said.get(NodeId(s.node), 0), step(s.round_trip_s), is_due=is_due))
            for s in sorted(states, key=lambda s: s.node)
        ]
        me = self._oneself
        about = About(
            me.name,
            me.software,
            self._urls,
            tuple(neighbours),
            self._is_behind,
            me.grant,
            self._covers(),
            self._reports,
        )
        if self.members.tell(about):
            self._news[self.members.me] = None
            self._pass_on(now)

    # -- gossip

    def receive(self, state: LinkState, message: Message, now: float) -> bool:
        """Take a message that is about members; False if it is not.

        Raises:
            DecodeError, SignatureError: a record that is not one.
        """
        match message:
            case gossip.Members(records):
                self._learn(state, records, now)
            case Roster(known):
                self._give(state, self.members.beyond(known))
                theirs = {node: (boot, count) for node, boot, count in known}
                lacks = any(self._version(NodeId(node)) < version for node, version in theirs.items())
                if lacks and now - state.roster_asked >= self._settings.ping_s:
                    state.roster_asked = now
                    self.catch_up(state)
            case _:
                return False
        return True

    def _version(self, node: NodeId) -> tuple[int, int]:
        record = self.members.get(node)
        return (0, -1) if record is None else record.version

    def _learn(self, state: LinkState, records: tuple[bytes, ...], now: float) -> None:
        is_news = False
        for data in records:
            try:
                record = self.members.take(data)
            except LimitError:
                break
            if record is not None:
                is_news = True
                self._news[record.node] = state.link
                self._broadcast.arrived(ROSTER, tag_of(record), number_of(record))
        if is_news:
            self.overlay.look_soon(now)
            if self._news_due is None:
                self._news_due = now + self._settings.records_gather_s
        elif records and now - state.roster_asked > ASKED_S and self._broadcast.make_lazy(ROSTER, state.link):
            self._say(state, Prune(ROSTER))

    def _pass_on(self, now: float) -> None:
        """Give what is news to all links of the tree but those that it came by; the others are told of it."""
        news, self._news, self._news_due = self._news, {}, None
        found = [(record, source) for node, source in news.items() if (record := self.members.get(node)) is not None]
        for state in self._links.values():
            news_here = [r for r, source in found if source != state.link and r.node != state.node]
            if state.is_guest:
                continue
            if not self._broadcast.is_lazy(ROSTER, state.link):
                self._give(state, news_here)
                continue
            for record in news_here:
                self._broadcast.tell(ROSTER, state.link, tag_of(record), number_of(record), now)

    def _give(self, state: LinkState, records: list[Record]) -> None:
        for at in range(0, len(records), RECORDS_MAX):
            self._say(state, gossip.Members(tuple(record.data for record in records[at : at + RECORDS_MAX])))

    def compare(self, state: LinkState, digest: bytes, now: float) -> None:
        """A ping names the roster of its sender.

        If the two differ as they did at the ping before, what is lacking is not under way: both say what they know.
        """
        pair = digest, self.members.digest()
        if digest == pair[1]:
            state.rosters = b"", b""
        elif pair != state.rosters:
            state.rosters = pair
        elif now - state.roster_asked >= self._settings.ping_s:
            state.roster_asked = now
            self.catch_up(state)

    # -- discovery and dialling

    def found(self, node: NodeId, urls: tuple[str, ...], now: float) -> None:
        """Discovery sees a node at these addresses; no addresses: it does not see it any more."""
        self.members.hint(node, urls)
        self.overlay.found(node, now)

    def dial_failed(self, node: NodeId, now: float) -> None:
        self.overlay.failed(node, now)

    # -- time

    def next_timer(self) -> float | None:
        return soonest(self._record_due, self._news_due, self.overlay.next_timer())

    def on_timer(self, now: float) -> None:
        if now >= self._round_trips_due:
            self.tell_soon(now)
        if self._record_due is not None and now >= self._record_due:
            self._tell(now)
        if self._news_due is not None and now >= self._news_due:
            self._pass_on(now)
        for wanted in self.overlay.on_timer(now):
            if isinstance(wanted, Dial):
                self._out(wanted)
                continue
            for state in list(self._links.values()):
                if state.node == wanted:
                    self._out(CloseLink(state.link, CloseCode.NORMAL, "others are linked better"))

    def departed(self, now: float) -> frozenset[NodeId]:
        """Who was alive when this was asked last and is not any more."""
        alive = self.members.alive()
        if alive is self._alive:
            return frozenset()
        gone, self._alive = self._alive - alive, alive
        for node in gone:
            self.members.note_gone(node, now)
        return gone


def step(round_trip_s: float | None) -> int:
    """A round-trip time as records say it, in ms and in few steps, so that it seldom changes; 0 if it is not known."""
    if round_trip_s is None:
        return 0
    return next((each for each in STEPS[1:] if round_trip_s * 1000 <= each), ROUND_TRIP_MAX)


def restate(said_ms: int, now_ms: int, *, is_due: bool) -> int:
    """What is said of a round trip: another time than before only if it is due, and more than a step away."""
    if said_ms == 0:
        return now_ms
    is_other = abs(STEPS.index(said_ms) - STEPS.index(now_ms)) > 1
    return now_ms if is_due and is_other and now_ms else said_ms
