"""A site with its troubles, from a seed: boards draw, lose their network and their power; an oracle judges the end.

Everything runs on one virtual clock, so hours take minutes and a run repeats exactly from its settings. The boards are
whole nodes without sockets and disks (`testing.cluster`), the network is `testing.lan`.

The oracle: all boards that live hold every op that was called safe, once, nothing that nobody drew, and equal canvases.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import log
from typing import Any, final

from edgeboard.canvas.bodies import Add, Alive, Body, ItemType, Register, Set
from edgeboard.canvas.samples import Stroke
from edgeboard.ids import OpId, RoomId, room_id
from edgeboard.node.values import PipelineSettings
from edgeboard.oplog.codec import encode_stroke
from edgeboard.testing.cluster import Cluster
from edgeboard.testing.lan import LanSettings
from edgeboard.testing.network import Weather
from edgeboard.testing.oracle import Fault, Oracle
from edgeboard.testing.simulated import MESH, Disk, Machine, SimulatedNode

LOOK_S = 0.1  # between two looks whether the boards have converged
POINTS = 24  # of a stroke
RECENT = 20  # items that changes are made to
SLOW = Machine(message_s=0.01, commit_s=1.5)
YEAR_S = 365.25 * 86_400.0
WRONG_S = (-100 * YEAR_S, 10 * YEAR_S)  # that a wrong clock is ahead: one of these; none shows a time before 1970


@dataclass(frozen=True, slots=True)
class SiteSettings:
    nodes: int = 30
    rooms: int = 1
    seed: int = 1
    hours: float = 0.05
    loss: float = 0.0  # share of datagrams
    loss_back: float | None = None  # on the way from a board to one with a lower number; None: as `loss`
    partition_s: float = 0.0  # length of a partition; 0: none
    partition_every_s: float = 300.0
    churn_per_min: float = 0.0  # power cuts; each board comes back
    away_s: float = 20.0  # that a board without power is away, on average
    dead_cards: float = 0.2  # share of power cuts that kill the card as well: the board comes back with nothing
    changes: float = 0.25  # share of gestures that erase, bring back or restyle something that is there
    stroke_every_s: float = 10.0  # of one board, on average
    slow: float = 0.0  # share of boards that need SLOW for everything
    wrong_clocks: float = 0.0  # share of boards whose wall clock says 1970, or is years ahead, and is set at some time
    multicast: bool = True
    settle_s: float = 120.0  # that the boards have at the end, when nothing happens any more
    verify: bool = False  # real signatures


@dataclass(frozen=True, slots=True)
class Report:
    settings: SiteSettings
    strokes: int
    safe: int  # ops that were called safe
    lost: int  # of these, how many are missing somewhere
    doubled: int  # items that nobody drew, or that stand there twice
    changes: int  # gestures that changed what was there
    dead_cards: int
    canvases: int  # different ones, over all rooms, less the number of rooms: 0 is right
    settled_s: float | None  # from the last stroke to equal canvases; None: never
    faults: tuple[Fault, ...]
    power_cuts: int
    messages: int
    bytes: int
    copies: float  # of a broadcast that a board received, on average
    links_most: int
    links_mean: float
    dials: int
    fingerprint: str  # of all canvases and of the traffic: two runs of one seed have the same

    @property
    def is_sound(self) -> bool:
        return not (self.lost or self.doubled or self.canvases or self.settled_s is None)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "sound": self.is_sound}


@final
class Site:
    """One run.

    Args:
        settings: what is to happen.
        progress: told now and then of (virtual seconds done, virtual seconds in all).
        prepare: may change the cluster before anything happens; tests plant faults with it.
    """

    def __init__(
        self,
        settings: SiteSettings,
        progress: Callable[[float, float], None] | None = None,
        prepare: Callable[[Cluster], None] | None = None,
    ) -> None:
        self._settings = settings
        self._progress = progress
        lan = LanSettings(multicast=settings.multicast)
        back = None if settings.loss_back is None else Weather(loss=settings.loss_back)
        self.cluster = Cluster(
            settings.nodes, settings.seed, Weather(loss=settings.loss), PipelineSettings(), lan,
            verify=settings.verify, weather_back=back, machine=self._machine,
        )  # fmt: skip
        self.rooms = {room_id(MESH, name): name for name in (f"room-{number}" for number in range(settings.rooms))}
        self.oracle = Oracle(self.cluster.nodes, list(self.rooms), self.cluster.clock.now)
        self._ends = settings.hours * 3600.0
        self._is_over = False
        self._power_cuts = self._dead_cards = self._changes = 0
        self._received = self._duplicates = 0  # batches, by runs of boards that are over
        if prepare is not None:
            prepare(self.cluster)
        if not settings.multicast:
            for number in range(1, settings.nodes):
                self.cluster.link(number - 1, number)
        for node in self.cluster.nodes:
            for name in self.rooms.values():
                node.feed(partial(node.pipeline.open_room, name))
            self._draw_later(node)
        for node in self.cluster.nodes:
            if node.clock_ahead_s:
                self._after(self._chance(self._ends / 2), partial(setattr, node, "clock_ahead_s", 0.0))
        if settings.partition_s > 0:
            self._after(settings.partition_every_s / 2, self._partition)
        if settings.churn_per_min > 0:
            self._after(self._chance(60.0 / settings.churn_per_min), self._cut_power)

    def _machine(self, number: int) -> Machine:
        rng, settings = random.Random(f"machine {number} of {self._settings.seed}"), self._settings
        machine = SLOW if rng.random() < settings.slow else Machine()
        return replace(machine, clock_ahead_s=rng.choice(WRONG_S)) if rng.random() < settings.wrong_clocks else machine

    def run(self) -> Report:
        """All of it."""
        clock = self.cluster.clock
        while clock.now() < self._ends:
            clock.run(min(LOOK_S, self._ends - clock.now()))
            self.oracle.look()
            if self._progress is not None:
                self._progress(clock.now(), self._ends)
        self._calm_down()
        settled = self._settle()
        return self._report(settled)

    # -- what happens

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        clock = self.cluster.clock

        def unless_over() -> None:
            if clock.now() < self._ends:
                call()

        clock.call_at(clock.now() + seconds, unless_over)

    def _chance(self, mean: float) -> float:
        """Seconds to the next event of a Poisson process."""
        return -mean * log(1.0 - self.cluster.rng.random())

    def _draw_later(self, node: SimulatedNode) -> None:
        self._after(self._chance(self._settings.stroke_every_s), lambda: self._draw(node))

    def _draw(self, node: SimulatedNode) -> None:
        self._draw_later(node)
        if not node.alive:
            return
        rng = self.cluster.rng
        room, name = rng.choice(list(self.rooms.items()))
        body = self._change(node, room) if rng.random() < self._settings.changes else None
        if body is None:
            body = Add(page=0, layer=0, type=ItemType.STROKE, payload=stroke(rng.random))
        made: list[OpId] = []
        node.feed(lambda now: made.extend(node.pipeline.draw(name, [body], now)))
        if not isinstance(body, Add):
            self._changes += 1
            return
        for op in made:
            self.oracle.draw(node, room, op)

    def _change(self, node: SimulatedNode, room: RoomId) -> Body | None:
        """Something that somebody does to what is there, anybody's; None if nothing is."""
        rng, engine = self.cluster.rng, node.pipeline.rooms.get(room)
        items = [] if engine is None else engine.document.items()
        if not items:
            return None
        target = items[int(rng.random() * min(len(items), RECENT))].id  # a few are fought over
        kind = rng.random()
        if kind < 0.5:
            return Set(target, Register.Z, f"{int(kind * 1000):03d}")
        return Alive(target, alive=kind > 0.75)

    def _cut_power(self) -> None:
        """A board loses its power; what it could call safe by then must never be lost."""
        settings, cluster = self._settings, self.cluster
        self._after(self._chance(60.0 / settings.churn_per_min), self._cut_power)
        alive = [node for node in cluster.nodes if node.alive]
        if len(alive) < max(2, settings.nodes // 2):
            return
        node = cluster.rng.choice(alive)
        card_dies = cluster.rng.random() < settings.dead_cards
        self.oracle.lose_power(node, card_dies=card_dies)
        self._count(node)
        cluster.lan.crash(node.number)
        self._power_cuts += 1
        if card_dies:
            self._dead_cards += 1
            node.disk = Disk(commit_s=node.disk.commit_s)
            for name in self.rooms.values():
                node.disk.names[room_id(MESH, name)] = name
        away = self._chance(settings.away_s)
        cluster.clock.call_at(cluster.clock.now() + away, lambda: self._power_up(node))

    def _power_up(self, node: SimulatedNode) -> None:
        if not node.alive:
            node.start()
            if self.cluster.lan.is_whole:
                self.oracle.expect("power cut")

    def _partition(self) -> None:
        """The site falls into two parts, of any sizes."""
        settings, cluster = self._settings, self.cluster
        self.oracle.expect_nothing()  # what was not there yet may now be beyond reach
        share = cluster.rng.uniform(0.1, 0.5)
        cluster.lan.partition({number: 1 for number in range(settings.nodes) if cluster.rng.random() < share})
        cluster.clock.call_at(cluster.clock.now() + settings.partition_s, self._heal)
        self._after(max(settings.partition_every_s, settings.partition_s + 30.0), self._partition)

    def _heal(self) -> None:
        if self._is_over:
            return
        self.cluster.lan.heal()
        self.oracle.expect_nothing()  # of power cuts in one half: this one takes their place
        self.oracle.expect("partition")

    # -- the end

    def _calm_down(self) -> None:
        """No strokes and no faults any more; every board has power."""
        self._is_over = True
        cluster = self.cluster
        cluster.lan.heal()
        for node in cluster.nodes:
            if not node.alive:
                node.start()

    def _settle(self) -> float | None:
        clock = self.cluster.clock
        start = clock.now()
        while clock.now() - start < self._settings.settle_s:
            clock.run(LOOK_S)
            if self.oracle.look() and self.oracle.are_equal():
                settled = clock.now() - start
                clock.run(6.0)  # receipts of the last strokes
                return settled
        return None

    def _report(self, settled: float | None) -> Report:
        cluster = self.cluster
        for node in cluster.nodes:
            self.oracle.note_safe(node)
        lost, doubled = self.oracle.count_lost_and_doubled()
        statistics = [node.pipeline.mesh.statistics() for node in cluster.nodes]
        for node in cluster.nodes:
            self._count(node)
        links = [len(each.links) for each in statistics]
        messages, size = cluster.traffic()
        told = hashlib.sha256(f"{messages} {size} {self._received} {self._duplicates}".encode())
        for node in cluster.nodes:
            for room in self.rooms:
                told.update(node.pipeline.rooms[room].document.digest())
        self.oracle.give_up()
        return Report(
            settings=self._settings,
            strokes=len(self.oracle.drawn),
            safe=len(self.oracle.safe),
            lost=lost,
            doubled=doubled,
            canvases=self.oracle.count_canvases(),
            settled_s=settled,
            faults=tuple(self.oracle.faults),
            changes=self._changes,
            dead_cards=self._dead_cards,
            power_cuts=self._power_cuts,
            messages=messages,
            bytes=size,
            copies=1 + self._duplicates / self._received if self._received else 1.0,
            links_most=max(links),
            links_mean=sum(links) / len(links),
            dials=cluster.lan.dials,
            fingerprint=told.hexdigest()[:16],
        )

    def _count(self, node: SimulatedNode) -> None:
        """Add what a run of a board has received."""
        self._received += node.pipeline.counters.received
        self._duplicates += node.pipeline.counters.duplicates


def stroke(chance: Callable[[], float]) -> bytes:
    """The payload of a short stroke somewhere on the canvas."""
    x, y = 1000 * chance(), 1000 * chance()
    xs, ys = [], []
    for _ in range(POINTS):
        x, y = x + 8 * chance() - 2, y + 8 * chance() - 4
        xs.append(round(x * 4))
        ys.append(round(y * 4))
    return encode_stroke(0, 0, 12, Stroke(4, xs, ys))
