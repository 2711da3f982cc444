"""A drawing that was read from a file: items that are nobody's yet, and what of the file could not be carried.

Rules of this file: a drawing becomes ops of one origin, always the same ones, so that whoever derives the origin from
the file's bytes may take it twice; what is not carried is counted by kind, with the reason, and never dropped in
silence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, final

from edgeboard.canvas.bodies import Add, Body, Cut, ItemType, Set
from edgeboard.canvas.items import Item
from edgeboard.canvas.ops import Maker, Op
from edgeboard.canvas.values import pack_value, unpack_value
from edgeboard.ids import BlobHash, OpId, Origin, op_id

_OP_ID_BYTES: Final = 12
_NOWHERE: Final = Origin(0)
_PIECE_BITS: Final = 12  # an item has at most 4,096 pieces

Intervals = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One item of a drawing."""

    type: int
    pieces: tuple[bytes, ...]  # payloads, in order
    registers: Mapping[int, object] = field(default_factory=dict)
    cuts: tuple[Intervals, ...] = ()  # per piece what is cut out of it; none at all if nothing is
    ends: tuple[int | None, int | None] = (None, None)  # of a connector: which items of the drawing it joins


@dataclass(frozen=True, slots=True)
class Note:
    """What of a file or a room was not carried."""

    kind: str  # what it is, in the plural
    count: int
    why: str

    def as_fields(self) -> dict[str, object]:
        return {"kind": self.kind, "count": self.count, "why": self.why}


@dataclass(frozen=True, slots=True)
class Drawing:
    """Items in paint order, and what is missing among them."""

    items: tuple[Drawn, ...]
    notes: tuple[Note, ...] = ()
    blobs: Mapping[BlobHash, bytes] = field(default_factory=dict)  # the images that items name
    pages: tuple[int, ...] = ()  # per item on which of its pages, from 0; none at all if it has only one
    names: tuple[str, ...] = ()  # of those pages, "" for none


@final
class Notes:
    """Counts what is not carried."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, kind: str, why: str, count: int = 1) -> None:
        """Count some more of a kind."""
        if count:
            self._counts[kind, why] = self._counts.get((kind, why), 0) + count

    def all(self) -> tuple[Note, ...]:
        """Everything counted, in the order in which it was first seen."""
        return tuple(Note(kind, count, why) for (kind, why), count in self._counts.items())


def make_ops(drawing: Drawing, origin: Origin) -> list[Op]:
    """The ops that draw it on page 0, each item a gesture.

    Args:
        drawing: what is to be drawn.
        origin: whose ops they are; used for nothing else.

    Raises:
        LimitError: a text or a shape is larger than an op may be.
    """
    maker = Maker(origin)
    ids, counter = list[OpId](), 1
    for drawn in drawing.items:
        ids.append(op_id(origin, counter))
        counter += len(drawn.pieces) + len(drawn.registers) + sum(map(bool, drawn.cuts))
    ops: list[Op] = []
    for drawn, item in zip(drawing.items, ids, strict=True):
        ops += [maker.make(body, 0, more=at > 0) for at, body in enumerate(_bodies(drawn, item, ids))]
    return ops


def _bodies(drawn: Drawn, item: OpId, ids: list[OpId]) -> Iterable[Body]:
    for index, payload in enumerate(drawn.pieces):
        if drawn.type == ItemType.CONNECTOR:
            payload = joined(payload, *(None if end is None else ids[end] for end in drawn.ends))
        yield Add(0, 0, drawn.type, payload, item if index else None, index)
    for register, value in drawn.registers.items():
        yield Set(item, register, value)
    for index, intervals in enumerate(drawn.cuts):
        if intervals:
            yield Cut(OpId(item + index), intervals)


def joined(payload: bytes, start: OpId | None, end: OpId | None) -> bytes:
    """The payload of a connector, between these items."""
    value = unpack_value(payload)
    assert isinstance(value, list)
    value[:2] = [None if each is None else each.to_bytes(_OP_ID_BYTES, "big") for each in (start, end)]
    return pack_value(value)


def drawing_of(items: Iterable[Item]) -> Drawing:
    """What a canvas shows, as a drawing of its own; the items are in paint order."""
    shown = list(items)
    numbers = {item.id: number for number, item in enumerate(shown)}
    return Drawing(tuple(_drawn_of(item, numbers) for item in shown))


def _drawn_of(item: Item, numbers: Mapping[OpId, int]) -> Drawn:
    ends: tuple[int | None, int | None] = (None, None)
    if item.type == ItemType.CONNECTOR:
        start, end = ends_of(item.pieces[0][1])
        ends = numbers.get(start) if start else None, numbers.get(end) if end else None
    payloads = tuple(payload for _, payload in item.pieces)
    return Drawn(item.type, payloads, item.registers, item.cuts if any(item.cuts) else (), ends)


def ends_of(payload: bytes) -> tuple[OpId | None, OpId | None]:
    """The items that a connector joins, as far as it says.

    Raises:
        DecodeError: the payload is not a value.
    """
    value = unpack_value(payload)
    ends = [*value, None, None][:2] if isinstance(value, list) else [None, None]
    start, end = (
        OpId(int.from_bytes(each, "big")) if isinstance(each, bytes) and len(each) == _OP_ID_BYTES else None
        for each in ends
    )
    return start, end


def items_of(drawing: Drawing) -> list[Item]:
    """The items as a canvas would show them that holds nothing else; their ids mean nothing."""
    ids = [op_id(_NOWHERE, (number + 1) << _PIECE_BITS) for number in range(len(drawing.items))]
    return [_item_of(drawn, ids, number) for number, drawn in enumerate(drawing.items)]


def _item_of(drawn: Drawn, ids: list[OpId], number: int) -> Item:
    payloads = drawn.pieces
    if drawn.type == ItemType.CONNECTOR:
        payloads = (joined(payloads[0], *(None if end is None else ids[end] for end in drawn.ends)), *payloads[1:])
    pieces = tuple((OpId(ids[number] | at), payload) for at, payload in enumerate(payloads))
    cuts = drawn.cuts or ((),) * len(pieces)
    return Item(ids[number], drawn.type, 0, 0, pieces, drawn.registers, cuts, None, _NOWHERE, number + 1)
