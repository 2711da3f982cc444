"""Items as whoever draws wants them, and the digest by which nodes compare canvases.

Both are read off a `merge.View`; a value that cannot be read counts as its default here, and only here, so that a
strange value never decides who wins.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from edgeboard._native.batches import kernel
from edgeboard.canvas.bodies import TEXT_BYTES_MAX, Register
from edgeboard.canvas.facts import Fact, Facts
from edgeboard.canvas.fields import get_add
from edgeboard.canvas.leaves import HASH_BYTES
from edgeboard.canvas.living import Stretch, living
from edgeboard.canvas.merge import View
from edgeboard.canvas.values import array_head, pack_value, unpack_value
from edgeboard.errors import DecodeError
from edgeboard.ids import COUNTER_BITS, OpId, Origin, PersonId, counter_of, origin_of

_OP_ID_BYTES: Final = 12
_PAIR: Final = b"\x92"  # msgpack: an array of two


@dataclass(frozen=True, slots=True)
class Item:
    """A live item."""

    id: OpId
    type: int
    page: int
    layer: int
    pieces: tuple[tuple[OpId, bytes], ...]  # in order: op id and payload
    registers: Mapping[int, object]  # the values that were set and can be read
    cuts: tuple[tuple[tuple[int, int], ...], ...]  # per piece: what is cut out of it
    person: PersonId | None
    origin: Origin
    lamport: int


def read_item(view: View, fact: Fact, person: PersonId | None) -> Item:
    """The item of a fact, as far as a view looks."""
    page, layer, item_type, _, _, at = get_add(fact.tail, fact.body_at, fact.id)
    pieces = view.pieces(fact)
    registers: dict[int, object] = {}
    for register, winner in view.registers(fact.id).items():
        value = read_value(winner)
        if value is not None and not (register == Register.TEXT and not _is_text(value)):
            registers[register] = value
    place = registers.get(Register.LAYER)
    if isinstance(place, list) and len(place) >= 2 and all(type(number) is int and number >= 0 for number in place[:2]):
        page, layer = place[:2]
    return Item(
        fact.id,
        item_type,
        page,
        layer,
        ((fact.id, fact.tail[at:]), *((piece.id, _payload(piece)) for piece in pieces[1:])),
        registers,
        tuple(view.cut_out(piece.id) for piece in pieces),
        person,
        origin_of(fact.id),
        fact.lamport,
    )


def paint_order(item: Item) -> tuple[str, int, int]:
    """What items are painted in order of (rule 9); texts compare as their UTF-8 does."""
    z = item.registers.get(Register.Z)
    return (z if isinstance(z, str) and z else f"{item.lamport:014x}"), item.lamport, item.id


def read_value(fact: Fact) -> object:
    """The value that a set or meta gives; None if it cannot be read."""
    try:
        return unpack_value(fact.value())
    except DecodeError:
        return None


def digest_of(facts: Facts, view: View, gone: Collection[OpId]) -> bytes:
    """16 bytes that are equal on all nodes with the same canvas; `gone` are the items that a floor has ended."""
    count = 0
    rows: list[tuple[OpId, bytes]] = []
    for each in living(facts, view, gone):
        if isinstance(each, Fact):
            count += 1
            rows.append((each.id, _row(facts, view, each.id, each.hash())))
        elif each.is_bare:
            count += each.length
            rows.append((each.first, _bare_rows(each)))
        else:
            count += 1
            rows.append((each.first, _row(facts, view, each.first, each.leaf.hash(each.entry))))
    rows.sort()
    winners = ((key, view.meta(key)) for key in sorted(facts.metas))
    metas = [[key, winner.value()] for key, winner in winners if winner is not None]
    whole = hashlib.sha256(_PAIR + array_head(count))
    whole.update(b"".join([row for _, row in rows]))
    whole.update(pack_value(metas))
    return whole.digest()[:16]


def _row(facts: Facts, view: View, item: OpId, content: bytes) -> bytes:
    """An item in the digest; `content` is the hash of its add."""
    pieces, hashes = [item], [content]
    if item in facts.pieces:
        for piece in view.further(item):
            pieces.append(piece.id)
            hashes.append(piece.hash())
    registers = []
    if item in facts.sets:
        registers = [[number, winner.value()] for number, winner in sorted(view.registers(item).items())]
    cuts = []
    for number, piece_id in enumerate(pieces):
        if piece_id in facts.cuts and (cut := view.cut_out(piece_id)):
            cuts.append([number, [edge for interval in cut for edge in interval]])
    return pack_value([item.to_bytes(_OP_ID_BYTES, "big"), hashes, registers, cuts])


def _bare_rows(stretch: Stretch) -> bytes:
    """The same for items of one piece and nothing else: what `_row` would pack, put together from its parts."""
    origin, counter, hashes = origin_of(stretch.first), counter_of(stretch.first), stretch.leaf.hashes()
    make = rows_in_python if kernel is None else kernel.digest_rows
    return make(origin, counter, hashes, stretch.entry, stretch.length)


def rows_in_python(origin: int, counter: int, hashes: bytes, entry: int, length: int) -> bytes:
    """The twin of the kernel: the rows of items that are one add each."""
    first, at = origin << COUNTER_BITS | counter, entry * HASH_BYTES
    return b"".join(
        [
            b"\x94\xc4\x0c%b\x91\xc4\x10%b\x90\x90"
            % ((first + row).to_bytes(_OP_ID_BYTES, "big"), hashes[at + HASH_BYTES * row : at + HASH_BYTES * (row + 1)])
            for row in range(length)
        ]
    )


def _payload(piece: Fact) -> bytes:
    return piece.tail[get_add(piece.tail, piece.body_at, piece.id)[5] :]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value.encode()) <= TEXT_BYTES_MAX
