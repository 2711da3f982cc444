"""Where each node may be, put together from all who have seen it: multicast DNS, signaling services."""

from collections import OrderedDict
from typing import final

from edgeboard.ids import NodeId
from edgeboard.ports import Found, Gone

NODES_MAX = 1_024


@final
class Sightings:
    """What several sources say of nodes, told as one.

    Args:
        found: told of a node and all places where it may be, whenever a source has seen it.
        gone: told when no source sees it any more.
    """

    def __init__(self, found: Found, gone: Gone) -> None:
        self._found = found
        self._gone = gone
        self._places: OrderedDict[NodeId, dict[str, tuple[str, ...]]] = OrderedDict()  # by source, the best first

    def found(self, source: str, node: NodeId, urls: tuple[str, ...]) -> None:
        """A source has just seen a node there."""
        self._places.setdefault(node, {})[source] = urls
        if len(self._places) > NODES_MAX:
            oldest, _ = self._places.popitem(last=False)
            self._gone(oldest)
        self._found(node, self.places(node))

    def gone(self, source: str, node: NodeId) -> None:
        """A source does not see a node any more."""
        known = self._places.get(node)
        if known is None or known.pop(source, None) is None:
            return
        if not known:
            del self._places[node]
            self._gone(node)

    def places(self, node: NodeId) -> tuple[str, ...]:
        """All places, boards before services."""
        known = [url for urls in self._places.get(node, {}).values() for url in urls]
        return tuple(sorted(dict.fromkeys(known), key=lambda url: not url.startswith("http")))
