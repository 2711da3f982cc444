"""Links to every board that discovery has found, and tries again while it does not answer."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from edgeboard.ids import NodeId

FIRST_PAUSE_S = 0.2
LAST_PAUSE_S = 2.0  # a network that was cut is one again soon after it is mended
LOOK_S = 1.0  # between looks whether a link has ended
YIELD_S = 1.0  # after the end of a link the lower id dials first


@dataclass(slots=True)
class Neighbour:
    urls: tuple[str, ...]
    failures: int = 0
    again_at: float = 0.0
    linked: bool = False


@final
class Nearby:
    """The boards that discovery sees.

    Args:
        node: our own id.
        rng: jitter of pauses.
        dial: links to a node, or says `failed`.
        is_linked: whether a node is linked.
    """

    def __init__(
        self,
        node: NodeId,
        rng: random.Random,
        dial: Callable[[NodeId, tuple[str, ...], Callable[[NodeId], None]], None],
        is_linked: Callable[[NodeId], bool],
    ) -> None:
        self._node = node
        self._rng = rng
        self._dial = dial
        self._is_linked = is_linked
        self._neighbours: dict[NodeId, Neighbour] = {}
        self._changed = asyncio.Event()

    def found(self, node: NodeId, urls: tuple[str, ...]) -> None:
        """Discovery has just seen a node."""
        self._neighbours[node] = Neighbour(urls, linked=self._is_linked(node))
        self._changed.set()

    def gone(self, node: NodeId) -> None:
        """It has said goodbye."""
        self._neighbours.pop(node, None)

    def failed(self, node: NodeId) -> None:
        """No link came of dialling it."""
        neighbour = self._neighbours.get(node)
        if neighbour is not None:
            pause = min(LAST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(neighbour.failures, 16))
            neighbour.failures += 1
            neighbour.again_at = self._now() + pause * self._rng.uniform(0.5, 1.0)
            self._changed.set()

    async def keep_linked(self) -> None:
        """Dial whoever is not linked; ends only when cancelled."""
        while True:
            self._changed.clear()
            now = self._now()
            due = now + LOOK_S
            for node, neighbour in list(self._neighbours.items()):
                if self._is_linked(node):
                    neighbour.linked, neighbour.failures = True, 0
                    continue
                if neighbour.linked:
                    neighbour.linked = False
                    neighbour.again_at = now + self._rng.uniform(0.0, 0.3) + (YIELD_S if self._node > node else 0.0)
                if neighbour.again_at <= now:
                    self._dial(node, neighbour.urls, self.failed)
                else:
                    due = min(due, neighbour.again_at)
            try:
                async with asyncio.timeout_at(due):
                    await self._changed.wait()
            except TimeoutError:
                pass

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
