"""How an offer finds a node that only others are linked to: each passes it on once, and at most `HOPS_MAX` do.

So a mesh repairs itself without anybody's help from outside. Nobody who passes an offer on can read more of it than
its addressee, or answer it. What a link asks to have passed on is bounded; what is above is dropped, and asked again.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import final

from edgeboard.ids import NodeId
from edgeboard.mesh.values import Send
from edgeboard.rate import TokenBucket
from edgeboard.wire.introductions import HOPS_MAX, Introduce
from edgeboard.wire.messages import Channel, encode

PER_S = 20.0  # introductions of one link; a restart of a neighbour needs a few
BURST = 60.0
SEEN_MAX = 4_096


@dataclass(frozen=True, slots=True)
class Introduced:
    """An envelope has come that is for this node; who `sender` is has still to be proved by it."""

    sender: NodeId
    envelope: bytes


@final
class Introductions:
    """Passes envelopes on for one node.

    Args:
        node: our own id.
    """

    def __init__(self, node: NodeId) -> None:
        self._node = node
        self._links: dict[int, tuple[NodeId, TokenBucket]] = {}
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._out: list[Send] = []
        self.passed = 0
        self.dropped = 0

    def link_up(self, link: int, node: NodeId, now: float) -> None:
        self._links[link] = node, TokenBucket(PER_S, BURST, now)

    def link_down(self, link: int) -> None:
        self._links.pop(link, None)

    def submit(self, to: NodeId, envelope: bytes) -> bool:
        """Send an envelope of ours on its way; False if there is nobody to take it."""
        message = Introduce(to, self._node, 0, envelope)
        self._note(message)
        return self._spread(message, None)

    def receive(self, link: int, message: Introduce, now: float) -> Introduced | None:
        """Pass on what is for others; returns what is for us. Each is taken once, however many ways it comes."""
        known = self._links.get(link)
        if known is None or not self._note(message):
            return None
        if not known[1].take(now):
            self.dropped += 1
            return None
        if message.to == self._node:
            return Introduced(NodeId(message.sender), message.envelope)
        if message.hops < HOPS_MAX:
            self.passed += self._spread(Introduce(message.to, message.sender, message.hops + 1, message.envelope), link)
        return None

    def drain(self) -> list[Send]:
        out, self._out = self._out, []
        return out

    def _note(self, message: Introduce) -> bool:
        """Whether it is new."""
        key = hashlib.sha256(message.to + message.sender + message.envelope).digest()[:16]
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)
        return True

    def _spread(self, message: Introduce, source: int | None) -> bool:
        """To its addressee if he is linked, else to everybody but whom it came from."""
        links = [link for link, (node, _) in self._links.items() if node == message.to]
        links = links or [link for link, (node, _) in self._links.items() if node != message.sender]
        data = encode(message)
        found = [link for link in links if link != source]
        self._out += (Send(link, Channel.CTL, data) for link in found)
        return bool(found)
