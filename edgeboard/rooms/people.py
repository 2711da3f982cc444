"""Who is here: people by the node that hosts them, and the live items that are worth passing on.

Live traffic is lossy on purpose: an item that is not newer than the last of its origin and kind, or of its stroke, is
dropped, nothing is kept, and who falls silent is forgotten.
"""

from collections.abc import Iterable
from typing import Final, TypeVar, final

from edgeboard.errors import DecodeError
from edgeboard.ids import NodeId, OpId, Origin, origin_of
from edgeboard.wire.fields import Person
from edgeboard.wire.live import Further, LiveItem, Preview, Sequenced, read_item, short_name

HOPS_MAX: Final = 6
ORIGINS_MAX: Final = 1_024

Key = TypeVar("Key")
Value = TypeVar("Value")


@final
class People:
    """The people of one room, as far as this node knows."""

    def __init__(self) -> None:
        self._by_node: dict[NodeId, tuple[Person, ...]] = {}
        self._versions: dict[NodeId, int] = {}  # of these lists; news may come by several ways
        self._names: dict[bytes, str] = {}  # by person id, of all who were here lately

    def hear(self, node: NodeId, version: int, people: Iterable[Person]) -> bool:
        """A node says who is there; True if that is newer than what is known."""
        if version <= self._versions.get(node, -1):
            return False
        _put(self._versions, node, version)
        self.set(node, people)
        return True

    def version(self, node: NodeId) -> int:
        """Of the list of one node; 0 if none is known."""
        return self._versions.get(node, 0)

    def set(self, node: NodeId, people: Iterable[Person]) -> bool:
        """Replace the list of one node; True if it has changed."""
        people = tuple(people)
        if self._by_node.get(node, ()) == people:
            return False
        for person, _, name, _ in people:
            _put(self._names, person, name)
        if people:
            self._by_node[node] = people
        else:
            self._by_node.pop(node, None)
        return True

    def forget(self, node: NodeId) -> None:
        """Know nothing of a node any more, so that whatever it says next is news."""
        self._by_node.pop(node, None)
        self._versions.pop(node, None)

    def at(self, node: NodeId) -> tuple[Person, ...]:
        return self._by_node.get(node, ())

    def name_of(self, person: bytes) -> str:
        """How somebody called himself when he was here last; nothing if that is not known."""
        return self._names.get(person, "")

    def nodes(self) -> list[NodeId]:
        return list(self._by_node)

    def __len__(self) -> int:
        return sum(map(len, self._by_node.values()))


@final
class LiveGate:
    """Lets each live item of a room through once."""

    def __init__(self) -> None:
        self._last: dict[tuple[Origin, int], int] = {}  # highest sequence, by origin and kind
        self._strokes: dict[tuple[int, int], tuple[OpId, int]] = {}  # by short name: the op, the last first point

    def admit(self, item: LiveItem, from_guest: Origin | None) -> LiveItem | None:
        """The item as it is to be passed on, or None if it is old, has come too far, or nobody knows whose it is.

        Args:
            item: as it stood in the frame.
            from_guest: the origin of the guest that sent it; None if a node passes it on.

        Raises:
            DecodeError: not an item, or a guest speaks for somebody else.
        """
        body = read_item(item)
        if from_guest is not None and item.hops:
            raise DecodeError("a guest passes nothing on")
        if isinstance(body, Sequenced):
            is_new = self._is_newer(body.origin, item.kind, body.sequence, from_guest)
        else:
            is_new = self._goes_on(body, from_guest)
        return item.passed_on() if is_new and item.hops < HOPS_MAX else None

    def _is_newer(self, origin: Origin, kind: int, sequence: int, from_guest: Origin | None) -> bool:
        _require_own(origin, from_guest)
        if sequence <= self._last.get((origin, kind), -1):
            return False
        _put(self._last, (origin, kind), sequence)
        return True

    def _goes_on(self, body: Preview | Further, from_guest: Origin | None) -> bool:
        """Whether these points come after the last that were seen of their stroke."""
        name = short_name(body.op) if isinstance(body, Preview) else body.stroke
        known = self._strokes.get(name)
        if isinstance(body, Preview):
            _require_own(origin_of(body.op), from_guest)
            op = body.op
            if known is not None and known[0] != op:
                if origin_of(known[0]) == origin_of(op) and op < known[0]:
                    return False  # of an earlier stroke, overtaken
                known = None
        elif known is None:
            return False  # its introduction was lost; another comes
        else:
            op = known[0]
            if from_guest is not None and origin_of(op) != from_guest:
                return False  # two strokes of one short name; the other one was introduced last
        if known is not None and body.first <= known[1]:
            return False
        _put(self._strokes, name, (op, body.first))
        return True


def _require_own(origin: Origin, from_guest: Origin | None) -> None:
    """Refuse what a guest says in another's name.

    Raises:
        DecodeError: it does.
    """
    if from_guest is not None and origin != from_guest:
        raise DecodeError("a guest may speak for itself only")


def _put(table: dict[Key, Value], key: Key, value: Value) -> None:
    """Remember a value as the newest; the oldest gives way."""
    if table.pop(key, None) is None and len(table) >= ORIGINS_MAX:
        del table[next(iter(table))]
    table[key] = value
