"""Batches: golden, and strict about every byte."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.canvas.leaves import hash_slots
from edgeboard.canvas.ops import content_hash
from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import AuthorId, AuthorTag, MeshId, Origin, PersonId, RoomId, show_origin
from edgeboard.oplog.batch import (
    BATCH_BYTES_MAX,
    OPS_MAX,
    ORIGINS_MAX,
    Slot,
    decode_batch,
    encode_batch,
    encode_origins,
    reduce_batch,
    signed_bytes,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "batches.json").read_text())
TAG, SIGNATURE = AuthorTag(b"t" * 8), bytes(64)
INTRODUCTION = AuthorId(b"a" * 24), b"k" * 32
WHOLE = st.tuples(st.integers(0, 300), st.binary(max_size=40)).map(lambda pair: Slot(*pair))
DROPPED = st.binary(min_size=16, max_size=16).map(lambda content: Slot(0, b"", content))
SLOTS = WHOLE | DROPPED
ORIGINS = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.binary(min_size=16, max_size=16)), max_size=3)


@st.composite
def batches(draw):
    first, origins = draw(st.sampled_from([0, 1, 300, 2**40])), draw(ORIGINS)
    row = draw(st.integers(0, 300)) if origins else 0
    return encode_batch(
        TAG, first, draw(st.integers(0, 2**53 - 1)), INTRODUCTION if first == 0 else None, row, origins,
        draw(st.lists(SLOTS, min_size=1, max_size=5)), draw(st.binary(min_size=64, max_size=64)),
    )  # fmt: skip


@pytest.mark.parametrize("case", GOLDEN["batches"], ids=lambda case: case["name"])
def test_golden_batches(case):
    batch = decode_batch(bytes.fromhex(case["hex"]))
    assert (batch.author.hex(), batch.first, batch.count, batch.time) == tuple(
        case[name] for name in ("tag", "first", "count", "time")
    )
    assert [[show_origin(origin), person.hex()] for origin, person in batch.origins] == [
        [origin["origin"], origin["person"]] for origin in case["origins"]
    ]
    assert batch.row == case["row"]
    for slot, expected in zip(batch.slots, case["slots"], strict=True):
        if "dropped" in expected:
            assert slot.dropped.hex() == expected["dropped"]
        else:
            assert (slot.row, slot.tail.hex()) == (expected["row"], expected["tail"])
    again = encode_batch(
        batch.author,
        batch.first,
        batch.time,
        batch.introduction,
        batch.row,
        batch.origins,
        batch.slots,
        batch.signature,
    )
    assert again.hex() == case["hex"]
    assert batch.end == case["first"] + case["count"]


def test_golden_signatures_hold_over_golden_messages():
    authors, tables = {}, {}
    for case in GOLDEN["batches"]:
        batch = decode_batch(bytes.fromhex(case["hex"]))
        if batch.introduction:
            authors[batch.author] = batch.introduction
        table = tables.setdefault(batch.author, [])
        if not any("dropped" in slot for slot in case["slots"]):
            table += batch.origins
        author, key = authors[batch.author]
        mesh, room = MeshId(bytes.fromhex(GOLDEN["mesh"])), RoomId(bytes.fromhex(GOLDEN["room"]))
        hashes = hash_slots(batch.data, batch.heads, table)
        message = signed_bytes(mesh, room, author, key, batch.first, batch.time, batch.row, batch.origins, hashes)
        assert message.hex() == case["signed"]
        Ed25519PublicKey.from_public_bytes(key).verify(batch.signature, message)


@pytest.mark.parametrize("case", GOLDEN["bad"], ids=lambda case: case["why"])
def test_golden_bad_batches(case):
    with pytest.raises(DecodeError):
        decode_batch(bytes.fromhex(case["hex"]))


@given(batches())
def test_a_batch_comes_back(data):
    batch = decode_batch(data)
    again = encode_batch(
        batch.author,
        batch.first,
        batch.time,
        batch.introduction,
        batch.row,
        batch.origins,
        batch.slots,
        batch.signature,
    )
    assert again == data == batch.data


@given(batches(), st.data())
def test_a_mutated_batch_is_a_batch_or_an_error(data, dice):
    data = bytearray(data)
    for _ in range(dice.draw(st.integers(1, 3))):
        data[dice.draw(st.integers(0, len(data) - 1))] = dice.draw(st.integers(0, 255))
    data = bytes(data[: dice.draw(st.integers(0, len(data)))])
    try:
        batch = decode_batch(data)
    except DecodeError:
        return
    assert batch.data == data
    assert len(batch.slots) == batch.count


@given(batches(), st.sets(st.integers(0, 4)))
def test_a_reduced_batch_is_the_same_but_for_what_was_dropped(data, numbers):
    batch = decode_batch(data)
    drop = {number: bytes([number]) * 16 for number in numbers if number < batch.count}
    reduced = reduce_batch(batch, drop)
    assert decode_batch(reduced.data) == reduced
    assert (reduced.signature, reduced.first, reduced.origins) == (batch.signature, batch.first, batch.origins)
    for number, (before, after) in enumerate(zip(batch.slots, reduced.slots, strict=True)):
        assert after == (Slot(0, b"", drop[number]) if number in drop else before)


def small(**changes):
    fields = {"first": 1, "time": 0, "introduction": None, "row": 0, "origins": (), "slots": [Slot(0, b"x")]} | changes
    return encode_batch(TAG, signature=SIGNATURE, **fields)


@pytest.mark.parametrize(
    "changes",
    [
        {"slots": []},
        {"slots": [Slot(0, b"")] * (OPS_MAX + 1)},
        {"slots": [Slot(0, bytes(16_000))] * 5},
        {"origins": [(Origin(1), PersonId(bytes(16)))] * (ORIGINS_MAX + 1)},
    ],
)
def test_what_is_too_large_is_not_written(changes):
    with pytest.raises(LimitError):
        small(**changes)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (small() + bytes(BATCH_BYTES_MAX), "65536"),
        (small(slots=[Slot(0, bytes(16 * 1024 + 1))]), "an op of"),
        (small(first=2**53 - 1), "2\\*\\*53"),
        (small().replace(b"\1\0\2\0x", b"\1\0\3\0x"), "length"),
        (small().replace(b"A" + TAG + b"\1", b"\1" + TAG + b"\1\x81\x20"), "4097"),
        (small(origins=[(Origin(1), PersonId(b"p" * 16))]).replace(b"\0\0\1\0\0", b"\0\0\0\0\0"), "0 origins"),
        (small(origins=[(Origin(1), PersonId(b"p" * 16))]).replace(b"\0\0\1\0\0", b"\0\0\x63\0\0"), "cut short"),
    ],
)
def test_what_is_out_of_bounds_is_not_read(data, why):
    with pytest.raises(DecodeError, match=why):
        decode_batch(data)


def test_the_hash_of_an_op_takes_its_origin():
    table = [(Origin(1), PersonId(bytes(16)))]
    dropped, whole, strange = (
        decode_batch(encode_batch(TAG, 1, 0, None, 0, (), [slot], SIGNATURE))
        for slot in (Slot(0, b"", b"d" * 16), Slot(0, b"x"), Slot(1, b"x"))
    )
    assert hash_slots(dropped.data, dropped.heads, table) == b"d" * 16
    assert hash_slots(whole.data, whole.heads, table) == content_hash(Origin(1), b"x")
    with pytest.raises(DecodeError):
        hash_slots(strange.data, strange.heads, table)
    assert encode_origins(7, []) == b""
