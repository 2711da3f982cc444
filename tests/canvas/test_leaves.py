"""Plain items are found where they lie in the log, whatever way their runs came."""

import random

import pytest

from edgeboard.canvas.leaves import DROPPED, OTHER, RUN, Leaf, Leaves, hash_slots, survey
from edgeboard.canvas.ops import Add, Alive, Maker, Unknown, content_hash
from edgeboard.errors import DecodeError
from edgeboard.ids import AuthorTag, Origin, PersonId, op_id
from edgeboard.oplog.batch import Slot, decode_batch, encode_batch

ANN = AuthorTag(b"a" * 8)
PERSON = PersonId(bytes(16))
TABLE = [(Origin(5), PERSON), (Origin(6), PERSON)]


def leaf_of(*slots, table=TABLE):
    batch = decode_batch(encode_batch(ANN, 10, 0, None, 0, (), slots, bytes(64)))
    return Leaf(ANN, 10, batch.data, batch.heads, table)


def strokes(count, row=0):
    maker = Maker(TABLE[row][0])
    return [Slot(row, maker.make(Add(0, 0, 1, bytes([number])), 0).tail) for number in range(count)]


def test_an_item_is_read_from_the_batch():
    slots = strokes(3)
    leaf = leaf_of(*slots)
    assert leaf.count == 3
    assert [leaf.tail(entry) for entry in range(3)] == [slot.tail for slot in slots]
    assert leaf.hash(1) == content_hash(Origin(5), slots[1].tail)


def test_runs_are_of_one_origin_with_consecutive_counters_and_entries():
    ann, ben = strokes(5), strokes(3, row=1)
    found = leaf_of(ann[0], ann[1], ben[0], ann[3], ann[4], ben[1], ben[2]).survey()
    assert list(RUN.iter_unpack(found.runs)) == [(0, 1, 0, 2), (1, 1, 2, 1), (0, 4, 3, 2), (1, 2, 5, 2)]
    assert found.others == b""


def test_what_is_no_plain_item_stands_apart():
    maker = Maker(Origin(5))
    first = maker.make(Add(0, 0, 1, b"x"), 0)
    erased = maker.make(Alive(first.id, False), 40)
    strange = maker.make(Unknown(900, b"?"), 7)
    broken = maker.make(Unknown(1, b"\0\0"), 7)
    piece = maker.make(Add(0, 0, 1, b"y", first.id, 1), 7)
    ops = [first, erased, strange, broken, piece]
    leaf = leaf_of(*(Slot(0, op.tail) for op in ops), Slot(0, b"", b"h" * 16))
    found = leaf.survey()
    assert list(RUN.iter_unpack(found.runs)) == [(0, 1, 0, 1)]
    assert found.lamport == max(op.lamport for op in ops)
    others = list(OTHER.iter_unpack(found.others))
    for (lamport, head, row, counter, at, size, entry, body_at, *_), op in zip(others, ops[1:], strict=False):
        assert (lamport, head >> 4, row, counter, body_at) == (op.lamport, op.kind, 0, op.id & 0xFFFFFFFF, op.body_at)
        assert leaf.data[at : at + size] == op.tail == ops[entry].tail
    *_, (_, _, _, _, at, size, entry, *_) = others
    assert (size, entry, leaf.data[at : at + 16]) == (DROPPED, 5, b"h" * 16)
    assert leaf.hash(5) == b"h" * 16


@pytest.mark.parametrize("tail", [b"", b"\0", b"\1\0", b"\0\0\x10\0\0\2", b"\1\0\x1c\0\0\2"])
def test_the_head_of_an_op_that_breaks_the_format_is_an_error(tail):
    with pytest.raises(DecodeError):
        leaf_of(*strokes(1), Slot(0, tail)).survey()


def test_an_origin_that_is_not_in_the_table_is_an_error():
    leaf = leaf_of(*strokes(1, row=1), table=TABLE[:1])
    with pytest.raises(DecodeError, match="table"):
        leaf.survey()
    with pytest.raises(DecodeError, match="table"):
        leaf.hashes()
    assert survey(leaf.data, leaf.heads, TABLE).lamport == 1
    assert hash_slots(leaf.data, leaf.heads, TABLE) == content_hash(Origin(6), leaf.tail(0))


def test_items_are_found_in_whatever_order_runs_come_and_go():
    rng = random.Random(1)
    for _ in range(60):
        leaves, known = Leaves(), {}
        for number in range(rng.randint(1, 12)):
            leaf, origin = leaf_of(*strokes(9)), Origin(rng.randint(1, 2))
            counter, length, entry = rng.randint(1, 60), rng.randint(1, 5), rng.randint(0, 3)
            ops = [op_id(origin, counter + behind) for behind in range(length)]
            if not any(op in known for op in ops):
                if rng.random() < 0.3:
                    leaves.admit(origin, rng.randint(1, 70))
                if leaves.admit(origin, counter, length):
                    assert all(op < ops[0] for op in known if op >> 32 == origin)
                leaves.admit(origin, counter, length)
                leaves.add(origin, counter, length, leaf, entry)
                known |= {op: (leaf, entry + behind) for behind, op in enumerate(ops)}
            if known and rng.random() < 0.4:
                op = rng.choice(sorted(known))
                leaves.remove(op)
                del known[op]
            leaves.check()
            for origin in (1, 2):
                for counter in range(70):
                    op = op_id(Origin(origin), counter)
                    spot = leaves.find(op)
                    assert (op in leaves) == (op in known)
                    assert spot is None or (spot.leaf, spot.entry) == known[op], (number, op)
        assert leaves.count == len(known)
        assert [op_id(origin, run.counter + behind)
                for origin in leaves.origins() for run in leaves.runs(origin) for behind in range(run.length)
                ] == sorted(known)  # fmt: skip
