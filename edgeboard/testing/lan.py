"""How simulated nodes find and reach each other: a network with discovery, dialling, partitions and power cuts.

What it does, boards on one switch do: discovery tells both of two nodes; a dial takes a moment, is refused by a machine
whose node is dead, and runs into its time limit where nothing comes through; a link that is cut ends when consent runs
out at both its ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from edgeboard.ids import NodeId

if TYPE_CHECKING:
    from edgeboard.testing.cluster import Cluster
    from edgeboard.testing.simulated import SimulatedNode


@dataclass(frozen=True, slots=True)
class LanSettings:
    multicast: bool = True  # whether discovery works
    found_s: tuple[float, float] = (0.05, 1.6)  # until discovery has told somebody of a node that has started
    open_s: tuple[float, float] = (0.03, 0.15)  # from a dial to an authenticated link
    refused_s: float = 0.02  # until a dial of a dead node comes back
    silent_s: float = 5.0  # until a dial through a partition comes back
    consent_s: tuple[float, float] = (10.0, 13.0)  # until a link that carries nothing ends by itself


@final
class Lan:
    """The network of a cluster; without settings nobody finds anybody."""

    def __init__(self, cluster: "Cluster", settings: LanSettings | None) -> None:
        self._cluster = cluster
        self._settings = settings
        self._sides: dict[int, int] = {}  # node number to the side of a partition that it is on
        self._cuts = 0  # partitions so far
        self.dials = self.opened = 0

    def reaches(self, a: int, b: int) -> bool:
        """Whether anything comes through between two machines."""
        return self._sides.get(a, 0) == self._sides.get(b, 0)

    @property
    def is_whole(self) -> bool:
        """Whether there is no partition now."""
        return len(set(self._sides.values())) == 0

    def started(self, node: "SimulatedNode") -> None:
        """A node has started: in a while it and the others hear of each other."""
        if self._settings is None or not self._settings.multicast:
            return
        for other in self._cluster.nodes:
            if other is not node and other.alive and self.reaches(node.number, other.number):
                self._tell(node, other)
                self._tell(other, node)

    def _tell(self, who: "SimulatedNode", of: "SimulatedNode") -> None:
        assert self._settings is not None

        def tell() -> None:
            if of.alive and self.reaches(who.number, of.number):
                who.feed(lambda now: who.pipeline.found(of.node, url_of(of.number), now))

        self._after(self._settings.found_s, tell)

    def _after(self, span: tuple[float, float], call: Callable[[], None]) -> None:
        least, most = span
        clock = self._cluster.clock
        clock.call_at(clock.now() + least + self._cluster.rng.random() * (most - least), call)

    def dial(self, node: "SimulatedNode", wanted: NodeId) -> None:
        """A node wants a link to another."""
        settings, cluster = self._settings, self._cluster
        other = cluster.find(wanted)
        if settings is None:
            return
        self.dials += 1
        if other is None or not self.reaches(node.number, other.number):
            self._after((settings.silent_s, settings.silent_s), lambda: self._fail(node, wanted))
        elif not other.alive:
            self._after((settings.refused_s, settings.refused_s), lambda: self._fail(node, wanted))
        else:
            self._after(settings.open_s, lambda: self._open(node, other))

    def _open(self, node: "SimulatedNode", other: "SimulatedNode") -> None:
        cluster = self._cluster
        if not node.alive:
            return
        if not other.alive or not self.reaches(node.number, other.number):
            self._fail(node, other.node)
        elif not cluster.are_linked(node.number, other.number):
            self.opened += 1
            cluster.link(node.number, other.number)
        # else: it has come the other way meanwhile

    def _fail(self, node: "SimulatedNode", wanted: NodeId) -> None:
        node.feed(lambda now: node.pipeline.dial_failed(wanted, now))

    # -- faults

    def crash(self, number: int) -> None:
        """A power cut: neighbours hear nothing any more, and their links end when consent runs out."""
        node = self._cluster.nodes[number]
        node.crash()
        for pair in self._cluster.pairs():
            if number in pair:
                self._expire(pair)

    def partition(self, sides: dict[int, int]) -> None:
        """Nothing comes through between nodes on different sides; nodes that are not named are on side 0."""
        self._sides = dict(sides)
        self._cuts += 1
        cluster = self._cluster
        for pair in cluster.pairs():
            if not self.reaches(*pair):
                cluster.cut(*pair)
                self._expire(pair)

    def heal(self) -> None:
        """Everything comes through again; links that have not ended yet go on."""
        before, self._sides = self._sides, {}
        self._cuts += 1
        cluster = self._cluster
        for a, b in cluster.pairs():
            if before.get(a, 0) != before.get(b, 0):
                cluster.heal(a, b)

    def _expire(self, pair: tuple[int, int]) -> None:
        """End a link that carries nothing, unless it carries something again by then."""
        if self._settings is None:
            return
        cut, cluster = self._cuts, self._cluster
        pipes = cluster.pipes(*pair)

        def expire() -> None:
            is_the_same = cluster.pipes(*pair) is pipes
            is_dead = not all(cluster.nodes[number].alive for number in pair)
            if is_the_same and (is_dead or (cut == self._cuts and not self.reaches(*pair))):
                cluster.unlink(*pair)

        self._after(self._settings.consent_s, expire)


def url_of(number: int) -> tuple[str, ...]:
    return (f"http://board-{number}.example:8787",)
