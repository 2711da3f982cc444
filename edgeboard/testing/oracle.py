"""What a site must end with: everything that was called safe, once, on all boards alike; and how soon after a fault."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import final

from edgeboard.canvas.document import Document
from edgeboard.ids import OpId, RoomId
from edgeboard.testing.simulated import SimulatedNode
from edgeboard.vectors import Vector

Ends = dict[RoomId, Vector]


@dataclass(frozen=True, slots=True)
class Fault:
    """What came of one fault."""

    at: float  # s on the virtual clock, when it was over
    kind: str
    converged_s: float | None  # until every living board held what was drawn by then; None: not before the end


@final
class Oracle:
    """What was drawn and called safe, and what everybody should hold.

    Args:
        nodes: all of them.
        rooms: that all of them have.
        now: seconds on the virtual clock.
    """

    def __init__(self, nodes: Sequence[SimulatedNode], rooms: Sequence[RoomId], now: Callable[[], float]) -> None:
        self._nodes = nodes
        self._rooms = rooms
        self._now = now
        self.drawn: dict[OpId, RoomId] = {}
        self.safe: dict[OpId, RoomId] = {}
        self.faults: list[Fault] = []
        self._alone: dict[OpId, tuple[RoomId, int]] = {}  # of the safe ones, those on a single disk: whose
        self._unsure: dict[int, list[tuple[RoomId, OpId]]] = {}  # by node: drawn, and not known to be safe yet
        self._awaited: list[tuple[float, str, Ends]] = []  # faults that are over: what all must hold

    # -- ink

    def draw(self, node: SimulatedNode, room: RoomId, op: OpId) -> None:
        """A node has drawn something."""
        self.drawn[op] = room
        self._unsure.setdefault(node.number, []).append((room, op))

    def note_safe(self, node: SimulatedNode, *, card_dies: bool = False) -> None:
        """Which of a node's strokes are safe, by what it knows itself: on its disk, and on that of another one.

        A board that is alone has but its own disk, and calls safe what is there; that lasts as long as its card.
        """
        if card_dies:
            alone = [(room, op) for op, (room, number) in self._alone.items() if number == node.number]
            self.safe = {op: room for op, room in self.safe.items() if (room, op) not in alone}
            self._unsure.setdefault(node.number, []).extend(alone)
        for room, op in self._unsure.get(node.number, ()):
            engine = node.pipeline.rooms.get(room)
            if engine is None:
                continue
            elsewhere = node.pipeline.mesh.disks.best(room)
            for author, entry in engine.document.places(op):
                if not engine.receipts.is_saved(author, entry):
                    continue
                if elsewhere is not None and elsewhere.get(author, 0) > entry:
                    self.safe[op] = room
                elif elsewhere is None and not card_dies:
                    self.safe[op] = room
                    self._alone[op] = room, node.number

    def lose_power(self, node: SimulatedNode, *, card_dies: bool) -> None:
        """A node is about to lose its power, or its card as well: what it cannot call safe by now may be lost."""
        self.note_safe(node, card_dies=card_dies)
        self._unsure.pop(node.number, None)
        if card_dies:
            there = self._held_by(each for each in self._nodes if each is not node)
            self._awaited = [(at, kind, _least(wanted, there)) for at, kind, wanted in self._awaited]

    # -- faults

    def expect(self, kind: str) -> None:
        """A fault is over: everybody should soon hold what somebody who lives holds now."""
        self._awaited.append((self._now(), kind, self._held_by(self._nodes)))

    def expect_nothing(self) -> None:
        """What is not there yet may now be beyond reach."""
        self._awaited.clear()

    def look(self) -> bool:
        """See what of it is there now; whether all is."""
        left = []
        for at, kind, wanted in self._awaited:
            if self._is_held(wanted):
                self.faults.append(Fault(at, kind, self._now() - at))
            else:
                left.append((at, kind, wanted))
        self._awaited = left
        return not left

    def give_up(self) -> None:
        """No more time: what is not there has not come."""
        self.faults += [Fault(at, kind, None) for at, kind, _ in self._awaited]
        self._awaited.clear()

    def _held_by(self, nodes: Iterable[SimulatedNode]) -> Ends:
        held = dict.fromkeys(self._rooms, Vector())
        for node in nodes:
            for room in self._rooms:
                if node.alive and room in node.pipeline.rooms:
                    held[room] = held[room].merge(node.pipeline.rooms[room].log.vector())
        return held

    def _is_held(self, wanted: Ends) -> bool:
        return all(
            room in node.pipeline.rooms and node.pipeline.rooms[room].log.vector().includes(vector)
            for node in self._nodes
            if node.alive
            for room, vector in wanted.items()
        )

    # -- the end

    def count_canvases(self) -> int:
        """Different ones, over all rooms, less the number of rooms: 0 is right."""
        return sum(len({self._canvas(node, room) for node in self._nodes}) - 1 for room in self._rooms)

    def are_equal(self) -> bool:
        """Whether all show the same; for less than `count_canvases` while their logs still differ."""
        for room in self._rooms:
            if len({node.pipeline.rooms[room].log.vector_digest() for node in self._nodes}) > 1:
                return False
        return self.count_canvases() == 0

    def _canvas(self, node: SimulatedNode, room: RoomId) -> bytes:
        engine = node.pipeline.rooms.get(room)
        return b"" if engine is None else engine.document.digest()

    def count_lost_and_doubled(self) -> tuple[int, int]:
        """How many ops that were called safe are missing somewhere; and items that nobody drew, or that are twice."""
        lost, doubled = set[OpId](), 0
        for node in self._nodes:
            for room in self._rooms:
                engine = node.pipeline.rooms.get(room)
                document = Document() if engine is None else engine.document
                lost |= {op for op, where in self.safe.items() if where == room and not document.places(op)}
                shown = [item.id for item in document.items()]
                strangers = [op for op in shown if self.drawn.get(op) != room]
                doubled = max(doubled, len(shown) - len(set(shown)) + len(strangers))
        return len(lost), doubled


def _least(one: Ends, other: Ends) -> Ends:
    """What both name."""
    return {
        room: Vector({tag: min(end, other[room][tag]) for tag, end in vector.items()}) for room, vector in one.items()
    }
