"""Who is here: people by the node that hosts them, and the live items that are worth passing on.

Live traffic is lossy on purpose: an item that is not newer than the last of its origin and kind is dropped, nothing is
kept, and an origin that falls silent is forgotten.
"""

from collections.abc import Iterable
from typing import Any, final

from edgeboard.errors import DecodeError
from edgeboard.ids import NodeId
from edgeboard.wire.fields import Person

HOPS_MAX = 6
ORIGINS_MAX = 1_024
ITEM_MAX = 1_000  # bytes of binary in one item
FIELDS_MAX = 12


@final
class People:
    """The people of one room, as far as this node knows."""

    def __init__(self) -> None:
        self._by_node: dict[NodeId, tuple[Person, ...]] = {}

    def set(self, node: NodeId, people: Iterable[Person]) -> bool:
        """Replace the list of one node; True if it has changed."""
        people = tuple(people)
        if self._by_node.get(node, ()) == people:
            return False
        if people:
            self._by_node[node] = people
        else:
            self._by_node.pop(node, None)
        return True

    def at(self, node: NodeId) -> tuple[Person, ...]:
        return self._by_node.get(node, ())

    def nodes(self) -> list[NodeId]:
        return list(self._by_node)

    def __len__(self) -> int:
        return sum(map(len, self._by_node.values()))


@final
class LiveGate:
    """Lets each live item of a room through once."""

    def __init__(self) -> None:
        self._last: dict[tuple[bytes, int], int] = {}

    def admit(self, item: object, from_guest: bytes | None) -> list[Any] | None:
        """The item as it is to be passed on, or None if it is old or has come too far.

        Args:
            item: as it stood in the LIVE message.
            from_guest: the origin of the guest that sent it; None if a node passes it on.

        Raises:
            DecodeError: not an item, or a guest speaks for somebody else.
        """
        if not isinstance(item, list) or not 4 <= len(item) <= FIELDS_MAX:
            raise DecodeError("a live item has between 4 and 12 fields")
        origin, sequence, hops, kind = item[:4]
        if not isinstance(origin, bytes) or len(origin) != 8:
            raise DecodeError("a live item has no origin")
        if not all(isinstance(number, int) and 0 <= number < 1 << 53 for number in (sequence, hops, kind)):
            raise DecodeError("a live item's numbers are out of range")
        if any(isinstance(field, bytes | str) and len(field) > ITEM_MAX for field in item[4:]):
            raise DecodeError("a live item is too large")
        if from_guest is not None and (origin != from_guest or hops):
            raise DecodeError("a guest may speak for itself only")
        key = (origin, kind)
        if sequence <= self._last.get(key, -1) or hops >= HOPS_MAX:
            return None
        if key not in self._last and len(self._last) >= ORIGINS_MAX:
            self._last.pop(next(iter(self._last)))
        self._last[key] = sequence
        return [origin, sequence, hops + 1, *item[3:]]
