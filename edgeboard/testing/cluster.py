"""Clusters of real pipelines on a virtual clock: the same code as on a board, without sockets and disks."""

import random
from collections.abc import Callable
from typing import final

from edgeboard.ids import NodeId
from edgeboard.node.values import PipelineSettings
from edgeboard.testing.clock import VirtualClock
from edgeboard.testing.guest import ScriptedGuest
from edgeboard.testing.lan import Lan, LanSettings
from edgeboard.testing.network import Pipe, Weather
from edgeboard.testing.simulated import Machine, SimulatedNode


@final
class Cluster:
    """Nodes, and the links between them."""

    def __init__(
        self,
        nodes: int,
        seed: int = 0,
        weather: Weather | None = None,
        settings: PipelineSettings | None = None,
        lan: LanSettings | None = None,
        *,
        verify: bool = False,
        viewers: frozenset[int] = frozenset(),
        weather_back: Weather | None = None,
        machine: Callable[[int], Machine] = lambda number: Machine(),
    ) -> None:
        """
        Args:
            nodes: how many; they are numbered from 0.
            seed: of all chance.
            weather: how links behave.
            settings: of every node.
            lan: how nodes find and reach each other by themselves; None: they do not, `link` links them.
            verify: sign with real keys, and check it.
            viewers: nodes whose grant lets them look, and not draw.
            weather_back: how links behave on the way from a node to one with a lower number; None: as `weather`.
            machine: what each node runs on.
        """
        self.seed = seed
        self.verify = verify
        self.viewers = viewers
        self.clock = VirtualClock(wall_ms=1_700_000_000_000)
        self.rng = random.Random(seed)
        self.weather = weather or Weather()
        self.weather_back = weather_back or self.weather
        self.machine = machine
        self.settings = settings or PipelineSettings()
        self._pipes: dict[tuple[int, int], tuple[Pipe, Pipe]] = {}
        self._by_id: dict[NodeId, SimulatedNode] = {}
        self._messages = self._bytes = 0  # over links that have ended
        self.lan = Lan(self, lan)
        self.nodes: list[SimulatedNode] = []
        for number in range(nodes):
            self.nodes.append(SimulatedNode(self, number))

    def link(self, a: int, b: int) -> None:
        """Open a link between two nodes; an older one between them is replaced."""
        self.unlink(a, b)
        left, right = self.nodes[a], self.nodes[b]
        numbers: dict[str, int] = {}
        there, back = (self.weather, self.weather_back) if a < b else (self.weather_back, self.weather)
        to_right = Pipe(self.clock, self.rng, there, lambda c, d: right.arrive(numbers["right"], c, d))
        to_left = Pipe(self.clock, self.rng, back, lambda c, d: left.arrive(numbers["left"], c, d))
        self._pipes[min(a, b), max(a, b)] = (to_right, to_left)

        def end(other: SimulatedNode, side: str) -> Callable[[], None]:
            def ended() -> None:
                to_right.close()
                to_left.close()
                if side in numbers:
                    self.clock.call_at(self.clock.now(), lambda: other.lose_link(numbers[side]))

            return ended

        numbers["left"] = left.open_link(to_right, right.node, end(right, "right"))
        numbers["right"] = right.open_link(to_left, left.node, end(left, "left"))

    def seat(self, guest: ScriptedGuest, host: int) -> Callable[[], None]:
        """Connect a guest to its host; the result ends the link."""
        node = self.nodes[host]
        numbers: list[int] = []
        to_host = Pipe(self.clock, self.rng, self.weather, lambda c, d: node.arrive(numbers[0], c, d))
        to_guest = Pipe(self.clock, self.rng, self.weather, guest.receive)

        def ended() -> None:
            to_host.close()
            to_guest.close()
            guest.lose_link()

        numbers.append(node.open_link(to_guest, None, ended))
        guest.send = to_host.send
        return lambda: node.end_link(numbers[0])

    def link_all(self) -> None:
        for a in range(len(self.nodes)):
            for b in range(a + 1, len(self.nodes)):
                self.link(a, b)

    def unlink(self, a: int, b: int) -> None:
        pipes = self._pipes.pop((min(a, b), max(a, b)), None)
        if pipes is not None:
            for pipe in pipes:
                pipe.close()
                self._messages += pipe.messages
                self._bytes += pipe.bytes
            for node, other in ((self.nodes[a], b), (self.nodes[b], a)):
                number = node.pipeline.mesh.link_to(self.nodes[other].node) if node.alive else None
                if number is not None:
                    node.lose_link(number)

    def are_linked(self, a: int, b: int) -> bool:
        """Whether both ends hold a link to the other."""
        one, other = self.nodes[a], self.nodes[b]
        ends = one.pipeline.mesh.link_to(other.node), other.pipeline.mesh.link_to(one.node)
        return one.alive and other.alive and None not in ends

    def pipes(self, a: int, b: int) -> tuple[Pipe, Pipe] | None:
        """Both directions of a link."""
        return self._pipes.get((min(a, b), max(a, b)))

    def find(self, node: NodeId) -> SimulatedNode | None:
        """The node of this id."""
        if not self._by_id:
            self._by_id = {each.node: each for each in self.nodes}
        return self._by_id.get(node)

    def pairs(self) -> list[tuple[int, int]]:
        """The links that are open at one end at least, each as (lower, higher) number."""
        return list(self._pipes)

    def cut(self, a: int, b: int) -> None:
        """Nothing passes between two nodes, but their link stays open."""
        for pipe in self._pipes.get((min(a, b), max(a, b)), ()):
            pipe.cut()

    def heal(self, a: int, b: int) -> None:
        for pipe in self._pipes.get((min(a, b), max(a, b)), ()):
            pipe.heal()

    def change_weather(self, weather: Weather) -> None:
        """From now on every link behaves like this, both ways."""
        self.weather = self.weather_back = weather
        for pipes in self._pipes.values():
            for pipe in pipes:
                pipe.weather = weather

    def run(self, seconds: float) -> None:
        self.clock.run(seconds)

    def traffic(self) -> tuple[int, int]:
        """Messages and bytes over all links so far."""
        pipes = [pipe for pair in self._pipes.values() for pipe in pair]
        messages, size = sum(pipe.messages for pipe in pipes), sum(pipe.bytes for pipe in pipes)
        return self._messages + messages, self._bytes + size
